"""Prepares MS-COCO Captions 2014 (Chen et al. 2015) in Karpathy's split: unpacks or fetches it, checks it,
finds its regions.

    python data_scripts/prepare_coco.py FOLDER --dry-run
    python data_scripts/prepare_coco.py FOLDER --accept-licence [--download] [--from ARCHIVE ...]
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus coco -p corpus_dir FOLDER

FOLDER holds, in the end, train2014/, val2014/, annotations/captions_train2014.json and
captions_val2014.json, and Karpathy's dataset_coco.json, whose 30,504 "restval" images are for training.
It takes 41 GB while it is unpacked; the archives can be deleted then, and 21 GB remain.  The addresses below
were never reached from where this script was written; that of the lists was reported gone in September
2023."""

import sys

from vse_lessons.sources.release import (
    COCO_CAPTIONS,
    COCO_COUNTS,
    COCO_COUNTS_BY,
    COCO_LICENCE,
    File,
    Release,
    karpathy_lists,
    run,
)

SERVER = "http://images.cocodataset.org/zips/"  # its certificate for https is another server's
SOURCE = "tensorflow/datasets, url_checksums/coco.txt"

RELEASE = Release(
    corpus="coco",
    title="MS-COCO Captions 2014: 123,287 photographs, at least five sentences each",
    licence=COCO_LICENCE,
    files=(
        File(
            "train2014.zip",
            SERVER + "train2014.zip",
            size=13_510_573_713,
            checksum="sha256:ede4087e640bddba550e090eae701092534b554b42b05ac33f0300b984b31775",
            source=SOURCE,
            gives=("train2014", "images/train2014", "features", "*.tsv*"),
        ),
        File(
            "val2014.zip",
            SERVER + "val2014.zip",
            size=6_645_013_297,
            checksum="sha256:fe9be816052049c34717e077d9e34aa60814a55679f804cd043e3cbee3b9fde0",
            source=SOURCE,
            gives=("val2014", "images/val2014", "features", "*.tsv*"),
        ),
        COCO_CAPTIONS,
        karpathy_lists("dataset_coco.json"),
    ),
    published=COCO_COUNTS,
    published_by=COCO_COUNTS_BY,
)

if __name__ == "__main__":
    sys.exit(run(RELEASE, __doc__))

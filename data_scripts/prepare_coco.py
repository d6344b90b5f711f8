"""Prepares MS-COCO Captions 2014 (Chen et al. 2015) in Karpathy's split: unpacks or fetches it, checks it,
finds its regions.

    python data_scripts/prepare_coco.py FOLDER --dry-run
    python data_scripts/prepare_coco.py FOLDER --accept-licence [--download] [--from ARCHIVE ...]
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus coco -p corpus_dir FOLDER

FOLDER holds, in the end, train2014/, val2014/, annotations/captions_train2014.json and
captions_val2014.json, and Karpathy's dataset_coco.json, whose 30,504 "restval" images are for training.
It takes 41 GB while it is unpacked; the archives can be deleted then, and 21 GB remain.  The addresses are
untested; that of the lists was reported gone in September 2023."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vse_lessons.commands.prepare import run_script


def main(arguments: Sequence[str] | None = None) -> int:
    return run_script("coco", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())

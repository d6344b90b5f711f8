r"""Prepares the arrays of region features that SCAN and VSE++ distribute: checks them and writes them once
more in half precision, half as large, memory-mapped.

    python data_scripts/prepare_precomputed.py FOLDER --dry-run
    python data_scripts/prepare_precomputed.py FOLDER --accept-licence --to TARGET [--from ARCHIVE ...]
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus prepared -p corpus_dir TARGET \
        -p ablation no_semantics

FOLDER is f30k_precomp or coco_precomp, with train_ims.npy, train_caps.txt and so on for dev and test (or
testall). Flickr30K's 29,000 x 36 x 2,048 numbers take 8.6 GB, and MS-COCO's 123,287 images 36.4 GB; in half
precision 4.3 and 18.2.  SCAN's authors keep them at
https://www.kaggle.com/datasets/kuanghueilee/scan-features (a login); their
https://iudata.blob.core.windows.net/scan/data.zip (34 GB, by a user's report) and VSE++'s
http://www.cs.toronto.edu/~faghri/vsepp/data.tar have come and gone.  None was ever reached from where this
script was written, so that it fetches nothing."""

import argparse
import sys

from vse_lessons.files import DataError
from vse_lessons.prepare import Release, run, summary
from vse_lessons.readers import precomputed


def convert(release: Release, given: argparse.Namespace) -> None:
    """Checks the arrays, and with --to writes the corpus."""
    if given.to is None:
        corpus = precomputed.read(given.folder, on_bad=given.on_bad)
    else:
        corpus = precomputed.convert(given.folder, given.to, on_bad=given.on_bad)
    print("\n".join(summary(corpus, release, len(corpus.regions.skipped))))
    if given.to is None:
        raise DataError("the arrays are sound; say with --to where to write the corpus")
    print(f"written: {given.to}; -p corpus prepared -p corpus_dir {given.to}")


RELEASE = Release(
    corpus="precomputed",
    title="Region features of SCAN (Lee et al. 2018) and VSE++ (Faghri et al. 2018)",
    licence="that of the corpus: Flickr30K's for non-commercial research and education, MS-COCO's of Flickr",
    by_hand="It is f30k_precomp or coco_precomp of an archive that you have.",
    finish=convert,
)

if __name__ == "__main__":
    sys.exit(run(RELEASE, __doc__))

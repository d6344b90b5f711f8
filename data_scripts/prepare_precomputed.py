r"""Prepares the arrays of region features that SCAN and VSE++ distribute: checks them and writes them once
more in half precision, half as large, memory-mapped.

    python data_scripts/prepare_precomputed.py FOLDER --dry-run
    python data_scripts/prepare_precomputed.py FOLDER --accept-licence --to TARGET [--from ARCHIVE ...]
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus prepared -p corpus_dir TARGET \
        -p ablation no_semantics

FOLDER is f30k_precomp or coco_precomp, or what holds it: train_ims.npy, train_caps.txt and so on for dev and
test (or testall).  Flickr30K's 29,000 x 36 x 2,048 numbers take 8.6 GB, and MS-COCO's 123,287 images 36.4 GB;
in half precision 4.3 and 18.2.  SCAN's authors keep them at
https://www.kaggle.com/datasets/kuanghueilee/scan-features behind a login; the address below was reported
broken in November 2022.  VSE++'s arrays were at http://www.cs.toronto.edu/~faghri/vsepp/data.tar.  The
addresses are untested."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vse_lessons.commands.prepare import run_script


def main(arguments: Sequence[str] | None = None) -> int:
    return run_script("precomputed", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())

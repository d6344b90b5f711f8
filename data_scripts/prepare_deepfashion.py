"""Prepares DeepFashion with sentences: checks what is there, converts it where needed, finds the regions.

    python data_scripts/prepare_deepfashion.py FOLDER --dry-run
    python data_scripts/prepare_deepfashion.py FOLDER --accept-licence [--from images.zip]
    papermill notebooks/04_domain_transfer.ipynb out.ipynb -p target deepfashion -p target_dir FOLDER ...

Two releases are read, and both must be asked for by hand, for non-commercial research:

DeepFashion-MultiModal (Jiang et al. 2022; github.com/yumingj/DeepFashion-MultiModal, at Google Drive)
    FOLDER holds captions.json and images/, 44,096 pictures.  Its captions are one for each picture.
FashionGAN (Zhu et al. 2017; mmlab.ie.cuhk.edu.hk/projects/DeepFashion.html, "Fashion Synthesis")
    The corpus of Carraggi et al. 2018, 78,979 pictures.  FOLDER holds language_original.mat (engJ, the
    sentences; nameList, the pictures), ind.mat (train_ind, test_ind) and img/ with the pictures of
    DeepFashion's in-shop or attribute benchmark.  From them captions.json is written; 1,000 of the training
    pictures are drawn for validation.

The addresses are untested."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vse_lessons.commands.prepare import run_script


def main(arguments: Sequence[str] | None = None) -> int:
    return run_script("deepfashion", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())

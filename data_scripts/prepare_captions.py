"""Prepares a corpus of your own, pictures and captions: checks it, finds the regions.

    python data_scripts/prepare_captions.py FOLDER --dry-run [--form text_files]
    python data_scripts/prepare_captions.py FOLDER --accept-licence [--form text_files] [--from ARCHIVE]
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus captions_csv -p corpus_dir FOLDER

FOLDER holds images/ and
    captions_csv    captions.csv with a header, image,caption[,split]; or the only .csv or .tsv there
    text_files      texts/NAME.txt, a sentence a line, for images/NAME.jpg
A tenth of the pictures each is for validation and for test where you do not say otherwise: in a column
"split", or with folders train/, val/ and test/ in images/ and texts/."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vse_lessons.commands.prepare import run_script


def main(arguments: Sequence[str] | None = None) -> int:
    return run_script("captions_csv", __doc__, arguments, forms=("text_files",))


if __name__ == "__main__":
    sys.exit(main())

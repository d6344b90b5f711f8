"""Prepares a corpus of your own, a folder of pictures and a folder of text files: checks it, finds the
regions.

    python data_scripts/prepare_text_files.py FOLDER --dry-run
    python data_scripts/prepare_text_files.py FOLDER --accept-licence
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus text_files -p corpus_dir FOLDER

FOLDER holds images/NAME.jpg and texts/NAME.txt with a sentence a line."""

import sys

from vse_lessons.prepare import Release, run

RELEASE = Release(
    corpus="text_files",
    title="Your own pictures and text files",
    licence="yours, or that of whoever took the pictures and wrote the texts",
)

if __name__ == "__main__":
    sys.exit(run(RELEASE, __doc__))

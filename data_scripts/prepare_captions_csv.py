"""Prepares a corpus of your own, pictures and a table of captions: checks it, finds the regions.

    python data_scripts/prepare_captions_csv.py FOLDER --dry-run
    python data_scripts/prepare_captions_csv.py FOLDER --accept-licence
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus captions_csv -p corpus_dir FOLDER

FOLDER holds captions.csv with a header, image,caption[,split], and images/."""

import sys

from vse_lessons.prepare import Release, run

RELEASE = Release(
    corpus="captions_csv",
    title="Your own pictures and captions.csv",
    licence="yours, or that of whoever took the pictures and wrote the captions",
)

if __name__ == "__main__":
    sys.exit(run(RELEASE, __doc__))

"""Prepares a corpus of your own, pictures and captions: checks it, finds the regions.

    python data_scripts/prepare_captions.py FOLDER --dry-run [--form text_files]
    python data_scripts/prepare_captions.py FOLDER --accept-licence [--form text_files] [--from ARCHIVE]
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus captions_csv -p corpus_dir FOLDER

FOLDER holds images/ and
    captions_csv    captions.csv with a header, image,caption[,split]; or the only .csv or .tsv there
    text_files      texts/NAME.txt, a sentence a line, for images/NAME.jpg
A tenth of the pictures each is for validation and for test where you do not say otherwise: in a column
"split", or with folders train/, val/ and test/ in images/ and texts/."""

import sys

from vse_lessons.sources.readers.text_files import TEXTS
from vse_lessons.sources.release import File, Release, run

RELEASE = Release(
    corpus="captions_csv",
    title="Your own pictures and captions",
    licence="yours, or that of whoever took the pictures and wrote the captions",
    files=(File("captions.zip", gives=("*.csv", "*.tsv", *TEXTS, "**/*.txt")),),
    by_hand="Put pictures and captions into FOLDER, or pack them and name the archive with --from.",
    forms=("text_files",),
)

if __name__ == "__main__":
    sys.exit(run(RELEASE, __doc__))

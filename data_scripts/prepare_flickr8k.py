"""Prepares Flickr8k (Hodosh et al. 2013): unpacks or fetches it, checks it, finds its regions.

    python data_scripts/prepare_flickr8k.py FOLDER --dry-run
    python data_scripts/prepare_flickr8k.py FOLDER --accept-licence [--download] [--from ARCHIVE ...]
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus flickr8k -p corpus_dir FOLDER

FOLDER holds, in the end, Flicker8k_Dataset/ (or Images/) and Flickr8k.token.txt (or captions.txt) with the
split lists Flickr_8k.trainImages.txt and so on; or, with --optional, Karpathy's dataset_flickr8k.json, the
same split.  The University of Illinois, which published it, does not give it out any more; the addresses
below are of a copy that many courses use.  They were never reached from where this script was written, and
that of the lists was reported gone in September 2023.  The archives have 8,091 or 8,092 photographs; 8,000
are in the split."""

import sys

from vse_lessons.sources.release import KARPATHY_COUNTS, File, Release, karpathy_lists, run

COPY = "https://github.com/jbrownlee/Datasets/releases/download/Flickr8k/"
GUESS = "a guess, for none is published"

RELEASE = Release(
    corpus="flickr8k",
    title="Flickr8k: 8,092 photographs, five sentences each",
    licence="for non-commercial research and education; cite Hodosh, Young and Hockenmaier, JAIR 47 (2013); "
    "the photographs belong to those who took them: never pass them on",
    files=(
        File(
            "Flickr8k_Dataset.zip",
            COPY + "Flickr8k_Dataset.zip",
            size=1_100_000_000,
            source=GUESS,
            gives=("Flicker8k_Dataset", "Images", "images", "features", "*.tsv*"),
        ),
        File(
            "Flickr8k_text.zip",
            COPY + "Flickr8k_text.zip",
            size=3_000_000,
            source=GUESS,
            gives=("Flickr_8k.trainImages.txt", "train.txt", "dataset_flickr8k.json"),
        ),
        karpathy_lists("dataset_flickr8k.json", optional=True),
    ),
    published={"train": (6000, 30_000), "val": (1000, 5000), "test": (1000, 5000)},
    published_by=f"the release's own lists; the same in {KARPATHY_COUNTS}",
)

if __name__ == "__main__":
    sys.exit(run(RELEASE, __doc__))

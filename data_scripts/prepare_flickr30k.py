"""Prepares Flickr30K (Young et al. 2014): unpacks it, fetches Karpathy's split, checks it, finds its regions.

    python data_scripts/prepare_flickr30k.py FOLDER --dry-run
    python data_scripts/prepare_flickr30k.py FOLDER --accept-licence --download --from flickr30k-images.tar.gz
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus flickr30k -p corpus_dir FOLDER

FOLDER holds, in the end, flickr30k-images/ (or images/) and Karpathy's dataset_flickr30k.json; or
results_20130124.token (or results.csv) with train.txt, val.txt and test.txt.  The photographs come after a
form has been filled in, so that they cannot be fetched from here.  The address of Karpathy's lists was
never reached from where this script was written; it was reported gone in September 2023, and there since."""

import sys

from vse_lessons.prepare import KARPATHY_COUNTS, File, Release, karpathy_lists, run

RELEASE = Release(
    corpus="flickr30k",
    title="Flickr30K: 31,783 photographs, five sentences each",
    licence="for non-commercial research and education; cite Young et al., TACL 2 (2014); the photographs "
    "belong to those who took them: never pass them on",
    files=(
        File(
            "flickr30k-images.tar.gz",
            gives=("flickr30k-images", "flickr30k_images", "images", "Images", "features"),
        ),
        File(
            "flickr30k.tar.gz",
            gives=(
                "results_20130124.token",
                "results.csv",
                "captions.txt",
                "dataset_flickr30k.json",
            ),
            optional=True,
        ),
        karpathy_lists("dataset_flickr30k.json", "train.txt", "flickr30k_train.txt"),
    ),
    by_hand="Ask for flickr30k-images.tar.gz with the form at https://forms.illinois.edu/sec/229675, put it "
    "into FOLDER or name it with --from.",
    published={"train": (29_000, 145_000), "val": (1014, 5070), "test": (1000, 5000)},
    published_by=KARPATHY_COUNTS,
)

if __name__ == "__main__":
    sys.exit(run(RELEASE, __doc__))

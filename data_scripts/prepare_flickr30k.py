"""Prepares Flickr30K (Young et al. 2014): unpacks it, fetches Karpathy's split, checks it, finds its regions.

    python data_scripts/prepare_flickr30k.py FOLDER --dry-run
    python data_scripts/prepare_flickr30k.py FOLDER --accept-licence --download --from flickr30k-images.tar.gz
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus flickr30k -p corpus_dir FOLDER

FOLDER holds, in the end, flickr30k-images/ (or images/) and Karpathy's dataset_flickr30k.json; or
results_20130124.token (or results.csv) with train.txt, val.txt and test.txt.  The photographs, 31,783 with
158,915 sentences, come after a form has been filled in: https://forms.illinois.edu/sec/229675.  Neither it
nor the address of Karpathy's lists was ever reached from where this script was written; the latter was
reported gone in September 2023.  What the lists leave out is unused."""

import sys

from vse_lessons.sources.release import KARPATHY_COUNTS, File, Release, karpathy_lists, run

LISTS = ("dataset_flickr30k.json", "train.txt", "flickr30k_train.txt")
SENTENCES = ("results_20130124.token", "results.csv", "captions.txt", "dataset_flickr30k.json")
PICTURES = ("flickr30k-images", "flickr30k_images", "images", "Images", "features", "*.tsv*")

RELEASE = Release(
    corpus="flickr30k",
    title="Flickr30K: 31,783 photographs, five sentences each",
    licence="for non-commercial research and education; cite Young et al., TACL 2 (2014); the photographs "
    "belong to those who took them: never pass them on",
    files=(
        File("flickr30k-images.tar.gz", gives=PICTURES),
        File("flickr30k.tar.gz", gives=SENTENCES, optional=True),  # the lists have the sentences too
        karpathy_lists(*LISTS),
    ),
    by_hand="Ask for flickr30k-images.tar.gz with the form at https://forms.illinois.edu/sec/229675, put it "
    "into FOLDER or name it with --from.",
    published={"train": (29_000, 145_000), "val": (1014, 5070), "test": (1000, 5000)},
    published_by=KARPATHY_COUNTS,
)

if __name__ == "__main__":
    sys.exit(run(RELEASE, __doc__))

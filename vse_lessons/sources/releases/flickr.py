"""Flickr8k (Hodosh et al. 2013) and Flickr30K (Young et al. 2014)."""

from __future__ import annotations

from vse_lessons.sources.acquire.release import File, Release
from vse_lessons.sources.releases.karpathy import PUBLISHED_BY, karpathy_lists

COPY = "https://github.com/jbrownlee/Datasets/releases/download/Flickr8k/"
GUESS = "a guess, for none is published"

FLICKR8K = Release(
    title="Flickr8k: 8,092 photographs, five sentences each",
    licence="for non-commercial research and education; cite Hodosh, Young and Hockenmaier, JAIR 47 (2013); "
    "the photographs belong to those who took them: never pass them on",
    files=(
        File(
            "Flickr8k_Dataset.zip",
            COPY + "Flickr8k_Dataset.zip",
            size=1_100_000_000,
            source=GUESS,
            holds=("Flicker8k_Dataset", "Images", "images", "features", "*.tsv*"),
        ),
        File(
            "Flickr8k_text.zip",
            COPY + "Flickr8k_text.zip",
            size=3_000_000,
            source=GUESS,
            holds=("Flickr_8k.trainImages.txt", "train.txt", "dataset_flickr8k.json"),
        ),
        karpathy_lists("dataset_flickr8k.json", optional=True),
    ),
    published={"train": (6000, 30_000), "val": (1000, 5000), "test": (1000, 5000)},
    published_by=f"the release's own lists; the same in {PUBLISHED_BY}",
)

LISTS = ("dataset_flickr30k.json", "train.txt", "flickr30k_train.txt")
SENTENCES = ("results_20130124.token", "results.csv", "captions.txt", "dataset_flickr30k.json")
PICTURES = ("flickr30k-images", "flickr30k_images", "images", "Images", "features", "*.tsv*")

FLICKR30K = Release(
    title="Flickr30K: 31,783 photographs, five sentences each",
    licence="for non-commercial research and education; cite Young et al., TACL 2 (2014); the photographs "
    "belong to those who took them: never pass them on",
    files=(
        File("flickr30k-images.tar.gz", holds=PICTURES),
        File("flickr30k.tar.gz", holds=SENTENCES, optional=True),  # the lists have the sentences too
        karpathy_lists(*LISTS),
    ),
    by_hand="Ask for flickr30k-images.tar.gz with the form at https://forms.illinois.edu/sec/229675, put it "
    "into FOLDER or name it with --from.",
    published={"train": (29_000, 145_000), "val": (1014, 5070), "test": (1000, 5000)},
    published_by=PUBLISHED_BY,
)

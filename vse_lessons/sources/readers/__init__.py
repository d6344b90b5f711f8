"""Readers of corpora as they are published, a file for each format."""

__all__ = [
    "artpedia",
    "captions_csv",
    "captions_json",
    "coco",
    "fashion_table",
    "features",
    "flickr",
    "karpathy",
    "listing",
    "prepared",
    "text_files",
    "unpaired",
]

"""Readers of corpora as they are published, a file for each format."""

from vse_lessons.common.lazy import attach

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
__getattr__, __dir__, _ = attach(__name__, {name: () for name in __all__})

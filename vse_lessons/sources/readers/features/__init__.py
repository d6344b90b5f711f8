"""Readers of regions and embeddings that somebody else has extracted."""

from vse_lessons.common.lazy import attach

__all__ = [
    "bottom_up",
    "embeddings",
    "npz_folder",
    "precomputed",
]
__getattr__, __dir__, _ = attach(__name__, {name: () for name in __all__})

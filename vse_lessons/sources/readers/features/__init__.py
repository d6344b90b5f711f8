"""Readers of regions and embeddings that somebody else has extracted."""

__all__ = [
    "bottom_up",
    "embeddings",
    "npz_folder",
    "precomputed",
]

"""Karpathy and Fei-Fei's lists of Flickr8k, Flickr30K and MS-COCO, which are one archive."""

from __future__ import annotations

from vse_lessons.sources.acquire.release import File

PUBLISHED_BY = "Karpathy and Fei-Fei 2015, in their lists"


def karpathy_lists(*holds: str, optional: bool = False) -> File:
    """Describe the archive of the lists.

    Args:
        holds: Patterns; with a file of one of them in the folder the archive is not needed.
        optional: Whether it is fetched with `--optional` only.

    Returns:
        The file of a release.
    """
    return File(
        "caption_datasets.zip",
        "https://cs.stanford.edu/people/karpathy/deepimagesent/caption_datasets.zip",
        size=36_745_453,
        checksum="sha256:4cfd70132527b80933105e5829dc9034eaab9573482e2e680abbab6130244817",
        source="tensorflow/datasets, url_checksums/coco_captions.txt",
        holds=holds,
        optional=optional,
    )

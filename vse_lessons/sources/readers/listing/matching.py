"""Which row of a store belongs to which picture, where regions that others extracted go by other names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionStore
from vse_lessons.sources.readers.listing.files import PICTURES

# a file of MS-COCO, of 2014 or of 2017, or its bare number
COCO = re.compile(r"(?:COCO_[a-z]+\d{4}_)?(\d{1,19})", re.ASCII)


def match_images(corpus: str, images: Sequence[str], store: RegionStore) -> np.ndarray:
    """Match pictures with the rows of a store that has other names for them.

    Args:
        corpus: What the corpus is called, for messages.
        images: N ids of pictures.
        store: Regions that somebody else has extracted.

    Returns:
        (N,) int64: each picture's row in the store; -1 if it was skipped there.

    Raises:
        DataError: A picture has no row, or several may be its own.
    """
    skipped = {entry["id"] for entry in store.skipped} - {*store.ids, ""}
    names = [*store.ids, *sorted(skipped)]  # the latter have no row
    exact = {name: number for number, name in enumerate(names)}
    alike = defaultdict(list)  # from a key to the names that it may stand for
    for number, name in enumerate(names):
        for key in dict.fromkeys(_keys(name)):
            alike[key].append(number)
    rows, missing = np.full(len(images), -1), []
    taken: dict[int, str] = {}
    for i, image in enumerate(images):
        found = next((alike[key] for key in _keys(image) if key in alike), [])
        found = [exact[image]] if image in exact else found
        if not found:
            missing.append(image)
            continue
        doubt = ""
        if len(found) > 1:
            doubt = f"{image} may be {names[found[0]]!r} or {names[found[1]]!r}"
        elif found[0] in taken:
            doubt = f"{taken[found[0]]} and {image} would both be {names[found[0]]!r}"
        if doubt:
            raise DataError(
                f"{corpus}: {doubt} of {store.source}; call its pictures by the names that they have here"
            )
        taken[found[0]] = image
        rows[i] = found[0] if found[0] < len(store) else -1
    if missing:
        raise DataError(
            f"{corpus}: {store.source} has no regions of {missing[0]}, and of {len(missing)} of "
            f"{len(rows)} pictures in all; its {len(store)} are called like {store.ids[0]!r}: "
            "are they those of this corpus, all parts of it?"
        )
    return rows


def _keys(image: str) -> list[str]:
    """By what a picture may be called elsewhere, best first."""
    name = PurePosixPath(image)
    stem = name.stem if name.suffix.lower() in PICTURES else name.name
    number = COCO.fullmatch(stem)
    return [image, stem, *([str(int(number[1]))] if number else [])]

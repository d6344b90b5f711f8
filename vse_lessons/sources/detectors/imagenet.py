"""The words of ImageNet's 1,000 classes, from WordNet 3.0."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True)
class ImageNetWords:
    """What the 1,000 classes of ImageNet are called, in the order of the classifier's outputs."""

    names: tuple[str, ...]  # the first synonym of each class
    # for each class the synonyms of the class, then of each hypernym, nearest first
    chains: tuple[tuple[tuple[str, ...], ...], ...]


@lru_cache(maxsize=1)
def imagenet_words() -> ImageNetWords:
    """Read imagenet.json (from WordNet 3.0; its licence is in the file)."""
    content = json.loads(files("vse_lessons.sources.detectors").joinpath("imagenet.json").read_text("utf-8"))
    synsets = [tuple(lemmas) for lemmas in content["synsets"]]
    chains = tuple(tuple(synsets[row] for row in rows) for rows in content["chains"])
    return ImageNetWords(tuple(chain[0][0] for chain in chains), chains)

"""A target domain as training may see it: images, and sentences, and nothing of who belongs to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vse_lessons.common.files import DataError, digest
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.regions import RegionStore
from vse_lessons.data.text import tokenize


@dataclass(frozen=True)
class Unpaired:
    """Images of a store and sentences, without pairs.  `DataError` unless there are two of each."""

    name: str
    regions: RegionStore
    images: np.ndarray  # rows of the store
    sentences: tuple[str, ...]  # in the order of the alphabet, which says nothing of their images

    def __post_init__(self) -> None:
        object.__setattr__(self, "images", np.asarray(self.images, np.int64))
        object.__setattr__(self, "sentences", tuple(sorted(self.sentences)))
        for what, found in (("images", self.images), ("sentences", self.sentences)):
            if len(found) < 2:
                raise DataError(
                    f"the target {self.name} has {len(found)} {what} for training: a domain "
                    "cannot be aligned with fewer than two; look at its folder and its splits"
                )

    @property
    def digest(self) -> str:
        """What a checkpoint knows it by."""
        return digest(self.name, *(self.regions.ids[i] for i in self.images), "", *self.sentences)


def unpair(corpus: Corpus, split: str = "train") -> Unpaired:
    """The images of a split and their visual sentences, their pairing forgotten: sentences lie in the order
    of the alphabet, images in that of the store."""
    images = np.flatnonzero(corpus.splits == split)
    said = [corpus.sentences[s] for i in images for s in corpus.visual_of[i]]
    return Unpaired(corpus.name, corpus.regions, images, tuple(said))


@dataclass(frozen=True)
class Coverage:
    """How much of a target's text is made of words that the source has too."""

    types: float  # share of the target's different words, in [0, 1]
    tokens: float  # share of its running words
    missing: tuple[str, ...]  # the most frequent words that the source lacks


def coverage(source: Iterable[str], target: Iterable[str], most: int = 10) -> Coverage:
    """How many of the target's words, by type and by token, occur in the source; `most` of those that do
    not."""
    known = {word for sentence in source for word in tokenize(sentence)}
    counts = Counter(word for sentence in target for word in tokenize(sentence))
    shared = [word for word in counts if word in known]
    missing = sorted(set(counts) - known, key=lambda word: (-counts[word], word))
    return Coverage(
        len(shared) / max(1, len(counts)),
        sum(counts[word] for word in shared) / max(1, counts.total()),
        tuple(missing[:most]),
    )

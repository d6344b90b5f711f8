"""A target domain as training may see it: images and sentences, without what connects them."""

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
    """Images of a store and sentences, without pairs.

    Args:
        name: The domain's name, for messages.
        regions: A store with the regions of the images, and possibly of others.
        images: The numbers of the domain's images in the store, at least two.
        sentences: At least two sentences; they are kept in the order of the alphabet, which does not depend
            on their images.

    Raises:
        DataError: There are fewer than two images or sentences.
    """

    name: str
    regions: RegionStore
    images: np.ndarray
    sentences: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "images", np.asarray(self.images, np.int64))
        object.__setattr__(self, "sentences", tuple(sorted(self.sentences)))
        for what, parts in (("images", self.images), ("sentences", self.sentences)):
            if len(parts) < 2:
                raise DataError(
                    f"the target {self.name} has {len(parts)} {what} for training: a domain "
                    "cannot be aligned with fewer than two; look at its folder and its splits"
                )

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that name the images and the sentences, for checkpoints."""
        return digest(self.name, *(self.regions.ids[i] for i in self.images), "", *self.sentences)


def unpair(corpus: Corpus, split: str = "train") -> Unpaired:
    """Take the images of a split and their visual sentences, and forget which belong together.

    Args:
        corpus: A corpus with pairs.
        split: One of its splits.

    Returns:
        The images in the order of the store, the sentences in that of the alphabet.

    Raises:
        DataError: The split has fewer than two images or sentences.
    """
    images = np.flatnonzero(corpus.splits == split)
    sentences = [corpus.sentences[s] for i in images for s in corpus.visual_of[i]]
    return Unpaired(corpus.name, corpus.regions, images, tuple(sentences))


@dataclass(frozen=True)
class Coverage:
    """The part of a target's text that is made of words of the source.

    Args:
        types: Share of the target's different words that the source has, in [0, 1].
        tokens: The same share of its running words, in [0, 1].
        missing: The most frequent words that the source lacks.
    """

    types: float
    tokens: float
    missing: tuple[str, ...]


def coverage(source: Iterable[str], target: Iterable[str], most: int = 10) -> Coverage:
    """Measure how many of a target's words occur in a source.

    Args:
        source: Sentences of the source domain.
        target: Sentences of the target domain.
        most: The largest number of missing words that are listed.

    Returns:
        Shares of the target's words, and the most frequent words that the source lacks.
    """
    known = {word for sentence in source for word in tokenize(sentence)}
    counts = Counter(word for sentence in target for word in tokenize(sentence))
    shared = [word for word in counts if word in known]
    missing = sorted(set(counts) - known, key=lambda word: (-counts[word], word))
    return Coverage(
        len(shared) / max(1, len(counts)),
        sum(counts[word] for word in shared) / max(1, counts.total()),
        tuple(missing[:most]),
    )

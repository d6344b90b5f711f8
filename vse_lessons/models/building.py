"""Steps that many models share when they are built, kept or read back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vse_lessons.common.files import DataError
from vse_lessons.common.random import torch_seed
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.pictures import pictures_from_files
from vse_lessons.data.region_writer import write_store
from vse_lessons.data.regions import Detections, RegionStore
from vse_lessons.data.text import Vocabulary
from vse_lessons.data.word_vectors import WordVectors, load_word_vectors
from vse_lessons.sources.detectors.base import Detector

Vectors = str | Path | WordVectors | None  # a GloVe text file, vectors in memory, or none
Statistics = tuple[Tensor, Tensor]  # mean and deviation (D,) of the training images' features


@dataclass
class Kept:
    """What was read back from a model's folder.

    Attributes:
        width: D, of the detector's features.
        words: lists of words by the name of their file.
        tensors: all tensors by name.
        settings: what `kept_settings` returned.
    """

    width: int
    words: dict[str, tuple[str, ...]]
    tensors: dict[str, Tensor]
    settings: dict[str, Any]

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that the model knows."""
        return Vocabulary(self.words["vocabulary"])


def open_word_vectors(word_vectors: Vectors) -> WordVectors | None:
    """Open word vectors, where a file is named.

    Args:
        word_vectors: a GloVe text file, vectors in memory, or None.

    Returns:
        The vectors, or None.

    Raises:
        DataError: the file cannot be read or is damaged.
    """
    if isinstance(word_vectors, (str, Path)):
        return load_word_vectors(word_vectors)
    return word_vectors


def vectors_of(word_vectors: Vectors, vocabulary: Vocabulary) -> Tensor | None:
    """Look up the vectors of a vocabulary.

    Args:
        word_vectors: a GloVe text file, vectors in memory, or None.
        vocabulary: V words.

    Returns:
        (V, E), zero for a word without a vector; None where there are no vectors.

    Raises:
        DataError: the file cannot be read or is damaged.
    """
    opened = open_word_vectors(word_vectors)
    return None if opened is None else opened.of(vocabulary)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Start the CPU's random numbers at a seed for the length of a block.

    Args:
        seed: of first weights.

    Yields:
        None; afterwards the random numbers go on as before.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_seed("parameters", seed))
        yield


def check_pixels(corpus: Corpus, side: int) -> None:
    """Refuse a corpus without pictures of a size.

    Args:
        corpus: any corpus.
        side: pixels of a picture's side.

    Raises:
        DataError: there are no pixels, or the pictures are of another size.
    """
    if corpus.pixels is None:
        raise DataError(
            f"{corpus.name} has no pixels, from which the text-to-image path learns: open it with "
            "sources.with_pixels, or train a variant without it (ranking, i2t xe, i2t mix)"
        )
    if corpus.pixels.dimensions != 3 * side * side:
        raise DataError(
            f"{corpus.name} has {corpus.pixels.dimensions} numbers a picture, not those of "
            f"{side}x{side} pixels, which the generator draws"
        )


def regions_of_files(
    files: Sequence[str | Path], detector: Detector, folder: Path, size: int = 32
) -> RegionStore:
    """Find the regions of picture files, in the half precision in which a corpus stores them.

    Args:
        files: pictures of any size.
        detector: finds regions.
        folder: where the store is written.
        size: pictures that the detector gets at a time.

    Returns:
        The store, one image a file, in their order.

    Raises:
        DataError: names a file that is missing or no picture.
    """
    pictures = pictures_from_files([Path(path) for path in files], [str(path) for path in files])

    def chunks() -> Iterator[list[Detections]]:
        for start in range(0, len(files), size):
            yield detector([pictures.load(n) for n in range(start, min(start + size, len(files)))])

    names = {kind: getattr(detector, kind) for kind in ("class_names", "attribute_names", "tag_names")}
    return write_store(
        folder, pictures.ids, chunks(), detector=f"{detector.name} {detector.version}", **names
    )


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluate a model within a block: without gradients and in eval mode.

    Args:
        model: any embedder; afterwards each of its modules is in the mode that it had, whatever happened.

    Yields:
        None
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode

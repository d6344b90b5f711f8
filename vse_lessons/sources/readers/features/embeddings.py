"""Embeddings of pictures and of sentences that one model has made, such as CLIP: a zero-shot baseline.

images.npy        (N, D) float32 or float16      images.txt       an id for each row
sentences.npy     (S, D), as wide                sentences.tsv    id of the image<TAB>sentence, for each row
splits.txt        train, val, test or unused, one for each image; drawn where it is not there
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vse_lessons.common.arrays import open_array
from vse_lessons.common.files import DataError, atomic_path
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.regions import RegionStore
from vse_lessons.sources.detectors.hub import HubEmbedder
from vse_lessons.sources.readers.listing import SPLITS, draw_splits, text_lines

IMAGES, SENTENCES = "images.npy", "sentences.npy"
IDS, TEXTS, PARTS = "images.txt", "sentences.tsv", "splits.txt"


@dataclass(frozen=True)
class EmbeddedCorpus:
    """A corpus with one region an image, its embedding, and the embeddings of its sentences.

    It embeds sentences as `models.zero_shot` asks for, by looking them up.
    """

    corpus: Corpus
    sentences: np.ndarray  # (S, D), memory-mapped

    @property
    def feature_dim(self) -> int:
        """The width D of an embedding."""
        return self.sentences.shape[1]

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {text: row for row, text in enumerate(self.corpus.sentences)}

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """(B, D) of B sentences of the corpus; `DataError` for any other."""
        unknown = next((text for text in sentences if text not in self._row_of), None)
        if unknown is not None:
            raise DataError(
                f"{self.corpus.name} has no embedding of {unknown[:60]!r}: only its own sentences have one"
            )
        rows = [self._row_of[text] for text in sentences]
        return torch.from_numpy(np.asarray(self.sentences[rows], np.float32))

    def match_images(self, corpus: Corpus, images: np.ndarray) -> np.ndarray:
        """The numbers here of some images of a corpus, so that both are evaluated on the same pairs.

        `DataError` where an image is not here, or with other sentences.
        """
        number_of = {image: number for number, image in enumerate(self.corpus.image_ids)}
        found = []
        for image in images:
            name = corpus.image_ids[image]
            here = number_of.get(name, -1)
            there, own = (
                sorted(" ".join(c.sentences[s].split()) for s in c.sentences_of[i]) if i >= 0 else None
                for c, i in ((corpus, image), (self.corpus, here))
            )
            if there != own:
                raise DataError(
                    f"the embeddings in {Path(self.corpus.regions.source).parent} hold no {name}, or other "
                    f"sentences of it than {corpus.name}: embed this corpus"
                )
            found.append(here)
        return np.asarray(found, np.int64)


def write(folder: Path, corpus: Corpus, embedder: HubEmbedder, batch_size: int = 64) -> EmbeddedCorpus:
    """Embed the sentences of a corpus, and write them with the embeddings of its images.

    Args:
        folder: The folder to write.
        corpus: A corpus whose regions `embedder` has made: `catalogue.embed_corpus`.
        embedder: The checkpoint.
        batch_size: Sentences at a time.

    Returns:
        What was written.
    """
    texts = [corpus.sentences[i : i + batch_size] for i in range(0, len(corpus.sentences), batch_size)]
    with atomic_path(Path(folder)) as temporary:
        temporary.mkdir()
        everything = np.arange(len(corpus.image_ids))
        pictures = [batch.mean() for batch in corpus.regions.batches(everything)]
        np.save(temporary / IMAGES, torch.cat(pictures).numpy())
        np.save(temporary / SENTENCES, torch.cat([embedder.encode_sentences(t) for t in texts]).numpy())
        lines = {
            IDS: corpus.image_ids,
            PARTS: corpus.splits.tolist(),
            TEXTS: [
                f"{corpus.image_ids[owner]}\t{' '.join(text.split())}"
                for owner, text in zip(corpus.image_of, corpus.sentences)
            ],
        }
        for name, content in lines.items():
            (temporary / name).write_text("".join(f"{line}\n" for line in content), "utf-8")
    return read(folder, name=corpus.name)


def read(folder: Path, *, name: str | None = None) -> EmbeddedCorpus:
    """Read what `write` wrote, or somebody else in the same layout.

    Args:
        folder: Where the files lie.
        name: What the corpus is called; None: as its folder.

    Returns:
        The corpus and the embeddings of its sentences, memory-mapped.

    Raises:
        DataError: Arrays that are not (rows, D) numbers, finite and as many as the lines, ids that occur
            twice or are unknown, an empty sentence, an unknown split; the message names file and line.
    """
    folder = Path(folder)
    images, sentences = (_array(folder / one) for one in (IMAGES, SENTENCES))
    if images.shape[1] != sentences.shape[1]:
        raise DataError(
            f"{folder / SENTENCES} is {sentences.shape[1]} wide, {IMAGES} {images.shape[1]}: one "
            "model must make both"
        )
    ids = _lines(folder / IDS, len(images))
    row_of: dict[str, int] = {}
    for line, image in enumerate(ids, start=1):
        if not image or image in row_of:
            raise DataError(f"{folder / IDS}, line {line}: {image!r} is empty or occurs a second time")
        row_of[image] = line - 1
    texts, owners = [], []
    for line, content in enumerate(_lines(folder / TEXTS, len(sentences)), start=1):
        image, _, text = content.partition("\t")
        if image not in row_of or not text.strip():
            raise DataError(
                f"{folder / TEXTS}, line {line}: no sentence, or {image[:60]!r} is not in {IDS}; a line is "
                "an id, a tab and a sentence"
            )
        texts.append(text.strip())
        owners.append(row_of[image])
    splits = draw_splits(len(ids))
    if (folder / PARTS).is_file():
        listed = _lines(folder / PARTS, len(images))
        for line, split in enumerate(listed, start=1):
            if split not in SPLITS:
                raise DataError(
                    f"{folder / PARTS}, line {line}: unknown split {split!r}; write one of "
                    f"{', '.join(SPLITS)}"
                )
        splits = np.asarray(listed)
    everything = np.arange(len(ids))
    store = RegionStore(
        tuple(ids),
        images,
        everything,
        np.ones_like(everything),
        detector="embeddings",
        source=str(folder / IMAGES),
    )
    corpus = Corpus(name or folder.resolve().name, store, tuple(texts), np.asarray(owners, np.int64), splits)
    return EmbeddedCorpus(corpus, sentences)


def _array(path: Path) -> np.ndarray:
    """(rows, D) finite numbers, memory-mapped; nothing pickled is read."""
    try:
        array = open_array(path)
    except ValueError as error:
        raise DataError(f"{path} is not there, damaged or no .npy file of numbers ({error})") from error
    if array.ndim != 2 or not array.size or array.dtype not in (np.float16, np.float32):
        raise DataError(
            f"{path} holds {array.dtype} of shape {array.shape}, not (rows, dimensions) of float32 or float16"
        )
    for start in range(0, len(array), 4096):
        rows = np.flatnonzero(~np.isfinite(array[start : start + 4096]).all(1))
        if len(rows):
            raise DataError(f"{path}: row {start + rows[0]} holds NaN or infinity; embed it again")
    return array


def _lines(path: Path, count: int) -> list[str]:
    """The lines of a file, which must be `count`."""
    try:
        lines = [text for _, text in text_lines(path)]
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})") from error
    if len(lines) != count:
        raise DataError(f"{path} has {len(lines)} lines for {count} rows of its array: one is cut short")
    return [line.strip("\r ") for line in lines]

"""A domain without any pairing: a folder of pictures and a text file of sentences, one a line.

sentences.txt            or any other .txt, if it is the only one
images/, or the folder   pictures (.jpg, .jpeg, .png), in folders below too
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionStore
from vse_lessons.data.unpaired import Unpaired
from vse_lessons.sources.readers.listing import PICTURES, Listing, read_text

SENTENCES = "sentences.txt"


@dataclass(frozen=True)
class UnpairedListing:
    """Pictures on disk, and sentences: an `Unpaired` but for the regions."""

    pictures: Listing  # without a sentence
    sentences: tuple[str, ...]

    def with_regions(self, store: RegionStore) -> Unpaired:
        """All pictures (but for those that the extraction skipped) and all sentences."""
        corpus = self.pictures.with_regions(store)
        return Unpaired(corpus.name, store, np.arange(len(corpus.image_ids)), self.sentences)


def read(folder: Path, *, name: str | None = None) -> UnpairedListing:
    """Read the names of the pictures, in the order of the alphabet, and the sentences.

    Empty lines and repeated sentences are left out.

    Args:
        folder: Where pictures and text file lie.
        name: What the domain is called; None: as its folder.

    Returns:
        Pictures and sentences, without any pairing.

    Raises:
        DataError: There are none of either.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder")
    path = _text_file(folder)
    below = folder / "images" if (folder / "images").is_dir() else folder
    files = sorted(p for p in below.rglob("*") if p.suffix.lower() in PICTURES and p.is_file())
    if not files:
        raise DataError(f"{below} holds no picture ({', '.join(sorted(PICTURES))}): put the target's there")
    lines = read_text(path).splitlines()
    sentences = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not sentences:
        raise DataError(f"{path} holds no sentence: write one a line")
    ids = tuple(p.relative_to(below).as_posix() for p in files)
    splits = np.full(len(ids), "train")
    listing = Listing(name or folder.resolve().name, ids, tuple(files), (), np.empty(0, np.int64), splits)
    return UnpairedListing(listing, sentences)


def _text_file(folder: Path) -> Path:
    texts = sorted(folder.glob("*.txt"))
    if folder / SENTENCES in texts:
        return folder / SENTENCES
    if len(texts) != 1:
        raise DataError(f"{folder} holds {len(texts)} .txt files: name the one of the sentences {SENTENCES}")
    return texts[0]

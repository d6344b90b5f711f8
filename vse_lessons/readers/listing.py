"""What a reader of photographs finds before any region is extracted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vse_lessons.corpus import Corpus
from vse_lessons.files import DataError
from vse_lessons.pictures import Pictures, pictures_from_files
from vse_lessons.regions import RegionStore

SHARES = (0.8, 0.1)  # for training and for validation; the rest is the test part
SPLIT_SEED = 2018


def draw_splits(count: int) -> np.ndarray:
    """(count,) splits of a corpus that comes without any: 80 % training, 10 % validation, 10 % test."""
    order = np.random.Generator(np.random.PCG64(SPLIT_SEED)).permutation(count)
    cuts = [round(SHARES[0] * count), round(sum(SHARES) * count)]
    splits = np.empty(count, dtype="<U8")
    for split, rows in zip(("train", "val", "test"), np.split(order, cuts)):
        splits[rows] = split
    return splits


@dataclass
class Problems:
    """Raises the first problem of bad input ("error"), or gathers all of them ("skip")."""

    on_bad: str
    found: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.on_bad not in ("error", "skip"):
            raise DataError(f"on_bad is {self.on_bad!r}; it must be 'error' or 'skip'")

    def report(self, where: str, reason: str, remedy: str) -> None:
        """Says where, what is wrong and what to do about it."""
        if self.on_bad == "error":
            raise DataError(f'{where}: {reason}; {remedy}, or pass on_bad="skip"')
        self.found.append({"where": where, "reason": reason})


@dataclass(frozen=True)
class Listing:
    """N pictures on disk and their sentences: a corpus but for the regions."""

    name: str
    ids: tuple[str, ...]
    paths: tuple[Path, ...]
    sentences: tuple[str, ...]
    image_of: np.ndarray  # (S,) int64: the picture that each sentence belongs to
    splits: np.ndarray  # (N,) str
    kinds: np.ndarray | None = None  # (S,) str; None: all visual
    # what was left out when bad input was to be skipped: {"where": ..., "reason": ...}
    skipped: list[dict[str, str]] = field(default_factory=list)

    @property
    def unannotated(self) -> int:
        """How many pictures have no sentence."""
        return len(self.ids) - len(np.unique(self.image_of))

    def pictures(self) -> Pictures:
        """The pictures, for `extract_regions`."""
        return pictures_from_files(self.paths, self.ids)

    def with_regions(self, store: RegionStore) -> Corpus:
        """The corpus of these sentences and the regions in `store`.

        Pictures that the extraction skipped are left out with their sentences; any other
        difference between listing and store is a `DataError`."""
        left_out = {entry["id"] for entry in store.skipped}
        kept = np.array([image not in left_out for image in self.ids], bool)
        ids = [image for image in self.ids if image not in left_out]
        if ids != list(store.ids):
            raise DataError(
                f"{self.name}: the store {store.source} holds {len(store)} other pictures than the "
                f"{len(ids)} listed, or in another order: extract the regions of this listing"
            )
        row = np.cumsum(kept) - 1
        said = np.flatnonzero(kept[self.image_of])
        return Corpus(
            self.name,
            store,
            tuple(self.sentences[i] for i in said),
            row[self.image_of[said]],
            self.splits[kept],
            None if self.kinds is None else self.kinds[said],
        )

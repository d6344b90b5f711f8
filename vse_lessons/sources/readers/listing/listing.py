"""A corpus before its regions are extracted: pictures on disk, sentences, splits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.pictures import Pictures, pictures_from_files
from vse_lessons.data.regions import RegionStore
from vse_lessons.sources.paths import is_file
from vse_lessons.sources.readers.listing.matching import match_images


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

    @property
    def has_pictures(self) -> bool:
        """Whether the first picture is on this disk; with extracted regions none need be."""
        return bool(self.paths) and is_file(self.paths[0])

    def pictures(self) -> Pictures:
        """The pictures, for `extract_regions`."""
        return pictures_from_files(self.paths, self.ids)

    def with_regions(self, store: RegionStore) -> Corpus:
        """Makes the corpus of these sentences and the regions extracted from these pictures.

        Args:
            store: What `extract_regions` made; pictures that it skipped are left out with their sentences.

        Returns:
            The corpus.

        Raises:
            DataError: Listing and store differ in any other way.
        """
        left_out = {entry["id"] for entry in store.skipped}
        kept = np.array([image not in left_out for image in self.ids], bool)
        ids = [image for image in self.ids if image not in left_out]
        if ids != list(store.ids):
            raise DataError(
                f"{self.name}: the store {store.source} holds {len(store)} other pictures than the "
                f"{len(ids)} listed, or in another order: extract the regions of this listing"
            )
        return self._corpus(store, kept)

    def with_features(self, store: RegionStore) -> Corpus:
        """Makes the corpus of these sentences and regions that somebody else has extracted.

        A picture keeps its name here.  In the store it may go by its name, by its name without folder and
        ending, or by its number at MS-COCO (391895 for COCO_val2014_000000391895.jpg).

        Args:
            store: Regions in any order, possibly of more pictures.

        Returns:
            The corpus, without the pictures that the store was asked to skip.

        Raises:
            DataError: Other pictures have no regions, or names do not tell one picture from another.
        """
        rows = match_images(self.name, self.ids, store)
        kept = rows >= 0
        ids = tuple(image for image, row in zip(self.ids, rows) if row >= 0)
        return self._corpus(replace(store.select(rows[kept]), ids=ids), kept)

    def _corpus(self, store: RegionStore, kept: np.ndarray) -> Corpus:
        """The pictures `kept` (N,) bool, whose regions the store holds in their order."""
        row = np.cumsum(kept) - 1
        rows = np.flatnonzero(kept[self.image_of])
        return Corpus(
            self.name,
            store,
            tuple(self.sentences[i] for i in rows),
            row[self.image_of[rows]],
            self.splits[kept],
            np.full(len(rows), "visual") if self.kinds is None else self.kinds[rows],
        )

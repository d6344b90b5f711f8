"""What a corpus is: images, sentences, who owns which, and splits.  Nothing about its origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from vse_lessons.common.files import DataError, read_json, write_json
from vse_lessons.data.regions import RegionStore

VERSION = 1
SPLITS = ("train", "val", "test", "unused")
KINDS = ("visual", "contextual")


@dataclass(frozen=True)
class Corpus:
    """N images with a region store, and S sentences, each belonging to one image.

    An image may have any number of sentences, also none.  Raises `DataError`, naming the row,
    when the parts do not fit together."""

    name: str
    regions: RegionStore  # rows in the order of the images
    sentences: tuple[str, ...]
    image_of: np.ndarray  # (S,) int64: the image that each sentence belongs to
    splits: np.ndarray  # (N,) str: one of SPLITS for each image
    kinds: np.ndarray | None = None  # (S,) str: one of KINDS; None: all visual
    # a store of pictures beside that of regions, one row of P * P * 3 pixels each, where a model draws
    pixels: RegionStore | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "image_of", np.asarray(self.image_of, np.int64).reshape(-1))
        object.__setattr__(self, "splits", np.asarray(self.splits, dtype="<U8"))
        object.__setattr__(self, "sentences", tuple(self.sentences))
        kinds = np.full(len(self.sentences), "visual") if self.kinds is None else self.kinds
        object.__setattr__(self, "kinds", np.asarray(kinds, dtype="<U10"))
        self._validate()

    def _validate(self) -> None:
        if len(set(self.image_ids)) < len(self.image_ids):
            twice, _ = Counter(self.image_ids).most_common(1)[0]
            raise DataError(f"{self.name}: image id {twice!r} occurs more than once; ids must be unique")
        if len(self.splits) != len(self.image_ids):
            raise DataError(f"{self.name}: {len(self.image_ids)} images but {len(self.splits)} splits")
        if self.pixels is not None and tuple(self.pixels.ids) != tuple(self.image_ids):
            raise DataError(f"{self.name}: its pixels ({self.pixels.source}) are of other images")
        if not len(self.sentences) == len(self.image_of) == len(self.kinds):
            raise DataError(
                f"{self.name}: {len(self.sentences)} sentences, {len(self.image_of)} "
                f"owners and {len(self.kinds)} kinds: they must be as many"
            )
        strays = np.flatnonzero((self.image_of < 0) | (self.image_of >= len(self.image_ids)))
        if len(strays):
            row = int(strays[0])
            raise DataError(
                f"{self.name}: sentence {row} ({self.sentences[row][:40]!r}) belongs to image "
                f"number {self.image_of[row]}, but there are {len(self.image_ids)} images"
            )
        if not _all_text(self.sentences):
            row = next(n for n, text in enumerate(self.sentences) if not _all_text([text]))
            raise DataError(
                f"{self.name}: sentence {row} of image {self.image_ids[self.image_of[row]]!r} is "
                "empty; remove the row"
            )
        for what, found, allowed in (("split", self.splits, SPLITS), ("kind", self.kinds, KINDS)):
            wrong = found[np.all([found != one for one in allowed], axis=0)]
            if len(wrong):
                raise DataError(f"{self.name}: unknown {what} {str(wrong[0])!r}: one of {', '.join(allowed)}")

    @property
    def image_ids(self) -> Sequence[str]:
        """The ids of the N images."""
        return self.regions.ids

    @cached_property
    def sentences_of(self) -> tuple[np.ndarray, ...]:
        """For each image, the numbers of its sentences (possibly none)."""
        order = np.argsort(self.image_of, kind="stable")
        cuts = np.searchsorted(self.image_of[order], np.arange(1, len(self.image_ids)))
        return tuple(np.split(order, cuts))

    @cached_property
    def visual_of(self) -> tuple[np.ndarray, ...]:
        """For each image, the numbers of the sentences that describe it: what retrieval is about."""
        return self._of_kind("visual")

    @cached_property
    def contextual_of(self) -> tuple[np.ndarray, ...]:
        """For each image, the numbers of the sentences of its page that tell of anything else."""
        return self._of_kind("contextual")

    def _of_kind(self, kind: str) -> tuple[np.ndarray, ...]:
        return tuple(own[self.kinds[own] == kind] for own in self.sentences_of)

    def images(self, split: str, *, annotated: bool = False) -> np.ndarray:
        """The numbers of the images of a split, if asked only of those with a visual sentence.  An empty
        split is a `DataError`."""
        if split not in SPLITS:
            raise DataError(f"{self.name}: unknown split {split!r}: one of {', '.join(SPLITS)}")
        found = np.flatnonzero(self.splits == split)
        if annotated:
            found = np.asarray([i for i in found if len(self.visual_of[i])], np.int64)
        if not len(found):
            there = ", ".join(sorted(set(self.splits.tolist())))
            raise DataError(
                f"{self.name}: the split {split!r} has no image"
                f"{' with a visual sentence' if annotated else ''}; splits here: {there}"
            )
        return found

    def save(self, path: Path, store: Path) -> None:
        """Writes everything but the regions to a JSON file, which names the store's folder
        (absolute, or relative to the folder of the JSON file).  The store may hold more images, in another
        order and under other names; the file then says which they are."""
        whole = RegionStore.open(Path(path).parent / store)
        # each image starts at a row of its own
        rows = np.searchsorted(whole.starts, self.regions.starts)
        if (rows == len(whole)).any() or (whole.starts[rows] != self.regions.starts).any():
            raise DataError(f"{self.name}: its regions are not those in {whole.source}")
        same = whole.ids == tuple(self.image_ids) and np.array_equal(rows, np.arange(len(whole)))
        write_json(
            Path(path),
            {
                "format": "vse_lessons.corpus",
                "version": VERSION,
                "name": self.name,
                "store": str(store),
                "images": None if same else {"ids": list(self.image_ids), "rows": rows.tolist()},
                "sentences": list(self.sentences),
                "image_of": self.image_of.tolist(),
                "splits": self.splits.tolist(),
                "kinds": None if (self.kinds == "visual").all() else self.kinds.tolist(),
            },
            indent=None,
        )

    @classmethod
    def load(cls, path: Path) -> Corpus:
        """Reads what `save` wrote and opens its store."""
        content = read_json(Path(path))
        if not isinstance(content, dict) or content.get("format") != "vse_lessons.corpus":
            raise DataError(f"{path} is not a corpus; it should be what Corpus.save wrote")
        if content.get("version") != VERSION:
            raise DataError(
                f"{path} is a corpus of version {content.get('version')}, this is version "
                f"{VERSION}: delete it and prepare it again"
            )
        try:
            store = RegionStore.open(Path(path).parent / content["store"])
            if content.get("images") is not None:
                ids, rows = (content["images"][key] for key in ("ids", "rows"))
                if min(rows, default=0) < 0:
                    raise IndexError(f"there is no row {min(rows)}")
                store = replace(store.select(rows), ids=tuple(ids))
            return cls(
                content["name"],
                store,
                tuple(content["sentences"]),
                np.asarray(content["image_of"], np.int64),
                np.asarray(content["splits"]),
                content["kinds"] and np.asarray(content["kinds"]),
            )
        except KeyError as error:
            raise DataError(f"{path} lacks {error}: delete it and prepare it again") from error
        except DataError:
            raise
        except (TypeError, ValueError, IndexError, OverflowError) as error:
            raise DataError(f"{path} is damaged ({error}): delete it and prepare it again") from error


def _all_text(sentences: Sequence[object]) -> bool:
    """Whether each is text with more than blanks; of MS-COCO's 600,000 in a tenth of a second."""
    try:
        return all(map(str.strip, sentences))
    except TypeError:  # no text at all
        return False

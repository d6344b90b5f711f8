"""The corpus: images, sentences, which image each sentence belongs to, and splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from vse_lessons.common.files import DataError, digest, read_json, write_json
from vse_lessons.data.regions import RegionStore
from vse_lessons.data.text import Vocabulary

VERSION = 1
SPLITS = ("train", "val", "test", "unused")
KINDS = ("visual", "contextual")
LEXICONS = ("wordnet", "storybook")


@dataclass(frozen=True)
class Corpus:
    """N images with a region store, and S sentences, each belonging to one image.

    An image may have any number of sentences, also none.

    Args:
        name: The corpus's name, for messages and tables.
        regions: The regions of the N images; their order is that of the images.
        sentences: The text of the S sentences.
        image_of: (S,) int64, the number of the image that each sentence belongs to.
        splits: (N,) str, one of `SPLITS` for each image.
        kinds: (S,) str, one of `KINDS` for each sentence; None: all visual.
        pixels: A store of the same images with one row of P * P * 3 pixels each, for models that draw.
        built_in: Whether the corpus comes with the library, so that nothing has to be on disk.
        lexicon: Where the meaning of its words is looked up: one of `LEXICONS`.

    Raises:
        DataError: The parts do not fit together; the message names the first row that does not.
    """

    name: str
    regions: RegionStore
    sentences: tuple[str, ...]
    image_of: np.ndarray
    splits: np.ndarray
    kinds: np.ndarray = None  # type: ignore[assignment]  # filled when the corpus is made
    pixels: RegionStore | None = None
    built_in: bool = False
    lexicon: str = "wordnet"

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
        if self.lexicon not in LEXICONS:
            raise DataError(f"{self.name}: unknown lexicon {self.lexicon!r}: one of {', '.join(LEXICONS)}")
        self._validate_sentences()
        for what, values, allowed in (("split", self.splits, SPLITS), ("kind", self.kinds, KINDS)):
            wrong = values[np.all([values != one for one in allowed], axis=0)]
            if len(wrong):
                raise DataError(f"{self.name}: unknown {what} {str(wrong[0])!r}: one of {', '.join(allowed)}")

    def _validate_sentences(self) -> None:
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

    @property
    def image_ids(self) -> Sequence[str]:
        """The ids of the N images."""
        return self.regions.ids

    @cached_property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the corpus's content, its regions by their own.

        Its name, lexicon and pixels do not count.
        """
        return digest(
            self.regions.digest,
            *(f"{len(ids)}" for ids in (self.image_ids, self.sentences)),
            *self.image_ids,
            *self.sentences,
            self.image_of.astype("<i8").tobytes(),
            " ".join(self.splits.tolist()),
            " ".join(self.kinds.tolist()),
        )

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """All words of the sentences of the training split, the most frequent first."""
        training = self.splits[self.image_of] == "train"
        return Vocabulary.build((self.sentences[s] for s in np.flatnonzero(training)), min_count=1)

    @cached_property
    def sentences_of(self) -> tuple[np.ndarray, ...]:
        """The numbers of the sentences of each image, possibly none."""
        order = np.argsort(self.image_of, kind="stable")
        cuts = np.searchsorted(self.image_of[order], np.arange(1, len(self.image_ids)))
        return tuple(np.split(order, cuts))

    @cached_property
    def visual_of(self) -> tuple[np.ndarray, ...]:
        """The numbers of the sentences that describe each image; retrieval is about these."""
        return self._of_kind("visual")

    @cached_property
    def contextual_of(self) -> tuple[np.ndarray, ...]:
        """The numbers of the sentences of each image's page that are about anything else."""
        return self._of_kind("contextual")

    def _of_kind(self, kind: str) -> tuple[np.ndarray, ...]:
        return tuple(own[self.kinds[own] == kind] for own in self.sentences_of)

    def images(self, split: str, *, annotated: bool = False) -> np.ndarray:
        """List the images of a split.

        Args:
            split: One of `SPLITS`.
            annotated: Only images with a visual sentence.

        Returns:
            Numbers of images, int64, at least one.

        Raises:
            DataError: The split is unknown, or no image is in it.
        """
        if split not in SPLITS:
            raise DataError(f"{self.name}: unknown split {split!r}: one of {', '.join(SPLITS)}")
        images = np.flatnonzero(self.splits == split)
        if annotated:
            images = np.asarray([i for i in images if len(self.visual_of[i])], np.int64)
        if not len(images):
            there = ", ".join(sorted(set(self.splits.tolist())))
            raise DataError(
                f"{self.name}: the split {split!r} has no image"
                f"{' with a visual sentence' if annotated else ''}; splits here: {there}"
            )
        return images

    def save(self, path: Path, store: Path) -> None:
        """Write everything but the regions and the pixels to a JSON file.

        Args:
            path: The JSON file.
            store: The folder of the region store, absolute or relative to the folder of the JSON file. The
                store may hold more images, in another order and under other names; the file lists these.

        Raises:
            DataError: The corpus's regions are not those of the store, or the disk is full.
        """
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
                "built_in": self.built_in,
                "lexicon": self.lexicon,
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
        """Read a file that `save` wrote and open its store.

        Args:
            path: The JSON file.

        Returns:
            The corpus, its regions memory-mapped.

        Raises:
            DataError: The file or its store is missing, damaged or of another version.
        """
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
                built_in=bool(content.get("built_in", False)),
                lexicon=content.get("lexicon", "wordnet"),
            )
        except KeyError as error:
            raise DataError(f"{path} lacks {error}: delete it and prepare it again") from error
        except DataError:
            raise
        except (TypeError, ValueError, IndexError, OverflowError) as error:
            raise DataError(f"{path} is damaged ({error}): delete it and prepare it again") from error


def _all_text(sentences: Sequence[str]) -> bool:
    """Whether each is text with more than blanks; of MS-COCO's 600,000 in a tenth of a second."""
    try:
        return all(map(str.strip, sentences))
    except TypeError:  # no text at all
        return False

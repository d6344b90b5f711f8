"""From the records of a published corpus to a `Listing`: bad ones are errors, or are left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vse_lessons.common.files import DataError
from vse_lessons.sources.paths import inside, is_encodable, is_file
from vse_lessons.sources.readers.listing.listing import Listing

SPLITS = ("train", "val", "test", "unused")
SHARES = (0.8, 0.1)  # for training and for validation; the rest is the test part
SPLIT_SEED = 2018


def draw_splits(count: int) -> np.ndarray:
    """Draw the splits of a corpus that comes without any: 80 % training, 10 % validation, 10 % test.

    Args:
        count: Images.

    Returns:
        (count,) str: "train", "val" or "test", the same for the same count.
    """
    order = np.random.Generator(np.random.PCG64(SPLIT_SEED)).permutation(count)
    cuts = [round(SHARES[0] * count), round(sum(SHARES) * count)]
    splits = np.empty(count, dtype="<U8")
    for split, rows in zip(("train", "val", "test"), np.split(order, cuts)):
        splits[rows] = split
    return splits


@dataclass
class Problems:
    """Raises the first problem of bad input ("error"), or gathers all of them ("skip")."""

    on_bad: str  # "error" or "skip"
    left_out: list[dict[str, str]] = field(default_factory=list)  # {"where": ..., "reason": ...} each

    def __post_init__(self) -> None:
        if self.on_bad not in ("error", "skip"):
            raise DataError(f"on_bad is {self.on_bad!r}; it must be 'error' or 'skip'")

    def report(self, where: str, reason: str, remedy: str) -> None:
        """Say where, what is wrong and what to do about it."""
        if self.on_bad == "error":
            raise DataError(_printable(f'{where}: {reason}; {remedy}, or pass on_bad="skip"'))
        self.note(where, reason)

    def note(self, where: str, reason: str) -> None:
        """Count something that is left out in either case, because it is known and means nothing."""
        self.left_out.append({"where": _printable(where), "reason": _printable(reason)})


def _printable(text: str) -> str:
    """The same, but for the half surrogates that Python makes of file names that are no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


class Gathering:
    """Pictures and their sentences as a reader finds them, each checked; at the end a `Listing`.

    Args:
        problems: What becomes of bad input.
    """

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.number_of: dict[str, int] = {}
        self.paths: list[Path] = []
        self._known: set[Path] = set()  # the same: one file may be spelt in two ways
        self.splits: list[str | None] = []
        self.places: list[int] = []
        self.sentences: list[str] = []
        self.image_of: list[int] = []

    def picture(
        self,
        where: str,
        image: str,
        folder: Path,
        split: str | None = None,
        *,
        place: int | None = None,
        must_exist: bool = True,
    ) -> int | None:
        """Add a picture by its name in `folder`; its number, or None if it was reported.

        `place` is its number in the file, by which splits are drawn: what is left out then moves no
        other picture.
        """
        path = inside(folder, image)
        if path is None or (must_exist and not is_file(path)):
            self.problems.report(where, f"{image!r} is not in {folder}", "restore the picture")
        elif image in self.number_of or path in self._known:
            self.problems.report(where, f"{image!r} is listed twice", "remove one of the two")
        elif split is not None and split not in SPLITS:
            self.problems.report(where, f"unknown split {split!r}", f"write one of {', '.join(SPLITS)}")
        else:
            self.number_of[image] = len(self.paths)
            self.places.append(len(self.paths) if place is None else place)
            self.paths.append(path)
            self._known.add(path)
            self.splits.append(split)
            return len(self.paths) - 1
        return None

    def sentence(self, where: str, number: int, text: object) -> None:
        """Add a sentence of picture `number`; line breaks within become blanks."""
        if isinstance(text, str) and text.strip() and is_encodable(text):
            self.sentences.append(" ".join(text.split()))
            self.image_of.append(number)
        else:
            self.problems.report(where, f"the sentence is {text!r:.60}, not text", "fill or remove it")

    def listing(self, name: str, source: Path) -> Listing:
        """All of it.  Splits are drawn where none was given; given to some only they are a `DataError`."""
        if not self.paths:
            raise DataError(f"{source} names no picture that is there")
        given = {split is not None for split in self.splits}
        if len(given) > 1:
            raise DataError(
                f"{source}: some pictures have a split and some have none; give it to all or to none"
            )
        splits = self.splits if given == {True} else draw_splits(max(self.places) + 1)[self.places]
        return Listing(
            name,
            tuple(self.number_of),
            tuple(self.paths),
            tuple(self.sentences),
            np.asarray(self.image_of, np.int64),
            np.asarray(splits),
            skipped=self.problems.left_out,
        )

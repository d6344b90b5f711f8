"""What a reader of photographs finds before any region is extracted."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import numpy as np

from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.pictures import Pictures, pictures_from_files
from vse_lessons.data.regions import RegionStore

PICTURES = frozenset({".jpg", ".jpeg", ".png"})
FOLDERS = ("images", "Images", "img")
SPLITS = ("train", "val", "test", "unused")
SHARES = (0.8, 0.1)  # for training and for validation; the rest is the test part
SPLIT_SEED = 2018
# a file of MS-COCO, of 2014 or of 2017, or its bare number
COCO = re.compile(r"(?:COCO_[a-z]+\d{4}_)?(\d{1,19})", re.ASCII)


def draw_splits(count: int) -> np.ndarray:
    """(count,) splits of a corpus that comes without any: 80 % training, 10 % validation, 10 % test."""
    order = np.random.Generator(np.random.PCG64(SPLIT_SEED)).permutation(count)
    cuts = [round(SHARES[0] * count), round(sum(SHARES) * count)]
    splits = np.empty(count, dtype="<U8")
    for split, rows in zip(("train", "val", "test"), np.split(order, cuts)):
        splits[rows] = split
    return splits


def find(folder: Path, names: Iterable[str], what: str, *, is_folder: bool = False) -> Path:
    """The first of some files, or folders, that is there; `DataError` if none is."""
    names = tuple(names)
    for name in names:
        path = Path(folder) / name
        if path.is_dir() if is_folder else path.is_file():
            return path
    raise DataError(f"{folder} has no {what}: one of {', '.join(names)}")


def inside(folder: Path, name: str) -> Path | None:
    """The place of a file in or below a folder; None for a name that would leave it, and for one that no
    file can have (other people's lists hold both)."""
    parts = PurePosixPath(name.replace("\\", "/"))
    if not parts.parts or parts.is_absolute() or ".." in parts.parts or "\0" in name:
        return None
    return folder / parts if _is_unicode(name) else None


def _is_unicode(text: str) -> bool:
    """False for half of a surrogate pair, which JSON can spell and nothing can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_file(path: Path | None) -> bool:
    """Whether there is a file of that name; also where the system takes the name for none."""
    try:
        return path is not None and path.is_file()
    except (OSError, ValueError):
        return False


def read_text(path: Path) -> str:
    """A file of UTF-8, without the mark at its beginning; `DataError` names the line that is none."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1  # it counts from after the mark
        raise DataError(f"{path}, line {line}: not UTF-8 text; convert the file") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); restore the file") from error


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number and text of each line; the numbers are those of an editor."""
    text = read_text(path)
    yield from enumerate(text.rstrip("\r\n").replace("\r\n", "\n").split("\n"), start=1)


def _printable(text: str) -> str:
    """The same, but for the half surrogates that Python makes of file names that are no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


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
            raise DataError(_printable(f'{where}: {reason}; {remedy}, or pass on_bad="skip"'))
        self.note(where, reason)

    def note(self, where: str, reason: str) -> None:
        """Counts something that is left out in either case, because it is known and means nothing."""
        self.found.append({"where": _printable(where), "reason": _printable(reason)})


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
        return self._corpus(store, kept)

    def with_features(self, store: RegionStore) -> Corpus:
        """The corpus of these sentences and regions that somebody else has extracted, in any order, possibly
        of more pictures.  A picture is found by its name, by its name without folder and ending, or by its
        number at MS-COCO (391895 for COCO_val2014_000000391895.jpg), and keeps its name.  Pictures without
        regions are a `DataError`, but for those that the store was told to skip; and so are names that do not
        tell one picture from another."""
        rows = self._rows_in(store)
        kept = rows >= 0
        ids = tuple(image for image, row in zip(self.ids, rows) if row >= 0)
        return self._corpus(replace(store.select(rows[kept]), ids=ids), kept)

    def _rows_in(self, store: RegionStore) -> np.ndarray:
        """(N,) int64: each picture's row in a store with other names; -1 if it was skipped there."""
        skipped = {entry["id"] for entry in store.skipped} - {*store.ids, ""}
        names = [*store.ids, *sorted(skipped)]  # the latter have no row
        exact = {name: number for number, name in enumerate(names)}
        alike = defaultdict(list)  # from a key to the names that it may stand for
        for number, name in enumerate(names):
            for key in dict.fromkeys(_keys(name)):
                alike[key].append(number)
        rows, missing, taken = np.full(len(self.ids), -1), [], {}
        for i, image in enumerate(self.ids):
            found = next((alike[key] for key in _keys(image) if key in alike), [])
            found = [exact[image]] if image in exact else found
            if not found:
                missing.append(image)
                continue
            doubt = ""
            if len(found) > 1:
                doubt = f"{image} may be {names[found[0]]!r} or {names[found[1]]!r}"
            elif found[0] in taken:
                doubt = f"{taken[found[0]]} and {image} would both be {names[found[0]]!r}"
            if doubt:
                raise DataError(
                    f"{self.name}: {doubt} of {store.source}; call its pictures by the names "
                    "that they have here"
                )
            taken[found[0]] = image
            rows[i] = found[0] if found[0] < len(store) else -1
        if missing:
            raise DataError(
                f"{self.name}: {store.source} has no regions of {missing[0]}, and of {len(missing)} of "
                f"{len(rows)} pictures in all; its {len(store)} are called like {store.ids[0]!r}: "
                "are they those of this corpus, all parts of it?"
            )
        return rows

    def _corpus(self, store: RegionStore, kept: np.ndarray) -> Corpus:
        """The pictures `kept` (N,) bool, whose regions the store holds in their order."""
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


def _keys(image: str) -> list[str]:
    """By what a picture may be called elsewhere, best first."""
    name = PurePosixPath(image)
    stem = name.stem if name.suffix.lower() in PICTURES else name.name
    number = COCO.fullmatch(stem)
    return [image, stem, *([str(int(number[1]))] if number else [])]


class Gathering:
    """Pictures and their sentences as a reader finds them, each checked; at the end a `Listing`."""

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
        """Adds a picture by its name in `folder`; its number, or None if it was reported.  `place` is its
        number in the file, by which splits are drawn: what is left out then moves no other picture."""
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
        """Adds a sentence of picture `number`; line breaks within become blanks."""
        if isinstance(text, str) and text.strip() and _is_unicode(text):
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
            skipped=self.problems.found,
        )

"""Karpathy and Fei-Fei's lists (2015), with which most papers split Flickr8k, Flickr30K and MS-COCO.

dataset_flickr8k.json, dataset_flickr30k.json, dataset_coco.json:

    {"images": [{"filename": "1000092795.jpg", "split": "train",
                 "sentences": [{"raw": "Two young guys ..."}, ...]}, ...]}

Pictures lie in `images/` or as each release has them; for MS-COCO in their `filepath`, "val2014".
The 30,504 images of MS-COCO that the lists call "restval" are for training, as in all papers since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vse_lessons.common.files import DataError, read_json
from vse_lessons.sources.paths import inside, is_file
from vse_lessons.sources.readers.listing import Gathering, Listing, Problems

NAMES = ("dataset_flickr30k.json", "dataset_flickr8k.json", "dataset_coco.json")
FOLDERS = ("images", "Images", "flickr30k-images", "flickr30k_images", "Flicker8k_Dataset", "coco")
SPLITS = {"train": "train", "restval": "train", "val": "val", "test": "test"}  # to ours


@dataclass(frozen=True)
class Entry:
    """A picture of the lists."""

    where: str  # for messages
    name: str  # of the file
    folder: str  # below the pictures' folder; "" where the lists name none
    split: str
    sentences: tuple[object, ...]


def has_list(folder: Path, name: str) -> bool:
    """Whether the list of a corpus is in a folder; they are published together."""
    return (Path(folder) / f"dataset_{name}.json").is_file()


def read(folder: Path, *, name: str | None = None, pictures: bool = True, on_bad: str = "error") -> Listing:
    """Read the list of a corpus, not the pictures.

    It is the list of the corpus `name`, or the first that is there.

    Args:
        folder: Where the corpus lies.
        name: What it is called; None: as its folder.
        pictures: Whether the pictures' files must be there; False where their regions have been extracted
            elsewhere.
        on_bad: "error" stops at a picture without a file, one that is listed twice, an unknown split, an
            empty sentence; "skip" leaves those out and lists them in `listing.skipped`.

    Returns:
        Its pictures and sentences.

    Raises:
        DataError: Bad input; the message names file and entry.
    """
    folder = Path(folder)
    names = (f"dataset_{name}.json", *NAMES)
    path = next((folder / one for one in names if (folder / one).is_file()), None)
    if path is None:
        raise DataError(f"{folder} has none of Karpathy's lists: {', '.join(NAMES)}")
    problems = Problems(on_bad)
    places = [folder / one for one in FOLDERS if (folder / one).is_dir()] + [folder]
    found = Gathering(problems)
    for entry in entries(path, problems):
        place = _place(places, entry)
        number = found.picture(
            entry.where, entry.name, place, entry.split, must_exist=pictures
        )  # a picture's id is its file name, unique in all three lists
        if number is not None:
            for text in entry.sentences:
                found.sentence(entry.where, number, text)
    return found.listing(name or folder.resolve().name, path)


def entries(path: Path, problems: Problems) -> Iterator[Entry]:
    """The pictures of a list, in its order; those that are no records are reported and left out."""
    content = read_json(path)
    images = content.get("images") if isinstance(content, dict) else None
    if not isinstance(images, list) or not images:
        raise DataError(f'{path} has no list "images": it is none of Karpathy\'s lists')
    for number, record in enumerate(images, start=1):
        where = f"{path}, image {number}"
        record = record if isinstance(record, dict) else {}
        name, below = record.get("filename"), record.get("filepath", "")
        sentences = record.get("sentences", [])
        if not isinstance(name, str) or not isinstance(below, str) or not name.strip():
            problems.report(where, "it has no filename", "mend or remove the entry")
            continue
        split = record.get("split")
        if not isinstance(split, str) or split not in SPLITS:
            problems.report(where, f"unknown split {split!r:.40}", f"write one of {', '.join(SPLITS)}")
            continue
        if not isinstance(sentences, list):
            problems.report(where, "its sentences are no list", "mend or remove the entry")
            continue
        yield Entry(where, name, below, SPLITS[split], tuple(_raw(one) for one in sentences))


def _raw(sentence: object) -> object:
    """What a person wrote; where only tokens were kept, these."""
    if not isinstance(sentence, dict):
        return sentence
    raw, tokens = sentence.get("raw"), sentence.get("tokens")
    if raw is None and isinstance(tokens, list) and all(isinstance(token, str) for token in tokens):
        return " ".join(tokens)
    return raw


def _place(places: list[Path], entry: Entry) -> Path:
    """The folder that a picture lies in, if it lies anywhere."""
    tried = [at for place in places for at in (inside(place, entry.folder), place) if at is not None]
    return next((place for place in tried if is_file(inside(place, entry.name))), tried[0])

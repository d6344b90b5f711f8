"""Pictures and one JSON file of their sentences: DeepFashion-MultiModal, EsteArtworks, and what looks like
them.

captions.json    {"MEN-Denim-id_1.jpg": "The person wears ..."}                    DeepFashion-MultiModal
                 {"madonna.jpg": ["A woman ...", "Two children ..."]}              several sentences
                 [{"image": "madonna.jpg", "sentences": [...], "split": "test"}]   records
images/          the pictures, by the names in the JSON

A picture may have any number of sentences; one that the JSON does not name is left out.  Where records have
no "split", a tenth of the pictures each is for validation and for test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from vse_lessons.files import DataError, read_json
from vse_lessons.readers.listing import Listing, Problems, draw_splits

NAMES = ("captions.json", "esteartworks.json", "annotations.json")
FOLDERS = ("images", "Images", "img")
IMAGE_KEYS = ("image", "file_name", "filename", "img", "name")
TEXT_KEYS = ("sentences", "captions", "sentence", "caption")
SPLITS = ("train", "val", "test")


def read(folder: Path, *, on_bad: str = "error", name: str | None = None) -> Listing:
    """Reads the JSON, not the pictures.

    `on_bad`: "error" stops at a record without a name or a text, an empty sentence, a name that leads out of
    the folder or is listed twice, a missing picture, an unknown split, with a `DataError` that names file and
    record; "skip" leaves those out and lists them in `listing.skipped`."""
    folder, problems = Path(folder), Problems(on_bad)
    path = next((folder / one for one in NAMES if (folder / one).is_file()), None)
    if path is None:
        raise DataError(f"{folder} has no file of sentences: one of {', '.join(NAMES)}")
    pictures = next((folder / one for one in FOLDERS if (folder / one).is_dir()), None)
    if pictures is None:
        raise DataError(f"{folder} has no folder of pictures: one of {', '.join(FOLDERS)}")
    files: dict[str, Path] = {}
    sentences: list[str] = []
    owners: list[int] = []
    splits: list[str | None] = []
    places: list[int] = []
    total, records = _records(path, problems)
    for place_in_file, where, image, texts, split in records:
        place = _inside(pictures, image)
        if place is None or not place.is_file():
            problems.report(where, f"{image} is not in {pictures}", "restore the picture")
        elif image in files:
            problems.report(where, f"{image} is listed twice", "remove a record")
        elif split not in (None, *SPLITS):
            problems.report(where, f"unknown split {split!r}", f"write one of {', '.join(SPLITS)}")
        else:
            for text in texts:
                if isinstance(text, str) and text.strip():
                    sentences.append(text.strip())
                    owners.append(len(files))
                else:
                    problems.report(
                        where, f"a sentence of {image} is {text!r}", "fill or remove it"
                    )
            files[image] = place
            splits.append(split)
            places.append(place_in_file)
    if not files:
        raise DataError(f"{path} names no picture of {pictures}")
    if len({split is None for split in splits}) > 1:
        raise DataError(
            f"{path}: some pictures have a split and some have none; give it to all or to none"
        )
    drawn = draw_splits(total)[places] if splits[0] is None else np.asarray(splits)
    return Listing(name or folder.resolve().name, tuple(files), tuple(files.values()), tuple(sentences),
                   np.asarray(owners, np.int64), drawn, skipped=problems.found)  # fmt: skip


def _inside(folder: Path, name: str) -> Path | None:
    """A picture's place; None for a name that would leave the folder."""
    parts = PurePosixPath(name.replace("\\", "/"))
    return None if parts.is_absolute() or ".." in parts.parts else folder / parts


def _records(
    path: Path, problems: Problems
) -> tuple[int, Iterator[tuple[int, str, str, list, str | None]]]:
    """How many records there are; and number, place, picture, sentences and split of every one that has a
    picture and a text.  Splits are drawn by number, so that what is left out moves no other picture."""
    content = read_json(path)
    if isinstance(content, dict):
        content = [{"image": key, "sentences": value} for key, value in content.items()]
    if not isinstance(content, list):
        raise DataError(f"{path} holds a {type(content).__name__}: it should be an object, a picture's name "
                        "and its sentences, or a list of records")  # fmt: skip
    return len(content), _read_records(path, content, problems)


def _read_records(
    path: Path, content: list, problems: Problems
) -> Iterator[tuple[int, str, str, list, str | None]]:
    for number, record in enumerate(content):
        where = f"{path}, record {number + 1}"
        found = record if isinstance(record, dict) else {}
        image = next((found[key] for key in IMAGE_KEYS if isinstance(found.get(key), str)), "")
        texts = next((found[key] for key in TEXT_KEYS if key in found), None)
        texts = [texts] if isinstance(texts, str) else texts
        if not image or not isinstance(texts, list):
            problems.report(where, f"no name of a picture ({', '.join(IMAGE_KEYS)}) or no text "
                            f"({', '.join(TEXT_KEYS)})", "mend or remove it")  # fmt: skip
            continue
        yield number, where, image, texts, found.get("split")

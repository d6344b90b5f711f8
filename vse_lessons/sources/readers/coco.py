"""MS-COCO Captions as it is published, split as papers split it.

captions_train2014.json, captions_val2014.json    sentences; or those of 2017; here or in annotations/
dataset_coco.json                                 Karpathy's split: 113,287 / 5,000 / 5,000
train2014/, val2014/                              the pictures; here, or in images/

Of the published validation images Karpathy's list takes 5,000 each for validation and test and leaves
30,504, "restval", which are for training here as in all papers since.  Without the list the published split
is used: `train*` to train, `val*` to validate, nothing to test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from vse_lessons.common.files import DataError, read_json
from vse_lessons.sources.paths import inside, is_file
from vse_lessons.sources.readers import karpathy
from vse_lessons.sources.readers.listing import Gathering, Listing, Problems

LIST = "dataset_coco.json"
SPLITS = {"train": "train", "val": "val"}  # from captions_<split><year>.json to ours


def read(folder: Path, *, name: str | None = None, pictures: bool = True, on_bad: str = "error") -> Listing:
    """Read the sentences, not the pictures.

    - All sentences of an image are kept: most have five, some six or seven.
    - Images that Karpathy's list does not name are "unused".
    - With the list alone, the sentences are those in it.
    - Files of two years are an error in any case: 2017 trains on most of what 2014 validates with.

    Args:
        folder: Where the corpus lies.
        name: What it is called; None: as its folder.
        pictures: Whether the pictures' files must be there; False where their regions have been extracted
            elsewhere.
        on_bad: "error" stops at a picture without a file or twice in the lists, an id that two pictures have,
            a sentence of no picture, an empty one, a picture of Karpathy's that no captions file has or that
            is in two splits; "skip" leaves those out and lists them in `listing.skipped`.

    Returns:
        Its pictures and sentences.

    Raises:
        DataError: Bad input; the message names file and record.
    """
    folder, problems = Path(folder), Problems(on_bad)
    by_name = {
        path.name: path
        for place in (folder / "annotations", folder)
        for path in place.glob("captions_*.json")
    }
    files = [by_name[one] for one in sorted(by_name) if one[len("captions_") : -9] in SPLITS]
    if not files:
        if (folder / LIST).is_file():
            listing = karpathy.read(folder, pictures=pictures, on_bad=on_bad, name="coco")
            return replace(listing, name=name or folder.resolve().name)
        raise DataError(
            f"{folder} has neither captions_train2014.json, captions_val2014.json ..., here "
            f"or in annotations/, nor {LIST}"
        )
    if len({path.stem[-4:] for path in files}) > 1:
        raise DataError(
            f"{folder}: {', '.join(path.name for path in files)} are of several years and share "
            "their pictures; leave those of one year"
        )
    split_of = _karpathy(folder / LIST, problems)
    found, named = Gathering(problems), set()
    for path in files:
        named |= _read_captions(path, folder, pictures, split_of, found)
    for image in sorted(set(split_of or ()) - named):
        problems.report(
            str(folder / LIST), f"{image!r} is in no captions_*.json", "add the file of its year and split"
        )
    return found.listing(name or folder.resolve().name, folder)


def _karpathy(path: Path, problems: Problems) -> dict[str, str] | None:
    """From a file's name to its split; None without the list."""
    if not path.is_file():
        return None
    split_of: dict[str, str] = {}
    for entry in karpathy.entries(path, problems):
        if split_of.setdefault(entry.name, entry.split) != entry.split:
            problems.report(
                entry.where,
                f"{entry.name!r} is in {split_of[entry.name]!r} and in {entry.split!r}",
                "choose one split",
            )
    return split_of


def _read_captions(
    path: Path,
    folder: Path,
    pictures: bool,
    split_of: dict[str, str] | None,
    found: Gathering,
) -> set[str]:
    """Add the images and sentences of one captions_*.json.

    Returns the names of all images in it, also of those that were left out.
    """
    content = read_json(path)
    images, annotations = (
        content.get(key) if isinstance(content, dict) else None for key in ("images", "annotations")
    )
    if not isinstance(images, list) or not isinstance(annotations, list):
        raise DataError(f'{path} has no lists "images" and "annotations": it is no captions file')
    split = path.stem.removeprefix("captions_")
    numbers: dict[int, int | None] = {}
    named = set()
    for where, record in _records(path, "images", images, ("id", "file_name"), found.problems):
        image, key = record["file_name"], record["id"]
        if not isinstance(image, str) or type(key) is not int:  # true would be 1
            found.problems.report(where, "its id is no number or its file_name no text", "mend it")
            continue
        named.add(image)
        if key in numbers:
            found.problems.report(where, f"the id {key} is another image's, too", "mend the ids")
            continue
        ours = SPLITS[split[:-4]] if split_of is None else split_of.get(image, "unused")
        number = found.picture(where, image, _place(folder, split, image), ours, must_exist=pictures)
        numbers[key] = number
    for where, record in _records(path, "annotations", annotations, ("image_id", "caption"), found.problems):
        key = record["image_id"]
        number = numbers.get(key) if type(key) is int else None
        if number is None:
            found.problems.report(where, f"its image {key!r:.40} is not there", "restore the image")
        else:
            found.sentence(where, number, record["caption"])
    return named


def _records(
    path: Path, part: str, records: list, keys: tuple[str, str], problems: Problems
) -> Iterator[tuple[str, dict]]:
    """Place and content of those records that have all keys."""
    for number, record in enumerate(records, start=1):
        where = f"{path}, {part} {number}"
        if isinstance(record, dict) and all(key in record for key in keys):
            yield where, record
        else:
            problems.report(where, f"no record with {' and '.join(keys)}", "mend or remove it")


def _place(folder: Path, split: str, image: str) -> Path:
    """The folder that a picture lies in, if it lies anywhere."""
    places = [folder / split, folder / "images" / split, folder / "images", folder]
    there = (place for place in places if is_file(inside(place, image)))
    return next(there, places[0])

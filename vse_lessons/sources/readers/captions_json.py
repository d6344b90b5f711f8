"""Pictures and one JSON file of their sentences.

So are DeepFashion-MultiModal, EsteArtworks, and what looks like them.

captions.json    {"MEN-Denim-id_1.jpg": "The person wears ..."}                    DeepFashion-MultiModal
                 {"madonna.jpg": ["A woman ...", "Two children ..."]}              several sentences
                 [{"image": "madonna.jpg", "sentences": [...], "split": "test"}]   records
images/          the pictures, by the names in the JSON

A picture may have any number of sentences; one that the JSON does not name is left out.  Where records have
no "split", a tenth of the pictures each is for validation and for test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vse_lessons.common.files import DataError, read_json
from vse_lessons.sources.readers.listing import FOLDERS, Gathering, Listing, Problems, find_first

NAMES = ("captions.json", "esteartworks.json", "annotations.json")
IMAGE_KEYS = ("image", "file_name", "filename", "img", "name")
TEXT_KEYS = ("sentences", "captions", "sentence", "caption")


def read(folder: Path, *, name: str | None = None, pictures: bool = True, on_bad: str = "error") -> Listing:
    """Read the JSON, not the pictures.

    Args:
        folder: Where the corpus lies.
        name: What it is called; None: as its folder.
        pictures: Not used: the files of the pictures say what there is, so they must be there in any case.
        on_bad: "error" stops at a record without a name or a text, an empty sentence, a name that leads out
            of the folder or is listed twice, a missing picture, an unknown split; "skip" leaves those out and
            lists them in `listing.skipped`.

    Returns:
        Its pictures and sentences.

    Raises:
        DataError: Bad input; the message names file and record.
    """
    folder = Path(folder)
    path = find_first(folder, NAMES, "file of sentences")
    below = find_first(folder, FOLDERS, "folder of pictures", is_folder=True)
    found = Gathering(Problems(on_bad))
    for place, where, image, texts, split in _records(path, found.problems):
        number = found.picture(where, image, below, split, place=place)
        if number is not None:
            for text in texts:
                found.sentence(where, number, text)
    return found.listing(name or folder.resolve().name, path)


def _records(path: Path, problems: Problems) -> Iterator[tuple[int, str, str, list, str | None]]:
    """Number, place, picture, sentences and split of every record that has a picture and a text."""
    content = read_json(path)
    if isinstance(content, dict):
        content = [{"image": key, "sentences": value} for key, value in content.items()]
    if not isinstance(content, list):
        raise DataError(
            f"{path} holds a {type(content).__name__}: it should be an object, a picture's name "
            "and its sentences, or a list of records"
        )
    for number, record in enumerate(content):
        where = f"{path}, record {number + 1}"
        found = record if isinstance(record, dict) else {}
        image = next((found[key] for key in IMAGE_KEYS if isinstance(found.get(key), str)), "")
        texts = next((found[key] for key in TEXT_KEYS if key in found), None)
        texts = [texts] if isinstance(texts, str) else texts
        if not image or not isinstance(texts, list):
            problems.report(
                where,
                f"no name of a picture ({', '.join(IMAGE_KEYS)}) or no text ({', '.join(TEXT_KEYS)})",
                "mend or remove it",
            )
            continue
        yield number, where, image, texts, found.get("split")

"""A folder of pictures and a folder of text files with the same names.

images/NAME.jpg               pictures, in folders below too
texts/NAME.txt                their sentences, one a line; or captions/, sentences/, or beside the pictures

A tenth of the pictures each is drawn for validation and for test; with folders train/, val/ and test/ below
both, these are the splits.
"""

from __future__ import annotations

from pathlib import Path

from vse_lessons.common.files import DataError
from vse_lessons.sources.readers.listing import (
    FOLDERS,
    PICTURES,
    SPLITS,
    Gathering,
    Listing,
    Problems,
    text_lines,
)

TEXTS = ("texts", "captions", "sentences", "labels")


def read(folder: Path, *, name: str | None = None, pictures: bool = True, on_bad: str = "error") -> Listing:
    """Read the texts, not the pictures, in the order of their names.

    A picture may lack its text file, or have an empty one: it is then without a sentence
    (`listing.unannotated`).

    Args:
        folder: Where the corpus lies.
        name: What it is called; None: as its folder.
        pictures: Not used: the files of the pictures say what there is, so they must be there in any case.
        on_bad: "error" stops at a text without its picture, two pictures of one name, and text that is not
            UTF-8; "skip" leaves those out and lists them in `listing.skipped`.

    Returns:
        Its pictures and sentences.

    Raises:
        DataError: Bad input; the message names file and line.
    """
    folder = Path(folder)
    below = next((folder / one for one in FOLDERS if (folder / one).is_dir()), folder)
    texts = next((folder / one for one in TEXTS if (folder / one).is_dir()), below)
    found = Gathering(Problems(on_bad))
    number_of: dict[Path, int] = {}  # by the picture's name without its ending
    files = sorted(path for path in below.rglob("*") if path.suffix.lower() in PICTURES)
    parts = {path.relative_to(below).parts[0] for path in files}
    split = bool(parts) and parts <= set(SPLITS)
    for place, path in enumerate(files):
        image = path.relative_to(below)
        stem = image.with_suffix("")
        if stem in number_of:
            found.problems.report(str(path), "there is another picture of this name", "rename one")
            continue
        number = found.picture(
            str(path), image.as_posix(), below, image.parts[0] if split else None, place=place
        )
        if number is not None:
            number_of[stem] = number
    written = sorted(path for path in texts.rglob("*") if path.suffix.lower() == ".txt" and path.is_file())
    if not written:
        raise DataError(f"{texts} holds no .txt file; put a picture's sentences in NAME.txt")
    for path in written:
        number = number_of.get(path.relative_to(texts).with_suffix(""))
        if number is None:
            found.problems.report(
                str(path), f"there is no picture of this name in {below}", "restore the picture"
            )
            continue
        for line, text in _lines(path, found.problems):
            if text.strip():
                found.sentence(f"{path}, line {line}", number, text)
    return found.listing(name or folder.resolve().name, below)


def _lines(path: Path, problems: Problems) -> list[tuple[int, str]]:
    try:
        return list(text_lines(path))
    except DataError as error:
        problems.report(str(path), str(error), "convert the file")
        return []

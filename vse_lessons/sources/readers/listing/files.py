"""Files of a published corpus: where they are, and their text line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from vse_lessons.common.files import DataError

PICTURES = frozenset({".jpg", ".jpeg", ".png"})
FOLDERS = ("images", "Images", "img")


def find_first(folder: Path, names: Iterable[str], what: str, *, is_folder: bool = False) -> Path:
    """Find the first of several files, or folders, that is there.

    Args:
        folder: Where to look.
        names: Paths below it, in order of preference.
        what: Words for the message that say what is looked for.
        is_folder: Whether folders are looked for.

    Returns:
        Its path.

    Raises:
        DataError: None of them is there.
    """
    names = tuple(names)
    for name in names:
        path = Path(folder) / name
        if path.is_dir() if is_folder else path.is_file():
            return path
    raise DataError(f"{folder} has no {what}: one of {', '.join(names)}")


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, without the mark at its beginning.

    Args:
        path: The file.

    Returns:
        Its text.

    Raises:
        DataError: It cannot be read, or a line, which the message names, is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1  # it counts from after the mark
        raise DataError(f"{path}, line {line}: not UTF-8 text; convert the file") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); restore the file") from error


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Read a text file line by line.

    Args:
        path: The file.

    Yields:
        Number and text of each line; the numbers are those of an editor.

    Raises:
        DataError: It cannot be read, or is not UTF-8.
    """
    text = read_text(path)
    yield from enumerate(text.rstrip("\r\n").replace("\r\n", "\n").split("\n"), start=1)

"""A table of pictures and captions, as anybody makes one: CSV (or tab separated) with a header.

captions.csv     image,caption[,split]    or the only .csv or .tsv of the folder; other columns are kept out
images/          the pictures; or beside the table

A row is a sentence; a picture may have any number of rows.  Without a column "split", a tenth of the
pictures each is drawn for validation and for test.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from vse_lessons.common.files import DataError
from vse_lessons.sources.readers.listing import FOLDERS, Gathering, Listing, Problems, read_text

TABLE = "captions.csv"
IMAGES = ("image", "image_name", "filename", "file_name", "filepath", "path")
CAPTIONS = ("caption", "sentence", "text", "comment", "description")
SPLIT = "split"


def read(folder: Path, *, name: str | None = None, pictures: bool = True, on_bad: str = "error") -> Listing:
    """Read the table, not the pictures.

    Args:
        folder: Where the corpus lies.
        name: What it is called; None: as its folder.
        pictures: Whether the pictures' files must be there; False where their regions have been extracted
            elsewhere.
        on_bad: "error" stops at a row with too many or too few columns, an empty caption, a picture that is
            not there or has two splits; "skip" leaves those out and lists them in `listing.skipped`.

    Returns:
        Its pictures and sentences.

    Raises:
        DataError: Bad input; the message names file and line.
    """
    folder = Path(folder)
    table = _table(folder)
    below = next((folder / one for one in FOLDERS if (folder / one).is_dir()), folder)
    found = Gathering(Problems(on_bad))
    places: dict[str, int] = {}  # every picture's number in the file, also of those left out
    for where, image, caption, split in _rows(table, found.problems):
        first = image not in places
        places.setdefault(image, len(places))
        if first:
            found.picture(where, image, below, split, place=places[image], must_exist=pictures)
        number = found.number_of.get(image)
        if number is None:
            if not first:
                found.problems.report(where, f"{image!r} was left out above", "restore the picture")
        elif found.splits[number] != split:
            found.problems.report(
                where,
                f"{image!r} is in {found.splits[number]!r} and in {split!r}",
                "choose one split",
            )
        else:
            found.sentence(where, number, caption)
    return found.listing(name or folder.resolve().name, table)


def _table(folder: Path) -> Path:
    if (folder / TABLE).is_file():
        return folder / TABLE
    tables = sorted(path for kind in ("*.csv", "*.tsv") for path in folder.glob(kind))
    tables = [path for path in tables if is_table(path)] or tables
    if len(tables) != 1:
        raise DataError(f"{folder} holds {len(tables)} tables (.csv, .tsv): call the one to read {TABLE}")
    return tables[0]


def is_table(path: Path) -> bool:
    """Whether a file begins with the header of such a table; regions of pictures can be a .tsv, too."""
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        head = file.readline(1 << 12).decode("utf-8-sig", "replace")
    header = {column.strip(' "').lower() for column in re.split(r"[,\t\r\n]", head)}
    return not header.isdisjoint(IMAGES) and not header.isdisjoint(CAPTIONS)


def _rows(table: Path, problems: Problems) -> Iterator[tuple[str, str, str, str | None]]:
    """Place, picture, caption and split of every good row."""
    rows = csv.reader(
        io.StringIO(read_text(table), newline=""),
        delimiter="\t" if table.suffix == ".tsv" else ",",
        strict=True,
    )
    line = 1  # where a row begins; quoted, it may go on for some lines
    try:
        header = [column.strip().lower() for column in next(rows, [])]
        image, caption = (_column(table, header, names) for names in (IMAGES, CAPTIONS))
        split = header.index(SPLIT) if SPLIT in header else None
        line = rows.line_num + 1
        for row in rows:
            where, line = f"{table}, line {line}", rows.line_num + 1
            if not row:
                continue
            if len(row) != len(header):
                problems.report(
                    where, f"{len(row)} columns, not {len(header)}", "put captions with a comma in quotes"
                )
            elif not row[image].strip():
                problems.report(where, "it names no picture", "mend or remove the line")
            else:
                yield (
                    where,
                    row[image].strip(),
                    row[caption],
                    None if split is None else row[split].strip(),
                )
    except csv.Error as error:
        # quotes that do not close swallow what follows: no later line can be trusted
        raise DataError(f"{table}, line {line}: {error}; mend the line") from error


def _column(table: Path, header: list[str], names: tuple[str, ...]) -> int:
    found = [header.index(name) for name in names if name in header]
    if not found:
        raise DataError(
            f"{table}, line 1: no column called {' or '.join(names)}; the header of such a table "
            "is image,caption"
        )
    return found[0]

"""A table of fashion products, as the "Fashion Product Images" release has it: a row and a picture a product.

styles.csv     id,productDisplayName,...     CSV with a header; other columns are kept out
images/        ID.jpg

A product's name is its sentence ("Puma Men Black Solid Sports T-shirt").  The release has no splits: a tenth
of the products each is for validation and for test, drawn once and for all.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vse_lessons.common.files import DataError
from vse_lessons.sources.readers.listing import Listing, Problems, draw_splits

TABLE = "styles.csv"
COLUMNS = ("id", "productDisplayName")


def read(folder: Path, *, name: str | None = None, pictures: bool = True, on_bad: str = "error") -> Listing:
    """Read the table, not the pictures.

    Args:
        folder: Where the corpus lies.
        name: What it is called; None: as its folder.
        pictures: Not used: the files of the pictures say what there is, so they must be there in any case.
        on_bad: "error" stops at a row with too many or too few columns, an empty name, an id that is listed
            twice or has no picture; "skip" leaves those out and lists them in `listing.skipped`.

    Returns:
        Its pictures and sentences.

    Raises:
        DataError: Bad input; the message names file and line.
    """
    folder, problems = Path(folder), Problems(on_bad)
    table, below = folder / TABLE, folder / "images"
    for path, there in ((table, table.is_file()), (below, below.is_dir())):
        if not there:
            raise DataError(f"{path} is not there: a folder of fashion products holds {TABLE} and images/")
    files = {path.stem: path for path in sorted(below.glob("*.jpg"))}
    found: dict[str, str] = {}
    places: list[int] = []
    number = -1
    for number, (where, product, title) in enumerate(_rows(table, problems)):
        if product is None or title is None:
            continue
        if product in found:
            problems.report(where, f"product {product} is listed twice", "remove the line")
        elif product not in files:
            problems.report(where, f"{product}.jpg is not in {below}", "restore the picture")
        else:
            found[product] = title
            places.append(number)
    if not found:
        raise DataError(f"{table} lists no product with a picture")
    ids = tuple(found)
    return Listing(
        name or folder.resolve().name,
        ids,
        tuple(files[product] for product in ids),
        tuple(found.values()),
        np.arange(len(ids)),
        draw_splits(number + 1)[places],
        skipped=problems.left_out,
    )


def _rows(table: Path, problems: Problems) -> Iterator[tuple[str, str | None, str | None]]:
    """Place, id and name of every row.

    Of a bad row id and name are None, so that what is left out moves no other product to another split.
    """
    try:
        with open(table, encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            if missing := set(COLUMNS) - set(header):
                raise DataError(
                    f"{table}, line 1: no column {sorted(missing)[0]!r}; it is not a table of "
                    f"fashion products, whose header is {','.join(COLUMNS)},..."
                )
            places = [header.index(column) for column in COLUMNS]
            for row in rows:
                where = f"{table}, line {rows.line_num}"
                if not row:
                    continue
                # a name that stands last may have commas and no quotes
                if places[1] == len(header) - 1:
                    row[places[1] :] = [",".join(row[places[1] :])]
                if len(row) != len(header):
                    problems.report(
                        where, f"{len(row)} columns, not {len(header)}", "put names with a comma in quotes"
                    )
                    yield where, None, None
                    continue
                product, title = (row[place].strip() for place in places)
                if not title:
                    problems.report(where, f"product {product} has no name", "fill or remove the line")
                    yield where, None, None
                    continue
                yield where, product, title
    except UnicodeDecodeError as error:
        raise DataError(f"{table} is not UTF-8 text ({error.reason}); convert the file") from error
    except csv.Error as error:
        raise DataError(f"{table}: {error}; mend the file") from error

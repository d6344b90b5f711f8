"""Table of finished runs: a row a run as JSON lines, and beside it an `.npz` file of curves and maps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vse_lessons.common import DataError, append_line, atomic_path, digest, locked, parse_line, whole_lines
from vse_lessons.common.arrays import read_arrays

if TYPE_CHECKING:
    import pandas as pd

FORMAT, VERSION = "vse_lessons.table", 2
NEEDED = ("cell", "digest", "metrics")  # of every row


def cell_key(cell: Mapping[str, Any]) -> str:
    """Return the 16 hexadecimal digits that name the fields of a cell."""
    return digest(json.dumps(cell, sort_keys=True))


class Table:
    """Rows of finished runs in a file, the first line of which says what the file is.

    A run that is killed while it writes leaves no row and damages none. A later row of a cell takes the
    place of an earlier one.

    Args:
        path: the `.jsonl` file; it need not exist yet.
    """

    def __init__(self, path: Path | str):
        self.path = Path(path)

    def rows(self) -> list[dict]:
        """Read the last row of each cell; `DataError` names a damaged line or another version."""
        head, *lines = whole_lines(self.path) or [""]
        if head:
            self._check_head(head)
        rows = [self._row(number, line) for number, line in enumerate(lines, start=2)]
        return list({cell_key(row["cell"]): row for row in rows}.values())

    def _check_head(self, line: str) -> None:
        """Refuse a file that is no table, or one of another version."""
        try:
            head = json.loads(line)
            kind = head["format"]
        except (json.JSONDecodeError, KeyError, TypeError):
            kind = None
        if kind not in (FORMAT, "vse_lessons.study"):
            raise DataError(f"{self.path} is not a table of a study; move it away or name another")
        if head.get("version") != VERSION:
            raise DataError(
                f"{self.path} is a table of version {head.get('version')}, this is version {VERSION}: convert "
                "it with data_scripts/convert_tables.py, or move it away and run the study again"
            )

    def _row(self, number: int, line: str) -> dict:
        """Read a line, which holds all that every row needs."""
        row = parse_line(self.path, number, line)
        missing = set(NEEDED) - set(row if isinstance(row, dict) else ())
        if missing:
            raise DataError(f"{self.path}, line {number} lacks {sorted(missing)[0]!r}: remove the line")
        return row

    def append(self, row: dict, arrays: Mapping[str, np.ndarray] | None = None) -> None:
        """Add a row, flushed to the disk, and its arrays; `DataError` if the file cannot be written."""
        try:
            with locked(self.path):
                self.add_arrays({json.dumps(row["cell"]): arrays or {}})
                append_line(self.path, row, head={"format": FORMAT, "version": VERSION})
        except OSError as error:
            raise DataError(
                f"{self.path} could not be written ({error.strerror}): the row of {row['cell']} is "
                "lost, those before it are not; make room and start again"
            ) from error

    def add_arrays(self, of_cells: Mapping[str, Mapping[str, np.ndarray]]) -> None:
        """Add the arrays of some cells, each cell given by its fields as JSON."""
        new = {
            f"{cell_key(json.loads(cell))}/{name}": array
            for cell, arrays in of_cells.items()
            for name, array in arrays.items()
        }
        if new:
            with atomic_path(self._arrays_path) as temporary:
                np.savez_compressed(temporary, allow_pickle=False, **{**self._arrays(), **new})

    @property
    def _arrays_path(self) -> Path:
        return self.path.with_suffix(".npz")

    def _arrays(self) -> dict[str, np.ndarray]:
        return read_arrays(self._arrays_path) if self._arrays_path.exists() else {}

    def arrays(self, row: dict) -> dict[str, np.ndarray]:
        """Read the arrays of a row by their names; none where the row has none."""
        prefix = f"{cell_key(row['cell'])}/"
        return {key.removeprefix(prefix): a for key, a in self._arrays().items() if key.startswith(prefix)}

    def missing(self, digests: Mapping[Any, str]) -> list:
        """List the cells, given with their digests, whose row is missing or stale: has another digest."""
        done = {cell_key(row["cell"]): row["digest"] for row in self.rows()}
        return [cell for cell, wanted in digests.items() if done.get(cell_key(cell.fields())) != wanted]

    def frame(self) -> pd.DataFrame:
        """Build one tidy pandas frame, a row a run; see `frame_of`."""
        return frame_of(self.rows())


def flatten(metrics: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Flatten nested metrics: {"t2i": {"R@1": 20.0}} becomes {"t2i R@1": 20.0}; only numbers are kept."""
    flat: dict[str, float] = {}
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name} ")
        elif isinstance(value, (int, float)):
            flat[prefix + name] = float(value)
    return flat


def frame_of(rows: list[dict]) -> pd.DataFrame:
    """Build one tidy pandas frame: for each row the fields of its cell, what it cost, a column a metric."""
    try:
        import pandas as pd
    except ImportError as error:
        raise DataError("frames need pandas: python -m pip install 'vse_lessons[lessons]'") from error
    costs = ("n_annotated", "n_pairs", "steps", "seconds")
    return pd.DataFrame(
        [{**row["cell"], **{key: row.get(key) for key in costs}, **flatten(row["metrics"])} for row in rows]
    )

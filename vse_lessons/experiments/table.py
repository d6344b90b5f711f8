"""A table of finished runs in a file, safe against whatever stops a run."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock

from vse_lessons.common.arrays import read_arrays
from vse_lessons.common.files import DataError, atomic_path, digest

if TYPE_CHECKING:
    import pandas as pd

FORMAT, VERSION = "vse_lessons.table", 2
NEEDED = ("cell", "digest", "metrics")  # of every row


def cell_key(cell: Mapping[str, Any]) -> str:
    """Return the 16 hexadecimal digits that name the fields of a cell."""
    return digest(json.dumps(cell, sort_keys=True))


def flatten(metrics: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Flatten nested metrics: {"t2i": {"R@1": 20.0}} becomes {"t2i R@1": 20.0}; only numbers are kept."""
    flat: dict[str, float] = {}
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name} ")
        elif isinstance(value, (int, float)):
            flat[prefix + name] = float(value)
    return flat


class Table:
    """Rows of finished runs as JSON lines, the first of which says what the file is.

    A row is added by one write.  A line without its end, of a run that was killed while it wrote, is no
    row and is cut off before the next one is added.  A later row of a cell takes the place of an earlier
    one.  What is bulky in a row, curves and maps, lies in an `.npz` file of the same name.

    Args:
        path: the `.jsonl` file; it need not exist yet.
    """

    def __init__(self, path: Path | str):
        self.path = Path(path)

    def rows(self) -> list[dict]:
        """Read all whole rows, the last of each cell; `DataError` names a damaged line or another version."""
        content = self.path.read_bytes() if self.path.exists() else b""
        head, *lines = _whole(content).decode("utf-8").split("\n")[:-1] or [""]
        if head:
            self._check(head)
        rows = [self._row(number, line) for number, line in enumerate(lines, start=2)]
        return list({cell_key(row["cell"]): row for row in rows}.values())

    def _check(self, head: str) -> None:
        try:
            read = json.loads(head)
            kind = read["format"]
        except (json.JSONDecodeError, KeyError, TypeError):
            kind = None
        if kind not in (FORMAT, "vse_lessons.study"):
            raise DataError(f"{self.path} is not a table of a study; move it away or name another")
        if read.get("version") != VERSION:
            raise DataError(
                f"{self.path} is a table of version {read.get('version')}, this is version {VERSION}: convert it "
                "with data_scripts/convert_tables.py, or move it away and run the study again"
            )

    def _row(self, number: int, line: str) -> dict:
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{self.path}, line {number} is not JSON: {error}") from error
        missing = set(NEEDED) - set(row if isinstance(row, dict) else ())
        if missing:
            raise DataError(f"{self.path}, line {number} lacks {sorted(missing)[0]!r}: remove the line")
        return row

    def append(self, row: dict, arrays: Mapping[str, np.ndarray] | None = None) -> None:
        """Add a row, flushed to the disk, and its arrays; `DataError` if the file cannot be written."""
        line = json.dumps(row, ensure_ascii=False) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path.with_suffix(".lock")):
                if arrays:
                    self.add_arrays({json.dumps(row["cell"]): arrays})
                self._add_line(line)
        except OSError as error:
            raise DataError(
                f"{self.path} could not be written ({error.strerror}): the row of {row['cell']} is "
                "lost, those before it are not; make room and start again"
            ) from error

    def _add_line(self, line: str) -> None:
        with open(self.path, "a+b", buffering=0) as file:
            file.seek(0)
            content = file.read()
            whole = _whole(content)
            if len(whole) < len(content):
                file.truncate(len(whole))
            head = "" if whole else json.dumps({"format": FORMAT, "version": VERSION}) + "\n"
            data = (head + line).encode("utf-8")
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())

    def add_arrays(self, of_cells: Mapping[str, Mapping[str, np.ndarray]]) -> None:
        """Add the arrays of some cells, each named by its fields as JSON."""
        path = self.path.with_suffix(".npz")
        kept = read_arrays(path) if path.exists() else {}
        for cell, arrays in of_cells.items():
            kept |= {f"{cell_key(json.loads(cell))}/{name}": value for name, value in arrays.items()}
        if not kept:
            return
        with atomic_path(path) as temporary:
            np.savez_compressed(temporary, allow_pickle=False, **kept)

    def arrays(self, row: dict) -> dict[str, np.ndarray]:
        """Read the arrays of a row by their names; none where the row has none."""
        path, key = self.path.with_suffix(".npz"), cell_key(row["cell"])
        kept = read_arrays(path) if path.exists() else {}
        return {name.removeprefix(f"{key}/"): kept[name] for name in kept if name.startswith(f"{key}/")}

    def missing(self, digests: Mapping[Any, str]) -> list:
        """List the cells, given with their digests, whose row is missing or stale: has another digest."""
        done = {cell_key(row["cell"]): row["digest"] for row in self.rows()}
        return [cell for cell, wanted in digests.items() if done.get(cell_key(cell.fields())) != wanted]

    def frame(self) -> pd.DataFrame:
        """Build one tidy pandas frame, a row a run; see `frame_of`."""
        return frame_of(self.rows())


def frame_of(rows: list[dict]) -> pd.DataFrame:
    """Build one tidy pandas frame, a row a run: the fields of its cell, what it cost, and a column a metric.

    Args:
        rows: of `Table.rows`.

    Returns:
        Columns such as "model", "share", "seed", "n_pairs", "steps", "seconds", "t2i R@1" and "rsum".

    Raises:
        DataError: where pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise DataError("frames need pandas: python -m pip install 'vse_lessons[lessons]'") from error
    costs = ("n_annotated", "n_pairs", "steps", "seconds")
    return pd.DataFrame(
        [{**row["cell"], **{key: row.get(key) for key in costs}, **flatten(row["metrics"])} for row in rows]
    )


def _whole(content: bytes) -> bytes:
    """Cut what follows the last end of a line."""
    return content[: content.rfind(b"\n") + 1]

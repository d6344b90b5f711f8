"""Rows in a file of JSON lines, each with a key, and beside it an `.npz` file of what is bulky in a row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from vse_lessons.common.arrays import read_arrays
from vse_lessons.common.errors import DataError
from vse_lessons.common.files import atomic_path, digest, locked
from vse_lessons.common.json_lines import JsonLines


class Rows:
    """Rows in a file. A later row with the same key takes the place of an earlier one.

    Args:
        lines: The file, which need not exist yet. Arrays lie in a file of its name that ends in `.npz`.
        key: The field of a row that names it: JSON, whatever its order.
        needed: Fields that every row has.
    """

    def __init__(self, lines: JsonLines, key: str, needed: tuple[str, ...]):
        self.lines, self.key, self.needed = lines, key, {key, *needed}
        self.path, self._arrays_path = lines.path, lines.path.with_suffix(".npz")

    @staticmethod
    def name_of(key: Mapping[str, Any]) -> str:
        """Name a key by 16 hexadecimal digits."""
        return digest(json.dumps(key, sort_keys=True))

    def rows(self) -> list[dict]:
        """Read the last row of each key.

        Raises:
            DataError: The file is of another format or version, or a line is damaged; the message names it.
        """
        rows = {}
        for number, row in self.lines.read():
            missing = self.needed - set(row if isinstance(row, dict) else ())
            if missing:
                raise DataError(f"{self.path}, line {number} lacks {sorted(missing)[0]!r}: remove the line")
            rows[self.name_of(row[self.key])] = row
        return list(rows.values())

    def append(self, row: dict, arrays: Mapping[str, np.ndarray] | None = None) -> None:
        """Add a row, flushed to the disk, and its arrays.

        Raises:
            DataError: The file cannot be written.
        """
        try:
            with locked(self.path):
                self.add_arrays({json.dumps(row[self.key]): arrays or {}})
                self.lines.append(row)
        except OSError as error:
            raise DataError(
                f"{self.path} could not be written ({error.strerror}): the row of {row[self.key]} is "
                "lost, those before it are not; make room and start again"
            ) from error

    def add_arrays(self, of_keys: Mapping[str, Mapping[str, np.ndarray]]) -> None:
        """Add the arrays of some rows, each named by its key as JSON."""
        new = {
            f"{self.name_of(json.loads(key))}/{name}": array
            for key, arrays in of_keys.items()
            for name, array in arrays.items()
        }
        if new:
            with atomic_path(self._arrays_path) as temporary:
                np.savez_compressed(temporary, allow_pickle=False, **{**self._all_arrays(), **new})

    def _all_arrays(self) -> dict[str, np.ndarray]:
        return read_arrays(self._arrays_path) if self._arrays_path.exists() else {}

    def arrays(self, row: dict) -> dict[str, np.ndarray]:
        """Read the arrays of a row by their names; none where the row has none."""
        prefix = f"{self.name_of(row[self.key])}/"
        kept = self._all_arrays().items()
        return {name.removeprefix(prefix): array for name, array in kept if name.startswith(prefix)}

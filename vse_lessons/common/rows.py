"""Rows in a file of JSON lines, each with a key, and beside it an `.npz` file of what is bulky in a row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
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
        needed: Fields that every row has: "cell.seed" is a field of a field, "metrics.*" one that has fields.
        doubt: What to ask about a file whose rows lack some: "is this the table of another paper?"
    """

    def __init__(self, lines: JsonLines, key: str, needed: Sequence[str], doubt: str = ""):
        self.lines, self.key, self.needed, self.doubt = lines, key, sorted({key, *needed}), doubt
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
        return self._last(row for _, row in self._checked())

    def _last(self, rows: Iterable[dict]) -> list[dict]:
        return list({self.name_of(row[self.key]): row for row in rows}.values())

    def rows_of(self, kind: type) -> list[dict]:
        """Read the last row of each key, where the keys are those of a dataclass.

        Raises:
            DataError: As of `rows`, or a key has other fields or values that the dataclass refuses.
        """
        wanted, rows = {one.name for one in fields(kind)}, []
        for number, row in self._checked():
            other = sorted(wanted ^ set(row[self.key]))
            try:
                if other:
                    raise ValueError(f"{other[0]!r} is {'missing' if other[0] in wanted else 'unknown'}")
                hash(kind(**row[self.key]))
            except (TypeError, ValueError) as error:
                raise self._refused(number, f"has a {self.key} of another kind ({error})") from error
            rows.append(row)
        return self._last(rows)

    def _checked(self) -> Iterator[tuple[int, dict]]:
        """Read the rows that have all that is needed, with the numbers of their lines."""
        for number, row in self.lines.read():
            if missing := [path for path in self.needed if _lacks(row, path)]:
                raise self._refused(number, f"lacks {missing[0].removesuffix('.*')!r}")
            yield number, row

    def _refused(self, number: int, cause: str) -> DataError:
        """Say what is wrong with a line."""
        doubt = f"{self.doubt} If not, " if self.doubt else ""
        return DataError(f"{self.path}, line {number} {cause}: {doubt}remove the line")

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
        try:
            return read_arrays(self._arrays_path) if self._arrays_path.exists() else {}
        except ValueError as error:
            raise DataError(
                f"{self._arrays_path} is damaged ({error}): restore it, or move it away"
            ) from error

    def arrays(self, row: dict) -> dict[str, np.ndarray]:
        """Read the arrays of a row by their names; none where the row has none."""
        prefix = f"{self.name_of(row[self.key])}/"
        kept = self._all_arrays().items()
        return {name.removeprefix(prefix): array for name, array in kept if name.startswith(prefix)}


def _lacks(row: Any, path: str) -> bool:
    """Whether a row lacks a field of its fields."""
    for name in path.split("."):
        if not isinstance(row, dict) or name not in (*row, "*"):
            return True
        row = row.get(name)
    return False

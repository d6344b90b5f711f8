"""A table of finished runs in a file, safe against whatever stops a run."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vse_lessons.common.files import DataError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

VERSION = 1
KEYS = ("model", "setting", "ablation", "seed", "corpus", "preset")  # what names a run


class Table:
    """Rows of finished runs in a file of JSON lines, the first of which says what it is.

    A line without its end, of a run that was killed while it wrote, is no row and is cut off before
    the next one is added.  `DataError` for a table of another version or a damaged line."""

    def __init__(self, path: Path | str):
        self.path = Path(path)

    def rows(self) -> list[dict]:
        """All whole rows; none where there is no file yet."""
        content = self.path.read_bytes() if self.path.exists() else b""
        head, *lines = _whole(content).decode("utf-8").split("\n")[:-1] or [""]
        if not head:
            return []
        try:
            found = json.loads(head)
        except json.JSONDecodeError:
            found = None
        if not isinstance(found, dict) or found.get("format") != "vse_lessons.study":
            raise DataError(f"{self.path} is not a table of a study; move it away or name another")
        if found.get("version") != VERSION:
            raise DataError(
                f"{self.path} is a table of version {found.get('version')}, this is version {VERSION}: "
                "move it away and run the study again"
            )
        return [self._row(number, line) for number, line in enumerate(lines, start=2)]

    def _row(self, number: int, line: str) -> dict:
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{self.path}, line {number} is not JSON: {error}") from error
        missing = {*KEYS, "rsum", "t2i", "i2t"} - set(row if isinstance(row, dict) else ())
        if missing:
            raise DataError(f"{self.path}, line {number} lacks {sorted(missing)[0]!r}: remove the line")
        return row

    def append(self, row: dict) -> None:
        """Adds a row by one write to the end of the file, flushed to the disk.  Several processes may do
        so: the file is locked meanwhile (not on Windows, where a table is for one study at a time)."""
        line = json.dumps(row, ensure_ascii=False) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a+b", buffering=0) as file:
                if fcntl is not None:
                    fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                content = file.read()
                whole = _whole(content)
                if len(whole) < len(content):
                    file.truncate(len(whole))
                head = "" if whole else json.dumps({"format": "vse_lessons.study", "version": VERSION}) + "\n"
                data = (head + line).encode("utf-8")
                if file.write(data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
        except OSError as error:
            raise DataError(
                f"{self.path} could not be written ({error.strerror}): the row of {row['model']} is "
                "lost, those before it are not; make room and start again"
            ) from error

    def missing(self, cells: Iterable[Any]) -> list:
        """The cells (dataclasses with the fields KEYS) that no row is of."""
        done = {tuple(row[key] for key in KEYS) for row in self.rows()}
        return [cell for cell in cells if tuple(asdict(cell)[key] for key in KEYS) not in done]


def _whole(content: bytes) -> bytes:
    """The lines that have an end."""
    return content[: content.rfind(b"\n") + 1]

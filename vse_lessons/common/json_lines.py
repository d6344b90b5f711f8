"""Files of JSON lines that are appended to, safe against whatever stops a writer."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

from vse_lessons.common.errors import DataError


class JsonLines:
    """A file of JSON lines, the first of which says of what format and version the file is.

    A writer that is killed leaves half a line at most. It is no line, and is cut off before the next one is
    added.

    Args:
        path: The file, in UTF-8; it need not exist yet.
        kind: What the file is, for messages: "a table of a study".
        formats: The names of its format; a new file gets the first.
        version: The version that can be read.
        remedy: What helps with a file of another version.
    """

    def __init__(self, path: Path, kind: str, formats: tuple[str, ...], version: int, remedy: str):
        self.path, self.kind, self.formats, self.version, self.remedy = path, kind, formats, version, remedy

    def read(self) -> list[tuple[int, Any]]:
        """Read all whole lines but the first.

        Returns:
            The number of each line, from 2, and what it holds.

        Raises:
            DataError: The file is of another format or version, or a line is damaged.
        """
        content = self.path.read_bytes() if self.path.exists() else b""
        head, *lines = _whole(content).decode("utf-8").split("\n")[:-1] or [""]
        if head:
            self._check(head)
        return [(number, self._parse(number, line)) for number, line in enumerate(lines, start=2)]

    def _check(self, line: str) -> None:
        try:
            head = json.loads(line)
            known = head["format"] in self.formats
        except (json.JSONDecodeError, KeyError, TypeError):
            known = False
        if not known:
            raise DataError(f"{self.path} is not {self.kind}; move it away or name another")
        if head.get("version") != self.version:
            raise DataError(
                f"{self.path} is {self.kind} of version {head.get('version')}, this is version "
                f"{self.version}: {self.remedy}"
            )

    def _parse(self, number: int, line: str) -> Any:
        try:
            return json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{self.path}, line {number} is not JSON: {error}; remove the line") from error

    def append(self, content: Any) -> None:
        """Add a line by one write, flushed to the disk.

        Args:
            content: What the line is to hold.

        Raises:
            OSError: The line could not be written whole.
        """
        with open(self.path, "a+b", buffering=0) as file:
            file.seek(0)
            present = file.read()
            whole = _whole(present)
            if len(whole) < len(present):
                file.truncate(len(whole))
            lines = [content] if whole else [{"format": self.formats[0], "version": self.version}, content]
            data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode("utf-8")
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())


def _whole(content: bytes) -> bytes:
    """Cut what follows the last end of a line."""
    return content[: content.rfind(b"\n") + 1]

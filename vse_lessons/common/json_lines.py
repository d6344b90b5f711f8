"""Files of JSON lines that are appended to, safe against whatever stops a writer."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

from vse_lessons.common.errors import DataError

LONGEST = 200  # bytes that a first line may have


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
        try:
            if self.path.is_dir():
                raise DataError(f"{self.path} is a folder: name a file in it")
            content = self.path.read_bytes() if self.path.exists() else b""
        except OSError as error:
            raise DataError(f"{self.path} cannot be read: {error.strerror or error}") from error
        self._check_start(content)
        try:
            head, *lines = _whole(content).decode("utf-8").split("\n")[:-1] or [""]
        except UnicodeDecodeError as error:
            raise DataError(f"{self.path} is damaged ({error}): restore it, or move it away") from error
        if head:
            self._check(head)
        return [(number, self._parse(number, line)) for number, line in enumerate(lines, start=2)]

    def _check_start(self, content: bytes) -> None:
        """Refuse what does not begin as these files do, though it may end in the middle of a line."""
        start = content.lstrip(b" ")[:1]
        if start not in (b"", b"{") or (content and not _whole(content) and len(content) > LONGEST):
            raise DataError(f"{self.path} is not {self.kind}; move it away or name another")

    def _check(self, line: str) -> None:
        try:
            head = json.loads(line)
            known = head["format"] in self.formats
        except (ValueError, KeyError, TypeError, RecursionError):
            known = False
        if not known:
            raise DataError(f"{self.path} is not {self.kind}; move it away or name another")
        version = head.get("version")
        if version != self.version:
            newer = isinstance(version, int) and version > self.version
            remedy = "install a newer vse_lessons" if newer else self.remedy
            raise DataError(
                f"{self.path} is {self.kind} of version {version}, this is version {self.version}: {remedy}"
            )

    def _parse(self, number: int, line: str) -> Any:
        try:
            return json.loads(line)
        except (ValueError, RecursionError) as error:
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

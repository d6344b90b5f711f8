"""Appends to files of JSON lines in a way that is safe against whatever stops a writer."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

from vse_lessons.common.errors import DataError


def whole_lines(path: Path) -> list[str]:
    """Read the lines of a file.

    Args:
        path: The file, in UTF-8; it need not exist.

    Returns:
        The lines without their ends. What follows the last end was left by a writer that was killed while it
        wrote, and is left out.
    """
    content = path.read_bytes() if path.exists() else b""
    return _whole(content).decode("utf-8").split("\n")[:-1]


def append_line(path: Path, content: Any, head: Any) -> None:
    """Add one line, flushed to the disk. The half line of a writer that was killed is cut off before.

    Args:
        path: The file; made where it is missing.
        content: What the line holds, written as JSON.
        head: What the first line of a new file holds.

    Raises:
        OSError: The line could not be written whole.
    """
    with open(path, "a+b", buffering=0) as file:
        file.seek(0)
        present = file.read()
        whole = _whole(present)
        if len(whole) < len(present):
            file.truncate(len(whole))
        lines = [content] if whole else [head, content]
        data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode("utf-8")
        if file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file.fileno())


def parse_line(path: Path, number: int, line: str) -> Any:
    """Read one line of a file.

    Args:
        path: The file, for the message.
        number: The number of the line, from 1, for the message.
        line: The text of the line.

    Returns:
        What the line holds.

    Raises:
        DataError: The line is not JSON.
    """
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {number} is not JSON: {error}; remove the line") from error


def _whole(content: bytes) -> bytes:
    """Cut what follows the last end of a line."""
    return content[: content.rfind(b"\n") + 1]

"""Where things live on disk, and how they get there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs


class DataError(ValueError):
    """Something is wrong with a file, a corpus or a request; the message says what and where,
    and how to mend it."""


def home() -> Path:
    """The folder of everything generated or cached: `VSE_LESSONS_HOME`, or the platform's own
    cache folder.  Nothing is ever written into the checkout."""
    chosen = os.environ.get("VSE_LESSONS_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("vse_lessons"))


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Gives a temporary name beside `path` to write a file or a folder to; renames it to `path`
    when the block ends well, removes it when the block fails (a full disk, a wrong row)."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    holder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    temporary = holder / path.name
    try:
        yield temporary
        _flush(temporary)
        if temporary.is_dir() and path.is_dir():
            os.replace(path, holder / "old")  # os.replace will not put a folder over a full one
        os.replace(temporary, path)
    except OSError as error:
        raise DataError(
            f"{path} could not be written ({error.strerror or error}); nothing was left behind. "
            f"That disk has {shutil.disk_usage(path.parent).free >> 20} MB free: make room, or set "
            "VSE_LESSONS_HOME or out_dir to another one."
        ) from error
    finally:
        shutil.rmtree(holder, ignore_errors=True)


def _flush(path: Path) -> None:
    """Asks the system to put the bytes on the disk before the rename, so that a power cut cannot
    leave the new name with nothing behind it."""
    if path.is_dir():
        for child in path.iterdir():
            _flush(child)
        return
    with open(path, "r+b") as file:  # Windows flushes only what is open for writing
        os.fsync(file.fileno())


def write_json(path: Path, content: Any, indent: int | None = 1) -> None:
    """Writes `content` as JSON, atomically; with `indent=None` on one line, which is read faster."""
    with atomic_path(Path(path)) as temporary:
        text = json.dumps(content, indent=indent, ensure_ascii=False)
        temporary.write_text(text + "\n", "utf-8")


def read_json(path: Path) -> Any:
    """Reads a JSON file; `DataError` names the file and the line of the first mistake."""
    try:
        return json.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # no JSON, no UTF-8, or a number of thousands of digits
        raise DataError(f"{path} is not JSON: {error}") from error
    except RecursionError as error:
        raise DataError(f"{path} is nested too deeply to be one of our JSON files") from error


def digest(*parts: str | bytes) -> str:
    """A short name for content: the first 16 hexadecimal digits of the SHA-256 of the parts."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little"))
        total.update(data)
    return total.hexdigest()[:16]

"""Where things live on disk, and how they get there whole or not at all."""

from __future__ import annotations

import errno
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
from filelock import FileLock, Timeout

from vse_lessons.common.errors import DataError as DataError
from vse_lessons.common.system import free_disk

# what a file system without locks answers
NO_LOCKS = {getattr(errno, name, None) for name in ("ENOSYS", "ENOTSUP", "EOPNOTSUPP", "ENOLCK")}
# what helps against an error of the system, where it is not more room
REMEDIES = {
    errno.EEXIST: "a file stands where a folder is needed: name another place",
    errno.ENOTDIR: "a file stands where a folder is needed: name another place",
    errno.EISDIR: "it is a folder: name a file",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
    errno.ENAMETOOLONG: "choose a shorter name",
}


def home() -> Path:
    """Name the folder of everything generated or cached; nothing is ever written into the checkout.

    Returns:
        `VSE_LESSONS_HOME`, or the platform's own cache folder.
    """
    chosen = os.environ.get("VSE_LESSONS_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("vse_lessons"))


def package_data(name: str) -> Path:
    """Find a file or folder that is installed with the library.

    Args:
        name: Its path below the package, such as "experiments/measured".

    Returns:
        The path on disk.

    Raises:
        DataError: This installation lacks it.
    """
    path = Path(__file__).resolve().parents[1] / name
    if not path.exists():
        raise DataError(
            f"this installation of vse_lessons lacks {name} (looked for {path}): install it again with "
            "python -m pip install --force-reinstall --no-deps vse_lessons, or from a whole checkout"
        )
    return path


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Write a file or a folder whole or not at all.

    The block writes to a temporary name beside `path`. It is renamed to `path` when the block ends well, and
    removed when the block fails (a full disk, a wrong row).

    Args:
        path: The file or folder to write. What is there already is replaced.

    Yields:
        The temporary name.

    Raises:
        DataError: The system could not write; the message says what helps.
    """
    path, holder = Path(path), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        temporary = holder / path.name
        yield temporary
        _flush(temporary)
        if path.is_dir():
            if not temporary.is_dir():  # Windows has another word for it
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            os.replace(path, holder / "old")  # os.replace will not put a folder over a full one
        os.replace(temporary, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if holder is not None:
            shutil.rmtree(holder, ignore_errors=True)


def _unwritable(path: Path, error: OSError) -> DataError:
    """Say that a path could not be written, and what helps."""
    if error.errno in REMEDIES:
        return DataError(f"{path} cannot be written ({error.strerror}): {REMEDIES[error.errno]}")
    return DataError(
        f"{path} could not be written ({error.strerror or error}); nothing was left behind. "
        f"That disk has {free_disk(path) >> 20} MB free: make room, or set "
        "VSE_LESSONS_HOME or out_dir to another one."
    )


def check_writable(path: Path, folder: bool = False) -> Path:
    """Check that a file or a folder can be written, before work that takes long; leave nothing behind.

    Args:
        path: The file or folder, which need not exist yet, nor the folder that it is in.
        folder: Whether it is to be a folder.

    Returns:
        The path, with the user's home folder in place of `~`.

    Raises:
        DataError: It cannot be written; the message says what helps.
    """
    path = Path(path).expanduser()
    try:
        if path.is_dir() and not folder:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        place = path.absolute().parent
        while not place.exists() and place != place.parent:
            place = place.parent
        if not place.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


@contextmanager
def locked(path: Path, timeout: float = -1) -> Iterator[None]:
    """Keep other processes out of a block that reads and writes the same file.

    The lock is a hidden file beside `path`. A file system that has no locks (some network folders) is used
    without.

    Args:
        path: What the block works on; it need not exist yet.
        timeout: Seconds to wait for another process; negative: as long as it takes.

    Yields:
        Nothing; the block runs with the lock held.

    Raises:
        DataError: Another process has kept the lock for `timeout` seconds, or no lock can be written there.
    """
    path = Path(path)
    lock = FileLock(path.parent / f".{path.name}.lock", timeout=timeout)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise DataError(
            f"{path} has been in use by another process for {timeout:.0f} s: wait until that process has "
            "ended, or stop it"
        ) from error
    except NotImplementedError:
        pass
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise DataError(
                f"{path} cannot be locked ({error.strerror or error}): choose a folder that you may write to"
            ) from error
    try:
        yield
    finally:
        lock.release()


def _flush(path: Path) -> None:
    """Put the bytes on the disk before the rename, so that a power cut leaves no empty file behind."""
    if path.is_symlink():
        return  # its target is another folder's
    if path.is_dir():
        for child in path.iterdir():
            _flush(child)
        return
    with open(path, "r+b") as file:  # Windows flushes only what is open for writing
        os.fsync(file.fileno())


def write_json(path: Path, content: Any, indent: int | None = 1) -> None:
    """Write JSON, whole or not at all.

    Args:
        path: The file.
        content: What `json.dumps` takes.
        indent: Spaces a level; None writes one line, which is read faster.

    Raises:
        DataError: The system could not write.
    """
    with atomic_path(Path(path)) as temporary:
        text = json.dumps(content, indent=indent, ensure_ascii=False)
        temporary.write_text(text + "\n", "utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Args:
        path: The file, in UTF-8.

    Returns:
        Its content.

    Raises:
        DataError: The file is missing, unreadable or no JSON; the message names the line of the first
        mistake.
    """
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
    """Name content by its hash.

    Args:
        *parts: Texts or bytes. Where one ends and the next begins counts.

    Returns:
        The first 16 hexadecimal digits of the SHA-256 of the parts.
    """
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little"))
        total.update(data)
    return total.hexdigest()[:16]

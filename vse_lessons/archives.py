"""Other people's archives, unpacked without trusting them."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from tqdm.auto import tqdm

from vse_lessons.files import DataError

ZIPS, TARS = (".zip",), (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
BLOCK = 1 << 20
MOST_FILES = 1_000_000
LARGEST = 200 << 30  # bytes unpacked; the largest release that a script here knows has 50 GB
JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db")


def is_archive(path: Path) -> bool:
    """Whether a file's name is that of an archive that `unpack` reads."""
    return str(path).lower().endswith((*ZIPS, *TARS))


def unpack(
    archive: Path,
    folder: Path,
    *,
    largest: int = LARGEST,
    most_files: int = MOST_FILES,
    progress: bool = True,
) -> int:
    """Unpacks a zip or tar file into `folder` and gives the number of files.  They are written to a temporary
    folder first and then moved, so that a damaged archive or a full disk leaves nothing behind; files that
    are in `folder` already are replaced.

    An entry that would leave the folder, or is a link, a device or encrypted, is refused with a `DataError`
    that names it before a byte of it is written; so is an archive whose files are more than `most_files`, or
    larger than `largest` bytes in all as they come out, whatever it says of itself."""
    archive, folder = Path(archive), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{archive.name}.", dir=folder))
    count, size = 0, 0
    try:
        with tqdm(desc=archive.name, unit="B", unit_scale=True, disable=not progress) as bar:
            for name, content in _entries(archive, temporary):
                place = _place(archive, temporary, name)
                count += 1
                if count > most_files:
                    raise DataError(
                        f"{archive} holds more than {most_files:,} files: it is not what it should be"
                    )
                place.parent.mkdir(parents=True, exist_ok=True)
                with open(place, "xb") as file:
                    while block := content.read(BLOCK):
                        size += len(block)
                        if size > largest:
                            raise DataError(
                                f"{archive} unpacks to more than {largest >> 20:,} MB: refused"
                            )
                        file.write(block)
                        bar.update(len(block))
        if not count:
            raise DataError(f"{archive} holds no file")
        _move(temporary, folder)
    except FileExistsError as error:
        raise DataError(
            f"{archive} holds {Path(error.filename).name!r} twice; fetch it again"
        ) from error
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, ValueError,
            NotImplementedError, RuntimeError, OSError) as error:  # fmt: skip
        if isinstance(error, DataError):
            raise
        free = shutil.disk_usage(folder).free >> 20
        raise DataError(f"{archive} could not be unpacked ({error}); nothing was left. Fetch it again, or "
                        f"make room: that disk has {free:,} MB free") from error  # fmt: skip
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return count


def _entries(archive: Path, folder: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of every file; anything but files and folders is refused."""
    if str(archive).lower().endswith(ZIPS):
        with zipfile.ZipFile(archive) as source:
            _check_room(archive, folder, sum(entry.file_size for entry in source.infolist()))
            for entry in source.infolist():
                kind = entry.external_attr >> 16 & 0o170000
                if kind not in (0, 0o100000, 0o040000):
                    raise DataError(f"{archive} holds {entry.filename!r}, no plain file: refused")
                if not entry.is_dir() and not _is_junk(entry.filename):
                    with source.open(entry) as content:
                        yield entry.filename, content
        return
    if not str(archive).lower().endswith(TARS):
        raise DataError(f"{archive} is no archive that is known: {', '.join(ZIPS + TARS)}")
    with tarfile.open(archive, "r|*") as source:  # a stream: one pass, also of 20 GB
        for entry in source:
            if entry.isdir() or _is_junk(entry.name):
                continue
            content = source.extractfile(entry) if entry.isreg() else None
            if content is None:
                raise DataError(f"{archive} holds {entry.name!r}, no plain file: refused")
            yield entry.name, content


def _check_room(archive: Path, folder: Path, size: int) -> None:
    """Refuses an archive which says itself that it does not fit; a tar file says so only as it is read."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise DataError(f"{archive} unpacks to {size >> 20:,} MB, but that disk has {free >> 20:,} MB free: "
                        "choose another")  # fmt: skip


def _is_junk(name: str) -> bool:
    """What file managers add."""
    parts = PurePosixPath(name).parts
    return any(part in JUNK for part in parts)


def _place(archive: Path, folder: Path, name: str) -> Path:
    """Where an entry goes."""
    parts = PurePosixPath(name.replace("\\", "/"))
    drive = bool(parts.parts) and ":" in parts.parts[0]
    if not parts.parts or parts.is_absolute() or ".." in parts.parts or drive or "\0" in name:
        raise DataError(f"{archive} holds {name!r}, which would leave the folder: refused")
    return folder / parts


def _move(source: Path, target: Path) -> None:
    """Moves the files below `source` to the same places below `target`."""
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, place)

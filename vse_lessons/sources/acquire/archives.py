"""Other people's archives, unpacked without trusting them.

`shutil.unpack_archive(filter="data")` keeps names inside the folder, and no more: it follows links within an
archive, takes a damaged header for the end, does not reach the checksum of a .tar.gz, writes a file twice,
knows no limit of size, and leaves half of an archive where the other half is damaged.  Zip files have no
filter at all. Therefore entries are read by `zipfile` and `tarfile` and written here; each check has its
test.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any

from tqdm.auto import tqdm

from vse_lessons.common.files import DataError
from vse_lessons.sources.paths import inside

ZIPS, TARS = (".zip",), (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
# by its first bytes, for a browser may have unpacked a .tar.gz on the way and kept the name
OPENERS: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
BLOCK = 1 << 20
MOST_FILES = 1_000_000
LARGEST = 200 << 30  # bytes unpacked; the largest release that a script here knows has 50 GB
LONGEST_HEADER = 1 << 20  # bytes; one holds a long name, or what a Mac has to say of a file
TAIL = 64  # blocks of zeros after the end; tar itself writes one hundredth of a block
JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db")


def is_archive(path: Path) -> bool:
    """Tell by its name whether `unpack` reads a file.

    Args:
        path: The file, which need not be there.

    Returns:
        True for the names of zip and tar archives.
    """
    return str(path).lower().endswith((*ZIPS, *TARS))


def unpack(
    archive: Path,
    folder: Path,
    *,
    largest: int = LARGEST,
    most_files: int = MOST_FILES,
    progress: bool = True,
) -> int:
    """Unpack a zip or tar file, whole or not at all.

    Files are written to a temporary folder first and then moved, so that a damaged archive or a full disk
    leaves nothing behind.  Files that are in `folder` already are replaced.

    Args:
        archive: A file called .zip, .tar, .tar.gz, .tgz, .tar.bz2 or .tar.xz.
        folder: Where to unpack it; made if it is not there.
        largest: How many bytes it may unpack to, whatever it says of itself.
        most_files: How many entries it may have.
        progress: Whether to show a progress bar.

    Returns:
        The number of files.

    Raises:
        DataError: Nothing is written if an entry would leave the folder, or is a link, a device or encrypted;
            if the archive is larger than allowed or than the disk, damaged or empty; or if it would put a
            file where a folder is, a folder where a file is, or anything through a link in `folder`.
    """
    archive, folder = Path(archive), Path(folder)
    temporary = folder / f".{archive.name}.unpacking"
    new, count, size = not folder.exists(), 0, 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)  # of a run that was killed
        temporary.mkdir()
        with tqdm(desc=archive.name, unit="B", unit_scale=True, disable=not progress) as bar:
            for number, (name, content) in enumerate(_entries(archive, temporary), start=1):
                if number > most_files:
                    raise DataError(
                        f"{archive} holds more than {most_files:,} files: it is not what it should be"
                    )
                if content is None:
                    continue
                with _create(archive, temporary, name) as file:
                    while block := content.read(BLOCK):
                        size += len(block)
                        if size > largest:
                            raise DataError(f"{archive} unpacks to more than {largest >> 20:,} MB: refused")
                        file.write(block)
                        bar.update(len(block))
                count += 1
        if not count:
            raise DataError(f"{archive} holds no file")
        if place := next(_in_the_way(temporary, folder), None):
            raise DataError(
                f"{place} is in the way of what {archive} holds there; move it, or choose another folder"
            )
        _move(temporary, folder)
    except DataError:
        raise
    # the three modules raise a dozen kinds of errors at other people's bytes, and not all are their own
    except Exception as error:
        full = getattr(error, "errno", None) == errno.ENOSPC
        raise DataError(
            f"{archive} could not be unpacked ({error or type(error).__name__}); nothing was left. "
            + ("Make room on that disk, or choose another" if full else "Delete it and fetch it again")
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if new:
            with suppress(OSError):  # as long as nothing is in it
                folder.rmdir()
    return count


def _entries(archive: Path, folder: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    """Name and content of every entry, None for a folder and for what nobody needs.

    Anything but files and folders is refused.
    """
    if str(archive).lower().endswith(ZIPS):
        return _zip_entries(archive, folder)
    if str(archive).lower().endswith(TARS):
        return _tar_entries(archive)
    raise DataError(f"{archive} is no archive that is known: {', '.join(ZIPS + TARS)}")


def _zip_entries(archive: Path, folder: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    with zipfile.ZipFile(archive) as source:
        _check_room(archive, folder, sum(entry.file_size for entry in source.infolist()))
        for entry in source.infolist():
            name = entry.orig_filename.replace("\\", "/")  # .filename ends at a NUL
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if name.endswith("/") or kind == stat.S_IFDIR or _is_junk(name):
                yield name, None
                continue
            if kind not in (0, stat.S_IFREG):
                raise DataError(f"{archive} holds {name!r}, no plain file: refused")
            if entry.flag_bits & 1:
                raise DataError(f"{archive} holds {name!r}, which is encrypted: refused")
            with source.open(entry) as content:
                yield name, content


def _tar_entries(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    with open(archive, "rb") as file:
        head = file.read(262)
    plain = head.endswith(b"ustar")  # also where the first name begins like a compressed file
    opener = next((one for magic, one in OPENERS.items() if head.startswith(magic) and not plain), open)
    # a stream: one pass, also of 20 GB.  tarfile's own decompression does not look at checksums
    with (
        opener(archive, "rb") as stream,
        tarfile.open(fileobj=stream, mode="r|", bufsize=BLOCK, tarinfo=_Header) as source,
    ):
        while (entry := source.next()) is not None:
            source.members.clear()  # type: ignore[attr-defined]  # it would keep all
            if entry.isdir() or _is_junk(entry.name):
                yield entry.name, None
                continue
            content = source.extractfile(entry) if entry.isreg() else None
            if content is None:
                raise DataError(f"{archive} holds {entry.name!r}, no plain file: refused")
            yield entry.name, content
        for _ in range(TAIL):  # to the very end, where the checksums are
            if not (tail := source.fileobj.read(BLOCK)):
                return
            if tail.strip(b"\0"):
                break
        raise tarfile.ReadError("it goes on after its end")


class _Header(tarfile.TarInfo):
    """A header, as `tarfile` should read it.

    A damaged one is not the end of the archive, and a long name not longer than memory.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        try:
            found = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # zeros: the end
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"a header is damaged or missing: {error}") from error
        if not (found.isreg() or found.isdir()) and found.size > LONGEST_HEADER:
            raise tarfile.ReadError(f"a header of {found.size:,} bytes")
        return found


def _check_room(archive: Path, folder: Path, size: int) -> None:
    """Refuse an archive which says itself that it does not fit; a tar file says so only as it is read."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise DataError(
            f"{archive} unpacks to {size >> 20:,} MB, but that disk has {free >> 20:,} MB free: "
            "choose another"
        )


def _is_junk(name: str) -> bool:
    """What file managers add."""
    parts = PurePosixPath(name).parts
    return any(part in JUNK or part.startswith("._") for part in parts)


def _create(archive: Path, folder: Path, name: str) -> IO[bytes]:
    """Open a new file for an entry, which must be a path below the folder."""
    place = inside(folder, name)
    if place is None:
        raise DataError(f"{archive} holds {name!r}, which would leave the folder: refused")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        return open(place, "xb")
    except (FileExistsError, NotADirectoryError) as error:
        raise DataError(
            f"{archive} holds {name!r} twice, or as a file and as a folder; fetch it again"
        ) from error


def _in_the_way(source: Path, target: Path) -> Iterator[Path]:
    """The places below `target` that what is in `source` cannot be moved to."""
    for path in sorted(source.iterdir()):
        place = target / path.name
        is_folder = place.is_dir() and not place.is_symlink()
        if is_folder and path.is_dir():
            yield from _in_the_way(path, place)
        elif is_folder or (path.is_dir() and (place.is_symlink() or place.exists())):
            yield place


def _move(source: Path, target: Path) -> None:
    """Move all in `source` to `target`.

    Whole folders are moved where there is none, so that nobody takes the first half of a folder for all of
    it.
    """
    for path in sorted(source.iterdir()):
        if path.is_dir() and (target / path.name).is_dir():
            _move(path, target / path.name)
        else:
            os.replace(path, target / path.name)

"""The files of a release: what would be fetched, fetching and unpacking it, and the room that it takes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from vse_lessons.common.errors import DataError
from vse_lessons.sources.acquire.archives import is_archive, unpack
from vse_lessons.sources.acquire.fetch import AGENT, fetch_all, forget
from vse_lessons.sources.acquire.release import File, Release, Request, is_there, stem_of

SPEED = 10e6  # bytes a second, for guessing how long a download takes


def print_plan(release: Release, folder: Path, missing: Sequence[File], archives: Sequence[Path]) -> None:
    """Print what would be unpacked and fetched, how large it is, and how long it takes.

    Args:
        release: The release.
        folder: Where its files go.
        missing: The files that would be fetched.
        archives: The archives that would be unpacked.
    """
    for path in archives:
        print(f"would unpack {path}")
    for file in missing:
        if not file.url:
            print(f"{file.name}: no public address")
            continue
        minutes = max(1, round(file.size / SPEED / 60))
        size = f"{file.size / 1e6:,.0f} MB, about {minutes} min at {SPEED / 1e6:.0f} MB/s"
        print(f"{file.name}: would fetch {file.url} ({size if file.size else 'size not published'})")
        source = f" (from {file.source})" if file.source else ""
        if file.checksum:
            print(f"    checksum {file.checksum}{source}")
        else:
            size = f"; size{source}" if file.size else ""
            print(f"    checksum not published: recorded at the first download{size}")
    if any(file.url and file.size for file in missing):
        print(
            f"in all {sum(file.size for file in missing) / 1e6:,.0f} MB to fetch, and as much again when "
            f"it is unpacked; {folder} has {free_space(folder) / 1e6:,.0f} MB free"
        )
    if missing and release.by_hand:
        print(release.by_hand)


def free_space(folder: Path) -> int:
    """Measure the free space on the disk of a folder.

    Args:
        folder: The folder, which need not be there yet.

    Returns:
        Free bytes.
    """
    folder = folder.absolute()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return shutil.disk_usage(existing).free


def require_space(folder: Path, needed: float, what: str) -> None:
    """Refuse to start where the disk of a folder has too little room.

    Args:
        folder: The folder.
        needed: Bytes.
        what: Words for the message that say what needs them.

    Raises:
        DataError: Fewer than `needed` bytes are free.
    """
    if needed > (free := free_space(folder)):
        raise DataError(
            f"{folder} needs {needed / 1e6:,.0f} MB {what}, but that disk has "
            f"{free / 1e6:,.0f} MB free: choose another"
        )


def sign(contact: str) -> str:
    """What servers see as the sender of a request."""
    return f"{AGENT}; {contact}" if contact else AGENT


def download(missing: Sequence[File], request: Request) -> list[Path]:
    """Fetch the files that have an address into the folder of a request.

    Args:
        missing: Files of a release.
        request: Its folder, retries and contact count.

    Returns:
        The archives among them.

    Raises:
        DataError: A file cannot be had, or the disk is too small.
    """
    folder, files = request.folder, [file for file in missing if file.url]
    parts = [folder / f".{file.name}.part" for file in files]  # what came in an earlier run
    come = sum(path.stat().st_size for path in parts if path.exists())
    require_space(folder, 2 * sum(file.size for file in files) - come, "to fetch and unpack")
    made = fetch_all(
        {file.name: file.url for file in files},
        folder,
        retries=request.retries,
        agent=sign(request.contact),
        check=refuse_apology,
        published={file.name: file.checksum for file in files if file.checksum},
    )
    if made.gone:
        name, reason = next(iter(made.gone.items()))
        raise DataError(
            f"{name} cannot be had ({reason}); what came is kept, so try again later, or get it "
            f"elsewhere and put it into {folder}"
        )
    return [folder / file.name for file in files if is_archive(Path(file.name))]


def refuse_apology(path: Path) -> str | None:
    """Why a fetched file is not taken: a server's apology with status 200 is no archive."""
    with open(path, "rb") as file:
        head = file.read(512)
    if head.lstrip()[:15].lower().startswith((b"<!doctype", b"<html")):
        return "it is a web page, not the file"
    if path.suffix == ".zip" and not head.startswith(b"PK"):
        return "it is no zip file"
    if path.suffix in (".gz", ".tgz") and not head.startswith(b"\x1f\x8b"):
        return "it is no gzip file"
    return None


def unpack_archive(release: Release, path: Path, folder: Path) -> None:
    """Unpack an archive of the user's or of the release.

    Args:
        release: The release, which knows where the content of an archive of this name goes.
        path: The archive.
        folder: The folder of the corpus.

    Raises:
        DataError: The archive is damaged or holds what must not be unpacked.
    """
    known = {stem_of(file.name): file for file in release.files}
    file = known.get(stem_of(path.name), File(path.name, holds=("*",)))
    size = path.stat().st_size
    if file.checksum and path.name == file.name and size != file.size:
        print(f"note: {path} has {size:,} bytes, not {file.size:,} as published")
    target = folder / file.into
    try:
        count = unpack(path, target)
    except DataError:
        if path.parent == folder:
            forget(path)  # if it came like that, another one shall be taken
        raise
    print(f"{count:,} files unpacked from {path} into {target}")
    if not is_there(folder, file):
        print(f"note: {path} held none of {', '.join(file.holds)}")

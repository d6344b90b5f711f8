"""What is known of a published corpus before it is here, and which of its files are in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vse_lessons.common.errors import DataError
from vse_lessons.sources.acquire.archives import is_archive


@dataclass(frozen=True)
class File:
    """A file of a release.

    Args:
        name: What it is called; an archive may also come as .zip, .tar, .tar.gz ...
        url: Its address; empty where there is no public one.
        size: Its bytes; 0 where they are not known.
        checksum: "sha256:..." or "md5:..."; empty: recorded at the first download.
        source: Where size and checksum are from.
        holds: Patterns of what is in it; with one of these in the folder the file is not needed.
        into: The folder below the corpus' that it is unpacked to.
        optional: Whether it is fetched with `--optional` only.
    """

    name: str
    url: str = ""
    size: int = 0
    checksum: str = ""
    source: str = ""
    holds: tuple[str, ...] = ()
    into: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Request:
    """What a user asks `prepare` to do with a corpus.

    Args:
        folder: Where the corpus is, or is to be.
        archives: Archives that the user has; those in the folder are found without.
        download: Fetch what is missing.
        optional: Fetch the optional files too.
        retries: Further tries for a file.
        contact: A mail address or page that the servers can see.
        pause: Seconds between two requests.
        limit: Only the first so many pictures that are fetched one by one; None: all.
        dry_run: Only say what would be done.
        accept_licence: The user has read the licence and keeps to it.
        on_bad: "error": stop at bad records and lost pictures; "skip": count and leave them out; empty: as
            the release has it.
        regions: Look at the pictures and extract their regions.
        detector: Name or folder of a checkpoint; empty: EfficientNet-Lite0.
        to: The folder that the prepared corpus is written to; None: nowhere.
    """

    folder: Path
    archives: tuple[Path, ...] = ()
    download: bool = False
    optional: bool = False
    retries: int = 5
    contact: str = ""
    pause: float = 1.0
    limit: int | None = None
    dry_run: bool = False
    accept_licence: bool = False
    on_bad: str = ""
    regions: bool = True
    detector: str = ""
    to: Path | None = None


@dataclass(frozen=True)
class Release:
    """What is known of a corpus before it is here.

    Args:
        title: The corpus in a line.
        licence: What a user agrees to.
        files: The files that it consists of.
        by_hand: What to do where there is no public address.
        published: Images and sentences of each split, None where they are not known.
        published_by: Where these counts were published.
        on_bad: What becomes of bad records unless the user says: "error" or "skip".
        complete: Makes what the files do not hold as it is read, or fetches what they only name.  Returns
            True in a dry run where it cannot be read before.
        finish: Reads (in a dry run) or writes a corpus whose regions are in its files.
    """

    title: str
    licence: str
    files: tuple[File, ...] = ()
    by_hand: str = ""
    published: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)
    published_by: str = ""
    on_bad: str = "error"
    complete: Callable[[Request], bool] | None = None
    finish: Callable[[Release, Request], None] | None = None


def visible(folder: Path, pattern: str) -> Iterator[Path]:
    """Find what is in a folder by a pattern.

    Left out is what is being fetched or unpacked, or was when a run was killed.
    """
    for path in folder.glob(pattern):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def is_there(folder: Path, file: File) -> bool:
    """Whether what a file holds is in the folder."""
    return any(next(visible(folder, one), None) is not None for one in file.holds or (file.name,))


def stem_of(name: str) -> str:
    """A file's name without .zip, .tar or .tar.gz."""
    return name.partition(".")[0]


def missing_files(
    release: Release, folder: Path, optional: bool, archives: Sequence[Path] = ()
) -> list[File]:
    """List the files whose content is neither in the folder nor in the archives that the user has.

    Args:
        release: The release.
        folder: The folder of the corpus.
        optional: Whether optional files are missed too.
        archives: Archives that the user has.

    Returns:
        The missing files, in the release's order.
    """
    have = {stem_of(path.name) for path in archives}
    return [
        file
        for file in release.files
        if not is_there(folder, file) and stem_of(file.name) not in have and (optional or not file.optional)
    ]


def needed_archives(release: Release, folder: Path, given: Sequence[Path]) -> list[Path]:
    """List the archives that hold what is not there yet.

    Args:
        release: The release.
        folder: The folder of the corpus; archives in it count too.
        given: Archives that the user names.

    Returns:
        The archives to unpack; of the others it is printed that they are not needed.

    Raises:
        DataError: A given archive is not there.
    """
    known = {stem_of(file.name): file for file in release.files if is_archive(Path(file.name))}
    complete = bool(release.files) and not missing_files(release, folder, False)
    needed = []
    for path in given:
        if not path.is_file():
            raise DataError(f"{path} is not there; --from names archives that you have")
        file = known.get(stem_of(path.name))
        if is_there(folder, file) if file else complete:
            print(f"{path} is not needed: what it holds is there")
        else:
            needed.append(path)
    for stem, file in known.items():
        if not is_there(folder, file) and stem not in map(stem_of, (path.name for path in needed)):
            needed += [path for path in sorted(visible(folder, f"{stem}.*")) if is_archive(path)][:1]
    return needed

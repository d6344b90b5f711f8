"""From archives that a user has, or from a public address, to a corpus with regions.

`prepare_corpus` looks at what is there, shows the licence, fetches what is asked for and missing, unpacks
archives, reads the corpus, holds its counts against the published ones, and extracts its regions.
"""

from __future__ import annotations

from vse_lessons.common.errors import DataError
from vse_lessons.sources.acquire.obtain import download, print_plan, unpack_archive
from vse_lessons.sources.acquire.release import Release, Request, missing_files, needed_archives
from vse_lessons.sources.acquire.summary import describe_written, summarize
from vse_lessons.sources.catalogue import SOURCES, find_source, read_listing, save_prepared, with_regions


def find_release(name: str, variant: str = "") -> Release:
    """Look up what is known of a corpus that is to be prepared.

    Args:
        name: A corpus of `SOURCES`.
        variant: The name of another release of the same corpus; empty: the usual one.

    Returns:
        The release.

    Raises:
        DataError: The corpus is unknown, built in, or has no such release.
    """
    source = find_source(name)
    if variant and variant not in source.other_releases:
        known = ", ".join(source.other_releases) or "none"
        raise DataError(f"{name} has no other release {variant!r}; those known: {known}")
    release = source.other_releases[variant] if variant else source.release
    if release is None:
        known = ", ".join(one for one, other in SOURCES.items() if other.release is not None)
        why = "is built in: there is nothing to prepare" if source.built_in else "is not prepared from files"
        raise DataError(f"{name} {why}; corpora that can be prepared: {known}")
    return release


def prepare_corpus(name: str, request: Request, release: Release | None = None) -> None:
    """Prepare a corpus and print what was done.

    Args:
        name: A corpus of `SOURCES`.
        request: What to do with it, and where.
        release: What it consists of; None: as `SOURCES` has it.

    Raises:
        DataError: The licence is not accepted, a file cannot be had or unpacked, or the corpus cannot be
            read.
    """
    release = release or find_release(name)
    folder = request.folder
    print(f"{release.title}\nlicence: {release.licence}")
    if request.to is not None and not request.regions:
        raise DataError("--to writes a corpus with its regions: leave out --no-regions")
    archives = needed_archives(release, folder, request.archives)
    if request.dry_run:
        missing = missing_files(release, folder, request.optional, archives)
        print_plan(release, folder, missing, archives)
        if not folder.is_dir() or missing or archives:
            return
    else:
        if not request.accept_licence:
            raise DataError("read the licence above, then pass --accept-licence")
        for path in archives:
            unpack_archive(release, path, folder)
        _fetch(release, request)
        if not folder.is_dir():
            raise DataError(f"{folder} is not there")
    if release.complete is not None and release.complete(request):
        return
    _read(name, release, request)


def _fetch(release: Release, request: Request) -> None:
    """Fetch and unpack what is missing if that is asked for, and say what is missing still."""
    missing = missing_files(release, request.folder, request.optional)
    if missing and request.download:
        for path in download(missing, request):
            unpack_archive(release, path, request.folder)
        missing = missing_files(release, request.folder, request.optional)
    if missing:
        fetched = any(file.url for file in missing)
        print(
            f"not here: {', '.join(file.name for file in missing)}"
            + (" (--download fetches it)" if fetched else "")
            + f" {release.by_hand}".rstrip()
        )


def _read(name: str, release: Release, request: Request) -> None:
    """Read the corpus, and, unless the request says otherwise, extract its regions."""
    if release.finish is not None:
        release.finish(release, request)
        return
    listing = read_listing(name, request.folder, request.on_bad or release.on_bad)
    print("\n".join(summarize(listing, release, len(listing.skipped))))
    if request.dry_run or not request.regions:
        return
    opened = with_regions(listing, request.folder, request.detector)
    corpus = opened.corpus
    print(
        f"ready: {len(corpus.image_ids):,} images with regions in {corpus.regions.source}, "
        f"{len(corpus.sentences):,} sentences"
    )
    if request.to is not None:
        save_prepared(opened, listing, request.to)
        print(describe_written(request.to))

"""From what a user has, or from a public address, to a corpus: what all `data_scripts/prepare_*.py` share.

A `Release` says what a corpus consists of.  `run` looks at what is there, shows the licence, fetches what is
asked for and missing, unpacks archives, reads the corpus, holds its counts against the published ones, and
finds its regions."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vse_lessons.archives import is_archive, unpack
from vse_lessons.corpora import prepare, read_listing, with_regions
from vse_lessons.corpus import Corpus
from vse_lessons.fetch import AGENT, fetch_all
from vse_lessons.files import DataError
from vse_lessons.readers.listing import Listing
from vse_lessons.text import tokenize

SPEED = 10e6  # bytes a second, for guessing how long a download takes


@dataclass(frozen=True)
class File:
    """A file of a release."""

    name: str
    url: str = ""  # empty: there is no public address
    size: int = 0  # bytes; 0: not published
    checksum: str = ""  # "sha256:..." or "md5:..."; empty: recorded at the first download
    source: str = ""  # who published size and checksum
    gives: tuple[
        str, ...
    ] = ()  # what of the corpus it holds; with one of these there it is not needed
    into: str = ""  # the folder below the corpus' that it is unpacked to
    optional: bool = False  # fetched only with --optional


@dataclass(frozen=True)
class Release:
    """What is known of a corpus before it is here."""

    corpus: str  # one of `corpora.LISTINGS`
    title: str
    licence: str  # what a user agrees to
    files: tuple[File, ...] = ()
    by_hand: str = ""  # what to do where there is no public address
    # images and sentences of each split, and where they were published
    published: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    published_by: str = ""
    # makes the reader's files from others, where a release has two forms; with True only says so
    convert: Callable[[Path, bool], None] | None = None
    # reads and writes a corpus that is no listing of pictures, in place of all after unpacking
    finish: Callable[[Release, argparse.Namespace], None] | None = None


KARPATHY_COUNTS = "Karpathy and Fei-Fei 2015, in their lists"
COCO_COUNTS = {"train": (113_287, 566_747), "val": (5000, 25_010), "test": (5000, 25_010)}
COCO_LICENCE = "sentences CC BY 4.0; the photographs under the terms of Flickr"
COCO_CAPTIONS = File(
    "annotations_trainval2014.zip",
    "http://images.cocodataset.org/annotations/annotations_trainval2014.zip",
    size=252_872_794,
    checksum="sha256:031296bbc80c45a1d1f76bf9a90ead27e94e99ec629208449507a4917a3bf009",
    source="tensorflow/datasets, url_checksums/coco.txt",
    gives=("annotations", "captions_train2014.json"),
)


def karpathy_lists(*gives: str, optional: bool = False) -> File:
    """The archive of Karpathy's lists, where one of `gives` is needed of it."""
    return File(
        "caption_datasets.zip",
        "https://cs.stanford.edu/people/karpathy/deepimagesent/caption_datasets.zip",
        size=36_745_453,
        checksum="sha256:4cfd70132527b80933105e5829dc9034eaab9573482e2e680abbab6130244817",
        source="tensorflow/datasets, url_checksums/coco_captions.txt",
        gives=gives,
        optional=optional,
    )


def run(release: Release, description: str, arguments: Sequence[str] | None = None) -> int:
    """The whole script.  For bad input its exit status is 1, and a line says what is wrong and what to do."""
    given = _parser(release, description).parse_args(arguments)
    try:
        return _run(release, given)
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser(release: Release, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the corpus is, or is to be")
    parser.add_argument("--from", dest="archives", type=Path, nargs="+", default=[], metavar="ARCHIVE",
                        help="archives that you have; those in the folder are found without")  # fmt: skip
    if any(file.url for file in release.files):
        parser.add_argument("--download", action="store_true", help="fetch what is missing")
        parser.add_argument("--optional", action="store_true", help="fetch optional files too")
        parser.add_argument("--retries", type=int, default=5, help="further tries for a file (5)")
        parser.add_argument("--contact", default="", help="a mail address that the servers can see")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument(
        "--accept-licence", action="store_true", help="you have read the licence and keep to it"
    )
    parser.add_argument("--on-bad", choices=("error", "skip"), default="error",
                        help="bad records and lost pictures: stop, or count and leave out")  # fmt: skip
    parser.add_argument("--no-regions", action="store_true", help="do not look at the pictures")
    parser.add_argument("--detector", default="", metavar="CHECKPOINT",
                        help="name or folder of an object-detection checkpoint, for vse_lessons[hub]; "
                             "without it EfficientNet-Lite0")  # fmt: skip
    parser.add_argument("--to", type=Path, metavar="FOLDER",
                        help="write corpus.json there, for -p corpus prepared")  # fmt: skip
    return parser


def _run(release: Release, given: argparse.Namespace) -> int:
    folder = given.folder
    print(f"{release.title}\nlicence: {release.licence}")
    fetching = getattr(given, "download", False)
    for path in given.archives:
        if not path.is_file():
            raise DataError(f"{path} is not there; --from names archives that you have")
    archives = [*given.archives, *_archives(release, folder)]
    plan = _plan(release, folder, archives, getattr(given, "optional", False))
    if given.dry_run:
        _say_plan(release, folder, plan, archives)
        if folder.is_dir() and not (plan or archives or release.convert or release.finish):
            listing = read_listing(release.corpus, folder, given.on_bad)
            print("\n".join(summary(listing, release, len(listing.skipped))))
        return 0
    if not given.accept_licence:
        raise DataError("read the licence above, then pass --accept-licence")
    if plan and not fetching and release.files and not archives:
        print(f"not here: {', '.join(file.name for file in plan)}"
              + (" (--download fetches it)" if hasattr(given, "download") else ""))  # fmt: skip
    if fetching and plan:
        archives += _download(plan, folder, given.retries, given.contact)
    for path in dict.fromkeys(archives):
        _unpack(release, path, folder)
    if release.convert is not None:
        release.convert(folder, False)
    if not folder.is_dir():
        raise DataError(f"{folder} is not there. {release.by_hand}".rstrip())
    if release.finish is not None:
        release.finish(release, given)
        return 0
    listing = read_listing(release.corpus, folder, given.on_bad)
    print("\n".join(summary(listing, release, len(listing.skipped))))
    if given.no_regions:
        return 0
    opened = with_regions(listing, folder, given.detector)
    print(
        f"ready: {len(opened.corpus.image_ids):,} images with regions in {opened.corpus.regions.source}"
    )
    if given.to is not None:
        prepare(opened, listing, given.to)
        print(f"written: {given.to}; -p corpus prepared -p corpus_dir {given.to}")
    return 0


def _archives(release: Release, folder: Path) -> list[Path]:
    """Archives in the folder that hold what is not unpacked yet."""
    found = [folder / file.name for file in release.files if is_archive(Path(file.name))]
    wanted = {file.name for file in release.files if not _there(folder, file)}
    return [path for path in found if path.name in wanted and path.is_file()]


def _there(folder: Path, file: File) -> bool:
    """Whether what a file gives is in the folder."""
    return any((folder / one).exists() for one in file.gives or (file.name,))


def _plan(release: Release, folder: Path, archives: list[Path], optional: bool) -> list[File]:
    """The files that are missing."""
    have = {path.name for path in archives}
    return [
        file
        for file in release.files
        if not _there(folder, file) and file.name not in have and (optional or not file.optional)
    ]


def _say_plan(release: Release, folder: Path, plan: list[File], archives: list[Path]) -> None:
    for path in archives:
        print(f"would unpack {path}")
    for file in plan:
        size = f"{file.size / 1e6:,.0f} MB, about {file.size / SPEED / 60:,.0f} min at {SPEED / 1e6:.0f} MB/s"
        how = f"would fetch {file.url} ({size if file.size else 'size not published'})"
        print(f"{file.name}: {how if file.url else 'no public address'}")
        if file.url:
            print(f"    checksum {file.checksum or 'not published: recorded at the first download'}"
                  + (f" (from {file.source})" if file.source else ""))  # fmt: skip
    total, free = sum(file.size for file in plan) / 1e6, free_space(folder) / 1e6
    if total:
        print(
            f"in all {total:,.0f} MB to fetch, twice that while it is unpacked; {folder} has "
            f"{free:,.0f} MB free"
        )
    if release.by_hand and any(not file.url for file in plan):
        print(release.by_hand)
    if release.convert is not None and folder.is_dir():
        release.convert(folder, True)


def free_space(folder: Path) -> int:
    """Bytes that are free on the disk of a folder, which need not be there yet."""
    folder = folder.absolute()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return shutil.disk_usage(existing).free


def _download(plan: list[File], folder: Path, retries: int, contact: str) -> list[Path]:
    """Fetches files; gives the archives among them.  `DataError` if one cannot be had, or the disk is too
    small."""
    files = [file for file in plan if file.url]
    needed, free = 2 * sum(file.size for file in files), free_space(folder)
    if needed > free:
        raise DataError(f"{folder} needs {needed / 1e6:,.0f} MB to fetch and unpack, but that disk has "
                        f"{free / 1e6:,.0f} MB free: choose another")  # fmt: skip
    made = fetch_all(
        {file.name: file.url for file in files},
        folder,
        retries=retries,
        agent=f"{AGENT}; {contact}" if contact else AGENT,
        check=not_what_it_says,
        published={file.name: file.checksum for file in files if file.checksum},
    )
    if made.gone:
        name, reason = next(iter(made.gone.items()))
        raise DataError(f"{name} cannot be had ({reason}); what came is kept, so try again later, or get it "
                        f"elsewhere and put it into {folder}")  # fmt: skip
    return [folder / file.name for file in files if is_archive(Path(file.name))]


def not_what_it_says(path: Path) -> str | None:
    """Why a fetched file is not taken: a server's apology with status 200 is no archive."""
    with open(path, "rb") as file:
        head = file.read(512)
    start = head.lstrip()[:15].lower()
    if start.startswith((b"<!doctype", b"<html")):
        return "it is a web page, not the file"
    if path.suffix == ".zip" and not head.startswith(b"PK"):
        return "it is no zip file"
    if path.suffix in (".gz", ".tgz") and not head.startswith(b"\x1f\x8b"):
        return "it is no gzip file"
    return None


def _unpack(release: Release, path: Path, folder: Path) -> None:
    """Unpacks an archive of the user's or of the release; its name says where to."""
    known = {file.name: file.into for file in release.files}
    target = folder / known.get(path.name, "")
    print(f"{unpack(path, target):,} files unpacked from {path} into {target}")


def summary(corpus: Listing | Corpus, release: Release, skipped: int) -> list[str]:
    """A table of images, sentences and words of each split, beside the published counts."""
    lines = [
        f"{'split':8} {'images':>9} {'published':>10} {'sentences':>10} {'published':>10} {'words':>8}"
    ]
    owners = Counter(corpus.splits[corpus.image_of].tolist())
    images = Counter(corpus.splits.tolist())
    for split in ("train", "val", "test", "unused", "all"):
        everything = split == "all"
        if everything:
            images[split], owners[split] = len(corpus.splits), len(corpus.sentences)
        if not images[split] and split not in release.published:
            continue
        counts = release.published.get(split, (None, None))
        shown = ["-" if count is None else f"{count:,}" for count in counts]
        chosen = np.flatnonzero((corpus.splits[corpus.image_of] == split) | everything)
        words = {word for row in chosen for word in tokenize(corpus.sentences[row])}
        found = (images[split], owners[split])
        differs = any(count not in (None, here) for count, here in zip(counts, found))
        lines.append(f"{split:8} {found[0]:9,} {shown[0]:>10} {found[1]:10,} {shown[1]:>10} {len(words):8,}"
                     f"{'  differs' if differs else ''}")  # fmt: skip
    if release.published_by:
        lines.append(f"published: {release.published_by}")
    silent = len(corpus.splits) - len(np.unique(corpus.image_of))
    return [
        *lines,
        f"{silent:,} images without a sentence; {skipped:,} records or sentences left out",
    ]

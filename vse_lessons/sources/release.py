"""From what a user has, or from a public address, to a corpus: what all `data_scripts/prepare_*.py` share.

A `Release` says what a corpus consists of.  `run` looks at what is there, shows the licence, fetches what is
asked for and missing, unpacks archives, reads the corpus, holds its counts against the published ones, and
finds its regions."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.text import tokenize
from vse_lessons.sources.acquire.archives import is_archive, unpack
from vse_lessons.sources.acquire.fetch import AGENT, fetch_all, forget
from vse_lessons.sources.catalogue import prepare, read_listing, with_regions
from vse_lessons.sources.readers.listing import Listing

SPEED = 10e6  # bytes a second, for guessing how long a download takes


@dataclass(frozen=True)
class File:
    """A file of a release."""

    name: str  # an archive may also come as .zip, .tar, .tar.gz ...
    url: str = ""  # empty: there is no public address
    size: int = 0  # bytes; 0: not known
    checksum: str = ""  # "sha256:..." or "md5:..."; empty: recorded at the first download
    source: str = ""  # where size and checksum are from
    # patterns of what of the corpus it holds; with one of these there it is not needed
    gives: tuple[str, ...] = ()
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
    # images and sentences of each split, None where not known, and where they were published
    published: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    published_by: str = ""
    forms: tuple[str, ...] = ()  # other corpora that it may be instead, by --form
    # makes the reader's files from others, where a release has two forms, and says whether there was any to
    # make; with True it makes none
    convert: Callable[[Path, bool], bool] | None = None
    # reads (with --dry-run) or writes a corpus that is no listing of pictures
    finish: Callable[[Release, argparse.Namespace], None] | None = None


KARPATHY_COUNTS = "Karpathy and Fei-Fei 2015, in their lists"
COCO_COUNTS = {"train": (113_287, 566_747), "val": (5000, 25_010), "test": (5000, 25_010)}
COCO_COUNTS_BY = "Hugging Face, justram/COCO2014-Captions"
COCO_LICENCE = "sentences CC BY 4.0; the photographs under the terms of Flickr"
COCO_CAPTIONS = File(
    "annotations_trainval2014.zip",
    "http://images.cocodataset.org/annotations/annotations_trainval2014.zip",
    size=252_872_794,
    checksum="sha256:031296bbc80c45a1d1f76bf9a90ead27e94e99ec629208449507a4917a3bf009",
    source="tensorflow/datasets, url_checksums/coco.txt",
    gives=("annotations/captions_train*.json", "captions_train*.json"),
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
    release = replace(release, corpus=getattr(given, "form", release.corpus))
    try:
        _run(release, given)
    except (DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was", file=sys.stderr)
        return 130
    return 0


def _parser(release: Release, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the corpus is, or is to be")
    parser.add_argument(
        "--from",
        dest="archives",
        type=Path,
        nargs="+",
        default=[],
        metavar="ARCHIVE",
        help="archives that you have; those in the folder are found without",
    )
    if release.forms:
        parser.add_argument(
            "--form",
            choices=(release.corpus, *release.forms),
            default=release.corpus,
            help=f"how it is laid out ({release.corpus})",
        )
    if any(file.url for file in release.files):
        parser.add_argument("--download", action="store_true", help="fetch what is missing")
        if optional := [file.name for file in release.files if file.url and file.optional]:
            parser.add_argument("--optional", action="store_true", help=f"fetch {' and '.join(optional)} too")
        parser.add_argument("--retries", type=int, default=5, help="further tries for a file (5)")
        parser.add_argument("--contact", default="", help="a mail address that the servers can see")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument(
        "--accept-licence", action="store_true", help="you have read the licence and keep to it"
    )
    parser.add_argument(
        "--on-bad",
        choices=("error", "skip"),
        default="error",
        help="bad records and lost pictures: stop, or count and leave out",
    )
    parser.add_argument("--no-regions", action="store_true", help="do not look at the pictures")
    parser.add_argument(
        "--detector",
        default="",
        metavar="CHECKPOINT",
        help="name or folder of an object-detection checkpoint, for vse_lessons[hub];\n"
        "without it EfficientNet-Lite0",
    )
    parser.add_argument(
        "--to", type=Path, metavar="FOLDER", help="write corpus.json there, for -p corpus prepared"
    )
    return parser


def _run(release: Release, given: argparse.Namespace) -> None:
    folder = given.folder
    print(f"{release.title}\nlicence: {release.licence}")
    if given.to is not None and given.no_regions:
        raise DataError("--to writes a corpus with its regions: leave out --no-regions")
    archives = _archives(release, folder, given.archives)
    optional = getattr(given, "optional", False)
    if given.dry_run:
        missing = _missing(release, folder, optional, archives)
        _say_plan(release, folder, missing, archives)
        if not folder.is_dir() or missing or archives:
            return
        if release.convert is not None and release.convert(folder, True):
            return
        _read(release, given)
        return
    if not given.accept_licence:
        raise DataError("read the licence above, then pass --accept-licence")
    for path in archives:
        _unpack(release, path, folder)
    missing = _missing(release, folder, optional)
    if missing and getattr(given, "download", False):
        for path in download(missing, folder, given.retries, given.contact):
            _unpack(release, path, folder)
        missing = _missing(release, folder, optional)
    if missing:
        fetched = any(file.url for file in missing)
        print(
            f"not here: {', '.join(file.name for file in missing)}"
            + (" (--download fetches it)" if fetched else "")
            + f" {release.by_hand}".rstrip()
        )
    if not folder.is_dir():
        raise DataError(f"{folder} is not there")
    if release.convert is not None:
        release.convert(folder, False)
    _read(release, given)


def _read(release: Release, given: argparse.Namespace) -> None:
    """Reads the corpus, and unless --dry-run or --no-regions says no finds its regions."""
    if release.finish is not None:
        release.finish(release, given)
        return
    listing = read_listing(release.corpus, given.folder, given.on_bad)
    print("\n".join(summary(listing, release, len(listing.skipped))))
    if given.dry_run or given.no_regions:
        return
    opened = with_regions(listing, given.folder, given.detector)
    print(f"ready: {len(opened.corpus.image_ids):,} images with regions in {opened.corpus.regions.source}")
    if given.to is not None:
        prepare(opened, listing, given.to)
        say_written(given.to)


def say_written(folder: Path) -> None:
    """Tells how to open what is in a folder."""
    print(f"written: {folder}; -p corpus prepared -p corpus_dir {folder}")


def _stem(name: str) -> str:
    """A file's name without .zip, .tar or .tar.gz."""
    return name.partition(".")[0]


def _archives(release: Release, folder: Path, given: Sequence[Path]) -> list[Path]:
    """The archives that hold what is not there yet, of those given and those in the folder."""
    known = {_stem(file.name): file for file in release.files if is_archive(Path(file.name))}
    complete = bool(release.files) and not _missing(release, folder, False)
    found = []
    for path in given:
        if not path.is_file():
            raise DataError(f"{path} is not there; --from names archives that you have")
        file = known.get(_stem(path.name))
        if _there(folder, file) if file else complete:
            print(f"{path} is not needed: what it holds is there")
        else:
            found.append(path)
    for stem, file in known.items():
        if not _there(folder, file) and stem not in map(_stem, (path.name for path in found)):
            found += [path for path in sorted(visible(folder, f"{stem}.*")) if is_archive(path)][:1]
    return found


def _there(folder: Path, file: File) -> bool:
    """Whether what a file gives is in the folder."""
    return any(next(visible(folder, one), None) is not None for one in file.gives or (file.name,))


def visible(folder: Path, pattern: str) -> Iterator[Path]:
    """What is in a folder by that pattern, but for what is being fetched or unpacked, or was when a run was
    killed."""
    for path in folder.glob(pattern):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _missing(release: Release, folder: Path, optional: bool, archives: Sequence[Path] = ()) -> list[File]:
    """The files whose content is neither in the folder nor in the archives at hand."""
    have = {_stem(path.name) for path in archives}
    return [
        file
        for file in release.files
        if not _there(folder, file) and _stem(file.name) not in have and (optional or not file.optional)
    ]


def _say_plan(release: Release, folder: Path, missing: list[File], archives: list[Path]) -> None:
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
            print(
                "    checksum not published: recorded at the first download"
                + (f"; size{source}" if file.size else "")
            )
    if any(file.url for file in missing):
        print(
            f"in all {sum(file.size for file in missing) / 1e6:,.0f} MB to fetch, and as much again when "
            f"it is unpacked; {folder} has {free_space(folder) / 1e6:,.0f} MB free"
        )
    if missing and release.by_hand:
        print(release.by_hand)


def free_space(folder: Path) -> int:
    """Bytes that are free on the disk of a folder, which need not be there yet."""
    folder = folder.absolute()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return shutil.disk_usage(existing).free


def require_space(folder: Path, needed: float, what: str) -> None:
    """`DataError` if fewer than `needed` bytes are free on the disk of a folder."""
    if needed > (free := free_space(folder)):
        raise DataError(
            f"{folder} needs {needed / 1e6:,.0f} MB {what}, but that disk has "
            f"{free / 1e6:,.0f} MB free: choose another"
        )


def download(missing: Sequence[File], folder: Path, retries: int, contact: str) -> list[Path]:
    """Fetches those files that have an address; gives the archives among them.  `DataError` if one cannot be
    had, or the disk is too small."""
    files = [file for file in missing if file.url]
    parts = [folder / f".{file.name}.part" for file in files]  # what came in an earlier run
    come = sum(path.stat().st_size for path in parts if path.exists())
    require_space(folder, 2 * sum(file.size for file in files) - come, "to fetch and unpack")
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
        raise DataError(
            f"{name} cannot be had ({reason}); what came is kept, so try again later, or get it "
            f"elsewhere and put it into {folder}"
        )
    return [folder / file.name for file in files if is_archive(Path(file.name))]


def not_what_it_says(path: Path) -> str | None:
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


def _unpack(release: Release, path: Path, folder: Path) -> None:
    """Unpacks an archive of the user's or of the release; its name says where to."""
    known = {_stem(file.name): file for file in release.files}
    file = known.get(_stem(path.name), File(path.name, gives=("*",)))
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
    if not _there(folder, file):
        print(f"note: {path} held none of {', '.join(file.gives)}")


def summary(corpus: Listing | Corpus, release: Release, skipped: int) -> list[str]:
    """A table of images, sentences and words of each split, beside the published counts."""
    lines = [f"{'split':8} {'images':>9} {'published':>10} {'sentences':>10} {'published':>10} {'words':>8}"]
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
        lines.append(
            f"{split:8} {found[0]:9,} {shown[0]:>10} {found[1]:10,} {shown[1]:>10} {len(words):8,}"
            f"{'  differs' if differs else ''}"
        )
    if release.published_by:
        lines.append(f"published: {release.published_by}")
    silent = len(corpus.splits) - len(np.unique(corpus.image_of))
    return [
        *lines,
        f"{silent:,} images without a sentence; {skipped:,} records or sentences left out",
    ]

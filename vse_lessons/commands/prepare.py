"""Prepares a corpus: unpacks or fetches it, checks it, extracts its regions."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawTextHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from vse_lessons.common.errors import DataError

HELP = """Prepare a corpus on disk: unpack or fetch it, check it, extract its regions.

A dry run says what the corpus consists of, where it is, how large it is and under which licence; it writes
nothing. A run that was stopped goes on where it was.

examples:
  vse-lessons prepare flickr8k /data/flickr8k --dry-run
  vse-lessons prepare flickr8k /data/flickr8k --accept-licence --download
  vse-lessons prepare coco /data/coco --release bottom_up --accept-licence --from train2014_obj36.zip
  vse-lessons prepare captions_csv my_photos --accept-licence --to prepared
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of the command.

    Args:
        parser: The parser of the command.
    """
    parser.add_argument(
        "corpus", metavar="CORPUS", help="name of a corpus: flickr8k, coco, artpedia, captions_csv, ..."
    )
    parser.add_argument("--release", default="", help="another release of the corpus: bottom_up for coco")
    add_options(parser)


def add_options(parser: ArgumentParser) -> None:
    """Add the options that do not depend on the corpus.

    Args:
        parser: The parser of the command, or of a script for one corpus.
    """
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where the corpus is, or is to be")
    parser.add_argument(
        "--from",
        dest="archives",
        type=Path,
        nargs="+",
        default=[],
        metavar="ARCHIVE",
        help="archives that you have; those in the folder are found anyway",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument(
        "--accept-licence", action="store_true", help="you have read the licence and keep to it"
    )
    parser.add_argument("--download", action="store_true", help="fetch what is missing")
    parser.add_argument("--optional", action="store_true", help="fetch optional files too")
    parser.add_argument("--retries", type=int, default=5, help="further tries for a file (default: 5)")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two pictures (default: 1)")
    parser.add_argument("--limit", type=int, help="fetch only so many pictures")
    parser.add_argument("--contact", default="", help="a mail address or page that the servers can see")
    parser.add_argument(
        "--on-bad",
        choices=("error", "skip"),
        default="",
        help="bad records and lost pictures: stop, or count and leave out",
    )
    parser.add_argument("--no-regions", action="store_true", help="do not look at the pictures")
    parser.add_argument(
        "--detector",
        default="",
        metavar="CHECKPOINT",
        help="name at the hub or folder of an object-detection checkpoint\n(default: EfficientNet-Lite0)",
    )
    parser.add_argument(
        "--to", type=Path, metavar="TARGET", help="write corpus.json there, for -p corpus prepared"
    )


def run(arguments: Namespace) -> int:
    """Prepare the corpus and print what was done.

    Args:
        arguments: `corpus`, `release`, `folder` and the options.

    Returns:
        The exit status, 0.

    Raises:
        DataError: Something is missing or wrong; the message says what to do.
    """
    from vse_lessons.sources.acquire.release import Request
    from vse_lessons.sources.prepare import find_release, prepare_corpus

    given = dict(vars(arguments))
    release = find_release(arguments.corpus, given.pop("release"))
    request = Request(
        regions=not given.pop("no_regions"),
        archives=tuple(path.expanduser() for path in given.pop("archives")),
        folder=given.pop("folder").expanduser(),
        **{key: value for key, value in given.items() if key in Request.__dataclass_fields__},
    )
    if request.download and not any(file.url for file in release.files):
        raise DataError(f"{arguments.corpus} has no public address to download from. {release.by_hand}")
    try:
        prepare_corpus(arguments.corpus, request, release)
    except OSError as error:  # of a folder that cannot be written to, say
        raise DataError(str(error)) from error
    return 0


def run_script(
    corpus: str,
    description: str,
    arguments: Sequence[str] | None = None,
    *,
    release: str = "",
    forms: Sequence[str] = (),
) -> int:
    """Run a script of data_scripts/, which prepares one corpus.

    Args:
        corpus: The corpus.
        description: What the script says with --help.
        arguments: The words of the command line; None: those of this process.
        release: Another release of the corpus than the usual one.
        forms: Other corpora that it may be instead, chosen with --form.

    Returns:
        The exit status: 1 for bad input, with a line on what is wrong and what to do; 130 if it was stopped.
    """
    parser = ArgumentParser(description=description, formatter_class=RawTextHelpFormatter)
    if forms:
        known = (corpus, *forms)
        parser.add_argument("--form", dest="corpus", choices=known, help=f"how it is laid out ({corpus})")
    add_options(parser)
    parser.set_defaults(corpus=corpus, release=release)
    try:
        return run(parser.parse_args(arguments))
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was", file=sys.stderr)
        return 130

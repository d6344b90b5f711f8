"""Prepares Artpedia from its published JSON: fetches the paintings, finds regions, checks Table 2.

    python data_scripts/prepare_artpedia.py FOLDER --dry-run [--download]
    python data_scripts/prepare_artpedia.py FOLDER --accept-licence [--download] --contact you@example.org
    papermill notebooks/05_artpedia_ranking.ipynb out.ipynb -p corpus artpedia -p corpus_dir FOLDER ...

FOLDER holds artpedia.json, which its authors publish at aimagelab.ing.unimore.it/artpedia; --download fetches
it.  The JSON gives the address of each painting at Wikimedia Commons.  They are fetched one at a time, with a
pause, into FOLDER/images; a run that is stopped goes on where it was.  What cannot be had any more is listed
in FOLDER/images/gone.json and left out of the corpus.  None of the addresses was ever reached from where this
script was written.

Wikimedia asks that automatic requests name someone to write to: pass --contact.  Each painting and text has
its own licence (the texts are Wikipedia's, CC BY-SA); see the page of each file at Commons."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from vse_lessons.common.files import DataError
from vse_lessons.sources.acquire.archives import unpack
from vse_lessons.sources.acquire.fetch import AGENT, LOST, fetch_all
from vse_lessons.sources.catalogue import open_corpus
from vse_lessons.sources.readers.artpedia import (
    FOLDERS,
    JSON,
    against_table_2,
    file_name,
    read_pages,
)
from vse_lessons.sources.release import File, download, require_space

ARCHIVE = File("artpedia.zip", "https://aimagelab.ing.unimore.it/imagelab/uploadedFiles/artpedia.zip")
LICENCE = "the texts are CC BY-SA, and each painting's file has a licence of its own, on its page at Commons"
GUESS = 3_000_000  # bytes of a painting's file


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help=f"where {JSON} is")
    parser.add_argument("--download", action="store_true", help=f"fetch {JSON} too if it is not there")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be fetched")
    parser.add_argument(
        "--accept-licence",
        action="store_true",
        help="you keep to the licences of the texts and of each painting's file",
    )
    parser.add_argument("--contact", default="", help="a mail address or page that the servers can see")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two requests (1)")
    parser.add_argument("--retries", type=int, default=3, help="further tries for a file (3)")
    parser.add_argument("--limit", type=int, help="only the first so many paintings")
    parser.add_argument(
        "--on-bad",
        choices=("error", "skip"),
        default="error",
        help="bad records: stop, or leave them out and count them",
    )
    parser.add_argument("--no-regions", action="store_true", help="fetch only")
    given = parser.parse_args(arguments)
    try:
        return prepare(given)
    except (DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def prepare(given: argparse.Namespace) -> int:
    print(f"licence: {LICENCE}")
    if not (given.dry_run or given.accept_licence):
        raise DataError("keep to the licence above, and pass --accept-licence")
    if given.download and not (given.folder / JSON).exists():
        if given.dry_run:
            print(f"would fetch {ARCHIVE.url} (size not published, its checksum will be recorded)")
            return 0
        for path in download([ARCHIVE], given.folder, given.retries, given.contact):
            unpack(path, given.folder)
    found = read_pages(given.folder / JSON, on_bad=given.on_bad)
    report(found)
    urls = {file_name(page): page.url for page in found.pages[: given.limit]}
    target = given.folder / FOLDERS[0]
    if given.dry_run:
        missing = [name for name in urls if not (target / name).exists()]
        print(
            f"{len(missing)} of {len(urls)} paintings would be fetched into {target}, in at least "
            f"{len(missing) * given.pause / 60:.0f} minutes; their sizes are not in the JSON"
        )
        return 0
    missing = sum(not (target / name).exists() for name in urls)
    require_space(target, missing * GUESS, f"if {missing} paintings have 3 MB each, for no size is told,")
    agent = f"{AGENT}; {given.contact}" if given.contact else AGENT
    made = fetch_all(urls, target, pause=given.pause, retries=given.retries, agent=agent, check=no_picture)
    print(
        f"{len(made.there)} paintings were there, {len(made.fetched)} were fetched, "
        f"{len(made.gone)} cannot be had"
    )
    if made.gone:
        print(f"the list of what is gone, and why, is {target / LOST}")
    if not given.no_regions:
        corpus = open_corpus("artpedia", given.folder).corpus
        print(
            f"ready: {len(corpus.image_ids)} paintings, {len(corpus.sentences)} sentences, regions in "
            f"{corpus.regions.source}"
        )
    return 0


def no_picture(path: Path) -> str | None:
    """Why a file is not taken: a server's apology with status 200 is no painting."""
    try:
        with Image.open(path) as picture:
            picture.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        return f"it is no picture that can be read ({type(error).__name__})"
    return None


def report(found) -> None:
    print(f"{'split':6} {'':22} {'here':>7} {'Table 2':>8}")
    for split, what, here, published in against_table_2(found.counts()):
        print(f"{split:6} {what:22} {here:7,} {published:8,}{'' if here == published else '  differs'}")
    lacking = found.lacking()
    print(
        f"{lacking['visual']} pages without a visual sentence, {lacking['contextual']} without a "
        f"contextual one; {len(found.skipped)} records or sentences left out"
    )


if __name__ == "__main__":
    sys.exit(main())

"""Artpedia (Stefanini et al. 2019): its JSON, and the paintings at the addresses in it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from vse_lessons.sources.acquire.fetch import LOST, fetch_all
from vse_lessons.sources.acquire.obtain import require_space, sign
from vse_lessons.sources.acquire.release import File, Release, Request
from vse_lessons.sources.readers.artpedia import (
    FOLDERS,
    JSON,
    PUBLISHED,
    Pages,
    compare_with_table_2,
    file_name,
    read_pages,
)

GUESS = 3_000_000  # bytes of a painting's file


def fetch_paintings(request: Request) -> bool:
    """Hold the JSON against Table 2, and fetch the paintings that it names and that are not there."""
    read = read_pages(request.folder / JSON, on_bad=request.on_bad or "error")
    print_counts(read)
    urls = {file_name(page): page.url for page in read.pages[: request.limit]}
    target = request.folder / FOLDERS[0]
    missing = sum(not (target / name).exists() for name in urls)
    if request.dry_run:
        print(
            f"{missing} of {len(urls)} paintings would be fetched into {target}, in at least "
            f"{missing * request.pause / 60:.0f} minutes; their sizes are not in the JSON"
        )
        return True
    require_space(
        target, missing * GUESS, f"if {missing} paintings have 3 MB each (their sizes are not published),"
    )
    made = fetch_all(
        urls,
        target,
        pause=request.pause,
        retries=request.retries,
        agent=sign(request.contact),
        check=refuse_no_picture,
    )
    print(
        f"{len(made.there)} paintings were there, {len(made.fetched)} were fetched, "
        f"{len(made.gone)} cannot be had"
    )
    if made.gone:
        print(f"the list of what is gone, and why, is {target / LOST}")
    return False


def refuse_no_picture(path: Path) -> str | None:
    """Why a file is not taken: a server's apology with status 200 is no painting."""
    try:
        with Image.open(path) as picture:
            picture.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        return f"it is no picture that can be read ({type(error).__name__})"
    return None


def print_counts(read: Pages) -> None:
    """Print what the JSON holds beside Table 2 of the paper."""
    print(f"{'split':6} {'':22} {'here':>7} {'Table 2':>8}")
    for split, what, here, published in compare_with_table_2(read.counts()):
        print(f"{split:6} {what:22} {here:7,} {published:8,}{'' if here == published else '  differs'}")
    lacking = read.lacking()
    print(
        f"{lacking['visual']} pages without a visual sentence, {lacking['contextual']} without a "
        f"contextual one; {len(read.skipped)} records or sentences left out"
    )


ARTPEDIA = Release(
    title="Artpedia: 2,930 paintings with the visual and contextual sentences of their pages",
    licence="the texts are CC BY-SA, and each painting's file has a licence of its own, on its page at "
    "Commons",
    files=(
        File(
            "artpedia.zip",
            "https://aimagelab.ing.unimore.it/imagelab/uploadedFiles/artpedia.zip",
            holds=(JSON,),
        ),
    ),
    published={split: (images, sum(sentences)) for split, (images, *sentences) in PUBLISHED.items()},
    published_by="Table 2 of the paper",
    on_bad="skip",  # paintings that are gone
    complete=fetch_paintings,
)

"""Which region stores lie under `VSE_LESSONS_HOME`, and in what state."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from pathlib import Path

from vse_lessons.data.regions import RegionStore
from vse_lessons.lessons.doctor.findings import Finding
from vse_lessons.sources.detectors.base import Thumbnails
from vse_lessons.sources.detectors.extraction import store_name
from vse_lessons.sources.storybook import world
from vse_lessons.sources.storybook.detector import StorybookDetector

PRESETS = ("smoke", "lesson")  # naming all 31,000 pictures of `paper` takes too long for a doctor
NAMES = re.compile(r"(?P<detector>.+)-[0-9a-f]{16}(?P<partial>\.partial)?")  # of stores


@dataclass(frozen=True)
class Store:
    """Regions of a corpus on disk, whole or not."""

    corpus: str
    path: str
    state: str  # whole, older, unfinished or damaged
    detector: str
    mb: float = 0.0
    modified: float = 0.0  # seconds since 1970
    images: int = 0
    regions: int = 0
    finding: Finding | None = None


def check_stores(root: Path) -> tuple[list[Store], list[Finding]]:
    """Look at all region stores, which lie two floors below home.

    Args:
        root: the home.

    Returns:
        The stores, and a finding for each folder that cannot be read.
    """
    found: list[Store] = []
    corpora, unread = folders_in(root)
    for corpus in corpora:
        inside, closed = folders_in(corpus)
        unread += closed
        stores = [
            look_at(path)
            for path in inside
            if NAMES.fullmatch(path.name) or os.path.lexists(path / "meta.json")
        ]
        found += mark_older(corpus.name, stores)
    return found, unread


def folders_in(folder: Path) -> tuple[list[Path], list[Finding]]:
    """List the folders in a folder, by name, with a finding if it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if os.path.isdir(path)), []
    except (FileNotFoundError, NotADirectoryError):
        return [], []
    except OSError as error:
        return [], [
            Finding(
                "a folder",
                f"{folder} cannot be read: {error.strerror or error}",
                "make it yours (chown, chmod u+rwx), or set VSE_LESSONS_HOME",
            )
        ]


def look_at(path: Path) -> Store:
    """Look at a store as `RegionStore.open` sees it: its features are not read.

    In a folder that ends in .partial lie finished batches of an extraction, each a file named after its first
    picture and the next one's.
    """
    name, corpus = NAMES.fullmatch(path.name), path.parent.name
    known = Store(corpus, str(path), "whole", name["detector"] if name else "unknown")
    try:
        known = replace(known, mb=size_mb(path), modified=os.path.getmtime(path))
        if not (name and name["partial"]):
            store = RegionStore.open(path)
            return replace(
                known, detector=str(store.detector), images=len(store), regions=int(store.counts.sum())
            )
        done = [re.fullmatch(r"(\d{8})-(\d{8})\.npz", file) for file in os.listdir(path)]
    except Exception as error:  # what a damaged file can hold has no limit
        remedy = f"delete {path} and open {corpus} again: its regions are extracted anew"
        return replace(known, state="damaged", finding=Finding("a whole store", str(error), remedy))
    batches = [int(batch[2]) - int(batch[1]) for batch in done if batch]
    what = f"{path} is unfinished: {len(batches)} batches ({sum(batches)} pictures) are done"
    remedy = f"open {corpus} again and it goes on; delete the folder if its pictures have changed"
    if os.path.isdir(path.with_suffix("")):
        remedy = "delete the folder: the store beside it is whole"
    return replace(
        known, state="unfinished", images=sum(batches), finding=Finding("a whole store", what, remedy)
    )


def size_mb(folder: Path) -> float:
    """Add up the size of all files below a folder, in MB."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # an extraction that is running moves its files
                total += os.lstat(os.path.join(place, name)).st_size
    return round(total / (1 << 20), 1)


@lru_cache(maxsize=1)
def storybook_stores() -> dict[tuple[str, str, str], str]:
    """Name Storybook's stores, (regions or pixels, domain, preset) to the name that extraction gives it."""
    drawn = {key: world.picture_scenes(world.sample_scenes(*key)) for key in product(world.DOMAINS, PRESETS)}
    return {
        (what, *key): store_name(pictures, detector)
        for key, pictures in drawn.items()
        for what, detector in (("regions", StorybookDetector), ("pixels", Thumbnails()))
    }


def mark_older(corpus: str, stores: Sequence[Store]) -> list[Store]:
    """Mark the stores that have a newer store of the same detector beside them as older.

    Of Storybook, which has stores for each domain, these are the stores that no picture of today belongs to.
    """
    whole = sorted((s for s in stores if s.state == "whole"), key=lambda store: store.modified)
    if corpus == world.FOLDER:
        sizes, today = {sum(world.SIZES[p]) for p in PRESETS}, set(storybook_stores().values())
        old = {s.path for s in whole if s.images in sizes and Path(s.path).name not in today}
    else:
        newest = {Path(store.path).name.rpartition("-")[0]: store.path for store in whole}
        old = {store.path for store in whole} - set(newest.values())
    what = f"is of other pictures than {corpus} has now, or of an earlier version of them"
    remedy = "delete the folder if you do not need it any more"
    return [
        replace(s, state="older", finding=Finding("older", f"{s.path} ({s.mb:g} MB) {what}", remedy))
        if s.path in old
        else s
        for s in stores
    ]

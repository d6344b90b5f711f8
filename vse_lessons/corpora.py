"""The front door: a corpus by its name, prepared once and kept under `VSE_LESSONS_HOME`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from vse_lessons.corpus import Corpus
from vse_lessons.detectors import EfficientNetLite0, Pictures, extract_regions, pictures_from_files
from vse_lessons.files import DataError, home
from vse_lessons.readers import artpedia, flickr, precomputed
from vse_lessons.readers.listing import Listing
from vse_lessons.storybook import world


@dataclass(frozen=True)
class Opened:
    """A corpus with its pictures, where there are pictures."""

    corpus: Corpus
    pictures: Pictures | None = None

    def picture(self, image: int) -> Image.Image:
        """The picture of an image of the corpus, by number."""
        if self.pictures is None:
            raise DataError(f"{self.corpus.name} holds features only, no pictures to show")
        return self.pictures.load(self.pictures.ids.index(self.corpus.image_ids[image]))


def open_corpus(
    name: str, corpus_dir: str | Path | None = None, preset: str = "lesson", progress: bool = True
) -> Opened:
    """Opens a corpus: `storybook` (also `storybook-fashion`, `storybook-art`, `storybook-pages`),
    which needs nothing else; `flickr8k` or `flickr30k` in `corpus_dir` as they are published; `artpedia`,
    its JSON and a folder of pictures; or `precomputed`, the arrays of SCAN and VSE++.  The first opening
    extracts the regions."""
    if name not in OPENERS:
        raise DataError(f"unknown corpus {name!r}: one of {', '.join(OPENERS)}")
    if name.startswith("storybook"):
        return OPENERS[name](name, preset, progress)
    if not corpus_dir:
        raise DataError(f"the corpus {name} is not built in: pass corpus_dir, the folder it is in")
    folder = Path(corpus_dir).expanduser()
    if not folder.is_dir():
        raise DataError(f"corpus_dir {folder} is not a folder (seen from {Path.cwd()})")
    return OPENERS[name](name, folder, progress)


def _storybook(name: str, preset: str, progress: bool) -> Opened:
    kind = name.partition("-")[2] or "photo"
    domain = "art" if kind == "pages" else kind
    folder = home() / "storybook"
    corpus = world.build(domain, preset, folder, pages=kind == "pages", progress=progress)
    return Opened(corpus, world.pictures(world.scenes(domain, preset)))


def _flickr(name: str, folder: Path, progress: bool) -> Opened:
    return _photographs(flickr.read(folder, name=name), progress)


def _artpedia(name: str, folder: Path, progress: bool) -> Opened:
    listing = artpedia.read(folder, on_bad="skip", name=name)
    if listing.skipped:
        print(f"{name}: {len(listing.skipped)} records or sentences are left out; the first: "
              f"{listing.skipped[0]['where']}: {listing.skipped[0]['reason']}")  # fmt: skip
    # of some thousand files from the web some are damaged or too large
    return _photographs(listing, progress, on_bad="skip")


def _photographs(listing: Listing, progress: bool, on_bad: str = "error") -> Opened:
    pictures = pictures_from_files(listing.paths, listing.ids)
    store = extract_regions(pictures, EfficientNetLite0(), home() / listing.name, on_bad=on_bad,
                            progress=progress)  # fmt: skip
    return Opened(listing.with_regions(store), pictures)


def _precomputed(name: str, folder: Path, progress: bool) -> Opened:
    return Opened(precomputed.read(folder))


OPENERS: dict[str, Callable[..., Opened]] = {
    "storybook": _storybook,
    "storybook-fashion": _storybook,
    "storybook-art": _storybook,
    "storybook-pages": _storybook,
    "flickr8k": _flickr,
    "flickr30k": _flickr,
    "artpedia": _artpedia,
    "precomputed": _precomputed,
}

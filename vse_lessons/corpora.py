"""The front door: a corpus by its name, prepared once and kept under `VSE_LESSONS_HOME`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from vse_lessons.corpus import Corpus
from vse_lessons.detectors import EfficientNetLite0
from vse_lessons.extraction import extract_regions
from vse_lessons.files import DataError, home
from vse_lessons.pictures import Pictures, pictures_from_files
from vse_lessons.readers import (
    artpedia,
    captions_json,
    fashion_table,
    flickr,
    precomputed,
    unpaired,
)
from vse_lessons.readers.listing import Listing
from vse_lessons.storybook import world
from vse_lessons.unpaired import Unpaired, unpair


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
    its JSON and a folder of pictures; `fashion_products`, a table and pictures; `deepfashion` or
    `esteartworks`, pictures and a JSON file of sentences; or `precomputed`, the arrays of SCAN and VSE++.
    The first opening extracts the regions."""
    if name not in OPENERS:
        raise DataError(f"unknown corpus {name!r}: one of {', '.join(OPENERS)}")
    if name.startswith("storybook"):
        return OPENERS[name](name, preset, progress)
    folder = _folder("corpus_dir", name, corpus_dir)
    return OPENERS[name](name, folder, progress)


@dataclass(frozen=True)
class OpenedTarget:
    """A target domain: what training may see of it; its corpus, where pairs exist to evaluate with; and its
    pictures."""

    unpaired: Unpaired
    corpus: Corpus | None
    pictures: Pictures | None


def open_target(
    name: str, target_dir: str | Path | None = None, preset: str = "lesson", progress: bool = True
) -> OpenedTarget:
    """Opens a target domain: any corpus of `open_corpus`, or `unpaired`, a folder of pictures with a text
    file of sentences.  Of a corpus training sees the images and the sentences of the training split,
    apart."""
    if name == "unpaired":
        folder = _folder("target_dir", name, target_dir)
        listing = unpaired.read(folder)
        pictures = listing.pictures.pictures()
        store = extract_regions(
            pictures,
            EfficientNetLite0(),
            home() / listing.pictures.name,
            on_bad="skip",
            progress=progress,
        )
        return OpenedTarget(listing.with_regions(store), None, pictures)
    opened = open_corpus(name, target_dir, preset, progress)
    return OpenedTarget(unpair(opened.corpus), opened.corpus, opened.pictures)


def _folder(parameter: str, name: str, given: str | Path | None) -> Path:
    """The folder that a corpus which is not built in lies in."""
    if not given:
        raise DataError(f"the corpus {name} is not built in: pass {parameter}, the folder it is in")
    folder = Path(given).expanduser()
    if not folder.is_dir():
        raise DataError(f"{parameter} {folder} is not a folder (seen from {Path.cwd()})")
    return folder


def _storybook(name: str, preset: str, progress: bool) -> Opened:
    kind = name.partition("-")[2] or "photo"
    domain = "art" if kind == "pages" else kind
    folder = home() / "storybook"
    corpus = world.build(domain, preset, folder, pages=kind == "pages", progress=progress)
    return Opened(corpus, world.pictures(world.scenes(domain, preset)))


def _flickr(name: str, folder: Path, progress: bool) -> Opened:
    return _photographs(flickr.read(folder, name=name), progress)


def _fashion_table(name: str, folder: Path, progress: bool) -> Opened:
    listing = _told(fashion_table.read(folder, on_bad="skip", name=name))
    return _photographs(listing, progress, on_bad="skip")


def _captions_json(name: str, folder: Path, progress: bool) -> Opened:
    listing = _told(captions_json.read(folder, on_bad="skip", name=name))
    return _photographs(listing, progress, on_bad="skip")


def _artpedia(name: str, folder: Path, progress: bool) -> Opened:
    listing = _told(artpedia.read(folder, on_bad="skip", name=name))
    # of some thousand files from the web some are damaged or too large
    return _photographs(listing, progress, on_bad="skip")


def _told(listing: Listing) -> Listing:
    """The same, once it is said what the reader left out."""
    if listing.skipped:
        print(f"{listing.name}: {len(listing.skipped)} records or sentences are left out; the first: "
              f"{listing.skipped[0]['where']}: {listing.skipped[0]['reason']}")  # fmt: skip
    return listing


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
    "fashion_products": _fashion_table,
    "deepfashion": _captions_json,
    "esteartworks": _captions_json,
    "precomputed": _precomputed,
}

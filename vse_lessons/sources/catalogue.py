"""The front door: a corpus by its name, prepared once and kept under `VSE_LESSONS_HOME`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image

from vse_lessons.common.files import DataError, home, read_json, write_json
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.pictures import Pictures, pictures_from_files
from vse_lessons.data.regions import RegionStore
from vse_lessons.data.unpaired import Unpaired, unpair
from vse_lessons.sources.detectors.base import Detector, Thumbnails
from vse_lessons.sources.detectors.efficientnet import EfficientNetLite0
from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.detectors.hub import HubDetector
from vse_lessons.sources.readers import (
    artpedia,
    captions_csv,
    captions_json,
    coco,
    fashion_table,
    flickr,
    karpathy,
    text_files,
    unpaired,
)
from vse_lessons.sources.readers.features import bottom_up, npz_folder, precomputed
from vse_lessons.sources.readers.listing import Listing
from vse_lessons.sources.storybook import world

FEATURES = "features"  # the folder of region features that somebody else has extracted
PICTURES = "pictures.json"  # beside a prepared corpus: where its pictures are


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
    name: str,
    corpus_dir: str | Path | None = None,
    preset: str = "lesson",
    progress: bool = True,
    detector: str = "",
) -> Opened:
    """Opens a corpus: `storybook` (also `storybook-fashion`, `storybook-art`, `storybook-pages`), which needs
    nothing else; one of `LISTINGS` in `corpus_dir` as it is published; `precomputed`, the arrays of SCAN
    and VSE++; or `prepared`, what `prepare` or a script of data_scripts has written.

    The regions of a listing are those in `corpus_dir`, if somebody has extracted them (bottom-up TSV files,
    or a folder features/ with a file an image); otherwise the first opening extracts them.  `detector` is
    then empty (EfficientNet-Lite0), or the name or folder of an object-detection checkpoint for
    `vse_lessons.sources.detectors.hub`."""
    if name not in CORPORA:
        raise DataError(f"unknown corpus {name!r}: one of {', '.join(CORPORA)}")
    if name.startswith("storybook"):
        return _storybook(name, preset, progress)
    folder = _folder("corpus_dir", name, corpus_dir)
    if name == "precomputed":
        return Opened(precomputed.read(folder))
    if name == "prepared":
        return _prepared(folder)
    return with_regions(read_listing(name, folder), folder, detector, progress)


def read_listing(name: str, folder: Path, on_bad: str | None = None) -> Listing:
    """Pictures and sentences of one of `LISTINGS`, without any regions.  `on_bad` None: bad input is an error
    for the corpora of papers and skipped for those whose pictures come from the web; what was skipped is
    told."""
    read = LISTINGS[name]
    how = on_bad or ("skip" if name in FROM_THE_WEB else "error")
    options = (
        {}
        if read in (artpedia.read, captions_json.read, fashion_table.read, text_files.read)
        else {"pictures": not _extracted(folder)}
    )
    listing = read(folder, on_bad=how, name=name, **options)
    if listing.skipped:
        print(
            f"{listing.name}: {len(listing.skipped)} records or sentences are left out; the first: "
            f"{listing.skipped[0]['where']}: {listing.skipped[0]['reason']}"
        )
    return listing


def with_regions(listing: Listing, folder: Path, detector: str = "", progress: bool = True) -> Opened:
    """The corpus of a listing in `folder`: with the regions found there, or extracted."""
    kept, on_bad = home() / listing.name, "skip" if listing.name in FROM_THE_WEB else "error"
    pictures = listing.pictures() if listing.has_pictures else None
    if not detector and _extracted(folder):
        store = _read_features(folder, kept, on_bad, progress)
        return Opened(listing.with_features(store), pictures)
    pictures = pictures or listing.pictures()
    store = extract_regions(pictures, _detector(detector), kept, on_bad=on_bad, progress=progress)
    return Opened(listing.with_regions(store), pictures)


def with_pixels(opened: Opened, side: int = 64, progress: bool = True) -> Opened:
    """The same corpus with its pictures at side x side pixels, in a store beside that of its regions (under
    `VSE_LESSONS_HOME` where those are elsewhere), made once by the same extraction.  `DataError` where there
    are no pictures, or not of each image."""
    corpus, pictures = opened.corpus, opened.pictures
    if pictures is None:
        raise DataError(
            f"{corpus.name} holds features only, no pictures to take pixels from: open it from "
            "its pictures, or train a model that reads no pixels"
        )
    beside = Path(corpus.regions.source).parent
    folder = beside if beside.is_relative_to(home()) else home() / corpus.name
    store = extract_regions(pictures, Thumbnails(side), folder, on_bad="skip", progress=progress)
    row = {image: number for number, image in enumerate(store.ids)}
    lost = [image for image in corpus.image_ids if image not in row]
    if lost:
        reason = next((one["reason"] for one in store.skipped if one["id"] == lost[0]), "it is not there")
        raise DataError(
            f"{corpus.name}: {len(lost)} images have regions but no pixels; the first is {lost[0]} ({reason})"
        )
    pixels = store.select([row[image] for image in corpus.image_ids])
    return replace(opened, corpus=replace(corpus, pixels=pixels))


def prepare(opened: Opened, listing: Listing, folder: Path) -> None:
    """Writes a corpus to `folder` so that `open_corpus("prepared", folder)` opens it at once.  Regions and
    pictures stay where they are."""
    folder = Path(folder)
    place = {image: str(path.resolve()) for image, path in zip(listing.ids, listing.paths)}
    if opened.pictures is not None:
        write_json(folder / PICTURES, [place[image] for image in opened.corpus.image_ids])
    else:
        (folder / PICTURES).unlink(missing_ok=True)  # of another corpus
    opened.corpus.save(folder / precomputed.CORPUS, Path(opened.corpus.regions.source).resolve())


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


def _prepared(folder: Path) -> Opened:
    if not (folder / precomputed.CORPUS).is_file():
        raise DataError(
            f"{folder} has no {precomputed.CORPUS}: run one of data_scripts/prepare_*.py with "
            "--to this folder"
        )
    corpus = Corpus.load(folder / precomputed.CORPUS)
    if not (folder / PICTURES).is_file():
        return Opened(corpus)
    paths = read_json(folder / PICTURES)
    named = isinstance(paths, list) and all(isinstance(path, str) for path in paths)
    if not named or len(paths) != len(corpus.image_ids):
        raise DataError(
            f"{folder / PICTURES} does not name {len(corpus.image_ids)} pictures: prepare it again"
        )
    return Opened(corpus, pictures_from_files([Path(path) for path in paths], corpus.image_ids))


def _extracted(folder: Path) -> bool:
    """Whether somebody else's regions are in a folder."""
    return bool(bottom_up.find_files(folder)) or (folder / FEATURES).is_dir()


def _read_features(folder: Path, kept: Path, on_bad: str, progress: bool) -> RegionStore:
    files = bottom_up.find_files(folder) or bottom_up.find_files(folder / FEATURES)
    if files:
        return bottom_up.read(files, kept, on_bad=on_bad, progress=progress)
    return npz_folder.read(folder / FEATURES, kept, on_bad=on_bad, progress=progress)


def _detector(name: str) -> Detector:
    """EfficientNet-Lite0 or a checkpoint, on a GPU if there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return HubDetector(name, device=device) if name else EfficientNetLite0(device)


def _flickr(folder: Path, *, name: str, pictures: bool, on_bad: str) -> Listing:
    """Flickr8k or Flickr30K with Karpathy's list, if it is there, or with caption file and split lists."""
    if karpathy.has_list(folder, name):
        return karpathy.read(folder, pictures=pictures, on_bad=on_bad, name=name)
    return flickr.read(folder, pictures=pictures, on_bad=on_bad, name=name)


LISTINGS: dict[str, Callable[..., Listing]] = {
    "flickr8k": _flickr,
    "flickr30k": _flickr,
    "coco": coco.read,
    "artpedia": artpedia.read,
    "fashion_products": fashion_table.read,
    "deepfashion": captions_json.read,
    "esteartworks": captions_json.read,
    "captions_csv": captions_csv.read,
    "text_files": text_files.read,
}
# of some thousand files from the web some are damaged or too large
FROM_THE_WEB = ("artpedia", "fashion_products", "deepfashion", "esteartworks")
STORYBOOKS = ("storybook", "storybook-fashion", "storybook-art", "storybook-pages")
CORPORA = (*STORYBOOKS, *LISTINGS, "precomputed", "prepared")

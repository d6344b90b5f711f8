"""The contract of a detector, from pixels to regions, and the one that keeps the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from PIL import Image

from vse_lessons.data.regions import Detections


class Detector(Protocol):
    """Finds regions in pictures."""

    name: str
    version: str  # changes whenever the detections do: extracted features are made again
    feature_dim: int

    @property
    def class_names(self) -> tuple[str, ...]:
        """What a region's class may be called."""
        ...

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """What a region's attribute may be called."""
        ...

    @property
    def tag_names(self) -> tuple[str, ...]:
        """What the image-level concepts are called."""
        ...

    def __call__(self, images: Sequence[Image.Image]) -> list[Detections]:
        """The detections of each of some RGB pictures of any size."""
        ...


class Thumbnails:
    """Small pictures in the form of a detector: one region, the whole picture.

    Its feature is its side x side x 3 pixels, 0 to 255, which half precision holds exactly.  Of a picture
    that is no square it is the middle.

    Args:
        side: Width and height in pixels.
    """

    version = "1"
    regions = 1  # of each picture
    class_names: tuple[str, ...] = ()
    attribute_names: tuple[str, ...] = ()
    tag_names: tuple[str, ...] = ()

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

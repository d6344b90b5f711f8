"""Detectors, from pixels to regions, and the extraction of whole corpora."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.sources.detectors.base import Detector, Thumbnails
    from vse_lessons.sources.detectors.colors import COLORS, name_box_colors, name_colors
    from vse_lessons.sources.detectors.efficientnet import EfficientNetLite0
    from vse_lessons.sources.detectors.extraction import extract_regions, store_name
    from vse_lessons.sources.detectors.hub import HubDetector, HubEmbedder
    from vse_lessons.sources.detectors.imagenet import ImageNetWords, imagenet_words

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "base": (
            "Detector",
            "Thumbnails",
        ),
        "colors": (
            "COLORS",
            "name_box_colors",
            "name_colors",
        ),
        "efficientnet": ("EfficientNetLite0",),
        "extraction": (
            "extract_regions",
            "store_name",
        ),
        "hub": (
            "HubDetector",
            "HubEmbedder",
        ),
        "imagenet": (
            "ImageNetWords",
            "imagenet_words",
        ),
    },
)

"""Storybook, the built-in corpus: pictures, sentences and detections made by code."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.sources.storybook.detector import StorybookDetector
    from vse_lessons.sources.storybook.truth import Grades, grade, match, mentions, share_named
    from vse_lessons.sources.storybook.world import (
        SIZES,
        build_corpus,
        open_domain,
        picture_scenes,
        sample_scenes,
    )

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "detector": ("StorybookDetector",),
        "truth": (
            "Grades",
            "grade",
            "match",
            "mentions",
            "share_named",
        ),
        "world": (
            "SIZES",
            "build_corpus",
            "open_domain",
            "picture_scenes",
            "sample_scenes",
        ),
    },
)

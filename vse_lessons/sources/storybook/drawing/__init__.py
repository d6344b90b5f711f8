"""Storybook's pictures, drawn from scenes."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.sources.storybook.drawing.pen import Pen
    from vse_lessons.sources.storybook.drawing.picture import draw

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "pen": ("Pen",),
        "picture": ("draw",),
    },
)

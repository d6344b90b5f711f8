"""What a picture of Storybook means, before it is drawn or written about."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.sources.storybook.scene.kinds import Kind
    from vse_lessons.sources.storybook.scene.meaning import Clothes, Scene, Thing, sample_scene

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "kinds": ("Kind",),
        "meaning": (
            "Clothes",
            "Scene",
            "Thing",
            "sample_scene",
        ),
    },
)

"""Baselines of the papers: VSE++, SCAN, DPC and DAN, closed forms, linear maps, tags and zero-shot models."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.models.baselines.cca import CCA, CCAConfig
    from vse_lessons.models.baselines.coral import Coral, CoralConfig
    from vse_lessons.models.baselines.linear import Linear, LinearConfig
    from vse_lessons.models.baselines.tags import Concepts, Tags, TagsConfig, lexicon_of
    from vse_lessons.models.baselines.zero_shot import SentenceEmbedder, ZeroShot, ZeroShotConfig

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "cca": (
            "CCA",
            "CCAConfig",
        ),
        "coral": (
            "Coral",
            "CoralConfig",
        ),
        "linear": (
            "Linear",
            "LinearConfig",
        ),
        "tags": (
            "Concepts",
            "Tags",
            "TagsConfig",
            "lexicon_of",
        ),
        "zero_shot": (
            "SentenceEmbedder",
            "ZeroShot",
            "ZeroShotConfig",
        ),
    },
)

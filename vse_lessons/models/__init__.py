"""Models: one file a paper, `MODELS` by name, and folders in which a trained one is kept."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.models.a3vse import A3VSE, A3VSEConfig
    from vse_lessons.models.artpedia import Artpedia, ArtpediaConfig
    from vse_lessons.models.base import (
        Batch,
        Embedder,
        HasAdversary,
        Losses,
        Pairs,
        ParameterGroup,
        RanksPages,
        ReadsPixels,
        Trainable,
        UnpairedBatch,
        Wraps,
        pair_scores,
        reads_pixels,
    )
    from vse_lessons.models.baselines.dan import DAN, DANConfig
    from vse_lessons.models.baselines.dpc import DPC, DPCConfig
    from vse_lessons.models.baselines.scan import SCAN, SCANConfig
    from vse_lessons.models.baselines.vsepp import VSEPP, VSEPPConfig
    from vse_lessons.models.building import (
        Kept,
        check_pixels,
        evaluating,
        open_word_vectors,
        regions_of_files,
        seeded,
        vectors_of,
    )
    from vse_lessons.models.gxn import GXN, GXNConfig
    from vse_lessons.models.presets import Difference, Optimization, Presets, differences, from_dict
    from vse_lessons.models.registry import (
        MODELS,
        Spec,
        load_model,
        name_of,
        prepare_training,
        save_model,
        spec,
    )
    from vse_lessons.models.vsa import VSA, VSAConfig

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "a3vse": (
            "A3VSE",
            "A3VSEConfig",
        ),
        "artpedia": (
            "Artpedia",
            "ArtpediaConfig",
        ),
        "base": (
            "Batch",
            "Embedder",
            "HasAdversary",
            "Losses",
            "Pairs",
            "ParameterGroup",
            "RanksPages",
            "ReadsPixels",
            "Trainable",
            "UnpairedBatch",
            "Wraps",
            "pair_scores",
            "reads_pixels",
        ),
        "building": (
            "Kept",
            "check_pixels",
            "evaluating",
            "open_word_vectors",
            "regions_of_files",
            "seeded",
            "vectors_of",
        ),
        "baselines.dan": (
            "DAN",
            "DANConfig",
        ),
        "baselines.dpc": (
            "DPC",
            "DPCConfig",
        ),
        "gxn": (
            "GXN",
            "GXNConfig",
        ),
        "presets": (
            "Difference",
            "Optimization",
            "Presets",
            "differences",
            "from_dict",
        ),
        "registry": (
            "MODELS",
            "Spec",
            "load_model",
            "name_of",
            "prepare_training",
            "save_model",
            "spec",
        ),
        "baselines.scan": (
            "SCAN",
            "SCANConfig",
        ),
        "vsa": (
            "VSA",
            "VSAConfig",
        ),
        "baselines.vsepp": (
            "VSEPP",
            "VSEPPConfig",
        ),
    },
)

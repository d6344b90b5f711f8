"""Where corpora come from: by name, from files as they are published, or drawn and written by code."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.sources.catalogue import (
        SOURCES,
        OpenedTarget,
        Source,
        detector_of,
        embed_corpus,
        find_source,
        has_features,
        open_corpus,
        open_target,
        read_listing,
        read_source,
        save_prepared,
        with_regions,
    )
    from vse_lessons.sources.opened import Opened, with_pixels
    from vse_lessons.sources.paths import inside
    from vse_lessons.sources.prepare import find_release, prepare_corpus
    from vse_lessons.sources.semantics import describe, global_tags, people_words, regional_semantics

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "catalogue": (
            "OpenedTarget",
            "SOURCES",
            "Source",
            "detector_of",
            "embed_corpus",
            "find_source",
            "has_features",
            "open_corpus",
            "open_target",
            "read_listing",
            "read_source",
            "save_prepared",
            "with_regions",
        ),
        "opened": ("Opened", "with_pixels"),
        "paths": ("inside",),
        "prepare": (
            "find_release",
            "prepare_corpus",
        ),
        "semantics": (
            "describe",
            "global_tags",
            "people_words",
            "regional_semantics",
        ),
    },
)

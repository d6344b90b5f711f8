"""Draws figures: statistics with seaborn from tidy frames, pictures with boxes with plain matplotlib.

Colours are told apart by the colour-blind and are never the only sign of anything.  Intervals are half of the
95 % Student interval over seeds on either side.
"""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.lessons.plots.bars import bars, counts, distribution, distribution_by
    from vse_lessons.lessons.plots.curves import curve_panels, curves, learning_curves
    from vse_lessons.lessons.plots.maps import heat_map, tsne
    from vse_lessons.lessons.plots.pictures import (
        contact_sheet,
        draw_boxes,
        picture_rows,
        region_attention,
        show_picture,
        surest,
    )
    from vse_lessons.lessons.plots.sheets import page, retrieved_pictures, retrieved_sentences
    from vse_lessons.lessons.plots.theme import (
        MARKERS,
        PALETTE,
        RIGHT,
        WRONG,
        label,
        panels,
        plain,
        reference,
        save,
        use_theme,
        wrap,
    )
    from vse_lessons.lessons.plots.tidy import history_frame, seed_interval

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "bars": ("bars", "counts", "distribution", "distribution_by"),
        "curves": ("curve_panels", "curves", "learning_curves"),
        "maps": ("heat_map", "tsne"),
        "pictures": (
            "contact_sheet",
            "draw_boxes",
            "picture_rows",
            "region_attention",
            "show_picture",
            "surest",
        ),
        "sheets": ("page", "retrieved_pictures", "retrieved_sentences"),
        "theme": (
            "MARKERS",
            "PALETTE",
            "RIGHT",
            "WRONG",
            "label",
            "panels",
            "plain",
            "reference",
            "save",
            "use_theme",
            "wrap",
        ),
        "tidy": ("history_frame", "seed_interval"),
    },
)

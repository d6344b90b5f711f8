"""What the notebooks share: a `Lesson`, figures, widgets, and the doctor."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.lessons.session import Lesson
    from vse_lessons.lessons.widgets import answer_box, chooser, show_figure, show_source, show_table

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "session": ("Lesson",),
        "widgets": ("answer_box", "chooser", "show_figure", "show_source", "show_table"),
    },
)

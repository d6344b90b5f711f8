"""Finds out what a machine, its caches and a corpus on disk hold, and which lessons can run there.

Whatever is wrong comes with a remedy.  The command is `vse-lessons doctor`.
"""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.lessons.doctor.examination import examine
    from vse_lessons.lessons.doctor.findings import Finding
    from vse_lessons.lessons.doctor.report import lines, printable

__getattr__, __dir__, __all__ = attach(
    __name__,
    {"examination": ("examine",), "findings": ("Finding",), "report": ("lines", "printable")},
)

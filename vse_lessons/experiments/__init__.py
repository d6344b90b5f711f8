"""Studies of the papers: grids of runs, tables of rows, claims with verdicts, reports."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.experiments.claims import Claim, Results
    from vse_lessons.experiments.grid import Cell, Experiment
    from vse_lessons.experiments.report import EXPERIMENTS, stored
    from vse_lessons.experiments.table import Table

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "claims": ("Claim", "Results"),
        "grid": ("Cell", "Experiment"),
        "report": ("EXPERIMENTS", "stored"),
        "table": ("Table",),
    },
)

"""Studies of the papers: grids of runs, tables of rows, claims with verdicts, reports."""

from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.experiments.claims import Claim, Contrast, Results, claims_table
    from vse_lessons.experiments.grid import Cell, Experiment, run_grid
    from vse_lessons.experiments.report import EXPERIMENTS, experiment, report, stored, write_reports
    from vse_lessons.experiments.table import Table

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "claims": ("Claim", "Contrast", "Results", "claims_table"),
        "grid": ("Cell", "Experiment", "run_grid"),
        "report": ("EXPERIMENTS", "experiment", "report", "stored", "write_reports"),
        "table": ("Table",),
    },
)

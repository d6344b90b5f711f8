"""Table of finished runs, a row a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vse_lessons.common import JsonLines, Rows, is_checkout
from vse_lessons.common.frames import frame
from vse_lessons.evaluation import flatten

if TYPE_CHECKING:
    import pandas as pd

FORMATS, VERSION = ("vse_lessons.table", "vse_lessons.study"), 2
CONVERT = "convert it with data_scripts/convert_tables.py, or " if is_checkout() else ""
REMEDY = f"{CONVERT}move it away and run the study again"
NEEDED = "digest metrics.* library cell.seed versions.torch machine.processor corpus.digest"
COSTS = ("n_annotated", "n_pairs", "steps", "seconds")


class Table(Rows):
    """Rows of finished runs, one a cell, in a file that is safe against whatever stops a run.

    Args:
        path: the `.jsonl` file; it need not exist yet. Curves and maps lie beside it in an `.npz` file.
    """

    def __init__(self, path: Path | str):
        lines = JsonLines(Path(path), "a table of a study", FORMATS, VERSION, REMEDY)
        super().__init__(lines, "cell", NEEDED.split(), "is this the table of another paper?")

    def missing(self, digests: Mapping[Any, str]) -> list:
        """List the cells, given with their digests, whose row is missing or stale: has another digest."""
        done = {self.name_of(row["cell"]): row["digest"] for row in self.rows()}
        return [cell for cell, wanted in digests.items() if done.get(self.name_of(cell.fields())) != wanted]

    def frame(self) -> pd.DataFrame:
        """Build one tidy pandas frame, a row a run; see `frame_of`."""
        return frame_of(self.rows())


def frame_of(rows: Iterable[dict]) -> pd.DataFrame:
    """Build one tidy pandas frame: for each row the fields of its cell, what it cost, a column a metric."""
    return frame({**r["cell"], **{key: r.get(key) for key in COSTS}, **flatten(r["metrics"])} for r in rows)

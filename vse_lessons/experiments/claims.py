"""Claims of papers against stored runs: contrasts between cells, taken seed by seed, and a verdict each.

A claim is a set of contrasts, such as "A3VSE minus SCAN at 10 % x 5". Runs of one seed share their annotated
images, so a contrast is taken seed by seed. `evaluation.significance.judge` has the rule of the verdict.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Union

from vse_lessons.common import DataError
from vse_lessons.evaluation import Measured, judge, spread
from vse_lessons.experiments.grid import PUBLISHED, Cell
from vse_lessons.experiments.table import flatten, frame_of

if TYPE_CHECKING:
    import pandas as pd

RECALLS = tuple(f"{side} {cut}" for side in ("t2i", "i2t") for cut in ("R@1", "R@5", "R@10"))


@dataclass(frozen=True)
class Share:
    """A value as a share, in per cent, of another one."""

    part: Term
    whole: Term


@dataclass(frozen=True)
class Contrast:
    """The sum of some terms less the sum of others, by seed.

    Attributes:
        plus: cells (of which the metric counts), shares and contrasts, which are added. The seed and the
            corpus of a cell do not count.
        minus: those that are taken off.
        metric: a flat name, such as "t2i R@1" or "rsum".
    """

    plus: tuple[Term, ...]
    minus: tuple[Term, ...] = ()
    metric: str = "t2i R@1"


Term = Union[Cell, Share, Contrast]


@dataclass(frozen=True)
class Claim:
    """What a paper says.

    Attributes:
        text: one sentence.
        where: the table or the section.
        contrasts: all of them are larger than `minimum` if the claim holds.
        minimum: in the unit of the metric.
    """

    text: str
    where: str
    contrasts: tuple[Contrast, ...]
    minimum: float = 0.0


def versus(first: Cell, *others: Cell, metric: str = "t2i R@1") -> tuple[Contrast, ...]:
    """Return the contrasts of a cell with each of some others."""
    return tuple(Contrast((first,), (other,), metric) for other in others)


class Results:
    """The rows of one corpus and preset, to be asked by cell.

    Args:
        rows: of a table; those of other corpora and presets are passed over.
        cell: the type of the cells.
        corpus: the corpus asked about.
        preset: the preset asked about.
        arrays: reads the arrays of a row, as `Table.arrays`.
    """

    def __init__(
        self, rows: Iterable[dict], cell: type[Cell], corpus: str, preset: str = "lesson", arrays: Any = None
    ):
        self.cell, self.corpus, self.preset, self.arrays = cell, corpus, preset, arrays
        self.all = [r for r in rows if (r["cell"]["corpus"], r["cell"]["preset"]) == (corpus, preset)]
        self._by_cell: dict[Cell, dict[int, dict]] = {}
        for row in self.all:
            self._by_cell.setdefault(self._key(cell(**row["cell"])), {})[row["cell"]["seed"]] = row

    def _key(self, cell: Cell) -> Cell:
        return replace(cell, seed=0, corpus=self.corpus, preset=self.preset)

    def rows(self, cell: Cell) -> dict[int, dict]:
        """Return the rows of a cell by seed."""
        return dict(sorted(self._by_cell.get(self._key(cell), {}).items()))

    def cells(self) -> list[Cell]:
        """List the cells that have a row, each once, with seed 0."""
        return list(self._by_cell)

    def values(self, cell: Cell, metric: str = "t2i R@1") -> dict[int, float]:
        """Return a metric of a cell by seed; `DataError` for a metric that a row lacks."""
        rows = {seed: flatten(row["metrics"]) for seed, row in self.rows(cell).items()}
        if any(metric not in row for row in rows.values()):
            raise DataError(f"the row of {cell} has no {metric}")
        return {seed: row[metric] for seed, row in rows.items()}

    def spread(self, cell: Cell, metric: str = "t2i R@1", digits: int = 1) -> str:
        """Print a metric of a cell: its mean ± half of the 95 % interval over seeds, or – without a row."""
        rows = (flatten(row["metrics"]) for row in self.rows(cell).values())
        return spread([row[metric] for row in rows if metric in row], digits)

    def by_seed(self, contrast: Contrast) -> dict[int, float]:
        """Return a contrast by the seeds that all its cells have; one untrained run serves every seed."""
        terms = [(1, term) for term in contrast.plus] + [(-1, term) for term in contrast.minus]
        values = [(sign, self._of_term(term, contrast.metric), term) for sign, term in terms]
        trained = [set(v) for _, v, term in values if not getattr(term, "untrained", False)]
        if not trained or any(not v for _, v, _ in values):
            return {}
        seeds = sorted(set.intersection(*trained))
        return {s: sum(sign * v.get(s, next(iter(v.values()))) for sign, v, _ in values) for s in seeds}

    def _of_term(self, term: Term, metric: str) -> dict[int, float]:
        if isinstance(term, Cell):
            return self.values(term, metric)
        if isinstance(term, Contrast):
            return self.by_seed(term)
        part, whole = self._of_term(term.part, metric), self._of_term(term.whole, metric)
        return {seed: 100 * value / whole[seed] for seed, value in part.items() if whole.get(seed)}

    def measure(self, contrast: Contrast) -> Measured | None:
        """Measure a contrast over its seeds; None where there is no seed."""
        return Measured.of(self.by_seed(contrast).values())

    def verdict(self, claim: Claim) -> str:
        """Judge a claim: holds, does not hold, undecided or not run; see `judge`."""
        return judge([self.measure(contrast) for contrast in claim.contrasts], claim.minimum)

    def frame(self, **wanted: Any) -> pd.DataFrame:
        """Build one tidy pandas frame, one row a run, of the rows whose cells have the wanted fields."""
        return frame_of([r for r in self.all if all(r["cell"][key] == v for key, v in wanted.items())])


def read_published(name: str) -> list[dict[str, str]]:
    """Read the lines of a paper's own table, `published/NAME.csv`, as text by column."""
    with open(PUBLISHED / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def published(lines: Iterable[Mapping[str, str]], cell: type[Cell], corpus: str) -> Results:
    """Turn a paper's own figures into results (seed 0, preset `paper`), so that contrasts are taken as ours.

    A column is a field of the cell or a metric. "rsum" is added where all six recalls are printed.
    """
    types, rows = {f.name: type(f.default) for f in fields(cell)}, []
    for line in lines:
        own = {key: types[key](value) for key, value in line.items() if key in types}
        metrics = {key: float(v) for key, v in line.items() if key not in {*types, "where", "source"} and v}
        if set(RECALLS) <= set(metrics):
            metrics["rsum"] = sum(metrics[key] for key in RECALLS)
        rows.append({"cell": cell(**own, corpus=corpus, preset="paper").fields(), "metrics": metrics})
    return Results(rows, cell, corpus, "paper")

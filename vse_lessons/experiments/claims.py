"""Claims of papers against what was measured here: contrasts over seeds, and a verdict each.

A claim is a set of contrasts between cells, such as "A3VSE minus SCAN at 10 % x 5".  Runs of one seed
share their annotated images, so a contrast is taken seed by seed.  The rule for the verdict:

    holds            the whole 95 % interval of every contrast lies above the claim's minimum,
    does not hold    the whole 95 % interval of at least one contrast lies below it,
    undecided        anything else, also where there are too few seeds for an interval or some
                     contrasts of the claim were not run,
    not run          none was run.

The interval is Student's over seeds.  It speaks of new seeds on the same test pictures, not of another
corpus.  It is not corrected for the number of contrasts: a claim with many of them holds only if all are
clear, and falls by chance a little more often than one in twenty times.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from vse_lessons.common.errors import DataError
from vse_lessons.evaluation.significance import mean_interval, spread
from vse_lessons.experiments.grid import PUBLISHED, Cell
from vse_lessons.experiments.table import flatten, frame_of

if TYPE_CHECKING:
    import pandas as pd

HOLDS, FAILS, UNDECIDED, NOT_RUN = "holds", "does not hold", "undecided", "not run"
RECALLS = tuple(f"{side} {cut}" for side in ("t2i", "i2t") for cut in ("R@1", "R@5", "R@10"))
TITLES = {"storybook": "Storybook", "flickr8k": "Flickr8k", "storybook-pages": "Storybook's pages"}


@dataclass(frozen=True)
class Share:
    """A cell's metric as a share, in per cent, of that of another cell."""

    cell: Cell
    of: Cell


@dataclass(frozen=True)
class Contrast:
    """The sum of a metric over some cells less its sum over others; their seed and corpus do not count."""

    plus: tuple[Cell | Share, ...]
    minus: tuple[Cell | Share, ...]
    metric: str = "t2i R@1"


@dataclass(frozen=True)
class Claim:
    """What a paper says, where, and the contrasts that must all be larger than `minimum`."""

    text: str
    where: str
    contrasts: tuple[Contrast, ...]
    minimum: float = 0.0


@dataclass(frozen=True)
class Measured:
    """A contrast in figures: its value by seed, their mean and the half-width of the 95 % interval."""

    values: tuple[float, ...]
    mean: float
    half_width: float  # NaN with one seed


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
        """Return a contrast by the seeds that all its cells have; one run of tags serves every seed."""
        terms = [(1, term) for term in contrast.plus] + [(-1, term) for term in contrast.minus]
        values = [(sign, self._of_term(term, contrast.metric), term) for sign, term in terms]
        trained = [set(v) for _, v, term in values if isinstance(term, Share) or not term.untrained]
        if not trained or any(not v for _, v, _ in values):
            return {}
        seeds = sorted(set.intersection(*trained))
        return {s: sum(sign * v.get(s, next(iter(v.values()))) for sign, v, _ in values) for s in seeds}

    def _of_term(self, term: Cell | Share, metric: str) -> dict[int, float]:
        if isinstance(term, Cell):
            return self.values(term, metric)
        values, whole = self.values(term.cell, metric), self.values(term.of, metric)
        return {seed: 100 * value / whole[seed] for seed, value in values.items() if whole.get(seed)}

    def measure(self, contrast: Contrast) -> Measured | None:
        """Measure a contrast over its seeds; None where there is no seed."""
        values = tuple(self.by_seed(contrast).values())
        return Measured(values, *mean_interval(values)) if values else None

    def verdict(self, claim: Claim) -> str:
        """Judge a claim by the rule of this module's docstring."""
        measured = [self.measure(contrast) for contrast in claim.contrasts]
        known = [m for m in measured if m is not None and math.isfinite(m.half_width)]
        if any(m.mean + m.half_width < claim.minimum for m in known):
            return FAILS
        if not any(measured):
            return NOT_RUN
        clear = all(m.mean - m.half_width > claim.minimum for m in known)
        return HOLDS if clear and len(known) == len(measured) else UNDECIDED

    def frame(self, **wanted: Any) -> pd.DataFrame:
        """Build one tidy pandas frame, a row a run, of the rows whose cells have the wanted fields."""
        return frame_of([r for r in self.all if all(r["cell"][key] == v for key, v in wanted.items())])


def published(name: str, cell: type[Cell], corpus: str) -> Results:
    """Read a paper's own figures as results (seed 0, preset `paper`), so that contrasts are computed as ours.

    Args:
        name: of the table, `published/NAME.csv`, with columns for fields of the cell and for metrics.
        cell: the type of the cells.
        corpus: of the paper.

    Returns:
        The figures; "rsum" where all six recalls are printed.
    """
    types, rows = {f.name: type(f.default) for f in fields(cell)}, []
    for line in read_published(name):
        own = {key: types[key](value) for key, value in line.items() if key in types}
        metrics = {key: float(v) for key, v in line.items() if key not in {*types, "where"} and v}
        if set(RECALLS) <= set(metrics):
            metrics["rsum"] = sum(metrics[key] for key in RECALLS)
        rows.append({"cell": cell(**own, corpus=corpus, preset="paper").fields(), "metrics": metrics})
    return Results(rows, cell, corpus, "paper")


def read_published(name: str) -> list[dict[str, str]]:
    """Read the lines of `published/NAME.csv`, as text by column."""
    with open(PUBLISHED / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def versus(first: Cell, *others: Cell, metric: str = "t2i R@1") -> tuple[Contrast, ...]:
    """Return the contrasts of a cell with each of some others."""
    return tuple(Contrast((first,), (other,), metric) for other in others)


def summarize_claim(results: Results, claim: Claim) -> str:
    """Print a claim's contrasts: one with its interval, several from the smallest to the largest."""
    measured = [m for m in map(results.measure, claim.contrasts) if m is not None]
    if not measured:
        return "–"
    seeds = min(len(m.values) for m in measured)
    ends = sorted(measured, key=lambda m: m.mean)
    ends = ends[:: len(ends) - 1] if len(ends) > 1 else ends
    texts = [f"{m.mean:+.1f}" + (f" ± {m.half_width:.1f}" if seeds > 1 else "") for m in ends]
    missing = len(claim.contrasts) - len(measured)
    notes = f"{seeds} seed{'s' * (seeds > 1)}" + (f", {missing} not run" if missing else "")
    return f"{' to '.join(texts)} ({notes})"


def print_means(results: Results, claim: Claim) -> str:
    """Print a claim's contrasts without intervals, for published figures."""
    means = sorted(m.mean for m in map(results.measure, claim.contrasts) if m is not None)
    return " to ".join(f"{mean:+.1f}" for mean in dict.fromkeys([*means[:1], *means[-1:]])) or "–"


def claims_table(studies: Sequence[Results], claims: Sequence[Claim], paper: Results) -> str:
    """Print claims as a Markdown table: the paper's contrast, then what each study measured.

    Args:
        studies: what was measured, a corpus each.
        claims: of the paper.
        paper: the paper's own figures.

    Returns:
        Contrasts as mean ± half of the 95 % interval over seeds, in points, and verdicts.
    """
    titles = [TITLES.get(study.corpus, study.corpus) for study in studies]
    header = ["claim", "where", "paper", *(part for title in titles for part in (title, "verdict"))]
    lines = []
    for claim in claims:
        cells = [claim.text, claim.where, print_means(paper, claim)]
        for study in studies:
            verdict = study.verdict(claim)
            bold = f"**{verdict}**" if verdict in (HOLDS, FAILS) else verdict
            cells += [summarize_claim(study, claim), bold]
        lines.append(cells)
    return markdown(header, lines)


def markdown(header: Sequence[object], lines: Iterable[Sequence[object]]) -> str:
    """Print a Markdown table; a | in a cell is escaped."""
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(str(c).replace("|", "\\|") for c in row) + " |" for row in rows)


def cells_table(
    results: Results,
    names: Sequence[str],
    metrics: Sequence[str],
    paper: Results | None = None,
    compared: str = "",
    digits: int = 1,
) -> str:
    """Print the cells that were run: some of their fields, the number of seeds, and metrics.

    Args:
        results: what was measured.
        names: of fields of the cell, by which rows are sorted.
        metrics: printed as mean ± half of the 95 % interval over seeds; – where a row lacks one.
        paper: the paper's own figures.
        compared: the metric that is printed of them too.
        digits: after the decimal point.

    Returns:
        A Markdown table.
    """
    cells = sorted(results.cells(), key=lambda cell: [str(getattr(cell, name)) for name in names])
    lines = [
        (*(getattr(cell, name) for name in names), len(results.rows(cell)),
         *(results.spread(cell, metric, digits) for metric in metrics),
         *([paper.spread(cell, compared)] if paper else []))
        for cell in cells
    ]  # fmt: skip
    return markdown((*names, "seeds", *metrics, *([f"{compared} in the paper"] if paper else [])), lines)

"""Claims of papers against stored runs: contrasts between cells, a verdict each, and tables of both.

Intervals are Student's over seeds: they speak of new seeds on the same test images, not of another corpus.
They are not corrected for the number of contrasts: a claim with many, such as "A3VSE minus SCAN" in nine
settings, holds only if all are clear, and falls by chance a little more often than one in twenty times.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from vse_lessons.common import DataError, markdown_table
from vse_lessons.evaluation import RECALLS, Contrast, Measured, contrast_by_seed, flatten, spread
from vse_lessons.experiments.grid import PUBLISHED, Cell
from vse_lessons.experiments.table import frame_of

if TYPE_CHECKING:
    import pandas as pd

HOLDS, FAILS, UNDECIDED, NOT_RUN = "holds", "does not hold", "undecided", "not run"
TITLES = {"storybook": "Storybook", "flickr8k": "Flickr8k", "storybook-pages": "Storybook's pages"}
# of a metric by the end of its name; else 1
DIGITS = {"mmd2": 3, "image_cosine": 2, "sentence_cosine": 2, "version": 2, "others": 2}


@dataclass(frozen=True)
class Claim:
    """What a paper says: that some contrasts are all larger than a minimum."""

    text: str  # one sentence
    where: str  # the table or the section
    contrasts: Sequence[Contrast]  # all of them, in the unit of their metric
    minimum: float = 0.0  # that each is to be above


def versus(first: Cell, *others: Cell, metrics: Sequence[str] = ()) -> list[Contrast]:
    """Return the contrasts of a cell with each of some others, in text-to-image R@1 or these metrics."""
    return [Contrast((first,), (o,), metric) for o in others for metric in metrics or ("t2i R@1",)]


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
        """Return a contrast by the seeds that all its cells have."""
        return contrast_by_seed(contrast, self.values)

    def measure(self, contrast: Contrast) -> Measured | None:
        """Measure a contrast over its seeds; None where there is no seed."""
        return Measured.of(self.by_seed(contrast).values())

    def verdict(self, claim: Claim) -> str:
        """Judge a claim by the 95 % intervals of its contrasts.

        It holds if all lie above the minimum, and does not hold if at least one lies below. It is not run if
        no contrast was, and else undecided: also with one seed, or if some contrasts were not run.
        """
        measured = [self.measure(contrast) for contrast in claim.contrasts]
        sides = [m.side(claim.minimum) if m else None for m in measured]
        if -1 in sides:
            return FAILS
        return NOT_RUN if not any(measured) else HOLDS if set(sides) == {1} else UNDECIDED

    def frame(self, **wanted: Any) -> pd.DataFrame:
        """Build one tidy pandas frame, one row a run, of the rows whose cells have the wanted fields."""
        return frame_of([r for r in self.all if all(r["cell"][key] == v for key, v in wanted.items())])


def read_published(name: str) -> list[dict[str, str]]:
    """Read the lines of a paper's own table, `published/NAME.csv`, as text by column."""
    with open(PUBLISHED / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def published(name: str, cell: type[Cell], corpus: str, lines: Iterable[dict[str, str]] = ()) -> Results:
    """Turn a paper's table (or these lines of it) into results of seed 0 and preset `paper`.

    A column is a field of the cell or a metric. "rsum" is added where all six recalls are printed.
    """
    types: dict[str, Any] = {f.name: type(f.default) for f in fields(cell)}
    rows = []
    for line in lines or read_published(name):
        own: dict[str, Any] = {key: types[key](value) for key, value in line.items() if key in types}
        metrics = {key: float(v) for key, v in line.items() if key not in {*types, "where", "source"} and v}
        if set(RECALLS) <= set(metrics):
            metrics["rsum"] = sum(metrics[key] for key in RECALLS)
        rows.append({"cell": cell(**own, corpus=corpus, preset="paper").fields(), "metrics": metrics})
    return Results(rows, cell, corpus, "paper")


@dataclass(frozen=True)
class Section:
    """One section of a report: claims, or what prints a table: `content(results, paper=...)`."""

    title: str
    corpora: tuple[str, ...]  # whose rows are shown
    content: Sequence[Claim] | Callable[..., str]

    def table(self, studies: Sequence[Results], paper: Results) -> str:
        """Print the table, given the rows of each corpus and the paper's own figures."""
        if callable(self.content):
            return self.content(studies[0], paper=paper)
        return claims_table(studies, self.content, paper)


def claims_table(studies: Sequence[Results], claims: Sequence[Claim], paper: Results) -> str:
    """Print claims as a Markdown table: the paper's contrast, then that of each study, with its verdict."""
    header, lines = ["claim", "where", "paper"], [[c.text, c.where, print_means(paper, c)] for c in claims]
    for study in studies:
        header += [TITLES.get(study.corpus, study.corpus), "verdict"]
        for claim, line in zip(claims, lines):
            verdict = study.verdict(claim)
            bold = "**" if verdict in (HOLDS, FAILS) else ""
            line += [summarize_claim(study, claim), f"{bold}{verdict}{bold}"]
    return markdown_table(header, lines)


def summarize_claim(results: Results, claim: Claim) -> str:
    """Print a claim's contrasts: one with its interval, several from the smallest to the largest."""
    measured = sorted((m for m in map(results.measure, claim.contrasts) if m), key=lambda m: m.mean)
    if not measured:
        return "–"
    seeds, missing = min(len(m.values) for m in measured), len(claim.contrasts) - len(measured)
    ends = [measured[0], measured[-1]] if len(measured) > 1 else measured
    texts = [f"{m.mean:+.1f}" + (f" ± {m.half_width:.1f}" if seeds > 1 else "") for m in ends]
    notes = f"{seeds} seed{'s' * (seeds > 1)}" + (f", {missing} not run" if missing else "")
    return f"{' to '.join(texts)} ({notes})"


def print_means(results: Results, claim: Claim) -> str:
    """Print a claim's contrasts without intervals, for published figures."""
    means = sorted(m.mean for m in map(results.measure, claim.contrasts) if m)
    return " to ".join(f"{mean:+.1f}" for mean in dict.fromkeys([*means[:1], *means[-1:]])) or "–"


def cells_table(
    results: Results,
    names: Sequence[str],
    metrics: Sequence[str],
    paper: Results | None = None,
    compared: str = "",
    cells: Iterable[Cell] | None = None,
    further: Mapping[str, Callable[[Results, Any], str]] | None = None,
) -> str:
    """Print the cells that were run: fields, the number of seeds, metrics (one of the paper's) over seeds.

    By default all cells, sorted by the named fields. Further columns are functions of the results and a cell.
    """
    further, beside = further or {}, [compared] if paper and compared else []
    cells = cells or sorted(results.cells(), key=lambda c: [str(getattr(c, name)) for name in names])
    lines: list[list[object]] = []
    for cell in (cell for cell in cells if results.rows(cell)):
        lines.append([*(getattr(cell, name) for name in names), len(results.rows(cell))])
        lines[-1] += [results.spread(cell, name, DIGITS.get(name.split()[-1], 1)) for name in metrics]
        lines[-1] += [paper.spread(cell, name) for name in beside if paper]
        lines[-1] += [text(results, cell) for text in further.values()]
    header = [*names, "seeds", *metrics, *(f"{name} in the paper" for name in beside), *further]
    return markdown_table(header, lines)

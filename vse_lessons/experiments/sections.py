"""Sections of a report: a table of claims with verdicts, or a table of cells with their metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from vse_lessons.common import markdown_table
from vse_lessons.evaluation.significance import FAILS, HOLDS
from vse_lessons.experiments.claims import Claim, Results
from vse_lessons.experiments.grid import Cell

TITLES = {"storybook": "Storybook", "flickr8k": "Flickr8k", "storybook-pages": "Storybook's pages"}
DIGITS = {"mmd2": 3, "image_cosine": 2, "sentence_cosine": 2}  # of a metric by the end of its name; else 1


@dataclass(frozen=True)
class Section:
    """One section of a report: either claims, or what prints its table from the rows and the paper's."""

    title: str
    corpora: tuple[str, ...]  # whose rows are shown
    content: Sequence[Claim] | Callable[[Results, Results], str]

    def print(self, stored: Callable[[str], Results], paper: Results) -> str:
        """Print the section, given the rows of each corpus and the paper's own figures."""
        studies = [stored(corpus) for corpus in self.corpora]
        content = self.content
        text = content(studies[0], paper) if callable(content) else claims_table(studies, content, paper)
        return f"## {self.title}\n\n{text}"


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
    lines = [
        [claim.text, claim.where, print_means(paper, claim), *(t for s in studies for t in _judged(s, claim))]
        for claim in claims
    ]
    return markdown_table(header, lines)


def _judged(study: Results, claim: Claim) -> tuple[str, str]:
    """Print what a study measured and its verdict, in bold if it decides."""
    verdict = study.verdict(claim)
    return summarize_claim(study, claim), f"**{verdict}**" if verdict in (HOLDS, FAILS) else verdict


def summarize_claim(results: Results, claim: Claim) -> str:
    """Print a claim's contrasts: one with its interval, several from the smallest to the largest."""
    measured = [m for m in map(results.measure, claim.contrasts) if m is not None]
    if not measured:
        return "–"
    seeds = min(len(m.values) for m in measured)
    ends = sorted(measured, key=lambda m: m.mean)
    ends = [ends[0], ends[-1]] if len(ends) > 1 else ends
    texts = [f"{m.mean:+.1f}" + (f" ± {m.half_width:.1f}" if seeds > 1 else "") for m in ends]
    missing = len(claim.contrasts) - len(measured)
    notes = f"{seeds} seed{'s' * (seeds > 1)}" + (f", {missing} not run" if missing else "")
    return f"{' to '.join(texts)} ({notes})"


def print_means(results: Results, claim: Claim) -> str:
    """Print a claim's contrasts without intervals, for published figures."""
    means = sorted(m.mean for m in map(results.measure, claim.contrasts) if m is not None)
    return " to ".join(f"{mean:+.1f}" for mean in dict.fromkeys([*means[:1], *means[-1:]])) or "–"


def cells_table(
    results: Results,
    names: Sequence[str],
    metrics: Sequence[str],
    paper: Results | None = None,
    compared: str = "",
    cells: Iterable[Cell] | None = None,
    further: Mapping[str, Callable[[Cell], str]] | None = None,
) -> str:
    """Print the cells that were run as a Markdown table: some fields, the number of seeds, and metrics.

    Args:
        results: what was measured.
        names: of fields of the cell.
        metrics: printed as mean ± half of the 95 % interval over seeds; – where a row lacks one.
        paper: the paper's own figures.
        compared: the metric that is printed of the paper too; none by default.
        cells: in the order of the lines; by default all that were run, sorted by the named fields.
        further: columns at the end, each a function of the cell.

    Returns:
        The table.
    """
    further, beside = further or {}, [compared] if paper and compared else []
    if cells is None:
        cells = sorted(results.cells(), key=lambda cell: [str(getattr(cell, name)) for name in names])

    def line(cell: Cell) -> list[object]:
        of_cell = [getattr(cell, name) for name in names]
        spreads = [results.spread(cell, m, DIGITS.get(m.rpartition(" ")[2], 1)) for m in metrics]
        published = [paper.spread(cell, metric) for metric in beside] if paper else []
        return [*of_cell, len(results.rows(cell)), *spreads, *published, *(one(cell) for one in further.values())]

    header = [*names, "seeds", *metrics, *(f"{metric} in the paper" for metric in beside), *further]
    return markdown_table(header, [line(cell) for cell in cells if results.rows(cell)])

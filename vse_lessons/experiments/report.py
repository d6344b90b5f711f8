"""Reports: tables from stored rows, shown in lessons, written to `docs/results/` by `vse-lessons report`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from vse_lessons.common import atomic_path, check_known
from vse_lessons.experiments.a3vse import ANNOTATION, WEIGHTS
from vse_lessons.experiments.artpedia import PAGES
from vse_lessons.experiments.claims import Results
from vse_lessons.experiments.grid import Experiment
from vse_lessons.experiments.gxn import IMAGINING
from vse_lessons.experiments.table import Table
from vse_lessons.experiments.vsa import TRANSFER

EXPERIMENTS = {one.name: one for one in (ANNOTATION, WEIGHTS, PAGES, TRANSFER, IMAGINING)}
LEGEND = """Mean ± half of the 95 % Student interval over seeds; recalls and average precision in per cent.
**holds**: every contrast's whole interval is above 0.  **does not hold**: the whole interval of at least one
is below 0.  *undecided*: anything else, also where one seed has no interval.  Storybook shows mechanisms: its
figures are never a paper's results, which stand beside them for the order of rows, not for their height."""


def experiment(name: str) -> Experiment:
    """Return an experiment by its name; `DataError` names the known ones."""
    check_known("study", name, EXPERIMENTS)
    return EXPERIMENTS[name]


def stored(name: str, corpus: str, preset: str = "lesson", table: Table | None = None) -> Results:
    """Open the rows of an experiment.

    Args:
        name: of the experiment: "a3vse", "weights", "artpedia", "vsa" or "gxn".
        corpus: of the rows.
        preset: of the rows.
        table: the rows of a study of one's own, in place of those that come with the library.

    Returns:
        The results, to be asked by cell or as a frame.
    """
    one, table = experiment(name), table or experiment(name).table
    return Results(table.rows_of(one.cell), one.cell, corpus, preset, table.arrays)


def report(name: str, table: Table | None = None, preset: str = "lesson") -> str:
    """Print the report of an experiment as Markdown: where its rows come from, then its sections."""
    one = experiment(name)
    table, paper = table or one.table, one.paper()
    parts = [f"# Results: {name}", provenance(one, table), LEGEND]
    for section in one.sections:
        studies = [stored(name, corpus, preset, table) for corpus in section.corpora]
        parts.append(f"## {section.title}\n\n{section.table(studies, paper)}")
    return "\n\n".join(parts) + "\n"


def provenance(one: Experiment, table: Table) -> str:
    """Say how many rows there are, on what they were measured, and what is unknown or stale about them."""
    rows = table.rows_of(one.cell)
    runs = Counter((r["library"], r["versions"]["torch"], r["machine"]["processor"]) for r in rows)
    parts = [
        f"{n} with version {v}, PyTorch {torch}, on {cpu}" for (v, torch, cpu), n in sorted(runs.items())
    ]
    text = f"From {len(rows)} runs in `{table.path.name}`: {'; '.join(parts)}."
    unknown = Counter(row["library"] for row in rows if row["corpus"]["digest"] is None)
    for version, n in sorted(unknown.items()):
        text += f"  The digests of corpus and detector were not recorded for {n} rows of version {version}."
    if stale := sum(row["digest"] != one.digest_of_row(row) for row in rows):
        text += f"  **{stale} are stale: their preset has changed since; run the study again.**"
    return text


def write_reports(
    folder: Path, names: Iterable[str] = EXPERIMENTS, table: Table | None = None, preset: str = "lesson"
) -> list[Path]:
    """Write reports to `folder/NAME.md` and return the paths."""
    paths = [Path(folder) / f"{name}.md" for name in names]
    for path in paths:
        with atomic_path(path) as temporary:
            temporary.write_text(report(path.stem, table, preset), "utf-8", newline="\n")
    return paths

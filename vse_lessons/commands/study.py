"""`vse-lessons study`: run the grid of a paper, one process a run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = """Run a paper's grid of models, settings and seeds into a table.

Each run is a process of its own. A study that was stopped goes on with the runs that are missing.

examples:
  vse-lessons study a3vse storybook --workers 2
  vse-lessons study a3vse flickr8k --corpus-dir DIR --word-vectors glove.6B.50d.txt
  vse-lessons study vsa flickr8k --corpus-dir DIR --target-dir DIR --table my_transfer.jsonl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("paper", help="one of a3vse, weights, artpedia, vsa, gxn")
    parser.add_argument("study", nargs="?", help="storybook (built in) or flickr8k")
    parser.add_argument(
        "--table", help="file of the rows (default: in the folder studies of VSE_LESSONS_HOME)"
    )
    parser.add_argument(
        "--workers", type=int, default=1, help="processes at a time, one thread each (default: 1)"
    )
    parser.add_argument("--corpus-dir", help="where a corpus that is not built in lies")
    parser.add_argument("--target-dir", help="where a target that is not built in lies")
    parser.add_argument("--word-vectors", help="a GloVe text file")
    parser.add_argument("--models", nargs="*", help="only these models")
    parser.add_argument("--seeds", type=int, help="only so many seeds, from 0")
    parser.add_argument("--list", action="store_true", help="print the cells that would be run, and run none")
    parser.add_argument("--cell", help=argparse.SUPPRESS)  # one run as JSON; its row goes to standard output


def run(arguments: argparse.Namespace) -> int:
    """Run the cells that the table lacks or has stale rows of; return 1 if any failed."""
    from vse_lessons.common import DataError, check_writable, end_with_parent, home
    from vse_lessons.experiments.grid import Inputs, run_grid
    from vse_lessons.experiments.report import experiment
    from vse_lessons.experiments.table import Table

    paper = experiment(arguments.paper)
    if arguments.cell:
        end_with_parent()
        given = json.loads(arguments.cell)
        row, arrays = paper.row(paper.cell(**given["cell"]), Inputs(**given["inputs"]))
        print(json.dumps({"row": row, "arrays": {name: one.tolist() for name, one in arrays.items()}}))
        return 0
    for option in ("workers", "seeds"):
        number = getattr(arguments, option)
        if number is not None and number < 1:
            raise DataError(f"--{option} {number} asks for none: use at least 1")
    if not arguments.study:
        raise DataError(f"name a study of {paper.name}: {', '.join(paper.studies)}")
    inputs = Inputs(arguments.corpus_dir, arguments.target_dir, arguments.word_vectors)
    cells = paper.cells(arguments.study)
    models = list(dict.fromkeys(cell.model for cell in cells))
    if unknown := set(arguments.models or ()) - set(models):
        raise DataError(f"unknown model {sorted(unknown)[0]!r} of {paper.name}: one of {', '.join(models)}")
    cells = [cell for cell in cells if cell.model in (arguments.models or models)]
    cells = [cell for cell in cells if arguments.seeds is None or cell.seed < arguments.seeds]
    table = Table(Path(arguments.table) if arguments.table else home() / "studies" / f"{paper.name}.jsonl")
    if arguments.list:
        wanted = table.missing({cell: paper.digest(cell, inputs.word_vectors) for cell in cells})
        print(*wanted, f"{len(wanted)} of {len(cells)} runs are missing or stale in {table.path}", sep="\n")
        return 0
    check_writable(table.path)  # before the first run
    failures = run_grid(paper, cells, table, inputs, workers=arguments.workers)
    print(f"{len(table.rows())} rows in {table.path}; {len(failures)} runs failed", *failures, sep="\n")
    return 1 if failures else 0

"""`vse-lessons report`: tables and claims from stored rows, as Markdown."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = """Print or write the tables and the claims of a paper from its stored rows.

examples:
  vse-lessons report a3vse
  vse-lessons report --to docs/results
  vse-lessons report gxn --table my_gxn.jsonl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("papers", nargs="*", help="some of a3vse, weights, artpedia, vsa, gxn (default: all)")
    parser.add_argument(
        "--to", type=Path, help="write a Markdown file each into this folder, in place of printing"
    )
    parser.add_argument("--table", type=Path, help="a table of your own, of one paper")
    parser.add_argument(
        "--preset",
        choices=("smoke", "lesson", "paper"),
        default="lesson",
        help="preset of the rows (default: lesson)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print or write the reports."""
    from vse_lessons.common import DataError
    from vse_lessons.experiments import EXPERIMENTS, Table
    from vse_lessons.experiments.report import report, write_reports

    papers = arguments.papers or list(EXPERIMENTS)
    if arguments.table and len(papers) != 1:
        raise DataError(
            "--table is the table of one paper: name it, as in `vse-lessons report gxn --table FILE`"
        )
    table = Table(arguments.table) if arguments.table else None
    if arguments.table and arguments.table.is_dir():
        raise DataError(f"--table {arguments.table} is a folder: name the file of the table")
    if arguments.table and not arguments.table.is_file():
        raise DataError(f"{arguments.table} is not there: run `vse-lessons study` with --table first")
    if arguments.to:
        print(*write_reports(arguments.to, papers, table, arguments.preset), sep="\n")
    else:
        print(*(report(name, table, arguments.preset) for name in papers), sep="\n\n")
    return 0

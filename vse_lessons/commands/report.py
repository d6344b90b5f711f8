"""`vse-lessons report`: tables and claims from stored rows, as Markdown."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "print or write the tables and the claims of a paper from its stored rows"
EXAMPLES = """examples:
  vse-lessons report a3vse
  vse-lessons report --to docs/results
  vse-lessons report gxn --table my_gxn.jsonl"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.epilog = EXAMPLES
    parser.add_argument("papers", nargs="*", help="a3vse, weights, artpedia, vsa, gxn; all by default")
    parser.add_argument("--to", type=Path, help="a folder for a Markdown file each, in place of printing")
    parser.add_argument("--table", type=Path, help="a table of your own, of one paper")
    parser.add_argument("--preset", default="lesson", help="of the rows")


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
    if arguments.table and not arguments.table.is_file():
        raise DataError(f"{arguments.table} is not there: run `vse-lessons study` with --table first")
    if arguments.to:
        print(*write_reports(arguments.to, papers, table, arguments.preset), sep="\n")
    else:
        print(*(report(name, table, arguments.preset) for name in papers), sep="\n\n")
    return 0

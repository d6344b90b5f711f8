"""`vse-lessons doctor`: what a machine holds, which lessons can run there, and what to do about the rest."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

HELP = """Say which lessons can run here, and what to do about the others.

It looks at packages, device, memory and disk, at prepared corpora, and at a corpus on disk if one is named.
Nothing is changed. The exit status is 0 if every lesson can run on Storybook, else 1.

examples:
  vse-lessons doctor
  vse-lessons doctor --corpus flickr8k --corpus-dir data/flickr8k
  vse-lessons doctor --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command.

    Args:
        parser: the parser of this command.
    """
    parser.add_argument("--corpus", metavar="NAME", help="also read a corpus on disk, under this name")
    parser.add_argument("--corpus-dir", metavar="FOLDER", help="the folder that it is in")
    parser.add_argument("--json", action="store_true", help="print JSON in place of text")


def run(arguments: argparse.Namespace) -> int:
    """Print the report.

    Args:
        arguments: the parsed options.

    Returns:
        0 if every lesson can run on Storybook, else 1.
    """
    from vse_lessons.lessons import doctor

    report = doctor.examine(arguments.corpus, arguments.corpus_dir)
    as_json = arguments.json
    text = json.dumps(report, indent=1, default=asdict) if as_json else "\n".join(doctor.lines(report))
    print(doctor.printable(text, sys.stdout.encoding))
    return 0 if report["ready"] else 1

"""The program `vse-lessons`, also `python -m vse_lessons`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from vse_lessons import __version__
from vse_lessons.common.errors import DataError
from vse_lessons.common.system import tolerate_encoding

COMMANDS = ("doctor", "start", "prepare", "train", "evaluate", "search", "embed", "study", "report")
DESCRIPTION = """Learn to match pictures and sentences: lessons, published methods and their measurements.

  vse-lessons start my_course      copy the lessons into a folder of yours
  vse-lessons doctor               look whether this machine has what the lessons need
"""
MISUSE, INTERRUPTED = 2, 130  # exit statuses, as shells know them


class _Parser(argparse.ArgumentParser):
    """A parser that shows help as it is written and takes no abbreviated options."""

    def __init__(self, **options):
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **options)

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Stop with the arguments that nobody asked for, and the options that are known."""
        known = sorted(name for action in self._actions for name in action.option_strings)
        self.error(f"unknown argument {' '.join(unknown)!r}; the options are {', '.join(known)}")


def command(name: str) -> ModuleType:
    """Import a subcommand.

    Args:
        name: One of `COMMANDS`.

    Returns:
        The module `vse_lessons.commands.NAME`.
    """
    return importlib.import_module(f"vse_lessons.commands.{name}")


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of the program, with a subparser for each of `COMMANDS`.

    Returns:
        The parser. What it parses has `run`, the function of the command, and `parser`, the command's own
        parser.
    """
    parser = _Parser(prog="vse-lessons", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"vse_lessons {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = command(name)
        first = module.HELP.strip().partition("\n")[0]
        own = commands.add_parser(name, help=first, description=module.HELP.strip())
        module.add_arguments(own)
        own.set_defaults(run=module.run, parser=own)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand.

    Args:
        arguments: The words of the command line; None takes those of this process.

    Returns:
        The exit status: 0, or 2 where a request cannot be met, with the reason in one line on the standard
        error.
    """
    program = "vse-lessons"
    try:
        tolerate_encoding()
        given, unknown = make_parser().parse_known_args(arguments)
        program = f"vse-lessons {given.command}"
        if unknown:
            given.parser.refuse(unknown)
        return given.run(given)
    except DataError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return MISUSE
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())

"""Options that several commands share."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from vse_lessons.common.errors import DataError
from vse_lessons.common.files import check_writable


def add_corpus(parser: ArgumentParser) -> None:
    """Add the corpus to a command: `corpus`, `corpus_dir` and `preset`.

    Args:
        parser: The parser of the command.
    """
    parser.add_argument(
        "corpus",
        metavar="CORPUS",
        help="name of a corpus: storybook (built in), flickr8k, coco, captions_csv, ...",
    )
    add_place(parser)


def add_place(parser: ArgumentParser) -> None:
    """Add what opens a corpus once its name is known: `corpus_dir` and `preset`.

    Args:
        parser: The parser of the command.
    """
    parser.add_argument(
        "--corpus-dir", metavar="FOLDER", default="", help="where a corpus that is not built in lies on disk"
    )
    parser.add_argument(
        "--preset",
        choices=("smoke", "lesson", "paper"),
        default="lesson",
        help="smoke (seconds), lesson (minutes on a CPU) or paper (published values); default: lesson",
    )


def add_device(parser: ArgumentParser) -> None:
    """Add the device on which a model runs: `device`.

    Args:
        parser: The parser of the command.
    """
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")


def new_folder(path: Path) -> Path:
    """Check that a folder to write is not there yet, and can be written.

    Args:
        path: The folder.

    Returns:
        The same path, with the user's home folder in place of `~`.

    Raises:
        DataError: Something is there already, or the system does not let it be written.
    """
    path = check_writable(path, folder=True)
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise DataError(f"{path} is there already: delete it, or name another folder")
    return path

"""Copies the lessons into a folder of the user's."""

from __future__ import annotations

import filecmp
import shutil
from argparse import ArgumentParser, Namespace
from importlib.util import find_spec
from pathlib import Path

from vse_lessons.common.errors import DataError
from vse_lessons.common.files import atomic_path, digest, package_data, read_json, write_json
from vse_lessons.common.system import install_line

HELP = """Copy the lessons into a folder of yours.

Notebooks that you have edited are never replaced, unless you pass --force.

examples:
  vse-lessons start my_course
  jupyter lab my_course
"""
INSIDE = "lessons/notebooks"  # where a wheel has them, below the package
COPIED = ".vse_lessons.json"  # beside the copies: the digest of each as it was copied


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of the command.

    Args:
        parser: The parser of the command.
    """
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="made where it is not there yet")
    parser.add_argument("--force", action="store_true", help="replace notebooks that you have edited")


def run(arguments: Namespace) -> int:
    """Copy the lessons and say how to open them.

    Args:
        arguments: `folder` and `force`.

    Returns:
        The exit status.
    """
    folder = arguments.folder.expanduser()
    copied = copy_lessons(folder, arguments.force)
    print(f"{copied} notebooks are in {folder}.")
    if find_spec("jupyterlab") is None:
        print(f"JupyterLab is missing here. Install it:  {install_line('lessons')}")
    print(f'Open them:  jupyter lab "{folder}"')
    print("Begin with 01; lesson 03 trains the first model.")
    return 0


def copy_lessons(folder: Path, force: bool = False) -> int:
    """Copy every lesson, and every assignment where there are any.

    Args:
        folder: The folder to copy to; made where it is not there yet.
        force: Whether notebooks that were edited since they were copied are replaced.

    Returns:
        The number of notebooks that are in the folder now.

    Raises:
        DataError: The folder is a file, or has edited notebooks; nothing is copied then.
    """
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder} is a file: name a folder")
    source = notebooks()
    wanted = {path.relative_to(source).as_posix(): path for path in _lessons(source)}
    record = folder / COPIED
    known = _known(record)
    for name in wanted:
        if (folder / name).is_dir():
            raise DataError(f"{folder / name} is a folder: move it away, or name another folder to copy to")
    changed = [name for name in wanted if _edited(folder / name, wanted[name], known.get(name))]
    if changed and not force:
        raise DataError(
            f"{len(changed)} notebooks in {folder} were edited: {', '.join(changed)}. Nothing was copied: "
            "name another folder, or pass --force to replace them"
        )
    for name, path in wanted.items():
        with atomic_path(folder / name) as temporary:
            shutil.copyfile(path, temporary)
    write_json(record, {name: digest(path.read_bytes()) for name, path in wanted.items()})
    return len(wanted)


def notebooks() -> Path:
    """Find the notebooks that come with the library.

    Returns:
        The folder inside an installed package, or `notebooks` of the checkout.

    Raises:
        DataError: This installation has none.
    """
    checkout = Path(__file__).resolve().parents[2] / "notebooks"
    return checkout if (checkout / "build.py").is_file() else package_data(INSIDE)


def _lessons(source: Path) -> list[Path]:
    """List the notebooks to copy: lessons, then assignments."""
    found = [*source.glob("[0-9]*.ipynb"), *source.glob("assignments/**/*.ipynb")]
    return sorted(path for path in found if ".ipynb_checkpoints" not in path.parts)


def _known(record: Path) -> dict[str, str]:
    """Read the digests of the notebooks as they were copied."""
    if not record.exists():
        return {}
    try:
        known = read_json(record)
    except DataError as error:
        raise DataError(f"{error}; delete it: every notebook that differs then counts as edited") from error
    if not isinstance(known, dict):
        raise DataError(f"{record} is not a record of copies: delete it")
    return known


def _edited(copy: Path, original: Path, digest_then: str | None) -> bool:
    """Whether a notebook is neither as it was copied nor as it would be copied now."""
    if not copy.exists() or filecmp.cmp(copy, original, shallow=False):
        return False
    return digest(copy.read_bytes()) != digest_then

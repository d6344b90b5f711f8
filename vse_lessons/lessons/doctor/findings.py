"""What is wrong on a machine, with its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]  # the checkout, where there is one


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, and what to do about it."""

    kind: str  # in one or two words
    what: str  # is wrong, and where
    remedy: str  # what to do about it


def install_line(extra: str = "") -> str:
    """Writes the command that installs the library with an extra, in a checkout or from its package."""
    where = "." if (ROOT / "pyproject.toml").is_file() else "vse_lessons"
    editable = "-e " if where == "." else ""
    return f'pip install {editable}"{where}[{extra}]"' if extra else f"pip install {editable}{where}"

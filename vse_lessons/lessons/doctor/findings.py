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

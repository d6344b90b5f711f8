"""Tidy pandas frames from what training and evaluation return, and the interval that figures show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from vse_lessons.evaluation.metrics import flatten
from vse_lessons.evaluation.significance import mean_interval
from vse_lessons.lessons.plots.theme import plain


def seed_interval(values: Iterable[float]) -> tuple[float, float]:
    """Compute the 95 % Student interval of a mean over seeds, as an `errorbar` of seaborn.

    Args:
        values: a figure of each run.

    Returns:
        The low and the high end; both nan for one run.
    """
    mean, half = mean_interval(list(values))
    return mean - half, mean + half


def history_frame(
    history: Sequence[Mapping[str, Any]], series: Mapping[str, str] | None = None, scale: float = 1.0
) -> pd.DataFrame:
    """Make a frame of a training history, one row for each epoch and series.

    Args:
        history: the entries of `TrainingResult.history`.
        series: flat keys such as "pairs" or "t2i R@1" to the names that a figure shows; None: all numbers.
        scale: all values are multiplied by it.

    Returns:
        Columns "epoch" (from 1), "series" and "value"; keys that an entry lacks have no row.
    """
    rows = []
    for entry in history:
        flat = flatten(entry)
        numbers = {
            key: key for key, value in flat.items() if isinstance(value, (int, float)) and key != "epoch"
        }
        rows += [
            {"epoch": entry["epoch"] + 1, "series": name, "value": scale * flat[key]}
            for key, name in (numbers if series is None else series).items()
            if flat.get(key) is not None
        ]
    return pd.DataFrame(rows, columns=["epoch", "series", "value"])


def shown(frame: pd.DataFrame, *columns: str | None) -> pd.DataFrame:
    """Copy a frame with names in some columns made safe for a figure; see `plain`."""
    frame = frame.copy()
    for column in filter(None, dict.fromkeys(columns)):
        frame[column] = frame[column].map(plain)
    return frame


def levels(frame: pd.DataFrame, column: str, order: Sequence[object] | None = None) -> list[str]:
    """List the names in a column in the order that is given, or in which they come."""
    there = list(dict.fromkeys(frame[column]))
    return there if order is None else [name for name in map(plain, order) if name in there]

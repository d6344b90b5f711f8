"""Draws bars with intervals and every run as a point, counts and distributions, from tidy frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.container import BarContainer

from vse_lessons.evaluation.significance import spread
from vse_lessons.lessons.plots.theme import PALETTE, axes_of, label
from vse_lessons.lessons.plots.tidy import levels, seed_interval, shown


def bars(
    frame: pd.DataFrame,
    value: str,
    name: str,
    group: str | None = None,
    *,
    order: Sequence[object] | None = None,
    digits: int = 1,
    axes: Axes | None = None,
    **labels: Any,
) -> Axes:
    """Draw a bar for each name: the mean of its rows, with an interval over seeds and a point for each run.

    The interval is that of `seed_interval`: half of the 95 % Student interval on either side.  The mean and
    that half stand at the right, with the number of runs.

    Args:
        frame: tidy rows, one a run.
        value: column of the length of a bar.
        name: column of the bars' names.
        group: column whose names get a bar each within a name; None: one bar a name.
        order: of the names; None: as they come.
        digits: decimal places of what stands at the right.
        axes: where to draw; None: a new figure, as high as the bars ask for.
        **labels: xlabel, title, xlim, ..., as `Axes.set` takes them.

    Returns:
        The axes.
    """
    frame = shown(frame, name, group)
    names = levels(frame, name, order)
    groups = names if group is None else levels(frame, group)
    axes = axes_of(axes, 8.0, 1.1 + 0.38 * len(names) * (1 if group is None else len(groups)))
    colors = {one: PALETTE[place % len(PALETTE)] for place, one in enumerate(groups)}
    style = {"hue": group, "hue_order": groups, "palette": colors} if group else {"color": PALETTE[0]}
    sns.barplot(
        frame,
        x=value,
        y=name,
        order=names,
        ax=axes,
        errorbar=seed_interval,
        capsize=0.3,
        err_kws={"color": "black", "linewidth": 1.2},
        alpha=0.6,
        legend="auto" if group else False,
        **style,
    )
    several = frame.groupby([name, group] if group else name).size().max() > 1
    if several:
        sns.stripplot(
            frame,
            x=value,
            y=name,
            order=names,
            ax=axes,
            dodge=group is not None,
            **(style | {"palette": dict.fromkeys(groups, "black")} if group else {"color": "black"}),
            size=3.5,
            jitter=False,
            legend=False,
        )
    if group is None:
        for place, one in enumerate(names):
            runs = frame.loc[frame[name] == one, value]
            count = f" ({len(runs)})" if several else ""
            axes.text(
                1.01,
                place,
                spread(runs, digits) + count,
                transform=axes.get_yaxis_transform(),
                fontsize=9,
                va="center",
            )
    else:
        for container in axes.containers:
            assert isinstance(container, BarContainer), "a bar plot draws bars"
            axes.bar_label(container, fmt=f"%.{digits}f", padding=4, fontsize=9)
        sns.move_legend(axes, "best", title=None)
    axes.grid(False, axis="y")
    label(axes, **{"ylabel": "", **labels})
    return axes


def counts(
    frame: pd.DataFrame, name: str, *, most: int = 12, axes: Axes | None = None, **labels: Any
) -> Axes:
    """Draw how often the most frequent names of a column occur.

    Args:
        frame: tidy rows, one an occurrence.
        name: the column.
        most: how many names are drawn.
        axes: where to draw; None: a new figure.
        **labels: xlabel, title, ..., as `Axes.set` takes them.

    Returns:
        The axes.
    """
    axes = axes_of(axes)
    frame = shown(frame, name)
    order = frame[name].value_counts(sort=True).index[:most]
    sns.countplot(frame[frame[name].isin(order)], y=name, order=list(order), ax=axes, color=PALETTE[0])
    axes.grid(False, axis="y")
    label(axes, **{"ylabel": "", **labels})
    return axes


def distribution(
    frame: pd.DataFrame,
    value: str,
    group: str | None = None,
    *,
    width: float = 1.0,
    discrete: bool = False,
    axes: Axes | None = None,
    **labels: Any,
) -> Axes:
    """Draw the histogram of a value, for each group a line of its own.

    Args:
        frame: tidy rows.
        value: column of the horizontal axis.
        group: column whose names get a line each; None: one histogram.
        width: of a bin.
        discrete: whether each whole number has a bin of its own, such as a century.
        axes: where to draw; None: a new figure.
        **labels: xlabel, title, ..., as `Axes.set` takes them.

    Returns:
        The axes.
    """
    axes = axes_of(axes)
    frame = shown(frame, group)
    style: dict[str, Any] = {"color": PALETTE[0]}
    if group is not None:
        names = levels(frame, group)
        colors = {one: PALETTE[place % len(PALETTE)] for place, one in enumerate(names)}
        style = {
            "hue": group,
            "hue_order": names,
            "palette": colors,
            "element": "step",
            "fill": True,
            "alpha": 0.15,
        }
    sns.histplot(frame, x=value, binwidth=None if discrete else width, discrete=discrete, ax=axes, **style)
    if axes.get_legend() is not None:
        sns.move_legend(axes, "best", title=None)
    label(axes, **labels)
    return axes


def distribution_by(
    frame: pd.DataFrame, name: str, value: str, *, axes: Axes | None = None, **labels: Any
) -> Axes:
    """Draw a value's distribution for each of some names: all rows as points, the middle half as a box.

    Args:
        frame: tidy rows.
        name: column of the horizontal axis, one place a name.
        value: column of the vertical axis.
        axes: where to draw; None: a new figure.
        **labels: xlabel, title, ..., as `Axes.set` takes them.

    Returns:
        The axes.
    """
    axes = axes_of(axes)
    frame = shown(frame, name)
    order = levels(frame, name)
    sns.boxplot(
        frame, x=name, y=value, order=order, ax=axes, color=PALETTE[0], boxprops={"alpha": 0.4}, fliersize=0
    )
    sns.stripplot(
        frame, x=name, y=value, order=order, ax=axes, color="black", size=2.5, alpha=0.5, jitter=False
    )
    label(axes, **labels)
    return axes

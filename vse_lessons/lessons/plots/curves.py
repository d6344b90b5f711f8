"""Draws curves with intervals over seeds from tidy frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from vse_lessons.lessons.plots.theme import MARKERS, PALETTE, axes_of, label, panels, plain, reference
from vse_lessons.lessons.plots.tidy import history_frame, levels, seed_interval, shown

MOST_MARKED = 16  # points of a curve beyond which it has no markers
RECALLS = {
    f"{side} {cut}": f"{text}, {cut}"
    for side, text in (("t2i", "sentence → image"), ("i2t", "image → sentence"))
    for cut in ("R@1", "R@10")
}


def curves(
    frame: pd.DataFrame,
    x: str,
    y: str,
    group: str | None = None,
    *,
    order: Sequence[object] | None = None,
    dashes: str | None = None,
    over_seeds: bool = True,
    band: bool = False,
    log_x: bool = False,
    legend: bool = True,
    axes: Axes | None = None,
    **labels: Any,
) -> Axes:
    """Draws a curve for each group.

    Where several rows have the same x, the curve is their mean and the interval that of `seed_interval`: half
    of the 95 % Student interval over seeds on either side.

    Args:
        frame: tidy rows.
        x: column of the horizontal axis.
        y: column of the vertical axis.
        group: column whose names get a colour and a marker each; None: one curve.
        order: of the groups; None: as they come.
        dashes: column whose names get a kind of dashes each; None: all lines are solid.
        over_seeds: whether rows with the same x are averaged; else every row is a point.
        band: whether intervals are bands; else whiskers.
        log_x: whether the horizontal axis is logarithmic, its numbers written out.
        legend: whether the groups are named.
        axes: where to draw; None: a new figure.
        **labels: xlabel, ylabel, title, ylim, ..., as `Axes.set` takes them.

    Returns:
        The axes.
    """
    axes = axes_of(axes)
    frame = shown(frame, group, dashes)
    styles: dict[str, Any] = {"color": PALETTE[0], "marker": MARKERS[0]}
    if group is not None:
        names = levels(frame, group, order)
        everything = names if order is None else [plain(name) for name in order]
        places = {name: place for place, name in enumerate(everything)}
        colors = {name: PALETTE[places[name] % len(PALETTE)] for name in names}
        marks = {name: MARKERS[places[name] % len(MARKERS)] for name in names}
        styles = {"hue": group, "hue_order": names, "palette": colors}
        if dashes is not None:
            styles |= {"style": dashes}
        elif frame.groupby(group)[x].nunique().max() <= MOST_MARKED:
            styles |= {"style": group, "style_order": names, "markers": marks, "dashes": False}
    errors = {"alpha": 0.2} if band else {"capsize": 3, "elinewidth": 1.2}
    sns.lineplot(
        frame,
        x=x,
        y=y,
        ax=axes,
        estimator="mean" if over_seeds else None,
        errorbar=seed_interval if over_seeds else None,
        err_style="band" if band else "bars",
        err_kws=errors if over_seeds else None,
        legend="auto" if legend and group is not None else False,
        **styles,
    )
    if axes.get_legend() is not None:
        sns.move_legend(axes, "best", title=None)
    if log_x:
        write_out_log(axes)
    elif pd.api.types.is_integer_dtype(frame[x]):  # epochs
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    label(axes, **labels)
    return axes


def write_out_log(axes: Axes) -> None:
    """Makes the horizontal axis logarithmic, with numbers such as 1,000 in place of powers of ten."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def curve_panels(
    frame: pd.DataFrame,
    x: str,
    y: str,
    group: str,
    panel: str,
    *,
    order: Sequence[object] | None = None,
    over_seeds: bool = True,
    log_x: bool = False,
    share_y: bool = False,
    titles: Mapping[str, str] | None = None,
    **labels: Any,
) -> Figure:
    """Draws the same curves for several corpora or settings, a panel each, with one legend below all.

    Args:
        frame: tidy rows.
        x: column of the horizontal axis.
        y: column of the vertical axis.
        group: column whose names get a colour and a marker each.
        panel: column whose names get a panel each.
        order: of the groups; None: as they come.
        over_seeds: whether rows with the same x are averaged; else every row is a point.
        log_x: whether the horizontal axes are logarithmic.
        share_y: whether the panels have one vertical axis.
        titles: name of a panel to its title; None: the name itself.
        **labels: xlabel, ylabel, ylim, ..., as `Axes.set` takes them.

    Returns:
        The figure.
    """
    names = list(dict.fromkeys(frame[panel]))
    groups = list(dict.fromkeys(frame[group])) if order is None else list(order)
    figure, axes = panels(len(names), height=4.4)
    for place, (cell, name) in enumerate(zip(axes, names)):
        curves(
            frame[frame[panel] == name],
            x,
            y,
            group,
            order=groups,
            over_seeds=over_seeds,
            log_x=log_x,
            axes=cell,
            **{**labels, "title": (titles or {}).get(name, str(name))},
        )
        if place and "ylabel" in labels:
            label(cell, ylabel="")
    if share_y:
        top = max(cell.get_ylim()[1] for cell in axes)
        for cell in axes:
            cell.set_ylim(0, top)
    handles: dict[str, Any] = {}
    for cell in axes:
        handles |= {text: handle for handle, text in zip(*cell.get_legend_handles_labels())}
        if cell.get_legend() is not None:
            cell.get_legend().remove()
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=min(len(handles), 5))
    return figure


def learning_curves(
    history: Sequence[Mapping[str, Any]],
    terms: Sequence[str] = (),
    further: Mapping[str, str] | None = None,
) -> Figure:
    """Draws loss terms, recall and, where there are discriminators, their accuracy, epoch by epoch.

    Args:
        history: the entries of `TrainingResult.history`.
        terms: keys of the loss terms.
        further: keys in per cent to names, drawn beside the recalls.

    Returns:
        The figure, with two or three panels.
    """
    accuracies = {
        key: key.removeprefix("accuracy_") for key in sorted(history[0]) if key.startswith("accuracy_")
    }
    figure, axes = panels(3 if accuracies else 2, width=4.6, height=3.6)
    losses = history_frame(history, {name: name.replace("_", " ") for name in terms})
    names = {"x": "epoch", "y": "value", "group": "series", "over_seeds": False}
    curves(
        losses,
        **names,
        axes=axes[0],
        xlabel="epoch",
        ylabel="weighted loss term",
        title="Terms of the objective",
        ylim=(min(0, 1.1 * losses["value"].min()), 1.5 * losses["value"].max() + 1e-9),  # room for the legend
    )
    sns.move_legend(axes[0], "upper center", title=None, ncols=2)
    recalls = history_frame(history, RECALLS | dict(further or {}))
    curves(
        recalls,
        **names,
        axes=axes[1],
        xlabel="epoch",
        ylabel="per cent" if further else "recall (%)",
        title="On the selection images",
        ylim=(
            0,
            (1.1 + 0.12 * recalls["series"].nunique()) * recalls["value"].max() + 1,
        ),  # room for the legend
    )
    sns.move_legend(axes[1], "upper left", title=None)
    if accuracies:
        right = history_frame(history, accuracies, 100)
        curves(
            right,
            **names,
            axes=axes[2],
            xlabel="epoch",
            ylabel="accuracy (%)",
            ylim=(min(40, right["value"].min()), 101),
        )
        label(axes[2], title="Domain discriminators")
        reference(axes[2], 50, "confused")
        sns.move_legend(axes[2], "best", title="between", ncols=2)
    return figure

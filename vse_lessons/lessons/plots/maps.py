"""Draws heat maps, and maps of the joint space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from sklearn.manifold import TSNE
from torch import Tensor

from vse_lessons.blocks.similarity import normalize
from vse_lessons.common.random import sklearn_seed
from vse_lessons.lessons.plots.theme import MARKERS, PALETTE, axes_of, label, plain


def heat_map(
    values: np.ndarray,
    rows: Sequence[object],
    columns: Sequence[object],
    *,
    unit: str = "",
    low: float | None = None,
    annotate: bool = False,
    digits: int = 2,
    axes: Axes | None = None,
    **labels: Any,
) -> Axes:
    """Draw a matrix of similarities or of attention.

    Args:
        values: (R, C).
        rows: R names.
        columns: C names.
        unit: what the colours mean.
        low: value of the darkest colour; None: the smallest value.
        annotate: whether each cell shows its value.
        digits: decimal places of those.
        axes: where to draw; None: a new figure.
        **labels: xlabel, ylabel, title, as `Axes.set` takes them.

    Returns:
        The axes.
    """
    axes = axes_of(axes, 2 + 0.5 * len(columns), 1.2 + 0.42 * len(rows))
    frame = pd.DataFrame(np.asarray(values, float), [plain(n) for n in rows], [plain(n) for n in columns])
    sns.heatmap(
        frame,
        ax=axes,
        vmin=low,
        cmap="cividis",
        annot=annotate,
        fmt=f".{digits}f",
        annot_kws={"fontsize": 8.5},
        cbar_kws={"label": plain(unit), "format": "%g"},
        linewidths=0.5,
        xticklabels=True,
        yticklabels=True,
    )
    axes.tick_params(axis="x", rotation=45, labelsize=9, length=0)
    axes.tick_params(axis="y", rotation=0, labelsize=9, length=0)
    for text in axes.get_xticklabels():
        text.set(ha="right", rotation_mode="anchor")
    label(axes, **labels)
    return axes


def tsne(
    groups: dict[str, Tensor],
    seed: int = 0,
    links: Sequence[tuple[str, str]] = (),
    axes: Axes | None = None,
    **labels: Any,
) -> Axes:
    """Draw a t-SNE map of groups of embeddings (A3VSE, Figure 3).

    Args:
        groups: name to vectors (N_g, H), which are scaled to unit length first.
        seed: of t-SNE.
        links: pairs of groups whose rows belong together and are joined by thin lines.
        axes: where to draw; None: a new figure.
        **labels: title, ..., as `Axes.set` takes them.

    Returns:
        The axes.
    """
    axes = axes_of(axes, 5.2, 4.6)
    points = torch.cat([normalize(values) for values in groups.values()]).cpu().numpy()
    perplexity = min(30, max(2, len(points) // 10))
    placed = TSNE(perplexity=perplexity, init="pca", random_state=sklearn_seed("map", seed)).fit_transform(
        points
    )
    names = [plain(name) for name in groups]
    frame = pd.DataFrame(placed, columns=["x", "y"])
    frame["group"] = np.repeat(names, [len(values) for values in groups.values()])
    for pair in links:
        first, second = (frame.loc[frame["group"] == plain(name), ["x", "y"]].to_numpy() for name in pair)
        lines = np.stack([first[: len(second)], second[: len(first)]], 1)
        axes.add_collection(LineCollection(list(lines), colors="gray", linewidths=0.5, alpha=0.5, zorder=0))
    sns.scatterplot(
        frame,
        x="x",
        y="y",
        hue="group",
        style="group",
        hue_order=names,
        style_order=names,
        palette={name: PALETTE[place % len(PALETTE)] for place, name in enumerate(names)},
        markers={name: MARKERS[place % len(MARKERS)] for place, name in enumerate(names)},
        s=24,
        alpha=0.8,
        linewidth=0,
        ax=axes,
    )
    sns.move_legend(axes, "best", title=None)
    label(
        axes,
        **{
            "xticks": [],
            "yticks": [],
            "xlabel": "t-SNE 1 (no unit)",
            "ylabel": "t-SNE 2 (no unit)",
            **labels,
        },
    )
    return axes

"""The look of all figures: colours, sizes, text that is other people's, and files."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from vse_lessons.common.errors import DataError
from vse_lessons.common.files import atomic_path

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by the colour-blind; never the only sign of anything
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
RIGHT, WRONG = PALETTE[2], PALETTE[1]


def use_theme() -> None:
    """Sets seaborn's theme: type and lines that can be read at half width.

    Raises:
        DataError: a package that draws is not installed.
    """
    try:
        import seaborn
    except ModuleNotFoundError as error:
        raise DataError(
            f"{error.name} is not installed, which draws the figures: "
            'pip install "vse_lessons[lessons]", or in a checkout pip install -e ".[lessons]"'
        ) from error
    seaborn.set_theme(
        style="ticks",
        palette=PALETTE,
        rc={
            "figure.dpi": 100,
            "savefig.dpi": 100,
            "font.size": 11,
            "axes.titlesize": 11,
            "axes.labelsize": 11,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
            "legend.fontsize": 9.5,
            "legend.title_fontsize": 9.5,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.4,
            "lines.linewidth": 1.8,
            "lines.markersize": 5,
        },
    )


def panels(columns: int, rows: int = 1, width: float = 4.6, height: float = 3.6) -> tuple[Figure, np.ndarray]:
    """Makes a figure of panels side by side.

    Args:
        columns: panels beside each other.
        rows: panels below each other.
        width: of a panel, in inches.
        height: of a panel, in inches.

    Returns:
        The figure and its axes, (columns,) or (rows, columns).
    """
    import matplotlib.pyplot as plt

    size = (columns * width, rows * height)
    figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    return figure, axes[0] if rows == 1 else axes


def axes_of(axes: Axes | None, width: float = 6.4, height: float = 4.0) -> Axes:
    """Takes the axes that are given, or makes a figure with one."""
    return panels(1, 1, width, height)[1][0] if axes is None else axes


def label(axes: Axes, **settings: object) -> None:
    """Sets titles and labels, whose dollars start no formula, and what else `Axes.set` takes."""
    axes.set(**{key: plain(value) if isinstance(value, str) else value for key, value in settings.items()})


def reference(
    axes: Axes, value: float, text: str = "", vertical: bool = False, style: str = ":", left: bool = False
) -> None:
    """Draws a thin grey line at a value that others are held against, with its name.

    Args:
        axes: the axes.
        value: where the line goes.
        text: its name, written at the line's right (or left) or upper end.
        vertical: whether the value is one of x.
        style: of the line, as matplotlib calls it.
        left: whether the name is at the left end.
    """
    draw = axes.axvline if vertical else axes.axhline
    draw(value, color="gray", lw=1.2, ls=style, zorder=1)
    place, frame = (
        ((value, 0.98), axes.get_xaxis_transform()) if vertical else ((0.01 if left else 0.99, value), None)
    )
    axes.text(
        *place,
        plain(f" {text}" if vertical else text),
        transform=frame or axes.get_yaxis_transform(),
        fontsize=9,
        color="#555555",
        va="top" if vertical else "bottom",
        ha="left" if vertical or left else "right",
    )


def save(figure: Figure, path: Path) -> Path:
    """Writes a figure as PNG, whole or not at all.

    Args:
        figure: the figure.
        path: of the file.

    Returns:
        The path.
    """
    with atomic_path(Path(path)) as temporary:
        figure.savefig(temporary, format="png", bbox_inches="tight", pil_kwargs={"optimize": True})
    return Path(path)


def plain(text: object) -> str:
    """Makes other people's text safe for a figure.

    A dollar starts no formula, and a label that begins with an underscore is not left out of a legend.

    Args:
        text: the text.

    Returns:
        The text as matplotlib should be given it.
    """
    safe = str(text).replace("$", r"\$")
    return f"\u2009{safe}" if safe.startswith("_") else safe


def wrap(text: str, width: int) -> str:
    """Sets other people's text in lines.

    A full stop after a space, as tokenized captions have it, stays with its word.

    Args:
        text: the text.
        width: the largest number of characters in a line.

    Returns:
        The lines; see `plain`.
    """
    text = plain(text).replace(" .", "\u00a0.").replace(" ,", "\u00a0,")
    return "\n".join(textwrap.wrap(text, width))

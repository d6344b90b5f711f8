"""Pictures with boxes and text, in plain matplotlib."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from vse_lessons.common.errors import DataError
from vse_lessons.data.regions import Detections
from vse_lessons.lessons.plots.theme import PALETTE, plain, wrap


def show_picture(
    axes: Axes, picture: Image.Image, title: str = "", width: int = 34, frame: str | None = None
) -> None:
    """Draw a picture with a wrapped title and, if asked, a coloured frame.

    Args:
        axes: where to draw.
        picture: the picture.
        title: text above it.
        width: characters in a line of the title.
        frame: colour of a frame; None: no frame.
    """
    axes.imshow(picture, aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    axes.set_title(wrap(title, width), fontsize=9, loc="left")
    for spine in axes.spines.values():
        spine.set_visible(frame is not None)
        spine.set_color(frame or "none")
        spine.set_linewidth(4)


def _confidences(found: Detections) -> np.ndarray:
    if found.class_confidences is None:
        raise DataError("these regions came without confidences: none of them is the surest")
    return found.class_confidences


def _boxes(found: Detections) -> np.ndarray:
    if found.boxes is None:
        raise DataError("these regions came without boxes: they cannot be drawn")
    return found.boxes


def surest(
    found: Detections, most: int = 6, least: float = 0.0, distinct: Sequence[str] | None = None
) -> np.ndarray:
    """Choose the regions that a figure shows, the surest first.

    Args:
        found: the regions of a picture.
        most: how many regions at most.
        least: confidence below which a region is left out.
        distinct: a word for each region; each word is shown once, for a detector whose regions are a grid of
            squares, of which many see the same thing.

    Returns:
        Numbers of regions.
    """
    confidences = _confidences(found)
    order = np.argsort(-confidences, kind="stable")
    order = order[confidences[order] >= least]
    if distinct is not None:
        order = np.array(list({distinct[r]: r for r in reversed(order)}.values())[::-1], int)
        order = order[np.argsort(-confidences[order], kind="stable")]
    return order[:most]


def draw_boxes(
    axes: Axes,
    picture: Image.Image,
    found: Detections,
    labels: Sequence[str],
    most: int = 6,
    least: float = 0.0,
    distinct: bool = False,
) -> None:
    """Draw a picture's most confident detections, each with its label at its box.

    Args:
        axes: where to draw, over the picture.
        picture: the picture, for its size.
        found: the regions.
        labels: a label for each region.
        most: how many regions at most.
        least: confidence below which a region is left out.
        distinct: whether each label is shown once.
    """
    width, height = picture.size
    for place, region in enumerate(surest(found, most, least, labels if distinct else None)):
        x0, y0, x1, y1 = _boxes(found)[region] * (width, height, width, height)
        color = PALETTE[place % 6]
        axes.add_patch(plt.Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, color=color, lw=1.8))
        x, side = (x0, "left") if x0 < 0.55 * width else (x1, "right")  # stay within the picture
        axes.text(
            x,
            max(y0, 0.04 * height),
            plain(labels[region]),
            fontsize=8,
            color="white",
            va="bottom",
            ha=side,
            bbox={"facecolor": color, "edgecolor": "none", "pad": 0.8},
        )


CARD = 3.7  # inches: the side of a picture on a contact sheet; text below is placed in this unit
LINE = 0.049  # of a line of text


def contact_sheet(
    pictures: Sequence[Image.Image],
    sentences: Sequence[Sequence[str]],
    detections: Sequence[Detections],
    labels: Sequence[Sequence[str]],
    columns: int = 3,
    most: int = 6,
    least: float = 0.3,
    distinct: bool = False,
) -> Figure:
    """Draw cards of a picture with numbered boxes, what people wrote, and what the detector saw.

    Args:
        pictures: N pictures.
        sentences: for each picture its sentences.
        detections: for each picture its regions.
        labels: for each picture the words of each of its regions.
        columns: cards beside each other.
        most: how many regions at most; see `surest`.
        least: confidence below which a region is left out.
        distinct: whether each label is shown once.

    Returns:
        The figure.
    """
    wrapped = [[wrap(f"“{line}”", 44) for line in lines] for lines in sentences]
    regions = [
        surest(found, most, least, words if distinct else None) for found, words in zip(detections, labels)
    ]
    said = [
        [plain(f"{words[r]} {_confidences(found)[r]:.2f}") for r in shown]
        for found, words, shown in zip(detections, labels, regions)
    ]
    beside = 2 if max((len(text) for card in said for text in card), default=0) <= 23 else 1
    heights = [
        sum(text.count("\n") + 1.3 for text in texts) + 1.35 * -(-len(card) // beside)
        for texts, card in zip(wrapped, said)
    ]
    lines = max(heights) + 3.4
    rows, height = -(-len(pictures) // columns), 1 + LINE * lines
    whole = {"left": 0, "right": 1, "top": 1, "bottom": 0, "wspace": 0, "hspace": 0}
    size = (columns * 1.06 * CARD, rows * height * CARD)
    figure, axes = plt.subplots(rows, columns, squeeze=False, figsize=size, gridspec_kw=whole)
    for cell in axes.flat:
        cell.axis("off")
        cell.set(xlim=(0, 1.06), ylim=(height, 0))
    for cell, picture, texts, found, shown, card in zip(
        axes.flat, pictures, wrapped, detections, regions, said
    ):
        large = picture.convert("RGB").resize((384, 384), Image.Resampling.LANCZOS)
        cell.imshow(large, extent=(0, 1, 1, 0), aspect="auto")
        cell.set(xlim=(0, 1.06), ylim=(height, 0))
        for number, region in enumerate(shown):
            x0, y0, x1, y1 = np.clip(found.boxes[region], 0.005, 0.995)
            cell.add_patch(
                plt.Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, lw=2.2, color=PALETTE[number % 6])
            )
            _badge(cell, x0, y0, number)
        y = _text(cell, 1.025, "people write", texts)
        y = _text(cell, y, "a detector sees (confidence)", []) + 0.012
        for number, text in enumerate(card):
            x, down = 0.51 * (number % beside), y + 0.066 * (number // beside)
            _badge(cell, x + 0.004, down, number)
            cell.text(x + 0.062, down, text, fontsize=9.5, va="center")
    return figure


def _badge(axes: Axes, x: float, y: float, number: int) -> None:
    axes.text(
        x,
        y,
        f" {number + 1} ",
        fontsize=8,
        fontweight="bold",
        color="white",
        va="center",
        bbox={"facecolor": PALETTE[number % 6], "edgecolor": "none", "pad": 1.2},
    )


def _text(axes: Axes, top: float, heading: str, blocks: Sequence[str]) -> float:
    """Write a small heading and blocks of wrapped text below a card's picture; return where they end."""
    axes.text(0, top, heading, fontsize=8.5, color="#555555", va="top", style="italic")
    top += 1.0 * LINE
    for block in blocks:
        axes.text(0, top, block, fontsize=10, va="top", linespacing=1.2)
        top += LINE * (block.count("\n") + 1.3)
    return top + 0.2 * LINE


def picture_rows(
    pictures: Sequence[Image.Image],
    texts: Sequence[Sequence[str]],
    columns: int = 3,
    size: float = 2.4,
    width: int = 44,
) -> Figure:
    """Draw pictures with the lines of text that belong to each below it.

    Args:
        pictures: N pictures.
        texts: for each picture its lines.
        columns: pictures beside each other.
        size: of a picture, in inches.
        width: characters in a line.

    Returns:
        The figure.
    """
    rows = -(-len(pictures) // columns)
    lines = max((sum(len(textwrap.wrap(t, width)) for t in text) for text in texts), default=0)
    figure, axes = plt.subplots(
        rows,
        columns,
        squeeze=False,
        figsize=(columns * size * 1.5, rows * (size + 0.15 * lines)),
        gridspec_kw={"hspace": 0.085 * lines},
    )
    for cell in axes.flat:
        cell.axis("off")
    for cell, picture, text in zip(axes.flat, pictures, texts):
        cell.imshow(picture)
        wrapped = "\n".join(wrap(line, width).replace("\n", "\n  ") for line in text)
        cell.text(0, -0.04, wrapped, transform=cell.transAxes, fontsize=8, va="top", ha="left")
    return figure


def region_attention(axes: Axes, picture: Image.Image, found: Detections, weights: np.ndarray) -> None:
    """Draw a picture darker where the attention to its regions is low.

    Args:
        axes: where to draw.
        picture: the picture.
        found: its R regions.
        weights: (R,) attention.
    """
    width, height = picture.size
    heat = np.zeros((height, width))
    for weight, box in zip(weights, _boxes(found)):
        x0, y0, x1, y1 = np.round(box * (width, height, width, height)).astype(int)
        heat[y0:y1, x0:x1] = np.maximum(heat[y0:y1, x0:x1], weight)
    veil = np.zeros((height, width, 4))
    veil[..., 3] = 0.75 * (1 - heat / max(heat.max(), 1e-9))
    axes.imshow(picture)
    axes.imshow(veil)
    axes.axis("off")

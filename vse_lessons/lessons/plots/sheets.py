"""Sheets of what a query retrieves, and pages with their sentences, in plain matplotlib."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from vse_lessons.lessons.plots.pictures import show_picture
from vse_lessons.lessons.plots.theme import RIGHT, WRONG, wrap


def retrieved_pictures(
    query: str,
    pictures: Sequence[Image.Image],
    right: Sequence[bool] | None = None,
    rank: int = 0,
    by: str = "",
) -> Figure:
    """Draw the top pictures for a sentence (A3VSE, Figure 4).

    Args:
        query: the sentence.
        pictures: the pictures, nearest first.
        right: for each picture whether it is right, which is framed and ticked; None: not known.
        rank: of the right picture.
        by: name of the model.

    Returns:
        The figure.
    """
    figure, axes = plt.subplots(1, len(pictures), figsize=(1.9 * len(pictures), 2.5), squeeze=False)
    for place, (cell, picture) in enumerate(zip(axes[0], pictures)):
        good = right is not None and right[place]
        mark = "" if right is None else " ✓ right" if good else " ✗"
        show_picture(cell, picture, f"{place + 1}.{mark}", frame=RIGHT if good else None)
    found = "" if right is None else f"  (rank {rank})"
    named = f"{by}: " if by else ""
    figure.suptitle(wrap(f"{named}“{query}”{found}", 84), fontsize=10, x=0.02, ha="left")
    figure.tight_layout()
    return figure


def retrieved_sentences(picture: Image.Image, sentences: Sequence[str], right: Sequence[bool]) -> Figure:
    """Draw the top sentences for a picture (A3VSE, Figure 4), the right ones ticked.

    Args:
        picture: the picture.
        sentences: the sentences, nearest first.
        right: for each sentence whether it is right.

    Returns:
        The figure.
    """
    figure, (left, text) = plt.subplots(1, 2, figsize=(9, 2.2), width_ratios=(1, 3.6))
    show_picture(left, picture)
    text.axis("off")
    for place, (sentence, good) in enumerate(zip(sentences, right)):
        text.text(
            0,
            0.95 - 0.2 * place,
            f"{'✓' if good else '✗'} {wrap(textwrap.shorten(sentence, 95), 95)}",
            color=RIGHT if good else WRONG,
            fontsize=10,
            va="top",
            fontweight="bold" if good else "normal",
            transform=text.transAxes,
        )
    figure.tight_layout()
    return figure


def page(
    picture: Image.Image,
    title: str,
    sentences: Sequence[str],
    visual: Sequence[bool],
    scores: Sequence[float] | None = None,
    width: int = 92,
) -> Figure:
    """Draw a page as in Artpedia's Figure 1: the painting, and its sentences in boxes.

    Visual sentences are green with a tick and a solid edge, contextual ones red with a cross and a dashed
    edge.

    Args:
        picture: the painting.
        title: of the page.
        sentences: from the top down.
        visual: for each sentence whether it is visual.
        scores: for each sentence its score, which stands before it; None: none.
        width: characters in a line.

    Returns:
        The figure.
    """
    wrapped = [wrap(text, width) for text in sentences]
    lines = sum(text.count("\n") + 1 for text in wrapped) + 0.75 * len(wrapped) + 1.0
    height = max(2.7, 0.185 * lines)
    figure, (left, text) = plt.subplots(1, 2, figsize=(10.5, height), width_ratios=(2.5, 8))
    left.imshow(picture)
    left.set_anchor("NW")
    left.axis("off")
    left.set_title(wrap(title, 30), fontsize=9, loc="left")
    text.axis("off")
    text.set(xlim=(0, 1), ylim=(height, 0))
    y = 0.1
    for place, (sentence, seen) in enumerate(zip(wrapped, visual)):
        score = "" if scores is None else f"{scores[place]:+.2f}  "
        color = RIGHT if seen else WRONG
        text.text(0, y, f"{'✓' if seen else '✗'}", color=color, fontsize=12, va="top", fontweight="bold")
        text.text(0.03, y, score, fontsize=8.5, va="top", family="monospace")
        text.text(
            0.03 if scores is None else 0.115,
            y,
            sentence,
            fontsize=8.5,
            va="top",
            linespacing=1.15,
            bbox={
                "boxstyle": "round,pad=0.25",
                "facecolor": color + "14",
                "edgecolor": color,
                "linestyle": "-" if seen else "--",
                "linewidth": 1.1,
            },
        )
        y += 0.185 * (sentence.count("\n") + 1.75)
    figure.tight_layout()
    return figure

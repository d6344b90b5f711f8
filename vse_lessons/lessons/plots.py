"""What people look at.  Every function draws on axes that it is given or returns a new figure;
colours are Okabe and Ito's, told apart by the colour-blind, and never the only sign of anything."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from sklearn.manifold import TSNE
from torch import Tensor

from vse_lessons.blocks.similarity import normalize
from vse_lessons.common.files import atomic_path
from vse_lessons.data.regions import Detections

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
RIGHT, WRONG = PALETTE[2], PALETTE[1]


def use_style() -> None:
    """Type and lines that can be read at half width."""
    plt.rcParams.update(
        {
            "figure.dpi": 100,
            "savefig.dpi": 100,
            "font.size": 11,
            "axes.titlesize": 11,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.25,
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "axes.prop_cycle": plt.cycler(color=PALETTE, marker=MARKERS),
            "lines.markersize": 5,
        }
    )


def save(figure: Figure, path: Path) -> Path:
    """Writes a figure as PNG, whole or not at all."""
    with atomic_path(Path(path)) as temporary:
        figure.savefig(temporary, format="png", bbox_inches="tight", pil_kwargs={"optimize": True})
    return Path(path)


def wrap(text: str, width: int) -> str:
    """Other people's text in lines of at most `width` characters.  A dollar starts no formula; a
    full stop after a space, as tokenised captions have it, stays with its word."""
    text = text.replace("$", r"\$").replace(" .", "\u00a0.").replace(" ,", "\u00a0,")
    return "\n".join(textwrap.wrap(text, width))


def show_picture(
    axes: Axes, picture: Image.Image, title: str = "", width: int = 34, frame: str | None = None
) -> None:
    """A picture with a wrapped title and, if asked, a coloured frame."""
    axes.imshow(picture, aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    axes.set_title(wrap(title, width), fontsize=9, loc="left")
    for spine in axes.spines.values():
        spine.set_visible(frame is not None)
        spine.set_color(frame or "none")
        spine.set_linewidth(4)


def surest(
    found: Detections, most: int = 6, least: float = 0.0, distinct: Sequence[str] | None = None
) -> np.ndarray:
    """The regions that a figure shows: up to `most`, at least `least` confident, surest first.
    `distinct` gives a word for each region and shows each word once: for a detector whose regions
    are a grid of squares, of which many see the same thing."""
    order = np.argsort(-found.class_confidences, kind="stable")
    order = order[found.class_confidences[order] >= least]
    if distinct is not None:
        order = np.array(list({distinct[r]: r for r in reversed(order)}.values())[::-1], int)
        order = order[np.argsort(-found.class_confidences[order], kind="stable")]
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
    """The most confident detections over a picture, each with its label at its box."""
    width, height = picture.size
    for place, region in enumerate(surest(found, most, least, labels if distinct else None)):
        x0, y0, x1, y1 = found.boxes[region] * (width, height, width, height)
        color = PALETTE[place % 6]
        axes.add_patch(plt.Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, color=color, lw=1.8))
        x, side = (x0, "left") if x0 < 0.55 * width else (x1, "right")  # stay within the picture
        axes.text(
            x,
            max(y0, 0.04 * height),
            labels[region],
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
    """Cards of a picture with numbered boxes, what people wrote, and what the detector saw.

    `labels` gives for each picture the words of each of its regions; see `surest`."""
    wrapped = [[wrap(f"“{line}”", 44) for line in lines] for lines in sentences]
    regions = [
        surest(found, most, least, words if distinct else None) for found, words in zip(detections, labels)
    ]
    said = [
        [f"{words[r]} {found.class_confidences[r]:.2f}" for r in shown]
        for found, words, shown in zip(detections, labels, regions)
    ]
    beside = 2 if max((len(text) for card in said for text in card), default=0) <= 23 else 1
    lines = [
        sum(text.count("\n") + 1.3 for text in texts) + 1.35 * -(-len(card) // beside)
        for texts, card in zip(wrapped, said)
    ]
    lines = max(lines) + 3.4
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
    """A small heading and blocks of wrapped text below a card's picture; returns where they end."""
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
    """Pictures with the lines of text that belong to each below it."""
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


def learning_curves(history: Sequence[dict], terms: Sequence[str] = ()) -> Figure:
    """Loss terms, recall and, where there are discriminators, their accuracy, epoch by epoch."""
    epochs = [entry["epoch"] + 1 for entry in history]
    names = [name for name in terms if name in history[0]]
    accuracies = sorted(name for name in history[0] if name.startswith("accuracy_"))
    panels = 3 if accuracies else 2
    figure, axes = plt.subplots(1, panels, figsize=(4.4 * panels, 3.4), layout="constrained")
    every = max(1, len(epochs) // 8)
    for name in names:
        axes[0].plot(epochs, [entry[name] for entry in history], label=name, markevery=every)
    axes[0].set(xlabel="epoch", ylabel="weighted loss term", title="Terms of the objective")
    axes[0].legend(fontsize=9)
    for side, label in (("t2i", "sentence → image"), ("i2t", "image → sentence")):
        for cut in ("R@1", "R@10"):
            axes[1].plot(
                epochs, [entry[side][cut] for entry in history], label=f"{label}, {cut}", markevery=every
            )
    highest = max(entry[side]["R@10"] for entry in history for side in ("t2i", "i2t"))
    axes[1].set(
        xlabel="epoch",
        ylabel="recall (%)",
        title="Recall on the selection images",
        ylim=(0, 1.5 * highest + 1),
    )
    axes[1].legend(fontsize=8)
    if accuracies:
        for name in accuracies:
            axes[2].plot(
                epochs,
                [100 * entry[name] for entry in history],
                label=name.removeprefix("accuracy_"),
                markevery=every,
            )
        axes[2].axhline(50, color="gray", lw=1, ls=":", marker="")
        axes[2].set(
            xlabel="epoch",
            ylabel="accuracy (%)",
            title="Domain discriminators (50: confused)",
            ylim=(40, 101),
        )
        axes[2].legend(fontsize=8, ncols=2, title="between", title_fontsize=8)
    return figure


def tsne(
    groups: dict[str, Tensor], seed: int = 0, links: Sequence[tuple[str, str]] = (), axes: Axes | None = None
) -> Figure:
    """t-SNE of some groups of embeddings in one map (A3VSE, Figure 3), unit vectors first; `links`
    names pairs of groups whose rows belong together and joins them by thin lines."""
    points = torch.cat([normalize(values) for values in groups.values()]).cpu().numpy()
    perplexity = min(30, max(2, len(points) // 10))
    placed = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(points)
    cuts = np.cumsum([len(values) for values in groups.values()])[:-1]
    parts = dict(zip(groups, np.split(placed, cuts)))
    figure = axes.figure if axes else plt.figure(figsize=(5.2, 4.6), layout="constrained")
    axes = axes or figure.subplots()
    for first, second in links:
        for a, b in zip(parts[first], parts[second]):
            axes.plot(*zip(a, b), color="gray", lw=0.4, alpha=0.5, marker="", zorder=0)
    for place, (name, spots) in enumerate(parts.items()):
        axes.scatter(
            *spots.T, s=14, color=PALETTE[place], marker=MARKERS[place], label=name, alpha=0.75, linewidths=0
        )
    axes.set(xticks=[], yticks=[], xlabel="t-SNE 1 (no unit)", ylabel="t-SNE 2 (no unit)")
    axes.legend(fontsize=9)
    return figure


def region_attention(axes: Axes, picture: Image.Image, found: Detections, weights: np.ndarray) -> None:
    """A picture, darker where the attention (R,) to its regions is low."""
    width, height = picture.size
    heat = np.zeros((height, width))
    for weight, box in zip(weights, found.boxes):
        x0, y0, x1, y1 = np.round(box * (width, height, width, height)).astype(int)
        heat[y0:y1, x0:x1] = np.maximum(heat[y0:y1, x0:x1], weight)
    veil = np.zeros((height, width, 4))
    veil[..., 3] = 0.75 * (1 - heat / max(heat.max(), 1e-9))
    axes.imshow(picture)
    axes.imshow(veil)
    axes.axis("off")


def word_attention(axes: Axes, words: Sequence[str], weights: np.ndarray, title: str = "") -> None:
    """Attention of K heads (K, M) to the words of a sentence, as bars side by side."""
    heads = len(weights)
    places = np.arange(len(words))
    for head, row in enumerate(weights):
        axes.bar(
            places + (head - (heads - 1) / 2) * 0.8 / heads,
            row,
            0.8 / heads,
            color=PALETTE[head],
            label=f"head {head}",
            hatch=("", "//", "..", "xx")[head % 4],
            edgecolor="white",
            linewidth=0,
        )
    axes.set_xticks(places, words, rotation=45, ha="right", fontsize=9)
    axes.set(ylabel="attention weight", title=title, ylim=(0, 1.4 * weights.max()))
    axes.grid(False)


def retrieved_pictures(
    query: str,
    pictures: Sequence[Image.Image],
    right: Sequence[bool] | None = None,
    rank: int = 0,
    by: str = "",
) -> Figure:
    """The top pictures for a sentence (A3VSE, Figure 4), found `by` a model; where the right one is known
    it is framed and ticked, and `rank` says where it was found."""
    figure, axes = plt.subplots(1, len(pictures), figsize=(1.9 * len(pictures), 2.5))
    for place, (cell, picture) in enumerate(zip(axes, pictures)):
        good = right is not None and right[place]
        mark = "" if right is None else " ✓ right" if good else " ✗"
        show_picture(cell, picture, f"{place + 1}.{mark}", frame=RIGHT if good else None)
    found = "" if right is None else f"  (rank {rank})"
    named = f"{by}: " if by else ""
    figure.suptitle(wrap(f"{named}“{query}”{found}", 84), fontsize=10, x=0.02, ha="left")
    figure.tight_layout()
    return figure


def retrieved_sentences(picture: Image.Image, sentences: Sequence[str], right: Sequence[bool]) -> Figure:
    """The top sentences for a picture (A3VSE, Figure 4), the right ones ticked."""
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
    """A page as in Artpedia's Figure 1: the painting, and its sentences in boxes, visual ones green with a
    tick and a solid edge, contextual ones red with a cross and a dashed edge.  `scores` stand before them."""
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
    for place, (told, seen) in enumerate(zip(wrapped, visual)):
        score = "" if scores is None else f"{scores[place]:+.2f}  "
        color = RIGHT if seen else WRONG
        text.text(0, y, f"{'✓' if seen else '✗'}", color=color, fontsize=12, va="top", fontweight="bold")
        text.text(0.03, y, score, fontsize=8.5, va="top", family="monospace")
        text.text(
            0.03 if scores is None else 0.115,
            y,
            told,
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
        y += 0.185 * (told.count("\n") + 1.75)
    figure.tight_layout()
    return figure


def bars_with_spread(axes: Axes, values: dict[str, Sequence[float]], ylabel: str) -> None:
    """The mean of each row with a whisker of one standard deviation and every single run as a dot."""
    for place, (name, runs) in enumerate(values.items()):
        mean, spread = np.mean(runs), np.std(runs, ddof=1) if len(runs) > 1 else 0
        axes.bar(place, mean, color=PALETTE[place % 6], alpha=0.55, width=0.7)
        axes.errorbar(place, mean, spread, color="black", capsize=4, lw=1.2, marker="")
        axes.plot(np.full(len(runs), place), runs, "k.", markersize=4)
        axes.text(place, 0, f"{name}\n{mean:.1f}±{spread:.1f}", ha="center", va="bottom", fontsize=8)
    axes.set(xticks=[], ylabel=ylabel)

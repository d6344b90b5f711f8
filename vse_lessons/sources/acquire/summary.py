"""What was read of a corpus, held against what was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from vse_lessons.data.text import tokenize
from vse_lessons.sources.acquire.release import Release


class Counted(Protocol):
    """Sentences and splits, of a listing or of a corpus."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The S sentences."""
        ...

    @property
    def image_of(self) -> np.ndarray:
        """(S,) the image of each sentence."""
        ...

    @property
    def splits(self) -> np.ndarray:
        """(N,) the split of each image."""
        ...


def summarize(corpus: Counted, release: Release, skipped: int) -> list[str]:
    """Count images, sentences and words of each split beside the published counts.

    Args:
        corpus: A listing or a corpus.
        release: Its `published` and `published_by` count.
        skipped: How many records or sentences were left out.

    Returns:
        The lines of a table.
    """
    lines = [f"{'split':8} {'images':>9} {'published':>10} {'sentences':>10} {'published':>10} {'words':>8}"]
    split_of = corpus.splits[corpus.image_of]  # (S,)
    owners, images = Counter(split_of.tolist()), Counter(corpus.splits.tolist())
    images["all"], owners["all"] = len(corpus.splits), len(corpus.sentences)
    published: Mapping[str, tuple[int | None, int | None]] = release.published
    for split in ("train", "val", "test", "unused", "all"):
        if not images[split] and split not in published and split != "all":
            continue
        counts = published.get(split, (None, None))
        shown = ["-" if count is None else f"{count:,}" for count in counts]
        chosen = np.flatnonzero((split_of == split) | (split == "all"))
        words = {word for row in chosen for word in tokenize(corpus.sentences[row])}
        here = (images[split], owners[split])
        differs = any(count not in (None, own) for count, own in zip(counts, here))
        lines.append(
            f"{split:8} {here[0]:9,} {shown[0]:>10} {here[1]:10,} {shown[1]:>10} {len(words):8,}"
            f"{'  differs' if differs else ''}"
        )
    if release.published_by:
        lines.append(f"published: {release.published_by}")
    silent = len(corpus.splits) - len(np.unique(corpus.image_of))
    return [
        *lines,
        f"{silent:,} images without a sentence; {skipped:,} records or sentences left out",
    ]


def describe_written(folder: Path) -> str:
    """Describe how to open a corpus that was written to a folder.

    Args:
        folder: The prepared corpus.

    Returns:
        A line with the parameters that a notebook takes.
    """
    return f"written: {folder}; -p corpus prepared -p corpus_dir {folder}"

"""Computes the figures that papers report, from ranks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from vse_lessons.common.files import DataError
from vse_lessons.evaluation.ranking import Ranks, rank_similarity

CUTS = (1, 5, 10)
SIDES = ("t2i", "i2t")
RECALLS = tuple(f"{side} R@{k}" for side in SIDES for k in CUTS)  # flat names of the six recalls


@dataclass(frozen=True)
class Evaluation:
    """Recalls, R-precision and mAP@R of a split in per cent, ranks counted from 1."""

    t2i: dict[str, float]  # a sentence looks for its image: R@1, R@5, R@10, median_rank, mean_rank
    i2t: dict[str, float]  # an image looks for the best of its sentences; also R-precision, mAP@R
    n_images: int  # that were searched
    n_sentences: int  # that were searched
    folds: int = 1  # parts of the split that were searched one by one; the figures are their means

    @property
    def rsum(self) -> float:
        """The sum of the six recalls at 1, 5 and 10; of folds, the sum of their mean recalls."""
        return sum(side[f"R@{k}"] for side in (self.t2i, self.i2t) for k in CUTS)

    def as_dict(self) -> dict:
        """List every figure by name, for `results.json`."""
        return {
            "n_images": self.n_images,
            "n_sentences": self.n_sentences,
            "folds": self.folds,
            "t2i": self.t2i,
            "i2t": self.i2t,
            "rsum": self.rsum,
        }


def summarize(found: Tensor | np.ndarray, cuts: Sequence[int] = CUTS) -> dict[str, float]:
    """Compute recalls, the median and the mean of ranks.

    Args:
        found: (Q,) ranks, counted from 1.
        cuts: further K of R@K, beside 1, 5 and 10.

    Returns:
        "R@K" in per cent for each K, "median_rank" and "mean_rank".

    Raises:
        DataError: no query, or a K that is no whole number from 1.
    """
    if not len(found):
        raise DataError("there is no query to evaluate: the split has no sentence")
    for k in cuts:
        check_cut(k)
    values = found.cpu().numpy() if isinstance(found, Tensor) else np.asarray(found)
    recalls = {f"R@{k}": 100 * float((values <= k).mean()) for k in sorted({*CUTS, *cuts})}
    return {**recalls, "median_rank": float(np.median(values)), "mean_rank": float(values.mean())}


def check_cut(k: int) -> None:
    """Refuse a K of R@K that is no whole number from 1."""
    if not isinstance(k, (int, np.integer)) or k < 1:
        raise DataError(f"recall at {k!r} means nothing: K is a whole number from 1")


def evaluate_ranks(found: Ranks, cuts: Sequence[int] = CUTS) -> Evaluation:
    """Compute every figure of some ranks.

    R-precision and mAP@R stand in i2t only: a sentence has one image, so that both would equal R@1.

    Args:
        found: ranks of a split.
        cuts: K of the recalls; 1, 5 and 10 are always among them.

    Returns:
        The evaluation.

    Raises:
        DataError: no query, or a K that is no whole number from 1.
    """
    i2t = summarize(found.i2t, cuts)
    i2t["R-precision"] = 100 * float(found.r_precision.mean())
    i2t["mAP@R"] = 100 * float(found.average_precision.mean())
    return Evaluation(summarize(found.t2i, cuts), i2t, found.n_images, len(found.t2i))


def mean_evaluation(parts: Sequence[Evaluation]) -> Evaluation:
    """Average every figure over folds, each counting alike.

    `rsum` is left to `Evaluation.rsum`, so that it is the sum of the means in the table and cannot be another
    one.

    Args:
        parts: the evaluation of each fold.

    Returns:
        The mean evaluation; images and sentences are those of all folds together.
    """
    t2i, i2t = (
        {name: float(np.mean([side[name] for side in sides])) for name in sides[0]}
        for sides in ([part.t2i for part in parts], [part.i2t for part in parts])
    )
    return Evaluation(
        t2i, i2t, sum(part.n_images for part in parts), sum(part.n_sentences for part in parts), len(parts)
    )


def recall_at(k: int, side: str = "t2i") -> Callable[[Ranks], float]:
    """Make the metric R@K of one direction, for `bootstrap_interval`.

    Args:
        k: the K of R@K.
        side: "t2i" or "i2t".

    Returns:
        A function from `Ranks` to a recall in per cent.

    Raises:
        DataError: an unknown direction, or a K that is no whole number from 1.
    """
    check_cut(k)
    check_side(side)
    return lambda found: 100 * float((getattr(found, side) <= k).mean())


def rsum(found: Ranks) -> float:
    """Compute the sum of the six recalls at 1, 5 and 10, for `bootstrap_interval`.

    Args:
        found: ranks of a split.

    Returns:
        The sum, between 0 and 600.
    """
    return sum(recall_at(k, side)(found) for side in SIDES for k in CUTS)


def check_side(side: str) -> None:
    """Refuse a direction that is neither t2i nor i2t."""
    if side not in SIDES:
        raise DataError(f"unknown direction {side!r}: t2i (a sentence asks) or i2t (an image asks)")


def evaluate_similarity(similarity: Tensor, image_of: Tensor, cuts: Sequence[int] = CUTS) -> Evaluation:
    """Evaluate a matrix of similarities; see `rank_similarity`.

    Args:
        similarity: (I, S) similarities of images and sentences.
        image_of: (S,) row of each sentence's image.
        cuts: K of the recalls; 1, 5 and 10 are always among them.

    Returns:
        The evaluation.

    Raises:
        DataError: a wrong shape, a wrong owner, no sentence at all, NaN or infinity.
    """
    return evaluate_ranks(rank_similarity(similarity, image_of), cuts)


def flatten(figures: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Flattens nested figures: {"t2i": {"R@1": 20.0}} becomes {"t2i R@1": 20.0}.

    Args:
        figures: names to numbers, or to further figures; anything else is left out.
        prefix: goes before every name.

    Returns:
        Names to numbers.
    """
    flat: dict[str, float] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name} ")
        elif isinstance(value, (int, float)):
            flat[prefix + name] = float(value)
    return flat


def annotations_needed(points: Iterable[tuple[int, float]], recall: float) -> int | None:
    """Read off a learning curve how many annotated pairs a recall takes.

    Between the best smaller setting and the first that reaches the recall, the curve is a straight line over
    the logarithm of the number of pairs.

    Args:
        points: pairs and mean recall of each setting.
        recall: the recall to be reached, in the same unit.

    Returns:
        The number of pairs; the smallest measured if that reaches the recall already (then fewer may do);
        None if no setting reaches it.
    """
    points = sorted(points)
    for place, (pairs, value) in enumerate(points):
        if value < recall:
            continue
        before = [point for point in points[:place] if point[1] < recall]
        if not before:
            return pairs
        fewer, low = max(before, key=lambda point: point[1])
        part = (recall - low) / (value - low)
        return round(math.exp(math.log(fewer) + part * (math.log(pairs) - math.log(fewer))))
    return None

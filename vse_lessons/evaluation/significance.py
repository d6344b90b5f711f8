"""Intervals and tests: how far a figure can be trusted, and whether two models differ.

Sentences of one image are alike: a hard image is hard for all of its five.  So intervals and tests treat
images as independent and sentences never; with sentences, every interval would be far too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from vse_lessons.common.files import DataError
from vse_lessons.common.random import generator
from vse_lessons.evaluation.metrics import check_cut, check_side
from vse_lessons.evaluation.ranking import Ranks


def bootstrap_interval(
    found: Ranks,
    metric: Callable[[Ranks], float],
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Compute the percentile interval of a metric of ranks by a bootstrap over images.

    Each resample draws as many images as asked, with replacement; each brings its own query and those of all
    its sentences, so that both directions are drawn together.  Queries are drawn with the ranks that they
    have: the candidates stay those of the split, because in a resample of candidates an image would compete
    with its own copies.  So the interval says how the figure would vary with other questions to this
    collection, and nothing about training again (see `mean_interval`).  Where all queries succeed the
    interval is a point, as no resample can fail.

    Args:
        found: ranks of a split.
        metric: a function from `Ranks` to a number, such as `recall_at(1)` or `rsum`.
        level: share of resamples inside the interval, between 0 and 1.
        resamples: how many resamples are drawn.
        seed: of the draws; the same seed gives the same interval.

    Returns:
        The low and the high end, in the unit of the metric.

    Raises:
        DataError: fewer than two images, no resample, or a level outside (0, 1).
    """
    labels, codes = np.unique(np.concatenate([found.t2i_image, found.i2t_image]), return_inverse=True)
    of_sentence, of_image = codes[: len(found.t2i)], codes[len(found.t2i) :]
    sentences, images = np.arange(len(of_sentence)), np.arange(len(of_image))
    values = []
    for times in _resamples(len(labels), level, resamples, seed):
        drawn = found.take(np.repeat(sentences, times[of_sentence]), np.repeat(images, times[of_image]))
        values.append(metric(drawn))
    return _percentiles(values, level)


def _resamples(images: int, level: float, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each image (I,) is drawn, for each resample."""
    if images < 2:
        raise DataError(f"an interval over images needs at least two that asked, not {images}")
    if resamples < 1 or not 0 < level < 1:
        raise DataError(
            f"{resamples} resamples at level {level}: give at least one (1,000 are usual) "
            "and a level between 0 and 1, like 0.95"
        )
    rng = generator("bootstrap", seed)
    for _ in range(resamples):
        yield np.bincount(rng.integers(images, size=images), minlength=images)


def _percentiles(values: Sequence[float], level: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class Comparison:
    """Recall@K of a first model less that of a second one, on the same queries."""

    difference: float  # percentage points
    low: float  # lower end of the interval of the difference, percentage points
    high: float  # upper end
    p_value: float  # two-sided
    n_queries: int  # sentences or images that were looked up
    n_images: int  # that asked


def compare(
    first: Ranks,
    second: Ranks,
    k: int = 1,
    side: str = "t2i",
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Test whether two models differ in R@K on the same queries.

    The test is a permutation test with images as clusters.  d_i is how many more queries of image i the first
    model answers within K than the second.  If the models were equally good, then for each image on its own
    it would be chance which of them is called the first, so each d_i could as well be -d_i.  The p value is
    the share of all 2^I ways to flip signs whose |sum| is at least the one seen; it is exact, without
    drawing, and assumes neither normality nor independent sentences.  The interval of the difference is that
    of `bootstrap_interval`.

    Args:
        first: ranks of the first model.
        second: ranks of the second model, on the same queries.
        k: the K of R@K.
        side: "t2i" or "i2t".
        level: of the interval, between 0 and 1.
        resamples: of the interval.
        seed: of the interval's draws.

    Returns:
        The difference in percentage points, its interval and the p value.

    Raises:
        DataError: the two were not asked the same queries among as many images.
    """
    check_cut(k)
    check_side(side)
    _check_same_queries(first, second)
    images = getattr(first, f"{side}_image")
    gain = (getattr(first, side) <= k).astype(int) - (getattr(second, side) <= k).astype(int)
    _, codes = np.unique(images, return_inverse=True)
    queries = np.bincount(codes)
    gains = np.bincount(codes, gain).round().astype(int)  # (I,) d_i
    drawn = [
        100 * (times @ gains) / (times @ queries)
        for times in _resamples(len(queries), level, resamples, seed)
    ]
    return Comparison(
        100 * float(gain.mean()), *_percentiles(drawn, level), sign_flip_test(gains), len(gain), len(queries)
    )


def _check_same_queries(first: Ranks, second: Ranks) -> None:
    same = all(
        np.array_equal(getattr(first, name), getattr(second, name))
        for name in ("t2i_image", "i2t_image", "n_images")
    )
    if not same:
        raise DataError(
            f"the models were not asked the same: {len(first.t2i)} sentences and {len(first.i2t)} of "
            f"{first.n_images} images against {len(second.t2i)} and {len(second.i2t)} of "
            f"{second.n_images}, or other images; rank both on one split, in one order"
        )


def sign_flip_test(differences: np.ndarray) -> float:
    """Compute the exact two-sided p value of whole numbers that would be as likely with the other sign.

    Images with the same |d| = m are interchangeable: if b of their c keep a plus, they add m (2b - c), and b
    is binomial.  The distribution of the whole sum is the convolution of these, one for each m.

    Args:
        differences: (I,) whole numbers.

    Returns:
        The p value.
    """
    sizes, counts = np.unique(np.abs(differences[differences != 0]), return_counts=True)
    chances = np.ones(1)  # of sum_i m_i b_i being 0, 1, 2, ...
    for size, count in zip(sizes, counts):
        step = np.zeros(size * count + 1)
        step[::size] = stats.binom.pmf(np.arange(count + 1), count, 0.5)
        chances = np.convolve(chances, step)
    total = len(chances) - 1
    sums = 2 * np.arange(total + 1) - total
    return min(1.0, float(chances[np.abs(sums) >= abs(differences.sum())].sum()))


def mean_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Compute the mean of independent runs and half of its Student t interval.

    The half-width is t_{(1 + level) / 2, n - 1} s / sqrt(n), with the standard deviation s over n runs
    (seeds).

    Args:
        values: a figure of each run.
        level: of the interval, between 0 and 1.

    Returns:
        The mean and the half-width, which is nan for one value.

    Raises:
        DataError: no value, a value that is not finite, or a level outside (0, 1).
    """
    numbers = np.asarray(values, float)
    if not numbers.size or numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise DataError(f"a mean over seeds needs a list of finite numbers, not {values!r}")
    if not 0 < level < 1:
        raise DataError(f"the level is {level}: give one between 0 and 1, like 0.95")
    if len(numbers) == 1:
        return float(numbers[0]), float("nan")
    quantile = stats.t.ppf((1 + level) / 2, len(numbers) - 1)
    return float(numbers.mean()), float(quantile * numbers.std(ddof=1) / np.sqrt(len(numbers)))


def spread(values: Iterable[float], digits: int = 1) -> str:
    """Write a mean and half of its 95 % interval over seeds, such as "12.3 ± 0.8".

    Args:
        values: a figure of each run; without any the text is a dash.
        digits: decimal places.

    Returns:
        The text.
    """
    values = list(values)
    if not values:
        return "–"
    mean, half = mean_interval(values)
    return f"{mean:.{digits}f} ± {half:.{digits}f}" if len(values) > 1 else f"{mean:.{digits}f}"

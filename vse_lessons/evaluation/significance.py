"""What ranks say: the figures that papers report, how far to trust them, and whether two models differ.

Sentences of one image are alike: a hard image is hard for all of its five.  So intervals and tests treat
images as independent and sentences never; with sentences, every interval would be far too narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from torch import Tensor

from vse_lessons.common.files import DataError

CUTS = (1, 5, 10)
SIDES = ("t2i", "i2t")


@dataclass(frozen=True)
class Ranks:
    """What each query found, and the image that it belongs to: what figures, intervals and tests are
    made of.  S sentences ask for their image, Q images with a sentence ask for their sentences."""

    t2i: np.ndarray  # (S,) int64 rank of the right image
    i2t: np.ndarray  # (Q,) int64 rank of the best of the image's own sentences
    t2i_image: np.ndarray  # (S,) int64 the image of each sentence
    i2t_image: np.ndarray  # (Q,) int64 the asking images
    r_precision: np.ndarray  # (Q,) share of an image's R sentences that are among its first R
    average_precision: np.ndarray  # (Q,) average precision over an image's first R, for mAP@R
    n_images: int  # candidates of t2i, those without a sentence too

    def take(self, sentences: np.ndarray, images: np.ndarray) -> Ranks:
        """Some of the S sentences and of the Q images, by index, also more than once; what they found
        among all candidates stays as it is."""
        return Ranks(
            self.t2i[sentences],
            self.i2t[images],
            self.t2i_image[sentences],
            self.i2t_image[images],
            self.r_precision[images],
            self.average_precision[images],
            self.n_images,
        )


@dataclass(frozen=True)
class Evaluation:
    """Recalls, R-precision and mAP@R in per cent, ranks counted from 1."""

    t2i: dict[str, float]  # a sentence looks for its image: R@1, R@5, R@10, median_rank, mean_rank
    i2t: dict[str, float]  # an image looks for the best of its sentences; also R-precision, mAP@R
    n_images: int
    n_sentences: int
    folds: int = 1  # parts of the split that were searched one by one; the figures are their means

    @property
    def rsum(self) -> float:
        """The sum of the six recalls at 1, 5 and 10; of folds, the sum of their mean recalls."""
        return sum(side[f"R@{k}"] for side in (self.t2i, self.i2t) for k in CUTS)

    def as_dict(self) -> dict:
        """For `results.json`."""
        return {
            "n_images": self.n_images,
            "n_sentences": self.n_sentences,
            "folds": self.folds,
            "t2i": self.t2i,
            "i2t": self.i2t,
            "rsum": self.rsum,
        }


def summarize(found: Tensor | np.ndarray, cuts: Sequence[int] = CUTS) -> dict[str, float]:
    """R@K in per cent for K = 1, 5, 10 and the other `cuts`, the median and the mean of ranks (Q,)."""
    if not len(found):
        raise DataError("there is no query to evaluate: the split has no sentence")
    for k in cuts:
        _check_cut(k)
    values = found.cpu().numpy() if isinstance(found, Tensor) else np.asarray(found)
    recalls = {f"R@{k}": 100 * float((values <= k).mean()) for k in sorted({*CUTS, *cuts})}
    return {**recalls, "median_rank": float(np.median(values)), "mean_rank": float(values.mean())}


def _check_cut(k: int) -> None:
    if not isinstance(k, (int, np.integer)) or k < 1:
        raise DataError(f"recall at {k!r} means nothing: K is a whole number from 1")


def evaluate_ranks(found: Ranks, cuts: Sequence[int] = CUTS) -> Evaluation:
    """Every figure of some ranks.  R-precision and mAP@R stand in i2t only: a sentence has one image,
    so that both would equal R@1."""
    i2t = summarize(found.i2t, cuts)
    i2t["R-precision"] = 100 * float(found.r_precision.mean())
    i2t["mAP@R"] = 100 * float(found.average_precision.mean())
    return Evaluation(summarize(found.t2i, cuts), i2t, found.n_images, len(found.t2i))


def mean_evaluation(parts: Sequence[Evaluation]) -> Evaluation:
    """The mean of every figure over folds, each counting alike.  rsum is left to `Evaluation.rsum`, so
    that it is the sum of the means in the table and cannot be another one."""
    t2i, i2t = (
        {name: float(np.mean([side[name] for side in sides])) for name in sides[0]}
        for sides in ([part.t2i for part in parts], [part.i2t for part in parts])
    )
    return Evaluation(
        t2i, i2t, sum(part.n_images for part in parts), sum(part.n_sentences for part in parts), len(parts)
    )


def recall_at(k: int, side: str = "t2i") -> Callable[[Ranks], float]:
    """The metric R@K of one direction, in per cent, for `bootstrap_interval`."""
    _check_cut(k)
    _check_side(side)
    return lambda found: 100 * float((getattr(found, side) <= k).mean())


def rsum(found: Ranks) -> float:
    """The metric rsum, for `bootstrap_interval`."""
    return sum(recall_at(k, side)(found) for side in SIDES for k in CUTS)


def _check_side(side: str) -> None:
    if side not in SIDES:
        raise DataError(f"unknown direction {side!r}: t2i (a sentence asks) or i2t (an image asks)")


def bootstrap_interval(
    found: Ranks,
    metric: Callable[[Ranks], float],
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """The percentile interval (low, high) of any metric of ranks, by a bootstrap over images.

    Each resample draws as many images as asked, with replacement; each brings its own query and those
    of all its sentences, so that both directions are drawn together.  What is drawn are queries with
    the ranks they have: the candidates stay those of the split, because in a resample of candidates
    an image would compete with its own copies.  So the interval tells how the figure would vary with
    other questions to this collection, and nothing about training again (see `mean_interval`).

    The same seed gives the same interval.  Where all queries succeed the interval is a point, as no
    resample can fail.  `DataError` with fewer than two images, no resample, or a level not in (0, 1)."""
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
    rng = np.random.Generator(np.random.PCG64(seed))
    for _ in range(resamples):
        yield np.bincount(rng.integers(images, size=images), minlength=images)


def _percentiles(values: Sequence[float], level: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class Comparison:
    """Recall@K of a first model less that of a second one, on the same queries."""

    difference: float  # percentage points
    low: float  # the interval of the difference, percentage points
    high: float
    p_value: float  # two-sided
    n_queries: int
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
    """Whether two models differ in R@K, tested on the same queries.

    The test is a permutation test with images as clusters.  d_i is how many more queries of image i the
    first model answers within K than the second.  If the models were equally good, then for each image
    on its own it would be chance which of them is called the first, so each d_i could as well be -d_i.
    The p value is the share of all 2^I ways to flip signs whose |sum| is at least the one seen; it is
    exact, without drawing, and assumes neither normality nor independent sentences.  The interval is
    `bootstrap_interval`'s, of the difference.

    `DataError` when the two were not asked the same queries among as many images."""
    _check_cut(k)
    _check_side(side)
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
    """The exact two-sided p value of whole numbers (I,) that would be as likely with the other sign.

    Images with the same |d| = m are interchangeable: if b of their c keep a plus, they add m (2b - c), and
    b is binomial.  The distribution of the whole sum is the convolution of these, one for each m."""
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
    """The mean of independent runs (seeds) and the half-width of its Student t interval,
    t_{(1 + level) / 2, n - 1} s / sqrt(n); nan for one value.  No value, or one that is not finite, is a
    `DataError`."""
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
    """A mean and half of its 95 % interval over seeds, in words."""
    values = list(values)
    if not values:
        return "–"
    mean, half = mean_interval(values)
    return f"{mean:.{digits}f} ± {half:.{digits}f}" if len(values) > 1 else f"{mean:.{digits}f}"

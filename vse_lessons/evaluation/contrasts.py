"""Contrasts between runs, taken seed by seed: runs of one seed share their annotated images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vse_lessons.evaluation.significance import mean_interval

Values = Callable[[Any, str], Mapping[int, float]]  # a metric of a run by seed


@dataclass(frozen=True)
class Contrast:
    """The sum of some terms less the sum of others.

    A term is a run (a cell of an experiment, of which the metric counts), a `Share` or a `Contrast`.
    """

    plus: tuple[Any, ...]  # terms that are added
    minus: tuple[Any, ...] = ()  # terms that are taken off
    metric: str = "t2i R@1"  # a flat name, such as "i2t R@10" or "rsum"


@dataclass(frozen=True)
class Share:
    """A term as a share, in per cent, of another one."""

    part: Any  # a term
    whole: Any  # the term that is 100 %


def contrast_by_seed(contrast: Contrast, values: Values) -> dict[int, float]:
    """Computes a contrast for the seeds that all its runs have.

    Args:
        contrast: the contrast.
        values: a function from a run and a metric to the metric by seed. One run of what is not trained (its
            `untrained` is true) serves every seed.

    Returns:
        The contrast by seed; empty where a run is missing.
    """
    signed = [(1, term) for term in contrast.plus] + [(-1, term) for term in contrast.minus]
    terms = [(sign, _term_by_seed(term, contrast.metric, values), term) for sign, term in signed]
    trained = [set(of_seed) for _, of_seed, term in terms if not getattr(term, "untrained", False)]
    if not trained or any(not of_seed for _, of_seed, _ in terms):
        return {}
    seeds = sorted(set.intersection(*trained))
    return {s: sum(sign * v.get(s, next(iter(v.values()))) for sign, v, _ in terms) for s in seeds}


def _term_by_seed(term: Any, metric: str, values: Values) -> Mapping[int, float]:
    if isinstance(term, Contrast):
        return contrast_by_seed(term, values)
    if isinstance(term, Share):
        part, whole = (_term_by_seed(one, metric, values) for one in (term.part, term.whole))
        return {seed: 100 * value / whole[seed] for seed, value in part.items() if whole.get(seed)}
    return values(term, metric)


@dataclass(frozen=True)
class Measured:
    """A figure by seed, with the mean and half of the 95 % interval over seeds."""

    values: tuple[float, ...]  # by seed
    mean: float  # over seeds
    half_width: float  # nan with one seed

    @classmethod
    def of(cls, values: Iterable[float]) -> Measured | None:
        """Measures a figure by its value of each seed; None without any seed."""
        values = tuple(values)
        return cls(values, *mean_interval(values)) if values else None

    def side(self, minimum: float = 0.0) -> int:
        """Says where the whole interval lies: 1 above a minimum, -1 below, 0 neither or with one seed."""
        above, below = self.mean - self.half_width > minimum, self.mean + self.half_width < minimum
        return int(above) - int(below)

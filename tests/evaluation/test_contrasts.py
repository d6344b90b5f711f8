import math

import pytest

from vse_lessons.evaluation.contrasts import Contrast, Measured, Share, contrast_by_seed

RUNS = {"a": {0: 20.0, 1: 30.0, 2: 40.0}, "b": {1: 10.0, 2: 20.0}, "zero": {1: 0.0, 2: 5.0}, "none": {}}


def by_seed(*terms):
    asked = []

    def values(run, metric):
        asked.append(metric)
        return RUNS[run]

    return contrast_by_seed(Contrast(*terms, metric="rsum"), values), set(asked)


def test_a_contrast_is_taken_for_the_seeds_that_all_runs_have():
    assert by_seed(("a",), ("b",)) == ({1: 20.0, 2: 20.0}, {"rsum"})
    assert by_seed(("a", "b"))[0] == {1: 40.0, 2: 60.0}
    assert by_seed(("a",), ("none",))[0] == {}


def test_shares_and_contrasts_are_terms():
    assert by_seed((Share("b", "a"),))[0] == {1: pytest.approx(100 / 3), 2: 50.0}
    assert by_seed((Share("a", "zero"),))[0] == {2: 800.0}, "a share of nothing is none"
    inner = Contrast(("a",), ("b",), "R@1")
    value, metrics = by_seed((Share(inner, "a"),))
    assert value == {1: pytest.approx(200 / 3), 2: 50.0} and metrics == {"rsum", "R@1"}


def test_what_was_measured_lies_above_below_or_neither():
    assert Measured.of([]) is None
    clear = Measured.of([5.0, 5.2, 4.8])
    assert clear.mean == pytest.approx(5) and [clear.side(m) for m in (0, 5, 9)] == [1, 0, -1]
    alone = Measured.of([5.0])
    assert math.isnan(alone.half_width) and alone.side() == 0

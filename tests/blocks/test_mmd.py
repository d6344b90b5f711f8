import numpy as np
import pytest
import torch
from helpers import literal_vsa
from hypothesis import given, settings
from hypothesis import strategies as st

from vse_lessons.blocks.mmd import (
    FACTORS,
    median_squared_distance,
    mmd2,
    squared_distances,
    two_sample_test,
)
from vse_lessons.common.files import DataError


def sample(count, width=3, shift=0.0, seed=0):
    rng = np.random.Generator(np.random.PCG64([seed, count]))
    return torch.from_numpy(rng.standard_normal((count, width)) + shift).float()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(2, 7),
    st.integers(2, 7),
    st.integers(1, 4),
    st.booleans(),
    st.lists(st.floats(0.05, 20), min_size=1, max_size=4),
    st.integers(0, 99),
)
def test_mmd_equals_the_double_sums(n, m, width, biased, bandwidths, seed):
    first, second = sample(n, width, 0.0, seed), sample(m, width, 0.7, seed + 1)
    found = float(mmd2(first, second, bandwidths, biased=biased))
    assert found == pytest.approx(literal_vsa.mmd2(first, second, bandwidths, biased), abs=2e-6)


@pytest.mark.parametrize("biased", [True, False])
def test_the_median_heuristic_sets_five_bandwidths(biased):
    first, second = sample(6), sample(5, shift=1.0, seed=3)
    median = literal_vsa.median_squared_distance(first, second)
    assert median_squared_distance(first, second) == pytest.approx(median, rel=1e-6)
    assert FACTORS == (0.25, 0.5, 1, 2, 4)
    expected = literal_vsa.mmd2(first, second, [f * median for f in FACTORS], biased)
    assert float(mmd2(first, second, biased=biased)) == pytest.approx(expected, abs=2e-6)


def test_the_median_of_large_samples_is_of_their_first_points():
    first, second = sample(300), sample(280, seed=1)
    assert median_squared_distance(first, second) == median_squared_distance(first[:256], second[:256])


@pytest.mark.parametrize("bandwidths", [(1.0, 2.0, 4.0), (0.3, 1.1, 5.0), (2.0,)])
def test_the_gradient_is_that_of_the_double_sums(bandwidths):
    first, second = sample(4).double().requires_grad_(), sample(5, shift=0.5).double()
    mmd2(first, second, bandwidths).backward()
    for place in [(0, 0), (2, 1), (3, 2)]:
        values = []
        for step in (1e-4, -1e-4):
            moved = first.detach().clone()
            moved[place] += step
            values.append(literal_vsa.mmd2(moved, second, bandwidths, False))
        slope = (values[0] - values[1]) / 2e-4
        assert float(first.grad[place]) == pytest.approx(slope, abs=1e-4)


def test_it_is_near_0_for_one_distribution_and_far_for_two():
    near = float(mmd2(sample(400), sample(400, seed=5)))
    far = float(mmd2(sample(400), sample(400, shift=1.0, seed=5)))
    assert abs(near) < 0.01 < 0.1 < far
    assert float(mmd2(sample(9), sample(9))) < 0  # the unbiased estimate of 0 may be below it
    assert float(mmd2(sample(9), sample(9), biased=True)) == pytest.approx(0, abs=1e-6)


def test_points_that_are_all_one_give_0_and_a_finite_gradient():
    first, second = torch.ones(3, 4, requires_grad=True), torch.ones(4, 4)
    value = mmd2(first, second)
    value.backward()
    assert value.item() == pytest.approx(0, abs=1e-6) and torch.isfinite(first.grad).all()


def test_distances_are_never_below_0():
    points = sample(50, 200) * 1e3
    found = squared_distances(points, points)
    assert (found >= 0).all()
    exact = torch.cdist(points.double(), points.double()).square().float()
    torch.testing.assert_close(found, exact, rtol=1e-3, atol=1e3)  # of numbers about 4e8


@pytest.mark.parametrize(
    ("sizes", "widths", "said"),
    [
        ((1, 4), (3, 3), "a sample of 1 has no two points"),
        ((4, 0), (3, 3), "larger batch_size"),
        ((4, 4), (3, 2), "3 and 2 wide"),
    ],
)
@pytest.mark.parametrize("function", [mmd2, two_sample_test])
def test_what_cannot_be_compared_is_refused(function, sizes, widths, said):
    samples = [torch.zeros(size, width) for size, width in zip(sizes, widths)]
    with pytest.raises(DataError, match=said):
        function(*samples)


@pytest.mark.parametrize("bandwidths", [[], [1.0, 0.0], [-1.0]])
def test_bad_bandwidths_are_refused(bandwidths):
    with pytest.raises(DataError, match="bandwidths"):
        mmd2(sample(3), sample(3), bandwidths)


def test_the_two_sample_test_tells_shifted_samples_from_equal_ones():
    shifted = two_sample_test(sample(60), sample(50, shift=0.8, seed=2), draws=99)
    assert shifted["p"] == 0.01 and shifted["mmd2"] > 0.05
    equal = [
        two_sample_test(sample(30, seed=s), sample(30, seed=s + 100), draws=49, seed=s)["p"]
        for s in range(40)
    ]
    assert 0.3 < np.mean(equal) < 0.7  # p is uniform under one distribution
    assert np.mean([p <= 0.1 for p in equal]) < 0.25


def test_the_test_statistic_is_the_biased_mmd():
    first, second = sample(12), sample(9, shift=0.4, seed=1)
    found = two_sample_test(first, second, draws=5)
    assert found["mmd2"] == pytest.approx(float(mmd2(first, second, biased=True)), abs=1e-5)
    assert found == two_sample_test(first, second, draws=5)

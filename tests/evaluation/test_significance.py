import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vse_lessons.common.files import DataError
from vse_lessons.common.random import generator
from vse_lessons.evaluation.metrics import Evaluation, evaluate_ranks, mean_evaluation, recall_at, rsum
from vse_lessons.evaluation.ranking import Ranks, rank_similarity
from vse_lessons.evaluation.significance import (
    bootstrap_interval,
    compare,
    mean_interval,
    sign_flip_test,
)


def make_ranks(t2i, t2i_image, i2t=None) -> Ranks:
    t2i, t2i_image = np.asarray(t2i), np.asarray(t2i_image)
    asking = np.unique(t2i_image)
    i2t = np.ones(len(asking), int) if i2t is None else np.asarray(i2t)
    return Ranks(t2i, i2t, t2i_image, asking, 1.0 / i2t, 0.5 / i2t, len(asking))


def random_ranks(rng, images: int, each: int = 1, right: float = 0.5, alike: float = 0.0) -> Ranks:
    """Ranks 1 (with a chance that, the more alike, the more depends on the image) and 9."""
    spread = alike * min(right, 1 - right)
    chance = right + spread * rng.choice([-1, 1], (images, 1))
    hits = rng.random((images, each)) < chance
    return make_ranks(
        np.where(hits, 1, 9).ravel(),
        np.arange(images).repeat(each),
        np.where(rng.random(images) < right, 1, 9),
    )


def test_intervals_are_deterministic_and_hold_the_figure():
    found = random_ranks(np.random.default_rng(0), 200, 5)
    for metric in (
        recall_at(1),
        recall_at(1, "i2t"),
        rsum,
        lambda r: float(np.median(r.t2i)),
        lambda r: 100 * r.average_precision.mean(),
    ):
        low, high = bootstrap_interval(found, metric)
        assert low <= metric(found) <= high
        assert (low, high) == bootstrap_interval(found, metric)
    assert bootstrap_interval(found, rsum, seed=1) != bootstrap_interval(found, rsum)


def test_intervals_against_resampling_written_out():
    rng = np.random.default_rng(3)
    t2i_image = rng.integers(0, 12, 40)
    found = make_ranks(rng.integers(1, 20, 40), t2i_image * 7)  # images have gaps in their numbers
    labels = np.unique(found.t2i_image)
    draws, values = generator("bootstrap", 5), []
    for _ in range(50):
        drawn = []
        for label in labels[draws.integers(len(labels), size=len(labels))]:
            drawn.extend(found.t2i[found.t2i_image == label])
        values.append(np.mean(drawn))
    expected = np.quantile(values, [0.05, 0.95])
    given_ = bootstrap_interval(found, lambda r: float(r.t2i.mean()), 0.9, resamples=50, seed=5)
    assert given_ == pytest.approx(tuple(expected))


def test_intervals_shrink_with_images_and_grow_with_the_level():
    def width(images, level=0.95):
        found = random_ranks(np.random.default_rng(1), images)
        low, high = bootstrap_interval(found, recall_at(1), level, 300)
        return high - low

    assert width(1600) == pytest.approx(width(100) / 4, rel=0.3)
    assert width(400, 0.5) < width(400, 0.9) < width(400, 0.99)
    # 1.96 standard errors of a share on both sides
    assert width(1600) == pytest.approx(2 * 1.96 * 50 / 1600**0.5, rel=0.2)


def test_sentences_twice_tell_nothing_new():
    rng = np.random.default_rng(2)
    once = make_ranks(rng.integers(1, 9, 150), np.arange(150) // 3)
    thrice = make_ranks(once.t2i.repeat(3), once.t2i_image.repeat(3))
    assert bootstrap_interval(thrice, recall_at(3)) == bootstrap_interval(once, recall_at(3))


def test_sentences_that_are_alike_widen_the_interval():
    def width(alike):
        found = random_ranks(np.random.default_rng(4), 300, 5, alike=alike)
        low, high = bootstrap_interval(found, recall_at(1), resamples=300)
        return high - low

    # with all five alike there are as good as 300 queries, not 1,500
    assert width(1.0) == pytest.approx(width(0.0) * 5**0.5, rel=0.25)


def test_intervals_cover_the_truth():
    covered = 0
    for seed in range(200):
        found = random_ranks(np.random.default_rng(seed), 60, 3, right=0.4, alike=0.9)
        low, high = bootstrap_interval(found, recall_at(1), resamples=200, seed=seed)
        covered += low <= 40 <= high
    assert 0.88 <= covered / 200 <= 0.99


def test_certain_success_has_a_point_for_an_interval():
    assert bootstrap_interval(make_ranks([1] * 6, range(6)), recall_at(1)) == (100, 100)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"level": 0}, "level"),
        ({"level": 95}, "0.95"),
        ({"resamples": 0}, "at least one"),
    ],
)
def test_bad_requests_for_intervals(arguments, message):
    found = make_ranks([1, 2], [0, 1])
    for action in (
        lambda: bootstrap_interval(found, rsum, **arguments),
        lambda: compare(found, found, **arguments),
    ):
        with pytest.raises(DataError, match=message):
            action()


def test_one_image_has_no_interval():
    found = make_ranks([1, 2, 3], [4, 4, 4])
    with pytest.raises(DataError, match="at least two"):
        bootstrap_interval(found, rsum)
    with pytest.raises(DataError, match="at least two"):
        compare(found, found)


def test_bad_metrics():
    found = make_ranks([1, 2], [0, 1])
    with pytest.raises(DataError, match="whole number"):
        recall_at(0)
    with pytest.raises(DataError, match="unknown direction 'both'"):
        recall_at(1, "both")
    with pytest.raises(DataError, match="unknown direction"):
        compare(found, found, side="both")
    with pytest.raises(DataError, match="whole number"):
        compare(found, found, k=0)


def test_metrics_are_those_of_the_evaluation():
    rng = np.random.default_rng(0)
    found = make_ranks(rng.integers(1, 20, 30), np.arange(30) // 2, rng.integers(1, 20, 15))
    table = evaluate_ranks(found, cuts=(3,))
    assert recall_at(3)(found) == table.t2i["R@3"]
    assert recall_at(10, "i2t")(found) == table.i2t["R@10"]
    assert rsum(found) == pytest.approx(table.rsum)
    assert set(table.i2t) - set(table.t2i) == {"R-precision", "mAP@R"}
    assert (table.n_images, table.n_sentences, table.folds) == (15, 30, 1)


def test_mean_of_evaluations():
    sides = [{f"R@{k}": float(v) for k in (1, 5, 10)} for v in (10, 30, 50, 70)]
    found = mean_evaluation([Evaluation(sides[0], sides[1], 4, 8), Evaluation(sides[2], sides[3], 5, 9)])
    assert found.t2i["R@1"] == 30 and found.i2t["R@5"] == 50
    assert found.rsum == 3 * 30 + 3 * 50
    assert (found.n_images, found.n_sentences, found.folds) == (9, 17, 2)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_sign_flips_against_all_of_them(differences):
    sums = [
        abs(sum(s * d for s, d in zip(signs, differences)))
        for signs in itertools.product((-1, 1), repeat=len(differences))
    ]
    expected = np.mean([s >= abs(sum(differences)) for s in sums])
    assert sign_flip_test(np.array(differences)) == pytest.approx(expected, abs=1e-12)


def test_sign_flips_of_thousands_of_images():
    rng = np.random.default_rng(0)
    differences = rng.integers(-5, 6, 5000)
    z = abs(differences.sum()) / math.sqrt((differences**2).sum())
    assert sign_flip_test(differences) == pytest.approx(math.erfc(z / 2**0.5), abs=0.01)


def test_a_model_does_not_differ_from_itself():
    found = random_ranks(np.random.default_rng(0), 50, 5)
    same = compare(found, found)
    assert (same.difference, same.low, same.high, same.p_value) == (0, 0, 0, 1)
    assert (same.n_queries, same.n_images) == (250, 50)


def test_the_better_of_two_models():
    rng = np.random.default_rng(0)
    weak, strong = random_ranks(rng, 300, 5, 0.3), random_ranks(rng, 300, 5, 0.4)
    for side, count in (("t2i", 1500), ("i2t", 300)):
        found = compare(strong, weak, 1, side)
        expected = recall_at(1, side)(strong) - recall_at(1, side)(weak)
        assert found.difference == pytest.approx(expected)
        assert found.low < found.difference < found.high
        assert (found.n_queries, found.n_images) == (count, 300)
    assert compare(strong, weak).low > 0 and compare(strong, weak).p_value < 1e-4
    turned = compare(weak, strong)
    assert turned.difference == -compare(strong, weak).difference
    assert turned.p_value == compare(strong, weak).p_value
    assert compare(strong, weak, 10).p_value == 1  # all are found within ten


def test_comparison_by_hand():
    # image 0: two queries won; image 1: one lost; image 2: one won and one lost.  |sum| >= 1 always
    first = make_ranks([1, 1, 9, 1, 9], [0, 0, 1, 2, 2])
    second = make_ranks([9, 9, 1, 9, 1], [0, 0, 1, 2, 2])
    found = compare(first, second, k=1)
    assert found.difference == pytest.approx(20) and found.p_value == 1
    second = make_ranks([9, 9, 9, 9, 9], [0, 0, 1, 2, 2])
    assert compare(first, second).p_value == pytest.approx(0.5)  # 3 of 3, -3, 1 and -1


def test_no_difference_is_found_where_there_is_none():
    """Two models equally good, with sentences of an image all alike, as clusters are at their worst."""
    clustered, naive = [], []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        first, second = (random_ranks(rng, 80, 5, alike=1.0) for _ in range(2))
        clustered.append(compare(first, second, resamples=1).p_value)
        naive.append(sign_flip_test((first.t2i < second.t2i).astype(int) - (first.t2i > second.t2i)))
    for level in (0.05, 0.2):
        assert np.mean(np.array(clustered) <= level) <= level + 3 * math.sqrt(level / 400)
    assert np.mean(np.array(clustered) <= 0.5) > 0.35  # nor is it blind
    assert np.mean(np.array(naive) <= 0.05) > 0.2  # what sentences as clusters would give


def test_other_queries_are_refused():
    found = make_ranks([1, 2, 3, 4], [0, 0, 1, 2])
    image = make_ranks([1, 2, 3, 4], [0, 1, 1, 2])
    fewer = make_ranks([1, 2, 3], [0, 1, 2])
    other = make_ranks([1, 2, 3, 4], [5, 5, 6, 7])
    pool = Ranks(**{**vars(found), "n_images": 9})
    for second in (image, fewer, other, pool):
        with pytest.raises(DataError, match="not asked the same"):
            compare(found, second)


def test_ranks_of_matrices_can_be_compared():
    import torch

    right = torch.eye(30).repeat_interleave(2, 1)
    found = [rank_similarity(s, torch.arange(60) // 2) for s in (right, torch.rand(30, 60))]
    assert compare(*found).p_value < 1e-3
    assert bootstrap_interval(found[0], rsum) == (600, 600)


def test_mean_over_seeds():
    # t of 4 degrees of freedom at 97.5 % is 2.776445
    mean, half = mean_interval([1, 2, 3, 4, 5])
    assert mean == 3 and half == pytest.approx(2.776445 * math.sqrt(2.5 / 5), rel=1e-6)
    assert mean_interval([1, 2, 3, 4, 5], 0.5)[1] < half
    assert mean_interval((7.0, 7.0)) == (7, 0)
    mean, half = mean_interval([4])
    assert mean == 4 and math.isnan(half)


@pytest.mark.parametrize("values", [[], [1, math.nan], [math.inf], [[1, 2]]])
def test_bad_seeds_are_refused(values):
    with pytest.raises(DataError, match="finite numbers"):
        mean_interval(values)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_bad_level_over_seeds(level):
    with pytest.raises(DataError, match="level"):
        mean_interval([1, 2], level)


def test_intervals_over_seeds_cover_the_truth():
    rng = np.random.default_rng(0)
    covered = [abs(mean - 1) <= half for mean, half in map(mean_interval, rng.normal(1, 2, (500, 4)))]
    assert 0.92 <= np.mean(covered) <= 0.98

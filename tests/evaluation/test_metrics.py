import math

import pytest

from vse_lessons.evaluation.metrics import annotations_needed, flatten


def test_annotations_are_read_off_the_curve():
    points = [(1000, 30.0), (100, 10.0), (300, 20.0)]
    between = math.exp(math.log(300) + 0.5 * (math.log(1000) - math.log(300)))
    assert annotations_needed(points, 25) == round(between)
    assert annotations_needed(points, 20) == 300
    assert annotations_needed(points, 5) == 100, "the smallest setting is above it: fewer may do"
    assert annotations_needed(points, 31) is None and annotations_needed([], 1) is None


@pytest.mark.parametrize("dip", [5.0, 12.0])
def test_a_dip_does_not_count_as_the_best_smaller_setting(dip):
    straight = annotations_needed([(100, 20.0), (400, 30.0)], 25)
    assert annotations_needed([(100, 20.0), (200, dip), (400, 30.0)], 25) == straight


def test_nested_figures_become_columns():
    nested = {"t2i": {"R@1": 1}, "alignment": {"images": {"mmd2": 0.5}}, "split": "test", "sizes": [1]}
    assert flatten(nested) == {"t2i R@1": 1, "alignment images mmd2": 0.5}

import numpy as np
import pytest

from vse_lessons.training.checkpoints import TrainingResult
from vse_lessons.training.transfer import configure

HISTORY = [{"rsum": 10.0}, {"rsum": 30.0, "cider": 1.0}, {"rsum": 20.0, "cider": 2.0}]


def test_a_result_is_counted_for_a_stored_row():
    result = TrainingResult(None, HISTORY, best_epoch=1, warnings=["flat"], steps=12)
    assert result.summary() == {"best_epoch": 2, "epochs": 3, "steps": 12, "warnings": 1}


def test_curves_are_those_that_the_last_epoch_has():
    curves = TrainingResult(None, HISTORY).curves(("rsum", "cider", "loss"))
    assert list(curves) == ["rsum", "cider"] and curves["rsum"].tolist() == [10, 30, 20]
    assert np.isnan(curves["cider"][0]) and curves["cider"][2] == 2


@pytest.mark.parametrize("side", ["images", "sentences"])
def test_one_side_alone_can_be_aligned(side):
    both, alone = (
        configure("VSA-AE-MMD", mmd_factor=2.0),
        configure("VSA-AE-MMD", mmd_factor=2.0, aligned=side),
    )
    other = {"images": "sentences", "sentences": "images"}[side]
    assert getattr(alone, f"align_{side}") == getattr(both, f"align_{side}") > 0
    assert getattr(alone, f"align_{other}") == 0 < getattr(both, f"align_{other}")

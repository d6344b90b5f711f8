from dataclasses import fields, replace

import numpy as np
import pytest

from vse_lessons.common.errors import DataError
from vse_lessons.evaluation import generation
from vse_lessons.experiments.claims import Results
from vse_lessons.experiments.grid import Inputs
from vse_lessons.experiments.gxn import CURVES, IMAGINING, NAMES, PLAIN, GXNCell, claims
from vse_lessons.models.gxn import GXNConfig


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"variant": "all"}, "unknown row 'all' of 'GXN'"),
        ({"model": "SCAN"}, "unknown row 'both' of 'SCAN'"),
        ({"model": "VSE++", "variant": "ranking"}, "unknown row 'ranking' of 'VSE..'"),
    ],
)
def test_unknown_cells(wrong, message):
    with pytest.raises(DataError, match=message):
        replace(GXNCell(), **wrong)


def test_a_row_is_its_variant_and_nothing_else():
    lesson = GXNConfig.lesson()
    for row in ("ranking", "t2i", "i2t xe", "i2t mix", "both"):
        assert GXNCell(variant=row).configuration() == lesson.with_variant(row)
    for row, similarity in (("order", "order"), ("nonnegative", "cosine")):
        config = GXNCell(variant=row).configuration()
        assert config.nonnegative and config.similarity == similarity
        same = replace(config, similarity=lesson.similarity, nonnegative=False, margin=lesson.margin)
        assert same == lesson.with_variant("ranking")
    momentum = GXNCell(variant="momentum").configuration()
    assert momentum.momentum == 0.9 and replace(momentum, momentum=0.5) == lesson.with_variant("t2i")
    unattended = GXNCell(variant="unattended").configuration()
    assert not unattended.attends and replace(unattended, attends=True) == lesson.with_variant("i2t mix")
    assert GXNCell(preset="smoke").configuration() == GXNConfig.smoke().with_variant("both")
    photographs = GXNConfig.photographs().with_variant("t2i")
    assert GXNCell(corpus="flickr8k", variant="t2i").configuration() == photographs


def test_vsepp_has_one_space_as_wide_as_both_and_all_else_alike():
    lesson, other = GXNConfig.lesson(), PLAIN.configuration()
    assert other.dimensions == 2 * lesson.dimensions
    shared = {
        "word_dimensions",
        "margin",
        "optimization",
        "max_words",
        "word_dropout",
        "region_dropout",
        "standardize",
    }
    assert shared <= {f.name for f in fields(other)} & {f.name for f in fields(lesson)}
    for name in shared:
        assert getattr(other, name) == getattr(lesson, name), name


def test_the_study_is_balanced_seed_by_seed():
    cells = IMAGINING.cells("storybook")
    assert len(cells) == len(set(cells)) == 47
    assert {cell.variant for cell in cells} == {*NAMES, "full"}


def test_a_cell_is_a_row_of_the_table(monkeypatch):
    written = {5: lambda n: "a dog", 1: lambda n: f"word {n}"}  # by the width of the beam
    with monkeypatch.context() as patch:
        patch.setattr(
            generation,
            "write_captions",
            lambda model, corpus, images, width: [written[width](n) for n in range(len(images))],
        )
        row, arrays = IMAGINING.row(GXNCell(preset="smoke", seed=1), Inputs())
    metrics = row["metrics"]
    assert row["split"] == "test" and row["epochs"] == 2
    assert {"CIDEr", "BLEU-4", "named", "named_greedy", "agreed", "layout_rank"} <= set(metrics)
    assert 1 <= metrics["layout_rank"] <= metrics["n_images"] and 0 <= metrics["named"] <= 100
    assert (
        metrics["distinct"] == pytest.approx(100 / metrics["n_images"]) and metrics["distinct_greedy"] == 100
    )
    assert set(arrays) == {f"curve/{name}" for name in CURVES}
    assert np.isnan(arrays["curve/cider_greedy"][0]) and arrays["curve/cider_greedy"][1] >= 0
    plain, curves = IMAGINING.row(replace(PLAIN, seed=1, preset="smoke"), Inputs())
    assert plain["n_pairs"] == row["n_pairs"] and not {"CIDEr", "layout_rank"} & set(plain["metrics"])
    assert set(curves) == {"curve/rsum"} and len(curves["curve/rsum"]) == 2


def test_every_claim_is_about_rows_of_the_study():
    known = {replace(cell, seed=0) for cell in IMAGINING.cells("storybook")}
    asked = claims()
    assert len(asked) == 18 and len({claim.text for claim in asked}) == 18
    for claim in asked:
        for contrast in claim.contrasts:
            assert {*contrast.plus, *contrast.minus} <= known


def test_the_stored_study_is_complete_and_not_stale():
    table = IMAGINING.table
    assert table.missing({cell: IMAGINING.digest(cell, None) for cell in IMAGINING.cells("storybook")}) == []
    results = Results(table.rows(), GXNCell, "storybook", arrays=table.arrays)
    assert len(table.arrays(results.rows(GXNCell())[0])["curve/rsum"]) == 6

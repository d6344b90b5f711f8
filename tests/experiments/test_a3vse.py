import math
from dataclasses import replace

import numpy as np
import pytest

from vse_lessons.common.errors import DataError
from vse_lessons.experiments.a3vse import (
    ANNOTATION,
    CLAIMS,
    CRITICS,
    TABLE_5,
    WEIGHTS,
    AnnotationCell,
    WeightCell,
    pairs_needed,
    paper,
)
from vse_lessons.experiments.claims import Results, print_means
from vse_lessons.experiments.grid import Inputs
from vse_lessons.models.a3vse import A3VSEConfig


@pytest.fixture
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.getbasetemp() / "study_home"
    monkeypatch.setenv("VSE_LESSONS_HOME", str(folder))
    return folder


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": "VSE"}, "unknown model 'VSE': one of A3VSE, SCAN"),
        ({"variant": "no_luck"}, "no_luck"),
        ({"model": "SCAN", "variant": "no_attention"}, "no_attention"),
        ({"preset": "poster"}, "unknown preset 'poster'"),
        ({"share": 0.0}, r"annotate a share in \(0, 1\]"),
        ({"sentences": 0}, "from 1 sentence"),
    ],
)
def test_unknown_cells(wrong, message):
    with pytest.raises(DataError, match=message):
        replace(AnnotationCell(), **wrong)


def test_the_study_holds_what_it_should():
    cells = ANNOTATION.cells("storybook")
    assert len(cells) == len(set(cells)) == 248
    for share in (0.1, 0.2, 0.5):
        for sentences in (1, 2, 5):
            setting = {"share": share, "sentences": sentences}
            for model in ("A3VSE", "SCAN", "VSE++", "DAN", "DPC", "CCA"):
                assert {AnnotationCell(model, seed=seed, **setting) for seed in range(3)} <= set(cells)
            linear = {AnnotationCell("linear", "no_semantics", seed, **setting) for seed in range(3)}
            assert linear <= set(cells)
    for variant in TABLE_5:
        assert {AnnotationCell(variant=variant, seed=seed) for seed in range(5)} <= set(cells)
    photographs = set(ANNOTATION.cells("flickr8k"))
    for share, sentences in ((0.1, 5), (0.2, 5), (0.5, 5), (1.0, 5), (0.5, 1)):
        for model in ("A3VSE", "SCAN", "VSE++", "CCA"):
            assert AnnotationCell(model, corpus="flickr8k", share=share, sentences=sentences) in photographs


def test_a_weight_is_the_published_one_times_a_factor():
    config, published = WeightCell(scale=0.1, reduction="sum").configuration(), A3VSEConfig.paper()
    assert config.intra_images == pytest.approx(0.1 * published.intra_images)
    assert config.transitive_text == pytest.approx(0.1 * published.transitive_text)
    assert config.reduction == "sum" and config.optimization.epochs == 10
    assert len(WEIGHTS.cells("storybook")) == 9


def test_published_figures_say_what_the_paper_says():
    figures = paper()
    assert figures.values(AnnotationCell())[0] == 32.0
    assert figures.values(AnnotationCell("SCAN", share=0.5), "i2t R@10")[0] == 87.5
    by_text = {claim.text: print_means(figures, claim) for claim in CLAIMS}
    assert by_text["A3VSE is above SCAN in all nine sparse settings"] == "+4.2 to +18.7"  # section 4.4
    assert by_text["Regional semantics help"] == "+8.6"
    assert by_text["Adversarial alignment helps"] == "+1.1"
    for claim in CLAIMS:
        assert "–" not in print_means(figures, claim), f"the paper has no figures for {claim.text!r}"
        values = [value for contrast in claim.contrasts for value in figures.by_seed(contrast).values()]
        assert min(values) > claim.minimum, f"the paper's own figures are against {claim.text!r}"


def test_the_stored_rows_hold_what_the_claims_compare():
    table = ANNOTATION.table
    results = Results(table.rows(), AnnotationCell, "storybook")
    for claim in (*CLAIMS, *CRITICS):
        assert all(results.measure(contrast) is not None for contrast in claim.contrasts), claim.text


@pytest.mark.parametrize("model", ["A3VSE", "SCAN", "VSE++", "DAN", "DPC", "linear"])
def test_every_model_runs_as_a_cell(model, home):
    row, _ = ANNOTATION.row(AnnotationCell(model, share=0.2, preset="smoke"), Inputs())
    assert row["n_pairs"] == 240 and row["metrics"]["rsum"] > 0 and row["split"] == "test"
    assert row["epochs"] >= row["best_epoch"] >= 1
    batch = row["config"]["optimization"]["batch_size"]
    assert row["steps"] == row["epochs"] * max(240 // batch, 192 // batch)


def test_maps_and_overlaps_are_kept_where_the_lesson_draws_them(home, monkeypatch):
    from vse_lessons.experiments import a3vse

    cell = AnnotationCell(share=0.5, preset="smoke")
    monkeypatch.setattr(a3vse, "MAPPED", (cell,))
    _, arrays = ANNOTATION.row(cell, Inputs())
    assert arrays["map/image"].shape == arrays["map/sentence"].shape == (60, 16)
    row, arrays = ANNOTATION.row(AnnotationCell("tags", share=0.0, sentences=0, preset="smoke"), Inputs())
    overlap = row["metrics"]["overlap"]
    assert 0 < overlap["tags"] < overlap["regions"] < 100 and not arrays


def test_a_sweep_keeps_where_training_ended(home):
    row, _ = WEIGHTS.row(WeightCell(preset="smoke", scale=10.0), Inputs())
    assert row["split"] == "val" and set(row["metrics"]["last"]) == {
        "rsum",
        "image_cosine",
        "sentence_cosine",
    }


def test_annotations_needed_are_read_off_the_curve():
    def row(model, value, share, sentences, pairs):
        cell = AnnotationCell(model, share=share, sentences=sentences)
        return {"cell": cell.fields(), "n_pairs": pairs, "metrics": {"t2i": {"R@1": value}}}

    rows = []
    for model, values in {"A3VSE": (10, 20, 30), "SCAN": (40, 50, 60), "DAN": (1, 2, 3)}.items():
        for value, (share, sentences, pairs) in zip(values, ((0.1, 1, 100), (0.1, 5, 500), (0.5, 5, 2500))):
            rows.append(row(model, value, share, sentences, pairs))
    results = Results(rows, AnnotationCell, "storybook")
    needed = {m: pairs_needed(results, m, 25, "t2i R@1") for m in ("A3VSE", "SCAN", "DAN", "DPC")}
    assert needed == {"A3VSE": round(math.sqrt(500 * 2500)), "SCAN": 100, "DAN": None, "DPC": None}


def test_arrays_of_the_stored_maps_open():
    table = ANNOTATION.table
    mapped = [row for row in table.rows() if table.arrays(row).get("map/image") is not None]
    assert len(mapped) >= 3
    assert all(np.abs(table.arrays(row)["map/image"]).max() <= 1000 for row in mapped)

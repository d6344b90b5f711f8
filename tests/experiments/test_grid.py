import json
from dataclasses import replace

import pytest

from vse_lessons.common.errors import DataError
from vse_lessons.experiments.a3vse import ANNOTATION, AnnotationCell, cells
from vse_lessons.experiments.grid import Inputs, over_seeds, run_grid
from vse_lessons.experiments.table import Table

CCA = AnnotationCell("CCA", share=0.2, preset="smoke")
TAGS = AnnotationCell("tags", share=0.0, sentences=0, preset="smoke")


@pytest.fixture
def home(tmp_path_factory, monkeypatch):
    """One small Storybook for all runs of this file."""
    folder = tmp_path_factory.getbasetemp() / "study_home"
    monkeypatch.setenv("VSE_LESSONS_HOME", str(folder))
    return folder


def test_a_digest_names_all_but_the_seed():
    digest = ANNOTATION.digest(CCA, None)
    assert ANNOTATION.digest(replace(CCA, seed=5), None) == digest
    assert ANNOTATION.digest(CCA, "glove.txt") == digest, "CCA reads no word vectors"
    a3vse = AnnotationCell(preset="smoke")
    others = {ANNOTATION.digest(replace(a3vse, **change), None)
              for change in ({}, {"share": 0.2}, {"sentences": 1}, {"variant": "no_attention"})}  # fmt: skip
    assert len(others | {digest, ANNOTATION.digest(a3vse, "a/glove.txt")}) == 6
    assert ANNOTATION.digest(a3vse, "a/glove.txt") == ANNOTATION.digest(a3vse, "b/glove.txt")


def test_a_grid_runs_each_cell_once_in_a_process_of_its_own(tmp_path, home):
    table = Table(tmp_path / "study.jsonl")
    assert run_grid(ANNOTATION, [CCA, TAGS, CCA], table, workers=2, progress=False) == []
    first = table.path.read_bytes()
    rows = {row["cell"]["model"]: row for row in table.rows()}
    assert set(rows) == {"CCA", "tags"} and rows["CCA"]["n_annotated"] == 48
    assert run_grid(ANNOTATION, [CCA, TAGS], table, workers=2, progress=False) == []
    assert table.path.read_bytes() == first, "a finished cell was run again"
    row = rows["CCA"]
    assert row["digest"] == ANNOTATION.digest_of_row(row) and row["threads"] == 1
    assert row["config"]["dimensions"] == 128 and row["corpus"]["detector"].startswith("storybook")
    assert len(row["corpus"]["digest"]) == 16 and row["machine"]["cores"] >= 1 and row["library"]


def test_a_stale_row_is_run_again(tmp_path, home):
    table = Table(tmp_path / "study.jsonl")
    run_grid(ANNOTATION, [CCA], table, progress=False)
    (row,) = table.rows()
    table.append({**row, "digest": "of an older preset"})
    assert run_grid(ANNOTATION, [CCA], table, progress=False) == []
    assert [one["digest"] for one in table.rows()] == [row["digest"]]


def test_a_cell_that_fails_leaves_no_row_and_stops_no_other(tmp_path, home):
    table = Table(tmp_path / "study.jsonl")
    scan = AnnotationCell("SCAN", share=0.1, sentences=1, preset="smoke")
    failures = run_grid(ANNOTATION, [scan, CCA], table, progress=False)
    assert len(failures) == 1 and "cannot fill a batch" in failures[0] and "model=SCAN" in failures[0]
    assert [row["cell"]["model"] for row in table.rows()] == ["CCA"]


def test_the_same_cell_gives_the_same_metrics(home):
    cell = AnnotationCell("SCAN", share=0.2, seed=3, preset="smoke")
    first, second = (ANNOTATION.row(cell, Inputs())[0] for _ in range(2))
    assert first["metrics"] == second["metrics"] and first["steps"] == second["steps"] > 0
    other = ANNOTATION.row(replace(cell, seed=4), Inputs())[0]
    assert other["metrics"] != first["metrics"]
    json.dumps(first)


def test_a_study_is_balanced_seed_by_seed():
    seeds = [cell.seed for cell in over_seeds(3, cells([(0.1, 5)]))]
    assert seeds == sorted(seeds) and set(seeds) == {0, 1, 2}


def test_unknown_studies_are_named():
    with pytest.raises(DataError, match="a3vse has no study 'mars': one of storybook, flickr8k"):
        ANNOTATION.cells("mars")


def test_a_row_of_a_model_that_is_gone_is_stale():
    assert ANNOTATION.digest_of_row({"cell": {"model": "VSE--"}, "word_vectors": None}) == ""

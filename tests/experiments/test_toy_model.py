"""A method in one file and one line is in the grid, in a table, in the report and in the frame."""

import numpy as np
import pytest
from helpers.toy_model import Toy, ToyConfig

from vse_lessons.experiments.a3vse import ANNOTATION, AnnotationCell
from vse_lessons.experiments.grid import Inputs
from vse_lessons.experiments.report import report, stored
from vse_lessons.experiments.table import Table
from vse_lessons.models import MODELS
from vse_lessons.models.registry import Spec


@pytest.fixture
def toy(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path_factory.getbasetemp() / "study_home"))
    monkeypatch.setitem(MODELS, "toy", Spec(ToyConfig, Toy))  # the line


def test_a_registered_model_is_in_both_studies(toy):
    for study in ("storybook", "flickr8k"):
        cells = [cell for cell in ANNOTATION.cells(study) if cell.model == "toy"]
        assert AnnotationCell("toy", share=0.1, sentences=5, corpus=study) in cells
    assert "toy" not in {cell.model for cell in cells if cell.variant != "full"}


def test_a_registered_model_is_run_stored_and_reported(toy, tmp_path):
    table = Table(tmp_path / "a3vse.jsonl")
    for seed in (0, 1):
        row, arrays = ANNOTATION.row(AnnotationCell("toy", seed=seed, share=0.2, preset="smoke"), Inputs())
        table.append(row, arrays)
    assert row["config"]["dimensions"] == 8 and row["epochs"] == 1 and row["steps"] > 0
    results = stored("a3vse", "storybook", "smoke", table)
    frame = results.frame(model="toy")
    assert list(frame["seed"]) == [0, 1] and frame["t2i R@1"].between(0, 100).all()
    text = report("a3vse", table, "smoke")
    (line,) = [line for line in text.splitlines() if line.startswith("| 0.2 | 5 | toy | full | 2 | ")]
    assert f"| {np.mean(frame['rsum']):.1f} ± " in line
    assert "stale" not in text and "not recorded" not in text


def test_without_its_line_the_rows_are_stale(toy, tmp_path, monkeypatch):
    row, _ = ANNOTATION.row(AnnotationCell("toy", share=0.2, preset="smoke"), Inputs())
    monkeypatch.delitem(MODELS, "toy")
    assert ANNOTATION.digest_of_row(row) == ""

import json
import subprocess
import sys
from dataclasses import asdict, replace

import pytest

from vse_lessons.common.files import DataError
from vse_lessons.experiments import a3vse as study
from vse_lessons.experiments.a3vse import Cell, grid, parse_setting, run_cell, run_grid
from vse_lessons.experiments.table import Table

ROW = {**asdict(Cell("CCA")), "rsum": 1.0, "t2i": {"R@1": 1.0}, "i2t": {"R@1": 1.0}}


@pytest.fixture
def home(tmp_path_factory, monkeypatch):
    """One small Storybook for all runs of this file."""
    folder = tmp_path_factory.getbasetemp() / "study_home"
    monkeypatch.setenv("VSE_LESSONS_HOME", str(folder))
    return folder


def test_settings():
    assert parse_setting("10%x5") == (0.1, 5) and parse_setting("100%x1") == (1.0, 1)
    for wrong in ("10x5", "0%x5", "101%x1", "10%x0", "10 % x 5", ""):
        with pytest.raises(DataError, match="write 10%x5"):
            parse_setting(wrong)


def test_unknown_model_and_ablation_are_refused():
    with pytest.raises(DataError, match="unknown model 'VSE': one of A3VSE, SCAN"):
        list(grid(("CCA", "VSE"), ("10%x5",), 1))
    with pytest.raises(DataError, match="unknown ablation 'no_luck' of A3VSE"):
        Cell("A3VSE", ablation="no_luck")
    with pytest.raises(DataError, match="unknown ablation 'no_attention' of SCAN: one of full"):
        Cell("SCAN", ablation="no_attention")


def test_the_study_holds_what_it_should():
    cells = set(study.storybook_study())
    for setting in study.TABLE_1:
        for model in ("A3VSE", "SCAN", "VSE++", "DAN", "DPC", "CCA"):
            assert {Cell(model, setting, seed=seed) for seed in range(3)} <= cells
        assert {Cell("linear", setting, "no_semantics", seed) for seed in range(3)} <= cells
    for ablation in study.A3VSEConfig.variants:
        assert {Cell("A3VSE", ablation=ablation, seed=seed) for seed in range(5)} <= cells
    photographs = set(study.flickr8k_study())
    for setting in ("10%x5", "20%x5", "50%x5", "100%x5", "50%x1"):
        for model in ("A3VSE", "SCAN", "VSE++", "CCA"):
            assert Cell(model, setting, corpus="flickr8k") in photographs


def test_rows_come_back(tmp_path):
    table = Table(tmp_path / "deep" / "study.jsonl")
    assert table.rows() == []
    rows = [{**ROW, "seed": seed, "note": "naïve “quotes”\nline"} for seed in range(3)]
    for row in rows:
        table.append(row)
    assert table.rows() == rows
    assert table.missing([Cell("CCA", seed=seed) for seed in (1, 3)]) == [Cell("CCA", seed=3)]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_half_a_row_is_no_row_and_is_cut_off(tmp_path, cut):
    table = Table(tmp_path / "study.jsonl")
    table.append(ROW)
    table.append({**ROW, "seed": 1})
    whole = table.path.read_bytes()
    table.path.write_bytes(whole[:-cut])
    assert [row["seed"] for row in table.rows()] == [0]
    table.append({**ROW, "seed": 1})
    assert table.path.read_bytes() == whole


def test_half_a_head_starts_the_table_anew(tmp_path):
    table = Table(tmp_path / "study.jsonl")
    table.path.write_text('{"format": "vse_les')
    assert table.rows() == []
    table.append(ROW)
    assert table.rows() == [ROW]


def test_another_version_is_refused(tmp_path):
    table = Table(tmp_path / "study.jsonl")
    table.path.write_text('{"format": "vse_lessons.study", "version": 99}\n')
    with pytest.raises(DataError, match="version 99, this is version 1: move it away"):
        table.rows()
    for content in ("[]\n", "hello\n", '{"format": "other"}\n'):
        table.path.write_text(content)
        with pytest.raises(DataError, match="is not a table of a study"):
            table.rows()


def test_a_damaged_line_is_named(tmp_path):
    table = Table(tmp_path / "study.jsonl")
    table.append(ROW)
    whole = table.path.read_text()
    table.path.write_text(whole + "{broken\n")
    with pytest.raises(DataError, match="line 3 is not JSON"):
        table.rows()
    table.path.write_text(whole + "{}\n")
    with pytest.raises(DataError, match="line 3 lacks"):
        table.rows()


def test_a_grid_runs_each_cell_once_in_a_process_of_its_own(tmp_path, home):
    table = Table(tmp_path / "study.jsonl")
    cells = list(grid(("CCA", "tags"), ("20%x5",), 1, preset="smoke"))
    assert run_grid(cells, table, workers=2, progress=False) == []
    first = table.path.read_bytes()
    assert {row["model"] for row in table.rows()} == {"CCA", "tags"}
    assert all(row["n_annotated"] == 48 and row["threads"] == 1 for row in table.rows())
    assert run_grid(cells, table, workers=2, progress=False) == []
    assert table.path.read_bytes() == first, "a finished cell was run again"


def test_a_cell_that_fails_leaves_no_row_and_stops_no_other(tmp_path, home):
    table = Table(tmp_path / "study.jsonl")
    cells = [Cell("SCAN", "10%x1", preset="smoke"), Cell("CCA", "20%x5", preset="smoke")]
    failures = run_grid(cells, table, progress=False)
    assert len(failures) == 1 and "cannot fill a batch" in failures[0]
    assert [row["model"] for row in table.rows()] == ["CCA"]


@pytest.mark.parametrize("model", ["A3VSE", "SCAN", "VSE++", "DAN", "DPC", "linear"])
def test_every_model_runs_as_a_cell(model, home):
    row = run_cell(Cell(model, "20%x5", preset="smoke"))
    assert row["n_pairs"] == 240 and row["rsum"] > 0 and row["split"] == "test"
    assert row["epochs"] >= row["best_epoch"] >= 1
    json.dumps(row)


def test_maps_and_overlaps_are_kept_where_the_lesson_draws_them(home):
    row = run_cell(Cell("A3VSE", "50%x5", preset="smoke"))
    assert len(row["map"]["image"]) == len(row["map"]["sentence"]) == 60
    row = run_cell(Cell("tags", preset="smoke"))
    assert 0 < row["overlap"]["tags"] < row["overlap"]["regions"] < 100


def test_the_same_cell_gives_the_same_row(home):
    cell = Cell("SCAN", "20%x5", seed=3, preset="smoke")
    first, second = run_cell(cell), run_cell(cell)
    assert first["t2i"] == second["t2i"] and first["i2t"] == second["i2t"]
    other = run_cell(replace(cell, seed=4))
    assert other["t2i"] != first["t2i"]


def test_command_line_names_what_is_wrong():
    command = [sys.executable, "-m", "vse_lessons.experiments.a3vse"]
    for arguments, message in (
        (["atlantis"], "invalid choice"),
        ([], "name a study"),
        (["storybook", "--models", "CLIP"], "unknown model 'CLIP'"),
    ):
        done = subprocess.run([*command, *arguments], capture_output=True, text=True)
        assert done.returncode == 2 and message in done.stderr

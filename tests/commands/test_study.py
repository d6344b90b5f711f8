import json

import pytest

from vse_lessons.__main__ import main
from vse_lessons.experiments.a3vse import ANNOTATION, AnnotationCell
from vse_lessons.experiments.report import EXPERIMENTS
from vse_lessons.experiments.table import Table


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mars"], "unknown study 'mars': one of a3vse, weights, artpedia, vsa, gxn"),
        (["a3vse"], "name a study of a3vse: storybook, flickr8k"),
        (["a3vse", "storybook", "--workers", "0"], "--workers 0 asks for none: use at least 1"),
        (["a3vse", "storybook", "--seeds", "-1"], "--seeds -1 asks for none: use at least 1"),
        (
            ["a3vse", "storybook", "--table", f"{__file__}/own.jsonl"],
            f"{__file__}/own.jsonl cannot be written",
        ),
        (["a3vse", "mars"], "a3vse has no study 'mars': one of storybook, flickr8k"),
        (["a3vse", "storybook", "--models", "SCNA"], "unknown model 'SCNA' of a3vse: one of tags, A3VSE"),
    ],
)
def test_what_is_unknown_is_answered_in_one_line(arguments, message, capsys):
    assert main(["study", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith(f"vse-lessons study: {message}")


def test_missing_and_stale_cells_are_listed_and_none_is_run(tmp_path, capsys):
    table, source = Table(tmp_path / "weights.jsonl"), EXPERIMENTS["weights"].table
    first, second, *_ = source.rows()
    table.append(first)
    table.append({**second, "digest": "of an older preset"})
    before = table.path.read_bytes()
    assert main(["study", "weights", "storybook", "--list", "--table", str(table.path)]) == 0
    *cells, summary = capsys.readouterr().out.splitlines()
    assert len(cells) == 8 and "scale=0.03" in cells[0], "the second row is stale"
    assert summary == f"8 of 9 runs are missing or stale in {table.path}"
    assert table.path.read_bytes() == before


def test_models_and_seeds_choose_cells(tmp_path, capsys):
    options = ["--list", "--table", str(tmp_path / "own.jsonl"), "--models", "CCA", "SCAN", "--seeds", "1"]
    assert main(["study", "a3vse", "storybook", *options]) == 0
    *cells, summary = capsys.readouterr().out.splitlines()
    assert len(cells) == 18 and summary.startswith("18 of 18 runs are missing")
    assert all("model=CCA" in cell or "model=SCAN" in cell for cell in cells)


def test_one_cell_answers_with_its_row(tmp_path_factory, monkeypatch, capsys):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path_factory.getbasetemp() / "study_home"))
    cell = AnnotationCell("CCA", share=0.2, preset="smoke")
    assert main(["study", "a3vse", "--cell", json.dumps({"cell": cell.fields(), "inputs": {}})]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["row"]["digest"] == ANNOTATION.digest(cell, None) and answer["arrays"] == {}


def test_a_run_that_fails_is_named_and_the_status_says_so(tmp_path, monkeypatch, capsys):
    from vse_lessons.experiments import grid

    monkeypatch.setattr(grid, "_prepare", lambda cells, inputs: None)
    monkeypatch.setattr(grid, "run_command", lambda *words: (_ for _ in ()).throw(grid.DataError("no luck")))
    options = ["--table", str(tmp_path / "own.jsonl"), "--models", "CCA", "--seeds", "1"]
    assert main(["study", "a3vse", "storybook", *options]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert f"0 rows in {tmp_path / 'own.jsonl'}; 9 runs failed" in lines
    assert "model=CCA, sentences=1: no luck" in lines

import pytest
from helpers import ROOT

from vse_lessons.__main__ import main
from vse_lessons.experiments.report import EXPERIMENTS
from vse_lessons.experiments.table import Table


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mars"], "unknown study 'mars': one of a3vse, weights, artpedia, vsa, gxn"),
        (["--table", "own.jsonl"], "--table is the table of one paper: name it"),
        (["gxn", "vsa", "--table", "own.jsonl"], "--table is the table of one paper: name it"),
        (["gxn", "--table", "nowhere.jsonl"], "nowhere.jsonl is not there: run `vse-lessons study`"),
    ],
)
def test_what_cannot_be_reported_is_answered_in_one_line(arguments, message, capsys):
    assert main(["report", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith(f"vse-lessons report: {message}")


def test_the_table_of_another_paper_is_refused(tmp_path, capsys):
    other = EXPERIMENTS["vsa"].table.path
    for words, message in (
        (
            ["gxn", "--table", str(other)],
            f"{other}, line 2 has a cell of another kind ('aligned' is unknown)",
        ),
        (["gxn", "--table", str(tmp_path)], "is a folder: name the file of the table"),
    ):
        assert main(["report", *words]) == 2
        assert message in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["report", "gxn", "--preset", "nope"])
    assert "'smoke', 'lesson', 'paper'" in capsys.readouterr().err.replace(
        "choose from smoke, lesson, paper", "choose from 'smoke', 'lesson', 'paper'"
    )


def test_a_report_is_printed(capsys):
    assert main(["report", "weights"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# Results: weights\n\nFrom 9 runs in `weights.jsonl`: ")
    assert "digests of corpus and detector were not recorded for 9 rows of version 0.1.0" in out


def test_reports_are_written_as_they_are_in_docs(tmp_path, capsys):
    assert main(["report", "--to", str(tmp_path / "new")]) == 0
    written = [tmp_path / "new" / f"{name}.md" for name in EXPERIMENTS]
    assert capsys.readouterr().out.splitlines() == [str(path) for path in written]
    for path in written:
        assert path.read_bytes() == (ROOT / "docs" / "results" / path.name).read_bytes()


def test_a_table_with_stale_rows_says_so(tmp_path, capsys):
    table = Table(tmp_path / "own.jsonl")
    for row in EXPERIMENTS["gxn"].table.rows()[:3]:
        table.append(row)
    table.append({**row, "digest": "of an older preset"})
    assert main(["report", "gxn", "--table", str(table.path)]) == 0
    out = capsys.readouterr().out
    assert "From 3 runs in `own.jsonl`" in out
    assert "**1 are stale: their preset has changed since; run the study again.**" in out

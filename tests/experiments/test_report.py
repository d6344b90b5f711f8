import pytest
from helpers import ROOT

from vse_lessons.common.errors import DataError
from vse_lessons.experiments import EXPERIMENTS, Table, stored
from vse_lessons.experiments.report import experiment, report, write_reports


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_reports_in_docs_are_those_of_the_stored_rows(name):
    path = ROOT / "docs" / "results" / f"{name}.md"
    assert path.read_text("utf-8") == report(name), "write them again: vse-lessons report --to docs/results"


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_stored_rows_carry_what_it_takes_to_run_them_again(name):
    one = EXPERIMENTS[name]
    for row in one.table.rows():
        assert row["digest"] == one.digest_of_row(row), f"stale: {row['cell']}"
        assert row["config"] == one.plain(one.cell(**row["cell"]))
        assert {"corpus", "split", "n_pairs", "library", "versions", "machine", "threads", "seconds"} <= set(
            row
        )
        assert ("steps" in row) == ("epochs" in row)


def test_a_stale_row_is_said_to_be_stale(tmp_path):
    one = EXPERIMENTS["weights"]
    table = Table(tmp_path / "weights.jsonl")
    for row in one.table.rows()[:2]:
        table.append(row)
    assert "stale" not in report("weights", table)
    table.append({**row, "digest": "older"})
    assert "**1 are stale: their preset has changed since; run the study again.**" in report("weights", table)


def test_unknown_names_are_refused():
    with pytest.raises(DataError, match="unknown study 'scan': one of a3vse, weights, artpedia, vsa, gxn"):
        experiment("scan")


def test_frames_come_from_stored_rows():
    frame = stored("a3vse", "storybook").frame(model="A3VSE", variant="full")
    assert len(frame) > 25 and frame["t2i R@1"].between(0, 100).all()
    assert set(frame["share"]) == {0.1, 0.2, 0.5}


def test_reports_are_written_to_a_folder(tmp_path):
    (path,) = write_reports(tmp_path / "deep", ["weights"])
    text = path.read_text("utf-8")
    assert text.startswith("# Results: weights") and "9 runs" in text

import sys

import numpy as np
import pytest
from helpers.studies import ToyCell, row

from vse_lessons.common.errors import DataError
from vse_lessons.experiments.table import Table

ROW = row("CCA", 1.0)


def of_seed(seed, **changes):
    return {**row("CCA", 1.0, seed), **changes}


def test_rows_come_back(tmp_path):
    table = Table(tmp_path / "deep" / "study.jsonl")
    assert table.rows() == []
    rows = [of_seed(seed, note="naïve “quotes”\nline") for seed in range(3)]
    for one in rows:
        table.append(one)
    assert table.rows() == rows


def test_what_is_missing_and_what_is_stale(tmp_path):
    table = Table(tmp_path / "study.jsonl")
    for seed in range(3):
        table.append(of_seed(seed))
    cells = [ToyCell("CCA", seed=seed) for seed in (1, 2, 3)]
    assert table.missing({cell: "d" for cell in cells}) == cells[2:]
    assert table.missing({cells[0]: "d", cells[1]: "another preset"}) == [cells[1]]


def test_a_later_row_of_a_cell_takes_the_place_of_an_earlier_one(tmp_path):
    table = Table(tmp_path / "study.jsonl")
    for one in (of_seed(0), of_seed(1), of_seed(0, digest="new")):
        table.append(one)
    assert [(r["cell"]["seed"], r["digest"]) for r in table.rows()] == [(0, "new"), (1, "d")]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_half_a_row_is_no_row_and_is_cut_off(tmp_path, cut):
    table = Table(tmp_path / "study.jsonl")
    table.append(ROW)
    table.append(of_seed(1))
    whole = table.path.read_bytes()
    table.path.write_bytes(whole[:-cut])
    assert [one["cell"]["seed"] for one in table.rows()] == [0]
    table.append(of_seed(1))
    assert table.path.read_bytes() == whole


def test_half_a_head_starts_the_table_anew(tmp_path):
    table = Table(tmp_path / "study.jsonl")
    table.path.write_text('{"format": "vse_les')
    assert table.rows() == []
    table.append(ROW)
    assert table.rows() == [ROW]


def test_another_version_is_refused(tmp_path):
    table = Table(tmp_path / "study.jsonl")
    table.path.write_text('{"format": "vse_lessons.study", "version": 1}\n')
    with pytest.raises(
        DataError, match=r"version 1, this is version 2: convert it with data_scripts/convert"
    ):
        table.rows()
    for content in ("[]\n", "hello\n", '{"format": "other"}\n', "7\n"):
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


def test_arrays_lie_beside_the_rows(tmp_path):
    table = Table(tmp_path / "study.jsonl")
    table.append(ROW, {"curve/rsum": np.arange(3.0), "map/image": np.ones((2, 2), np.int16)})
    table.append(of_seed(1), {"curve/rsum": np.array([5.0, np.nan])})
    first, second = table.rows()
    assert "curve/rsum" not in table.path.read_text()
    assert {name: a.tolist() for name, a in table.arrays(first).items()} == {
        "curve/rsum": [0, 1, 2],
        "map/image": [[1, 1], [1, 1]],
    }
    assert table.arrays(second)["curve/rsum"][0] == 5 and table.arrays(of_seed(2)) == {}


def test_without_pandas_the_line_to_install_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(DataError, match=r"python -m pip install 'vse_lessons\[lessons\]'"):
        Table(tmp_path / "none.jsonl").frame()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", "is not a table of a study"),
        (b"\x00" * 500, "is not a table of a study"),
        (b'{"format": "vse_lessons.table", "version": 2}\n\xff\n', "is damaged"),
        (b"[" * 100_000 + b"\n", "is not a table of a study"),
        (b'{"format": "vse_lessons.table", "version": 2}\n' + b"[" * 100_000 + b"\n", "line 2 is not JSON"),
        (b'{"format": "vse_lessons.table", "version": 3}\n', "version 2: install a newer vse_lessons$"),
    ],
)
def test_a_file_that_is_no_table_is_named(content, message, tmp_path):
    path = tmp_path / "study.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        Table(path).rows()
    assert str(path) in str(caught.value)


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(DataError, match="is a folder: name a file in it"):
        Table(tmp_path).rows()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cell": 7}, "line 2 lacks 'cell.seed': is this the table of another paper"),
        ({"cell": {"model": "CCA"}}, "lacks 'cell.seed'"),
        ({"versions": {}}, "lacks 'versions.torch'"),
        ({"metrics": 7}, "lacks 'metrics'"),
        ({"cell": {**ROW["cell"], "page": 1}}, "'page' is unknown"),
        ({"cell": {"model": "CCA", "seed": 1}}, "'corpus' is missing"),
        ({"cell": {**ROW["cell"], "seed": []}}, "unhashable"),
    ],
)
def test_a_row_of_another_kind_is_named(changes, message, tmp_path):
    table = Table(tmp_path / "study.jsonl")
    table.lines.append({**ROW, **changes})
    with pytest.raises(DataError, match=message) as caught:
        table.rows_of(ToyCell)
    assert f"{table.path}, line 2" in str(caught.value)


def test_damaged_arrays_are_named(tmp_path):
    table = Table(tmp_path / "study.jsonl")
    table.append(ROW, {"curve": np.arange(3)})
    (tmp_path / "study.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"study\.npz is damaged"):
        table.arrays(ROW)

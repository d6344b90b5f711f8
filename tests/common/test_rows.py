import numpy as np
import pytest

from vse_lessons.common.errors import DataError
from vse_lessons.common.json_lines import JsonLines
from vse_lessons.common.rows import Rows


def opened(folder):
    return Rows(JsonLines(folder / "deep" / "rows.jsonl", "rows", ("test.rows",), 1, "-"), "who", ("value",))


def test_the_last_row_of_a_key_counts_whatever_its_order(tmp_path):
    rows = opened(tmp_path)
    rows.append({"who": {"a": 1, "b": 2}, "value": 1})
    rows.append({"who": {"b": 2, "a": 1}, "value": 2})
    rows.append({"who": {"a": 2}, "value": 3})
    assert [row["value"] for row in rows.rows()] == [2, 3]


def test_arrays_are_those_of_the_last_row_of_a_key(tmp_path):
    rows = opened(tmp_path)
    one, other = {"who": {"a": 1}, "value": 1}, {"who": {"a": 2}, "value": 1}
    rows.append(one, {"curve": np.arange(3)})
    rows.append(other, {"curve": np.zeros(1), "map": np.ones((2, 2))})
    rows.append(one, {"curve": np.arange(5)})
    assert rows.arrays(one)["curve"].tolist() == [0, 1, 2, 3, 4] and set(rows.arrays(other)) == {
        "curve",
        "map",
    }
    assert rows.arrays({"who": {"a": 3}}) == {}


def test_a_row_that_lacks_a_field_is_named(tmp_path):
    rows = opened(tmp_path)
    rows.append({"who": 1, "value": 1})
    rows.append({"who": 2})
    with pytest.raises(DataError, match="line 3 lacks 'value': remove the line"):
        rows.rows()


def test_a_file_that_cannot_be_written_is_a_data_error(tmp_path, monkeypatch):
    rows = opened(tmp_path)

    def full(content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rows.lines, "append", full)
    with pytest.raises(
        DataError, match=r"could not be written \(No space left on device\): the row of 7 is lost"
    ):
        rows.append({"who": 7, "value": 1})

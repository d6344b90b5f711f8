import pytest

from vse_lessons.common.errors import DataError, check_known
from vse_lessons.common.json_lines import JsonLines


def opened(folder, version=1):
    return JsonLines(folder / "log.jsonl", "a log", ("test.log", "test.old_log"), version, "run it again")


def test_lines_come_back_with_their_numbers(tmp_path):
    lines = opened(tmp_path)
    assert lines.read() == []
    for content in ({"text": "naïve\nline"}, [1, 2], 3):
        lines.append(content)
    assert lines.read() == [(2, {"text": "naïve\nline"}), (3, [1, 2]), (4, 3)]
    assert lines.path.read_text("utf-8").startswith('{"format": "test.log", "version": 1}\n')


def test_half_a_line_is_cut_off_before_the_next(tmp_path):
    lines = opened(tmp_path)
    lines.append("first")
    with open(lines.path, "ab") as file:
        file.write(b'"sec')
    assert lines.read() == [(2, "first")]
    lines.append("third")
    assert lines.read() == [(2, "first"), (3, "third")]


def test_other_files_are_refused(tmp_path):
    lines = opened(tmp_path)
    lines.path.write_text('{"format": "test.old_log", "version": 0}\n')
    with pytest.raises(DataError, match=r"is a log of version 0, this is version 1: run it again"):
        lines.read()
    lines.path.write_text('{"format": "else", "version": 1}\n')
    with pytest.raises(DataError, match="is not a log; move it away or name another"):
        lines.read()


def test_a_damaged_line_is_named(tmp_path):
    lines = opened(tmp_path)
    lines.append(1)
    with open(lines.path, "a") as file:
        file.write("{\n")
    with pytest.raises(DataError, match=r"log\.jsonl, line 3 is not JSON"):
        lines.read()


def test_an_unknown_name_is_answered_with_those_that_exist():
    check_known("color", "red", ("red", "blue"))
    with pytest.raises(DataError, match=r"^unknown color 'green': one of red, blue$"):
        check_known("color", "green", ("red", "blue"))

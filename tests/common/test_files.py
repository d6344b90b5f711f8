import errno
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vse_lessons.common import files
from vse_lessons.common.files import (
    DataError,
    atomic_path,
    check_writable,
    digest,
    home,
    locked,
    package_data,
    read_json,
    write_json,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(deadline=None, max_examples=30)  # disks have slow moments
@given(content=JSON)
def test_json_round_trip(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("json") / "content.json"
    write_json(path, content)
    assert read_json(path) == content


def test_home_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "here"))
    assert home() == tmp_path / "here"
    monkeypatch.delenv("VSE_LESSONS_HOME")
    assert home().name == "vse_lessons"


def test_a_failing_block_leaves_nothing_and_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise KeyError("stop")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_replaces_a_folder_whole(tmp_path):
    path = tmp_path / "store"
    for name in ("first", "second"):
        with atomic_path(path) as temporary:
            temporary.mkdir()
            (temporary / name).write_text(name)
    assert [child.name for child in path.iterdir()] == ["second"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_a_clear_error_and_nothing_is_left(tmp_path, monkeypatch):
    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "_flush", full)
    with pytest.raises(DataError, match=r"a\.json could not be written \(No space left on device"):
        write_json(tmp_path / "a.json", {"a": 1})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "does not exist"), (b'{"a": 1,}', "line 1"), (b"\xff", "is not JSON")],
)
def test_bad_json_names_the_file(tmp_path, content, message):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_json(path)
    assert str(path) in str(caught.value)


def test_a_folder_is_no_json_file(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_json(tmp_path)


def test_json_keeps_other_alphabets_readable(tmp_path):
    write_json(tmp_path / "a.json", "café")
    assert "café" in (tmp_path / "a.json").read_text("utf-8")
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == "café"


@settings(deadline=None, max_examples=30)  # disks have slow moments
@given(parts=st.lists(st.text(), min_size=2))
def test_digest_knows_where_a_part_ends(parts):
    assert digest(*parts) == digest(*(part.encode() for part in parts))
    assert digest(*parts) != digest("".join(parts))


def test_a_lock_keeps_another_process_out(tmp_path):
    path = tmp_path / "table.jsonl"
    code = (
        "import sys, time, pathlib\nfrom vse_lessons.common.files import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(DataError, match="in use by another process"), locked(path, timeout=0.1):
            pass
        other.stdin.close()
    with locked(path, timeout=5):
        path.write_text("mine")


def test_a_file_system_without_locks_is_used_without(tmp_path, monkeypatch):
    def refuse(self, *_, **__):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(files.FileLock, "acquire", refuse)
    with locked(tmp_path / "table.jsonl"):
        (tmp_path / "table.jsonl").write_text("mine")
    assert (tmp_path / "table.jsonl").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def refuse(self, *_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(files.FileLock, "acquire", refuse)
    with (
        pytest.raises(DataError, match=r"table\.jsonl cannot be locked \(Permission denied"),
        locked(tmp_path / "table.jsonl"),
    ):
        pass


def test_data_of_the_package_is_there_or_says_what_to_install():
    assert package_data("py.typed").is_file()
    with pytest.raises(DataError, match=r"lacks no/such\.file .*pip install --force-reinstall"):
        package_data("no/such.file")


@pytest.mark.parametrize(
    ("target", "remedy"),
    [
        ("file/new.json", "a file stands where a folder is needed: name another place"),
        ("file/deep/new.json", "a file stands where a folder is needed: name another place"),
        ("folder", "it is a folder: name a file"),
        ("x" * 300, "choose a shorter name"),
    ],
)
def test_a_place_that_cannot_be_written_is_named_with_what_helps(target, remedy, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match=f"cannot be written .*: {remedy}") as caught:
        write_json(tmp_path / target, 1)
    assert str(tmp_path / target) in str(caught.value) and "MB" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_place_is_checked_before_anything_is_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    assert check_writable(tmp_path / "new" / "deep.json") == tmp_path / "new" / "deep.json"
    assert check_writable(tmp_path, folder=True) == tmp_path
    for path, cause in ((tmp_path, "it is a folder"), (tmp_path / "file" / "new.json", "a file stands")):
        with pytest.raises(DataError, match=cause):
            check_writable(path)

    def refuse(**options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(files.tempfile, "TemporaryFile", refuse)
    with pytest.raises(DataError, match=r"Permission denied\): choose a folder that you may write to"):
        check_writable(tmp_path / "new.json")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]

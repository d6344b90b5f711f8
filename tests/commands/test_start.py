import json

import pytest

from vse_lessons.commands import start
from vse_lessons.common.errors import DataError


@pytest.fixture
def lessons(tmp_path, monkeypatch):
    """Two notebooks and an assignment that stand in for those of the library."""
    source = tmp_path / "source"
    (source / "assignments").mkdir(parents=True)
    for name in ("01_first.ipynb", "02_second.ipynb", "assignments/01_first.ipynb", "scratch.ipynb"):
        (source / name).write_text(json.dumps({"cells": [name]}))
    monkeypatch.setattr(start, "notebooks", lambda: source)
    return source


def test_lessons_and_assignments_are_copied_and_nothing_else(lessons, tmp_path):
    folder = tmp_path / "my course"
    assert start.copy_lessons(folder) == 3
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.ipynb")}
    assert found == {"01_first.ipynb", "02_second.ipynb", "assignments/01_first.ipynb"}
    assert (folder / "01_first.ipynb").read_bytes() == (lessons / "01_first.ipynb").read_bytes()


def test_an_edited_notebook_stops_everything_and_is_named(lessons, tmp_path):
    folder = tmp_path / "course"
    start.copy_lessons(folder)
    (folder / "02_second.ipynb").write_text("mine")
    (folder / "01_first.ipynb").unlink()
    with pytest.raises(DataError, match=r"1 notebooks .* were edited: 02_second\.ipynb.*--force"):
        start.copy_lessons(folder)
    assert not (folder / "01_first.ipynb").exists()
    assert (folder / "02_second.ipynb").read_text() == "mine"
    start.copy_lessons(folder, force=True)
    assert (folder / "02_second.ipynb").read_text() != "mine"


def test_a_copy_that_nobody_touched_follows_a_newer_library(lessons, tmp_path):
    folder = tmp_path / "course"
    start.copy_lessons(folder)
    (lessons / "01_first.ipynb").write_text("newer")
    start.copy_lessons(folder)
    assert (folder / "01_first.ipynb").read_text() == "newer"


def test_a_file_is_no_folder_to_copy_to(lessons, tmp_path):
    (tmp_path / "course").write_text("a file")
    with pytest.raises(DataError, match="is a file: name a folder"):
        start.copy_lessons(tmp_path / "course")


def test_the_lessons_of_the_checkout_are_found():
    names = {path.name for path in start.notebooks().glob("[0-9]*.ipynb")}
    assert "03_train_a3vse.ipynb" in names


def test_a_folder_in_place_of_a_notebook_is_named(lessons, tmp_path):
    (tmp_path / "course" / "02_second.ipynb").mkdir(parents=True)
    with pytest.raises(DataError, match=r"02_second\.ipynb is a folder: move it away"):
        start.copy_lessons(tmp_path / "course")
    assert not (tmp_path / "course" / "01_first.ipynb").exists()


@pytest.mark.parametrize("content", ["[]", "{", "7"])
def test_a_broken_record_is_to_be_deleted(content, lessons, tmp_path):
    start.copy_lessons(tmp_path / "course")
    (tmp_path / "course" / start.COPIED).write_text(content)
    with pytest.raises(DataError, match=r"vse_lessons\.json .*delete it"):
        start.copy_lessons(tmp_path / "course")


def test_a_place_below_a_file_is_refused(lessons, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="a file stands where a folder is needed"):
        start.copy_lessons(tmp_path / "file" / "course")

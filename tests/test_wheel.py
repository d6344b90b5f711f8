"""A wheel that is built from the tree and installed outside it holds all that the lessons need."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("vse_lessons", "notebooks", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy: what an earlier build has left in the checkout must not get into it."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    source.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place, source]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(place.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A function that runs a program in an environment that has the wheel, in a folder outside the checkout.
    Other packages are those of this environment; the checkout is not on the path."""
    place = tmp_path_factory.mktemp("elsewhere")
    venv.create(place / "venv", with_pip=False, symlinks=os.name != "nt")
    programs = place / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = programs / f"python{sysconfig.get_config_var('EXE') or ''}"
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, capture_output=True)
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    (own / "others.pth").write_text(sysconfig.get_path("purelib"))
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    kept["VSE_LESSONS_HOME"] = str(place / "home")

    def run(program, *arguments):
        words = (
            [python, "-m", program, *arguments]
            if program == "papermill"
            else [programs / program, *arguments]
        )
        done = subprocess.run(words, capture_output=True, text=True, cwd=place, env=kept)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run.place = place
    return run


def test_the_wheel_holds_notebooks_weights_measurements_and_types(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    lessons = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {name.rpartition("/")[2] for name in names if name.endswith(".ipynb")} >= lessons
    tracked = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "vse_lessons").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.endswith(".lock")
    }
    assert tracked <= set(names)
    assert not [name for name in names if name.startswith(("tests", "notebooks", "data_scripts"))]


def test_lesson_03_starts_and_runs_from_the_wheel(installed):
    assert "notebooks are in my_course" in installed("vse-lessons", "start", "my_course")
    out = installed.place / "out"
    installed(
        *("papermill", "my_course/03_train_a3vse.ipynb", "out.ipynb", "--no-progress-bar"),
        *("-p", "preset", "smoke", "-p", "out_dir", str(out)),
    )
    assert (out / "results.json").is_file()


def test_a_wheel_without_its_notebooks_says_what_to_do(installed, monkeypatch):
    from vse_lessons.commands import start
    from vse_lessons.common import files
    from vse_lessons.common.errors import DataError

    inside = installed.place / "vse_lessons" / "commands" / "start.py"
    monkeypatch.setattr(start, "__file__", str(inside))
    monkeypatch.setattr(files, "__file__", str(installed.place / "vse_lessons" / "common" / "files.py"))
    with pytest.raises(DataError, match=r"lacks lessons/notebooks .* pip install --force-reinstall"):
        start.notebooks()

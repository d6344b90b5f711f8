"""What Windows and macOS do differently, as far as one Linux machine can show it."""

import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from helpers import spawned

ROOT = Path(__file__).resolve().parents[1]

# Blocks what Windows lacks.  Other packages are imported before: only the library's own imports count.
BLOCKED = """
import importlib, pkgutil, sys
import filelock, IPython.display, ipywidgets, loky, matplotlib.pyplot, pandas, psutil, seaborn
import sklearn.linear_model, torch, tqdm.auto
for name in ("resource", "fcntl", "termios", "pwd", "grp", "readline", "curses"):
    sys.modules[name] = None
import vse_lessons
count = 0
for module in pkgutil.walk_packages(vse_lessons.__path__, "vse_lessons."):
    importlib.import_module(module.name)
    count += 1
print(count)
"""


def test_every_module_is_imported_without_what_windows_lacks():
    done = subprocess.run([sys.executable, "-c", BLOCKED], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100


@pytest.fixture(scope="module")
def spawn(tmp_path_factory):
    """One process that starts from nothing, as every process does on Windows and macOS.  Training in one is
    tested in tests/training/test_spawn.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VSE_LESSONS_HOME", str(tmp_path_factory.mktemp("home")))
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield pool


def test_a_spawned_process_extracts_with_workers_of_its_own(spawn, tmp_path):
    assert spawn.submit(spawned.extract_a_little, str(tmp_path)).result() > 12
    assert any(tmp_path.iterdir())


def test_a_spawned_process_runs_a_cell_of_a_study(spawn):
    apart = spawn.submit(spawned.study_a_little).result()
    assert apart["rsum"] > 0
    assert apart == spawned.study_a_little()

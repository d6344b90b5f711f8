import subprocess
import sys
from types import SimpleNamespace

import pytest

from vse_lessons.common import system
from vse_lessons.common.errors import DataError


def test_peak_memory_grows_with_what_is_held():
    before = system.peak_memory_mb()
    held = bytearray(b"x" * (64 << 20))
    assert system.peak_memory_mb() >= before
    assert system.peak_memory_mb() > len(held) >> 20


@pytest.mark.parametrize(("memory", "expected"), [({"peak_wset": 3 << 20}, 3.0), ({}, None)])
def test_peak_memory_without_the_posix_module(monkeypatch, memory, expected):
    import psutil

    monkeypatch.setitem(sys.modules, "resource", None)
    process = SimpleNamespace(memory_info=lambda: SimpleNamespace(**memory))
    monkeypatch.setattr(psutil, "Process", lambda: process)
    assert system.peak_memory_mb() == expected


def test_the_install_line_fits_the_installation(monkeypatch, tmp_path):
    assert system.install_line("hub") == 'python -m pip install -e ".[hub]"'
    assert system.install_line() == "python -m pip install -e ."
    monkeypatch.setattr(system, "__file__", str(tmp_path / "site-packages/vse_lessons/common/system.py"))
    assert system.install_line("hub") == 'python -m pip install "vse_lessons[hub]"'


def test_an_unknown_device_is_refused():
    assert system.choose_device("cpu").type == "cpu"
    with pytest.raises(DataError, match="auto, cpu or cuda"):
        system.choose_device("gpu0")


def test_free_disk_of_a_folder_that_is_not_there_yet(tmp_path):
    assert system.free_disk(tmp_path / "not" / "yet") > 0


def test_versions_leave_out_what_is_not_installed(monkeypatch):
    monkeypatch.setattr(system, "PACKAGES", ("numpy", "no_such_package"))
    assert set(system.versions()) == {"python", "platform", "numpy"}


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_every_system_names_its_processor(monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delenv("PROCESSOR_IDENTIFIER", raising=False)
    found = system.machine()
    assert found["cores"] >= 1
    assert found["processor"]


def test_the_commit_is_that_of_the_checkout():
    asked = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],
        cwd=system.Path(__file__).parent,
        capture_output=True,
        text=True,
    )
    found = system.commit()
    assert found is None if asked.returncode else found.removesuffix("-dirty") == asked.stdout.strip()


def test_without_git_there_is_no_commit(monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", missing)
    assert system.commit() is None


@pytest.mark.parametrize("device", ["meta", "cuda:99", "vulkan", "mps:1"])
def test_a_device_that_cannot_compute_is_refused_with_those_that_can(device):
    with pytest.raises(DataError, match=f"cannot compute on device '{device}' here: use auto, cpu"):
        system.choose_device(device)

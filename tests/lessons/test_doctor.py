"""What `vse-lessons doctor` says of homes, stores and corpora in every condition."""

import argparse
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from helpers import ROOT
from helpers.layouts import flickr_folder
from PIL import Image

from vse_lessons.commands import doctor as command
from vse_lessons.data.pictures import Pictures
from vse_lessons.data.region_writer import write_store
from vse_lessons.data.regions import Detections
from vse_lessons.lessons import doctor
from vse_lessons.lessons.doctor import examination, machine, packages, plan, stores
from vse_lessons.lessons.doctor import report as texts
from vse_lessons.sources.catalogue import SOURCES
from vse_lessons.sources.detectors.base import Thumbnails
from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.storybook import world
from vse_lessons.sources.storybook.detector import StorybookDetector

NAME = "toy-0123456789abcdef"


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A home that is not there yet, on a machine with room for everything."""
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 2)
    return tmp_path / "home"


def main(arguments: list[str]) -> int:
    """`vse-lessons doctor` with these arguments."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


def store_in(folder: Path, images: int = 3):
    found = [Detections(np.ones((2, 4), np.float32)) for _ in range(images)]
    return write_store(
        folder,
        [f"i{n}" for n in range(images)],
        [found],
        detector="toy 1",
        class_names=(),
        attribute_names=(),
    )


class Blank:
    """Stands in for Storybook's detector, of whose name and version stores are called."""

    name, version, feature_dim = StorybookDetector.name, StorybookDetector.version, 4
    class_names = attribute_names = tag_names = ()

    def __call__(self, pictures):
        return [Detections(np.ones((1, 4), np.float32)) for _ in pictures]


def extract_storybook(home: Path, domain: str, preset: str):
    """Regions of pictures that count as Storybook's, though none is drawn."""
    drawn = world.picture_scenes(world.sample_scenes(domain, preset))
    blank = Image.new("RGB", (1, 1))
    pictures = Pictures(drawn.ids, lambda number: blank, drawn.fingerprint)
    return extract_regions(pictures, Blank(), home / "storybook", workers=0, progress=False)


def storybook_store(home: Path, domain: str) -> Path:
    """The folder of a domain's regions; that extraction calls it so is tested with fewer pictures."""
    return home / "storybook" / stores.storybook_stores()["regions", domain, "lesson"]


def lesson_states(report) -> dict[str, str]:
    return {row["notebook"][:2]: row["state"] for row in report["lessons"]}


def kinds(report) -> set[str]:
    return {finding.kind for finding in report["findings"]}


def test_an_empty_home_is_no_problem_and_stays_untouched(home, capsys):
    assert main([]) == 0
    text = capsys.readouterr().out
    assert "Findings\n  none" in text
    assert not home.exists() and list(home.parent.iterdir()) == []
    assert max(map(len, text.splitlines())) <= texts.WIDTH
    states = lesson_states(doctor.examine())
    assert states == dict.fromkeys(("01", "02", "03", "04", "05", "07"), "draws") | {"06": "ready"}
    home.mkdir()
    assert main([]) == 0 and list(home.iterdir()) == []


def test_prepared_storybook_makes_its_lessons_ready(home):
    store_in(storybook_store(home, "photo"))
    states = lesson_states(doctor.examine())
    ready = dict.fromkeys(("01", "02", "03", "06", "07"), "ready")
    assert states == ready | {"04": "draws", "05": "draws"}
    store_in(storybook_store(home, "art"))
    report = doctor.examine()
    assert set(lesson_states(report).values()) == {"ready"} and report["ready"]
    assert report["findings"] == []


@pytest.mark.parametrize("domain", ["photo", "art"])
def test_stores_are_called_as_extraction_calls_them(home, domain):
    store = extract_storybook(home, domain, "smoke")
    assert Path(store.source).name == stores.storybook_stores()["regions", domain, "smoke"]


def test_a_store_of_another_storybook_is_older(home):
    new = extract_storybook(home, "photo", "smoke")
    store_in(home / "storybook" / f"storybook-{'0' * 16}", sum(world.SIZES["smoke"]))
    states = {store.path: store.state for store in doctor.examine()["stores"]}
    assert states.pop(new.source) == "whole"
    assert list(states.values()) == ["older"]


def test_a_small_store(home):
    store_in(home / "toys" / NAME)
    (home / "lessons" / "03_train_a3vse").mkdir(parents=True)
    (store,) = doctor.examine()["stores"]
    assert (store.corpus, store.state, store.detector) == ("toys", "whole", "toy 1")
    assert (store.images, store.regions, store.path) == (3, 6, str(home / "toys" / NAME))
    assert store.finding is None
    (home / "toys" / NAME / "more").write_bytes(bytes(3 << 20))
    assert doctor.examine()["stores"][0].mb == pytest.approx(3, abs=0.05)


def test_the_newest_store_of_a_detector_makes_the_others_older(home):
    names = ["toy-" + 16 * letter for letter in "ba"] + ["other-" + 16 * "c"]
    for age, name in enumerate(names):
        store_in(home / "toys" / name)
        os.utime(home / "toys" / name, (1000 - age, 1000 - age))
    report = doctor.examine()
    states = {Path(store.path).name: store.state for store in report["stores"]}
    assert states == dict(zip(names, ("whole", "older", "whole")))
    (finding,) = report["findings"]
    assert names[1] in finding.what and "delete" in finding.remedy


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("meta.json", b"{"),
        ("meta.json", None),
        ("features.npy", b"\x93NUMPY"),
        ("regions.npz", b""),
    ],
)
def test_a_damaged_store_is_a_finding_with_its_message(home, capsys, file, content):
    store_in(home / "toys" / NAME)
    path = home / "toys" / NAME / file
    path.unlink() if content is None else path.write_bytes(content)
    report = doctor.examine()
    (store,) = report["stores"]
    assert store.state == "damaged" and report["findings"] == [store.finding]
    assert NAME in store.finding.what and f"delete {path.parent}" in store.finding.remedy
    assert main([]) == 0, "Storybook's lessons do not need it"
    assert "damaged" in capsys.readouterr().out


def test_a_damaged_store_of_storybook_stops_its_lessons(home):
    folder = storybook_store(home, "art")
    store_in(folder)
    (folder / "meta.json").write_text("[]")
    report = doctor.examine()
    states = lesson_states(report)
    assert [lesson for lesson, state in states.items() if state == "lacks"] == ["04", "05"]
    assert not report["ready"]
    assert len([f for f in report["findings"] if f"delete {folder}" in f.remedy]) == 1


def test_an_unfinished_extraction(home):
    partial = home / "flickr8k" / f"{NAME}.partial"
    partial.mkdir(parents=True)
    for name in ("00000000-00000032.npz", "00000032-00000040.npz", "notes.txt"):
        (partial / name).write_bytes(b"")
    report = doctor.examine()
    (store,) = report["stores"]
    assert (store.state, store.images, store.detector) == ("unfinished", 40, "toy")
    assert "2 batches (40 pictures)" in store.finding.what
    assert "open flickr8k again and it goes on" in store.finding.remedy
    assert report["ready"]
    store_in(partial.with_suffix(""))
    remedies = [store.finding.remedy for store in doctor.examine()["stores"] if store.finding]
    assert remedies == ["delete the folder: the store beside it is whole"]


@pytest.mark.parametrize("below", ["", "further/down"])
def test_a_file_in_place_of_home(home, monkeypatch, capsys, below):
    home.write_text("")
    monkeypatch.setenv("VSE_LESSONS_HOME", str(home / below))
    assert main([]) == 1
    assert f"{home} is not a folder" in re.sub(r"\s+", " ", capsys.readouterr().out)
    report = doctor.examine()
    assert set(lesson_states(report).values()) == {"lacks"} and kinds(report) == {"a home"}
    assert report["machine"]["home_writable"] is False and home.read_text() == ""


def test_a_home_of_nobody(home, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", "~no-such-user-at-all/x")
    report = doctor.examine()
    assert not report["ready"] and kinds(report) == {"a home"}


def test_a_home_that_cannot_be_written_to_or_read(home, monkeypatch):
    store_in(home / "toys" / NAME)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine.tempfile, "TemporaryFile", refuse)
    assert kinds(doctor.examine()) == {"a home"}
    monkeypatch.setattr(Path, "iterdir", refuse)
    report = doctor.examine()
    assert kinds(report) == {"a home", "a folder"} and report["stores"] == []


def test_missing_extras_and_old_packages(home, monkeypatch, capsys):
    real = metadata.version

    def version(package):
        if package in ("papermill", "transformers"):
            raise metadata.PackageNotFoundError(package)
        return {"torch": "2.3.9+cpu", "efficientnet-lite-pytorch": "0.2.0"}.get(package) or real(package)

    monkeypatch.setattr(packages.metadata, "version", version)
    assert main([]) == 1
    text = re.sub(r"\s+", " ", capsys.readouterr().out)
    for expected in (
        'lessons lacks papermill>=2.6 (here none); remedy: python -m pip install -e ".[lessons]"',
        'hub lacks transformers>=5 (here none); remedy: python -m pip install -e ".[hub]"',
        "photos lacks efficientnet-lite-pytorch==0.1.0 (here 0.2.0)",
        "torch>=2.4 (here 2.3.9+cpu)",
    ):
        assert expected in text
    report = doctor.examine()
    assert kinds(report) == {"packages of lessons", "packages of library"}
    assert set(lesson_states(report).values()) == {"lacks"}


def test_an_old_python(home, monkeypatch):
    monkeypatch.setattr(packages, "PYTHON", (4, 0))
    (finding,) = doctor.examine()["findings"]
    assert "Python 4.0" in finding.what and "newer Python" in finding.remedy


def test_too_little_memory_or_disk(home, monkeypatch):
    usual = machine.check_machine()[0]
    for facts, kind, lacking in (
        ({"available_memory_mb": 500}, "memory", ["01", "02", "03", "04", "05", "07"]),
        (
            {"available_memory_mb": 690},
            "memory",
            ["04", "05", "07"],
        ),  # drawing on two cores takes just that
        ({"free_disk_mb": 120}, "disk", ["04", "07"]),
        ({"available_memory_mb": None, "free_disk_mb": None}, None, []),
    ):
        monkeypatch.setattr(examination, "check_machine", lambda facts=facts: (usual | facts, []))
        report = doctor.examine()
        short = [lesson for lesson, state in lesson_states(report).items() if state == "lacks"]
        assert short == lacking
        assert kinds(report) == ({kind} if kind else set())


def test_a_library_without_its_notebooks(home, monkeypatch, tmp_path):
    monkeypatch.setattr(plan, "NOTEBOOKS", tmp_path / "nowhere")
    report = doctor.examine()
    (finding,) = report["findings"]
    assert str(tmp_path / "nowhere") in finding.what and "clone" in finding.remedy
    assert set(lesson_states(report).values()) == {"lacks"} and not report["ready"]


def test_json_says_what_the_text_says(home, capsys):
    store_in(home / "toys" / NAME)
    (home / "toys" / NAME / "meta.json").unlink()
    store_in(home / "games" / NAME)
    assert main([]) == 0
    text = re.sub(r"\s+", "", capsys.readouterr().out)
    assert main(["--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    words = [*told["versions"].values(), told["machine"]["home"]]
    words += [str(store[key]) for store in told["stores"] for key in ("corpus", "state", "detector")]
    words += [row[key] for row in told["lessons"] for key in ("notebook", "state", "says")]
    words += [finding[key] for finding in told["findings"] for key in ("what", "remedy")]
    assert len(told["stores"]) == 2 and len(told["findings"]) == 1
    for word in words:
        assert re.sub(r"\s+", "", word) in text
    assert told["findings"] == [asdict(finding) for finding in doctor.examine()["findings"]]


def test_a_corpus_on_disk(home, tmp_path, capsys):
    folder = flickr_folder(tmp_path / "tiny")
    assert main(["--corpus", "flickr8k", "--corpus-dir", str(folder), "--json"]) == 0
    read = json.loads(capsys.readouterr().out)["corpus"]
    assert (read["images"], read["sentences"], read["skipped"]) == (5, 4, 0)
    assert read["splits"] == {"train": 2, "val": 2, "unused": 1}
    assert not home.exists(), "no region is extracted"

    (folder / "train.txt").write_text("z.jpg\n")
    report = doctor.examine("flickr8k", str(folder))
    (finding,) = report["findings"]
    assert "train.txt, line 1: z.jpg is not in" in finding.what and "images" not in report["corpus"]


def test_precomputed_arrays(home, tmp_path):
    np.save(tmp_path / "train_ims.npy", np.ones((4, 3, 2), np.float32))
    (tmp_path / "train_caps.txt").write_text("".join(f"picture {n}\n" for n in range(20)))
    report = doctor.examine("precomputed", str(tmp_path))
    assert report["findings"] == []
    assert report["corpus"]["images"] == 4 and report["corpus"]["splits"] == {"train": 4}
    assert report["corpus"]["sentences"] == 20


@pytest.mark.parametrize("name", [name for name, source in SOURCES.items() if not source.built_in])
def test_an_empty_folder_is_no_corpus(home, tmp_path, name):
    (tmp_path / "empty").mkdir()
    (finding,) = doctor.examine(name, str(tmp_path / "empty"))["findings"]
    assert finding.kind == "corpus" and str(tmp_path / "empty") in finding.what


@pytest.mark.parametrize(
    ("name", "folder", "said"),
    [
        ("mars", "x", "unknown corpus"),
        ("flickr8k", None, "not built in"),
        ("flickr8k", "/nowhere/at/all", "is not a folder"),
        (None, "x", "unknown corpus"),
    ],
)
def test_a_request_that_cannot_be_met(home, name, folder, said):
    (finding,) = doctor.examine(name, folder)["findings"]
    assert said in finding.what and finding.remedy


def test_storybook_needs_nothing_on_disk(home):
    assert doctor.examine("storybook")["findings"] == []


def test_it_names_every_lesson_and_requirement():
    tomllib = pytest.importorskip("tomllib")  # Python 3.11
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {name: tuple(wants) for name, wants in project["optional-dependencies"].items()}
    extras.pop("test")
    wanted = {"library": tuple(project["dependencies"])} | extras
    assert wanted == packages.REQUIRED
    assert project["requires-python"] == ">=" + ".".join(map(str, packages.PYTHON))
    notebooks = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
    assert [lesson.notebook for lesson in plan.LESSONS] == notebooks


def test_times_are_those_of_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    for lesson in plan.LESSONS:
        (time,) = re.findall(rf"^\| \[.*{lesson.notebook}\.ipynb\) \|.*\| (.+?) \|$", readme, re.M)
        count, unit = re.fullmatch(r"(\d+) (min|s)", time).groups()
        minutes, about = (int(count), 0.51) if unit == "min" else (int(count) / 60, 0.06)
        assert lesson.minutes == pytest.approx(minutes, abs=about)


def test_the_disk_that_drawing_asks_for():
    detector = StorybookDetector()
    image = 36 * (2 * detector.feature_dim + 24) + 2 * len(detector.tag_names)
    needed = 2 * sum(world.SIZES["lesson"]) * image >> 20
    assert needed <= plan.STORE_MB < 1.2 * needed


COMMAND = (
    "import argparse; from vse_lessons.commands import doctor; parser = argparse.ArgumentParser(); "
    "doctor.add_arguments(parser); raise SystemExit(doctor.run(parser.parse_args([])))"
)


def run(home: Path, *command: str, **variables: str):
    path = os.pathsep.join([str(home.parent / "first"), str(ROOT)])
    environment = os.environ | {"VSE_LESSONS_HOME": str(home), "PYTHONPATH": path} | variables
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, env=environment, cwd=home.parent
    )


def test_any_console_can_show_it(home):
    store_in(home / "fotos-größe" / NAME)
    done = run(home, "-c", COMMAND, PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    assert "Traceback" not in done.stderr and done.stdout.isascii()
    assert "fotos-gr\\" in done.stdout
    sign = "✓ R@1 12.3 ± 0.4, sentence → image, “a boat”"
    assert texts.printable(sign, "ascii") == 'ok R@1 12.3 +- 0.4, sentence -> image, "a boat"'
    assert texts.printable(sign, "utf-8") == texts.printable(sign, None) == sign


def test_from_the_command_line_nothing_slow_is_imported(home):
    (home.parent / "first").mkdir()
    for name in ("transformers", "efficientnet_lite_pytorch", "papermill"):
        (home.parent / "first" / f"{name}.py").write_text("raise SystemExit(7)")
    done = run(home, "-c", COMMAND)
    assert "Lessons\n  01_extract_features" in done.stdout and done.stderr == ""
    assert done.returncode == (0 if "Findings\n  none" in done.stdout else 1)


def test_without_pytorch_it_still_says_what_to_do(home):
    done = run(home, "-c", f"import sys; sys.modules['torch'] = None; {COMMAND}")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "vse_lessons cannot be loaded" in done.stdout and "remedy: python -m pip install" in done.stdout


def test_pixels_of_every_preset_are_of_today(home):
    drawn = world.picture_scenes(world.sample_scenes("photo", "smoke"))
    store = extract_regions(drawn, Thumbnails(), home / "storybook", progress=False)
    assert Path(store.source).name == stores.storybook_stores()["pixels", "photo", "smoke"]
    store_in(home / "storybook" / stores.storybook_stores()["pixels", "photo", "lesson"])
    assert doctor.examine()["findings"] == []


def test_pixels_ask_for_disk_until_they_are_there(home, monkeypatch):
    store_in(storybook_store(home, "photo"))
    usual = machine.check_machine()[0] | {"free_disk_mb": plan.RESULTS_MB + plan.PIXELS_MB - 1}
    monkeypatch.setattr(examination, "check_machine", lambda: (usual, []))
    assert lesson_states(doctor.examine())["07"] == "lacks"
    store_in(home / "storybook" / stores.storybook_stores()["pixels", "photo", "lesson"])
    assert lesson_states(doctor.examine())["07"] == "ready"

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import ROOT
from helpers.detectors import Quadrants, drawn, extract, listed
from PIL import Image

from vse_lessons.common import files
from vse_lessons.common.files import DataError
from vse_lessons.data.pictures import Pictures
from vse_lessons.sources.detectors import extraction


def contents(store):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(store.source).iterdir())
    }


def test_features_of_the_right_pictures(tmp_path):
    pictures = drawn(tmp_path / "p")
    store = extract(pictures, tmp_path / "s")
    assert store.ids == pictures.ids
    for i in (0, 7, 19):
        expected = Quadrants()([pictures.load(i)])[0].features
        np.testing.assert_allclose(store.detections(i).features, expected, rtol=1e-3)


def test_extracted_once_and_cached_by_content(tmp_path):
    pictures, detector = drawn(tmp_path / "p"), Quadrants()
    first = extract(pictures, tmp_path / "s", detector)
    again = extract(listed(tmp_path / "p"), tmp_path / "s", detector)
    assert (detector.seen, again.source) == (20, first.source)
    assert os.listdir(tmp_path / "s") == [Path(first.source).name]
    Image.new("RGB", (24, 30)).save(tmp_path / "p" / "03.jpg")
    changed = extract(listed(tmp_path / "p"), tmp_path / "s", detector)
    assert detector.seen == 40 and changed.source != first.source
    detector.version = "2"
    assert extract(listed(tmp_path / "p"), tmp_path / "s", detector).source != changed.source


KILLED = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from helpers.detectors import Quadrants, extract, listed
extract(listed(Path(sys.argv[2])), Path(sys.argv[3]), Quadrants(pause=0.3))
"""


def test_a_killed_extraction_goes_on_where_it_stopped(tmp_path):
    pictures = drawn(tmp_path / "p")
    whole = extract(pictures, tmp_path / "whole")
    folder = tmp_path / "killed"
    here = str(ROOT / "tests")
    process = subprocess.Popen([sys.executable, "-c", KILLED, here, tmp_path / "p", folder])
    deadline = time.time() + 60
    while len(list(folder.glob("*.partial/*.npz"))) < 2 and time.time() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    finished = len(list(folder.glob("*.partial/*.npz")))
    assert 2 <= finished < 5
    # nothing but the unfinished folder: no store that looks finished
    assert [path.suffix for path in folder.iterdir()] == [".partial"]

    detector = Quadrants()
    resumed = extract(pictures, folder, detector)
    assert detector.seen == 20 - 4 * finished
    assert contents(resumed) == contents(whole)
    assert os.listdir(folder) == [Path(whole.source).name]


def test_workers_make_the_same_store(tmp_path):
    pictures = drawn(tmp_path / "p")
    truncate(tmp_path / "p" / "06.jpg")
    pictures = listed(tmp_path / "p")
    with pytest.warns(UserWarning, match="1 pictures were skipped"):
        alone = extract(pictures, tmp_path / "alone", on_bad="skip", workers=0)
    with pytest.warns(UserWarning, match="1 pictures were skipped"):
        shared = extract(pictures, tmp_path / "shared", on_bad="skip", workers=2)
    assert contents(shared) == contents(alone)
    with pytest.raises(DataError, match=r"06\.jpg is damaged"):
        extract(pictures, tmp_path / "error", workers=2)
    assert not [p for p in (tmp_path / "error").iterdir() if p.suffix != ".partial"]


class Mortal(Quadrants):
    """Kills its own process when it meets its first picture, as often as there are files in `lives`."""

    def __init__(self, lives):
        super().__init__()
        self.lives = lives

    def __call__(self, images):
        for life in sorted(self.lives.iterdir()):
            try:
                life.unlink()
            except FileNotFoundError:
                continue  # the other worker took it
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(images)


def lives(folder, count):
    folder.mkdir()
    for i in range(count):
        (folder / str(i)).touch()
    return folder


def test_a_killed_worker_costs_its_batch_only(tmp_path):
    pictures = drawn(tmp_path / "p")
    whole = extract(pictures, tmp_path / "whole")
    detector = Mortal(lives(tmp_path / "lives", 1))
    store = extract(pictures, tmp_path / "s", detector, workers=2)
    assert contents(store) == contents(whole) and not list(detector.lives.iterdir())
    assert os.listdir(tmp_path / "s") == [Path(whole.source).name]


def test_workers_that_die_all_the_time_are_not_started_for_ever(tmp_path):
    pictures = drawn(tmp_path / "p")
    with pytest.raises(DataError, match="worker processes died 3 times one after the other"):
        extract(pictures, tmp_path / "s", Mortal(lives(tmp_path / "lives", 99)), workers=1)
    whole = extract(pictures, tmp_path / "whole")
    assert contents(extract(pictures, tmp_path / "s")) == contents(whole)  # it can be done again


def test_few_pictures_and_gpus_need_no_workers(monkeypatch):
    monkeypatch.setattr(extraction.os, "cpu_count", lambda: 7)
    gpu = Quadrants()
    gpu.device = torch.device("cuda")
    usual = extraction._usual_workers
    assert [usual(511, Quadrants()), usual(512, Quadrants()), usual(9999, gpu)] == [0, 7, 0]


def test_workers_need_no_fork(tmp_path, monkeypatch):
    """On Windows and on macOS a worker is a new process: it inherits nothing, and all it needs is sent to
    it."""
    pictures = drawn(tmp_path / "p")
    whole = extract(pictures, tmp_path / "whole")

    def refuse():
        raise OSError("this system cannot fork")

    monkeypatch.setattr(os, "fork", refuse, raising=False)
    monkeypatch.setattr(extraction, "of_the_parent", True, raising=False)
    assert contents(extract(pictures, tmp_path / "s", Elsewhere(os.getpid()), workers=2)) == contents(whole)


class Elsewhere(Quadrants):
    """Works in another process only, and only in one that has not inherited what its parent has changed."""

    def __init__(self, parent):
        super().__init__()
        self.parent = parent

    def __call__(self, images):
        assert os.getpid() != self.parent and not hasattr(extraction, "of_the_parent")
        return super().__call__(images)


def interrupted(tmp_path):
    """An extraction that stopped after three of five batches, and its folder of batches."""

    class Stops(Quadrants):
        def __call__(self, images):
            if self.seen == 12:
                raise KeyboardInterrupt
            return super().__call__(images)

    with pytest.raises(KeyboardInterrupt):
        extract(listed(tmp_path / "p"), tmp_path / "s", Stops())
    (unfinished,) = (tmp_path / "s").glob("*.partial")
    assert len(list(unfinished.iterdir())) == 3
    return unfinished


@pytest.mark.parametrize("harm", ["cut", "empty", "flip", "other"])
def test_a_damaged_batch_is_done_again(tmp_path, harm):
    pictures = drawn(tmp_path / "p")
    whole = extract(pictures, tmp_path / "whole")
    batch = sorted(interrupted(tmp_path).iterdir())[1]
    content = bytearray(batch.read_bytes())
    content[content.index(b"features0.npy") + 150] ^= 255
    batch.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "empty": b"",
            "flip": bytes(content),
            "other": b"not a batch",
        }[harm]
    )
    detector = Quadrants()
    assert contents(extract(pictures, tmp_path / "s", detector)) == contents(whole)
    assert detector.seen == 12  # two batches that were missing and the damaged one


def test_another_process_may_have_finished_meanwhile(tmp_path):
    pictures = drawn(tmp_path / "p")
    whole = extract(pictures, tmp_path / "whole")

    class Overtaken(Quadrants):
        def __call__(self, images):
            found = super().__call__(images)
            if self.seen == 20:  # the other one puts its store in place and tidies up
                for path in (tmp_path / "s").glob("*.partial"):
                    shutil.rmtree(path)
                shutil.copytree(whole.source, tmp_path / "s" / Path(whole.source).name)
            return found

    store = extract(pictures, tmp_path / "s", Overtaken())
    assert contents(store) == contents(whole)
    assert os.listdir(tmp_path / "s") == [Path(whole.source).name]


def truncate(path):
    path.write_bytes(path.read_bytes()[:-200])


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (truncate, "is damaged"),
        (Path.unlink, "does not exist"),
        (lambda path: path.write_text("<html>"), "is not a picture"),
        (lambda path: path.write_bytes(b""), "is not a picture"),
    ],
)
def test_a_bad_picture_stops_or_is_skipped_and_listed(tmp_path, harm, message):
    drawn(tmp_path / "p")
    harm(tmp_path / "p" / "06.jpg")
    pictures = listed(tmp_path / "p")
    with pytest.raises(DataError, match=rf'06\.jpg {message}.*on_bad="skip"'):
        extract(pictures, tmp_path / "s")
    with pytest.warns(UserWarning, match=rf"1 pictures were skipped.*06\.jpg {message}"):
        store = extract(pictures, tmp_path / "s", on_bad="skip")
    assert store.ids == tuple(image for image in pictures.ids if image != "06")
    (entry,) = store.skipped
    assert entry["id"] == "06" and "06.jpg" in entry["reason"]
    # the cached store is no way around the question
    with pytest.raises(DataError, match=r"06\.jpg"):
        extract(pictures, tmp_path / "s")


def test_a_good_extraction_warns_of_nothing(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert extract(drawn(tmp_path / "p"), tmp_path / "s", on_bad="skip").skipped == []


def test_a_disk_that_is_too_small_is_found_before_any_work(tmp_path, monkeypatch):
    pictures, detector = drawn(tmp_path / "p"), Quadrants()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(extraction.shutil, "disk_usage", lambda path: usage._replace(free=20_000))
    with pytest.raises(DataError, match="that disk has 0 MB free"):
        extract(pictures, tmp_path / "s", detector)
    assert detector.seen == 0 and not (tmp_path / "s").exists()


def test_a_disk_that_fills_up_keeps_the_finished_batches(tmp_path, monkeypatch):
    pictures = drawn(tmp_path / "p")
    whole = extract(pictures, tmp_path / "whole")
    flush, calls = files._flush, []

    def full(path):
        calls.append(path)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        flush(path)

    monkeypatch.setattr(files, "_flush", full)
    with pytest.raises(DataError, match="No space left on device"):
        extract(pictures, tmp_path / "s")
    (unfinished,) = (tmp_path / "s").iterdir()
    names = sorted(path.name for path in unfinished.iterdir())
    assert names == ["00000000-00000004.npz", "00000004-00000008.npz"]
    monkeypatch.undo()
    detector = Quadrants()
    assert contents(extract(pictures, tmp_path / "s", detector)) == contents(whole)
    assert detector.seen == 12


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.full((1, 3), np.nan, np.float32), "image 00: a feature is NaN"),
        (np.ones((1, 5), np.float32), "image 00: features 5 wide"),
    ],
)
def test_a_detector_that_gives_nonsense(tmp_path, features, message):
    class Broken(Quadrants):
        def __call__(self, images):
            found = super().__call__(images)
            found[0].features = features
            return found

    with pytest.raises(DataError, match=message):
        extract(drawn(tmp_path / "p"), tmp_path / "s", Broken())


def test_requests_that_make_no_sense(tmp_path):
    with pytest.raises(DataError, match="on_bad is 'ignore'"):
        extract(drawn(tmp_path / "p"), tmp_path / "s", on_bad="ignore")
    with pytest.raises(DataError, match="no picture"):
        extract(Pictures((), lambda i: None, ""), tmp_path / "s")

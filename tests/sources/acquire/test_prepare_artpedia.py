# ruff: noqa: F811  (a fixture by its name)
"""From the JSON to a corpus, with paintings on a server of this machine."""

import importlib.util
import io
import json
import shutil
import zipfile
from dataclasses import replace

import pytest
from helpers import ROOT
from helpers.layouts import RECORD
from helpers.misbehaving import APOLOGY, server  # noqa: F401
from PIL import Image

from vse_lessons.common.files import read_json
from vse_lessons.sources.acquire.release import File
from vse_lessons.sources.catalogue import SOURCES, open_corpus

SCRIPT = ROOT / "data_scripts" / "prepare_artpedia.py"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("prepare_artpedia", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(server, tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    server.content["a.png"] = picture.getvalue()
    names = {"2": "a.png", "5": "lost.png", "7": "a.png", "9": "sorry.png"}
    records = {key: {**RECORD, "img_url": server.url(name)} for key, name in names.items()}
    server.content["sorry.png"] = APOLOGY
    server.troubles["lost.png"] = [404] * 9
    made = tmp_path / "artpedia"
    made.mkdir()
    (made / "artpedia.json").write_text(json.dumps(records), "utf-8")
    return made


def test_a_dry_run_fetches_nothing(script, folder, server, capsys):
    assert script.main([str(folder), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "4 of 4 paintings would be fetched" in said and "2,252  differs" in said
    assert server.asked == [] and not (folder / "images").exists()


def test_licence_and_room_come_first(script, folder, server, monkeypatch, capsys):
    assert script.main([str(folder)]) == 1 and "pass --accept-licence" in capsys.readouterr().err
    usage = shutil.disk_usage(folder)._replace(free=11_000_000)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage)
        assert script.main([str(folder), "--accept-licence"]) == 1
    assert "needs 12 MB if 4 paintings have 3 MB each" in capsys.readouterr().err
    assert server.asked == [] and not (folder / "images").exists()


def test_the_json_is_fetched_if_asked(script, folder, server, monkeypatch, capsys):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.write(folder / "artpedia.json", "artpedia.json")
    server.content["artpedia.zip"] = archive.getvalue()
    file = File("artpedia.zip", server.url("artpedia.zip"), holds=("artpedia.json",))
    source = SOURCES["artpedia"]
    monkeypatch.setitem(SOURCES, "artpedia", replace(source, release=replace(source.release, files=(file,))))
    new = folder.parent / "new"
    given = [str(new), "--download", "--no-regions", "--pause", "0"]
    assert script.main([*given, "--dry-run"]) == 0 and not new.exists()
    assert "would fetch http" in capsys.readouterr().out and server.asked == []
    assert script.main(given) == 1 and not new.exists()
    server.troubles["artpedia.zip"] = ["drop", "html"]
    assert script.main([*given, "--accept-licence"]) == 1
    assert "artpedia.zip cannot be had (it is a web page" in capsys.readouterr().err
    assert script.main([*given, "--accept-licence"]) == 0
    assert "2 were fetched, 2 cannot be had" in capsys.readouterr().out


def test_paintings_are_fetched_and_become_a_corpus_without_the_lost_one(script, folder, server, capsys):
    assert script.main([str(folder), "--accept-licence", "--pause", "0", "--contact", "me@example.org"]) == 0
    said = capsys.readouterr().out
    assert (
        "0 paintings were there, 2 were fetched, 2 cannot be had" in said
        and "ready: 2 images with regions" in said
        and ", 6 sentences" in said
    )
    assert read_json(folder / "images" / "gone.json") == {
        "5.png": "the server answered 404",
        "9.png": "it is no picture that can be read (UnidentifiedImageError)",
    }
    assert all("me@example.org" in agent for agent in server.agents)
    corpus = open_corpus("artpedia", folder).corpus
    assert list(corpus.image_ids) == ["2", "7"] and set(corpus.kinds) == {"visual", "contextual"}
    assert script.main([str(folder), "--accept-licence", "--pause", "0", "--no-regions"]) == 0
    assert "2 paintings were there, 0 were fetched" in capsys.readouterr().out
    assert server.asked.count("a.png") == 2


def test_a_painting_that_is_damaged_later_is_left_out(script, folder, capsys):
    script.main([str(folder), "--accept-licence", "--pause", "0", "--no-regions"])
    (folder / "images" / "7.png").write_bytes(b"spoilt")
    with pytest.warns(UserWarning, match="1 pictures were skipped"):
        corpus = open_corpus("artpedia", folder).corpus
    assert list(corpus.image_ids) == ["2"]


def test_bad_input_is_named_on_one_line(script, tmp_path, capsys):
    assert script.main([str(tmp_path), "--accept-licence"]) == 1
    assert "artpedia.json" in capsys.readouterr().err

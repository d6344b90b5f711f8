"""A new corpus is one file and one line: then everything that opens corpora knows it."""

import zipfile

import pytest
from helpers import toy_reader
from PIL import Image

from vse_lessons.commands.prepare import run_script
from vse_lessons.common.errors import DataError
from vse_lessons.lessons import doctor
from vse_lessons.sources.catalogue import (
    SOURCES,
    Source,
    detector_of,
    find_source,
    open_corpus,
    open_target,
    read_listing,
)
from vse_lessons.sources.detectors.efficientnet import EfficientNetLite0
from vse_lessons.sources.prepare import find_release
from vse_lessons.sources.storybook.detector import StorybookDetector


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The line, and the corpus as somebody has it: packed."""
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(SOURCES, "toy", Source(toy_reader.read, toy_reader.TOY, on_bad="skip"))
    with zipfile.ZipFile(tmp_path / "toy.zip", "w") as archive:
        rows = [("a", "train"), ("b", "train"), ("c", "val"), ("d", "test"), ("lost", "test")]
        archive.writestr("words.txt", "".join(f"{n}.png\t{split}\ta picture {n}\n" for n, split in rows))
        for n in range(4):
            Image.new("RGB", (40, 30), (60 * n, 90, 200)).save(tmp_path / "one.png")
            archive.write(tmp_path / "one.png", f"{'abcd'[n]}.png")
    return tmp_path / "toy"


def test_a_toy_corpus_is_prepared_opened_and_examined(toy, capsys):
    packed = str(toy.with_suffix(".zip"))
    assert run_script("toy", "a description", [str(toy), "--dry-run", "--from", packed]) == 0
    assert "would unpack" in capsys.readouterr().out and not toy.exists()
    given = [str(toy), "--accept-licence", "--from", packed]
    assert run_script("toy", "a description", given) == 1
    assert "'lost.png' is not in" in capsys.readouterr().err
    to = toy.with_name("prepared")
    assert run_script("toy", "a description", [*given, "--on-bad", "skip", "--to", str(to)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "train 2 2 2 2" in said and "1 records or sentences left out" in said and "ready: 4 images" in said
    opened = open_corpus("toy", toy, progress=False)
    assert opened.corpus.name == "toy" and list(opened.corpus.image_ids) == [
        "a.png",
        "b.png",
        "c.png",
        "d.png",
    ]
    assert opened.picture(3).getpixel((0, 0)) == (180, 90, 200)
    assert open_corpus("prepared", to).corpus.sentences == opened.corpus.sentences
    assert open_target("toy", toy, progress=False).unpaired.name == "toy"
    assert not opened.corpus.built_in and opened.corpus.lexicon == "wordnet"
    facts = doctor.examine("toy", str(toy))["corpus"]
    assert (facts["images"], facts["sentences"], facts["skipped"]) == (4, 4, 1)


def test_every_source_says_where_it_is_from():
    for name, source in SOURCES.items():
        assert source.built_in == name.startswith("storybook") and source.on_bad in ("error", "skip")
        assert (source.release is None) == (source.built_in or name == "prepared")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: detector_of("storybook 1"), "was of another version than '2', which is here"),
        (lambda: detector_of("detr 0a1b"), "'detr 0a1b' is none of storybook, efficientnet-lite0"),
        (lambda: find_source("mars"), "unknown corpus 'mars': one of storybook, .*, prepared"),
        (lambda: find_release("mars"), "unknown corpus 'mars': one of storybook"),
        (lambda: find_release("storybook"), "storybook is built in: .* can be prepared: flickr8k, "),
        (lambda: find_release("prepared"), "prepared is not prepared from files; .*flickr8k"),
        (lambda: find_release("coco", "x"), "coco has no other release 'x'; those known: bottom_up"),
        (lambda: find_release("artpedia", "x"), "artpedia has no other release 'x'; those known: none"),
    ],
)
def test_what_is_unknown_is_told_with_what_is_known(ask, message):
    with pytest.raises(DataError, match=message):
        ask()


def test_a_corpus_without_pictures_has_no_listing(tmp_path):
    with pytest.raises(DataError, match="has no region features"):
        read_listing("precomputed", tmp_path)


def test_a_download_that_is_not_there_says_what_to_do(tmp_path, capsys):
    assert run_script("esteartworks", "", [str(tmp_path), "--accept-licence", "--download"]) == 1
    assert "no public address to download from. Ask its authors" in capsys.readouterr().err


def test_a_detector_is_made_again_from_what_a_store_says():
    for kind in (StorybookDetector, EfficientNetLite0):
        made = detector_of(f"{kind.name} {kind.version}")
        assert isinstance(made, kind)
        assert made([Image.new("RGB", (64, 64))])[0].features.shape[1] == made.feature_dim

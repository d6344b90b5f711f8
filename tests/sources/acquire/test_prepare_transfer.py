"""DeepFashion's and EsteArtworks' files become corpora."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from helpers import ROOT
from helpers.layouts import captions_folder as captions
from helpers.layouts import picture
from scipy.io import savemat

from vse_lessons.common.files import read_json
from vse_lessons.sources.catalogue import open_corpus

SCRIPTS = ROOT / "data_scripts"


def script(name):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def deepfashion(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    module = script("prepare_deepfashion")
    return lambda *given: module.main(list(map(str, given)))


def fashiongan(folder: Path, count=24, **changes) -> Path:
    """The files of FashionGAN's release, small."""

    def cells(texts):
        return np.array([[np.array([text])] for text in texts], dtype=object)

    names = [f"img/MEN/Tees/img_{n:08d}.jpg" for n in range(count)]
    for name in names:
        picture(folder / name)
    content = {
        "engJ": cells([f"the man wore tee {n}" for n in range(count)]),
        "nameList": cells(names),
    }
    savemat(folder / "language_original.mat", {**content, **changes})
    rows = np.arange(1, count + 1).reshape(-1, 1)
    savemat(folder / "ind.mat", {"train_ind": rows[:-4], "test_ind": rows[-4:]})
    return folder


def test_fashiongan_becomes_captions_and_a_corpus(deepfashion, tmp_path, capsys):
    folder = fashiongan(tmp_path / "df")
    assert deepfashion(folder, "--accept-licence") == 0
    said = capsys.readouterr().out
    assert "24 pictures with a sentence; the poster says 78,979" in said and "ready" in said
    corpus = open_corpus("deepfashion", folder, progress=False).corpus
    assert len(corpus.image_ids) == 24 and corpus.sentences[7] == "the man wore tee 7"
    assert corpus.image_ids[7] == "MEN/Tees/img_00000007.jpg"
    counts = {split: int((corpus.splits == split).sum()) for split in ("train", "val", "test")}
    assert counts == {"train": 18, "val": 2, "test": 4}
    assert set(np.flatnonzero(corpus.splits == "test")) == {20, 21, 22, 23}


def test_the_licence_must_be_accepted(deepfashion, tmp_path, capsys):
    folder = fashiongan(tmp_path / "df")
    assert deepfashion(folder) == 1
    assert "--accept-licence" in capsys.readouterr().err and not (folder / "captions.json").exists()
    assert deepfashion(folder, "--dry-run") == 0
    assert "would be written" in capsys.readouterr().out and not (folder / "captions.json").exists()


def test_multimodal_captions_are_taken_as_they_are(deepfashion, tmp_path, capsys):
    captions(tmp_path, {"a.jpg": "The lady wears a shirt.", "lost.jpg": "x"})
    assert deepfashion(tmp_path, "--dry-run") == 1
    assert "record 2: 'lost.jpg' is not in" in capsys.readouterr().err
    assert deepfashion(tmp_path, "--dry-run", "--on-bad", "skip") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "all 1 44,096 1 - 5 differs" in said and "1 records or sentences left out" in said


def damaged_mat(folder):
    fashiongan(folder)
    (folder / "language_original.mat").write_bytes(b"nothing of MATLAB" * 20)


def short_index(folder):
    fashiongan(folder)
    savemat(folder / "ind.mat", {"train_ind": np.array([[1], [99]]), "test_ind": np.array([[2]])})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (damaged_mat, "language_original.mat cannot be read"),
        (short_index, "ind.mat: train_ind leads from 1 to 99, but there are 24"),
        (
            lambda f: fashiongan(f, engJ=np.array([[np.array(["one"])]], dtype=object)),
            "24 names but 1 sentences",
        ),
        (lambda f: (fashiongan(f), savemat(f / "language_original.mat", {"x": 1})), "has no variable 'engJ'"),
        (lambda f: (fashiongan(f), (f / "ind.mat").unlink()), "ind.mat cannot be read"),
    ],
)
def test_bad_matlab_files_are_named(deepfashion, tmp_path, capsys, make, said):
    folder = tmp_path / "df"
    folder.mkdir()
    make(folder)
    assert deepfashion(folder, "--accept-licence") == 1
    assert said in capsys.readouterr().err and not (folder / "captions.json").exists()


def test_esteartworks_is_counted_against_the_poster(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    este = script("prepare_esteartworks")
    folder = captions(
        tmp_path, {"a.jpg": ["A saint.", "A man."], "b.jpg": ["Two angels."]}, "esteartworks.json"
    )

    def prepare(*given):
        return este.main([str(folder), *given])

    assert prepare("--dry-run") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "all 2 553 3 1,278 5 differs" in said and "published: the poster" in said
    assert prepare() == 1 and "--accept-licence" in capsys.readouterr().err
    assert prepare("--accept-licence") == 0 and "ready" in capsys.readouterr().out
    (folder / "esteartworks.json").write_text(json.dumps({"lost.jpg": "x"}))
    assert prepare("--accept-licence") == 1 and "lost.jpg" in capsys.readouterr().err
    assert read_json(folder / "esteartworks.json") == {"lost.jpg": "x"}

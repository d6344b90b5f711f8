"""Folders of models that were damaged, or changed with their digests made to fit."""

import json
import os
import stat
from dataclasses import replace

import pytest
import torch
from helpers.kept_models import training_for
from safetensors.torch import load_file, save_file

from vse_lessons.common.files import DataError
from vse_lessons.models.keeping.checks import detector_of, sealed
from vse_lessons.models.keeping.files import _sha256
from vse_lessons.models.registry import load_model, spec


@pytest.fixture(scope="module")
def models():
    return {
        name: spec(name).build(replace(spec(name).config.preset("smoke"), min_count=1), training_for(name))
        for name in ("CCA", "A3VSE", "VSE++")
    }


@pytest.fixture
def kept(models, tmp_path):
    for name, model in models.items():
        model.save(tmp_path / name)
    return tmp_path


def read(folder):
    return json.loads((folder / "config.json").read_text("utf-8"))


def change(folder, **values):
    files = {name: _sha256(folder / name) for name in read(folder)["files"]}
    whole = sealed({**read(folder), "files": files, **values})
    (folder / "config.json").write_text(json.dumps(whole), "utf-8")


def change_tensors(folder, **values):
    save_file({**load_file(folder / "model.safetensors"), **values}, folder / "model.safetensors")
    change(folder)


def refused(folder, match):
    with pytest.raises(DataError, match=match) as caught:
        load_model(folder)
    assert "copy the model's folder again" in str(caught.value) and "save it" in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"model": ["A3VSE"]},
        {"settings": None},
        {"trained_on": []},
        {"detector": detector_of("unknown", "12")},
        {"detector": detector_of("unknown", None)},
        {"detector": detector_of("unknown", 7)},
        {"extra": 1},
    ],
)
def test_fields_of_another_type_are_refused(kept, values):
    change(kept / "CCA", **values)
    refused(kept / "CCA", r"config\.json (is damaged|does not fit)")


def test_the_version_is_a_number(kept):
    change(kept / "CCA", version=True)
    with pytest.raises(DataError, match="version True of the format"):
        load_model(kept / "CCA")


@pytest.mark.parametrize(("field", "value"), [("dimensions", 0), ("dimensions", 7), ("context", -1)])
@pytest.mark.filterwarnings("ignore:Initializing zero-element")
def test_hyper_parameters_that_do_not_fit_name_the_file(kept, field, value):
    for name in ("A3VSE", "CCA"):
        if field in read(kept / name)["config"]:
            change(kept / name, config={**read(kept / name)["config"], field: value})
            refused(kept / name, r"(config\.json|model\.safetensors) does not fit this version")


@pytest.mark.parametrize("words", [["w1"], [], ["w1", "w1"]])
def test_vocabularies_that_do_not_fit_are_named(kept, words):
    (kept / "CCA" / "vocabulary.json").write_text(json.dumps(words))
    change(kept / "CCA")
    refused(kept / "CCA", r"vocabulary\.json")


@pytest.mark.parametrize("name", ["a" * 300 + ".json", "a\0.json", "..\\x.json", "C:x.json", "..", ""])
def test_names_that_leave_the_folder_are_refused(kept, name):
    change(kept / "CCA", files={**read(kept / "CCA")["files"], name: "0"})
    refused(kept / "CCA", "is no plain file name")


@pytest.mark.parametrize(
    "values",
    [
        {"image_mean": torch.zeros(12).half()},
        {"image_mean": torch.zeros(12).long()},
        {"image_mean": torch.full((12,), float("nan"))},
        {"text_mean": torch.zeros(3)},
        {"input_forward": torch.zeros(12)},
        {"nomod.input_source_mean": torch.zeros(12)},
        {"input_source_mean": torch.zeros(3), "input_source_deviation": torch.ones(3)},
        {"input_source_mean": torch.zeros(12)},
    ],
)
def test_tensors_that_no_model_has_are_refused(kept, values):
    change_tensors(kept / "CCA", **values)
    refused(kept / "CCA", r"(config\.json|model\.safetensors) (is damaged|does not fit)")


def test_a_flipped_bit_of_the_description_is_seen_and_older_folders_load(kept):
    path = kept / "VSE++" / "config.json"
    whole = path.read_text("utf-8")
    path.write_text(whole.replace('"annotated_images": ', '"annotated_images": 1'), "utf-8")
    refused(kept / "VSE++", r"config\.json is damaged .*digest")
    path.write_text(whole.replace('"digest": "', '"digesu": "'), "utf-8")
    refused(kept / "VSE++", r"config\.json is damaged")
    older = json.loads(whole)
    del older["digest"]
    path.write_text(json.dumps(older), "utf-8")
    load_model(kept / "VSE++")
    path.write_text("{")
    refused(kept / "VSE++", r"config\.json is not JSON")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_weights_are_as_readable_as_their_neighbours(kept):
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (kept / "CCA").iterdir()}
    assert len(modes) == 1


def test_files_of_others_stay_when_a_model_is_saved_again(kept, models):
    folder = kept / "CCA"
    (folder / "my_notes.txt").write_text("precious")
    (folder / "my_notes.txt").chmod(0o444)
    (folder / "runs").mkdir()
    (folder / "runs" / "results.json").write_text("[1]")
    models["VSE++"].save(folder)
    assert (folder / "my_notes.txt").read_text() == "precious"
    assert (folder / "runs" / "results.json").read_text() == "[1]"
    assert type(load_model(folder)) is type(models["VSE++"])
    assert not [path for path in kept.iterdir() if path.name.startswith(".")]


def test_a_diverged_model_is_not_kept(models, tmp_path):
    models["VSE++"].save(tmp_path / "kept")
    model = load_model(tmp_path / "kept")
    next(model.parameters()).data.fill_(float("nan"))
    with pytest.raises(DataError, match=r"cannot be kept: .*not finite"):
        model.save(tmp_path / "kept")
    load_model(tmp_path / "kept")

"""Models to and from folders."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from helpers import ROOT
from helpers.corpora import make_corpus
from helpers.kept_models import scores, training_for
from helpers.tags import TOY, around, tagged
from safetensors.torch import load_file, save_file

from vse_lessons.common.files import DataError
from vse_lessons.data.sparse import sparsify
from vse_lessons.data.unpaired import unpair
from vse_lessons.evaluation.retrieval import embed, evaluate, similarities
from vse_lessons.models.a3vse import A3VSE
from vse_lessons.models.baselines.tags import Tags, TagsConfig
from vse_lessons.models.baselines.vsepp import VSEPP, VSEPPConfig
from vse_lessons.models.baselines.zero_shot import ZeroShot
from vse_lessons.models.building import WordVectors
from vse_lessons.models.keeping.card import escape, model_card
from vse_lessons.models.keeping.checks import sealed
from vse_lessons.models.registry import MODELS, load_model, spec
from vse_lessons.models.vsa import VSA, VSAConfig
from vse_lessons.sources.catalogue import open_corpus
from vse_lessons.sources.storybook.detector import StorybookDetector
from vse_lessons.training.loop import fit
from vse_lessons.training.train import train

VECTORS = WordVectors(
    {"w1": 0, "zebra": 1, "w3": 3}, torch.randn(4, 6, generator=torch.Generator().manual_seed(3))
)
KEPT = [name for name in MODELS if name not in ("tags", "zero-shot")]


def small(name):
    config = replace(spec(name).config.preset("smoke"), **({} if name == "CORAL" else {"min_count": 1}))
    if name == "CORAL":
        return replace(config, source=replace(config.source, min_count=1))
    if name == "A3VSE":
        return replace(config, linear_paths=True)
    return config


def build(name, training):
    if name == "CORAL":
        config = small(name)
        inner = VSA.build(config.source, replace(training, target=None))
        return spec(name).build(config, training, model=inner)
    return spec(name).build(small(name), training, seed=1, word_vectors=VECTORS).eval()


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_model_gives_the_same_scores_to_the_bit(name, tmp_path):
    training = training_for(name)
    model = build(name, training)
    before = torch.rand(3, generator=torch.manual_seed(5))
    model.save(tmp_path / "kept")
    torch.manual_seed(5)
    again = load_model(tmp_path / "kept")
    assert torch.equal(torch.rand(3), before), "loading draws nothing from the global stream"
    assert torch.equal(scores(model, training.corpus), scores(again, training.corpus))
    assert again.config == model.config and not again.training
    assert (again.detector, again.width, again.trained_on) == (model.detector, model.width, model.trained_on)
    again.save(tmp_path / "again")  # and what was loaded is kept alike
    for file in ("model.safetensors", "config.json", "vocabulary.json"):
        assert (tmp_path / "kept" / file).read_bytes() == (tmp_path / "again" / file).read_bytes(), file


def test_pre_trained_vectors_are_kept_where_the_model_reads_them(tmp_path):
    training = training_for("A3VSE")
    build("A3VSE", training).save(tmp_path / "lines")
    assert json.loads((tmp_path / "lines" / "word_vectors.json").read_text()) == ["w1", "zebra", "w3"]
    config = replace(small("A3VSE"), linear_paths=False)
    A3VSE.build(config, training, word_vectors=VECTORS).save(tmp_path / "plain")
    assert not (tmp_path / "plain" / "word_vectors.json").exists()
    load_model(tmp_path / "plain")


CHILD = """
import sys, torch
sys.path.insert(0, {tests!r})
torch.set_num_threads(1)
from helpers.kept_models import scores, training_for
from vse_lessons.models.registry import load_model
from safetensors.torch import save_file
for name in {names!r}:
    found = scores(load_model({folder!r} + "/" + name), training_for(name).corpus)
    save_file({{"scores": found.contiguous()}}, {folder!r} + "/" + name + ".scores")
"""


def test_another_process_gives_the_same_scores_to_the_bit(tmp_path):
    names, threads = ["A3VSE", "CCA", "SCAN"], torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        expected = {}
        for name in names:
            training = training_for(name)
            model = build(name, training)
            model.save(tmp_path / name)
            expected[name] = scores(model, training.corpus)
    finally:
        torch.set_num_threads(threads)
    code = CHILD.format(tests=str(ROOT / "tests"), folder=str(tmp_path), names=names)
    subprocess.run([sys.executable, "-c", code], check=True)
    for name in names:
        assert torch.equal(load_file(tmp_path / f"{name}.scores")["scores"], expected[name]), name


# --- pictures that no corpus knows ----------------------------------------------------------------


@pytest.fixture(scope="module")
def storybook(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("VSE_LESSONS_HOME", str(tmp_path_factory.mktemp("home")))
    opened = open_corpus("storybook", preset="smoke", progress=False)
    patch.undo()
    return opened


@pytest.fixture
def files(storybook, tmp_path):
    paths = [tmp_path / f"{n}.png" for n in range(3)]
    for number, path in enumerate(paths):
        storybook.picture(number).save(path)
    return paths


def test_picture_files_are_embedded_as_the_corpus_s_are(storybook, files, tmp_path):
    data = storybook.corpus
    training = sparsify(data, 1.0, 5)
    model = VSEPP.build(VSEPPConfig.smoke(), training).eval()
    model.save(tmp_path / "kept")
    again = load_model(tmp_path / "kept")
    embedded = again.encode_pictures(files, StorybookDetector())
    with torch.no_grad():
        torch.testing.assert_close(
            embedded, model.encode_images(data.regions.batch([0, 1, 2])), rtol=0, atol=1e-4
        )
    scan = build("SCAN", training)
    assert len(scan.encode_pictures(map(str, files), StorybookDetector()).values) == 3


def test_files_that_are_no_pictures_are_named(storybook, tmp_path):
    model = VSEPP.build(VSEPPConfig.smoke(), sparsify(storybook.corpus, 1.0, 5))
    with pytest.raises(DataError, match=r"none\.png does not exist"):
        model.encode_pictures([tmp_path / "none.png"], StorybookDetector())
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(DataError, match=r"text\.png is not a picture"):
        model.encode_pictures([tmp_path / "text.png"], StorybookDetector())
    with pytest.raises(DataError, match="is no name that a file can have"):
        model.encode_pictures(["a\0b"], StorybookDetector())
    with pytest.raises(DataError, match=r"none\.png does not exist"):
        model.encode_pictures("none.png", StorybookDetector())
    with pytest.raises(DataError, match="knows no domain 'zzz': use source"):
        model.encode_pictures([tmp_path / "text.png"], StorybookDetector(), domain="zzz")
    with pytest.raises(DataError, match="no picture to embed"):
        model.encode_pictures([], StorybookDetector())


def test_features_of_another_detector_are_refused(storybook, files, tmp_path):
    data = make_corpus()
    model = VSEPP.build(replace(VSEPPConfig.smoke(), min_count=1), sparsify(data, 1.0))
    other = replace(data, regions=replace(data.regions, detector="another 1"))
    with pytest.raises(
        DataError,
        match="reads regions of the detector 'unknown', 12 wide, but memory holds those of 'another 1'",
    ):
        evaluate(model, other, "test")
    with pytest.raises(DataError, match="reads regions of the detector 'unknown', not of 'storybook"):
        model.encode_pictures(files, StorybookDetector())


def test_pictures_are_standardized_as_their_domain_was(storybook, files, tmp_path):
    """VSA's rows that adapt see each domain standardized by its own images."""
    data = storybook.corpus
    own = replace(data, regions=data.regions.standardized(data.images("train")))
    halves = data.regions.standardized(data.images("train")[:100])
    training = sparsify(own, 1.0, 2).with_target(unpair(replace(data, regions=halves, name="target")))
    model = VSA.build(VSAConfig.smoke(), training).eval()
    model.save(tmp_path / "kept")
    again = load_model(tmp_path / "kept")
    for domain, store in (("source", own.regions), ("target", halves)):
        embedded = again.encode_pictures(files, StorybookDetector(), domain=domain)
        with torch.no_grad():
            expected = model.encode_images(store.batch([0, 1, 2]))
        torch.testing.assert_close(embedded, expected, rtol=0, atol=1e-4)
    with pytest.raises(DataError, match=r"use RegionStore.standardized"):
        evaluate(again, data, "test")
    with pytest.raises(DataError, match="knows no domain 'art': use source or target"):
        again.encode_pictures(files, StorybookDetector(), domain="art")


# --- bad input ------------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path):
    build("VSE++", training_for("VSE++")).save(tmp_path / "kept")
    return tmp_path / "kept"


def change(kept, **values):
    path = kept / "config.json"
    path.write_text(json.dumps(sealed({**json.loads(path.read_text("utf-8")), **values})), "utf-8")


def test_what_is_no_model_is_said_to_be_none(tmp_path):
    with pytest.raises(DataError, match=r"holds no model: there is no config.json"):
        load_model(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(DataError, match="not of a model of this library"):
        load_model(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(DataError, match=r"config\.json is not JSON"):
        load_model(tmp_path)


@pytest.mark.parametrize("name", ["model.safetensors", "vocabulary.json"])
@pytest.mark.parametrize("damage", ["cut", "gone", "flipped"])
def test_damaged_files_are_named(kept, name, damage):
    path = kept / name
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(whole[:-7] if damage == "cut" else whole[:-3] + b"#" + whole[-2:])
    with pytest.raises(DataError, match=rf"{name} is damaged .*train and save it again"):
        load_model(kept)


def test_unknown_models_and_versions_are_named(kept):
    whole = (kept / "config.json").read_text("utf-8")
    change(kept, model="CLIP")
    with pytest.raises(DataError, match="names the model 'CLIP', which this version of vse_lessons"):
        load_model(kept)
    (kept / "config.json").write_text(whole, "utf-8")
    change(kept, version=99, library_version="9.1")
    with pytest.raises(DataError, match=r"version 99 of the format.*install vse_lessons 9.1"):
        load_model(kept)
    (kept / "config.json").write_text(whole, "utf-8")
    config = {**json.loads(whole)["config"], "sharpness": 1}
    change(kept, config=config)
    with pytest.raises(
        DataError, match=r"does not fit this version.*other fields than sharpness; train the model again"
    ):
        load_model(kept)
    (kept / "config.json").write_text(whole, "utf-8")
    change(kept, detector={"name": "another 1", "dimensions": 12, "digest": "0"})
    with pytest.raises(DataError, match=r"config\.json is damaged .*detector"):
        load_model(kept)
    (kept / "config.json").write_text(whole, "utf-8")
    change(kept, config={**json.loads(whole)["config"], "dimensions": 17})
    with pytest.raises(DataError, match="does not fit this version"):
        load_model(kept)


def test_a_path_out_of_the_folder_is_not_followed(kept, tmp_path):
    files = json.loads((kept / "config.json").read_text("utf-8"))["files"]
    change(kept, files={**files, "../secret.json": "0"})
    with pytest.raises(DataError, match="does not name the model's files"):
        load_model(kept)


def test_a_folder_in_use_is_left_alone_and_an_older_model_replaced(kept, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    model = load_model(kept)
    with pytest.raises(DataError, match="exists and is no model of this library"):
        model.save(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"
    model.save(kept)
    assert sorted(p.name for p in kept.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "vocabulary.json",
    ]
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_full_disk_keeps_the_older_model(kept, monkeypatch):
    before = {p.name: p.read_bytes() for p in kept.iterdir()}
    model = load_model(kept)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vse_lessons.models.keeping.files.save_file", full)
    with pytest.raises(DataError, match="No space left on device"):
        model.save(kept)
    assert {p.name: p.read_bytes() for p in kept.iterdir()} == before


def test_models_with_nothing_of_their_own_say_so(tmp_path):
    model = Tags.build(TagsConfig(), around(tagged()), lexicon=TOY)
    with pytest.raises(DataError, match=r"build the baseline again with Tags\.build"):
        model.save(tmp_path / "tags")
    with pytest.raises(DataError, match="no weights of its own"):
        ZeroShot.save(model, tmp_path / "zero")
    assert not list(tmp_path.iterdir())


def test_a_loaded_gxn_is_told_what_it_lacks_to_be_trained(tmp_path):
    training = training_for("GXN")
    build("GXN", training).save(tmp_path / "kept")
    again = load_model(tmp_path / "kept")
    with pytest.raises(DataError, match="lacks the sentences that reward it"):
        fit(again, training, replace(again.config.optimization, batch_size=8), progress=False, device="cpu")


def test_coral_trains_the_model_that_it_moves():
    training = training_for("CORAL")
    config = small("CORAL")
    config = replace(
        config, source=replace(config.source, optimization=replace(config.source.optimization, batch_size=8))
    )
    model, result = train("CORAL", config, training, progress=False, device="cpu")
    assert result.model is model.model and model.trained_on["target"] == training.target.name
    with pytest.raises(DataError, match="CORAL moves the embeddings of a trained model"):
        spec("CORAL").build(config, training)
    with pytest.raises(DataError, match="needs a target domain"):
        spec("CORAL").build(config, replace(training, target=None), model=model.model)


# --- the card -------------------------------------------------------------------------------------


def test_other_people_s_text_is_escaped_on_the_card():
    nasty = "a|b [x](http://e.vil) <script> `c`\n# head"
    assert escape("a|b\n*c*") == r"a\|b \*c\*"
    card = model_card(
        {
            "model": "SCAN",
            "variant": nasty,
            "detector": {"name": nasty, "dimensions": 3},
            "trained_on": {"corpus": nasty, "annotated_images": 1200, "sentences": 6000, "target": nasty},
            "library_version": "0.1",
        },
        {"t2i": {"R@1": 12.34}, "i2t": {"R@1": 5.0}, "rsum": 17.34, "split": nasty},
        [nasty],
    )
    head, _, body = card.partition("\n---\n")
    assert head.startswith("---\nlibrary_name: vse_lessons")
    assert json.dumps(f"corpus: {nasty}") in head
    for mark in ("<script>", "](http", "\n# head", " |b"):
        assert mark not in body, mark
    assert "| sentence → image | 12.3 |" in body and "1,200 annotated images with 6,000 sentences" in body


def test_the_card_says_what_the_model_is(kept):
    card = (kept / "README.md").read_text("utf-8")
    assert "# VSE\\+\\+ on toy" in card and "load_model" in card and "## Limits" in card
    assert "annotated images with" in card and "Results" not in card


def test_nothing_is_pickled(kept):
    tensors = load_file(kept / "model.safetensors")
    assert set(tensors) == set(load_model(kept).state_dict())
    save_file(tensors, kept / "model.safetensors", metadata={"format": "other"})
    with pytest.raises(DataError, match="damaged"):
        load_model(kept)


def test_embedding_a_split_with_a_loaded_model(kept):
    data = make_corpus()
    model = load_model(kept)
    found = embed(model, data, data.images("test"))
    assert similarities(model, found).shape[0] == len(data.images("test"))

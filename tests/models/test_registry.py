"""Every method by its name; a method is one file and one line."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from helpers.corpora import make_corpus
from helpers.toy_model import Toy, ToyConfig
from models.baselines.test_tags import around, tagged

from vse_lessons.common.files import DataError
from vse_lessons.data.sparse import sparsify
from vse_lessons.evaluation.retrieval import embed, evaluate, similarities
from vse_lessons.models.a3vse import A3VSE, A3VSEConfig
from vse_lessons.models.base import Embedder, HasAdversary, RanksPages, ReadsPixels, Trainable
from vse_lessons.models.baselines.linear import LinearConfig
from vse_lessons.models.baselines.scan import SCANConfig
from vse_lessons.models.baselines.vsepp import VSEPP, VSEPPConfig
from vse_lessons.models.presets import Optimization, differences, from_dict
from vse_lessons.models.registry import MODELS, NEEDS, Spec, load_model, prepare_training, spec
from vse_lessons.training.train import train


def test_every_method_has_presets_variants_and_known_needs():
    for name, known in MODELS.items():
        assert known.needs <= set(NEEDS), name
        for preset in ("smoke", "lesson", "paper"):
            for corpus in ("storybook", "flickr8k", "coco"):
                config = known.config.preset(preset, corpus)
                assert config.with_variant("full") == config
                for variant in known.variants:
                    assert type(config.with_variant(variant)) is known.config
        assert issubclass(known.model, Embedder)
        assert issubclass(known.model, Trainable) == any(
            f.name == "optimization" for f in fields(known.config)
        )


def test_unknown_names_are_answered_with_those_that_exist():
    with pytest.raises(DataError, match="unknown model 'BERT': one of A3VSE, SCAN, "):
        spec("BERT")
    with pytest.raises(DataError, match="unknown variant 'no_sound': one of full, no_semantics, "):
        A3VSEConfig.lesson().with_variant("no_sound")
    with pytest.raises(DataError, match="VSE\\+\\+ is configured by VSEPPConfig, not by SCANConfig"):
        train("VSE++", SCANConfig.smoke(), sparsify(make_corpus(), 0.5))


def test_hooks_of_one_paper_are_on_that_paper_alone():
    having = {
        hook: {n for n, s in MODELS.items() if hasattr(s.model, hook)}
        for hook in ("adversary_loss", "pair_scores")
    }
    assert having == {"adversary_loss": {"GXN"}, "pair_scores": {"Artpedia"}}
    model = VSEPP.build(VSEPPConfig.smoke(), sparsify(make_corpus(), 0.5))
    assert not isinstance(model, (HasAdversary, ReadsPixels, RanksPages))
    (group,) = model.parameter_groups()
    assert [id(p) for p in group.parameters] == [id(p) for p in model.parameters()]
    assert (group.rate, group.momentum, group.adversary) == (1.0, 0.9, False)


def test_a_method_is_one_file_and_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(MODELS, "toy", Spec(ToyConfig, Toy))  # the line
    data = make_corpus(80)
    config = spec("toy").config.preset("lesson").with_variant("narrow")
    config = replace(config, dimensions=6)
    training = prepare_training(config, sparsify(data, 0.6, 3))
    model, result = train("toy", config, training, device="cpu", progress=False, out_dir=tmp_path / "run")
    assert result.history[-1]["pairs"] < result.history[0]["pairs"]
    evaluation = evaluate(model, training.corpus, "test")
    model.save(tmp_path / "kept", variant="narrow", results=evaluation)
    again = load_model(tmp_path / "kept")
    images = data.images("test")
    before, after = (similarities(m, embed(m, data, images)) for m in (model, again))
    assert torch.equal(before, after) and again.config == config
    assert f"| {evaluation.t2i['R@1']:.1f} |" in (tmp_path / "kept" / "README.md").read_text("utf-8")


# --- what a configuration trains on ---------------------------------------------------------------


def test_semantics_are_a_field():
    training = around(tagged())
    training = replace(training, semantics=("left over",) * len(training.unannotated))
    for kind in (A3VSEConfig, LinearConfig):
        config = kind.lesson()
        assert config.semantics == "regions"
        assert prepare_training(config.with_variant("no_semantics"), training).semantics == ()
        tags = prepare_training(config.with_variant("global_tags"), training).semantics
        assert len(tags) == len(training.unannotated) and "left over" not in tags


def test_mean_regions_for_models_that_look_at_nothing_else():
    training = sparsify(make_corpus(), 0.5)
    assert prepare_training(SCANConfig.smoke(), training) is training
    means = prepare_training(VSEPPConfig.smoke(), training)
    assert set(means.corpus.regions.counts) == {1}
    assert prepare_training(VSEPPConfig.smoke(), means) is means
    gxn = MODELS["GXN"].config.lesson()
    assert (
        gxn.reads_means is False
        and gxn.with_variant("ranking").reads_means
        and gxn.with_variant("t2i").reads_means
    )


def test_training_without_the_semantics_that_a_configuration_names_is_refused():
    with pytest.raises(DataError, match="which have none: pass prepare_training"):
        train("A3VSE", A3VSEConfig.smoke(), sparsify(make_corpus(), 0.5))


# --- what is published ----------------------------------------------------------------------------


def test_as_many_words_as_are_published_for_each_corpus():
    for corpus, words in (("coco", 57), ("flickr30k", 82), ("storybook", 82)):
        config = A3VSEConfig.preset("paper", corpus)
        assert config.max_words == config.semantic_words.longest == words


def test_differences_are_complete_and_commented():
    here, paper = A3VSEConfig.lesson(), A3VSEConfig.paper()
    rows = {row.field: row for row in differences(here, paper)}
    assert {"pretrained_words", "semantic_words.repeats", "optimization.epochs"} <= set(rows)
    assert rows["dimensions"][1:] == (128, 512, "H, of an encoded region or word")
    assert not differences(paper, paper)
    for field in fields(paper):  # what is no row is equal
        alike = getattr(here, field.name) == getattr(paper, field.name)
        assert alike == (not any(name.split(".")[0] == field.name for name in rows)), field.name
    with pytest.raises(DataError, match="different hyper-parameters"):
        differences(here, SCANConfig.paper())


def test_first_weights_as_scan_and_vsepp_publish_them():
    training = sparsify(make_corpus(), 0.5)
    for kind, name in ((SCANConfig, "SCAN"), (VSEPPConfig, "VSE++")):
        assert kind.paper().initialization == "uniform" and kind.lesson().initialization == "xavier"
        small = replace(kind.smoke(), min_count=1)
        words = [
            spec(name).build(replace(small, initialization=how), training).text_encoder.embedding.weight[1:]
            for how in ("uniform", "xavier")
        ]
        assert words[0].abs().max() <= 0.1 < words[1].abs().max()


def test_build_notes_whether_words_start_at_given_vectors(tmp_path):
    (tmp_path / "glove.txt").write_text("w1 1 0\nw2 0 1\n", "utf-8")
    training = sparsify(make_corpus(), 0.5)
    config = replace(A3VSEConfig.smoke(), min_count=1, linear_paths=False)
    assert not A3VSE.build(config, training).config.pretrained_words
    assert A3VSE.build(config, training, word_vectors=tmp_path / "glove.txt").config.pretrained_words


@pytest.mark.parametrize("name", MODELS)
def test_configurations_survive_json(name):
    import json
    from dataclasses import asdict

    for preset in ("smoke", "lesson", "paper"):
        config = MODELS[name].config.preset(preset)
        assert from_dict(type(config), json.loads(json.dumps(asdict(config)))) == config


def test_wrong_fields_are_named():
    with pytest.raises(DataError, match="Optimization lacks epochs, batch_size, learning_rate"):
        from_dict(Optimization, {})
    optimization = Optimization(3, 8, 0.1)
    assert from_dict(Optimization, {"epochs": 3, "batch_size": 8, "learning_rate": 0.1}) == optimization
    good = {"dimensions": 4, "ridge": 1.0, "power": 1.0, "min_count": "4"}
    with pytest.raises(DataError, match="CCAConfig: '4' is no <class 'int'>"):
        from_dict(MODELS["CCA"].config, good)


def test_closed_forms_are_chosen_on_the_selection_images():
    training = sparsify(make_corpus(90), 0.6)
    config = replace(MODELS["CCA"].config(), min_count=1, dimensions=6)
    model, result = train("CCA", config, training)
    assert result is None and model.config in config.candidates()
    scores = {
        c.ridge: evaluate(spec("CCA").build(c, training), training.corpus, "val").rsum
        for c in config.candidates()
    }
    assert np.isclose(scores[model.config.ridge], max(scores.values()))

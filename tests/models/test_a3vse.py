import math
from dataclasses import replace

import pytest
import torch
from helpers.corpora import make_corpus
from helpers.small_models import SMALL_A3VSE as SMALL

from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.text import Vocabulary
from vse_lessons.data.word_vectors import WordVectors
from vse_lessons.models.a3vse import A3VSE, A3VSEConfig
from vse_lessons.models.base import Batch, Pairs


def build(config=SMALL, corpus=None):
    corpus = corpus or make_corpus()
    vocabulary = Vocabulary.build(corpus.sentences, 1)
    statistics = corpus.regions.mean_statistics(range(20))
    return corpus, A3VSE(
        config,
        vocabulary,
        corpus.regions.dimensions,
        statistics,
        statistics,
        vocabulary.idf(corpus.sentences),
    )


def pairs_of(corpus, numbers):
    return Pairs(corpus.regions.batch(corpus.image_of[numbers]), [corpus.sentences[n] for n in numbers])


def batch_of(corpus, warmup=False):
    return Batch(pairs_of(corpus, range(0, 6)), pairs_of(corpus, range(30, 36)), 0.4, warmup)


def test_published_hyper_parameters():
    """Section 4.3, value by value."""
    paper = A3VSEConfig.paper()
    assert (paper.dimensions, paper.heads, paper.max_words, paper.min_count) == (512, 3, 82, 4)
    assert (paper.margin_pairs, paper.margin_semantics, paper.beta, paper.eta) == (
        0.2,
        0.3,
        0.8,
        10,
    )
    assert (paper.intra_images, paper.intra_text) == (0.2, 0.1)
    assert (paper.cross_pairs, paper.cross_semantics) == (0.5, 0.5)
    assert (paper.transitive_images, paper.transitive_text) == (0.3, 0.3)
    training = paper.optimization
    assert (training.epochs, training.batch_size, training.learning_rate) == (24, 128, 5e-4)
    assert (training.decay_after, training.weight_decay, training.clip) == (16, 1e-6, 2.0)
    assert not (paper.linear_paths or paper.standardize)
    assert paper.region_dropout == paper.word_dropout == paper.sampled_regions == 0
    assert paper.ranking == "triplet" and paper.reduction == "mean"


def test_equations_3_and_5_to_9_against_a_literal_sum():
    corpus, model = build()
    model.eval()
    batch = batch_of(corpus)
    losses = model.loss(batch)
    g = {
        "v": model.encode_images(batch.pairs.images),
        "u": model.encode_images(batch.weak.images),
        "t": model.encode_sentences(batch.pairs.sentences),
        "s": model.encode_sentences(batch.weak.sentences),
    }

    def triplet(a, b, owners, margin):
        total = 0.0
        for i in range(len(a)):
            s = [
                [float(torch.cosine_similarity(a[m], b[n], 0)) for n in range(len(b))] for m in range(len(a))
            ]
            others = [j for j in range(len(a)) if owners[j] != owners[i]]
            total += max(0, margin - s[i][i] + max(s[i][j] for j in others))
            total += max(0, margin - s[i][i] + max(s[j][i] for j in others))
        return total / len(a)

    def domain(name, a, b):
        d = model.discriminators[name]
        return sum(math.log(torch.sigmoid(d(x[None]))) for x in a) / len(a) + sum(
            math.log(1 - torch.sigmoid(d(x[None]))) for x in b
        ) / len(b)

    expected = {
        "pairs": 0.8 * triplet(g["v"], g["t"], batch.pairs.owners, 0.2),
        "semantics": 0.2 * triplet(g["u"], g["s"], batch.weak.owners, 0.3),
        "intra": -(0.2 * domain("vu", g["v"], g["u"]) + 0.1 * domain("ts", g["t"], g["s"])),
        "cross": -(0.5 * domain("vt", g["v"], g["t"]) + 0.5 * domain("us", g["u"], g["s"])),
        "transitive": -(0.3 * domain("vs", g["v"], g["s"]) + 0.3 * domain("ut", g["u"], g["t"])),
    }
    assert set(losses.terms) == set(expected)
    for name, value in expected.items():
        assert float(losses.terms[name].detach()) == pytest.approx(value, rel=1e-4), name
    assert float(losses.total.detach()) == pytest.approx(sum(expected.values()), rel=1e-4)


def test_equation_10_encoders_and_discriminators_pull_against_each_other():
    """Without reversal both would share one gradient sign; with it the encoders' is turned and scaled."""
    corpus, model = build()
    model.eval()
    batch = batch_of(corpus)

    def gradients(gamma):
        model.zero_grad()
        terms, _ = model.discriminators.align(model._embed(batch), gamma)
        sum(terms.values()).backward()
        return (
            model.image_encoder.layer.weight.grad.clone(),
            model.discriminators["vt"].layers[0].weight.grad.clone(),
        )

    (plain_encoder, plain_disc), (encoder, disc) = gradients(-1.0), gradients(0.25)
    torch.testing.assert_close(encoder, -0.25 * plain_encoder)
    torch.testing.assert_close(disc, plain_disc)


@pytest.mark.parametrize(
    "config", [SMALL, replace(SMALL, attention=False), replace(SMALL, linear_paths=True, standardize=True)]
)
def test_padding_and_company_never_change_an_embedding(config):
    corpus, model = build(config)
    model.eval()
    alone = model.encode_images(corpus.regions.batch([3]))
    together = model.encode_images(corpus.regions.batch(range(20)))[3:4]
    torch.testing.assert_close(alone, together)
    long = "w1 w2 w3 w4 w5 w6 w7 w8"
    torch.testing.assert_close(model.encode_sentences(["w3 w1"]), model.encode_sentences(["w3 w1", long])[:1])


def test_batch_order_does_not_matter():
    corpus, model = build()
    model.eval()
    order = [3, 1, 5, 0, 2, 4]
    one = batch_of(corpus)
    other = Batch(pairs_of(corpus, order), pairs_of(corpus, [30 + n for n in order]), 0.4)
    torch.testing.assert_close(model.loss(one).total, model.loss(other).total)


def test_embeddings_have_k_times_h_dimensions():
    corpus, model = build()
    assert model.encode_images(corpus.regions.batch([0])).shape == (1, 16)
    _, model = build(replace(SMALL, attention=False))
    assert model.encode_sentences(["w1"]).shape == (1, 8)


def test_warmup_uses_all_negatives():
    corpus, model = build()
    model.eval()
    hard, warm = (model.loss(batch_of(corpus, warmup)).terms["pairs"] for warmup in (False, True))
    assert warm < hard


@pytest.mark.parametrize("ablation", A3VSEConfig.variants)
def test_ablations_remove_what_they_name(ablation):
    corpus, model = build(SMALL.with_variant(ablation))
    batch = batch_of(corpus)
    if ablation == "no_semantics":
        batch.weak = None
    terms = set(model.loss(batch).terms)
    gone = {
        "no_intra": {"intra"},
        "no_cross": {"cross"},
        "no_transitive": {"transitive"},
        "no_adversarial": {"intra", "cross", "transitive"},
        "no_semantics": {"semantics", "intra", "transitive"},
    }.get(ablation, set())
    assert terms == {"pairs", "semantics", "intra", "cross", "transitive"} - gone


def test_unknown_ablation_is_refused():
    with pytest.raises(DataError, match="unknown variant 'no_sound': one of full"):
        SMALL.with_variant("no_sound")


def test_every_parameter_learns():
    corpus, model = build(replace(SMALL, linear_paths=True, standardize=True))
    model.loss(batch_of(corpus)).total.backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert not idle


def test_linear_paths_alone_are_linear():
    """x -> L x + c: the embedding of the mean of two images is the mean of their embeddings."""
    corpus, model = build(replace(SMALL, linear_paths=True, standardize=True, attended_paths=False))
    model.eval()
    one, other = (corpus.regions.batch([i]) for i in (0, 1))
    both = RegionBatch(
        torch.stack([one.mean(), other.mean()], 1), torch.ones(1, 2, dtype=torch.bool), one.index
    )
    expected = (model.encode_images(one) + model.encode_images(other)) / 2
    torch.testing.assert_close(model.encode_images(both), expected)
    with pytest.raises(ValueError, match="there must be linear ones"):
        build(replace(SMALL, attended_paths=False))


def test_gates_start_where_they_are_told_and_open():
    corpus, model = build(replace(SMALL, linear_paths=True, gate=0.0))
    alone = build(replace(SMALL, linear_paths=True, attended_paths=False))[1]
    alone.load_state_dict(model.state_dict())
    model.eval(), alone.eval()
    images = corpus.regions.batch(range(5))
    torch.testing.assert_close(model.encode_images(images), alone.encode_images(images))
    model.loss(batch_of(corpus)).total.backward()
    assert model.image_gate.grad != 0 and model.text_gate.grad != 0


def test_sampling_regions_and_dropping_features_happen_in_training_only():
    config = replace(SMALL, linear_paths=True, sampled_regions=2, region_dropout=0.5, word_dropout=0.5)
    corpus, model = build(config)
    images = corpus.regions.batch(range(8))
    model.train()
    assert not torch.equal(model.encode_images(images), model.encode_images(images))
    assert torch.isfinite(model.encode_images(images)).all()
    model.eval()
    torch.testing.assert_close(model.encode_images(images), model.encode_images(images))
    plain = A3VSE(
        replace(config, sampled_regions=0, region_dropout=0.0),
        model.vocabulary,
        corpus.regions.dimensions,
        idf=model.idf,
    )
    plain.load_state_dict(model.state_dict())
    torch.testing.assert_close(plain.eval().encode_images(images), model.encode_images(images))


def test_words_without_training_are_known_by_their_vectors():
    vectors = WordVectors({"w1": 0, "zebra": 1, "okapi": 2}, torch.eye(3))
    corpus = make_corpus()
    model = A3VSE(
        replace(SMALL, linear_paths=True),
        Vocabulary.build(corpus.sentences, 1),
        corpus.regions.dimensions,
        word_vectors=vectors,
    ).eval()
    zebra, okapi, nothing = model.encode_sentences(["zebra", "okapi", "quagga"])
    assert not torch.equal(zebra, okapi) and not torch.equal(zebra, nothing)
    torch.testing.assert_close(zebra - nothing, model.vector_line.weight[:, 1])

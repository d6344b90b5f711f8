import math
from dataclasses import replace

import pytest
import torch
from helpers.corpora import assert_resumes, batch_of, make_corpus

from vse_lessons.data.sparse import sparsify
from vse_lessons.data.text import PAD
from vse_lessons.evaluation.retrieval import evaluate
from vse_lessons.models.base import Optimization, Pairs
from vse_lessons.models.baselines.dan import DAN, DANConfig, MemoryAttention
from vse_lessons.training.loop import fit

SMALL = replace(
    DANConfig.paper(),
    dimensions=8,
    word_dimensions=6,
    min_count=1,
    margin=1.0,
    optimization=Optimization(epochs=1, batch_size=8, learning_rate=1e-3),
)
CHANCE = 100 / 20 + 500 / 20 + 1000 / 20  # recalls at 1, 5 and 10 of 20 test images, one way
SENTENCES = ["w3 w1 w4", "w2", "w5 w1 w2 w6 w0", "w9 w8"]


@pytest.fixture
def training():
    return sparsify(make_corpus(120), 0.5)


def linear(layer, x):
    """W x + b, row by row, for a list x."""
    bias = [0.0] * layer.out_features if layer.bias is None else layer.bias.tolist()
    return [sum(w * v for w, v in zip(row, x)) + b for row, b in zip(layer.weight.tolist(), bias)]


def tanh(x):
    return [math.tanh(v) for v in x]


def mean(vectors):
    return [sum(column) / len(vectors) for column in zip(*vectors)]


def add(a, b):
    return [x + y for x, y in zip(a, b)]


def attend(attention, entities, memory):
    """The attended vector of one image or sentence, written out."""
    steered = tanh(linear(attention.memory, memory))
    scores = []
    for entity in entities:
        h = [a * b for a, b in zip(tanh(linear(attention.entity, entity)), steered)]
        scores.append(linear(attention.score, h)[0])
    exponentials = [math.exp(score) for score in scores]
    alpha = [e / sum(exponentials) for e in exponentials]
    return [sum(a * e[d] for a, e in zip(alpha, entities)) for d in range(len(entities[0]))]


def test_published_hyper_parameters():
    paper = DANConfig.paper()
    assert (paper.dimensions, paper.word_dimensions, paper.steps) == (512, 512, 2)
    assert (paper.margin, paper.negatives, paper.dropout) == (100.0, "sum", 0.5)
    training = paper.optimization
    assert (training.epochs, training.decay_after, training.batch_size) == (60, 30, 128)
    assert (training.clip, training.weight_decay) == (0.1, 5e-4)
    assert not (paper.normalized or paper.standardize or paper.word_dropout)


def test_visual_steps_against_a_literal_loop(training):
    model = DAN.build(SMALL, training).eval()
    images = training.corpus.regions.batch(range(6))
    found = model.visual(images.features, images.mask)
    assert found.shape == (6, 3, 8)
    for image in range(6):
        v = images.features[image][images.mask[image]].tolist()
        steps = [tanh(linear(model.visual.projections[0], mean(v)))]
        memory = steps[0]
        for k in (1, 2):
            attended = attend(model.visual.attentions[k - 1], v, memory)
            steps.append(tanh(linear(model.visual.projections[k], attended)))
            memory = add(memory, steps[-1])
        torch.testing.assert_close(found[image], torch.tensor(steps))


def test_textual_steps_against_a_literal_loop(training):
    model = DAN.build(SMALL, training).eval()
    found = model.encode_sentences(SENTENCES).unflatten(1, (3, 8))
    encoder = model.text_encoder
    for row, sentence in enumerate(SENTENCES):
        words = model.vocabulary.encode([sentence], 82)[0]
        states = encoder.lstm(encoder.embedding(words))[0][0]
        u = (states[:, :8] + states[:, 8:]).tolist()  # forward and backward, summed
        steps = [mean(u)]
        memory = steps[0]
        for k in (1, 2):
            steps.append(attend(model.textual.attentions[k - 1], u, memory))
            memory = add(memory, steps[-1])
        torch.testing.assert_close(found[row], torch.tensor(steps))


def test_the_similarity_is_the_sum_over_steps(training):
    model = DAN.build(SMALL, training).eval()
    images = model.encode_images(training.corpus.regions.batch(range(5)))
    sentences = model.encode_sentences(SENTENCES)
    assert images.shape == (5, 24) and sentences.shape == (4, 24)
    v, u = images.unflatten(1, (3, 8)), sentences.unflatten(1, (3, 8))
    expected = sum(v[:, k] @ u[:, k].T for k in range(3))
    torch.testing.assert_close(model.similarity(images, sentences), expected)
    normalized = DAN.build(replace(SMALL, normalized=True), training).similarity(images, sentences)
    expected = torch.cosine_similarity(images[:, None], sentences[None], -1)
    torch.testing.assert_close(normalized, expected)


def test_the_ranking_loss_against_a_literal_sum(training):
    model = DAN.build(SMALL, training).eval()
    batch = batch_of(training)
    owners = batch.pairs.owners.tolist()
    s = model.similarity(
        model.encode_images(batch.pairs.images), model.encode_sentences(batch.pairs.sentences)
    ).tolist()
    expected = 0.0
    for i in range(len(s)):
        others = [j for j in range(len(s)) if owners[j] != owners[i]]
        expected += sum(max(0, 1 - s[i][i] + s[j][i]) for j in others)  # v^-
        expected += sum(max(0, 1 - s[i][i] + s[i][j]) for j in others)  # u^-
    assert float(model.loss(batch).total.detach()) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("config", [SMALL, replace(SMALL, standardize=True, steps=1)])
def test_company_never_changes_an_embedding(training, config):
    model = DAN.build(config, training).eval()
    regions = training.corpus.regions
    torch.testing.assert_close(
        model.encode_images(regions.batch([3])), model.encode_images(regions.batch(range(20)))[3:4]
    )
    long = "w1 w2 w3 w4 w5 w6 w7 w8"
    for text in ("w3 w1", "w3", "no such words at all"):
        torch.testing.assert_close(model.encode_sentences([text]), model.encode_sentences([text, long])[:1])


def test_weights_are_a_distribution_over_what_there_is():
    attention = MemoryAttention(5, 4, 6)
    mask = torch.arange(3) < torch.tensor([[3], [1]])
    weights = attention.weights(torch.randn(2, 3, 5), mask, torch.randn(2, 4))
    torch.testing.assert_close(weights.sum(1), torch.ones(2))
    assert weights[1].tolist() == [1, 0, 0]


def test_the_memory_steers_the_attention():
    attention = MemoryAttention(5, 4, 6)
    entities = torch.randn(1, 3, 5).expand(2, -1, -1)
    one, other = attention.weights(entities, torch.ones(2, 3, dtype=torch.bool), torch.randn(2, 4))
    assert not torch.allclose(one, other)


def test_dropout_has_one_mask_for_all_regions_and_only_in_training(training):
    model = DAN.build(SMALL, training).train()
    dropped = model._drop(torch.ones(4, 5, 200))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(dropped[:, 0], dropped[:, 4])
    model.eval()
    assert torch.equal(model._drop(torch.ones(4, 5, 200)), torch.ones(4, 5, 200))


def test_warmup_uses_all_negatives_where_the_hardest_are_used_later(training):
    config = replace(SMALL, normalized=True, margin=0.2, negatives="hardest", reduction="mean")
    model = DAN.build(config, training).eval()
    hard, warm = (model.loss(batch_of(training, warmup=w)).total for w in (False, True))
    assert warm < hard
    model = DAN.build(SMALL, training).eval()
    one, other = (model.loss(batch_of(training, warmup=w)).total for w in (False, True))
    assert one == other


@pytest.mark.parametrize("changes", [{}, {"negatives": "hardest"}, {"reduction": "mean"}])
def test_the_plateau_is_the_loss_of_one_point(training, changes):
    model = DAN.build(replace(SMALL, **changes), training)
    batch = batch_of(training)
    batch.pairs.images.index = torch.arange(8)  # no image twice
    model.encode_images = model.encode_sentences = lambda inputs: torch.ones(8, 24)
    assert float(model.loss(batch).total) == pytest.approx(model.plateaus["pairs"])


def test_un_annotated_images_are_not_used(training):
    model = DAN.build(SMALL, training).eval()
    weak = Pairs(training.corpus.regions.batch(training.unannotated[:3]), ["w1", "w2", "w3"])
    torch.testing.assert_close(
        model.loss(batch_of(training, weak=weak)).total, model.loss(batch_of(training)).total
    )


def test_every_parameter_learns(training):
    model = DAN.build(SMALL, training)
    model.loss(batch_of(training, 30)).total.backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert not idle


def test_word_vectors_start_the_embeddings(training, tmp_path):
    file = tmp_path / "vectors.txt"
    file.write_text("w1 1 0 0\nw2 0 1 0\n")
    model = DAN.build(SMALL, training, word_vectors=file)
    weight = model.text_encoder.embedding.weight
    one, two = (weight[model.vocabulary.index[word], :3] for word in ("w1", "w2"))
    assert one[0] > 0 and not one[1:].any() and two[1] == one[0]
    assert not weight[PAD].any()


LEARNING = replace(
    DANConfig.lesson(),
    dimensions=16,
    word_dimensions=12,
    min_count=1,
    dropout=0.0,
    word_dropout=0.0,
    optimization=Optimization(epochs=10, batch_size=16, learning_rate=1e-2, warmup_epochs=4, averaging=0.9),
)


def run(training, config=LEARNING, *where, **options):
    model = DAN.build(config, training)
    return fit(model, training, config.optimization, *where, device="cpu", progress=False, **options)


def test_dan_learns():
    training = sparsify(make_corpus(120), 1.0)
    found = run(training)
    assert found.history[-1]["pairs"] < found.history[4]["pairs"] / 1.5
    assert evaluate(found.model, training.corpus, "test").rsum > 2 * CHANCE + 100


def test_the_published_similarity_and_margin_learn_too():
    training = sparsify(make_corpus(120), 1.0)
    found = run(training, replace(LEARNING, normalized=False, negatives="sum", margin=100.0))
    assert found.history[-1]["pairs"] < found.history[0]["pairs"]
    assert evaluate(found.model, training.corpus, "test").rsum > 2 * CHANCE


def test_a_stopped_run_resumes_bit_for_bit(training, tmp_path):
    config = replace(LEARNING, dropout=0.2, optimization=replace(LEARNING.optimization, epochs=4))
    assert_resumes(lambda *where, **options: run(training, config, *where, **options), tmp_path)


def test_the_smoke_preset_fits():
    run(sparsify(make_corpus(60), 1.0), replace(DANConfig.preset("smoke"), min_count=1))


def test_standardizing_needs_statistics(training):
    model = DAN.build(SMALL, training)
    with pytest.raises(ValueError, match="statistics"):
        DAN(replace(SMALL, standardize=True), model.vocabulary, 12)

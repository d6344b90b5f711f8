import math
from dataclasses import replace

import pytest
import torch
from helpers.corpora import assert_resumes, batch_of, make_corpus
from torch.nn import functional as F

from vse_lessons.data.sparse import sparsify
from vse_lessons.data.text import PAD
from vse_lessons.evaluation.retrieval import evaluate
from vse_lessons.models.base import Optimization, Pairs
from vse_lessons.models.baselines.dpc import (
    DPC,
    Convolution,
    DPCConfig,
    Residual,
    Stage,
    adjacent,
    shift_words,
)
from vse_lessons.training.loop import fit

STAGES = (Stage(8, 2, first=6), Stage(12, 2, first=12, stride=2))
SMALL = replace(
    DPCConfig.paper(),
    dimensions=10,
    word_dimensions=6,
    stages=STAGES,
    shift=1,
    optimization=Optimization(epochs=1, batch_size=8, learning_rate=1e-3),
)
CHANCE = 100 / 20 + 500 / 20 + 1000 / 20  # recalls at 1, 5 and 10 of 20 test images, one way


@pytest.fixture
def training():
    return sparsify(make_corpus(120), 0.5)


def used(model):
    """Running statistics that are not the initial ones, then evaluation mode."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.normal_(module.running_mean, std=0.3)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
            torch.nn.init.normal_(module.bias, std=0.3)
    return model.eval()


def test_published_hyper_parameters():
    paper = DPCConfig.paper()
    assert (paper.dimensions, paper.word_dimensions, paper.max_words) == (2048, 300, 32)
    assert (paper.margin, paper.dropout) == (1.0, 0.75)
    assert (paper.rank, paper.visual, paper.textual) == (1, 1, 1)
    assert [(s.width, s.blocks) for s in paper.stages] == [(256, 3), (512, 4), (1024, 6), (2048, 1)]
    assert paper.optimization.batch_size == 32
    assert not paper.standardize and paper.region_dropout == paper.word_dropout == 0


def test_adjacent_words_are_those_of_a_1x2_convolution():
    """y_t = W_0 x_(t-1) + W_1 x_t with an empty place before the first word, every `stride`-th kept."""
    values = torch.randn(3, 5, 4)
    kernel = torch.randn(7, 4, 2)
    mask = torch.arange(5) < torch.tensor([[5], [2], [1]])
    values = values * mask.unsqueeze(-1)
    for stride in (1, 2):
        pairs, after = adjacent(values, mask, stride)
        found = pairs @ torch.cat([kernel[:, :, 0], kernel[:, :, 1]], 1).T
        literal = F.conv1d(F.pad(values.transpose(1, 2), (1, 0)), kernel, stride=stride)
        torch.testing.assert_close(found, literal.transpose(1, 2)[:, : found.shape[1]])
        seen = [
            [
                any(mask[b, s] for s in (t - 1, t) if s >= 0 and stride > 1) or bool(mask[b, t])
                for t in range(0, 5, stride)
            ]
            for b in range(3)
        ]
        assert after.tolist() == seen


@pytest.mark.parametrize(("inputs", "stride"), [(8, 1), (5, 1), (8, 2)])
def test_a_residual_block_against_convolutions_of_one_sentence(inputs, stride):
    block = used(Residual(inputs, 3, 8, stride))
    values = torch.randn(1, 6, inputs)

    def convolve(convolution, x, kernel=1, stride=1):  # x (1, C, M)
        weight = convolution.layer.weight  # (out, kernel * in)
        weight = torch.stack(weight.chunk(kernel, 1), -1)
        norm = convolution.norm
        x = F.conv1d(F.pad(x, (kernel - 1, 0)), weight, stride=stride)
        mean, deviation = norm.running_mean, (norm.running_var + norm.eps).sqrt()
        scaled = (x - mean[:, None]) / deviation[:, None]
        return scaled * norm.weight[:, None] + norm.bias[:, None]

    x = values.transpose(1, 2)
    inner = convolve(block.down, x).clamp(min=0)
    if stride == 2:
        x, inner = F.pad(x, (0, 1)), F.pad(inner, (0, 1))
    inner = convolve(block.pair, inner, 2, stride).clamp(min=0)
    outer = convolve(block.up, inner)
    short = x if block.shortcut is None else convolve(block.shortcut, x, 1, stride)
    expected = (short + outer).clamp(min=0).transpose(1, 2)
    found, mask = block(values, torch.ones(1, 6, dtype=torch.bool))
    torch.testing.assert_close(found, expected)
    assert mask.shape == (1, 6 if stride == 1 else 4) and mask.all()


def test_padding_counts_in_no_batch_statistic():
    values, mask = torch.randn(4, 6, 5), torch.arange(6) < torch.tensor([[6], [3], [1], [4]])
    convolution = Convolution(5, 3).train()
    found = convolution(values, mask)
    words = convolution.layer(torch.cat([values[b, : mask[b].sum()] for b in range(4)]))
    expected = (words - words.mean(0)) / (words.var(0, unbiased=False) + convolution.norm.eps).sqrt()
    torch.testing.assert_close(found[mask], expected, atol=1e-5, rtol=1e-5)
    assert not found[~mask].any()


def test_padding_changes_nothing_in_training_either(training):
    model = DPC.build(replace(SMALL, word_dropout=0), training).train()
    words = model.vocabulary.encode(training.training_sentences[:6], 32)[0]
    torch.testing.assert_close(model.text_path(words), model.text_path(F.pad(words, (0, 9))))


def test_company_never_changes_an_embedding(training):
    model = used(DPC.build(SMALL, training))
    regions = training.corpus.regions
    torch.testing.assert_close(
        model.encode_images(regions.batch([3])), model.encode_images(regions.batch(range(20)))[3:4]
    )
    long = "w1 w2 w3 w4 w5 w6 w7 w8"
    for text in ("w3 w1", "w3", "no such words at all"):
        torch.testing.assert_close(model.encode_sentences([text]), model.encode_sentences([text, long])[:1])


def test_word_order_matters(training):
    model = used(DPC.build(SMALL, training))
    one, other = model.encode_sentences(["w3 w1 w2", "w1 w2 w3"])
    assert not torch.allclose(one, other)


def test_position_shift_keeps_the_words():
    words = torch.tensor([[5, 6, 7], [8, PAD, PAD]])
    starts = set()
    for _ in range(40):
        shifted = shift_words(words, 2)
        assert shifted.shape == (2, 5)
        assert [row[row != PAD].tolist() for row in shifted] == [[5, 6, 7], [8]]
        starts |= {(int((a != PAD).int().argmax()), int((b != PAD).int().argmax())) for a, b in [shifted]}
    assert starts == {(a, b) for a in range(3) for b in range(3)}


def test_a_shift_by_all_strides_changes_nothing_and_a_smaller_one_does(training):
    """Why 3 places are enough for the two strides of 2 of the paper, and one for SMALL's single one."""
    model = used(DPC.build(SMALL, training))
    words = model.vocabulary.encode(["w3 w1 w2 w4 w5"], 32)[0]
    still = model.text_path(words)
    torch.testing.assert_close(model.text_path(F.pad(words, (2, 0))), still)
    assert not torch.allclose(model.text_path(F.pad(words, (1, 0))), still)
    strides = math.prod(stage.stride for stage in DPCConfig.paper().stages)
    assert DPCConfig.paper().shift == strides - 1


@pytest.mark.parametrize("rectified", [True, False])
def test_the_objective_against_a_literal_sum(training, rectified):
    config = replace(SMALL, rank=0.5, visual=2.0, textual=3.0, rectified=rectified)
    model = used(DPC.build(config, training))
    batch = batch_of(training, progress=0.8)
    owners = batch.pairs.owners.tolist()
    f_img = model.encode_images(batch.pairs.images).tolist()
    f_text = model.encode_sentences(batch.pairs.sentences).tolist()
    if rectified:
        f_img, f_text = ([[max(0.0, x) for x in f] for f in side] for side in (f_img, f_text))
    share = model.classifier.weight.tolist()
    annotated = training.annotated.tolist()

    def dot(a, b):
        return sum(x * y for x, y in zip(a, b))

    def instance(embedded):
        total = 0.0
        for f, owner in zip(embedded, owners):
            exponentials = [math.exp(dot(w, f)) for w in share]
            total -= math.log(exponentials[annotated.index(owner)] / sum(exponentials))
        return total / len(embedded)

    def distance(a, b):  # D, which the paper calls a similarity too: the cosine
        return dot(a, b) / math.sqrt(dot(a, a) * dot(b, b))

    def ranking():
        total = 0.0
        for i, owner in enumerate(owners):
            others = [j for j, o in enumerate(owners) if o != owner]
            pair = distance(f_img[i], f_text[i])
            total += max(max(0, 1 - (pair - distance(f_img[i], f_text[j]))) for j in others)
            total += max(max(0, 1 - (pair - distance(f_text[i], f_img[j]))) for j in others)
        return total / len(owners)

    terms = model.loss(batch).terms
    expected = {
        "visual": 2 * instance(f_img),
        "textual": 3 * instance(f_text),
        "rank": 0.5 * ranking(),
    }
    assert set(terms) == set(expected)
    for name, value in expected.items():
        assert float(terms[name].detach()) == pytest.approx(value, rel=1e-4), name


def test_the_ranking_loss_joins_in_stage_two(training):
    model = DPC.build(replace(SMALL, stage_one=0.6), training)
    assert set(model.loss(batch_of(training, progress=0.59)).terms) == {"visual", "textual"}
    assert set(model.loss(batch_of(training, progress=0.6)).terms) == {"visual", "textual", "rank"}


def test_every_annotated_image_is_a_class_and_no_other(training):
    model = DPC.build(SMALL, training)
    assert model.classifier.weight.shape == (len(training.annotated), SMALL.dimensions)
    assert model.classes[training.annotated].tolist() == list(range(len(training.annotated)))
    assert int((model.classes >= 0).sum()) == len(training.annotated)


def test_the_classifier_is_saved_but_not_used_in_retrieval(training):
    model = used(DPC.build(SMALL, training))
    images = training.corpus.regions.batch(range(4))
    before = model.encode_images(images), model.encode_sentences(["w1 w2"])
    assert {"classifier.weight", "classes"} <= set(model.state_dict())
    torch.nn.init.zeros_(model.classifier.weight)
    torch.testing.assert_close(model.encode_images(images), before[0], rtol=0, atol=0)
    torch.testing.assert_close(model.encode_sentences(["w1 w2"]), before[1], rtol=0, atol=0)


def test_un_annotated_images_are_not_used(training):
    model = used(DPC.build(SMALL, training))
    weak = Pairs(training.corpus.regions.batch(training.unannotated[:3]), ["w1", "w2", "w3"])
    torch.testing.assert_close(
        model.loss(batch_of(training, weak=weak)).total, model.loss(batch_of(training)).total
    )


def test_every_parameter_learns(training):
    model = DPC.build(SMALL, training).train()
    model.loss(batch_of(training, 30)).total.backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert not idle


def test_word_vectors_start_the_embeddings(training, tmp_path):
    file = tmp_path / "vectors.txt"
    file.write_text("w1 1 0 0\nw2 0 1 0\n")
    model = DPC.build(SMALL, training, word_vectors=file)
    weight = model.text_path.embedding.weight
    one, two = (weight[model.vocabulary.index[word], :3] for word in ("w1", "w2"))
    assert one[0] > 0 and not one[1:].any() and two[1] == one[0]


LEARNING = replace(
    DPCConfig.lesson(),
    dimensions=24,
    word_dimensions=12,
    stages=(Stage(16, 1, first=8),),
    min_count=1,
    dropout=0.2,
    region_dropout=0.0,
    word_dropout=0.0,
    optimization=Optimization(epochs=15, batch_size=16, learning_rate=1e-2, averaging=0.9),
)


def run(training, config=LEARNING, *where, **options):
    model = DPC.build(config, training)
    return fit(model, training, config.optimization, *where, device="cpu", progress=False, **options)


def test_dpc_learns():
    training = sparsify(make_corpus(120), 1.0)
    found = run(training)
    first, last = found.history[0], found.history[-1]
    assert last["visual"] < first["visual"] / 2 and last["textual"] < first["textual"] / 2
    assert "rank" not in first and last["rank"] > 0
    assert evaluate(found.model, training.corpus, "test").rsum > 2 * CHANCE + 100


def test_a_stopped_run_resumes_bit_for_bit(training, tmp_path):
    config = replace(LEARNING, stage_one=0.5, optimization=replace(LEARNING.optimization, epochs=4))
    assert_resumes(lambda *where, **options: run(training, config, *where, **options), tmp_path)


def test_the_smoke_preset_fits():
    run(sparsify(make_corpus(60), 1.0), replace(DPCConfig.preset("smoke"), min_count=1))


def test_standardizing_needs_statistics(training):
    model = DPC.build(SMALL, training)
    with pytest.raises(ValueError, match="statistics"):
        DPC(replace(SMALL, standardize=True), model.vocabulary, 12, training.annotated)

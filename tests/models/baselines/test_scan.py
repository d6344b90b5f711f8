from dataclasses import replace

import pytest
import torch
from helpers.corpora import batch_of, make_corpus
from helpers.small_models import SMALL_SCAN as SMALL

from vse_lessons.data.sparse import sparsify
from vse_lessons.evaluation.retrieval import embed, evaluate, similarities
from vse_lessons.evaluation.search import search
from vse_lessons.models.base import Optimization
from vse_lessons.models.baselines.scan import SCAN, VARIANTS, SCANConfig
from vse_lessons.training.loop import fit


@pytest.fixture
def training():
    return sparsify(make_corpus(120), 1.0)


def test_published_hyper_parameters():
    config = SCANConfig.paper()
    assert (config.dimensions, config.word_dimensions, config.margin) == (1024, 300, 0.2)
    chosen = config.optimization
    assert (chosen.batch_size, chosen.learning_rate, chosen.epochs, chosen.decay_after, chosen.clip) == (
        128,
        2e-4,
        30,
        15,
        2.0,
    )
    found = {name: (how.sharpness, how.softness) for name, how in VARIANTS.items()}
    assert found["t2i_logsumexp"] == (9, 6) and found["i2t_logsumexp"] == (4, 5)
    assert found["t2i_mean"][0] == 9 and found["i2t_mean"][0] == 4


@pytest.mark.parametrize("name", VARIANTS)
def test_learns_in_each_variant(training, name):
    optimization = Optimization(epochs=12, batch_size=16, learning_rate=1e-2, warmup_epochs=12)
    config = replace(SMALL, attention=VARIANTS[name], optimization=optimization)
    run = fit(SCAN.build(config, training), training, optimization, device="cpu", progress=False)
    assert run.history[-1]["pairs"] < run.history[0]["pairs"]
    assert evaluate(run.model, training.corpus, "test").rsum > 260, "chance is 160"


def test_words_are_the_mean_of_both_directions_of_the_gru(training):
    """Eq. 10 to 12, with two networks run by hand; the second one reads the words backwards."""
    model = SCAN.build(SMALL, training).eval()
    sentence = training.training_sentences[0]
    words = model.vocabulary.encode([sentence], 82)[0]
    embedded = model.text_encoder.embedding(words)
    gru = model.text_encoder.gru
    states = []
    for suffix, order in (("", embedded), ("_reverse", embedded.flip(1))):
        one = torch.nn.GRU(gru.input_size, gru.hidden_size, batch_first=True)
        one.load_state_dict({n: getattr(gru, n + suffix).detach() for n, _ in one.named_parameters()})
        states.append(one(order)[0])
    expected = (states[0] + states[1].flip(1)) / 2
    torch.testing.assert_close(model.encode_sentences([sentence]).values, expected)


def test_company_never_changes_a_score(training):
    model = SCAN.build(SMALL, training).eval()
    texts = ["w3 w1", "w1 w2 w3 w4 w5 w6 w7 w8", "w2"]
    regions = training.corpus.regions
    together = model.similarity(model.encode_images(regions.batch([0, 1, 2])), model.encode_sentences(texts))
    for i in range(3):
        for s, text in enumerate(texts):
            alone = model.similarity(model.encode_images(regions.batch([i])), model.encode_sentences([text]))
            torch.testing.assert_close(alone[0, 0], together[i, s])


def test_embedding_in_blocks_of_unequal_length_changes_nothing(training):
    model, corpus = SCAN.build(SMALL, training), training.corpus
    a, b = (embed(model, corpus, corpus.images("test"), block=size) for size in (3, 256))
    torch.testing.assert_close(similarities(model, a), similarities(model, b))


def test_search_asks_words_of_regions(training):
    hits = search(SCAN.build(SMALL, training), training.corpus, "w1 w2", k=3)
    assert len(hits) == 3 and hits[0].score >= hits[1].score >= hits[2].score


def test_warm_up_takes_all_negatives(training):
    model = SCAN.build(SMALL, training).eval()
    warm, hard = (model.loss(batch_of(training, warmup=w)).total for w in (True, False))
    assert warm < hard


def test_sampled_regions_are_a_part_in_training_and_all_in_evaluation(training):
    model = SCAN.build(replace(SMALL, sampled_regions=2), training)
    images = training.corpus.regions.batch(training.annotated[:20])
    assert model.train().encode_images(images).mask.shape[1] == 2
    assert model.train().encode_images(images).mask.any(1).all()
    assert model.eval().encode_images(images).mask.shape[1] == images.mask.shape[1]


def test_the_loss_sums_over_the_batch_as_published(training):
    model = SCAN.build(SMALL, training).eval()
    mean = model.loss(batch_of(training)).total
    model.config = replace(model.config, reduction="sum")
    torch.testing.assert_close(model.loss(batch_of(training)).total, 12 * mean)

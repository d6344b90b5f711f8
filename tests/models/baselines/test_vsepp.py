from dataclasses import replace

import pytest
import torch
from helpers.corpora import batch_of, make_corpus

from vse_lessons.data.sparse import sparsify
from vse_lessons.evaluation.retrieval import evaluate
from vse_lessons.models.base import Optimization
from vse_lessons.models.baselines.vsepp import VSEPP, VSEPPConfig
from vse_lessons.training.loop import fit

SMALL = replace(VSEPPConfig.smoke(), min_count=1, region_dropout=0.0, word_dropout=0.0)


@pytest.fixture
def training():
    return sparsify(make_corpus(120), 1.0)


def literal(model, batch):
    """Eq. 5 or 6 pair by pair, with cosines of the embeddings, summed over the batch."""
    images = model.encode_images(batch.pairs.images)
    sentences = model.encode_sentences(batch.pairs.sentences)
    s = [[torch.cosine_similarity(i, c, 0) for c in sentences] for i in images]
    owners, total = batch.pairs.owners.tolist(), torch.zeros(())
    for a in range(len(s)):
        wrong = [b for b in range(len(s)) if owners[b] != owners[a]]
        captions = [(model.config.margin + s[a][b] - s[a][a]).clamp(min=0) for b in wrong]
        pictures = [(model.config.margin + s[b][a] - s[a][a]).clamp(min=0) for b in wrong]
        pick = max if model.config.negatives == "hardest" else sum
        total = total + pick(captions) + pick(pictures)
    return total


@pytest.mark.parametrize("negatives", ["hardest", "sum"])
def test_loss_against_the_literal_loop(training, negatives):
    config = replace(SMALL, negatives=negatives, reduction="sum")
    model, batch = VSEPP.build(config, training).eval(), batch_of(training)
    torch.testing.assert_close(model.loss(batch).total, literal(model, batch))


def test_published_hyper_parameters():
    config = VSEPPConfig.paper()
    assert (config.dimensions, config.word_dimensions, config.margin, config.negatives) == (
        1024,
        300,
        0.2,
        "hardest",
    )
    chosen = config.optimization
    assert (chosen.batch_size, chosen.learning_rate, chosen.epochs, chosen.decay_after, chosen.clip) == (
        128,
        2e-4,
        30,
        15,
        2.0,
    )


@pytest.mark.parametrize("negatives", ["hardest", "sum"])
def test_learns(training, negatives):
    optimization = Optimization(epochs=15, batch_size=16, learning_rate=1e-2, warmup_epochs=10)
    config = replace(SMALL, negatives=negatives, optimization=optimization)
    run = fit(VSEPP.build(config, training), training, optimization, device="cpu", progress=False)
    assert evaluate(run.model, training.corpus, "test").rsum > 260, "chance is 160"


def test_a_sentence_is_the_last_state_of_its_gru(training):
    model = VSEPP.build(SMALL, training).eval()
    words = model.vocabulary.encode(["w1 w2"], 82)[0]
    _, last = model.text_encoder.gru(model.text_encoder.embedding(words))
    expected = last[-1] / last[-1].norm()
    both = model.encode_sentences(["w1 w2", "w1 w2 w3 w4 w5"])  # padding must not be read
    torch.testing.assert_close(both[:1], expected)


def test_an_image_is_its_mean_region(training):
    model = VSEPP.build(SMALL, training).eval()
    regions = training.corpus.regions
    batch = regions.batch([0, 1, 2])
    torch.testing.assert_close(model.encode_images(batch)[:1], model.encode_images(regions.batch([0])))
    expected = model.image_encoder(batch.mean())
    torch.testing.assert_close(model.encode_images(batch), expected / expected.norm(dim=1, keepdim=True))

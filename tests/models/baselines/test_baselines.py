from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.corpora import make_corpus

from vse_lessons.data.sparse import sparsify
from vse_lessons.evaluation.retrieval import best_of, evaluate
from vse_lessons.models.base import Optimization
from vse_lessons.models.baselines.cca import CCA, CCAConfig
from vse_lessons.models.baselines.linear import Linear, LinearConfig
from vse_lessons.training.loop import fit

CHANCE = 100 / 20 + 500 / 20 + 1000 / 20  # recalls at 1, 5 and 10 of 20 test images, one way


@pytest.fixture
def training():
    return sparsify(make_corpus(120), 1.0)


def test_linear_learns(training):
    optimization = Optimization(epochs=15, batch_size=16, learning_rate=1e-2)
    config = replace(
        LinearConfig.lesson(), dimensions=16, dropout=0.1, min_count=1, optimization=optimization
    )
    run = fit(Linear.build(config, training), training, optimization, device="cpu", progress=False)
    assert evaluate(run.model, training.corpus, "test").rsum > 2 * CHANCE + 100


def test_linear_weighs_pseudo_pairs():
    corpus = make_corpus(60)
    training = sparsify(corpus, 0.5)
    training = training.with_semantics(["w1 w2"] * len(training.unannotated))
    config = replace(LinearConfig.lesson(), dimensions=8, min_count=1)
    run = fit(
        Linear.build(config, training),
        training,
        Optimization(1, 8, 1e-3),
        device="cpu",
        progress=False,
    )
    assert {"pairs", "semantics"} <= set(run.history[0])


def test_cca_finds_what_is_shared(training):
    model = CCA.build(CCAConfig(ridge=0.3, min_count=1, dimensions=8), training)
    assert evaluate(model, training.corpus, "test").rsum > 2 * CHANCE + 100


def test_cca_directions_are_canonical(training):
    """Without ridge and scaling, A^T C_xx A is the identity and A^T C_xy B the diagonal of correlations."""
    config = CCAConfig(dimensions=4, ridge=1e-6, power=0, min_count=1)
    model = CCA.build(config, training)
    pairs = training.pairs
    x = torch.cat(
        [model.encode_images(training.corpus.regions.batch([i])) for i in training.corpus.image_of[pairs]]
    )
    y = model.encode_sentences([training.corpus.sentences[s] for s in pairs])
    np.testing.assert_allclose((x.T @ x / len(x)).numpy(), np.eye(4), atol=1e-3)
    cross = (x.T @ y / len(x)).numpy()
    assert np.abs(cross - np.diag(np.diag(cross))).max() < 1e-3
    assert (np.diff(np.diag(cross)) <= 1e-6).all() and np.diag(cross)[0] <= 1 + 1e-3


def test_the_best_candidate_is_chosen_on_the_selection_images(training):
    poor = CCA.build(CCAConfig(ridge=0.3, min_count=1, dimensions=8), training)
    torch.nn.init.normal_(poor.image_map)
    good = CCA.build(CCAConfig(ridge=0.3, min_count=1, dimensions=8), training)
    assert best_of([poor, good], training.corpus, training.selection) is good


def test_company_never_changes_a_linear_embedding(training):
    config = replace(LinearConfig.lesson(), dimensions=8, min_count=1)
    model = Linear.build(config, training).eval()
    long = "w1 w2 w3 w4 w5 w6 w7 w8"
    torch.testing.assert_close(model.encode_sentences(["w3 w1"]), model.encode_sentences(["w3 w1", long])[:1])

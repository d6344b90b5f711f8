import numpy as np
import pytest
import torch
from helpers.corpora import make_corpus
from helpers.small_models import SMALL_VSA as SMALL
from helpers.small_models import VSA_OPTIMIZATION as OPTIMIZATION

from vse_lessons.common.files import DataError
from vse_lessons.data.sparse import sparsify
from vse_lessons.data.unpaired import unpair
from vse_lessons.evaluation.retrieval import evaluate
from vse_lessons.models.baselines.coral import RIDGE, Coral, CoralConfig, _Move
from vse_lessons.models.vsa import VSA
from vse_lessons.training.loop import fit


def test_moments_of_the_target_become_those_of_the_source():
    source = torch.randn(4000, 3) @ torch.tensor([[2.0, 0, 0], [1, 1, 0], [0, 0.5, 1.0]]) + 3
    target = torch.randn(5000, 3) @ torch.tensor([[1.0, 0.5, 0], [0, 1.5, 0], [0.2, 0, 0.8]]) - 1
    moved = _Move.between(source, target)(target)
    torch.testing.assert_close(moved.mean(0), source.mean(0), atol=1e-4, rtol=0)
    # the ridge belongs to both covariances, so that of what is moved is A^T C_z A
    C_s, C_z = torch.cov(source.T, correction=0), torch.cov(target.T, correction=0)
    ridged = [c + RIDGE * c.diagonal().mean() * torch.eye(3) for c in (C_s, C_z)]
    turn = _Move.between(source, target).turn
    torch.testing.assert_close(turn.T @ ridged[1] @ turn, ridged[0], atol=1e-3, rtol=1e-3)


def test_the_power_of_a_covariance_is_numpy_s():
    x = torch.randn(50, 4)
    covariance = np.cov(x.numpy().T, bias=True)
    covariance += RIDGE * np.diag(covariance).mean() * np.eye(4)
    values, vectors = np.linalg.eigh(covariance)
    expected = vectors @ np.diag(values**-0.5) @ vectors.T @ (vectors @ np.diag(values**0.5) @ vectors.T)
    torch.testing.assert_close(
        _Move.between(x, x).turn, torch.from_numpy(expected).float(), atol=1e-4, rtol=0
    )


def test_it_wraps_a_trained_model_and_reads_no_pairs():
    training = sparsify(make_corpus(80), 0.5, 2)
    model = VSA.build(SMALL.with_variant("source"), training, seed=0)
    model = fit(model, training, OPTIMIZATION, device="cpu", progress=False).model
    target = make_corpus(80, seed=5)
    moved = Coral.build(CoralConfig(), training.with_target(unpair(target)), model=model)
    found = evaluate(moved, target, "test")
    assert 0 <= found.rsum <= 600
    read = moved.encode_sentences(list(target.sentences[:5]))
    torch.testing.assert_close(read, moved.text_move(model.encode_sentences(list(target.sentences[:5]))))
    with pytest.raises(DataError, match="evaluate it without fit"):
        fit(moved, training, OPTIMIZATION)

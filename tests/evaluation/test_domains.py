import numpy as np
import pytest
import torch
from helpers.corpora import make_corpus, make_store
from helpers.small_models import vsa_setup as setup

from vse_lessons.common.files import DataError
from vse_lessons.data.unpaired import Unpaired
from vse_lessons.evaluation.domains import (
    POINTS,
    alignment,
    encode,
    measure_alignment,
    proxy_a_distance,
    some_of,
)


def sample(count, shift=0.0, seed=0):
    rng = np.random.Generator(np.random.PCG64([seed, count]))
    return torch.from_numpy(rng.standard_normal((count, 4)) + shift).float()


def test_the_proxy_a_distance_is_2_apart_and_near_0_together():
    assert proxy_a_distance(sample(80), sample(60, shift=20.0)) == 2.0
    together = [proxy_a_distance(sample(80, seed=s), sample(60, seed=s + 9), s) for s in range(8)]
    assert 0 <= np.mean(together) < 0.3 and min(together) >= 0
    half = proxy_a_distance(sample(400), sample(300, shift=0.7, seed=1))
    assert 0.3 < half < 1.9


def test_domains_of_other_sizes_count_alike():
    """A classifier that always says the larger domain has an error of one half, not of a tenth."""
    assert proxy_a_distance(sample(900), sample(100, seed=3)) < 0.4


def test_the_classifier_is_tested_on_what_it_did_not_see():
    """30 points in 200 dimensions can always be told apart, but not those that come after."""
    rng = np.random.Generator(np.random.PCG64(0))
    wide = [torch.from_numpy(rng.standard_normal((30, 200))).float() for _ in range(2)]
    assert proxy_a_distance(*wide) < 1.0


def test_alignment_has_both_sides():
    model, training = setup()
    model.train()
    here = encode(model, training.corpus.regions, *some_of(training.corpus))
    there = encode(model, training.target.regions, *some_of(training.target))
    assert model.training  # as it was
    torch.testing.assert_close(here["images"].norm(dim=1), torch.ones(len(here["images"])))
    found = alignment(here, there)
    assert set(found) == {"images", "sentences"}
    assert all(set(side) == {"mmd2", "p", "a_distance"} for side in found.values())
    assert alignment(here, here)["images"]["mmd2"] == pytest.approx(0, abs=1e-6)
    assert measure_alignment(model, training.corpus, training.target) == found


def test_what_it_looks_at_is_of_the_split_and_not_too_much():
    corpus = make_corpus(90)
    images, sentences = some_of(corpus, "val", 0)
    assert set(corpus.splits[images]) == {"val"} and len(sentences) == len(images)
    for image, text in zip(images, sentences):
        assert text in [corpus.sentences[s] for s in corpus.visual_of[image]]
    many = Unpaired("many", make_store(POINTS + 50), np.arange(POINTS + 50), tuple(map(str, range(10))))
    images, sentences = some_of(many)
    assert len(set(images)) == POINTS and sorted(sentences) == sorted(map(str, range(10)))


def test_too_small_a_domain_is_refused():
    with pytest.raises(DataError, match="a sample of 1"):
        proxy_a_distance(sample(1), sample(5))

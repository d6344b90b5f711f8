"""Fixtures of all tests."""

import pytest
import torch
from helpers.corpora import make_corpus

from vse_lessons.data.corpus import Corpus


@pytest.fixture
def corpus() -> Corpus:
    return make_corpus()


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)

"""A training run of a second, which several tests start, also in processes of their own."""

from dataclasses import replace

import torch

from helpers.corpora import make_corpus
from helpers.small_models import SMALL_A3VSE
from vse_lessons.data.sparse import sparsify
from vse_lessons.data.text import Vocabulary
from vse_lessons.models.a3vse import A3VSE
from vse_lessons.models.base import Optimization

OPTIMIZATION = Optimization(epochs=4, batch_size=8, learning_rate=5e-3, averaging=0.9, warmup_epochs=1)
CONFIG = replace(SMALL_A3VSE, optimization=OPTIMIZATION, word_dropout=0.1, region_dropout=0.1)


def setup(config=CONFIG, seed=0):
    """A small A3VSE, and the sparse corpus that it was made for."""
    training = sparsify(make_corpus(80), 0.4, 3, seed)
    training = training.with_semantics([f"w{n % 12}" for n in range(len(training.unannotated))])
    torch.manual_seed(seed)
    vocabulary = Vocabulary.build(training.training_sentences, 1)
    return A3VSE(config, vocabulary, training.corpus.regions.dimensions), training


def weights(model):
    """All weights of a model in one row."""
    return torch.cat([value.flatten() for value in model.state_dict().values()])

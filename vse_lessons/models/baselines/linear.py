"""Linear baseline: two linear maps under a softmax contrastive loss.

No paper's own, quick, and hard to beat when annotated pairs are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vse_lessons.blocks.encoders import bag_of_words
from vse_lessons.blocks.losses import contrastive_loss
from vse_lessons.blocks.similarity import cosine
from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import PAD, Vocabulary
from vse_lessons.models.base import Batch, Losses, Optimization, Pairs, Presets, Trainable
from vse_lessons.models.building import Statistics, Vectors, seeded
from vse_lessons.sources.semantics import SemanticWords


@dataclass(frozen=True)
class LinearConfig(Presets):
    """Hyper-parameters of the linear baseline."""

    variants: ClassVar = {
        "full": {},
        "no_semantics": {"semantics": "none"},
        "global_tags": {"semantics": "tags"},
    }
    dimensions: int = 512  # H, of the joint space
    dropout: float = 0.5  # of features and of words
    temperature: float = 0.07  # of the softmax
    beta: float = 0.8  # weight of annotated pairs where there are pseudo pairs too
    max_words: int = 82  # longer sentences are cut
    min_count: int = 4  # rarer words become unknown
    semantics: str = "regions"  # of un-annotated images; or "tags", or "none"
    semantic_words: SemanticWords = SemanticWords()  # which regional words are kept
    # schedule and optimizer
    optimization: Optimization = Optimization(
        epochs=30, batch_size=128, learning_rate=1e-3, weight_decay=1e-4, cosine=True
    )

    @classmethod
    def smoke(cls) -> LinearConfig:
        """The lesson's values for a few epochs: for tests."""
        schedule = replace(cls().optimization, epochs=3, batch_size=32)
        return cls(optimization=schedule)


class Linear(Trainable):
    """Maps the mean region x and the bag of words b: W (x - mean) / deviation, and U b.

    Args:
        config: hyper-parameters.
        vocabulary: the words that it knows.
        width: D, of the detector's features.
        statistics: mean and deviation (D,) of the mean region over training images.
    """

    def __init__(self, config: LinearConfig, vocabulary: Vocabulary, width: int, statistics: Statistics):
        super().__init__()
        self.config, self.vocabulary = config, vocabulary
        self.image_map = nn.Linear(width, config.dimensions)
        self.text_map = nn.Linear(len(vocabulary), config.dimensions)
        mean, deviation = statistics
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation.clamp(min=1e-6))

    @classmethod
    def build(
        cls, config: LinearConfig, training: SparseCorpus, *, seed: int = 0, word_vectors: Vectors = None
    ) -> Linear:
        """Make a fresh model; vocabulary and statistics come from what training may see.

        It reads no vectors.
        """
        texts = [*training.training_sentences, *training.semantics]
        vocabulary, regions = Vocabulary.build(texts, config.min_count), training.corpus.regions
        statistics = regions.mean_statistics(training.seen)
        with seeded(seed):
            model = cls(config, vocabulary, regions.dimensions, statistics)
        return model.remember(training)

    def encode_images(self, images: RegionBatch) -> Tensor:
        """(B, R, D) -> (B, H)."""
        features = (images.mean() - self.mean) / self.deviation
        return self.image_map(F.dropout(features, self.config.dropout, self.training))

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """B sentences -> (B, H)."""
        words, _ = self.vocabulary.encode(sentences, self.config.max_words)
        weights = torch.ones(len(self.vocabulary), device=self.device)
        weights[PAD] = 0  # else a bag would count the longest sentence of its batch
        bags = bag_of_words(words.to(self.device), weights)
        return self.text_map(F.dropout(bags, self.config.dropout, self.training))

    def loss(self, batch: Batch) -> Losses:
        """The contrastive loss of annotated pairs and, weighted less, of pseudo pairs."""
        if batch.weak is None:
            return Losses({"pairs": self._rank(batch.pairs)})
        beta = self.config.beta
        return Losses(
            {"pairs": beta * self._rank(batch.pairs), "semantics": (1 - beta) * self._rank(batch.weak)}
        )

    def _rank(self, pairs: Pairs) -> Tensor:
        similarity = cosine(self.encode_images(pairs.images), self.encode_sentences(pairs.sentences))
        return contrastive_loss(similarity, pairs.owners, self.config.temperature)

"""A method in one file: two linear maps onto counted words."""

from dataclasses import dataclass, replace
from typing import ClassVar

from torch import nn

from vse_lessons.blocks.losses import contrastive_loss
from vse_lessons.blocks.similarity import cosine
from vse_lessons.data.text import Vocabulary
from vse_lessons.models.base import Losses, Optimization, Presets, Trainable
from vse_lessons.models.building import seeded


@dataclass(frozen=True)
class ToyConfig(Presets):
    """Hyper-parameters of the toy."""

    variants: ClassVar = {"narrow": {"dimensions": 2}}
    dimensions: int = 8  # of the joint space
    optimization: Optimization = Optimization(epochs=8, batch_size=8, learning_rate=0.02)

    @classmethod
    def smoke(cls):
        """One epoch."""
        return cls(optimization=replace(cls().optimization, epochs=1))


class Toy(Trainable):
    """Mean region and bag of words, each through one matrix."""

    def __init__(self, config, vocabulary, width, statistics=None):
        super().__init__()
        self.config, self.vocabulary = config, vocabulary
        self.image_map = nn.Linear(width, config.dimensions)
        self.text_map = nn.EmbeddingBag(len(vocabulary), config.dimensions, padding_idx=0)

    @classmethod
    def build(cls, config, training, *, seed=0, word_vectors=None):
        """A fresh toy."""
        vocabulary = Vocabulary.build(training.training_sentences, 1)
        with seeded(seed):
            return cls(config, vocabulary, training.corpus.regions.dimensions).remember(training)

    def encode_images(self, images):
        """(B, R, D) -> (B, H)."""
        return self.image_map(images.mean())

    def encode_sentences(self, sentences):
        """B sentences -> (B, H)."""
        return self.text_map(self.vocabulary.encode(sentences, 20)[0].to(self.device))

    def loss(self, batch):
        """A softmax over all negatives."""
        pairs = batch.pairs
        scores = cosine(self.encode_images(pairs.images), self.encode_sentences(pairs.sentences))
        return Losses({"pairs": contrastive_loss(scores, pairs.owners, 0.1)})

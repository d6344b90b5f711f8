"""Dual attention networks for matching, m-DAN (Nam, Ha and Kim, CVPR 2017, arXiv:1611.00471).

A baseline of A3VSE's tables. An image and a sentence are each read K times. In step k a memory of what has
been read so far steers the attention over regions, or over words; what it finds is compared with what the
other side found in its step k, and added to the memory. The similarity is the sum over the steps.

An image's memory never meets a sentence's.  So every step's vectors can be made once an image and
once a sentence, and the sum of the steps' dot products is the dot product of the vectors put end to
end:  S = sum_k v^(k) . u^(k) = [v^(0), ..., v^(K)] . [u^(0), ..., u^(K)].  That is what is embedded
here, and scoring a whole collection is one matrix product.

Detected regions stand in for the paper's 14 x 14 cells of a ResNet-152.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from vse_lessons.blocks.attention import masked_mean
from vse_lessons.blocks.encoders import SentenceEncoder, Standardize, drop_words, dropout_mask
from vse_lessons.blocks.losses import triplet_loss
from vse_lessons.blocks.similarity import cosine
from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import PAD, Vocabulary
from vse_lessons.data.word_vectors import WordVectors
from vse_lessons.models.base import Batch, Losses, Optimization, Presets, Trainable
from vse_lessons.models.building import Statistics, Vectors, open_word_vectors, seeded


@dataclass(frozen=True)
class DANConfig(Presets):
    """Every hyper-parameter of m-DAN.

    The defaults are the published ones for Flickr30K, or, where the paper is silent, a choice that is marked
    as not published.
    """

    dimensions: int = 512  # of the joint space, the memories, the LSTM and the attention's layers
    word_dimensions: int = 512  # E, of a word's vector
    steps: int = 2  # K
    max_words: int = 82  # not published
    min_count: int = 4  # not published
    pretrained_words: bool = False  # whether word embeddings start at given vectors; `build` notes it
    dropout: float = 0.5  # published; where it is applied is not: here to the v_n and the u_t
    margin: float = 100.0  # m
    negatives: str = "sum"  # over all of the batch
    reduction: str = "sum"  # over the pairs of a batch
    # what the paper does not have, all of it off in the published configuration
    normalized: bool = False  # the cosine in place of the dot product
    standardize: bool = False  # features to zero mean and unit deviation
    word_dropout: float = 0.0  # whole words
    # published: SGD, momentum 0.9, learning rate 0.1 for 30 epochs and 0.01 for 30 more, weight decay
    # 5e-4.  `fit` has Adam, whose learning rate is ours
    optimization: Optimization = Optimization(
        epochs=60,
        batch_size=128,
        learning_rate=5e-4,
        weight_decay=5e-4,
        decoupled=True,
        clip=0.1,
        decay_after=30,
    )

    @classmethod
    def smoke(cls) -> DANConfig:
        """The lesson's configuration, too small and too short to be good: for tests."""
        lesson = cls.lesson()
        return replace(
            lesson,
            dimensions=32,
            word_dimensions=16,
            optimization=replace(lesson.optimization, epochs=3, batch_size=32),
        )

    @classmethod
    def lesson(cls) -> DANConfig:
        """Small enough for Storybook and one CPU core.

        The published margin of 100 between dot products trains there too, but far more slowly than cosines
        with a margin of 0.2; the hardest negatives after only three epochs of the mean stick at the margin.
        """
        return replace(
            cls(),
            dimensions=64,
            word_dimensions=64,
            normalized=True,
            margin=0.2,
            negatives="hardest",
            reduction="mean",
            standardize=True,
            dropout=0.3,
            word_dropout=0.3,
            optimization=Optimization.lesson(epochs=18, batch_size=64, learning_rate=4e-3, warmup_epochs=7),
        )

    @classmethod
    def paper(cls) -> DANConfig:
        """What the paper gives for Flickr30K, but for the optimiser."""
        return cls()


class MemoryAttention(nn.Module):
    """One step's attention, V_Att or T_Att, over regions or words x_n with a memory m.

    h_n     = tanh(W x_n) * tanh(W_m m)
    alpha_n = softmax_n(W_h h_n)
    sum_n alpha_n x_n
    """

    def __init__(self, width: int, memory: int, dimensions: int):
        super().__init__()
        self.entity = nn.Linear(width, dimensions)  # W
        self.memory = nn.Linear(memory, dimensions)  # W_m
        self.score = nn.Linear(dimensions, 1, bias=False)  # W_h; a bias would change no softmax

    def weights(self, entities: Tensor, mask: Tensor, memory: Tensor) -> Tensor:
        """Weights alpha (B, N) of the entities (B, N, D) for the memory (B, H); padding gets 0."""
        steered = torch.tanh(self.memory(memory)).unsqueeze(1)
        logits = self.score(torch.tanh(self.entity(entities)) * steered).squeeze(-1)
        return logits.float().masked_fill(~mask, float("-inf")).softmax(-1)

    def forward(self, entities: Tensor, mask: Tensor, memory: Tensor) -> Tensor:
        """(B, N, D), (B, N) bool, (B, H) -> (B, D)."""
        alpha = self.weights(entities, mask, memory).to(entities.dtype)
        return (alpha.unsqueeze(1) @ entities).squeeze(1)


class VisualSteps(nn.Module):
    """Vectors that each step takes from an image.

    v^(0) = tanh(P^(0) mean_n v_n),   v^(k) = tanh(P^(k) V_Att(v, m_v^(k-1)))
    m_v^(k) = m_v^(k-1) + v^(k),      m_v^(0) = v^(0)
    """

    def __init__(self, width: int, dimensions: int, steps: int):
        super().__init__()
        self.projections = nn.ModuleList(nn.Linear(width, dimensions) for _ in range(steps + 1))
        self.attentions = nn.ModuleList(MemoryAttention(width, dimensions, dimensions) for _ in range(steps))

    def forward(self, regions: Tensor, mask: Tensor) -> Tensor:
        """(B, R, D), (B, R) bool -> (B, K + 1, H)."""
        vectors = [torch.tanh(self.projections[0](masked_mean(regions, mask)))]
        memory = vectors[0]
        for project, attend in zip(self.projections[1:], self.attentions):
            vectors.append(torch.tanh(project(attend(regions, mask, memory))))
            memory = memory + vectors[-1]
        return torch.stack(vectors, 1)


class TextualSteps(nn.Module):
    """Vectors that each step takes from a sentence, already in the joint space.

    u^(0) = mean_t u_t,             u^(k) = T_Att(u, m_u^(k-1))
    m_u^(k) = m_u^(k-1) + u^(k),    m_u^(0) = u^(0)
    """

    def __init__(self, dimensions: int, steps: int):
        super().__init__()
        self.attentions = nn.ModuleList(
            MemoryAttention(dimensions, dimensions, dimensions) for _ in range(steps)
        )

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        """(B, M, H), (B, M) bool -> (B, K + 1, H)."""
        vectors = [masked_mean(words, mask)]
        memory = vectors[0]
        for attend in self.attentions:
            vectors.append(attend(words, mask, memory))
            memory = memory + vectors[-1]
        return torch.stack(vectors, 1)


class DAN(Trainable):
    """Embeds an image and a sentence as the K + 1 steps of their attention, end to end: (K + 1) H dimensions.

    Args:
        config: hyper-parameters.
        vocabulary: the words that it knows.
        width: D, of the detector's features.
        statistics: mean and deviation (D,) of the training regions; needed where features are standardized.
        word_vectors: vectors of at most `word_dimensions` numbers, at which word embeddings start.
    """

    def __init__(
        self,
        config: DANConfig,
        vocabulary: Vocabulary,
        width: int,
        statistics: Statistics | None = None,
        word_vectors: WordVectors | None = None,
    ):
        super().__init__()
        self.config, self.vocabulary = config, vocabulary
        if config.standardize and statistics is None:
            raise ValueError("standardize=True needs the statistics of the training features")
        self.standardize = Standardize(width, statistics if config.standardize else None)
        vectors = None if word_vectors is None else word_vectors.of(vocabulary)
        self.text_encoder = SentenceEncoder(
            len(vocabulary), config.word_dimensions, config.dimensions, vectors, both_ways=True
        )
        self.visual = VisualSteps(width, config.dimensions, config.steps)
        self.textual = TextualSteps(config.dimensions, config.steps)
        self.plateaus = {"pairs": self._plateau()}

    def _plateau(self) -> float:
        """The loss when every embedding is one point and no image is twice in a batch."""
        size = self.config.optimization.batch_size
        hinges = size - 1 if self.config.negatives == "sum" else 1
        return 2 * self.config.margin * hinges * (size if self.config.reduction == "sum" else 1)

    @classmethod
    def build(
        cls, config: DANConfig, training: SparseCorpus, *, seed: int = 0, word_vectors: Vectors = None
    ) -> DAN:
        """Make a fresh model; vocabulary and feature statistics come from what training may see."""
        vocabulary = Vocabulary.build(training.training_sentences, config.min_count)
        vectors = open_word_vectors(word_vectors)
        config = replace(config, pretrained_words=vectors is not None)
        regions = training.corpus.regions
        statistics = regions.statistics(training.seen) if config.standardize else None
        with seeded(seed):
            model = cls(config, vocabulary, regions.dimensions, statistics, vectors)
        return model.remember(training)

    def encode_images(self, images: RegionBatch) -> Tensor:
        """[v^(0), ..., v^(K)]: regions (B, R, D) -> (B, (K + 1) H)."""
        regions = self._drop(self.standardize(images.features))
        return self.visual(regions, images.mask).flatten(1)

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """[u^(0), ..., u^(K)]: B sentences -> (B, (K + 1) H)."""
        words = self.vocabulary.encode(sentences, self.config.max_words)[0].to(self.device)
        words = drop_words(words, self.config.word_dropout, self.training)
        states = 2 * self.text_encoder(words)  # u_t = h_t^(f) + h_t^(b), and the encoder's is their mean
        return self.textual(self._drop(states), words != PAD).flatten(1)

    def _drop(self, entities: Tensor) -> Tensor:
        """Dropout with one mask for all regions, or words, of a row (B, N, D)."""
        if not self.training or not self.config.dropout:
            return entities
        shape = (len(entities), 1, entities.shape[-1])
        return entities * dropout_mask(shape, self.config.dropout, entities)

    def similarity(self, images: Tensor, sentences: Tensor) -> Tensor:
        """(I, S) of S = sum_k v^(k) . u^(k), the dot product of embeddings; or their cosine."""
        if self.config.normalized:
            return cosine(images, sentences)
        with torch.autocast(images.device.type, enabled=False):
            return images.float() @ sentences.float().T

    def loss(self, batch: Batch) -> Losses:
        """Compute the bidirectional max-margin ranking loss, over all negatives of the batch.

            L = sum_(v,u) {sum_v^- [m - S(v, u) + S(v^-, u)]_+ + sum_u^- [m - S(v, u) + S(v, u^-)]_+}

        Un-annotated images have no sentence: `batch.weak` is not used.
        """
        config, pairs = self.config, batch.pairs
        similarity = self.similarity(self.encode_images(pairs.images), self.encode_sentences(pairs.sentences))
        negatives = "mean" if batch.warmup and config.negatives == "hardest" else config.negatives
        loss = triplet_loss(similarity, pairs.owners, config.margin, negatives, config.reduction)
        return Losses({"pairs": loss})

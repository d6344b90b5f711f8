"""SCAN: stacked cross attention for image-text matching (Lee, Chen, Hua, Hu and He, ECCV 2018).

Regions and words stay apart until they are compared: each word looks for its regions (text-image
attention) or each region for its words (image-text attention), and the similarities found
are pooled.  The attention itself is `similarity.cross_attention`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from vse_lessons.blocks.encoders import (
    RegionEncoder,
    SentenceEncoder,
    drop_words,
    dropout_mask,
    sample_regions,
)
from vse_lessons.blocks.losses import triplet_loss
from vse_lessons.blocks.similarity import CrossAttention, Entities, cross_attention
from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import PAD, Vocabulary
from vse_lessons.models.base import Batch, Losses, Optimization, Presets, Trainable
from vse_lessons.models.building import Statistics, Vectors, seeded, vectors_of

VARIANTS = {  # Table 1 of the paper: lambda_1 and, for LogSumExp, lambda_2
    "t2i_mean": CrossAttention(9.0, "mean", directions=("t2i",)),
    "t2i_logsumexp": CrossAttention(9.0, "logsumexp", 6.0, directions=("t2i",)),
    "i2t_mean": CrossAttention(4.0, "mean", directions=("i2t",)),
    "i2t_logsumexp": CrossAttention(4.0, "logsumexp", 5.0, directions=("i2t",)),
}


@dataclass(frozen=True)
class SCANConfig(Presets):
    """Hyper-parameters of SCAN.

    The defaults are those of its paper and code on Flickr30K, but for the longest sentence, which neither
    cuts; `paper()` also starts the weights as they do. The variants are rows of the paper's Table 1.
    """

    dimensions: int = 1024  # H, of the joint space
    word_dimensions: int = 300  # E, of a word's vector
    max_words: int = 82  # as A3VSE
    min_count: int = 4  # rarer words become unknown
    pretrained_words: bool = False  # whether word embeddings start at given vectors; `build` notes it
    initialization: str = "xavier"  # of words and network; "uniform", as PyTorch starts them, is published
    margin: float = 0.2  # of the hinges
    attention: CrossAttention = VARIANTS["t2i_mean"]  # the row that A3VSE's Table 2 quotes
    reduction: str = "sum"  # over the batch, as the code has it
    variants: ClassVar = {name: {"attention": attention} for name, attention in VARIANTS.items()}
    # what the paper does not have
    standardize: bool = False  # features to zero mean and unit deviation
    region_dropout: float = 0.0  # one mask for all regions of an image
    word_dropout: float = 0.0  # whole words
    sampled_regions: int = 0  # regions that a training step sees; 0: all
    # schedule and optimizer
    optimization: Optimization = Optimization(
        epochs=30, batch_size=128, learning_rate=2e-4, clip=2.0, decay_after=15, warmup_epochs=1
    )

    @classmethod
    def paper(cls) -> SCANConfig:
        """Section 4.2 of the paper.

        One epoch with the mean of all negatives before the hardest ones is ours: without it the loss sticks
        at its plateau in some runs.
        """
        return cls(initialization="uniform")

    @classmethod
    def lesson(cls) -> SCANConfig:
        """Small, and regularised as A3VSE's lesson is, for Storybook and two CPU cores.

        Of the two variants tried on validation images LogSumExp over words learnt better than their mean; the
        hardest negatives from the fifth epoch stuck at the plateau, and all negatives to the end stopped
        short.
        """
        return cls(
            dimensions=128,
            word_dimensions=64,
            attention=VARIANTS["t2i_logsumexp"],
            reduction="mean",
            standardize=True,
            region_dropout=0.1,
            word_dropout=0.2,
            optimization=Optimization.lesson(epochs=14, batch_size=64, learning_rate=3e-3, warmup_epochs=6),
        )

    @classmethod
    def photographs(cls) -> SCANConfig:
        """For a few hundred to some thousand photographs and two CPU cores."""
        lesson = cls.lesson()
        return replace(
            lesson,
            dimensions=256,
            max_words=16,
            region_dropout=0.2,
            sampled_regions=12,
            optimization=replace(lesson.optimization, epochs=10, batch_size=128, warmup_epochs=4),
        )

    @classmethod
    def smoke(cls) -> SCANConfig:
        """Too small and too short to be good: for tests."""
        lesson = cls.lesson()
        return replace(
            lesson,
            dimensions=16,
            word_dimensions=16,
            optimization=replace(lesson.optimization, epochs=2, batch_size=32, warmup_epochs=1),
        )


class SCAN(Trainable):
    """Regions and words that stay apart until stacked cross attention compares them (section 3.1).

    Regions are v_i = W_v f_i + b_v (section 3.3), words e_j the mean of a bidirectional GRU's two states
    (section 3.4).

    Args:
        config: hyper-parameters.
        vocabulary: the words that it knows.
        width: D, of the detector's features.
        statistics: mean and deviation (D,) of the training images' regions; None: features stay as they are.
        vectors: (V, E), at which word embeddings start; a row of zeros is none.
    """

    def __init__(
        self,
        config: SCANConfig,
        vocabulary: Vocabulary,
        width: int,
        statistics: Statistics | None = None,
        vectors: Tensor | None = None,
    ):
        super().__init__()
        self.config, self.vocabulary = config, vocabulary
        self.image_encoder = RegionEncoder(width, config.dimensions, statistics)
        self.text_encoder = SentenceEncoder(
            len(vocabulary),
            config.word_dimensions,
            config.dimensions,
            vectors,
            cell="gru",
            both_ways=True,
            initialization=config.initialization,
        )
        size = config.optimization.batch_size if config.reduction == "sum" else 1
        if config.attention.pool in ("mean", "max"):  # the others grow with the number of words
            self.plateaus = {"pairs": 2 * config.margin * size}

    @classmethod
    def build(
        cls, config: SCANConfig, training: SparseCorpus, *, seed: int = 0, word_vectors: Vectors = None
    ) -> SCAN:
        """A fresh model whose vocabulary and statistics come from what training may see."""
        vocabulary = Vocabulary.build(training.training_sentences, config.min_count)
        vectors = vectors_of(word_vectors, vocabulary)
        config = replace(config, pretrained_words=vectors is not None)
        regions = training.corpus.regions
        statistics = regions.statistics(training.seen) if config.standardize else None
        with seeded(seed):
            model = cls(config, vocabulary, regions.dimensions, statistics, vectors)
        return model.remember(training)

    def encode_images(self, images: RegionBatch) -> Entities:
        """(B, R, D) -> regions (B, R, H)."""
        features, mask, config = images.features, images.mask, self.config
        if self.training and 0 < config.sampled_regions < mask.shape[1]:
            features, mask = sample_regions(features, mask, config.sampled_regions)
        rate = config.region_dropout if self.training else 0.0
        shape = (len(features), 1, features.shape[-1])
        dropout = dropout_mask(shape, rate, features) if rate else None
        return Entities(self.image_encoder(features, dropout) * mask.unsqueeze(-1), mask)

    def encode_sentences(self, sentences: Sequence[str]) -> Entities:
        """B sentences -> words (B, M, H)."""
        words = self.vocabulary.encode(sentences, self.config.max_words)[0].to(self.device)
        words = drop_words(words, self.config.word_dropout, self.training)
        mask = words != PAD
        return Entities(self.text_encoder(words) * mask.unsqueeze(-1), mask)

    def similarity(self, images: Entities, sentences: Entities) -> Tensor:
        """(I, S) by stacked cross attention (section 3.1)."""
        return cross_attention(images, sentences, self.config.attention)

    def loss(self, batch: Batch) -> Losses:
        """The hinges of the hardest negatives in the batch (section 3.2)."""
        pairs, config = batch.pairs, self.config
        similarity = self.similarity(self.encode_images(pairs.images), self.encode_sentences(pairs.sentences))
        negatives = "mean" if batch.warmup else "hardest"
        return Losses(
            {"pairs": triplet_loss(similarity, pairs.owners, config.margin, negatives, config.reduction)}
        )

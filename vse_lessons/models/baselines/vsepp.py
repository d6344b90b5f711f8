"""VSE++: improving visual-semantic embeddings with hard negatives.

Faghri, Fleet, Kiros and Fidler, BMVC 2018.

VSE0 is the same with the sum over all negatives (Kiros et al. 2014).

An image is one global vector, a sentence the last state of a GRU.  The original takes ResNet-152 or
VGG-19 features of the whole image; here the mean region stands in for them, and an image
that is stored with one region, its global feature, is just that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from vse_lessons.blocks.encoders import (
    RegionEncoder,
    SentenceEncoder,
    drop_mean,
    drop_words,
    last_state,
)
from vse_lessons.blocks.losses import triplet_loss
from vse_lessons.blocks.similarity import cosine, normalize
from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import Vocabulary
from vse_lessons.models.base import Batch, Losses, Optimization, Presets, Trainable
from vse_lessons.models.building import Statistics, Vectors, seeded, vectors_of


@dataclass(frozen=True)
class VSEPPConfig(Presets):
    """Hyper-parameters of VSE++.

    The defaults are those of its paper and code on Flickr30K, but for the longest sentence, which neither
    cuts; `paper()` also starts the weights as they do.
    """

    dimensions: int = 1024  # H, of the joint space
    word_dimensions: int = 300  # E, of a word's vector
    max_words: int = 82  # as A3VSE
    min_count: int = 4  # rarer words become unknown
    pretrained_words: bool = False  # whether word embeddings start at given vectors; `build` notes it
    initialization: str = "xavier"  # of words and network; "uniform", as PyTorch starts them, is published
    margin: float = 0.2  # of the hinges
    negatives: str = "hardest"  # max of hinges; "sum": VSE0
    reduction: str = "sum"  # over the batch, as the code has it
    variants: ClassVar = {"VSE0": {"negatives": "sum"}}
    # what the paper does not have
    standardize: bool = False  # features to zero mean and unit deviation
    region_dropout: float = 0.0  # of the mean region's features
    word_dropout: float = 0.0  # whole words
    # schedule and optimizer
    optimization: Optimization = Optimization(
        epochs=30, batch_size=128, learning_rate=2e-4, clip=2.0, decay_after=15, warmup_epochs=1
    )

    @classmethod
    def paper(cls) -> VSEPPConfig:
        """The experiments of the paper.

        One epoch with the mean of all negatives before the hardest ones is ours: without it the loss sticks
        at its plateau in some runs.
        """
        return cls(initialization="uniform")

    @classmethod
    def lesson(cls) -> VSEPPConfig:
        """Small, and regularised as A3VSE's lesson is, for Storybook and two CPU cores."""
        return cls(
            dimensions=128,
            word_dimensions=64,
            reduction="mean",
            standardize=True,
            region_dropout=0.1,
            word_dropout=0.2,
            optimization=Optimization.lesson(epochs=20, batch_size=64, learning_rate=2e-3, warmup_epochs=4),
        )

    @classmethod
    def photographs(cls) -> VSEPPConfig:
        """For a few hundred to some thousand photographs and two CPU cores."""
        lesson = cls.lesson()
        return replace(
            lesson,
            max_words=16,
            region_dropout=0.5,
            word_dropout=0.3,
            optimization=replace(lesson.optimization, epochs=16, batch_size=128, warmup_epochs=2),
        )

    @classmethod
    def smoke(cls) -> VSEPPConfig:
        """Too small and too short to be good: for tests."""
        lesson = cls.lesson()
        return replace(
            lesson,
            dimensions=16,
            word_dimensions=16,
            optimization=replace(lesson.optimization, epochs=2, batch_size=32, warmup_epochs=1),
        )


class VSEPP(Trainable):
    """Images and sentences as unit vectors of one space, ranked against the hardest negatives (section 2.1).

        f(i) = W_f^T phi(i),  g(c) = W_g^T psi(c),  S(i, c) = cos(f, g)    (Eq. 1 to 3),

    where psi is the GRU's last state, already as wide as the joint space.

    Args:
        config: hyper-parameters.
        vocabulary: the words that it knows.
        width: D, of the detector's features.
        statistics: mean and deviation (D,) of the training images' mean region; None: features stay as they
            are.
        vectors: (V, E), at which word embeddings start; a row of zeros is none.
    """

    def __init__(
        self,
        config: VSEPPConfig,
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
            initialization=config.initialization,
        )
        if config.negatives == "hardest":
            size = config.optimization.batch_size if config.reduction == "sum" else 1
            self.plateaus = {"pairs": 2 * config.margin * size}

    @classmethod
    def build(
        cls, config: VSEPPConfig, training: SparseCorpus, *, seed: int = 0, word_vectors: Vectors = None
    ) -> VSEPP:
        """A fresh model whose vocabulary and statistics come from what training may see."""
        vocabulary = Vocabulary.build(training.training_sentences, config.min_count)
        vectors = vectors_of(word_vectors, vocabulary)
        config = replace(config, pretrained_words=vectors is not None)
        regions = training.corpus.regions
        statistics = regions.mean_statistics(training.seen) if config.standardize else None
        with seeded(seed):
            model = cls(config, vocabulary, regions.dimensions, statistics, vectors)
        return model.remember(training)

    def encode_images(self, images: RegionBatch) -> Tensor:
        """(B, R, D) -> (B, H), of unit length."""
        mean, mask = drop_mean(images, self.config.region_dropout, self.training)
        return normalize(self.image_encoder(mean, mask).squeeze(1))

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """B sentences -> (B, H), of unit length."""
        words = self.vocabulary.encode(sentences, self.config.max_words)[0].to(self.device)
        words = drop_words(words, self.config.word_dropout, self.training)
        return normalize(last_state(self.text_encoder(words), words))

    def loss(self, batch: Batch) -> Losses:
        """Compute the hinges of the hardest negatives (Eq. 6).

            l_MH = max_c' [m + s(i, c') - s(i, c)]_+ + max_i' [m + s(i', c) - s(i, c)]_+,

        or the sum over all negatives, l_SH (Eq. 5).
        """
        pairs, config = batch.pairs, self.config
        similarity = cosine(self.encode_images(pairs.images), self.encode_sentences(pairs.sentences))
        negatives = "mean" if batch.warmup and config.negatives == "hardest" else config.negatives
        return Losses(
            {"pairs": triplet_loss(similarity, pairs.owners, config.margin, negatives, config.reduction)}
        )

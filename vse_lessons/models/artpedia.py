"""Artpedia: which sentences describe the painting, and which painting they describe.

Stefanini, Cornia, Baraldi, Corsini and Cucchiara, ICIAP 2019. A page is a painting, visual sentences that
describe it and contextual ones that do not. One similarity serves two losses: within a page a visual sentence
must score above a contextual one, and over the corpus a visual sentence must find its painting. The cross
attention is `similarity.cross_attention`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vse_lessons.blocks.encoders import RegionEncoder, SentenceEncoder, drop_words, dropout_mask
from vse_lessons.blocks.losses import triplet_loss
from vse_lessons.blocks.similarity import (
    CrossAttention,
    Embeddings,
    Entities,
    cosine,
    cross_attention,
    normalize,
    paired_cross_attention,
)
from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import PAD, Vocabulary
from vse_lessons.models.base import Batch, Losses, Optimization, Presets, Trainable
from vse_lessons.models.building import Statistics, Vectors, seeded, vectors_of

SIMILARITIES = ("cross_attention", "global")
PAGE_LOSSES = ("intra", "bce")


@dataclass(frozen=True)
class ArtpediaConfig(Presets):
    """Hyper-parameters of the Artpedia model and its baselines; the defaults are those of section 5.1."""

    variants: ClassVar = {  # the rows of Table 3
        f"{similarity} + {loss}": {"similarity": similarity, "page_loss": loss}
        for similarity, loss in product(SIMILARITIES, PAGE_LOSSES)
    }
    similarity: str = "cross_attention"  # or "global": one vector an image and a sentence (section 5.2)
    page_loss: str = "intra"  # or "bce": a classifier of visual and contextual sentences (section 5.2)
    lambda_w: float = 0.5  # weight of the inter-page loss; the page loss has 1 - lambda_w
    dimensions: int = 512  # H, of the joint space
    word_dimensions: int = 300  # E, of a word's vector
    regions: int = 20  # the surest ones of each image
    max_words: int = 200  # the paper cuts nothing; its longest visual sentence for training has 159
    min_count: int = 4  # not published
    pretrained_words: bool = False  # whether word embeddings start at given vectors; `build` notes it
    margin: float = 0.2  # of the hinges
    temperature: float = 6.0  # lambda_s of Eq. 3
    # what the paper does not have
    standardize: bool = False  # features to zero mean and unit deviation
    region_dropout: float = 0.0  # one mask for all regions of an image
    word_dropout: float = 0.0  # whole words
    # schedule and optimizer
    optimization: Optimization = Optimization(
        epochs=30, batch_size=128, learning_rate=1e-6, clip=2.0, decay_after=15, warmup_epochs=1
    )

    def __post_init__(self) -> None:
        for value, known, name in (
            (self.similarity, SIMILARITIES, "similarity"),
            (self.page_loss, PAGE_LOSSES, "page_loss"),
        ):
            if value not in known:
                raise DataError(f"unknown {name} {value!r}: one of {', '.join(known)}")
        if not 0 <= self.lambda_w <= 1:
            raise DataError(
                f"lambda_w is {self.lambda_w}: a weight in [0, 1]; 0 ranks the sentences of each "
                "page only, 1 finds paintings only"
            )

    @property
    def attention(self) -> CrossAttention:
        """Eq. 1 to 5: both branches, the mean over entities, the temperature on plain cosines."""
        return CrossAttention(self.temperature, "mean", normalized=False, directions=("t2i", "i2t"))

    @classmethod
    def paper(cls) -> ArtpediaConfig:
        """Section 5.1.

        How many epochs, when to stop and which words are kept is not published; the first epoch with the mean
        of all negatives of Eq. 7 is ours.
        """
        return cls()

    @classmethod
    def lesson(cls) -> ArtpediaConfig:
        """Small, with a learning rate that gets somewhere in a minute, for Storybook and two CPU cores."""
        return cls(
            dimensions=64,
            word_dimensions=64,
            standardize=True,
            region_dropout=0.1,
            word_dropout=0.1,
            optimization=Optimization.lesson(epochs=5, batch_size=32, learning_rate=4e-3, warmup_epochs=2),
        )

    @classmethod
    def smoke(cls) -> ArtpediaConfig:
        """Too small and too short to be good: for tests."""
        lesson = cls.lesson()
        return replace(
            lesson,
            dimensions=16,
            word_dimensions=16,
            optimization=replace(lesson.optimization, epochs=2, warmup_epochs=1),
        )


class Artpedia(Trainable):
    """Regions and words, compared by two-way cross attention (section 4.1); or one vector each (section 5.2).

    Regions pass a fully-connected layer, words a bidirectional GRU whose two states are averaged. The global
    baseline compares the mean region and the mean of the GRU's two last states by their cosine.

    For the global baseline the paper takes features of ResNet-152 of the whole image; here the mean region
    stands in for them.  The GRU is as wide as the joint space, so words need no layer of their own.

    Args:
        config: hyper-parameters.
        vocabulary: the words that it knows.
        width: D, of the detector's features.
        statistics: mean and deviation (D,) of the training images' regions, or of their means if global;
            None: features stay as they are.
        vectors: (V, E), at which word embeddings start; a row of zeros is none.
    """

    def __init__(
        self,
        config: ArtpediaConfig,
        vocabulary: Vocabulary,
        width: int,
        statistics: Statistics | None = None,
        vectors: Tensor | None = None,
    ):
        super().__init__()
        self.config, self.vocabulary = config, vocabulary
        self.image_encoder = RegionEncoder(width, config.dimensions, statistics)
        self.text_encoder = SentenceEncoder(
            len(vocabulary), config.word_dimensions, config.dimensions, vectors, cell="gru", both_ways=True
        )
        if config.page_loss == "bce":
            self.classifier = nn.Sequential(
                nn.Linear(2 * config.dimensions, config.dimensions),
                nn.ReLU(),
                nn.Linear(config.dimensions, 1),
            )
        if config.lambda_w > 0:
            self.plateaus = {"inter": 2 * config.margin * config.lambda_w}

    @classmethod
    def build(
        cls, config: ArtpediaConfig, training: SparseCorpus, *, seed: int = 0, word_vectors: Vectors = None
    ) -> Artpedia:
        """A fresh model whose vocabulary and statistics come from what training may see."""
        if config.lambda_w < 1 and not len(training.contextual):
            raise DataError(
                f"{training.corpus.name} has no contextual sentence to learn from: use "
                "storybook-pages or artpedia, or lambda_w=1"
            )
        read = training.training_sentences + training.contextual_sentences
        vocabulary = Vocabulary.build(read, config.min_count)
        vectors = vectors_of(word_vectors, vocabulary)
        config = replace(config, pretrained_words=vectors is not None)
        regions = training.corpus.regions
        seen = regions.mean_statistics if config.similarity == "global" else regions.statistics
        statistics = seen(training.seen) if config.standardize else None
        with seeded(seed):
            model = cls(config, vocabulary, regions.dimensions, statistics, vectors)
        return model.remember(training)

    # --- embeddings -----------------------------------------------------------------------------

    def encode_images(self, images: RegionBatch) -> Any:
        """(B, R, D) -> regions (B, <= 20, H), or their mean (B, H) for the global baseline."""
        images = images.surest(self.config.regions)
        features, mask = images.features, images.mask
        if self.config.similarity == "global":
            features = images.mean().unsqueeze(1)
        rate = self.config.region_dropout if self.training else 0.0
        shape = (len(features), 1, features.shape[-1])
        dropout = dropout_mask(shape, rate, features) if rate else None
        encoded = self.image_encoder(features, dropout)
        if self.config.similarity == "global":
            return encoded.squeeze(1)
        return Entities(encoded * mask.unsqueeze(-1), mask)

    def encode_sentences(self, sentences: Sequence[str]) -> Any:
        """B sentences -> words (B, M, H), or one vector (B, H) for the global baseline."""
        return self._read(sentences)[0]

    def _read(self, sentences: Sequence[str]) -> tuple[Any, Tensor]:
        """What is compared with images, and the mean of the GRU's two last states (B, H)."""
        words = self.vocabulary.encode(sentences, self.config.max_words)[0].to(self.device)
        words = drop_words(words, self.config.word_dropout, self.training)
        states, last = self.text_encoder.read_both_ways(words)
        if self.config.similarity == "global":
            return last, last
        mask = words != PAD
        return Entities(states * mask.unsqueeze(-1), mask), last

    def similarity(self, images: Any, sentences: Any) -> Tensor:
        """S(I, T) of every image with every sentence, (I, S): Eq. 1 to 5, or the cosine."""
        if self.config.similarity == "global":
            return cosine(images, sentences)
        return cross_attention(images, sentences, self.config.attention)

    def pair_similarity(self, images: Any, sentences: Any) -> Tensor:
        """S(I, T) of image b with sentence b, (B,)."""
        if self.config.similarity == "global":
            return (normalize(images) * normalize(sentences)).sum(-1)
        return paired_cross_attention(images, sentences, self.config.attention)

    def classify(self, images: Embeddings, last: Tensor) -> Tensor:
        """Compute the log-odds (B,) that sentence b is visual for image b.

        Two fully-connected layers of H and 1 on the mean region (B, H) and the mean last state (B, H),
        concatenated (section 5.2).
        """
        seen = images.mean() if isinstance(images, Entities) else images
        return self.classifier(torch.cat([seen, last], -1)).squeeze(-1).float()

    def pair_scores(self, images: RegionBatch, sentences: Sequence[str]) -> Tensor:
        """(B,) by which the sentences of a page are ranked: the similarity, or the classifier's log-odds."""
        seen = self.encode_images(images)
        compared, last = self._read(sentences)
        if self.config.page_loss == "bce":
            return self.classify(seen, last)
        return self.pair_similarity(seen, compared)

    def attention(self, images: RegionBatch, sentences: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Compute alpha of Eq. 3 for B pairs, (B, R, M) each.

        Of each region over the words, and of each word over the regions, in the other branch. Each sums to 1
        over words, or over regions; 0 where padded. The regions are the `surest` ones of the batch.
        `DataError` for the global baseline, which has none.
        """
        if self.config.similarity == "global":
            raise DataError('similarity="global" has no attention: use "cross_attention"')
        seen, read = self.encode_images(images), self.encode_sentences(sentences)
        scores = self.config.temperature * normalize(seen.values) @ normalize(read.values).mT
        regions, words = seen.mask.unsqueeze(2), read.mask.unsqueeze(1)
        over_words = scores.masked_fill(~words, -torch.inf).softmax(2) * regions
        over_regions = scores.masked_fill(~regions, -torch.inf).softmax(1) * words
        return over_words, over_regions

    # --- objective ------------------------------------------------------------------------------

    def loss(self, batch: Batch) -> Losses:
        """Compute L = lambda_w L_inter + (1 - lambda_w) L_intra (section 4.2).

        Binary cross-entropy may stand in place of L_intra (section 5.2). A page without a contextual sentence
        takes part in L_inter and, with what it has, in the cross-entropy.
        """
        pairs, config = batch.pairs, self.config
        contextual_of = {b: text for b, text in enumerate(pairs.contextual or ()) if text is not None}
        rows, texts = list(contextual_of), pairs.sentences + list(contextual_of.values())
        images = self.encode_images(pairs.images)
        compared, last = self._read(texts)
        visual, contextual = slice(0, len(pairs.sentences)), slice(len(pairs.sentences), len(texts))
        terms = {}
        if config.lambda_w > 0:
            similarity = self.similarity(images, compared[visual])
            negatives = "mean" if batch.warmup else "hardest"
            inter = triplet_loss(similarity, pairs.owners, config.margin, negatives)
            terms["inter"] = config.lambda_w * inter
        if config.lambda_w < 1:
            own = torch.tensor(rows, dtype=torch.long, device=self.device)
            if config.page_loss == "bce":
                page = page_cross_entropy(
                    self.classify(images, last[visual]), self.classify(images[own], last[contextual])
                )
            else:
                right = (
                    similarity.diagonal()
                    if config.lambda_w > 0
                    else self.pair_similarity(images, compared[visual])
                )
                wrong = self.pair_similarity(images[own], compared[contextual])
                page = intra_page_loss(right[own], wrong, config.margin)
            terms["page"] = (1 - config.lambda_w) * page
        return Losses(terms)


def intra_page_loss(visual: Tensor, contextual: Tensor, margin: float) -> Tensor:
    """The mean over B pages of L_intra(I, T_V, T_C) = [alpha - S(I, T_V) + S(I, T_C)]_+ (Eq. 6); (B,) each.

    Of no page it is 0.
    """
    return (margin - visual + contextual).clamp(min=0).sum() / max(1, len(visual))


def page_cross_entropy(visual: Tensor, contextual: Tensor) -> Tensor:
    """Compute the binary cross-entropy of log-odds, (B,) visual and (B',) contextual (section 5.2).

    The mean over all sentences.
    """
    odds = torch.cat([visual, contextual])
    labels = torch.cat([torch.ones_like(visual), torch.zeros_like(contextual)])
    return F.binary_cross_entropy_with_logits(odds, labels)

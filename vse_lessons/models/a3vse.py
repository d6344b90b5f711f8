"""A3VSE: adversarial attentive alignment (Huang, Kang, Liu, Chang and Hauptmann, ACM MM 2019).

Few images are annotated; the others come with regional semantics, the words that a detector finds in them,
read as if they were a sentence.  Two triplet losses rank both kinds of pairs, and six discriminators pull
together annotated images v, un-annotated images u, sentences t and semantics s, behind gradient reversal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from vse_lessons.blocks.adversarial import Discriminators, reversal_strength
from vse_lessons.blocks.attention import MeanPooling, MultiHeadPooling
from vse_lessons.blocks.encoders import (
    RegionEncoder,
    SentenceEncoder,
    Standardize,
    bag_of_words,
    drop_words,
    dropout_mask,
    sample_regions,
)
from vse_lessons.blocks.losses import contrastive_loss, triplet_loss
from vse_lessons.blocks.similarity import cosine
from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import PAD, UNKNOWN, Vocabulary
from vse_lessons.data.word_vectors import WordVectors
from vse_lessons.models.base import Batch, Losses, Optimization, Pairs, Presets, Trainable
from vse_lessons.models.building import Kept, Statistics, Vectors, open_word_vectors, seeded
from vse_lessons.sources.semantics import SemanticWords

# The six discriminators: the objective they belong to, the weight's name, the two domains.
DOMAINS = {
    "vu": ("intra", "intra_images", ("v", "u")),
    "ts": ("intra", "intra_text", ("t", "s")),
    "vt": ("cross", "cross_pairs", ("v", "t")),
    "us": ("cross", "cross_semantics", ("u", "s")),
    "vs": ("transitive", "transitive_images", ("v", "s")),
    "ut": ("transitive", "transitive_text", ("u", "t")),
}
ADVERSARIAL = tuple(weight for _, weight, _ in DOMAINS.values())
ALL_WORDS = SemanticWords(repeats=True, min_confidence=0.0)  # as section 4.3 concatenates them


@dataclass(frozen=True)
class A3VSEConfig(Presets):
    """Every hyper-parameter of A3VSE.

    The defaults are those of section 4.3 for Flickr30K, or, where it is silent, a choice that is marked as
    not published. The variants are the rows of Table 5; without semantics the vanilla model is left, on
    annotated pairs, with the one discriminator (v against t) that needs no other.
    """

    variants: ClassVar = {
        "full": {},
        "no_semantics": {"semantics": "none"},
        "global_tags": {"semantics": "tags"},
        "no_attention": {"attention": False},
        "no_adversarial": dict.fromkeys(ADVERSARIAL, 0.0),
        "no_intra": dict.fromkeys(ADVERSARIAL[:2], 0.0),
        "no_cross": dict.fromkeys(ADVERSARIAL[2:4], 0.0),
        "no_transitive": dict.fromkeys(ADVERSARIAL[4:], 0.0),
        "linear_paths": {"linear_paths": True, "attended_paths": False},  # not of Table 5
    }
    published: ClassVar = {"coco": {"max_words": 57, "semantic_words": replace(ALL_WORDS, longest=57)}}
    dimensions: int = 512  # H, of an encoded region or word
    heads: int = 3  # K
    context: int = 512  # K', of the attention's context vectors
    temperature: float | None = None  # lambda of Eq. 1; not published; None: 1 / sqrt(K')
    word_dimensions: int = 300  # not published
    pretrained_words: bool = False  # whether word embeddings start at given vectors; `build` notes it
    initialization: str = "xavier"  # of all weights; or "uniform", as in the code of VSE++
    semantics: str = "regions"  # of un-annotated images; "tags": image-level ones, Table 5; or "none"
    semantic_words: SemanticWords = SemanticWords()  # which regional words are kept; not published
    max_words: int = 82  # 57 on MS-COCO
    min_count: int = 4  # rarer words become unknown
    beta: float = 0.8  # weight of annotated pairs in Eq. 3
    margin_pairs: float = 0.2  # alpha_vt
    margin_semantics: float = 0.3  # alpha_vs
    eta: float = 10.0  # how fast gradient reversal sets in
    intra_images: float = 0.2  # lambda_vu, Eq. 5
    intra_text: float = 0.1  # lambda_ts
    cross_pairs: float = 0.5  # lambda_vt, Eq. 6
    cross_semantics: float = 0.5  # lambda_us
    transitive_images: float = 0.3  # lambda_vs, Eq. 7
    transitive_text: float = 0.3  # lambda_ut
    hidden: int = 512  # of a discriminator; not published
    # what the paper does not have, all of it off in the published configuration
    ranking: str = "triplet"  # or "contrastive"
    softness: float = 0.07  # temperature of the contrastive ranking
    reduction: str = "mean"  # of the triplets; "sum" makes them batch_size times heavier
    attention: bool = True  # False: mean pooling, Table 5
    standardize: bool = False  # features to zero mean and unit deviation
    linear_paths: bool = False  # mean region and bag of words beside the attended ones
    attended_paths: bool = True  # False: the linear paths alone, trained alike
    gate: float = 1.0  # where the learned weight of the attended ones then starts
    region_dropout: float = 0.0  # one mask for all regions of an image
    word_dropout: float = 0.0  # whole words
    sampled_regions: int = 0  # regions attended to in a training step; 0: all
    # schedule and optimizer
    optimization: Optimization = Optimization(
        epochs=24,
        batch_size=128,
        learning_rate=5e-4,
        weight_decay=1e-6,
        clip=2.0,
        decay_after=16,
        warmup_epochs=1,
    )

    @classmethod
    def smoke(cls) -> A3VSEConfig:
        """The lesson's configuration, too small and too short to be good: for tests."""
        lesson = cls.lesson()
        return replace(
            lesson,
            dimensions=32,
            context=16,
            word_dimensions=16,
            hidden=16,
            optimization=replace(lesson.optimization, epochs=3, batch_size=32),
        )

    @classmethod
    def lesson(cls) -> A3VSEConfig:
        """The published objective, made small for Storybook and two CPU cores.

        Features are standardised, words dropped and weights averaged, because a few hundred annotated images
        over-fit; the adversarial weights are 0.03 times the published ones, because with Eq. 2's mean the
        published ones collapse the embeddings (lesson 03 shows where).
        """
        return replace(
            cls.scaled(cls(), 0.03),
            dimensions=128,
            context=32,
            word_dimensions=64,
            hidden=64,
            beta=0.5,
            standardize=True,
            region_dropout=0.1,
            word_dropout=0.2,
            optimization=Optimization.lesson(epochs=30, batch_size=64, learning_rate=2e-3, warmup_epochs=4),
        )

    @classmethod
    def photographs(cls) -> A3VSEConfig:
        """Return values for a few hundred annotated photographs and the cells of an ImageNet classifier.

        Tuned on held-out training images of Flickr8k: linear paths beside the attended ones, whose gates
        start at 0; a softmax over all negatives; half of the words and most features dropped. Adversarial
        weights of 0.03 times the published ones lowered rsum there, so they are 0.
        """
        return replace(
            cls.scaled(cls(), 0.0),
            dimensions=256,
            context=32,
            word_dimensions=64,
            max_words=16,
            beta=0.7,
            ranking="contrastive",
            softness=0.15,
            standardize=True,
            linear_paths=True,
            gate=0.0,
            region_dropout=0.7,
            word_dropout=0.5,
            sampled_regions=4,
            optimization=Optimization(epochs=17, batch_size=256, learning_rate=4e-3, clip=10.0, cosine=True),
        )

    @staticmethod
    def scaled(config: A3VSEConfig, factor: float) -> A3VSEConfig:
        """All six adversarial weights multiplied by one factor."""
        return replace(config, **{name: factor * getattr(config, name) for name in ADVERSARIAL})

    @classmethod
    def paper(cls) -> A3VSEConfig:
        """Return the values of section 4.3.

        One epoch with the mean of all negatives comes before the hardest ones, without which the loss sticks
        at its plateau. GloVe vectors are scaled to the spread of the random ones; section 4.3 does not say
        that it does so. All regional words are concatenated (section 4.3).
        """
        return cls(pretrained_words=True, semantic_words=ALL_WORDS)


class A3VSE(Trainable):
    """The model of Figure 2; embeddings have K * H dimensions (Eq. 1 concatenates the heads).

    With `linear_paths` the embeddings are sums, for images  L_v x + g_v E^v(V)  with the mean region x,
    for sentences  L_t b + L_w w + g_t E^t(T)  with the IDF-weighted bag of words b and the sum w of
    pre-trained vectors of all words that have one, known to the vocabulary or not.

    Args:
        config: hyper-parameters.
        vocabulary: the words that it knows.
        width: D, of the detector's features.
        statistics: mean and deviation (D,) of the training regions; needed where features are standardized.
        mean_statistics: the same of the mean region, for the linear paths.
        idf: (V,) inverse document frequencies, for the linear paths.
        word_vectors: vectors of at most `word_dimensions` numbers, at which word embeddings start.
    """

    def __init__(
        self,
        config: A3VSEConfig,
        vocabulary: Vocabulary,
        width: int,
        statistics: Statistics | None = None,
        mean_statistics: Statistics | None = None,
        idf: Tensor | None = None,
        word_vectors: WordVectors | None = None,
    ):
        super().__init__()
        self.config, self.vocabulary, self.word_vectors = config, vocabulary, word_vectors
        if config.standardize and statistics is None:
            raise ValueError("standardize=True needs the statistics of the training features")
        self.image_encoder = RegionEncoder(
            width, config.dimensions, statistics if config.standardize else None
        )
        self.text_encoder = SentenceEncoder(
            len(vocabulary),
            config.word_dimensions,
            config.dimensions,
            None if word_vectors is None else word_vectors.of(vocabulary),
            initialization=config.initialization,
        )
        self.image_pooling, self.text_pooling = self._pooling(), self._pooling()
        if not (config.attended_paths or config.linear_paths):
            raise ValueError("without attended paths there must be linear ones")
        pooled = config.dimensions * (config.heads if config.attention else 1)
        if config.linear_paths:
            self._add_linear_paths(width, pooled, mean_statistics, idf)
        domains = {
            name: (term, getattr(config, weight), pair) for name, (term, weight, pair) in DOMAINS.items()
        }
        self.discriminators = Discriminators(domains, pooled, config.hidden)
        if config.ranking == "triplet":
            scale = config.optimization.batch_size if config.reduction == "sum" else 1
            self.plateaus = {
                "pairs": 2 * config.margin_pairs * config.beta * scale,
                "semantics": 2 * config.margin_semantics * (1 - config.beta) * scale,
            }

    def _add_linear_paths(
        self, width: int, pooled: int, statistics: Statistics | None, idf: Tensor | None
    ) -> None:
        weights = torch.ones(len(self.vocabulary)) if idf is None else idf.clone()
        weights[[PAD, UNKNOWN]] = 0  # dropped words are unknown ones and must not be seen
        self.idf: Tensor
        self.register_buffer("idf", weights)
        self.image_standardize = Standardize(width, statistics)
        self.image_line = nn.Linear(width, pooled)
        self.text_line = nn.Linear(len(self.vocabulary), pooled)
        if self.word_vectors is not None:
            self.vector_line = nn.Linear(self.word_vectors.values.shape[1], pooled, bias=False)
        self.image_gate = nn.Parameter(torch.tensor(self.config.gate))
        self.text_gate = nn.Parameter(torch.tensor(self.config.gate))

    @classmethod
    def build(
        cls, config: A3VSEConfig, training: SparseCorpus, *, seed: int = 0, word_vectors: Vectors = None
    ) -> A3VSE:
        """Make a fresh model; vocabulary, IDF and feature statistics come from what training may see."""
        texts = [*training.training_sentences, *training.semantics]
        vocabulary = Vocabulary.build(texts, config.min_count)
        vectors = open_word_vectors(word_vectors)
        config = replace(config, pretrained_words=vectors is not None)
        regions = training.corpus.regions
        statistics = regions.statistics(training.seen) if config.standardize else None
        of_means = regions.mean_statistics(training.seen) if config.linear_paths else None
        idf = vocabulary.idf(texts)
        with seeded(seed):
            model = cls(config, vocabulary, regions.dimensions, statistics, of_means, idf, vectors)
        return model.remember(training)

    def kept_tensors(self) -> dict[str, Tensor]:
        """Return the state and, where the linear paths read them, the pre-trained vectors."""
        kept = super().kept_tensors()
        if self.config.linear_paths and self.word_vectors is not None:
            kept["word_vectors"] = self.word_vectors.values[list(self.word_vectors.rows.values())]
        return kept

    def kept_words(self) -> dict[str, Sequence[str]]:
        """Return the vocabulary and, where the linear paths read them, the words that have a vector."""
        kept = super().kept_words()
        if self.config.linear_paths and self.word_vectors is not None:
            kept["word_vectors"] = list(self.word_vectors.rows)
        return kept

    @classmethod
    def from_kept(cls, config: A3VSEConfig, kept: Kept) -> A3VSE:
        """Make a model into which the kept tensors fit."""
        values = kept.tensors.pop("word_vectors", None)
        rows = {word: row for row, word in enumerate(kept.words.get("word_vectors", ()))}
        vectors = None if values is None else WordVectors(rows, values)
        blank = (torch.zeros(kept.width), torch.ones(kept.width))
        return cls(config, kept.vocabulary, kept.width, blank, word_vectors=vectors)

    def _pooling(self) -> Any:
        config = self.config
        if not config.attention:
            return MeanPooling()
        return MultiHeadPooling(config.dimensions, config.heads, config.context, config.temperature)

    def encode_images(self, images: RegionBatch) -> Tensor:
        """G^v = E^v o F^v: regions (B, R, D) -> (B, K * H)."""
        config = self.config
        features, mask, dropout = images.features, images.mask, None
        if self.training and config.region_dropout:
            dropout = dropout_mask((len(mask), 1, features.shape[-1]), config.region_dropout, features)
        lines = self._image_lines(images, dropout) if config.linear_paths else None
        if lines is not None and not config.attended_paths:
            return lines
        if self.training and 0 < config.sampled_regions < mask.shape[1]:
            features, mask = sample_regions(features, mask, config.sampled_regions)
        attended = self.image_pooling(self.image_encoder(features, dropout), mask)
        return attended if lines is None else lines + self.image_gate * attended

    def _image_lines(self, images: RegionBatch, dropout: Tensor | None) -> Tensor:
        mean = self.image_standardize(images.mean())
        return self.image_line(mean if dropout is None else mean * dropout.squeeze(1))

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """G^t = E^t o F^t: B sentences -> (B, K * H)."""
        config = self.config
        words = self.vocabulary.encode(sentences, config.max_words)[0].to(self.device)
        words = drop_words(words, config.word_dropout, self.training)
        lines = self._text_lines(words, sentences) if config.linear_paths else None
        if lines is not None and not config.attended_paths:
            return lines
        attended = self.text_pooling(self.text_encoder(words), words != PAD)
        return attended if lines is None else lines + self.text_gate * attended

    def _text_lines(self, words: Tensor, sentences: Sequence[str]) -> Tensor:
        rate = self.config.word_dropout if self.training else 0.0
        lines = self.text_line(bag_of_words(words, self.idf) / (1 - rate))
        if self.word_vectors is not None:
            sums = self.word_vectors.sums(sentences, self.config.max_words).to(self.device)
            lines = lines + self.vector_line(nn.functional.dropout(sums, rate))
        return lines

    @torch.no_grad()
    def attention(self, images: RegionBatch, sentences: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Weights W of Eq. 1: (B, K, R) over regions and (B', K, M) over words."""
        words = self.vocabulary.encode(sentences, self.config.max_words)[0].to(self.device)
        images = images.to(self.device)
        return (
            self.image_pooling.weights(self.image_encoder(images.features), images.mask),
            self.text_pooling.weights(self.text_encoder(words), words != PAD),
        )

    def loss(self, batch: Batch) -> Losses:
        """Compute l = l^tri + l^adv (Eq. 9).

        The encoders minimise l and the discriminators maximise it (Eq. 10), so the discriminators'
        cross-entropy -l^adv is minimised behind gradient reversal.
        """
        embedded = self._embed(batch)
        terms = {
            "pairs": self.config.beta
            * self._rank(embedded["v"], embedded["t"], batch.pairs, self.config.margin_pairs, batch.warmup)
        }
        if batch.weak is not None:
            terms["semantics"] = (1 - self.config.beta) * self._rank(
                embedded["u"], embedded["s"], batch.weak, self.config.margin_semantics, batch.warmup
            )
        gamma = reversal_strength(batch.progress, self.config.eta)
        adversarial, accuracies = self.discriminators.align(embedded, gamma)
        return Losses({**terms, **adversarial}, {"gamma": gamma, **accuracies})

    def _embed(self, batch: Batch) -> dict[str, Tensor]:
        """The samples of the four domains v, t, u, s, (B, K * H) each.

        Sentences and semantics go through the LSTM together.
        """
        embedded = {"v": self.encode_images(batch.pairs.images)}
        texts = list(batch.pairs.sentences)
        if batch.weak is not None:
            embedded["u"] = self.encode_images(batch.weak.images)
            texts += batch.weak.sentences
        encoded = self.encode_sentences(texts)
        cut = len(batch.pairs.sentences)
        embedded["t"] = encoded[:cut]
        if batch.weak is not None:
            embedded["s"] = encoded[cut:]
        return embedded

    def _rank(self, images: Tensor, texts: Tensor, pairs: Pairs, margin: float, warmup: bool) -> Tensor:
        similarity = cosine(images, texts)
        if self.config.ranking == "contrastive":
            return contrastive_loss(similarity, pairs.owners, self.config.softness)
        negatives = "mean" if warmup else "hardest"
        return triplet_loss(similarity, pairs.owners, margin, negatives, self.config.reduction)

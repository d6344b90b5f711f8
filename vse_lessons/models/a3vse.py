"""A3VSE: adversarial attentive alignment (Huang, Kang, Liu, Chang and Hauptmann, ACM MM 2019).

Few images are annotated; the others come with regional semantics, the attribute and class words
that a detector finds in them, read as if they were a sentence.  Two triplet losses rank both kinds
of pairs, and six discriminators behind gradient reversal pull the four kinds of input together:
annotated images v, un-annotated images u, sentences t, regional semantics s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

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
from vse_lessons.models.a3vse_config import ADVERSARIAL as ADVERSARIAL
from vse_lessons.models.a3vse_config import DOMAINS as DOMAINS
from vse_lessons.models.a3vse_config import A3VSEConfig as A3VSEConfig
from vse_lessons.models.base import Batch, Losses, Pairs, Trainable
from vse_lessons.models.building import Kept, Statistics, Vectors, open_word_vectors, seeded


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
            lines = lines + self.vector_line(F.dropout(sums, rate))
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

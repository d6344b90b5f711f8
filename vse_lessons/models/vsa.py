"""VSA-AE-MMD: visual-semantic alignment across domains (Carraggi, Cornia, Baraldi and Cucchiara 2018).

Pairs of a source domain teach which image and sentence belong together.  Of the target domain there are
images and sentences, but no pairs.  Two auto-encoders keep in the joint space what both domains' inputs say,
and maximum mean discrepancy makes the embeddings of both domains one distribution.

The specification is the paper's poster alone.  **The poster states**: knowledge of a supervised source is
transferred to a target; "textual and visual reconstruction losses" and a "distribution alignment"; three
variants, VSA-AE without the alignment, VSA-E-MMD without the reconstruction, and all of it.  That AE is
auto-encoders, that MMD is maximum mean discrepancy, and that target pairs are unknown, is read from its
names.  **Supplied here**, from the published literature or by choice: mean features of an image; one linear
layer or GRU into the joint space; VSE++'s hinges with the hardest negatives; how the decoders look; squared
error and cross-entropy as reconstruction losses; the kernel and its bandwidths (Gretton et al. 2012; Long et
al. 2015); every number in `VSAConfig`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vse_lessons.blocks.adversarial import (
    Discriminator,
    domain_accuracy,
    domain_objective,
    reversal_strength,
    reverse_gradient,
)
from vse_lessons.blocks.decoders import DecoderInput, SentenceDecoder, sentence_error, write
from vse_lessons.blocks.encoders import (
    RegionEncoder,
    SentenceEncoder,
    drop_mean,
    drop_words,
    last_state,
)
from vse_lessons.blocks.losses import triplet_loss
from vse_lessons.blocks.mmd import mmd2
from vse_lessons.blocks.similarity import cosine, normalize
from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import Vocabulary
from vse_lessons.data.unpaired import coverage
from vse_lessons.models.base import Batch, Losses, Optimization, Presets, Trainable
from vse_lessons.models.building import Statistics, Vectors, seeded, vectors_of

_NO_DECODERS = {"reconstruct_images": 0.0, "reconstruct_sentences": 0.0}
_NO_MMD = {"align_images": 0.0, "align_sentences": 0.0}
FOREIGN = 0.05  # a target with fewer of its running words in the source is warned of


@dataclass(frozen=True)
class VSAConfig(Presets):
    """Hyper-parameters; the poster prints none.

    Dimensions, margin and schedule are those of VSE++, whose hinges these are, here as a mean over the batch.
    """

    variants: ClassVar = {  # the rows of the poster's table, and two beside it
        # no adaptation; on target pairs it is the supervised reference
        "source": {**_NO_DECODERS, **_NO_MMD},
        "VSA-AE": _NO_MMD,
        "VSA-E-MMD": _NO_DECODERS,
        "VSA-AE-MMD": {},
        "VSA-AE-ADV": {**_NO_MMD, "adversarial": 0.03},  # A3VSE's way to align in place of MMD
    }
    dimensions: int = 1024  # H, of the joint space
    word_dimensions: int = 300  # E, of a word's vector
    max_words: int = 30  # longer sentences are cut
    min_count: int = 4  # rarer words become unknown
    pretrained_words: bool = False  # whether word embeddings start at given vectors; `build` notes it
    decoder: int = 1024  # of the sentence decoder's state
    margin: float = 0.2  # of the hinges
    # weights of the terms beside the hinges; 0 switches a term off
    reconstruct_images: float = 1.0
    reconstruct_sentences: float = 1.0  # of words, given their sentence's embedding
    align_images: float = 1.0  # MMD
    align_sentences: float = 1.0  # MMD
    adversarial: float = 0.0  # in its place: A3VSE's discriminators, source against target
    biased: bool = False  # estimator of MMD
    hidden: int = 64  # of a discriminator
    eta: float = 10.0  # how fast gradient reversal sets in
    standardize: bool = False  # features to zero mean and unit deviation over both domains
    region_dropout: float = 0.0  # of the mean region's features
    word_dropout: float = 0.0  # whole words that the encoder reads
    # schedule and optimizer
    optimization: Optimization = Optimization(
        epochs=30, batch_size=128, learning_rate=2e-4, clip=2.0, decay_after=15, warmup_epochs=1
    )

    @classmethod
    def paper(cls) -> VSAConfig:
        """The size of VSE++ on Flickr30K.  No number of the poster's experiments is published on it."""
        return cls()

    @classmethod
    def lesson(cls) -> VSAConfig:
        """Small, for Storybook and two CPU cores; weights chosen on validation pairs of the targets."""
        return cls(
            dimensions=128,
            word_dimensions=64,
            decoder=64,
            max_words=20,
            standardize=True,
            region_dropout=0.1,
            word_dropout=0.2,
            reconstruct_sentences=0.1,
            align_sentences=0.3,
            optimization=Optimization.lesson(epochs=12, batch_size=128, learning_rate=4e-3, warmup_epochs=9),
        )

    @classmethod
    def photographs(cls) -> VSAConfig:
        """For some thousand photographs and two CPU cores: more dropout and half as many epochs.

        Its weights are Storybook's, untouched: nothing was tuned on pairs of a target of photographs.
        """
        lesson = cls.lesson()
        return replace(
            lesson,
            max_words=16,
            region_dropout=0.3,
            optimization=replace(lesson.optimization, epochs=6, warmup_epochs=4),
        )

    @classmethod
    def smoke(cls) -> VSAConfig:
        """Too small and too short to be good: for tests."""
        lesson = cls.lesson()
        return replace(
            lesson,
            dimensions=16,
            word_dimensions=16,
            hidden=8,
            optimization=replace(lesson.optimization, epochs=2, batch_size=32, warmup_epochs=1),
        )


class ImageDecoder(nn.Module):
    """From the joint space back to standardised features: two layers (supplied)."""

    def __init__(self, dimensions: int, width: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(dimensions, dimensions), nn.Tanh(), nn.Linear(dimensions, width)
        )

    def forward(self, embeddings: Tensor) -> Tensor:
        """(B, H) -> (B, D)."""
        return self.layers(embeddings)


class VSA(Trainable):
    """Images and sentences as unit vectors of one space, from which decoders bring them back.

    With images v, sentences t, encoders f and g, decoders f' and g', domains s (source) and z (target):

        L = L_rank(f(v_s), g(t_s)) + lambda_v L_v + lambda_t L_t
            + mu_v MMD^2(f(v_s), f(v_z)) + mu_t MMD^2(g(t_s), g(t_z))
        L_v = 1/2 sum_{d in s, z} mean |v_d - f'(f(v_d))|^2 / D
        L_t = mean over the words of s and z of -ln P(w_m | w_1 ... w_{m-1}, g(t))

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
        config: VSAConfig,
        vocabulary: Vocabulary,
        width: int,
        statistics: Statistics | None = None,
        vectors: Tensor | None = None,
    ):
        super().__init__()
        self.config, self.vocabulary = config, vocabulary
        self.image_encoder = RegionEncoder(width, config.dimensions, statistics)
        self.text_encoder = SentenceEncoder(
            len(vocabulary), config.word_dimensions, config.dimensions, vectors, cell="gru"
        )
        if config.reconstruct_images:
            self.image_decoder = ImageDecoder(config.dimensions, width)
        if config.reconstruct_sentences:
            self.text_decoder = SentenceDecoder(
                len(vocabulary), config.word_dimensions, config.dimensions, config.decoder
            )
        if config.adversarial:
            self.discriminators = nn.ModuleDict(
                {side: Discriminator(config.dimensions, config.hidden) for side in ("images", "sentences")}
            )
        self.plateaus = {"pairs": 2 * config.margin}

    @property
    def adapts(self) -> bool:
        """Whether a term of the objective reads the target domain."""
        config = self.config
        return any(
            (
                config.reconstruct_images,
                config.reconstruct_sentences,
                config.align_images,
                config.align_sentences,
                config.adversarial,
            )
        )

    @classmethod
    def build(
        cls, config: VSAConfig, training: SparseCorpus, *, seed: int = 0, word_vectors: Vectors = None
    ) -> VSA:
        """A fresh model.

        Vocabulary and statistics come from the source, and where there is one from the target too: its
        sentences may be read, only not with their images. `DataError` if something is to adapt and there is
        no target; a warning if source and target hardly share a word.
        """
        texts, target = list(training.training_sentences), training.target
        regions = training.corpus.regions
        means = [regions.mean_statistics(training.seen)] if config.standardize else []
        if target is not None:
            known = coverage(texts, target.sentences)
            if known.tokens < FOREIGN:
                warnings.warn(
                    f"{training.corpus.name} holds {100 * known.tokens:.1f} % of the running words of "
                    f"{target.name} ({100 * known.types:.1f} % of the different ones): nothing "
                    "says what the others mean, and pairs of the source will hardly help",
                    stacklevel=2,
                )
            texts += target.sentences
            if config.standardize:
                means.append(target.regions.mean_statistics(target.images))
        vocabulary = Vocabulary.build(texts, config.min_count)
        vectors = vectors_of(word_vectors, vocabulary)
        config = replace(config, pretrained_words=vectors is not None)
        with seeded(seed):
            model = cls(config, vocabulary, regions.dimensions, _pooled(means), vectors)
        if model.adapts and target is None:
            raise DataError(
                "this variant adapts to a target domain, and there is none: give the corpus one "
                "(SparseCorpus.with_target), or train the variant 'source'"
            )
        return model.remember(training)

    def encode_images(self, images: RegionBatch) -> Tensor:
        """f: (B, R, D) -> (B, H), of unit length."""
        mean, mask = drop_mean(images, self.config.region_dropout, self.training)
        return normalize(self.image_encoder(mean, mask).squeeze(1))

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """g: B sentences -> (B, H), of unit length."""
        return self._encode_words(self._words(sentences))

    def _words(self, sentences: Sequence[str]) -> Tensor:
        return self.vocabulary.encode(sentences, self.config.max_words)[0].to(self.device)

    def _encode_words(self, words: Tensor) -> Tensor:
        words = drop_words(words, self.config.word_dropout, self.training)
        return normalize(last_state(self.text_encoder(words), words))

    def loss(self, batch: Batch) -> Losses:
        """L; see the class."""
        config, pairs, target = self.config, batch.pairs, batch.target
        if not self.adapts:
            scores = cosine(self.encode_images(pairs.images), self.encode_sentences(pairs.sentences))
            return Losses({"pairs": self._ranking(scores, batch)})
        assert target is not None, "`build` refuses a variant that adapts without a target"
        B = len(pairs.sentences)
        # both domains in one pass: a recurrent network costs the same for twice as many sentences
        images = self.encode_images(pairs.images), self.encode_images(target.images)
        words = self._words([*pairs.sentences, *target.sentences])
        sentences = self._encode_words(words).split([B, len(target.sentences)])
        terms = {"pairs": self._ranking(cosine(images[0], sentences[0]), batch)}
        monitors: dict[str, float | Tensor] = {}
        if config.reconstruct_images:
            wanted = (pairs.images, target.images)
            errors = [self.image_error(*pair) for pair in zip(images, wanted)]
            terms["reconstruct_images"] = config.reconstruct_images * sum(errors) / 2
        if config.reconstruct_sentences:
            error = self.sentence_error(torch.cat(sentences), words)
            terms["reconstruct_sentences"] = config.reconstruct_sentences * error
        for side, embeddings, weight in (
            ("images", images, config.align_images),
            ("sentences", sentences, config.align_sentences),
        ):
            if weight:
                apart = mmd2(*embeddings, biased=config.biased)
                terms[f"align_{side}"] = weight * apart
                monitors[f"mmd2_{side}"] = apart.detach()
            if config.adversarial:
                gamma = reversal_strength(batch.progress, config.eta)
                judge = self.discriminators[side]
                logits = [judge(reverse_gradient(domain, gamma)) for domain in embeddings]
                terms[f"adversarial_{side}"] = -config.adversarial * domain_objective(*logits)
                monitors[f"accuracy_{side}"] = domain_accuracy(*logits).detach()
        return Losses(terms, monitors)

    def _ranking(self, scores: Tensor, batch: Batch) -> Tensor:
        """L_rank: hinges over the hardest negatives, in the warm-up over the mean of all."""
        negatives = "mean" if batch.warmup else "hardest"
        return triplet_loss(scores, batch.pairs.owners, self.config.margin, negatives)

    def image_error(self, embeddings: Tensor, images: RegionBatch) -> Tensor:
        """Compute L_v of one domain from embeddings (B, H): the squared error of standardized mean features.

        The mean over images and the D dimensions.
        """
        wanted = self.image_encoder.standardize(images.mean())
        return F.mse_loss(self.image_decoder(embeddings).float(), wanted)

    def sentence_error(self, embeddings: Tensor, words: Tensor) -> Tensor:
        """Compute L_t: the cross-entropy of each word and of the end, given the words before, in nats.

        Embeddings (B, H), words (B, M); the mean over all words and ends. The end of a longer sentence is
        where it was cut, and the decoder always reads the right words before (teacher forcing).
        """
        table = self.text_encoder.embedding
        return sentence_error(self.text_decoder, table, DecoderInput(embeddings), words)

    @torch.no_grad()
    def decode(self, embeddings: Tensor, max_words: int = 20) -> list[str]:
        """Sentences from embeddings (B, H), word by word, always the likeliest; never an unknown word."""
        if not self.config.reconstruct_sentences:
            raise DataError("this variant has no sentence decoder: train VSA-AE or VSA-AE-MMD")
        table = self.text_encoder.embedding
        return self.vocabulary.decode(write(self.text_decoder, table, DecoderInput(embeddings), max_words))


def _pooled(parts: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor] | None:
    """Mean and deviation of domains that count alike, from the mean and deviation (D,) of each."""
    if not parts:
        return None
    means, deviations = (torch.stack(side) for side in zip(*parts))
    mean = means.mean(0)
    return mean, (deviations.square() + (means - mean).square()).mean(0).sqrt()

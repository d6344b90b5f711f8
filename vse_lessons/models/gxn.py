"""GXN: look, imagine and match (Gu, Cai, Joty, Niu and Wang, CVPR 2018).

An image and a sentence have a high-level (abstract) and a low-level (grounded) embedding each. They **look**
at each other across a ranking loss; each **imagines** the other, the image by writing a sentence from its
low-level embedding, the sentence by drawing a picture from its own; and they **match** better for it.

The specification is the paper's slides alone. **The slides state**: look, imagine, match, "cross-modal
retrieval with generative learning", against a classical pipeline that looks and matches only. **From the
published paper, as we know it**: two embeddings of each side and a weighted sum of their similarities; order
violation of non-negative unit vectors as similarity, hinges with hard negatives; a recurrent decoder from
v_l, trained by cross-entropy and then by a sequence reward; a conditional generator from t_l with a
discriminator that also sees real pictures with wrong sentences; all of it together. **Supplied here**: mean
region features in place of a fine-tuned network; GRUs that read forwards only; a decoder that also attends to
the regions and knows their classes (presets other than `paper`); CIDEr-D with greedy decoding as the baseline
(Rennie et al., CVPR 2017); when the reward sets in and its share; conditioning augmentation (StackGAN); the
shapes of generator and discriminator; every number of `GXNConfig` whose comment does not name the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from vse_lessons.blocks import decoders, generators
from vse_lessons.blocks.caption_metrics import Reward
from vse_lessons.blocks.decoders import DecoderInput, SentenceDecoder
from vse_lessons.blocks.encoders import RegionEncoder, SentenceEncoder, drop_mean, drop_words, last_state
from vse_lessons.blocks.losses import triplet_loss
from vse_lessons.blocks.similarity import cosine, normalize, order_similarity
from vse_lessons.common.files import DataError
from vse_lessons.common.random import torch_seed
from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import Vocabulary
from vse_lessons.models.base import Batch, Losses, Optimization, ParameterGroup, Presets, Trainable
from vse_lessons.models.building import Kept, Statistics, Vectors, check_pixels, seeded, vectors_of

ADVERSARIAL = ("discriminator.", "generator.", "augment.")  # parts of the text-to-image path


@dataclass(frozen=True)
class GXNConfig(Presets):
    """Hyper-parameters of GXN.

    The slides print none; values marked (paper) are attributed to the full paper and not verified.
    """

    dimensions: int = 1024  # H, of each of the two spaces (paper)
    word_dimensions: int = 300  # (paper)
    max_words: int = 82  # as A3VSE; where sentences are written a longer one is an error
    min_count: int = 4  # rarer words become unknown
    pretrained_words: bool = False  # whether word embeddings start at given vectors; `build` notes it
    similarity: str = "order"  # or "cosine"
    nonnegative: bool = True  # embeddings have no negative numbers (paper)
    margin: float = 0.05  # (paper)
    high: float = 0.5  # lambda, the share of the high-level similarity (paper)
    # image to text
    captions: float = 1.0  # weight of L_i2t; 0 switches the path off
    decoder: int = 1024  # width of its state
    attends: bool = False  # the decoder looks at the regions after each word
    reward: float = 0.5  # gamma, share of the reward in L_i2t once it has set in
    reward_after: float = 0.5  # share of the training that is cross-entropy only
    # text to image
    pictures: float = 1.0  # weight of L_t2i; 0 switches the path off
    kl: float = 2.0  # of the condition, against the generator's error; StackGAN's
    condition: int = 128  # C; StackGAN's
    noise: int = 100  # numbers beside the condition
    channels: int = 64  # of the map before the picture
    drawn: int = 128  # pairs of a batch whose pictures are drawn
    momentum: float = 0.5  # Adam's beta_1 of what draws and judges; DCGAN's
    # learning rates as a multiple
    decoder_rate: float = 1.0
    adversary_rate: float = 1.0  # of what draws and judges
    standardize: bool = False  # features to zero mean and unit deviation
    region_dropout: float = 0.0  # of the mean region's features
    word_dropout: float = 0.0  # whole words that the encoders read
    # schedule and optimizer
    optimization: Optimization = Optimization(
        epochs=30, batch_size=128, learning_rate=2e-4, clip=2.0, decay_after=15, warmup_epochs=1
    )

    variants: ClassVar = {  # the rows of the ablation
        "ranking": {"captions": 0.0, "pictures": 0.0},
        "t2i": {"captions": 0.0},
        "i2t xe": {"pictures": 0.0, "reward": 0.0},
        "i2t mix": {"pictures": 0.0},
        "both": {},
    }

    @property
    def reads_means(self) -> bool:
        """Whether the model looks at mean regions alone: it writes nothing, or without attention."""
        return not (self.captions and self.attends)

    def __post_init__(self) -> None:
        if self.similarity not in ("order", "cosine"):
            raise ValueError(f"similarity is order or cosine, not {self.similarity!r}")

    @classmethod
    def paper(cls) -> GXNConfig:
        """The published widths."""
        return cls()

    @classmethod
    def lesson(cls) -> GXNConfig:
        """Small, for Storybook and two CPU cores.

        Cosines of vectors that may be negative, for the order of non-negative ones finds far less in 128
        dimensions (lesson 07).
        """
        return cls(
            dimensions=128,
            word_dimensions=64,
            max_words=40,
            similarity="cosine",
            nonnegative=False,
            margin=0.2,
            decoder=128,
            attends=True,
            captions=0.3,
            reward=0.7,
            pictures=0.002,
            kl=0.02,
            condition=32,
            noise=32,
            channels=16,
            drawn=16,
            adversary_rate=0.6,
            standardize=True,
            region_dropout=0.1,
            word_dropout=0.2,
            optimization=Optimization.lesson(epochs=6, batch_size=64, learning_rate=3e-3, warmup_epochs=5),
        )

    @classmethod
    def photographs(cls) -> GXNConfig:
        """For some thousand photographs and two CPU cores: more dropout and fewer epochs."""
        lesson = cls.lesson()
        shorter = replace(lesson.optimization, epochs=4, warmup_epochs=3)
        return replace(lesson, region_dropout=0.3, decoder=256, optimization=shorter)

    @classmethod
    def smoke(cls) -> GXNConfig:
        """Too small and too short to be good: for tests."""
        lesson = cls.lesson()
        short = replace(lesson.optimization, epochs=2, batch_size=32, warmup_epochs=1)
        sizes: dict[str, Any] = {
            "dimensions": 16,
            "word_dimensions": 16,
            "decoder": 16,
            "condition": 8,
            "noise": 8,
        }
        return replace(lesson, **sizes, channels=2, drawn=8, optimization=short)


class GXN(Trainable):
    """Two embeddings of each side, a path that writes sentences and one that draws pictures.

    With image i, its sentence c, encoders v_h, v_l, t_h, t_l, decoder P, generator G and discriminator D:

        s(i, c) = lambda s(v_h, t_h) + (1 - lambda) s(v_l, t_l),    s(v, t) = -|max(0, v - t)|^2
        L = L_rank + mu_i2t L_i2t + mu_t2i L_t2i
        L_i2t = (1 - gamma) L_xe + gamma L_rl
        L_t2i = -mean ln D(G(z, t_l), t_l) + kl KL(t_l)

    while D learns to tell real from drawn pictures and right from wrong sentences.

    Args:
        config: hyper-parameters.
        vocabulary: the words that it knows.
        width: D, of the detector's features.
        statistics: mean and deviation (D,) of the training images' mean region; None: features stay as they
            are.
        vectors: (V, E), at which word embeddings start; a row of zeros is none.
        classes: how many classes the detector knows, for the decoder.
    """

    def __init__(
        self,
        config: GXNConfig,
        vocabulary: Vocabulary,
        width: int,
        statistics: Statistics | None = None,
        vectors: Tensor | None = None,
        classes: int = 0,
    ):
        super().__init__()
        self.config, self.vocabulary = config, vocabulary
        H, words = config.dimensions, len(vocabulary)
        self.image_high = RegionEncoder(width, H, statistics)
        self.image_low = RegionEncoder(width, H, statistics)
        self.text_high = SentenceEncoder(words, config.word_dimensions, H, vectors, cell="gru")
        self.text_low = SentenceEncoder(words, config.word_dimensions, H, vectors, cell="gru")
        self.attends = bool(config.captions) and config.attends
        self.classes = nn.Embedding(classes, H) if self.attends and classes else None
        if config.captions:
            self.decoder = SentenceDecoder(words, config.word_dimensions, H, config.decoder, self.attends)
        if config.pictures:
            self.augment = generators.ConditioningAugmentation(H, config.condition)
            self.generator = generators.Generator(config.condition + config.noise, config.channels)
            self.discriminator = generators.PictureDiscriminator(H, config.condition, config.channels)
        self.plateaus = {"pairs": 2 * config.margin}
        self.reads_pixels = bool(config.pictures)
        self.reward: Reward | None = None  # against the sentences of training images

    @classmethod
    def build(
        cls, config: GXNConfig, training: SparseCorpus, *, seed: int = 0, word_vectors: Vectors = None
    ) -> GXN:
        """A fresh model; vocabulary, statistics and the reward's references come from what training may see.

        `DataError` without pixels where pictures are drawn, and for a sentence that is too long to be
        written.
        """
        corpus = training.corpus
        if config.pictures:
            check_pixels(corpus, generators.SIDE)
        if config.captions:
            training.check_lengths(config.max_words)
        vocabulary = Vocabulary.build(training.training_sentences, config.min_count)
        vectors = vectors_of(word_vectors, vocabulary)
        config = replace(config, pretrained_words=vectors is not None)
        regions = corpus.regions
        statistics = regions.mean_statistics(training.seen) if config.standardize else None
        classes = 0 if regions.classes is None else len(regions.class_names)
        with seeded(seed):
            model = cls(config, vocabulary, regions.dimensions, statistics, vectors, classes)
        if config.captions and config.reward:
            model.reward = Reward(corpus.image_of[training.pairs].tolist(), training.training_sentences)
        return model.remember(training)

    def kept_settings(self) -> dict[str, Any]:
        """Return how many classes the decoder knows."""
        return {"classes": 0 if self.classes is None else self.classes.num_embeddings}

    @classmethod
    def from_kept(cls, config: GXNConfig, kept: Kept) -> GXN:
        """Make a model into which the kept tensors fit; without the sentences that reward it in training."""
        return cls(config, kept.vocabulary, kept.width, classes=kept.settings["classes"])

    def look(self, images: RegionBatch) -> tuple[Tensor, Tensor]:
        """(B, R, D) -> v_h and v_l (B, H), of unit length and, as configured, not negative."""
        return self._look(images)[0]

    def _look(self, images: RegionBatch) -> tuple[tuple[Tensor, Tensor], Tensor | None]:
        """v_h and v_l, and the dropout mask under which they were seen."""
        mean, mask = drop_mean(images, self.config.region_dropout, self.training)
        high, low = (encode(mean, mask).squeeze(1) for encode in (self.image_high, self.image_low))
        return (self._unit(high), self._unit(low)), mask

    def _subject(self, images: RegionBatch, low: Tensor, mask: Tensor | None) -> DecoderInput:
        """What sentences are written from, each vector as long as sqrt(H).

        v_l and, where the decoder attends, the grounded embedding v_r of each region by the same encoder,
        plus a vector of the class that the detector gave; `DataError` where it is not known.
        """
        if not self.attends:
            return DecoderInput(_spread(low))
        regions = _spread(self._unit(self.image_low(images.features, mask)))
        if self.classes is not None:
            if images.classes is None or int(images.classes.max()) >= self.classes.num_embeddings:
                raise DataError("the decoder has learnt another detector's classes, which these regions lack")
            regions = regions + self.classes(images.classes)
        return DecoderInput(_spread(low), regions, images.log_confidences())

    def read(self, words: Tensor) -> tuple[Tensor, Tensor]:
        """Word indices (B, M) -> t_h and t_l (B, H), as `look`."""
        words = drop_words(words, self.config.word_dropout, self.training)
        high, low = (last_state(read(words), words) for read in (self.text_high, self.text_low))
        return self._unit(high), self._unit(low)

    def _unit(self, embeddings: Tensor) -> Tensor:
        return normalize(embeddings.abs() if self.config.nonnegative else embeddings)

    def encode_images(self, images: RegionBatch) -> Tensor:
        """(B, R, D) -> [v_h, v_l] (B, 2H)."""
        return torch.cat(self.look(images), -1)

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """B sentences -> [t_h, t_l] (B, 2H)."""
        return torch.cat(self.read(self._words(sentences)), -1)

    def _words(self, sentences: Sequence[str]) -> Tensor:
        return self.vocabulary.encode(sentences, self.config.max_words)[0].to(self.device)

    def similarity(self, images: Tensor, sentences: Tensor) -> Tensor:
        """s: (I, 2H), (S, 2H) -> (I, S)."""
        compare = order_similarity if self.config.similarity == "order" else cosine
        high, low = (compare(v, t) for v, t in zip(images.chunk(2, -1), sentences.chunk(2, -1)))
        return self.config.high * high + (1 - self.config.high) * low

    def loss(self, batch: Batch) -> Losses:
        """L; see the class."""
        config, pairs = self.config, batch.pairs
        v, mask = self._look(pairs.images)
        words = self._words(pairs.sentences)
        t = self.read(words)
        scores = self.similarity(torch.cat(v, -1), torch.cat(t, -1))
        negatives = "mean" if batch.warmup else "hardest"
        terms = {"pairs": triplet_loss(scores, pairs.owners, config.margin, negatives)}
        monitors: dict[str, float | Tensor] = {}
        if config.captions:
            table, subject = self.text_low.embedding, self._subject(pairs.images, v[1], mask)
            xe = decoders.sentence_error(self.decoder, table, subject, words)
            gamma = config.reward if batch.progress >= config.reward_after else 0.0
            terms["captions"] = config.captions * (1 - gamma) * xe
            monitors["captions_xe"] = xe.detach()
            if gamma:
                error, reward = self.reward_error(subject, pairs.owners)
                terms["reward"] = config.captions * gamma * error
                monitors["cider_greedy"] = reward
        if config.pictures:
            drawn = t[1][: config.drawn]
            fake, mean, log_variance = self.imagine(drawn)
            error = generators.generator_error(self.discriminator(fake, _spread(drawn)))
            terms["pictures"] = config.pictures * error
            terms["kl"] = config.pictures * config.kl * generators.kl_to_normal(mean, log_variance)
            # how unlike the pictures of one batch are: near 0 the generator draws one for all
            monitors["spread_drawn"] = fake.detach().std(0).mean()
        return Losses(terms, monitors)

    def reward_error(self, subject: DecoderInput, owners: Tensor) -> tuple[Tensor, float]:
        """Compute L_rl of B subjects, whose images are owners (B,), and the mean reward r(c^).

            L_rl = -mean (r(c~) - r(c^)) ln P(c~ | i) / |c~|,

        with a drawn sentence c~, the likeliest c^ as its baseline, and r = CIDEr-D against the training
        sentences of the image (self-critical sequence training, Rennie et al. 2017, Eq. 8).
        """
        reward, images = self.reward, owners.tolist()
        if reward is None:
            raise DataError("a loaded model lacks the sentences that reward it: build it to train it")
        inputs = self.decoder, self.text_low.embedding, subject, self.config.max_words
        error, baseline = decoders.self_critical_error(
            *inputs, lambda words: reward.of(self.vocabulary.decode(words), images)
        )
        return error, float(np.mean(baseline))

    @torch.no_grad()
    def describe(self, images: RegionBatch, width: int = 5) -> list[str]:
        """The likeliest sentence of each image, word by word, or by beam search with a beam of `width`."""
        if not self.config.captions:
            raise DataError("this variant writes no sentences: train i2t xe, i2t mix or both")
        (_, low), mask = self._look(images)
        subject, longest = self._subject(images, low, mask), self.config.max_words
        inputs = self.decoder, self.text_low.embedding, subject, longest
        words = decoders.write(*inputs) if width == 1 else decoders.beam_search(*inputs, width)
        return self.vocabulary.decode(words)

    def imagine(self, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """G(z, t_l): (B, H) -> pictures (B, 3, 64, 64), and mu and ln sigma^2 (B, C) of their condition."""
        mean, log_variance, condition = self.augment(_spread(t))
        noise = torch.randn(len(t), self.config.noise, device=t.device)
        return self.generator(torch.cat([condition, noise], -1)), mean, log_variance

    def adversary_loss(self, batch: Batch) -> Losses:
        """Compute the discriminator's error: real pictures with right and wrong sentences, and drawn ones."""
        drawn, pairs = self.config.drawn, batch.pairs
        owners = pairs.owners[:drawn]
        with torch.no_grad():
            t = self.read(self._words(pairs.sentences[:drawn]))[1]
            fake = self.imagine(t)[0]
        assert pairs.pixels is not None, "`reads_pixels` asks for them"
        real = pairs.pixels[:drawn]
        error, shares = generators.discriminator_step(self.discriminator, real, fake, _spread(t), owners)
        return Losses({"discriminator": error}, {f"accuracy_{name}": share for name, share in shares.items()})

    def parameter_groups(self) -> list[ParameterGroup]:
        """Return who learns how: the decoder, and what draws and judges pictures, have rates of their own.

        Networks that play against each other average their gradients for a shorter time (DCGAN); the
        discriminator learns in a step of its own.
        """
        config, groups = self.config, dict[tuple[float, float, bool], list[nn.Parameter]]()
        for name, parameter in self.named_parameters():
            kind = (config.decoder_rate if name.startswith("decoder.") else 1.0, 0.9, False)
            if name.startswith(ADVERSARIAL):
                kind = (config.adversary_rate, config.momentum, name.startswith("discriminator."))
            groups.setdefault(kind, []).append(parameter)
        return [ParameterGroup(parameters, *kind) for kind, parameters in groups.items()]

    @torch.no_grad()
    def draw(self, sentences: Sequence[str], seed: int = 0) -> Tensor:
        """(B, 3, 64, 64) in [-1, 1]: a picture of each sentence, the same ones for the same seed."""
        if not self.config.pictures:
            raise DataError("this variant draws no pictures: train t2i or both")
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            torch.manual_seed(torch_seed("drawn pictures", seed))
            return self.imagine(self.read(self._words(sentences))[1])[0]


def _spread(embeddings: Tensor) -> Tensor:
    """Unit vectors (..., H), made as long as sqrt(H): numbers of about 1, as a first layer expects."""
    return embeddings * embeddings.shape[-1] ** 0.5

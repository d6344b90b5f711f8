"""DPC: dual-path convolutional embeddings with instance loss (Zheng et al., arXiv:1711.05535.

ACM TOMM 2020), a baseline of A3VSE's tables.

Words go through a residual convolutional network, images through fully-connected layers.  Every
training image with its sentences is a class of its own, and one classifier, shared by both paths,
has to tell the classes apart: the instance loss.  It comes first, alone (stage I); then a ranking
loss joins it (stage II).

The paper fine-tunes a ResNet-50; here the mean of an image's detected regions stands in for what
ResNet-50 pools.  Sizes are those of the authors' code (github.com/layumi/Image-Text-Embedding).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vse_lessons.blocks.encoders import Standardize, copy_vectors, drop_words
from vse_lessons.blocks.losses import triplet_loss
from vse_lessons.blocks.similarity import cosine
from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import PAD, Vocabulary
from vse_lessons.data.word_vectors import WordVectors
from vse_lessons.models.base import Batch, Losses, Optimization, Presets, Trainable
from vse_lessons.models.building import Kept, Statistics, Vectors, open_word_vectors, seeded


@dataclass(frozen=True)
class Stage:
    """Some residual blocks of one width in the text path."""

    width: int  # channels that leave each block
    blocks: int
    first: int  # channels inside the first block; inside the others, a quarter of the width
    stride: int = 1  # of the first block: 2 halves the length


@dataclass(frozen=True)
class DPCConfig(Presets):
    """Every hyper-parameter of DPC.

    The defaults are those of the paper and of its code for Flickr30K, or, where both do not apply here, a
    choice that is marked as ours.
    """

    dimensions: int = 2048  # of an embedding, and of the fully-connected layers
    word_dimensions: int = 300  # of word2vec
    # of the text path
    stages: tuple[Stage, ...] = (
        Stage(256, 3, first=128),
        Stage(512, 4, first=512, stride=2),
        Stage(1024, 6, first=1024, stride=2),
        Stage(2048, 1, first=2048),
    )
    max_words: int = 32  # 56 on CUHK-PEDES
    min_count: int = 1  # the paper keeps the words that word2vec knows
    pretrained_words: bool = False  # whether word embeddings start at given vectors; `build` notes it
    shift: int = 3  # most empty places before the first word in training; see `shift_words`
    dropout: float = 0.75  # before the classifier
    margin: float = 1.0  # alpha
    negatives: str = "hardest"  # of the batch (ours); the code's are the hardest of 256 sentences
    rank: float = 1.0  # lambda_1, in stage II
    visual: float = 1.0  # lambda_2
    textual: float = 1.0  # lambda_3
    stage_one: float = 0.8  # share of training in stage I: the code's 240 epochs of 300
    rectified: bool = True  # the losses see relu(f), as in the code; retrieval compares f itself
    # what the paper does not have, all of it off in the published configuration
    standardize: bool = False  # mean regions to zero mean and unit deviation
    region_dropout: float = 0.0  # of the mean region's features
    word_dropout: float = 0.0  # whole words
    # SGD in the paper, momentum 0.9; the code: weight decay 1e-4, rate 0.1, for the last 20 epochs
    # 0.01.  `fit` has Adam, whose rate is ours
    optimization: Optimization = Optimization(
        epochs=300, batch_size=32, learning_rate=1e-3, weight_decay=1e-4, decoupled=True, decay_after=280
    )

    @classmethod
    def smoke(cls) -> DPCConfig:
        """The lesson's configuration, too small and too short to be good: for tests."""
        lesson = cls.lesson()
        return replace(
            lesson,
            dimensions=32,
            word_dimensions=16,
            stages=(Stage(32, 1, first=16),),
            optimization=replace(lesson.optimization, epochs=3, batch_size=32),
        )

    @classmethod
    def lesson(cls) -> DPCConfig:
        """The published objective, small enough for Storybook and one CPU core.

        The losses see f and not relu(f), which did better on validation images. Two blocks read no better
        than one. There is no stride, so there is nothing to shift.
        """
        return replace(
            cls(),
            dimensions=128,
            word_dimensions=128,
            min_count=4,
            stages=(Stage(128, 1, first=64),),
            shift=0,
            stage_one=0.5,
            rectified=False,
            negatives="mean",
            standardize=True,
            region_dropout=0.3,
            word_dropout=0.3,
            optimization=Optimization.lesson(epochs=20, batch_size=64, learning_rate=2e-3),
        )

    @classmethod
    def paper(cls) -> DPCConfig:
        """What the paper and its code give for Flickr30K, but for the optimizer."""
        return cls(pretrained_words=True)


class Convolution(nn.Module):
    """A 1x1 convolution, which is a linear layer at every place, and batch norm.

    Only places with a word are computed: padding stays zero and counts in no mean.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.layer = nn.Linear(inputs, outputs, bias=False)
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """(B, M, inputs), (B, M) bool -> (B, M, outputs)."""
        convolved = self.norm(self.layer(values[mask]))
        padded = convolved.new_zeros(*mask.shape, convolved.shape[-1])
        padded[mask] = convolved
        return padded


def adjacent(values: Tensor, mask: Tensor, stride: int = 1) -> tuple[Tensor, Tensor]:
    """What a convolution with a 1x2 kernel sees: [x_(t-1), x_t], with an empty place before the first.

    (B, M, C) -> (B, M', 2C) with M' = M / stride, rounded up, and its mask (B, M'). With stride 1 the
    sentence keeps its length; with stride 2 a place is empty when both of its two are.
    """
    before = F.pad(values, (0, 0, 1, 0))[:, :-1]
    if stride > 1:
        mask = mask | F.pad(mask, (1, 0))[:, :-1]
    return torch.cat([before, values], -1)[:, ::stride], mask[:, ::stride]


class Residual(nn.Module):
    """relu(x + up(pair(down(x)))): a 1x1, a 1x2 and a 1x1 convolution with relu between them.

    Where width or length change, the shortcut is a 1x1 convolution too.
    """

    def __init__(self, inputs: int, inner: int, width: int, stride: int = 1):
        super().__init__()
        self.stride = stride
        self.down = Convolution(inputs, inner)
        self.pair = Convolution(2 * inner, inner)  # 1x2 is 1x1 of two neighbours
        self.up = Convolution(inner, width)
        same = inputs == width and stride == 1
        self.shortcut = None if same else Convolution(inputs, width)

    def forward(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, M, inputs), (B, M) -> (B, M', width), (B, M'): M' = M, or M / 2 + 1 with stride 2."""
        if self.stride > 1:  # else the last one of an even number of words would have no pair
            values, mask = F.pad(values, (0, 0, 0, 1)), F.pad(mask, (0, 1))
        pairs, after = adjacent(F.relu(self.down(values, mask)), mask, self.stride)
        outer = self.up(F.relu(self.pair(pairs, after)), after)
        values = values[:, :: self.stride]
        if self.shortcut is not None:
            values = self.shortcut(values, after)
        return F.relu(values + outer), after


def shift_words(words: Tensor, most: int) -> Tensor:
    """Put a random number of empty places, up to `most`, before each sentence: position shift.

    (B, M) -> (B, M + most).

    The paper shifts within its fixed length of 32.  Padding is masked here, so a shift by the product
    of all strides changes nothing: 3 is as good as any for the published two strides of 2, and 0
    where there is none.
    """
    starts = torch.randint(0, most + 1, (len(words), 1), device=words.device)
    places = torch.arange(words.shape[1], device=words.device)
    shifted = words.new_full((len(words), words.shape[1] + most), PAD)
    return shifted.scatter(1, starts + places, words)


class TextPath(nn.Module):
    """Convolutional network for sentences: word vectors, residual blocks, mean, a fully-connected layer.

    Args:
        config: its sizes.
        words: V, how many words there are.
        vectors: (V, <= word_dimensions), at which word embeddings start.
    """

    def __init__(self, config: DPCConfig, words: int, vectors: Tensor | None = None):
        super().__init__()
        self.embedding = nn.Embedding(words, config.word_dimensions, padding_idx=PAD)
        if vectors is not None:
            copy_vectors(self.embedding.weight, vectors)
        self.norm = nn.BatchNorm1d(config.word_dimensions)
        self.blocks = nn.ModuleList()
        width = config.word_dimensions
        for stage in config.stages:
            for block in range(stage.blocks):
                inner, stride = (stage.width // 4, 1) if block else (stage.first, stage.stride)
                self.blocks.append(Residual(width, inner, stage.width, stride))
                width = stage.width
        self.layer = nn.Linear(width, config.dimensions, bias=False)
        self.layer_norm = nn.BatchNorm1d(config.dimensions)

    def forward(self, words: Tensor) -> Tensor:
        """Word indices (B, M) -> f_text (B, H)."""
        mask = words != PAD
        values = self.embedding(words)
        values[mask] = self.norm(values[mask])  # padding is zero and stays so
        for block in self.blocks:
            values, mask = block(values, mask)
        pooled = values.sum(1) / mask.sum(1, keepdim=True)
        return self.layer_norm(self.layer(pooled))


class ImagePath(nn.Sequential):
    """Two fully-connected layers with batch norm: (B, D) -> f_img (B, H)."""

    def __init__(self, width: int, dimensions: int):
        super().__init__(
            nn.Linear(width, dimensions, bias=False),
            nn.BatchNorm1d(dimensions),
            nn.ReLU(),
            nn.Linear(dimensions, dimensions, bias=False),
            nn.BatchNorm1d(dimensions),
        )


class DPC(Trainable):
    """Embeds images and sentences by two deep paths, which share a classifier of images in training.

    As in the authors' code, the losses see relu(f) where `rectified`, and retrieval compares f itself.

    Args:
        config: hyper-parameters.
        vocabulary: the words that it knows.
        width: D, of the detector's features.
        annotated: numbers of the images that are classes.
        statistics: mean and deviation (D,) of the mean region; needed where features are standardized.
        word_vectors: vectors of at most `word_dimensions` numbers, at which word embeddings start.
    """

    def __init__(
        self,
        config: DPCConfig,
        vocabulary: Vocabulary,
        width: int,
        annotated: Sequence[int] | np.ndarray | Tensor,
        statistics: Statistics | None = None,
        word_vectors: WordVectors | None = None,
    ):
        super().__init__()
        self.config, self.vocabulary = config, vocabulary
        if config.standardize and statistics is None:
            raise ValueError("standardize=True needs the statistics of the training features")
        self.standardize = Standardize(width, statistics if config.standardize else None)
        self.image_path = ImagePath(width, config.dimensions)
        vectors = None if word_vectors is None else word_vectors.of(vocabulary)
        self.text_path = TextPath(config, len(vocabulary), vectors)
        self.classifier = nn.Linear(config.dimensions, len(annotated), bias=False)  # W_share
        numbers = torch.as_tensor(np.asarray(annotated), dtype=torch.int64)
        classes = torch.full((int(numbers.max()) + 1,), -1)
        classes[numbers] = torch.arange(len(numbers))
        self.classes: Tensor
        self.register_buffer("classes", classes)  # (I,) the class of an image; -1: none
        if config.negatives == "mean":
            # the hardest negative of a batch is often as near as the right sentence: no sign of a stop
            self.plateaus = {"rank": 2 * config.margin * config.rank}

    @classmethod
    def build(
        cls, config: DPCConfig, training: SparseCorpus, *, seed: int = 0, word_vectors: Vectors = None
    ) -> DPC:
        """Make a fresh model; vocabulary, classes and statistics come from what training may see."""
        vocabulary = Vocabulary.build(training.training_sentences, config.min_count)
        vectors = open_word_vectors(word_vectors)
        config = replace(config, pretrained_words=vectors is not None)
        regions = training.corpus.regions
        statistics = regions.mean_statistics(training.seen) if config.standardize else None
        with seeded(seed):
            model = cls(config, vocabulary, regions.dimensions, training.annotated, statistics, vectors)
        return model.remember(training)

    @classmethod
    def from_kept(cls, config: DPCConfig, kept: Kept) -> DPC:
        """Make a model into which the kept tensors fit; its classes are those of the kept images."""
        classes = kept.tensors["classes"]
        numbers = torch.nonzero(classes >= 0).squeeze(1)
        blank = (torch.zeros(kept.width), torch.ones(kept.width))
        return cls(config, kept.vocabulary, kept.width, numbers[classes[numbers].argsort()], blank)

    def encode_images(self, images: RegionBatch) -> Tensor:
        """f_img: regions (B, R, D) -> (B, H)."""
        mean = self.standardize(images.mean())
        return self.image_path(F.dropout(mean, self.config.region_dropout, self.training))

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """f_text: B sentences -> (B, H)."""
        words = self.vocabulary.encode(sentences, self.config.max_words)[0].to(self.device)
        words = drop_words(words, self.config.word_dropout, self.training)
        if self.training and self.config.shift:
            words = shift_words(words, self.config.shift)
        return self.text_path(words)

    def loss(self, batch: Batch) -> Losses:
        """lambda_1 L_rank + lambda_2 L_visual + lambda_3 L_textual, where lambda_1 is 0 in stage I.

        Un-annotated images are no classes: `batch.weak` is not used.
        """
        config, owners = self.config, batch.pairs.owners
        images = self.encode_images(batch.pairs.images)
        texts = self.encode_sentences(batch.pairs.sentences)
        if config.rectified:
            images, texts = F.relu(images), F.relu(texts)
        visual, seen = self._instance(images, owners)
        textual, read = self._instance(texts, owners)
        terms = {"visual": config.visual * visual, "textual": config.textual * textual}
        if batch.progress >= config.stage_one:
            # D(f_img, f_text) is the cosine: [alpha - D(I, T) + D(I, T^-)]_+ and the other way round
            rank = triplet_loss(cosine(images, texts), owners, config.margin, config.negatives)
            terms["rank"] = config.rank * rank
        return Losses(terms, {"accuracy_visual": seen, "accuracy_textual": read})

    def _instance(self, embedded: Tensor, owners: Tensor) -> tuple[Tensor, Tensor]:
        """Instance loss of embeddings (B, H), and how many find their class.

        L = -log P(c),  P = softmax(W_share^T f),  c the class of the image.
        """
        dropped = F.dropout(embedded, self.config.dropout, self.training)
        logits, target = self.classifier(dropped).float(), self.classes[owners]
        return F.cross_entropy(logits, target), (logits.argmax(1) == target).float().mean()

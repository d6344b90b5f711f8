"""What every model of the course is, and what a training step gives it.

Training, evaluation, search, plots and widgets know nothing about a model but this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from vse_lessons.blocks.similarity import Embeddings, cosine
from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionBatch

if TYPE_CHECKING:  # Python 3.10 has no Self
    from typing_extensions import Self


@dataclass(frozen=True)
class Optimization:
    """How a model is trained; part of each paper's own hyper-parameters."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.0
    decoupled: bool = False  # AdamW's weight decay in place of Adam's
    clip: float = 0.0  # the largest norm of the gradient; 0: no clipping
    decay_after: int = 0  # after this epoch the learning rate is a tenth; 0: never
    cosine: bool = False  # the learning rate falls to 0 along half a cosine
    warmup_epochs: int = 0  # epochs of all negatives before the hardest ones
    averaging: float = 0.0  # decay of the moving average of the weights that is kept; 0: none


class Presets:
    """What every paper's hyper-parameters have: `smoke()`, too small to be good, for tests; `lesson()`, which
    runs in minutes on a CPU; `paper()`, the published values; and, where Storybook's lesson does not
    suit photographs, `photographs()`."""

    @classmethod
    def preset(cls, name: str, corpus: str = "storybook") -> Self:
        """The configuration of that name, as it suits the corpus."""
        if name not in PRESETS:
            raise DataError(f"unknown preset {name!r}: one of {', '.join(PRESETS)}")
        if name == "lesson" and not corpus.startswith("storybook"):
            name = "photographs" if hasattr(cls, "photographs") else name
        return getattr(cls, name)()


PRESETS = ("smoke", "lesson", "paper")


@dataclass
class Pairs:
    """B images, each with one sentence that describes it."""

    images: RegionBatch
    sentences: list[str]
    # and with one that does not, of the same page; None where the page has none
    contextual: list[str | None] | None = None
    # (B, 3, P, P) in [-1, 1], for a model that reads pixels
    pixels: Tensor | None = None

    @property
    def owners(self) -> Tensor:
        """(B,) the image that each sentence belongs to."""
        return self.images.index


@dataclass
class UnpairedBatch:
    """B images and B sentences of another domain, drawn without regard to each other."""

    images: RegionBatch
    sentences: list[str]


@dataclass
class Batch:
    """What one step learns from."""

    pairs: Pairs  # annotated images with a sentence of theirs
    weak: Pairs | None  # un-annotated images with their regional semantics
    progress: float  # share of the training that is done, p in [0, 1]
    warmup: bool = False  # still in the epochs before the hardest negatives
    target: UnpairedBatch | None = None  # the target domain, where there is one


@dataclass
class Losses:
    """`terms` are weighted and differentiable; their sum is minimised.  `monitors` are for the eye
    only: accuracies, gamma, un-weighted values."""

    terms: dict[str, Tensor]
    monitors: dict[str, float | Tensor] = field(default_factory=dict)

    @property
    def total(self) -> Tensor:
        """The scalar that is minimised."""
        return torch.stack(list(self.terms.values())).sum()


class Embedder(nn.Module, ABC):
    """Embeds images and sentences so that the right ones find each other."""

    @abstractmethod
    def encode_images(self, images: RegionBatch) -> Embeddings:
        """Embeddings of B images: (B, H), or a set of region embeddings each."""

    @abstractmethod
    def encode_sentences(self, sentences: Sequence[str]) -> Embeddings:
        """Embeddings of B sentences: (B, H), or a set of word embeddings each."""

    def similarity(self, images: Embeddings, sentences: Embeddings) -> Tensor:
        """(I, S) scores of embedded images and sentences, higher is nearer; cosine unless a paper
        says otherwise."""
        return cosine(images, sentences)

    def pair_scores(self, images: RegionBatch, sentences: Sequence[str]) -> Tensor:
        """(B,) how well sentence b describes image b, by which the sentences of a page are ranked: their
        similarity, where a model has no classifier for it (Artpedia, section 5.2)."""
        seen, read = self.encode_images(images), self.encode_sentences(sentences)
        return torch.cat(
            [self.similarity(seen[b : b + 1], read[b : b + 1])[0] for b in range(len(sentences))]
        )

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next(self.parameters()).device


class Trainable(Embedder, ABC):
    """An embedder with an objective, which `fit` minimizes."""

    # the value of a term when every embedding is the same point, for those that stick there
    plateaus: dict[str, float] = {}  # noqa: RUF012
    reads_pixels = False  # whether batches come with pixels

    @abstractmethod
    def loss(self, batch: Batch) -> Losses:
        """The named terms of the objective."""

    def adversary_loss(self, batch: Batch) -> Losses:
        """What the parameters of an adversary minimise, in a step of their own before each of the others."""
        raise NotImplementedError(f"{type(self).__name__} has no adversary")

    def is_adversary(self, parameter: str) -> bool:
        """Whether the parameter of that name belongs to an adversary; `loss` does not move it."""
        return False

    def rate_of(self, parameter: str) -> float:
        """How fast the parameter of that name learns, as a multiple of the learning rate."""
        return 1.0

    def momentum_of(self, parameter: str) -> float:
        """Adam's beta_1 for the parameter of that name."""
        return 0.9

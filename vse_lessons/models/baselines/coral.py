"""CORAL in the joint space, after the return of frustratingly easy domain adaptation.

Sun, Feng and Saenko, AAAI 2016. A model that was trained on the source alone embeds the training images and
the training sentences of both domains. Each side of the target is then moved so that its mean and covariance
are those of the source:

    A(x) = (x - m_z) C_z^-1/2 C_s^1/2 + m_s

No gradient, no pairs of the target.  The paper aligns covariances only, of features, by moving the source
onto the target before a classifier is trained.  Here it is the other way round, after training and with the
means; both covariances carry a ridge, so theirs agree but for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionBatch, RegionStore
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.models.base import Embedder, Presets
from vse_lessons.models.building import Kept, Vectors, evaluating
from vse_lessons.models.presets import from_dict
from vse_lessons.models.vsa import VSA, VSAConfig

RIDGE = 0.1  # added to both covariances' diagonals, as a share of their mean variance
BLOCK = 256


@dataclass(frozen=True)
class CoralConfig(Presets):
    """Hyper-parameters of CORAL, and of the model whose embeddings it moves."""

    source: VSAConfig = VSAConfig().with_variant("source")  # trained on the source alone
    ridge: float = RIDGE  # added to both covariances, as a share of their mean variance

    @property
    def inner(self) -> tuple[str, VSAConfig]:
        """Name in the registry and configuration of the model to train first."""
        return "VSA", self.source

    @classmethod
    def preset(cls, name: str, corpus: str = "storybook") -> CoralConfig:
        """Return the configuration that moves the embeddings of VSA's preset of that name."""
        return cls(VSAConfig.preset(name, corpus).with_variant("source"))


class Coral(Embedder):
    """A trained model whose embeddings of the target are moved onto those of the source.

    For the target only.

    Args:
        config: the ridge.
        model: the trained model.
        images: how embeddings of images are moved.
        sentences: how those of sentences are.
    """

    def __init__(self, config: CoralConfig, model: Embedder, images: _Move, sentences: _Move):
        super().__init__()
        self.config, self.model = config, model.eval()
        self.image_move, self.text_move = images, sentences

    @classmethod
    def build(
        cls,
        config: CoralConfig,
        training: SparseCorpus,
        *,
        seed: int = 0,
        word_vectors: Vectors = None,
        model: Embedder | None = None,
    ) -> Coral:
        """Move the embeddings of a trained model; nothing is random, and word vectors are the model's affair.

        Args:
            config: the ridge.
            training: what `model` learnt from, with the target beside it.
            seed: not used.
            word_vectors: not used.
            model: a trained embedder with one vector an image and a sentence.

        Returns:
            The model with both moves.

        Raises:
            DataError: there is no model or no target.
        """
        if model is None:
            raise DataError(
                'CORAL moves the embeddings of a trained model: use train("CORAL", ...), or pass model'
            )
        corpus, target = training.corpus, training.target
        if target is None:
            raise DataError("CORAL needs a target domain: give the corpus one (SparseCorpus.with_target)")
        sides = ((corpus.regions, training.annotated), (target.regions, target.images))
        with evaluating(model):
            images = [_embedded(model, *side) for side in sides]
            texts = [_read(model, side) for side in (training.training_sentences, target.sentences)]
        moves = (_Move.between(side[0], side[1], config.ridge) for side in (images, texts))
        return cls(config, model, *moves).remember(training)

    def encode_images(self, images: RegionBatch) -> Tensor:
        """(B, R, D) -> (B, H)."""
        return self.image_move(self.model.encode_images(images))

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """B sentences -> (B, H)."""
        return self.text_move(self.model.encode_sentences(sentences))

    def kept_words(self) -> dict[str, Sequence[str]]:
        """Return the words of the model whose embeddings are moved."""
        return self.model.kept_words()

    def kept_settings(self) -> dict[str, Any]:
        """Return the configuration of the model whose embeddings are moved, as it was built."""
        if not isinstance(self.model, VSA):
            raise DataError(f"a moved {type(self.model).__name__} cannot be kept: only VSA's rows can")
        return {"inner": asdict(self.model.config)}

    @classmethod
    def from_kept(cls, config: CoralConfig, kept: Kept) -> Coral:
        """Make a model into which the kept tensors fit."""
        inner = VSA.from_kept(from_dict(VSAConfig, kept.settings["inner"]), kept)
        names = ("before", "turn", "after")
        moves = (
            _Move(*(kept.tensors[f"{side}_move.{name}"] for name in names)) for side in ("image", "text")
        )
        model = cls(config, inner, *moves)
        wide = inner.config.dimensions
        for name, value in (*model.image_move.named_buffers(), *model.text_move.named_buffers()):
            shape = (wide, wide) if name == "turn" else (wide,)
            if value.shape != shape or not value.is_floating_point():
                raise DataError(f"the tensor {name} of a move is {tuple(value.shape)}, not {shape} of floats")
        return model


def _embedded(model: Embedder, regions: RegionStore, rows: np.ndarray) -> Tensor:
    parts: list[Any] = [model.encode_images(b.to(model.device)) for b in regions.batches(rows, BLOCK)]
    return torch.cat(parts)


def _read(model: Embedder, texts: Sequence[str]) -> Tensor:
    starts = range(0, len(texts), BLOCK)
    parts: list[Any] = [model.encode_sentences(texts[start : start + BLOCK]) for start in starts]
    return torch.cat(parts)


class _Move(nn.Module):
    """A of one modality: (x - before) turn + after."""

    def __init__(self, before: Tensor, turn: Tensor, after: Tensor):
        super().__init__()
        self.before: Tensor
        self.after: Tensor
        self.turn: Tensor
        self.register_buffer("before", before)
        self.register_buffer("after", after)
        self.register_buffer("turn", turn)

    @classmethod
    def between(cls, source: Tensor, target: Tensor, ridge: float = RIDGE) -> _Move:
        """From source (N, H) and target (M, H) embeddings."""
        turn = _power(target, -0.5, ridge) @ _power(source, 0.5, ridge)
        return cls(target.mean(0), turn, source.mean(0))

    def forward(self, embeddings: Tensor) -> Tensor:
        """(B, H) -> (B, H)."""
        return (embeddings - self.before) @ self.turn + self.after


def _power(sample: Tensor, power: float, ridge: float) -> Tensor:
    """C^power of the covariance (H, H) of rows (N, H), with the ridge."""
    centred = (sample - sample.mean(0)).double()
    covariance = centred.T @ centred / len(sample)
    covariance += ridge * covariance.diagonal().mean() * torch.eye(len(covariance), device=sample.device)
    values, vectors = torch.linalg.eigh(covariance)
    return ((vectors * values.pow(power)) @ vectors.T).float()

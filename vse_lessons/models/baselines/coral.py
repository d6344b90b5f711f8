"""After CORAL: return of frustratingly easy domain adaptation (Sun, Feng and Saenko, AAAI 2016), in the joint
space.

A model that was trained on the source alone embeds the training images and the training sentences of both
domains.  Each side of the target is then moved so that its mean and covariance are those of the source:

    A(x) = (x - m_z) C_z^-1/2 C_s^1/2 + m_s

No gradient, no pairs of the target.  The paper aligns covariances only, of features, by moving the source
onto the target before a classifier is trained.  Here it is the other way round, after training and with the
means; both covariances carry a ridge, so theirs agree but for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from vse_lessons.data.regions import RegionBatch, RegionStore
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.models.base import Embedder

RIDGE = 0.1  # added to both covariances' diagonals, as a share of their mean variance
BLOCK = 256


class Coral(Embedder):
    """A trained model whose embeddings of the target are moved onto those of the source; for the target
    only."""

    def __init__(self, model: Embedder, training: SparseCorpus):
        """`training` is what `model` learnt from, with the target beside it."""
        super().__init__()
        self.model = model.eval()
        corpus, target = training.corpus, training.target
        sides = ((corpus.regions, training.annotated), (target.regions, target.images))
        with torch.no_grad():
            images = [self._images(*side) for side in sides]
            texts = [self._texts(side) for side in (training.training_sentences, target.sentences)]
        self.image_move, self.text_move = _Move(*images), _Move(*texts)

    def _images(self, regions: RegionStore, rows: np.ndarray) -> Tensor:
        return torch.cat([self.model.encode_images(b.to(self.device)) for b in regions.batches(rows, BLOCK)])

    def _texts(self, texts: Sequence[str]) -> Tensor:
        return torch.cat(
            [self.model.encode_sentences(texts[i : i + BLOCK]) for i in range(0, len(texts), BLOCK)]
        )

    def encode_images(self, images: RegionBatch) -> Tensor:
        """(B, R, D) -> (B, H)."""
        return self.image_move(self.model.encode_images(images))

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """B sentences -> (B, H)."""
        return self.text_move(self.model.encode_sentences(sentences))


class _Move(nn.Module):
    """A of one modality, from source (N, H) and target (M, H) embeddings."""

    def __init__(self, source: Tensor, target: Tensor):
        super().__init__()
        self.register_buffer("before", target.mean(0))
        self.register_buffer("after", source.mean(0))
        self.register_buffer("turn", _power(target, -0.5) @ _power(source, 0.5))

    def forward(self, embeddings: Tensor) -> Tensor:
        """(B, H) -> (B, H)."""
        return (embeddings - self.before) @ self.turn + self.after


def _power(sample: Tensor, power: float) -> Tensor:
    """C^power of the covariance (H, H) of rows (N, H), with the ridge."""
    centred = (sample - sample.mean(0)).double()
    covariance = centred.T @ centred / len(sample)
    covariance += RIDGE * covariance.diagonal().mean() * torch.eye(len(covariance), device=sample.device)
    values, vectors = torch.linalg.eigh(covariance)
    return ((vectors * values.pow(power)) @ vectors.T).float()

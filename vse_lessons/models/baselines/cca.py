"""Linear CCA of the mean region feature with TF-IDF sentences: a closed form, no training loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from torch import Tensor, nn

from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import Vocabulary, tokenize
from vse_lessons.models.base import Embedder


@dataclass(frozen=True)
class CCAConfig:
    """Hyper-parameters of linear CCA."""

    dimensions: int = 128  # canonical directions
    ridge: float = 1.0  # added to the diagonal of both covariances, as a share of their mean variance
    power: float = 1.0  # directions are scaled by their correlation to this power
    min_count: int = 4

    @classmethod
    def candidates(cls) -> list[CCAConfig]:
        """Ridges to choose from on the selection images: the best one differs between corpora."""
        return [cls(ridge=ridge) for ridge in (0.3, 1.0, 3.0)]


class CCA(Embedder):
    """Maximises the correlation of A^T x and B^T y over annotated pairs:

        A, B from the singular value decomposition  C_xx^-1/2 C_xy C_yy^-1/2 = U S V^T,
        A = C_xx^-1/2 U S^p,  B = C_yy^-1/2 V S^p,

    where C_xx and C_yy carry a ridge."""

    def __init__(self, config: CCAConfig, training: SparseCorpus):
        """Solves at once for the annotated pairs of a sparse corpus."""
        super().__init__()
        self.config = config
        pairs = training.pairs
        self.vectorizer = TfidfVectorizer(
            analyzer=tokenize, sublinear_tf=True, vocabulary=_frequent(training, config.min_count)
        )
        text = self.vectorizer.fit_transform(training.training_sentences).toarray()
        images, rows = np.unique(training.corpus.image_of[pairs], return_inverse=True)
        means = [batch.mean() for batch in training.corpus.regions.batches(images)]
        visual = torch.cat(means).double().numpy()[rows]
        x, self_mean_x = _center(visual)
        y, self_mean_y = _center(text)
        root_x, root_y = _inverse_root(x, config.ridge), _inverse_root(y, config.ridge)
        left, correlations, right = np.linalg.svd(root_x @ (x.T @ y / len(x)) @ root_y)
        kept = min(config.dimensions, len(correlations))
        scale = correlations[:kept] ** config.power
        self.image_map = _buffer(root_x @ left[:, :kept] * scale)
        self.text_map = _buffer(root_y @ right[:kept].T * scale)
        self.image_mean, self.text_mean = _buffer(self_mean_x), _buffer(self_mean_y)

    def encode_images(self, images: RegionBatch) -> Tensor:
        """(B, R, D) -> (B, H)."""
        return (images.mean() - self.image_mean) @ self.image_map

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """B sentences -> (B, H)."""
        rows = torch.from_numpy(self.vectorizer.transform(sentences).toarray()).float()
        return (rows.to(self.device) - self.text_mean) @ self.text_map


def _buffer(values: np.ndarray) -> nn.Parameter:
    return nn.Parameter(torch.from_numpy(values).float(), requires_grad=False)


def _center(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = values.mean(0)
    return values - mean, mean


def _inverse_root(values: np.ndarray, ridge: float) -> np.ndarray:
    """C^-1/2 of the covariance of the rows, its diagonal raised by `ridge` times its mean."""
    covariance = values.T @ values / len(values)
    covariance[np.diag_indices_from(covariance)] += ridge * covariance.diagonal().mean()
    eigenvalues, vectors = np.linalg.eigh(covariance)
    return vectors / np.sqrt(eigenvalues) @ vectors.T


def _frequent(training: SparseCorpus, min_count: int) -> list[str]:
    return sorted(Vocabulary.build(training.training_sentences, min_count).words)

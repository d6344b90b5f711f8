"""Linear CCA of the mean region feature with TF-IDF sentences: a closed form, no training loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from torch import Tensor, nn

from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import Vocabulary, tokenize
from vse_lessons.models.base import Embedder, Presets
from vse_lessons.models.building import Kept, Vectors


@dataclass(frozen=True)
class CCAConfig(Presets):
    """Hyper-parameters of linear CCA."""

    dimensions: int = 128  # canonical directions
    ridge: float = 1.0  # added to the diagonal of both covariances, as a share of their mean variance
    power: float = 1.0  # directions are scaled by their correlation to this power
    min_count: int = 4  # rarer words become unknown

    def candidates(self) -> list[CCAConfig]:
        """Return ridges to choose from on the selection images: the best one differs between corpora."""
        return [replace(self, ridge=ridge) for ridge in (0.3, 1.0, 3.0)]


class CCA(Embedder):
    """Maximizes the correlation of A^T x and B^T y over annotated pairs.

        A, B from the singular value decomposition  C_xx^-1/2 C_xy C_yy^-1/2 = U S V^T,
        A = C_xx^-1/2 U S^p,  B = C_yy^-1/2 V S^p,

    where C_xx and C_yy carry a ridge.

    Args:
        config: hyper-parameters.
        vectorizer: fitted, from sentences to TF-IDF.
        maps: `image_map` (D, H), `text_map` (V, H), and the means `image_mean` (D,), `text_mean` (V,).
    """

    kept_doubles = ("idf",)

    def __init__(self, config: CCAConfig, vectorizer: TfidfVectorizer, maps: dict[str, Tensor]):
        super().__init__()
        self.config, self.vectorizer = config, vectorizer
        self.vocabulary = Vocabulary(tuple(vectorizer.get_feature_names_out()))
        self.image_map, self.text_map = _fixed(maps["image_map"]), _fixed(maps["text_map"])
        self.image_mean, self.text_mean = _fixed(maps["image_mean"]), _fixed(maps["text_mean"])

    @classmethod
    def build(
        cls, config: CCAConfig, training: SparseCorpus, *, seed: int = 0, word_vectors: Vectors = None
    ) -> CCA:
        """Solve for the annotated pairs of a sparse corpus; nothing is random, and no vector is read."""
        vectorizer = _vectorizer(_frequent(training, config.min_count))
        text = vectorizer.fit_transform(training.training_sentences).toarray()
        images, rows = np.unique(training.corpus.image_of[training.pairs], return_inverse=True)
        means = [batch.mean() for batch in training.corpus.regions.batches(images)]
        visual = torch.cat(means).double().numpy()[rows]
        x, mean_x = _center(visual)
        y, mean_y = _center(text)
        root_x, root_y = _inverse_root(x, config.ridge), _inverse_root(y, config.ridge)
        left, correlations, right = np.linalg.svd(root_x @ (x.T @ y / len(x)) @ root_y)
        kept = min(config.dimensions, len(correlations))
        scale = correlations[:kept] ** config.power
        maps = {
            "image_map": root_x @ left[:, :kept] * scale,
            "text_map": root_y @ right[:kept].T * scale,
            "image_mean": mean_x,
            "text_mean": mean_y,
        }
        tensors = {name: torch.from_numpy(values).float() for name, values in maps.items()}
        return cls(config, vectorizer, tensors).remember(training)

    def kept_tensors(self) -> dict[str, Tensor]:
        """Return the maps and, in double precision, the inverse document frequencies (V,)."""
        return super().kept_tensors() | {"idf": torch.from_numpy(self.vectorizer.idf_)}

    @classmethod
    def from_kept(cls, config: CCAConfig, kept: Kept) -> CCA:
        """Make the model of the kept maps and inverse document frequencies."""
        vectorizer = _vectorizer(list(kept.words["vocabulary"]))
        idf, words = kept.tensors.pop("idf"), len(kept.words["vocabulary"])
        if idf.shape != (words,):
            raise DataError(f"vocabulary.json has {words} words, and the tensor idf is for {idf.numel()}")
        vectorizer.idf_ = idf.numpy()
        directions = min(config.dimensions, kept.width, words)
        shapes = {
            "image_map": (kept.width, directions),
            "text_map": (words, directions),
            "image_mean": (kept.width,),
            "text_mean": (words,),
        }
        for name, shape in shapes.items():
            if kept.tensors[name].shape != shape:
                raise DataError(f"the tensor {name} is {tuple(kept.tensors[name].shape)}, not {shape}")
        return cls(config, vectorizer, kept.tensors)

    def encode_images(self, images: RegionBatch) -> Tensor:
        """(B, R, D) -> (B, H)."""
        return (images.mean() - self.image_mean) @ self.image_map

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """B sentences -> (B, H)."""
        rows = torch.from_numpy(self.vectorizer.transform(sentences).toarray()).float()
        return (rows.to(self.device) - self.text_mean) @ self.text_map


def _fixed(values: Tensor) -> nn.Parameter:
    return nn.Parameter(values, requires_grad=False)


def _vectorizer(words: list[str]) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=tokenize, sublinear_tf=True, vocabulary=words)


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

"""CLIP (Radford et al. 2021) or SigLIP (Zhai et al. 2023) without any training here: the row to beat.

Both were trained on hundreds of millions of pairs from the web, so that they answer another question than
the papers of this course: not what few annotations are worth, but what many are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionBatch, RegionStore
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.models.base import Embedder, Presets
from vse_lessons.models.building import Vectors
from vse_lessons.sources.detectors.hub import HubEmbedder


class SentenceEmbedder(Protocol):
    """An object that embeds sentences into the space of the stored pictures."""

    feature_dim: int

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """(B, D) of B sentences."""
        ...


@dataclass(frozen=True)
class ZeroShotConfig(Presets):
    """The checkpoint that embeds sentences; pictures were embedded by the same one (`HubEmbedder`)."""

    checkpoint: str = ""  # a name on the hub or a local folder
    device: str = "cpu"  # where it runs


class ZeroShot(Embedder):
    """Compares embeddings of pictures and sentences that one checkpoint made, by their cosine.

    The embedding of a picture is the mean of its regions: one, the whole picture, where `HubEmbedder` made
    it.

    Args:
        embedder: embeds sentences.
        store: regions that the same checkpoint made of the pictures.

    Raises:
        DataError: the store's features are not as wide as the embeddings of sentences.
    """

    def __init__(self, embedder: SentenceEmbedder, store: RegionStore) -> None:
        super().__init__()
        if store.dimensions != embedder.feature_dim:
            raise DataError(
                f"{store.source} holds features {store.dimensions} wide, but sentences have "
                f"{embedder.feature_dim}: embed pictures and sentences with one checkpoint"
            )
        self.embedder = embedder
        self.place = nn.Parameter(torch.zeros(()), requires_grad=False)  # knows the device

    @classmethod
    def build(
        cls, config: ZeroShotConfig, training: SparseCorpus, *, seed: int = 0, word_vectors: Vectors = None
    ) -> ZeroShot:
        """Open the checkpoint whose embeddings of pictures the corpus holds; nothing is learnt.

        Args:
            config: names the checkpoint.
            training: a sparse corpus whose store the same checkpoint has made.
            seed: not used.
            word_vectors: not used.

        Returns:
            The model.

        Raises:
            DataError: no checkpoint is named, it cannot be opened, or it is not the store's.
        """
        if not config.checkpoint:
            raise DataError("name the checkpoint that embedded the pictures: ZeroShotConfig(checkpoint=...)")
        embedder = HubEmbedder(config.checkpoint, config.device)
        model = cls(embedder, training.corpus.regions)
        model.detector, model.width = f"{embedder.name} {embedder.version}", embedder.feature_dim
        model.check_detector(training.corpus.regions)
        return model.remember(training)

    def save(self, folder: str | Path, **notes: Any) -> None:
        """Refuse: all weights are the checkpoint's."""
        raise DataError("a zero-shot model has no weights of its own: keep the checkpoint's name or folder")

    def encode_images(self, images: RegionBatch) -> Tensor:
        """(B, R, D) -> (B, D)."""
        return images.mean()

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """B sentences -> (B, D)."""
        return self.embedder.encode_sentences(list(sentences)).to(self.device)

"""CLIP (Radford et al. 2021) or SigLIP (Zhai et al. 2023) without any training here: the row to beat.

Both were trained on hundreds of millions of pairs from the web, so that they answer another question than
the papers of this course: not what few annotations are worth, but what many are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionBatch, RegionStore
from vse_lessons.models.base import Embedder


class SentenceEmbedder(Protocol):
    """What embeds sentences into the space of the stored pictures."""

    feature_dim: int

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """(B, D) of B sentences."""
        ...


class ZeroShot(Embedder):
    """Similarity is the cosine of two embeddings, made elsewhere: of a picture, the mean of its regions (one,
    the whole picture, where `HubEmbedder` made it), and of a sentence, by the same checkpoint."""

    def __init__(self, embedder: SentenceEmbedder, store: RegionStore) -> None:
        """`DataError` if the store's features are not as wide as the embeddings of sentences."""
        super().__init__()
        if store.dimensions != embedder.feature_dim:
            raise DataError(
                f"{store.source} holds features {store.dimensions} wide, but sentences have "
                f"{embedder.feature_dim}: embed pictures and sentences with one checkpoint"
            )
        self.embedder = embedder
        self.place = nn.Parameter(torch.zeros(()), requires_grad=False)  # knows the device

    def encode_images(self, images: RegionBatch) -> Tensor:
        """(B, R, D) -> (B, D)."""
        return images.mean()

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """B sentences -> (B, D)."""
        return self.embedder.encode_sentences(list(sentences)).to(self.device)

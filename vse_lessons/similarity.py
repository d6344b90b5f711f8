"""Similarity of every image with every sentence."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def normalize(embeddings: Tensor) -> Tensor:
    """Unit length along the last dimension, in float32; a zero vector stays zero."""
    return F.normalize(embeddings.float(), dim=-1)


def cosine(images: Tensor, sentences: Tensor) -> Tensor:
    """S(a, b): cosines (I, S) of embeddings (I, H) and (S, H), in float32 also under autocast: in half
    precision the hardest negatives of a batch tie."""
    with torch.autocast(images.device.type, enabled=False):
        return normalize(images) @ normalize(sentences).T

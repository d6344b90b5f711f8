"""K-head context-aware attention pooling (A3VSE, Eq. 1)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def masked_mean(entities: Tensor, mask: Tensor) -> Tensor:
    """Average entities where they are not padding.

    Args:
        entities: (B, N, H).
        mask: (B, N) bool; True where there is an entity.

    Returns:
        (B, H).
    """
    weights = mask.to(entities.dtype).unsqueeze(-1)
    return (entities * weights).sum(1) / weights.sum(1).clamp(min=1)


class MultiHeadPooling(nn.Module):
    """Pooling of N regions or words to one vector by K attention heads (A3VSE, Eq. 1).

        E(V)     = [W_0 V^T, ..., W_{K-1} V^T]
        W_ik     = exp(lambda a_ik) / sum_i' exp(lambda a_i'k)
        a_ik     = tanh(P_k mean_i v_i)^T tanh(Q_k v_i)

    The heads are concatenated, so the output has K * H dimensions. The logit a_ik sums K' terms in [-1, 1]
    and saturates the softmax unless lambda is small. Supplied here: lambda = 1 / sqrt(K'), which the paper
    leaves open.

    Args:
        dimensions: The width H of an entity.
        heads: The number K of heads.
        context: The width K' of P_k and Q_k.
        temperature: lambda; None: 1 / sqrt(K').
    """

    def __init__(self, dimensions: int, heads: int, context: int, temperature: float | None = None):
        super().__init__()
        self.heads = heads
        self.temperature = 1 / math.sqrt(context) if temperature is None else temperature
        self.context = nn.Linear(dimensions, heads * context, bias=False)  # P_0 ... P_{K-1}
        self.entity = nn.Linear(dimensions, heads * context, bias=False)  # Q_0 ... Q_{K-1}
        nn.init.xavier_uniform_(self.context.weight)
        nn.init.xavier_uniform_(self.entity.weight)

    def weights(self, entities: Tensor, mask: Tensor) -> Tensor:
        """Compute the attention (B, K, N) of each head over the entities (B, N, H); padding has 0."""
        batch, count, _ = entities.shape
        context = torch.tanh(self.context(masked_mean(entities, mask)))  # (B, K*K')
        local = torch.tanh(self.entity(entities)).view(batch, count, self.heads, -1)
        logits = torch.einsum("bkc,bnkc->bkn", context.view(batch, self.heads, -1), local)
        logits = (self.temperature * logits).masked_fill(~mask.unsqueeze(1), float("-inf"))
        return logits.float().softmax(-1)

    def forward(self, entities: Tensor, mask: Tensor) -> Tensor:
        """Pool entities (B, N, H), where `mask` (B, N) is True, to (B, K * H)."""
        return (self.weights(entities, mask).to(entities.dtype) @ entities).flatten(1)


class MeanPooling(nn.Module):
    """Pooling of entities to their mean: the ablation "without attention" (A3VSE, Table 5)."""

    def weights(self, entities: Tensor, mask: Tensor) -> Tensor:
        """Compute uniform attention (B, 1, N) over the entities; padding has 0."""
        uniform = mask.float() / mask.sum(1, keepdim=True).clamp(min=1)
        return uniform.unsqueeze(1)

    def forward(self, entities: Tensor, mask: Tensor) -> Tensor:
        """Pool entities (B, N, H), where `mask` (B, N) is True, to (B, H)."""
        return masked_mean(entities, mask)

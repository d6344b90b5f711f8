"""Ranking losses over a batch's similarity matrix.

All take `similarity` (B, B), image i against sentence j, the pairs on the diagonal, and `owners` (B,), the
image that each sentence belongs to: a batch may hold two sentences of one image, which are not negatives of
each other.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

NEGATIVES = ("hardest", "mean", "sum")


def hinges(similarity: Tensor, owners: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """Compute the hinges of all negatives of a batch.

        [margin - S(a_i, b_i) + S(a_i, b_j)]_+    sentence j is wrong for image i
        [margin - S(a_j, b_j) + S(a_i, b_j)]_+    image i is wrong for sentence j

    Args:
        similarity: (B, B), image i against sentence j.
        owners: (B,) the image that each sentence belongs to.
        margin: m.

    Returns:
        Two matrices (B, B), one for each line; 0 where i and j show the same image.
    """
    positive = similarity.diagonal()
    same = owners.unsqueeze(0) == owners.unsqueeze(1)
    sentence = (margin - positive.unsqueeze(1) + similarity).clamp(min=0).masked_fill(same, 0)
    image = (margin - positive.unsqueeze(0) + similarity).clamp(min=0).masked_fill(same, 0)
    return sentence, image


def triplet_loss(
    similarity: Tensor,
    owners: Tensor,
    margin: float,
    negatives: str = "hardest",
    reduction: str = "mean",
) -> Tensor:
    """Compute the hinge triplet loss (A3VSE, Eq. 2; VSE++).

        l^P = 1/L sum_i {[m - S(a_i, b_i) + S(a_i, b^)]_+ + [m - S(a_i, b_i) + S(a^, b_i)]_+}

    Args:
        similarity: (B, B), image i against sentence j.
        owners: (B,) the image that each sentence belongs to.
        margin: m.
        negatives: "hardest", the b^ and a^ of the batch, or "mean" or "sum" over all negatives instead.
        reduction: "mean" over the L pairs as in the papers, or "sum" as in the code of VSE++ and SCAN, which
            is L times larger against any other term of an objective.

    Returns:
        A scalar.

    Raises:
        ValueError: `negatives` or `reduction` is unknown.
    """
    if negatives not in NEGATIVES:
        raise ValueError(f"negatives must be one of {', '.join(NEGATIVES)}, not {negatives!r}")
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be mean or sum, not {reduction!r}")
    sentence, image = hinges(similarity, owners, margin)
    if negatives == "hardest":
        each = sentence.amax(1) + image.amax(0)
    else:
        each = sentence.sum(1) + image.sum(0)
        if negatives == "mean":
            count = (owners.unsqueeze(0) != owners.unsqueeze(1)).sum(1)
            each = each / count.clamp(min=1)
    return each.mean() if reduction == "mean" else each.sum()


def contrastive_loss(similarity: Tensor, owners: Tensor, temperature: float) -> Tensor:
    """Compute softmax cross-entropy in both directions (InfoNCE), averaged.

        l = -1/2L sum_i {ln exp(s_ii/tau) / sum_j exp(s_ij/tau) + ln exp(s_ii/tau) / sum_j exp(s_ji/tau)}

    The sums leave out other pairs of the same image i.

    Args:
        similarity: (B, B), image i against sentence j.
        owners: (B,) the image that each sentence belongs to.
        temperature: tau.

    Returns:
        A scalar.
    """
    same = owners.unsqueeze(0) == owners.unsqueeze(1)
    others = same & ~torch.eye(len(owners), dtype=torch.bool, device=owners.device)
    logits = (similarity / temperature).masked_fill(others, float("-inf"))
    target = torch.arange(len(owners), device=owners.device)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2

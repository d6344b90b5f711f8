"""Similarity of every image with every sentence: of two vectors, or of two sets of vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass
class Entities:
    """B images as sets of regions, or B sentences as sets of words, padded to the largest set.

    Args:
        values: (B, N, H); zero where padded.
        mask: (B, N) bool; True where there is an entity.
    """

    values: Tensor
    mask: Tensor

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: slice | Tensor) -> Entities:
        """Some of the B sets, by slice or by index."""
        return Entities(self.values[rows], self.mask[rows])

    def mean(self) -> Tensor:
        """Average each set, (B, H), for maps and monitors."""
        return self.values.sum(1) / self.mask.sum(1, keepdim=True).clamp(min=1)

    def compact(self) -> Tensor:
        """Sum the unit vectors of each set, to unit length again, (B, H) (Artpedia, section 5.3)."""
        return normalize((normalize(self.values) * self.mask.unsqueeze(-1)).sum(1))


Embeddings = Tensor | Entities  # of images or of sentences, as a model's encoders return them


def concatenate(parts: Sequence[Embeddings]) -> Embeddings:
    """Put blocks of embeddings one after the other.

    Args:
        parts: Vectors (B_i, H), or sets of any size; at least one block, all of one kind.

    Returns:
        The embeddings of all blocks; sets are padded to the largest one.
    """
    if isinstance(parts[0], Tensor):
        return torch.cat([part for part in parts if isinstance(part, Tensor)])
    sets = [part for part in parts if isinstance(part, Entities)]
    missing = [max(one.mask.shape[1] for one in sets) - one.mask.shape[1] for one in sets]
    values = [F.pad(one.values, (0, 0, 0, m)) for one, m in zip(sets, missing)]
    return Entities(torch.cat(values), torch.cat([F.pad(one.mask, (0, m)) for one, m in zip(sets, missing)]))


def as_vectors(embeddings: Embeddings) -> Tensor:
    """Reduce embeddings to one vector each.

    Args:
        embeddings: Vectors (B, H), or sets (B, N, H).

    Returns:
        (B, H); of sets the mean.
    """
    return embeddings if isinstance(embeddings, Tensor) else embeddings.mean()


def normalize(embeddings: Tensor) -> Tensor:
    """Scale vectors to unit length.

    Args:
        embeddings: (..., H).

    Returns:
        (..., H) float32; a zero vector stays zero.
    """
    return F.normalize(embeddings.float(), dim=-1)


def cosine(images: Tensor, sentences: Tensor) -> Tensor:
    """Compute the cosines S(a, b) of all images and sentences.

    In float32, also under autocast: in half precision the hardest negatives of a batch tie.

    Args:
        images: (I, H).
        sentences: (S, H).

    Returns:
        (I, S).
    """
    with torch.autocast(images.device.type, enabled=False):
        return normalize(images) @ normalize(sentences).T


def order_similarity(images: Tensor, sentences: Tensor, block: int = 64) -> Tensor:
    """Compute the order similarity of all images and sentences (GXN, after Vendrov et al., ICLR 2016).

        S(v, t) = -|max(0, v - t)|^2

    Vendrov's order has it the other way round, max(0, t - v), with the sentence the more general of the two;
    exchange the arguments for that. In float32, also under autocast.

    Args:
        images: v (I, H).
        sentences: t (S, H).
        block: The number of images that are compared at a time.

    Returns:
        (I, S), at most 0; 0 where no number of the image's vector is above the sentence's.
    """
    with torch.autocast(images.device.type, enabled=False):
        rows = [
            -(part.float().unsqueeze(1) - sentences.float()).clamp(min=0).square().sum(-1)
            for part in images.split(block)
        ]
        return torch.cat(rows) if rows else images.new_zeros(0, len(sentences))


POOLS = ("logsumexp", "mean", "sum", "max")


@dataclass(frozen=True)
class CrossAttention:
    """The way in which two sets of vectors are compared by attention across them (SCAN, section 3.1).

    Args:
        sharpness: lambda_1 of the attention's softmax; lambda_s of Artpedia.
        pool: How the attending entities are pooled, one of `POOLS`.
        softness: lambda_2 of LogSumExp.
        leak: The slope of negative similarities; 0 is [s]_+, and SCAN's code has 0.1.
        directions: "t2i", words attend to regions; "i2t", regions attend to words; or both.
        normalized: Whether s-bar is attended by; False: the cosines themselves (Artpedia, Eq. 3).

    Raises:
        ValueError: `pool` or a direction is unknown, or there is no direction.
    """

    sharpness: float
    pool: str = "mean"
    softness: float = 6.0
    leak: float = 0.0
    directions: tuple[str, ...] = ("t2i",)
    normalized: bool = True

    def __post_init__(self) -> None:
        if self.pool not in POOLS:
            raise ValueError(f"pool must be one of {', '.join(POOLS)}, not {self.pool!r}")
        if not self.directions or set(self.directions) - {"t2i", "i2t"}:
            raise ValueError(f"directions are t2i, i2t or both, not {self.directions}")


def cross_attention(
    images: Entities, sentences: Entities, how: CrossAttention, block: tuple[int, int] = (32, 64)
) -> Tensor:
    """Compute the stacked cross attention of all images and sentences (SCAN, Lee et al. 2018, section 3.1).

    With cosines s_ij of region i and word j, a word j attends to the regions:

        sbar_ij  = [s_ij]_+ / sqrt(sum_j [s_ij]_+^2)                  clipped, normalised over words
        alpha_ij = exp(lambda_1 sbar_ij) / sum_i exp(lambda_1 sbar_ij),  a_j = sum_i alpha_ij v_i
        R(e_j, a_j) = cos(e_j, a_j),   S = pool_j R(e_j, a_j)

    The other direction exchanges regions and words; with both the result is the mean of the two. Where
    `how.normalized` is False the attention is that of the cosines themselves, alpha_ij proportional to
    exp(lambda_1 s_ij). The result is exact, without forming an attended vector: since
    e_j . a_j = sum_i alpha_ij s_ij and |a_j|^2 = alpha_j^T G alpha_j with the image's Gram matrix G = V V^T,
    one product of regions and words and a small Gram matrix each are enough.

    In float32 (or wider), also under autocast.

    Args:
        images: (I, R, H), padded and masked.
        sentences: (S, W, H), padded and masked.
        how: Temperatures, pooling and directions.
        block: The numbers of images and sentences that are compared at a time, which takes some tens of MB
            beside the result. Under autograd the memory of all blocks is kept.

    Returns:
        (I, S).
    """
    with torch.autocast(images.values.device.type, enabled=False):
        scale_images, scale_sentences = _inverse_lengths(images), _inverse_lengths(sentences)
        rows = []
        for i in _slices(len(images), block[0]):
            v = _unit(images[i], scale_images[i])  # (R, I', H)
            row: list[Tensor] = []
            for s in _slices(len(sentences), block[1]):
                e = _unit(sentences[s], scale_sentences[s])  # (W, S', H)
                cosines, scores = v.flatten(0, 1) @ e.flatten(0, 1).T, []  # (R * I', W * S')
                if "t2i" in how.directions:
                    shaped = cosines.view(*v.shape[:2], *e.shape[:2])
                    scores.append(_attend(shaped, _gram(v), sentences.mask[s], how))
                if "i2t" in how.directions:
                    turned = cosines.T.contiguous().view(*e.shape[:2], *v.shape[:2])
                    scores.append(_attend(turned, _gram(e), images.mask[i], how).T)
                row.append(_mean(scores))
            rows.append(torch.cat(row, 1))
        return torch.cat(rows)


def _attend(cosines: Tensor, gram: Tensor, mask: Tensor, how: CrossAttention) -> Tensor:
    """The pooled relevance (C, Q) of Q queries, sets of N entities, to C contexts, sets of M entities.

    cosines: (M, C, N, Q); gram: (C, M, M) of the contexts; mask: (Q, N) of the queries. Padded vectors are
    zero, so padding of the context adds nothing to either sum below, whatever its attention is; and
    the softmax needs no denominator, for a cosine does not depend on the length of a vector.
    """
    attention = _attention(cosines, how).flatten(2)  # (M, C, N * Q)
    product = (attention * cosines.flatten(2)).sum(0)  # e . a, (C, N * Q)
    shared = gram @ attention.transpose(0, 1)  # (C, M, N * Q)
    squared = (attention.transpose(0, 1) * shared).sum(1)  # |a|^2
    relevance = (product / squared.clamp(min=TINY).sqrt()).view(*cosines.shape[1:])
    return _pool(relevance, mask.T.unsqueeze(0), how)


def _attention(cosines: Tensor, how: CrossAttention) -> Tensor:
    """Attention before it is normalised, of the same shape; the query's entities are dimension 2."""
    if not how.normalized:
        return (how.sharpness * cosines).exp_()
    clipped = F.leaky_relu(cosines, how.leak) if how.leak else cosines.relu()
    lengths = clipped.square().sum(2, keepdim=True).clamp(min=TINY).sqrt()
    return (clipped * (how.sharpness / lengths)).exp_()


def paired_cross_attention(images: Entities, sentences: Entities, how: CrossAttention) -> Tensor:
    """Compute the diagonal of `cross_attention`, image b with sentence b, at a B-th of its cost.

    Args:
        images: (B, R, H), padded and masked.
        sentences: (B, W, H), padded and masked.
        how: Temperatures, pooling and directions.

    Returns:
        (B,).

    Raises:
        ValueError: There are not as many images as sentences.
    """
    if len(images) != len(sentences):
        raise ValueError(f"{len(images)} images and {len(sentences)} sentences are no pairs")
    with torch.autocast(images.values.device.type, enabled=False):
        v = images.values.to(_wide(images)) * _inverse_lengths(images)
        e = sentences.values.to(_wide(sentences)) * _inverse_lengths(sentences)
        cosines, scores = v @ e.mT, []  # (B, R, W)
        if "t2i" in how.directions:
            scores.append(_attend_paired(cosines, v @ v.mT, sentences.mask, how))
        if "i2t" in how.directions:
            scores.append(_attend_paired(cosines.mT, e @ e.mT, images.mask, how))
        return _mean(scores)


def _mean(scores: list[Tensor]) -> Tensor:
    """The mean of the directions."""
    return scores[0] if len(scores) == 1 else (scores[0] + scores[1]) / 2


def _attend_paired(cosines: Tensor, gram: Tensor, mask: Tensor, how: CrossAttention) -> Tensor:
    """`_attend` of B pairs: cosines (B, M, N) of context and query, gram (B, M, M), mask (B, N) -> (B,)."""
    attention = _attention(cosines, how)
    product = (attention * cosines).sum(1)  # (B, N)
    squared = (attention * (gram @ attention)).sum(1)
    relevance = product / squared.clamp(min=TINY).sqrt()
    return _pool(relevance.unsqueeze(-1), mask.unsqueeze(-1), how).squeeze(-1)


def _pool(relevance: Tensor, mask: Tensor, how: CrossAttention) -> Tensor:
    """Pool relevance (C, N, Q), where `mask` (1, N, Q) is True, to (C, Q)."""
    if how.pool == "max":
        return relevance.masked_fill(~mask, -torch.inf).amax(1)
    if how.pool == "logsumexp":
        hidden = (how.softness * relevance).masked_fill(~mask, -torch.inf)
        return hidden.logsumexp(1) / how.softness
    total = (relevance * mask).sum(1)
    return total if how.pool == "sum" else total / mask.sum(1).clamp(min=1)


TINY = 1e-12  # below it a length, or its square, is 0


def _inverse_lengths(entities: Entities) -> Tensor:
    """The factors (B, N, 1) that make the vectors as long as 1; 0 where padded."""
    lengths = torch.linalg.vector_norm(entities.values, dim=-1, keepdim=True, dtype=_wide(entities))
    return entities.mask.unsqueeze(-1) / lengths.clamp(min=TINY)


def _unit(entities: Entities, scale: Tensor) -> Tensor:
    """Unit vectors (N, B, H), zero where padded.

    The entities come first, so that every reduction of `_attend` runs along memory. It is made for a block
    at a time: a copy of all would double the memory.
    """
    return (entities.values.to(_wide(entities)) * scale).transpose(0, 1).contiguous()


def _wide(entities: Entities) -> torch.dtype:
    return torch.promote_types(entities.values.dtype, torch.float32)


def _gram(vectors: Tensor) -> Tensor:
    """The products (B, N, N) of the vectors (N, B, H) of each set."""
    return vectors.transpose(0, 1) @ vectors.permute(1, 2, 0)


def _slices(count: int, size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, count, size)]

"""Computes recall among N retrievable items, the second protocol of Artpedia (Table 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vse_lessons.common.errors import DataError
from vse_lessons.common.random import generator
from vse_lessons.evaluation.retrieval import Embedded, similarities
from vse_lessons.models.base import Embedder


@dataclass(frozen=True)
class Spread:
    """The mean and the deviation of a figure over several draws."""

    mean: float  # over the draws
    deviation: float  # standard deviation over the draws; 0 where every draw is the same


def subset_recalls(
    model: Embedder,
    embedded: Embedded,
    sizes: Sequence[int] = (10, 50, 100),
    draws: int = 10,
    seed: int = 0,
    cuts: Sequence[int] = (1, 5),
) -> dict[int, dict[str, dict[str, Spread]]]:
    """Compute recall among N retrievable items, for several N; see `recalls_among`.

    Args:
        model: the model that embedded the split.
        embedded: the result of `embed`.
        sizes: the N.
        draws: how often each query's items are drawn.
        seed: of the draws.
        cuts: K of the recalls.

    Returns:
        N to what `recalls_among` returns.
    """
    scores = similarities(model, embedded)
    return {size: recalls_among(scores, embedded.image_of, size, draws, seed, cuts) for size in sizes}


def recalls_among(
    similarity: Tensor,
    image_of: Tensor,
    size: int,
    draws: int = 10,
    seed: int = 0,
    cuts: Sequence[int] = (1, 5),
) -> dict[str, dict[str, Spread]]:
    """Compute recall among N retrievable items (Table 4).

    t2i: a sentence looks for its image among that and N - 1 others drawn at random.  i2t: an image looks for
    the best of its sentences among the sentences of itself and of N - 1 others drawn at random.  Each query
    has its own draw, repeated `draws` times.  Ties count against the model.  Images without a sentence are
    left out.

    Args:
        similarity: (I, S) similarities.
        image_of: (S,) row of each sentence's image.
        size: the N.
        draws: how often each query's items are drawn.
        seed: of the draws.
        cuts: K of the recalls.

    Returns:
        {"t2i": {"R@1": ...}, "i2t": ...}, in per cent.

    Raises:
        DataError: N is larger than the number of images with a sentence, no draw, or a similarity that is not
            finite.
    """
    owners = torch.as_tensor(image_of).cpu().numpy()
    kept = np.unique(owners)
    if not 1 <= size <= len(kept):
        raise DataError(
            f"N = {size} retrievable items, but there are {len(kept)} images with a sentence: "
            f"use 1 to {len(kept)}"
        )
    if draws < 1:
        raise DataError(f"{draws} draws: make at least one")
    if not bool(torch.isfinite(similarity).all()):
        raise DataError("a similarity is NaN or infinite: the model has diverged, or a feature is bad")
    scores = similarity.detach().cpu().numpy()[kept]  # (I', S)
    owners = np.searchsorted(kept, owners)
    beats = _beats(scores, owners)
    found: dict[str, dict[str, Spread]] = {}
    for side, (beaten, own) in beats.items():
        rng = generator("distractors", seed, size)
        ranks = np.stack([1 + _draw(beaten, own, size - 1, rng) for _ in range(draws)])  # (draws, Q)
        recalls = {k: 100 * (ranks <= k).mean(1) for k in cuts}
        found[side] = {
            f"R@{k}": Spread(float(values.mean()), float(values.std(ddof=1)) if draws > 1 else 0.0)
            for k, values in recalls.items()
        }
    return found


def _beats(scores: np.ndarray, owners: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Count how many items of image j score at least as high as the right one of query q.

    Returns for both directions these counts (Q, I), and the query's own image (Q,).
    """
    images, sentences = scores.shape
    own = scores[owners, np.arange(sentences)]
    t2i = (scores >= own).T.astype(np.int64)  # (S, I)
    best = np.full(images, -np.inf)
    np.maximum.at(best, owners, own)
    of_image = np.zeros((sentences, images), np.int64)
    of_image[np.arange(sentences), owners] = 1
    i2t = (scores >= best[:, None]).astype(np.int64) @ of_image  # (I, I)
    return {"t2i": (t2i, owners), "i2t": (i2t, np.arange(images))}


def _draw(beaten: np.ndarray, own: np.ndarray, others: int, rng: np.random.Generator) -> np.ndarray:
    """Draw `others` images for each query, never its own, and sum what they hold against it: (Q,)."""
    if others == 0:
        return np.zeros(len(own), np.int64)
    chance = rng.random(beaten.shape)
    chance[np.arange(len(own)), own] = 2.0  # last: never drawn
    chosen = np.argpartition(chance, others - 1, axis=1)[:, :others]
    return np.take_along_axis(beaten, chosen, 1).sum(1)

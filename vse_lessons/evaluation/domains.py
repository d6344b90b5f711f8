"""Measures how far apart two domains lie in a model's joint space, for images and for sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from vse_lessons.blocks.mmd import check_samples, two_sample_test
from vse_lessons.blocks.similarity import as_vectors, concatenate, normalize
from vse_lessons.common.random import generator
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.regions import RegionStore
from vse_lessons.data.unpaired import Unpaired
from vse_lessons.evaluation.retrieval import evaluating
from vse_lessons.models.base import Embedder

POINTS = 300  # of each domain that the figures are computed from


def proxy_a_distance(first: Tensor, second: Tensor, seed: int = 0) -> float:
    """Compute the proxy A-distance of two samples, 2 (1 - 2 epsilon) (Ben-David et al. 2007).

    epsilon is the error of a linear classifier that tells the domains apart, here logistic regression,
    trained on one half of each sample and tested on the other, both domains alike.  An epsilon above 1/2
    counts as 1/2.

    Args:
        first: (N, H) a sample of the first domain.
        second: (M, H) a sample of the second domain.
        seed: of the halves.

    Returns:
        2 where the classifier never errs, 0 where it guesses.
    """
    check_samples(first, second)
    rng = generator("domain halves", seed)
    train, test = [], []
    for label, sample in enumerate((first, second)):
        points = sample.detach().float().cpu().numpy()[rng.permutation(len(sample))]
        half = len(points) // 2
        train.append((points[:half], np.full(half, label)))
        test.append((points[half:], np.full(len(points) - half, label)))
    x, y = (np.concatenate(side) for side in zip(*train))
    scaler = StandardScaler().fit(x)
    classifier = LogisticRegression(class_weight="balanced", max_iter=1000).fit(scaler.transform(x), y)
    errors = [1 - classifier.score(scaler.transform(points), labels) for points, labels in test]
    return 2 * (1 - 2 * min(0.5, float(np.mean(errors))))


def encode(
    model: Embedder, regions: RegionStore, images: Sequence[int] | np.ndarray, sentences: Sequence[str]
) -> dict[str, Tensor]:
    """Encode some images of a store and some sentences as unit vectors.

    Args:
        model: the model.
        regions: the store.
        images: (N,) rows of the store.
        sentences: M sentences.

    Returns:
        {"images": (N, H), "sentences": (M, H)}, on the CPU.
    """
    with evaluating(model):
        seen = [model.encode_images(b.to(model.device)) for b in regions.batches(images)]
        read = [model.encode_sentences(list(sentences[i : i + 256])) for i in range(0, len(sentences), 256)]
    return {
        name: normalize(as_vectors(concatenate(parts))).cpu()
        for name, parts in (("images", seen), ("sentences", read))
    }


def some_of(domain: Corpus | Unpaired, split: str = "val", seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """Draw the images and sentences of a domain that `alignment` looks at.

    Of a corpus they are at most `POINTS` images of a split, and a sentence of each that has one; of a domain
    without pairs, which has no splits, images and sentences are drawn apart.

    Args:
        domain: a corpus, or a domain without pairs.
        split: "train", "val" or "test", for a corpus.
        seed: of the draw.

    Returns:
        Rows of the domain's region store, and sentences.
    """
    rng = generator("domain sample", seed)
    if isinstance(domain, Unpaired):
        images, sentences = (
            rng.permutation(len(side))[:POINTS] for side in (domain.images, domain.sentences)
        )
        return domain.images[images], [domain.sentences[s] for s in sentences]
    images = domain.images(split)
    images = images[rng.permutation(len(images))[:POINTS]]
    return images, [domain.sentences[domain.visual_of[i][0]] for i in images if len(domain.visual_of[i])]


def alignment(source: dict[str, Tensor], target: dict[str, Tensor], seed: int = 0) -> dict[str, dict]:
    """Measure the distance of two domains: MMD^2 with its permutation test, and the proxy A-distance.

    Args:
        source: what `encode` returned for one domain.
        target: what `encode` returned for the other.
        seed: of the permutations and of the halves.

    Returns:
        For "images" and for "sentences" the biased MMD^2, the p of its test, and "a_distance".
    """
    found = {}
    for side in ("images", "sentences"):
        test = two_sample_test(source[side], target[side], seed=seed)
        found[side] = {**test, "a_distance": proxy_a_distance(source[side], target[side], seed)}
    return found


def measure_alignment(
    model: Embedder, source: Corpus, target: Corpus | Unpaired, seed: int = 0
) -> dict[str, dict]:
    """Measures the distance of two domains in the space of a model; see `some_of` and `alignment`.

    Args:
        model: the model.
        source: the corpus with pairs.
        target: the other domain.
        seed: of the draws, of the permutations and of the halves.

    Returns:
        What `alignment` returns.
    """
    here, there = (encode(model, one.regions, *some_of(one, "val", seed)) for one in (source, target))
    return alignment(here, there, seed)

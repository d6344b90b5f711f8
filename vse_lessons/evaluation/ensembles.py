"""Ensembles: the mean of several models' similarities (SCAN, Lee et al. 2018, section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.evaluation.metrics import CUTS, Evaluation, evaluate_ranks
from vse_lessons.evaluation.ranking import Ranks, rank_similarity, with_image_numbers
from vse_lessons.evaluation.retrieval import embed, similarities
from vse_lessons.models.base import Embedder


def mean_similarity(matrices: Iterable[Tensor]) -> Tensor:
    """Average similarities of several models; no model's scores are rescaled.

    Args:
        matrices: (I, S) similarities of each model.

    Returns:
        (I, S) means, at least in float32, on the first matrix's device.

    Raises:
        DataError: no model, or matrices of different shapes.
    """
    total, count = None, 0
    for count, scores in enumerate(matrices, 1):
        if total is None:
            total = scores.to(torch.promote_types(scores.dtype, torch.float32), copy=True)
        elif scores.shape != total.shape:
            raise DataError(
                f"similarities of model {count} are {tuple(scores.shape)}, those of the first "
                f"{tuple(total.shape)}: score the same images and sentences"
            )
        else:
            total += scores.to(total.device)
    if total is None:
        raise DataError("an ensemble needs at least one model")
    return total.div_(count)


def rank_ensemble(models: Sequence[Embedder], corpus: Corpus, split: str) -> Ranks:
    """Rank a split by the mean of several models' similarities.

    Args:
        models: the members of the ensemble.
        corpus: the corpus.
        split: "train", "val" or "test".

    Returns:
        The ranks; images are named by their numbers in the corpus.
    """
    parts = [embed(model, corpus, corpus.images(split)) for model in models]
    scores = mean_similarity(similarities(*pair) for pair in zip(models, parts))
    return with_image_numbers(rank_similarity(scores, parts[0].image_of), parts[0].image_numbers)


def evaluate_ensemble(
    models: Sequence[Embedder], corpus: Corpus, split: str, cuts: Sequence[int] = CUTS
) -> Evaluation:
    """Evaluate the mean of several models' similarities on a split.

    Args:
        models: the members of the ensemble.
        corpus: the corpus.
        split: "train", "val" or "test".
        cuts: K of the recalls; 1, 5 and 10 are always among them.

    Returns:
        The evaluation.
    """
    return evaluate_ranks(rank_ensemble(models, corpus, split), cuts)

"""What stops a run or warns of it: too few pairs, terms that are not finite, collapse, plateaus."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from vse_lessons.blocks.similarity import as_vectors, normalize
from vse_lessons.common.files import DataError
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.evaluation.retrieval import Embedded
from vse_lessons.models.base import Optimization

COLLAPSED = 0.98  # mean cosine of two embeddings above which they are one point
PLATEAU = 0.02  # relative distance from a term's plateau below which it is stuck there


class TrainingError(RuntimeError):
    """Training cannot go on; the message names the term, and the last good checkpoint stays."""


def check_batch(training: SparseCorpus, optimization: Optimization) -> None:
    """Raise a `DataError` unless the pairs fill a batch and every image has negatives."""
    pairs, size = len(training.pairs), optimization.batch_size
    if pairs < size or len(training.annotated) < 2:
        raise DataError(
            f"{len(training.annotated)} annotated images with {pairs} sentences cannot fill a batch of "
            f"{size} pairs: annotate more images, or use a smaller batch_size"
        )
    if training.semantics and len(training.unannotated) < 2:
        raise DataError(
            "one un-annotated image has no negatives: annotate fewer images, or leave the semantics out"
        )


def check_finite(terms: dict[str, Tensor], epoch: int, step: int) -> None:
    """Raise a `TrainingError` that names the first term that is not finite."""
    for name, value in terms.items():
        if not torch.isfinite(value):
            raise TrainingError(
                f"the term {name!r} became {float(value)} in epoch {epoch}, step {step}: training "
                "stops; the checkpoint of the epoch before is untouched.  Try a lower learning rate "
                "or look for features out of range"
            )


def mean_cosines(embedded: Embedded) -> dict[str, float]:
    """Measure how alike the embeddings of a split are; near 1 they have collapsed to a point.

    Args:
        embedded: a split as a model sees it.

    Returns:
        The mean cosine of two images and of two sentences. The mean over all ordered pairs, each with itself
        too, is the squared length of the mean of the unit vectors.
    """
    return {
        "image_cosine": float(normalize(as_vectors(embedded.images)).mean(0).square().sum()),
        "sentence_cosine": float(normalize(as_vectors(embedded.sentences)).mean(0).square().sum()),
    }


def signs_of_failure(entry: dict, before: dict, plateaus: Mapping[str, float]) -> list[str]:
    """Name the two classic ways to fail: embeddings in one point, and hinges stuck at the margin.

    Args:
        entry: the history's entry of this epoch.
        before: that of the epoch before, or empty.
        plateaus: for each term that can stick, where it sticks.

    Returns:
        One warning for each sign.
    """
    warnings, epoch = [], f"epoch {entry['epoch']}"
    for side in ("image", "sentence"):
        if (cosine := entry[f"{side}_cosine"]) > COLLAPSED:
            warnings.append(
                f"{epoch}: collapse, the mean cosine of two {side} embeddings is {cosine:.3f}; "
                "lower the adversarial weights, if any"
            )
    for term, value in plateaus.items():
        # one epoch may pass by the plateau on its way down; two are stuck
        if all(abs(one.get(term, 0.0) - value) < PLATEAU * value for one in (before, entry)):
            warnings.append(
                f"{epoch}: the term {term!r} is stuck at {value:.3g}, where every hinge equals "
                "the margin; use more warm-up epochs"
            )
    return warnings

"""Compresses embeddings to a few axes, so that a stored run can be drawn as a map of the joint space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from vse_lessons.blocks.similarity import as_vectors, normalize
from vse_lessons.data.corpus import Corpus
from vse_lessons.evaluation.retrieval import Embedded
from vse_lessons.evaluation.search import compact
from vse_lessons.models.base import Embedder


def compress_groups(groups: dict[str, Tensor], dimensions: int = 16, centred: bool = True) -> dict:
    """Project groups of vectors to the principal axes of all of them, in thousandths.

    Args:
        groups: name to vectors (N_g, H), which are scaled to unit length first.
        dimensions: how many axes are kept.
        centred: whether the mean of all is taken off; else the vectors keep about their cosines.

    Returns:
        name to lists (N_g, dimensions) of whole numbers, 1000 times the coordinates.
    """
    points = normalize(torch.cat(list(groups.values()))).cpu()
    points = points - points.mean(0) if centred else points
    axes = torch.linalg.svd(points, full_matrices=False)[2][:dimensions]
    rounded = (1000 * points @ axes.T).round().int()
    parts = rounded.split([len(vectors) for vectors in groups.values()])
    return {name: part.tolist() for name, part in zip(groups, parts)}


def compress_pairs(embedded: Embedded, images: int = 100, dimensions: int = 16) -> dict:
    """Compress the first images of a split and the first sentence of each, for a map of the joint space.

    Args:
        embedded: the result of `embed`.
        images: how many images.
        dimensions: how many principal axes are kept.

    Returns:
        "image" and "sentence" to coordinates; see `compress_groups`.
    """
    first = np.unique(embedded.image_of.cpu().numpy(), return_index=True)[1][:images]
    owners = embedded.image_of[torch.from_numpy(first)]
    sides = (
        as_vectors(embedded.images)[owners],
        as_vectors(embedded.sentences)[torch.from_numpy(first)],
    )
    return compress_groups({"image": sides[0], "sentence": sides[1]}, dimensions)


def compress_pages(model: Embedder, corpus: Corpus, images: Sequence[int] | np.ndarray) -> dict:
    """Compress pages: compact vectors (Artpedia, section 5.3) for the maps of the paper's Figure 3.

    Args:
        model: the model, which is left in eval mode.
        corpus: a corpus of pages.
        images: numbers of images; those without sentences of both kinds are left out.

    Returns:
        "image", "visual" and "contextual" to coordinates (of the first sentence of each kind); and "cosines",
        the mean cosine of an image with its sentence of either kind.
    """
    images = [i for i in images if len(corpus.visual_of[i]) and len(corpus.contextual_of[i])]
    model.eval()
    with torch.no_grad():
        groups = {"image": compact(model.encode_images(corpus.regions.batch(images).to(model.device)))}
        for name, of in (("visual", corpus.visual_of), ("contextual", corpus.contextual_of)):
            groups[name] = compact(model.encode_sentences([corpus.sentences[of[i][0]] for i in images]))
    cosines = {
        name: float((groups["image"] * groups[name]).sum(-1).mean()) for name in ("visual", "contextual")
    }
    return {**compress_groups(groups, centred=False), "cosines": cosines}

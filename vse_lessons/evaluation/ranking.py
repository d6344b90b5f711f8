"""Counts ranks without sorting: the one place where similarities become ranks, for every model.

Ties count against the model, and NaN and infinity are refused: constant scores must not win, and a model that
has diverged must not get a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from vse_lessons.common.files import DataError

BYTE = 255  # rows that are compared at a time: the most whose count fits in a byte

# gives the rows of the (I, S) scores in order, some at a time; the same bits whenever it is called
Strips = Callable[[], Iterable[Tensor]]


@dataclass(frozen=True)
class Ranks:
    """Ranks that S sentences and Q images reached, and the image that each query belongs to.

    Figures, intervals and tests are computed from these.  S sentences look for their image (t2i); Q images
    that have a sentence look for their sentences (i2t).
    """

    t2i: np.ndarray  # (S,) int64 rank of the right image
    i2t: np.ndarray  # (Q,) int64 rank of the best of the image's own sentences
    t2i_image: np.ndarray  # (S,) int64 the image of each sentence
    i2t_image: np.ndarray  # (Q,) int64 the asking images
    r_precision: np.ndarray  # (Q,) share of an image's R sentences that are among its first R
    average_precision: np.ndarray  # (Q,) average precision over an image's first R, for mAP@R
    n_images: int  # candidates of t2i, those without a sentence too

    def take(self, sentences: np.ndarray, images: np.ndarray) -> Ranks:
        """Select some queries, with the ranks that they reached among all candidates.

        Args:
            sentences: rows of the S sentences; a row may occur more than once.
            images: rows of the Q images; a row may occur more than once.

        Returns:
            The ranks of the chosen queries.
        """
        return Ranks(
            self.t2i[sentences],
            self.i2t[images],
            self.t2i_image[sentences],
            self.i2t_image[images],
            self.r_precision[images],
            self.average_precision[images],
            self.n_images,
        )


def ranks(similarity: Tensor, image_of: Tensor, block: int = BYTE) -> tuple[Tensor, Tensor]:
    """Compute the two tensors of ranks alone; see `rank_similarity`.

    Args:
        similarity: (I, S) similarities of images and sentences.
        image_of: (S,) row of each sentence's image.
        block: rows that are compared at a time.

    Returns:
        t2i (S,) in the order of the sentences, and i2t (Q,) in the order of the images that have a sentence.
    """
    found = rank_similarity(similarity, image_of, block)
    device = similarity.device
    return torch.from_numpy(found.t2i).to(device), torch.from_numpy(found.i2t).to(device)


def rank_similarity(similarity: Tensor, image_of: Tensor, block: int = BYTE) -> Ranks:
    """Rank a matrix of similarities by counting, in blocks of images, without sorting.

    - t2i: 1 + the number of other images that score at least as high as the right one;
    - i2t: 1 + the number of sentences of other images that score at least as high as the best of the image's
      own; R-precision and mAP@R of the same ranking.

    A tie counts against the model: constant similarities give the last rank, not the first.

    Args:
        similarity: (I, S) similarities of images and sentences, floating point.
        image_of: (S,) row of each sentence's image.
        block: rows that are compared at a time, at most 255; it changes the time and nothing else.

    Returns:
        The ranks; images are named by their rows.

    Raises:
        DataError: a wrong shape, a wrong owner, no sentence at all, NaN or infinity.
    """
    owners = owners_of_matrix(similarity, image_of)
    if block < 1:
        raise DataError(f"block is {block}: compare at least one row at a time")
    return rank_strips(lambda: (similarity,), owners, len(similarity), block)


def with_image_numbers(found: Ranks, numbers: np.ndarray) -> Ranks:
    """Name the images of ranks by `numbers` (I,), no longer by row."""
    return replace(found, t2i_image=numbers[found.t2i_image], i2t_image=numbers[found.i2t_image])


def owners_of_matrix(similarity: Tensor, image_of: Tensor) -> Tensor:
    """Check the owners of a matrix's sentences and the matrix's shape; see `check_owners`."""
    if similarity.ndim != 2:
        raise DataError(
            f"similarities are (images, sentences), a row an image; these have the shape "
            f"{tuple(similarity.shape)}"
        )
    images, sentences = similarity.shape
    return check_owners(image_of, images, sentences, similarity.device)


def check_owners(image_of: Tensor, images: int, sentences: int, device: torch.device) -> Tensor:
    """Check `image_of`, the row of each sentence's image, and return it as (S,) int64."""
    owners = torch.as_tensor(image_of, device=device)
    if owners.shape != (sentences,):
        raise DataError(
            f"similarities are {(images, sentences)}, but image_of has the shape "
            f"{tuple(owners.shape)}: all {sentences} sentences must have an owner"
        )
    if not sentences:
        raise DataError("there is no query to evaluate: the split has no sentence")
    if owners.is_floating_point() or owners.is_complex() or owners.dtype == torch.bool:
        raise DataError(f"image_of holds {owners.dtype}; it must hold rows of images, as int64")
    owners = owners.long()
    wrong = torch.nonzero((owners < 0) | (owners >= images)).squeeze(1)
    if len(wrong):
        raise DataError(
            f"sentence {int(wrong[0])} belongs to image {int(owners[wrong[0]])}, but there "
            f"are images 0 to {images - 1}: image_of counts rows of the matrix"
        )
    return owners


@torch.no_grad()
def rank_strips(strips: Strips, image_of: Tensor, images: int, block: int = BYTE) -> Ranks:
    """Count ranks in two passes over strips of scores.

    A sentence can only be compared with all images once its own score is known.  Own scores are taken from
    the very strips that they are compared with: computed apart, they would differ in the last bit, and ties
    would break.
    """
    sentences = len(image_of)
    size = min(block, BYTE)
    order = torch.argsort(image_of, stable=True)
    rows_of_images = torch.arange(images + 1, device=image_of.device)
    first = torch.searchsorted(image_of[order], rows_of_images).tolist()
    mask = torch.empty(min(size, images), sentences, dtype=torch.bool, device=image_of.device)
    own = torch.empty(0, device=image_of.device)  # (S,) as soon as the type of the scores is known
    sides = []
    for start, rows in _blocks(strips, size):
        _check_rows(rows, start)
        mine = order[first[start] : first[start + len(rows)]]
        local = image_of[mine] - start
        own = own if len(own) else rows.new_empty(sentences)
        own[mine] = rows[local, mine]
        sides.append(_own_positions(rows, local, own[mine], mask))
    t2i = torch.zeros(sentences, dtype=torch.int64, device=image_of.device)
    for _, rows in _blocks(strips, size):
        # the right image counts itself, so this is 1 + the others
        t2i += _at_least(rows, own, 0, mask)
    asking = torch.unique(image_of)
    i2t, precision, average = (torch.cat(side)[asking].cpu().numpy() for side in zip(*sides))
    return Ranks(
        t2i.cpu().numpy(), i2t, image_of.cpu().numpy(), asking.cpu().numpy(), precision, average, images
    )


def _blocks(strips: Strips, size: int) -> Iterator[tuple[int, Tensor]]:
    """Blocks of at most `size` rows, each with the number of its first row."""
    start = 0
    for strip in strips():
        for rows in strip.split(size):
            yield start, rows
            start += len(rows)


def _check_rows(rows: Tensor, start: int) -> None:
    """Refuse scores (B, S) that are not finite numbers."""
    if not rows.is_floating_point():
        raise DataError(f"similarities are {rows.dtype}: they must be floating-point numbers")
    # A sum with NaN or infinity in it is never finite.  A sum of finite numbers may overflow, so only
    # then is each number looked at, which is ten times slower.
    if torch.isfinite(rows.sum()):
        return
    for image, sentence in torch.nonzero(~torch.isfinite(rows))[:1].tolist():
        raise DataError(
            f"the similarity of image {start + image} and sentence {sentence} is NaN or infinite "
            f"({float(rows[image, sentence])}): the model has diverged, or a feature is bad"
        )


def _at_least(rows: Tensor, bounds: Tensor, dim: int, mask: Tensor) -> Tensor:
    """Count how many of rows (B, S), B at most 255, are at least as high as `bounds`.

    `bounds` is (S,) for dim 0 or (B, 1) for dim 1.  `mask` is memory to work in.  Summed as bytes, because
    sums of bool are slow.
    """
    higher = torch.ge(rows, bounds, out=mask[: len(rows)]).view(torch.uint8)
    if dim == 0:
        return higher.sum(0, dtype=torch.uint8)
    # along a row in two steps: at most BYTE bytes at a time, each into a byte, with no copy as integers
    groups = min(BYTE, higher.shape[1])
    width = higher.shape[1] // groups
    even = higher[:, : groups * width].unflatten(1, (groups, width)).sum(1, dtype=torch.uint8)
    rest = higher[:, groups * width :]
    return even.sum(1, dtype=torch.int32) + rest.sum(1, dtype=torch.int32)


def _own_positions(rows: Tensor, local: Tensor, own: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
    """Find where an image's R own sentences stand in its ranking.

    rows: (B, S) scores. local: (M,) the row, in ascending order, and own: (M,) the score, of each of the M
    sentences of these B images. The j-th best own sentence stands at p_j = j + the number of others that
    score at least as high. Returned for each image, 0 where it has no sentence:

    - p_1;
    - R-precision = |{j: p_j <= R}| / R;
    - mAP@R = 1/R sum_j (p_j <= R) j/p_j, which is (1/R) sum_{i<=R} P(i) rel(i) (Musgrave et al. 2020, "A
      metric learning reality check").
    """
    many = torch.bincount(local, minlength=len(rows))  # (B,) R
    place = torch.arange(len(local), device=local.device) - (many.cumsum(0) - many)[local]
    best = rows.new_full((len(rows), int(many.max())), -torch.inf)
    best[local, place] = own
    best = best.sort(1, descending=True).values  # (B, largest R)
    position = torch.zeros_like(many)
    precision = torch.zeros(len(rows), dtype=torch.float64, device=rows.device)
    average, alive = torch.zeros_like(precision), many > 0
    for j in range(best.shape[1]):
        at = torch.nonzero(alive & (many > j)).squeeze(1)
        if not len(at):
            break
        bound, R = best[at, j : j + 1], many[at]
        chosen = rows if len(at) == len(rows) else rows[at]
        others = _at_least(chosen, bound, 1, mask) - (best[at] >= bound).sum(1)
        p = others + j + 1
        if j == 0:
            position[at] = p
        hit = p <= R
        precision[at] += hit.double() / R
        average[at] += hit * (j + 1) / (p * R).double()
        alive[at] = hit  # a worse one stands further down: it is past R too
    return position, precision, average

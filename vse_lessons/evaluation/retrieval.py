"""One evaluator for every model: ranks by counting, and every figure that papers report from them.

t2i: a sentence looks for its image.  i2t: an image looks for its sentences, of which it may have any
number, also none.  Everything that looks at scores counts ties against the model and refuses NaN and
infinity: constant scores must not win, and a model that has diverged must not get a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from vse_lessons.blocks.similarity import Embeddings, concatenate
from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.evaluation.significance import (  # noqa: F401
    CUTS,
    Evaluation,
    Ranks,
    evaluate_ranks,
    mean_evaluation,
    summarize,
)
from vse_lessons.models.base import Embedder, evaluating

HELD = 1 << 28  # scores; a matrix of more (1 GB in float32) is never held as a whole
BYTE = 255  # rows that are compared at a time: the most whose count fits in a byte

# gives the rows of the (I, S) scores in order, some at a time; the same bits whenever it is called
Strips = Callable[[], Iterable[Tensor]]
# further figures of an evaluated model, "score" among them, which chooses the best epoch
Criterion = Callable[[Embedder, SparseCorpus, Evaluation], dict[str, float]]


def ranks(similarity: Tensor, image_of: Tensor, block: int = BYTE) -> tuple[Tensor, Tensor]:
    """The ranks of `rank_similarity` alone: t2i (S,) in the order of the sentences, i2t (Q,) in the
    order of the images that have a sentence."""
    found = rank_similarity(similarity, image_of, block)
    device = similarity.device
    return torch.from_numpy(found.t2i).to(device), torch.from_numpy(found.i2t).to(device)


def rank_similarity(similarity: Tensor, image_of: Tensor, block: int = BYTE) -> Ranks:
    """Ranks by counting, in blocks of images, without sorting.

    similarity: (I, S), floating point; image_of: (S,) the row of each sentence's image; block: the
    rows that are compared at a time, at most 255, which changes the time and nothing else.  Finds

    - t2i: 1 + the number of other images that score at least as high as the right one;
    - i2t: 1 + the number of sentences of other images that score at least as high as the best of
      the image's own; R-precision and mAP@R of the same ranking.

    A tie counts against the model: constant similarities give the last rank, not the first.  A wrong
    shape, a wrong owner, no sentence at all, NaN and infinity are a `DataError`."""
    owners = _matrix_owners(similarity, image_of)
    if block < 1:
        raise DataError(f"block is {block}: compare at least one row at a time")
    return _rank(lambda: (similarity,), owners, len(similarity), block)


def _matrix_owners(similarity: Tensor, image_of: Tensor) -> Tensor:
    """`_owners` of a matrix, whose shape is checked too."""
    if similarity.ndim != 2:
        raise DataError(
            f"similarities are (images, sentences), a row an image; these have the shape "
            f"{tuple(similarity.shape)}"
        )
    return _owners(image_of, *similarity.shape, similarity.device)


def _owners(image_of: Tensor, images: int, sentences: int, device: torch.device) -> Tensor:
    """(S,) int64: the row of each sentence's image, checked."""
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
def _rank(strips: Strips, image_of: Tensor, images: int, block: int = BYTE) -> Ranks:
    """Counts in two passes over the scores, because a sentence can only be compared with all images
    once its own score is known.  Own scores are taken from the very strips they are compared with:
    computed apart, they would differ in the last bit, and ties would break."""
    sentences = len(image_of)
    size = min(block, BYTE)
    order = torch.argsort(image_of, stable=True)
    rows_of_images = torch.arange(images + 1, device=image_of.device)
    first = torch.searchsorted(image_of[order], rows_of_images).tolist()
    mask = torch.empty(min(size, images), sentences, dtype=torch.bool, device=image_of.device)
    own, sides = None, []
    for start, rows in _blocks(strips, size):
        _check_rows(rows, start)
        mine = order[first[start] : first[start + len(rows)]]
        local = image_of[mine] - start
        own = rows.new_empty(sentences) if own is None else own
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
    """Refuses scores (B, S) that are not finite numbers."""
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
    """How many of rows (B, S), B at most 255, are at least as high as bounds, (S,) for dim 0 or (B, 1)
    for dim 1.  `mask` is memory to work in.  Summed as bytes, because sums of bool are slow."""
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
    """Where an image's R own sentences stand in its ranking: rows (B, S); local (M,) the row, in
    ascending order, and own (M,) the score of each of the M sentences of these B images.

    The j-th best own sentence stands at p_j = j + the number of others that score at least as high.
    Returns for each image p_1, R-precision = |{j: p_j <= R}| / R, and mAP@R = 1/R sum_j (p_j <= R) j/p_j,
    which is (1/R) sum_{i<=R} P(i) rel(i) (Musgrave et al. 2020, "A metric learning reality check"); of
    an image without sentences 0."""
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


def evaluate_similarity(similarity: Tensor, image_of: Tensor, cuts: Sequence[int] = CUTS) -> Evaluation:
    """Evaluates a matrix (I, S) of similarities; see `rank_similarity`."""
    return evaluate_ranks(rank_similarity(similarity, image_of), cuts)


@dataclass(frozen=True)
class Embedded:
    """A split as a model sees it."""

    images: Embeddings  # (I, H), or a set of vectors each
    sentences: Embeddings  # (S, H), or a set of vectors each
    image_of: Tensor  # (S,) rows of `images`
    image_numbers: np.ndarray  # (I,) images of the corpus
    sentence_numbers: np.ndarray  # (S,) sentences of the corpus

    def part(self, start: int, stop: int) -> Embedded:
        """The images `start` to `stop` - 1 and their own sentences; none is a `DataError`."""
        mine = _sentences_of(self.image_of, start, stop)
        return Embedded(
            self.images[start:stop],
            self.sentences[mine],
            self.image_of[mine] - start,
            self.image_numbers[start:stop],
            self.sentence_numbers[mine.cpu().numpy()],
        )


def _sentences_of(image_of: Tensor, start: int, stop: int) -> Tensor:
    """The sentences (M,) of the images `start` to `stop` - 1."""
    mine = torch.nonzero((image_of >= start) & (image_of < stop)).squeeze(1)
    if not len(mine):
        raise DataError(f"the images {start} to {stop - 1} have no sentence to evaluate: use fewer folds")
    return mine


def embed(model: Embedder, corpus: Corpus, images: Sequence[int] | np.ndarray, block: int = 256) -> Embedded:
    """Embeds some images of a corpus and all their visual sentences, `block` at a time, in eval mode and
    without gradients.  Images without one stay, as candidates; none with one is a `DataError`."""
    model.check_detector(corpus.regions)
    images = np.asarray(images, np.int64)
    numbers = [corpus.visual_of[image] for image in images]
    owners = np.repeat(np.arange(len(images)), [len(found) for found in numbers])
    if not len(owners):
        raise DataError(f"{corpus.name}: none of these {len(images)} images has a sentence to evaluate")
    numbers = np.concatenate(numbers)
    texts = [corpus.sentences[s] for s in numbers]
    with evaluating(model):
        visual = [
            model.encode_images(batch.to(model.device)) for batch in corpus.regions.batches(images, block)
        ]
        textual = [model.encode_sentences(texts[i : i + block]) for i in range(0, len(texts), block)]
    owners = torch.as_tensor(owners, device=model.device)
    return Embedded(concatenate(visual), concatenate(textual), owners, images, numbers)


def _strips(model: Embedder, embedded: Embedded, block: int) -> Iterator[Tensor]:
    """The similarities (I, S) of everything embedded, `block` images at a time."""
    images, sentences = len(embedded.images), len(embedded.sentences)
    for start in range(0, images, block):
        rows = model.similarity(embedded.images[start : start + block], embedded.sentences)
        expected = (min(block, images - start), sentences)
        if rows.shape != expected:
            raise DataError(
                f"{type(model).__name__}.similarity gives {tuple(rows.shape)} for {expected} "
                "images and sentences"
            )
        yield rows


def similarities(model: Embedder, embedded: Embedded, block: int = 1024) -> Tensor:
    """(I, S) similarities of everything embedded, `block` images at a time."""
    whole, start = None, 0
    with evaluating(model):
        for rows in _strips(model, embedded, block):
            if whole is None:  # filled in place: torch.cat would hold everything twice
                whole = rows.new_empty(len(embedded.images), rows.shape[1])
            whole[start : start + len(rows)] = rows
            start += len(rows)
    return whole


def rank_embedded(model: Embedder, embedded: Embedded, block: int = 1024, held: int = HELD) -> Ranks:
    """The ranks of what `embed` gave; images are named by their numbers in the corpus.

    A matrix of more than `held` similarities is not kept but computed twice, `block` images at a time,
    so that memory grows with the sentences and not with the pairs."""
    shape = (len(embedded.images), len(embedded.sentences))
    owners = _owners(embedded.image_of, *shape, embedded.image_of.device)
    with evaluating(model):
        if shape[0] * shape[1] <= held:  # all at once, so that sentences are normalised once
            kept = list(_strips(model, embedded, shape[0]))
            strips = lambda: kept  # noqa: E731
        else:
            strips = partial(_strips, model, embedded, block)
        found = _rank(strips, owners, shape[0])
    return _renamed(found, embedded.image_numbers)


def _renamed(found: Ranks, numbers: np.ndarray) -> Ranks:
    """Ranks whose images are named by `numbers` (I,), no longer by row."""
    return replace(found, t2i_image=numbers[found.t2i_image], i2t_image=numbers[found.i2t_image])


def evaluate(model: Embedder, corpus: Corpus, split: str, cuts: Sequence[int] = CUTS) -> Evaluation:
    """Evaluates a model on all images of a split and all their sentences."""
    return evaluate_embedded(model, embed(model, corpus, corpus.images(split)), cuts)


def evaluate_embedded(model: Embedder, embedded: Embedded, cuts: Sequence[int] = CUTS) -> Evaluation:
    """Evaluates what `embed` gave."""
    return evaluate_ranks(rank_embedded(model, embedded), cuts)


def evaluate_folds(
    similarity: Tensor, image_of: Tensor, folds: int = 5, cuts: Sequence[int] = CUTS
) -> Evaluation:
    """The five-fold protocol ("1K" of the 5,000 test images of MS-COCO) on similarities (I, S).

    The images are cut into `folds` parts in their order, each searched by and for its own sentences
    only, and every figure is the mean over the parts, each part counting alike.  Where I is no multiple
    of `folds`, the first parts have one image more.  `DataError` with fewer images than folds or a part
    without a sentence."""
    owners = _matrix_owners(similarity, image_of)
    parts = []
    for start, stop in _folds(len(similarity), folds):
        mine = _sentences_of(owners, start, stop)
        part = similarity[start:stop, mine]
        parts.append(evaluate_similarity(part, owners[mine] - start, cuts))
    return mean_evaluation(parts)


def evaluate_embedded_folds(
    model: Embedder, embedded: Embedded, folds: int = 5, cuts: Sequence[int] = CUTS
) -> Evaluation:
    """`evaluate_folds` of what `embed` gave; similarities between folds are never computed."""
    bounds = _folds(len(embedded.images), folds)
    return mean_evaluation([evaluate_embedded(model, embedded.part(*bound), cuts) for bound in bounds])


def _folds(images: int, folds: int) -> list[tuple[int, int]]:
    """First and last + 1 image of each fold."""
    if not 1 <= folds <= images:
        raise DataError(f"{images} images cannot be cut into {folds} folds: use 1 to {images}")
    return [(int(f[0]), int(f[-1]) + 1) for f in np.array_split(np.arange(images), folds)]


def mean_similarity(matrices: Iterable[Tensor]) -> Tensor:
    """The mean of similarities (I, S) of several models, at least in float32, on the first one's device
    (the ensembles of SCAN, Lee et al. 2018, section 4).  No model's scores are rescaled."""
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
    """The ranks that the mean of several models' similarities gives on a split."""
    parts = [embed(model, corpus, corpus.images(split)) for model in models]
    scores = mean_similarity(similarities(*pair) for pair in zip(models, parts))
    return _renamed(rank_similarity(scores, parts[0].image_of), parts[0].image_numbers)


def evaluate_ensemble(
    models: Sequence[Embedder], corpus: Corpus, split: str, cuts: Sequence[int] = CUTS
) -> Evaluation:
    """Evaluates the mean of several models' similarities on a split."""
    return evaluate_ranks(rank_ensemble(models, corpus, split), cuts)


def best_of(models: Iterable[Embedder], corpus: Corpus, images: np.ndarray) -> Embedder:
    """The model with the highest rsum on some images, which are those for selection."""
    return max(models, key=lambda model: evaluate_embedded(model, embed(model, corpus, images)).rsum)

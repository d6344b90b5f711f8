"""Embeds a split with any model and evaluates it.

t2i: a sentence looks for its image.  i2t: an image looks for its sentences, of which it may have any number,
also none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from vse_lessons.blocks.similarity import Embeddings, concatenate
from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.evaluation.metrics import (
    CUTS,
    Evaluation,
    evaluate_ranks,
    evaluate_similarity,
    mean_evaluation,
)
from vse_lessons.evaluation.ranking import (
    Ranks,
    Strips,
    check_owners,
    owners_of_matrix,
    rank_strips,
    with_image_numbers,
)
from vse_lessons.models.base import Embedder, evaluating

HELD = 1 << 28  # scores; a matrix of more (1 GB in float32) is never held as a whole

# further figures of an evaluated model, "score" among them, which chooses the best epoch
Criterion = Callable[[Embedder, SparseCorpus, Evaluation], dict[str, float]]


@dataclass(frozen=True)
class Embedded:
    """Embeddings of a split by one model, with the images that its sentences belong to."""

    images: Embeddings  # (I, H), or a set of vectors each
    sentences: Embeddings  # (S, H), or a set of vectors each
    image_of: Tensor  # (S,) rows of `images`
    image_numbers: np.ndarray  # (I,) images of the corpus
    sentence_numbers: np.ndarray  # (S,) sentences of the corpus

    def part(self, start: int, stop: int) -> Embedded:
        """Select the images `start` to `stop` - 1 and their own sentences.

        Args:
            start: first row of the images.
            stop: last row of the images + 1.

        Returns:
            The embeddings of that part.

        Raises:
            DataError: none of these images has a sentence.
        """
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
    """Embed images of a corpus and all their visual sentences, in eval mode and without gradients.

    Args:
        model: a trained model.
        corpus: the corpus that it reads: with mean regions for a model trained on these, as in the `corpus`
            of what `prepare_training` returns.
        images: (I,) numbers of images, such as `corpus.images("test")`. Images without a sentence stay, as
            wrong answers.
        block: images, and sentences, that are encoded at a time; bounds the memory.

    Returns:
        The embeddings of I images and their S sentences, and which sentence belongs to which image.

    Raises:
        DataError: none of the images has a sentence, or the regions are of another detector than the model's.
    """
    model.check_detector(corpus.regions)
    images = np.asarray(images, np.int64)
    own = [corpus.visual_of[image] for image in images]
    rows = np.repeat(np.arange(len(images)), [len(sentences) for sentences in own])
    if not len(rows):
        raise DataError(f"{corpus.name}: none of these {len(images)} images has a sentence to evaluate")
    numbers = np.concatenate(own)
    texts = [corpus.sentences[s] for s in numbers]
    with evaluating(model):
        visual = [
            model.encode_images(batch.to(model.device)) for batch in corpus.regions.batches(images, block)
        ]
        textual = [model.encode_sentences(texts[i : i + block]) for i in range(0, len(texts), block)]
    owners = torch.as_tensor(rows, device=model.device)
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
    """Compute the similarities of everything embedded.

    Args:
        model: the model that embedded it.
        embedded: the result of `embed`.
        block: images that are scored at a time.

    Returns:
        (I, S) similarities.
    """
    whole, start = torch.empty(0), 0
    with evaluating(model):
        for rows in _strips(model, embedded, block):
            if not start:  # filled in place: torch.cat would hold everything twice
                whole = rows.new_empty(len(embedded.images), rows.shape[1])
            whole[start : start + len(rows)] = rows
            start += len(rows)
    return whole


def rank_embedded(model: Embedder, embedded: Embedded, block: int = 1024, held: int = HELD) -> Ranks:
    """Rank what `embed` returned.

    A matrix of more than `held` similarities is not kept but computed twice, `block` images at a time, so
    that memory grows with the sentences and not with the pairs.

    Args:
        model: the model that embedded it.
        embedded: the result of `embed`.
        block: images that are scored at a time where the matrix is not kept.
        held: the largest number of similarities that is kept.

    Returns:
        The ranks; images are named by their numbers in the corpus.
    """
    shape = (len(embedded.images), len(embedded.sentences))
    owners = check_owners(embedded.image_of, *shape, embedded.image_of.device)
    with evaluating(model):
        if shape[0] * shape[1] <= held:  # all at once, so that sentences are normalised once
            kept = list(_strips(model, embedded, shape[0]))
            strips: Strips = lambda: kept  # noqa: E731
        else:
            strips = partial(_strips, model, embedded, block)
        found = rank_strips(strips, owners, shape[0])
    return with_image_numbers(found, embedded.image_numbers)


def evaluate(model: Embedder, corpus: Corpus, split: str, cuts: Sequence[int] = CUTS) -> Evaluation:
    """Evaluate a model in both directions on all images of a split and all their sentences.

    Every sentence looks for its image among all images of the split (`t2i`), and every image that has
    sentences for any of them among all sentences (`i2t`). A tie counts against the model.

    Args:
        model: a trained model.
        corpus: the corpus that it reads: with mean regions for a model trained on these, as in the `corpus`
            of what `prepare_training` returns.
        split: "train", "val" or "test".
        cuts: K of the recalls; 1, 5 and 10 are always among them.

    Returns:
        `t2i` and `i2t`, each with R@K in per cent and the median rank, and `rsum`, the sum of R@1, R@5 and
        R@10 of both.

    Raises:
        DataError: no image of the split has a sentence, or the regions are of another detector than the
            model's.
    """
    return evaluate_embedded(model, embed(model, corpus, corpus.images(split)), cuts)


def evaluate_embedded(model: Embedder, embedded: Embedded, cuts: Sequence[int] = CUTS) -> Evaluation:
    """Evaluate what `embed` returned.

    Args:
        model: the model that embedded it.
        embedded: the result of `embed`.
        cuts: K of the recalls; 1, 5 and 10 are always among them.

    Returns:
        The evaluation.
    """
    return evaluate_ranks(rank_embedded(model, embedded), cuts)


def evaluate_folds(
    similarity: Tensor, image_of: Tensor, folds: int = 5, cuts: Sequence[int] = CUTS
) -> Evaluation:
    """Evaluate similarities fold by fold: the "1K" protocol on the 5,000 test images of MS-COCO.

    The images are cut into `folds` parts in their order.  Each part is searched by and for its own sentences
    only, and every figure is the mean over the parts, each part counting alike.  Where I is no multiple of
    `folds`, the first parts have one image more.

    Args:
        similarity: (I, S) similarities of images and sentences.
        image_of: (S,) row of each sentence's image.
        folds: number of parts.
        cuts: K of the recalls; 1, 5 and 10 are always among them.

    Returns:
        The mean evaluation.

    Raises:
        DataError: fewer images than folds, or a part without a sentence.
    """
    owners = owners_of_matrix(similarity, image_of)
    parts = []
    for start, stop in _folds(len(similarity), folds):
        mine = _sentences_of(owners, start, stop)
        part = similarity[start:stop, mine]
        parts.append(evaluate_similarity(part, owners[mine] - start, cuts))
    return mean_evaluation(parts)


def evaluate_embedded_folds(
    model: Embedder, embedded: Embedded, folds: int = 5, cuts: Sequence[int] = CUTS
) -> Evaluation:
    """Evaluate what `embed` returned fold by fold; similarities between folds are never computed.

    Args:
        model: the model that embedded it.
        embedded: the result of `embed`.
        folds: number of parts; see `evaluate_folds`.
        cuts: K of the recalls; 1, 5 and 10 are always among them.

    Returns:
        The mean evaluation.
    """
    bounds = _folds(len(embedded.images), folds)
    return mean_evaluation([evaluate_embedded(model, embedded.part(*bound), cuts) for bound in bounds])


def _folds(images: int, folds: int) -> list[tuple[int, int]]:
    """First and last + 1 image of each fold."""
    if not 1 <= folds <= images:
        raise DataError(f"{images} images cannot be cut into {folds} folds: use 1 to {images}")
    return [(int(f[0]), int(f[-1]) + 1) for f in np.array_split(np.arange(images), folds)]


def best_of(models: Iterable[Embedder], corpus: Corpus, images: np.ndarray) -> Embedder:
    """Choose the model with the highest rsum on some images, which are those for selection.

    Args:
        models: the candidates.
        corpus: the corpus.
        images: numbers of the images for selection.

    Returns:
        The best model; of equals the first.
    """
    return max(models, key=lambda model: evaluate_embedded(model, embed(model, corpus, images)).rsum)

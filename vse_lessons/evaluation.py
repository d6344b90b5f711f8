"""Recall at K, median rank and rsum, in both directions, for any number of sentences an image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vse_lessons.corpus import Corpus
from vse_lessons.files import DataError
from vse_lessons.retrieval import RetrievalModel

CUTS = (1, 5, 10)


@dataclass(frozen=True)
class Evaluation:
    """Recalls in per cent, ranks counted from 1."""

    t2i: dict[str, float]  # a sentence looks for its image: R@1, R@5, R@10, median_rank
    i2t: dict[str, float]  # an image looks for the best of its sentences
    n_images: int
    n_sentences: int

    @property
    def rsum(self) -> float:
        """The sum of the six recalls."""
        return sum(side[f"R@{k}"] for side in (self.t2i, self.i2t) for k in CUTS)

    def as_dict(self) -> dict:
        """For `results.json`."""
        return {"n_images": self.n_images, "n_sentences": self.n_sentences, "t2i": self.t2i,
                "i2t": self.i2t, "rsum": self.rsum}  # fmt: skip


def ranks(similarity: Tensor, image_of: Tensor, block: int = 256) -> tuple[Tensor, Tensor]:
    """Ranks by counting, in blocks of images, without sorting.

    similarity: (I, S); image_of: (S,) the row of each sentence's image.  Returns

    - t2i (S,): 1 + the number of other images that score at least as high as the right one;
    - i2t (Q,): for each of the Q images that have a sentence, 1 + the number of sentences of
      other images that score at least as high as the best of its own.

    A tie counts against the model: constant similarities give the last rank, not the first.
    NaN and infinity are a `DataError`."""
    count, sentences = similarity.shape
    if image_of.shape != (sentences,):
        raise DataError(f"similarities are {tuple(similarity.shape)}, but {len(image_of)} sentences "
                        "have an owner")  # fmt: skip
    own = similarity.gather(0, image_of.unsqueeze(0)).squeeze(0)  # (S,)
    if not torch.isfinite(own).all():
        raise DataError(
            "a similarity is NaN or infinite: the model has diverged, or a feature is bad"
        )
    best = torch.full((count,), -torch.inf, device=own.device)
    best = best.scatter_reduce(0, image_of, own, "amax")  # (I,)
    t2i = torch.zeros(sentences, dtype=torch.int64, device=own.device)
    i2t = torch.zeros(count, dtype=torch.int64, device=own.device)
    for start in range(0, count, block):
        rows = similarity[start : start + block]
        if not torch.isfinite(rows).all():
            raise DataError(f"a similarity of images {start} to {start + len(rows) - 1} is NaN or "
                            "infinite: the model has diverged, or a feature is bad")  # fmt: skip
        numbers = torch.arange(start, start + len(rows), device=own.device)
        mine = numbers.unsqueeze(1) == image_of.unsqueeze(0)
        t2i += (rows >= own).sum(0)  # the right image counts itself, so this is 1 + the others
        i2t[start : start + block] = 1 + ((rows >= best[numbers].unsqueeze(1)) & ~mine).sum(1)
    return t2i, i2t[torch.isfinite(best)]


def summarize(found: Tensor) -> dict[str, float]:
    """R@1, R@5, R@10 in per cent and the median rank of some ranks (Q,)."""
    if not len(found):
        raise DataError("there is no query to evaluate: the split has no sentence")
    values = {f"R@{k}": 100 * float((found <= k).double().mean()) for k in CUTS}
    return {**values, "median_rank": float(np.median(found.cpu().numpy()))}


def evaluate_similarity(similarity: Tensor, image_of: Tensor) -> Evaluation:
    """Evaluates a matrix (I, S) of similarities; see `ranks`."""
    t2i, i2t = ranks(similarity, image_of)
    return Evaluation(summarize(t2i), summarize(i2t), *similarity.shape)


@dataclass(frozen=True)
class Embedded:
    """A split as a model sees it."""

    images: Tensor  # (I, H)
    sentences: Tensor  # (S, H)
    image_of: Tensor  # (S,) rows of `images`
    image_numbers: np.ndarray  # (I,) images of the corpus
    sentence_numbers: np.ndarray  # (S,) sentences of the corpus


@torch.no_grad()
def embed(
    model: RetrievalModel, corpus: Corpus, images: Sequence[int] | np.ndarray, block: int = 256
) -> Embedded:
    """Embeds some images of a corpus and all their sentences, `block` at a time."""
    training = model.training
    model.eval()
    images = np.asarray(images, np.int64)
    numbers = np.concatenate([corpus.sentences_of[image] for image in images])
    owners = np.repeat(np.arange(len(images)), [len(corpus.sentences_of[i]) for i in images])
    visual = [
        model.encode_images(batch.to(model.device))
        for batch in corpus.regions.batches(images, block)
    ]
    texts = [corpus.sentences[s] for s in numbers]
    textual = [model.encode_sentences(texts[i : i + block]) for i in range(0, len(texts), block)]
    model.train(training)
    if not textual:
        raise DataError(
            f"{corpus.name}: none of these {len(images)} images has a sentence to evaluate"
        )
    return Embedded(torch.cat(visual), torch.cat(textual), torch.as_tensor(owners, device=model.device),
                    images, numbers)  # fmt: skip


@torch.no_grad()
def similarities(model: RetrievalModel, embedded: Embedded, block: int = 512) -> Tensor:
    """(I, S) similarities of everything embedded, `block` images at a time."""
    parts = [model.similarity(embedded.images[i : i + block], embedded.sentences)
             for i in range(0, len(embedded.images), block)]  # fmt: skip
    return torch.cat(parts)


def evaluate(model: RetrievalModel, corpus: Corpus, split: str) -> Evaluation:
    """Evaluates a model on all images of a split and all their sentences."""
    return evaluate_embedded(model, embed(model, corpus, corpus.images(split)))


def evaluate_embedded(model: RetrievalModel, embedded: Embedded) -> Evaluation:
    """Evaluates what `embed` gave."""
    return evaluate_similarity(similarities(model, embedded), embedded.image_of)


def best_of(models: Iterable[RetrievalModel], corpus: Corpus, images: np.ndarray) -> RetrievalModel:
    """The model with the highest rsum on some images, which are those for selection."""
    return max(
        models, key=lambda model: evaluate_embedded(model, embed(model, corpus, images)).rsum
    )

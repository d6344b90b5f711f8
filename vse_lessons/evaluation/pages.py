"""Evaluates pages by the two protocols of Artpedia (Stefanini et al. 2019, section 5.3).

Which sentences of a page describe its painting, and which painting of N does a sentence describe?
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import Tensor

from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.evaluation.metrics import Evaluation, summarize
from vse_lessons.evaluation.retrieval import (
    Criterion,
    Embedded,
    embed,
    evaluate_embedded,
    evaluating,
    similarities,
)
from vse_lessons.evaluation.search import compact, shortlist_ranks
from vse_lessons.models.base import Embedder, pair_scores

AVERAGES = ("pages", "pooled")
SIZES = (10, 50, 100)  # N of Table 4
SHORTLISTS = (10, 50, 100, 500)
VERSION = re.compile(
    r"In (the|another) ([\w ,-]+ )?version\b"
)  # what only the painting can decide, on Storybook


@dataclass(frozen=True)
class PageScores:
    """Scores of the S sentences of some pages: how well each describes its own painting."""

    scores: np.ndarray  # (S,) float
    visual: np.ndarray  # (S,) bool: the truth
    page: np.ndarray  # (S,) int64: the image of the corpus whose page it is on
    sentence: np.ndarray  # (S,) int64: the sentence of the corpus

    @property
    def complete(self) -> np.ndarray:
        """The pages (P,) that have sentences of both kinds; of the others there is nothing to rank."""
        return np.intersect1d(self.page[self.visual], self.page[~self.visual])

    @property
    def skipped(self) -> int:
        """The number of pages that lack one of the kinds."""
        return len(np.unique(self.page)) - len(self.complete)


def score_pages(
    model: Embedder, corpus: Corpus, images: Sequence[int] | np.ndarray, block: int = 256
) -> PageScores:
    """Scores every sentence of some images' pages against its own image.

    Args:
        model: the model.
        corpus: a corpus of pages.
        images: numbers of images.
        block: sentences that are scored at a time.

    Returns:
        The scores.

    Raises:
        DataError: no page has both a visual and a contextual sentence, or a score is not finite.
    """
    numbers = _sentences_of(corpus, images)
    found = []
    with evaluating(model):
        for start in range(0, len(numbers), block):
            part = numbers[start : start + block]
            regions = corpus.regions.batch(corpus.image_of[part]).to(model.device)
            texts = [corpus.sentences[s] for s in part]
            found.append(pair_scores(model, regions, texts).double().cpu().numpy())
    return _page_scores(corpus, numbers, np.concatenate(found))


def blind_scores(training: SparseCorpus, images: Sequence[int] | np.ndarray) -> PageScores:
    """Scores the same sentences without looking at any picture.

    The score is the log-odds of a logistic regression on TF-IDF of words and pairs of words, learnt from the
    training sentences of both kinds.  What it reaches says nothing about seeing; only what a model adds to it
    can.

    Args:
        training: the training part, with sentences of both kinds.
        images: numbers of images.

    Returns:
        The scores.

    Raises:
        DataError: the training sentences are of one kind only, or no page has both kinds.
    """
    corpus = training.corpus
    visual, contextual = training.training_sentences, training.contextual_sentences
    if not visual or not contextual:
        raise DataError(f"{corpus.name} has training sentences of one kind only: nothing to tell apart")
    numbers = _sentences_of(corpus, images)
    texts = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    features = texts.fit_transform([*visual, *contextual])
    labels = np.repeat([1, 0], [len(visual), len(contextual)])
    classifier = LogisticRegression(C=10.0, max_iter=1000).fit(features, labels)
    told = texts.transform([corpus.sentences[s] for s in numbers])
    return _page_scores(corpus, numbers, classifier.decision_function(told))


def _sentences_of(corpus: Corpus, images: Sequence[int] | np.ndarray) -> np.ndarray:
    """Lists the sentences (S,) of some images' pages; `DataError` when no page has both kinds."""
    pages = np.asarray(images, np.int64)
    if not any(len(corpus.visual_of[i]) and len(corpus.contextual_of[i]) for i in pages):
        raise DataError(
            f"{corpus.name}: none of these {len(pages)} pages has both visual and contextual "
            "sentences to tell apart"
        )
    return np.concatenate([corpus.sentences_of[i] for i in pages])


def _page_scores(corpus: Corpus, numbers: np.ndarray, scores: np.ndarray) -> PageScores:
    owners = corpus.image_of[numbers]
    bad = np.flatnonzero(~np.isfinite(scores))
    if len(bad):
        raise DataError(
            f"the score of sentence {numbers[bad[0]]} of {corpus.image_ids[owners[bad[0]]]!r} is "
            "NaN or infinite: the model has diverged, or a feature is bad"
        )
    return PageScores(scores, corpus.kinds[numbers] == "visual", owners, numbers)


def average_precision(found: PageScores, average: str = "pages") -> float:
    """Computes the average precision of visual against contextual sentences (Table 3; scikit-learn's).

    The paper does not say which of the two averages its figures are.  Tied sentences share a rank: constant
    scores get the share of visual ones.

    Args:
        found: the scores.
        average: "pages" ranks the sentences of each page and takes the mean over the pages that have both
            kinds; "pooled" ranks the sentences of all those pages in one list.

    Returns:
        The average precision, 0 to 100.

    Raises:
        DataError: an unknown average.
    """
    if average not in AVERAGES:
        raise DataError(f"unknown average {average!r}: one of {', '.join(AVERAGES)}")
    if average == "pooled":
        kept = np.isin(found.page, found.complete)
        return 100 * float(average_precision_score(found.visual[kept], found.scores[kept]))
    return float(np.mean(list(page_precisions(found).values())))


def page_precisions(found: PageScores) -> dict[int, float]:
    """Computes the average precision of each page that has both kinds.

    Args:
        found: the scores.

    Returns:
        The number of the page's image to its average precision in per cent.
    """
    order = np.argsort(found.page, kind="stable")
    pages, starts = np.unique(found.page[order], return_index=True)
    rows = dict(zip(pages.tolist(), np.split(order, starts[1:])))
    precisions = {}
    for page in found.complete.tolist():
        visual, scores = found.visual[rows[page]], found.scores[rows[page]]
        precisions[page] = 100 * float(average_precision_score(visual, scores))
    return precisions


def chance_precision(found: PageScores, average: str = "pages", draws: int = 200, seed: int = 0) -> float:
    """Computes the average precision that random scores get, the mean over draws.

    Args:
        found: scores, of which only the kinds and the pages are used.
        average: "pages" or "pooled".
        draws: how often scores are drawn.
        seed: of the draws.

    Returns:
        The average precision, 0 to 100.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    values = [
        average_precision(
            PageScores(rng.random(len(found.scores)), found.visual, found.page, found.sentence), average
        )
        for _ in range(draws)
    ]
    return float(np.mean(values))


def page_criterion(lambda_w: float) -> Criterion:
    """Makes the criterion by which `fit` chooses the best epoch of a model of pages.

    It is lambda_w x the mean of the six recalls + (1 - lambda_w) x the average precision over pages, weighted
    like the two losses.  The paper does not say how it chose.

    Args:
        lambda_w: weight of the inter-page loss, between 0 and 1.

    Returns:
        The criterion.
    """

    def criterion(model: Embedder, training: SparseCorpus, found: Evaluation) -> dict[str, float]:
        if lambda_w == 1:  # a corpus without contextual sentences will do
            return {"score": found.rsum / 6}
        precision = average_precision(score_pages(model, training.corpus, training.selection))
        return {"ap": precision, "score": lambda_w * found.rsum / 6 + (1 - lambda_w) * precision}

    return criterion


# --- retrieval among N ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Spread:
    """The mean and the deviation of a figure over several draws."""

    mean: float
    deviation: float  # standard deviation over the draws; 0 where every draw is the same


def subset_recalls(
    model: Embedder,
    embedded: Embedded,
    sizes: Sequence[int] = (10, 50, 100),
    draws: int = 10,
    seed: int = 0,
    cuts: Sequence[int] = (1, 5),
) -> dict[int, dict[str, dict[str, Spread]]]:
    """Computes recall among N retrievable items, for several N; see `recalls_among`.

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
    """Computes recall among N retrievable items (Table 4).

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
        rng = np.random.Generator(np.random.PCG64([seed, size]))
        ranks = np.stack([1 + _draw(beaten, own, size - 1, rng) for _ in range(draws)])  # (draws, Q)
        recalls = {k: 100 * (ranks <= k).mean(1) for k in cuts}
        found[side] = {
            f"R@{k}": Spread(float(values.mean()), float(values.std(ddof=1)) if draws > 1 else 0.0)
            for k, values in recalls.items()
        }
    return found


def _beats(scores: np.ndarray, owners: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Counts how many items of image j score at least as high as the right one of query q.

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
    """Draws `others` images for each query, never its own, and sums what they hold against it: (Q,)."""
    if others == 0:
        return np.zeros(len(own), np.int64)
    chance = rng.random(beaten.shape)
    chance[np.arange(len(own)), own] = 2.0  # last: never drawn
    chosen = np.argpartition(chance, others - 1, axis=1)[:, :others]
    return np.take_along_axis(beaten, chosen, 1).sum(1)


def measure_pages(scores: PageScores, corpus: Corpus) -> dict:
    """Measure how well scores rank the sentences of each page (Table 3).

    Args:
        scores: of the sentences of some pages.
        corpus: that the pages are of.

    Returns:
        "ap", the average precision in per cent by way of averaging; "auc", the areas under the ROC curve
        of sentences about a "version" of the painting, which on Storybook only looking can decide, and
        of all others, where there are both kinds; "pages_skipped", the pages with sentences of one kind.
    """
    about = np.array([bool(VERSION.match(corpus.sentences[s])) for s in scores.sentence])
    areas = {}
    for name, rows in (("version", about), ("others", ~about)):
        if len(set(scores.visual[rows])) == 2:
            areas[name] = float(roc_auc_score(scores.visual[rows], scores.scores[rows]))
    precisions = {average: average_precision(scores, average) for average in AVERAGES}
    return {"ap": precisions, "auc": areas, "pages_skipped": scores.skipped}


def evaluate_pages(
    model: Embedder, corpus: Corpus, split: str = "test", seed: int = 0, draws: int = 10
) -> dict:
    """Evaluate a model by every protocol of section 5.

    Args:
        model: a model that compares images and sentences.
        corpus: with visual and contextual sentences.
        split: of the corpus.
        seed: of the draws of other items.
        draws: for recall among N.

    Returns:
        What `measure_pages` gives; recall among N in "among_N" and its deviation over draws in
        "deviation_N" (Table 4), where the split has N paintings; recall after a shortlist by compact
        vectors (section 5.3) in "shortlist_t2i" and "shortlist_i2t"; recall among all in the usual form.
    """
    embedded = embed(model, corpus, corpus.images(split, annotated=True))
    scores, images = similarities(model, embedded), len(embedded.images)
    metrics = measure_pages(score_pages(model, corpus, corpus.images(split)), corpus)
    metrics |= evaluate_embedded(model, embedded).as_dict()
    for size in (size for size in SIZES if size <= images):
        among = recalls_among(scores, embedded.image_of, size, draws, seed)
        flat = {f"{side} {cut}": one for side, cuts in among.items() for cut, one in cuts.items()}
        metrics[f"among_{size}"] = {name: one.mean for name, one in flat.items()}
        metrics[f"deviation_{size}"] = {name: one.deviation for name, one in flat.items()}
    near = compact(embedded.images) @ compact(embedded.sentences).T
    for side, most in (("t2i", images), ("i2t", len(embedded.sentence_numbers))):
        sizes = [size for size in SHORTLISTS if size < most]
        ranks = [shortlist_ranks(scores, near, embedded.image_of, size, side) for size in sizes]
        metrics[f"shortlist_{side}"] = {str(size): summarize(one) for size, one in zip(sizes, ranks)}
    return metrics

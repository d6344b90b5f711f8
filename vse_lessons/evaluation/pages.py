"""Evaluates pages as Artpedia does (Stefanini et al. 2019, section 5.3).

Which sentences of a page describe its painting?  And, with `among`, which painting of N does a sentence
describe?
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from vse_lessons.common.files import DataError
from vse_lessons.common.random import generator
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.evaluation.among import recalls_among
from vse_lessons.evaluation.metrics import Evaluation, summarize
from vse_lessons.evaluation.retrieval import (
    Criterion,
    embed,
    evaluate_embedded,
    evaluating,
    similarities,
)
from vse_lessons.evaluation.search import compact, shortlist_ranks
from vse_lessons.models.base import Embedder, pair_scores

AVERAGES = ("pages", "pooled")
SIZES = (10, 50, 100)  # the N of Table 4
SHORTLISTS = (10, 50, 100, 500)  # sizes of a shortlist by compact vectors
VERSION = re.compile(r"In (the|another) ([\w ,-]+ )?version\b")  # begins what only a look can decide


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
    """Score every sentence of some images' pages against its own image.

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
    """Score the same sentences without looking at any picture.

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
    features = texts.transform([corpus.sentences[s] for s in numbers])
    return _page_scores(corpus, numbers, classifier.decision_function(features))


def _sentences_of(corpus: Corpus, images: Sequence[int] | np.ndarray) -> np.ndarray:
    """List the sentences (S,) of some images' pages; `DataError` when no page has both kinds."""
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
    """Compute the average precision of visual against contextual sentences (Table 3; scikit-learn's).

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
    """Compute the average precision of each page that has both kinds.

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
    """Compute the average precision that random scores get, the mean over draws.

    Args:
        found: scores, of which only the kinds and the pages are used.
        average: "pages" or "pooled".
        draws: how often scores are drawn.
        seed: of the draws.

    Returns:
        The average precision, 0 to 100.
    """
    rng = generator("chance scores", seed)
    values = [
        average_precision(
            PageScores(rng.random(len(found.scores)), found.visual, found.page, found.sentence), average
        )
        for _ in range(draws)
    ]
    return float(np.mean(values))


def page_criterion(lambda_w: float) -> Criterion:
    """Make the criterion by which `fit` chooses the best epoch of a model of pages.

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


def version_areas(found: PageScores, corpus: Corpus) -> dict[str, float]:
    """Measure how well scores tell visual from contextual sentences where only the painting decides.

    On Storybook's pages these are the sentences about a version of the painting.

    Args:
        found: the scores.
        corpus: the corpus of pages.

    Returns:
        The area under the ROC curve, 0.5 for guessing, among sentences about a "version" and among all
        "others"; a group without both kinds is left out.
    """
    about = np.array([VERSION.match(corpus.sentences[s]) is not None for s in found.sentence])
    return {
        name: float(roc_auc_score(found.visual[rows], found.scores[rows]))
        for name, rows in (("version", about), ("others", ~about))
        if len(np.unique(found.visual[rows])) == 2
    }


def measure_pages(found: PageScores, corpus: Corpus) -> dict[str, Any]:
    """Compute every figure of the scores of pages.

    Args:
        found: the scores.
        corpus: the corpus of pages.

    Returns:
        "ap" by average, "pages_skipped", and on Storybook's pages "auc" (see `version_areas`).
    """
    figures: dict[str, Any] = {
        "ap": {average: average_precision(found, average) for average in AVERAGES},
        "pages_skipped": found.skipped,
    }
    return figures | ({"auc": version_areas(found, corpus)} if corpus.built_in else {})


def evaluate_pages(
    model: Embedder, corpus: Corpus, split: str = "test", seed: int = 0, draws: int = 10
) -> dict[str, Any]:
    """Evaluate a model by both protocols, and by shortlists (section 5.3).

    Args:
        model: the model.
        corpus: a corpus of pages.
        split: "val" or "test".
        seed: of the draws of items.
        draws: how often the N items of a query are drawn.

    Returns:
        The figures of `measure_pages` and of `Evaluation.as_dict`; "among_N" and "deviation_N", recall among
        N items and its deviation over draws; "shortlist_t2i" and "shortlist_i2t", recalls by the size of the
        shortlist.
    """
    embedded = embed(model, corpus, corpus.images(split, annotated=True))
    scores, images = similarities(model, embedded), len(embedded.images)
    figures = {
        **measure_pages(score_pages(model, corpus, corpus.images(split)), corpus),
        **evaluate_embedded(model, embedded).as_dict(),
    }
    for size in (size for size in SIZES if size <= images):
        among = recalls_among(scores, embedded.image_of, size, draws, seed)
        flat = {f"{side} {cut}": one for side, cuts in among.items() for cut, one in cuts.items()}
        figures[f"among_{size}"] = {name: one.mean for name, one in flat.items()}
        figures[f"deviation_{size}"] = {name: one.deviation for name, one in flat.items()}
    near = compact(embedded.images) @ compact(embedded.sentences).T
    for side, most in (("t2i", images), ("i2t", len(embedded.sentence_numbers))):
        sizes = [size for size in SHORTLISTS if size < most]
        listed = [shortlist_ranks(scores, near, embedded.image_of, size, side) for size in sizes]
        figures[f"shortlist_{side}"] = {str(size): summarize(ranks) for size, ranks in zip(sizes, listed)}
    return figures

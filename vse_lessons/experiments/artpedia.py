"""Artpedia (Stefanini et al. 2019): Tables 3 and 4 on pages, beside a classifier that sees no picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from vse_lessons.common import check_known
from vse_lessons.data import sparsify
from vse_lessons.evaluation import blind_scores, compress_pages, evaluate_pages, measure_pages, page_criterion
from vse_lessons.evaluation.contrasts import Contrast
from vse_lessons.evaluation.pages import SIZES
from vse_lessons.experiments.claims import Claim, Section, cells_table, published, versus
from vse_lessons.experiments.grid import Cell, Experiment, Inputs, Outcome, over_seeds
from vse_lessons.models.artpedia import PAGE_LOSSES, SIMILARITIES, ArtpediaConfig
from vse_lessons.sources import open_corpus
from vse_lessons.sources.storybook.words import storybook_vectors
from vse_lessons.training.train import train

WEIGHTS = (0.25, 0.5, 0.75)  # lambda_w of Table 4
WORDS = ("learned", "pretrained")
SHARE = 0.3  # of Storybook's 2,500 training pages


@dataclass(frozen=True)
class PageCell(Cell):
    """One run: "Artpedia", or "blind", a classifier of sentences that sees no picture."""

    model: str = "Artpedia"
    corpus: str = "storybook-pages"
    similarity: str = "cross_attention"
    page_loss: str = "intra"
    lambda_w: float = 0.5  # weight of the inter-page loss
    words: str = "learned"  # word vectors: from scratch, or "pretrained"
    published_rate: bool = False  # the learning rate of section 5.1 in place of the preset's

    def __post_init__(self) -> None:
        check_known("model", self.model, ("Artpedia", "blind"))
        check_known("words", self.words, WORDS)
        check_known("similarity", self.similarity, SIMILARITIES)
        check_known("page loss", self.page_loss, PAGE_LOSSES)
        self.configuration()

    def configuration(self) -> ArtpediaConfig | None:
        """Return the hyper-parameters of the run."""
        preset = ArtpediaConfig.preset(self.preset, self.corpus)
        config = replace(preset, similarity=self.similarity, page_loss=self.page_loss, lambda_w=self.lambda_w)
        if self.published_rate:
            rate = ArtpediaConfig.paper().optimization.learning_rate
            config = replace(config, optimization=replace(config.optimization, learning_rate=rate))
        return None if self.model == "blind" else config


def run(cell: PageCell, inputs: Inputs) -> Outcome:
    """Train and evaluate one cell; its seed chooses the training pages and all that is random."""
    data = open_corpus(cell.corpus, inputs.corpus_dir, cell.preset, progress=False).corpus
    training, config = sparsify(data, SHARE, None, cell.seed), cell.configuration()
    if config is None:
        figures = measure_pages(blind_scores(training, data.images("test")), data)
        return Outcome(data, "test", training, figures)
    vectors = storybook_vectors(config.word_dimensions) if cell.words == "pretrained" else None
    options: dict[str, Any] = {"criterion": page_criterion(config.lambda_w), "progress": False}
    model, result = train("Artpedia", config, training, seed=cell.seed, word_vectors=vectors, **options)
    outcome = Outcome(data, "test", training, evaluate_pages(model, data, seed=cell.seed), result)
    if cell in MAPPED:
        kept = compress_pages(model, data, data.images("test", annotated=True)[:80])
        outcome.arrays = {"cosines": np.array(list(kept.pop("cosines").values()))}  # visual, contextual
        outcome.arrays |= {f"map/{name}": np.array(values) for name, values in kept.items()}
    return outcome


ATTENDING, GLOBAL = PageCell(), PageCell(similarity="global")
BCE = tuple(replace(cell, page_loss="bce") for cell in (GLOBAL, ATTENDING))
BLIND = PageCell("blind", lambda_w=0.0)
MAPPED = tuple(replace(ATTENDING, words="pretrained", lambda_w=w) for w in (0.0, *WEIGHTS))  # maps are kept


def at(cell: PageCell, lambda_w: float, words: str = "pretrained") -> PageCell:
    """Return a cell with another weight and other word vectors."""
    return replace(cell, lambda_w=lambda_w, words=words)


def study() -> Iterator[PageCell]:
    """Tables 3 (lambda_w = 0) and 4: 5 seeds of what a claim needs, 3 of what it is compared with, else 1."""
    table_3 = [at(cell, 0.0, words) for words in reversed(WORDS) for cell in (ATTENDING, GLOBAL, *BCE)]
    yield from over_seeds(5, [BLIND, *table_3, *(at(ATTENDING, w) for w in WEIGHTS)])
    yield from over_seeds(3, [at(GLOBAL, w) for w in WEIGHTS])
    yield from (at(cell, w, "learned") for w in WEIGHTS for cell in (ATTENDING, GLOBAL))
    yield replace(ATTENDING, published_rate=True)


# Tables 3 and 4. The paper does not say how AP is averaged: its figure stands for both ways
paper = partial(published, "artpedia", PageCell, "artpedia")


def _precision(text: str, where: str, contrasts: Sequence[Contrast]) -> list[Claim]:
    """State that AP is higher, for both ways to average it."""
    ways = {"pages": "AP over pages", "pooled": "AP pooled"}
    of_way = {way: [replace(c, metric=f"ap {way}") for c in contrasts] for way in ways}
    return [Claim(f"{text}: {ways[way]}", where, of_way[way]) for way in ways]


def _table_3(cell: PageCell, *others: PageCell) -> list[Contrast]:
    """A cell against each of the others, with the same word vectors."""
    return [Contrast((at(cell, 0.0, word),), (at(other, 0.0, word),)) for other in others for word in WORDS]


GROWING = at(ATTENDING, 0.75), at(ATTENDING, 0.25)
CLAIMS = (
    *_precision("Cross attention is above global features, both with the intra-page loss", "Table 3",
                _table_3(ATTENDING, GLOBAL)),
    *_precision("Global features with the intra-page loss are above both models with BCE", "Table 3",
                _table_3(GLOBAL, *BCE)),
    *_precision("Cross attention with the intra-page loss is above itself with BCE", "Table 3",
                _table_3(ATTENDING, BCE[1])),
    *_precision("Pre-trained word vectors are above learned ones, with the intra-page loss", "Table 3",
                [Contrast((at(cell, 0.0),), (at(cell, 0.0, "learned"),)) for cell in (ATTENDING, GLOBAL)]),
    *_precision("AP falls as lambda_w goes from 0.25 to 0.75", "Table 4", versus(*reversed(GROWING))),
    Claim("Image-to-text recall rises meanwhile (R@1, N = 10, 50, 100)", "Table 4",
          versus(*GROWING, metrics=[f"among_{n} i2t R@1" for n in SIZES])),
    Claim("So does text-to-image recall", "Table 4",
          versus(*GROWING, metrics=[f"among_{n} t2i R@1" for n in SIZES])),
    Claim("Cross attention is above global features in recall at every lambda_w (R@1, N = 100)", "Table 4",
          [contrast for w in WEIGHTS for contrast in versus(
              at(ATTENDING, w), at(GLOBAL, w), metrics=["among_100 i2t R@1", "among_100 t2i R@1"])]),
)  # fmt: skip
CRITICS = (
    *_precision("Cross attention with the intra-page loss is above a classifier that sees no picture",
                "not in the paper", [Contrast((at(ATTENDING, 0.0, words),), (BLIND,)) for words in WORDS]),
    *_precision("Both losses together (lambda_w = 0.5) are above it", "not in the paper",
                versus(at(ATTENDING, 0.5), BLIND)),
    *_precision("Learning to find paintings helps to rank pages: lambda_w = 0.5 is above 0",
                "Tables 3 and 4: it does not", versus(at(ATTENDING, 0.5), at(ATTENDING, 0.0))),
)  # fmt: skip
FIELDS = ("model", "similarity", "page_loss", "lambda_w", "words", "published_rate")
METRICS = ("ap pages", "ap pooled", "auc version", "auc others",
           *(f"among_{n} {side} R@1" for n in SIZES for side in ("i2t", "t2i")))  # fmt: skip
EVERY_CELL = partial(cells_table, names=FIELDS, metrics=METRICS, compared="ap pages")
PAGES = Experiment("artpedia", PageCell, {"storybook": study}, run, paper, (
    Section("Claims of the paper", ("storybook-pages",), CLAIMS),
    Section("What the paper does not ask", ("storybook-pages",), CRITICS),
    Section("Storybook's pages, test split", ("storybook-pages",), EVERY_CELL),
))  # fmt: skip

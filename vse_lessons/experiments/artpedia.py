"""Artpedia (Stefanini et al. 2019): Tables 3 and 4 on pages, beside a classifier that sees no picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vse_lessons.common import DataError
from vse_lessons.data import sparsify
from vse_lessons.evaluation import blind_scores, compress_pages, evaluate_pages, measure_pages, page_criterion
from vse_lessons.evaluation.pages import AVERAGES, SIZES
from vse_lessons.experiments.claims import Claim, Contrast, Results, cells_table, claims_table, published
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
        for name, value, known in (
            ("model", self.model, ("Artpedia", "blind")),
            ("words", self.words, WORDS),
            ("similarity", self.similarity, SIMILARITIES),
            ("page loss", self.page_loss, PAGE_LOSSES),
        ):
            if value not in known:
                raise DataError(f"unknown {name} {value!r}: one of {', '.join(known)}")
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
    training = sparsify(data, SHARE, None, cell.seed)
    images, config, arrays = data.images("test"), cell.configuration(), {}
    if config is None:
        return Outcome(data, "test", training, measure_pages(blind_scores(training, images), data))
    vectors = storybook_vectors(config.word_dimensions) if cell.words == "pretrained" else None
    model, result = train("Artpedia", config, training, seed=cell.seed, word_vectors=vectors, progress=False,
                          criterion=page_criterion(config.lambda_w))  # fmt: skip
    if cell in MAPPED:
        kept = compress_pages(model, data, data.images("test", annotated=True)[:80])
        arrays = {f"map/{name}": np.array(v) for name, v in kept.items() if name != "cosines"}
        arrays["cosines"] = np.array([kept["cosines"][name] for name in ("visual", "contextual")])
    return Outcome(data, "test", training, evaluate_pages(model, data, seed=cell.seed), result, arrays)


# --- the grid -----------------------------------------------------------------------------------

ATTENDING, GLOBAL = PageCell(), PageCell(similarity="global")
BCE = tuple(replace(cell, page_loss="bce") for cell in (GLOBAL, ATTENDING))
BLIND = PageCell("blind", lambda_w=0.0)
MAPPED = tuple(replace(ATTENDING, words="pretrained", lambda_w=w) for w in (0.0, *WEIGHTS))  # maps are kept


def at(cell: PageCell, lambda_w: float, words: str = "pretrained") -> PageCell:
    """Return a cell with another weight and other word vectors."""
    return replace(cell, lambda_w=lambda_w, words=words)


def study() -> Iterator[PageCell]:
    """Table 3, with lambda_w = 0, and Table 4: 5 seeds of what a claim needs, 3 of what it is compared with,
    and one of the rest.
    """
    table_3 = [at(cell, 0.0, words) for words in reversed(WORDS) for cell in (ATTENDING, GLOBAL, *BCE)]
    yield from over_seeds(5, [BLIND, *table_3, *(at(ATTENDING, w) for w in WEIGHTS)])
    yield from over_seeds(3, [at(GLOBAL, w) for w in WEIGHTS])
    yield from (at(cell, w, "learned") for w in WEIGHTS for cell in (ATTENDING, GLOBAL))
    yield replace(ATTENDING, published_rate=True)


# --- the claims -----------------------------------------------------------------------------------

Pair = tuple[PageCell, PageCell]


def paper() -> Results:
    """Read Tables 3 and 4.  The paper does not say how AP is averaged: its figure stands for both ways."""
    return published("artpedia", PageCell, "artpedia")


def _precision(text: str, where: str, pairs: Sequence[Pair]) -> tuple[Claim, Claim]:
    """State that the first of each pair has the higher AP, for both ways to average."""
    names = {"pages": "AP over pages", "pooled": "AP pooled"}
    return tuple(Claim(f"{text}: {names[average]}", where,
                       tuple(Contrast((first,), (second,), f"ap {average}") for first, second in pairs))
                 for average in AVERAGES)  # fmt: skip


def _over(cell: PageCell, *others: PageCell) -> list[Pair]:
    """Table 3: a cell and each of the others, with the same word vectors."""
    return [(at(cell, 0.0, words), at(other, 0.0, words)) for other in others for words in WORDS]


def _rises(side: str) -> tuple[Contrast, ...]:
    more, less = at(ATTENDING, 0.75), at(ATTENDING, 0.25)
    return tuple(Contrast((more,), (less,), f"among_{n} {side} R@1") for n in SIZES)


CLAIMS = (
    *_precision("Cross attention is above global features, both with the intra-page loss", "Table 3",
                _over(ATTENDING, GLOBAL)),
    *_precision("Global features with the intra-page loss are above both models with BCE", "Table 3",
                _over(GLOBAL, *BCE)),
    *_precision("Cross attention with the intra-page loss is above itself with BCE", "Table 3",
                _over(ATTENDING, BCE[1])),
    *_precision("Pre-trained word vectors are above learned ones, with the intra-page loss", "Table 3",
                [(at(cell, 0.0), at(cell, 0.0, "learned")) for cell in (ATTENDING, GLOBAL)]),
    *_precision("AP falls as lambda_w goes from 0.25 to 0.75", "Table 4",
                [(at(ATTENDING, 0.25), at(ATTENDING, 0.75))]),
    Claim("Image-to-text recall rises meanwhile (R@1, N = 10, 50, 100)", "Table 4", _rises("i2t")),
    Claim("So does text-to-image recall", "Table 4", _rises("t2i")),
    Claim("Cross attention is above global features in recall at every lambda_w (R@1, N = 100)", "Table 4",
          tuple(Contrast((at(ATTENDING, w),), (at(GLOBAL, w),), f"among_100 {side} R@1")
                for w in WEIGHTS for side in ("i2t", "t2i"))),
)  # fmt: skip
CRITICS = (
    *_precision("Cross attention with the intra-page loss is above a classifier that sees no picture",
                "not in the paper", [(at(ATTENDING, 0.0, words), BLIND) for words in WORDS]),
    *_precision("Both losses together (lambda_w = 0.5) are above it", "not in the paper",
                [(at(ATTENDING, 0.5), BLIND)]),
    *_precision("Learning to find paintings helps to rank pages: lambda_w = 0.5 is above 0",
                "Tables 3 and 4: it does not", [(at(ATTENDING, 0.5), at(ATTENDING, 0.0))]),
)  # fmt: skip
METRICS = (
    "ap pages",
    "ap pooled",
    "auc version",
    "auc others",
    *(f"among_{n} {s} R@1" for n in SIZES for s in ("i2t", "t2i")),
)


def report(results: Callable[[str], Results]) -> list[tuple[str, str]]:
    """Print the claims, what the paper does not ask, and every cell beside the paper's figures."""
    found, there = results("storybook-pages"), paper()
    fields = ("model", "similarity", "page_loss", "lambda_w", "words", "published_rate")
    return [
        ("Claims of the paper", claims_table([found], CLAIMS, there)),
        ("What the paper does not ask", claims_table([found], CRITICS, there)),
        ("Storybook's pages, test split", cells_table(found, fields, METRICS, there, "ap pages")),
    ]


PAGES = Experiment("artpedia", PageCell, {"storybook": study}, run, report)

"""The study of Artpedia's tables on pages, and its scoreboard.

    python -m vse_lessons.experiments.artpedia --workers 2

Runs, table and verdicts are those of study.py and scoreboard.py, with other cells: a model and its page loss,
lambda_w, and where word vectors come from.  A row's figures are average precision within pages (Table 3)
and recall among N = 10, 50 and 100 items (Table 4)."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

import numpy as np
import torch

from vse_lessons.common.files import DataError, home
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.ppmi import ppmi_vectors
from vse_lessons.data.sparse import SparseCorpus, sparsify
from vse_lessons.data.text import WordVectors
from vse_lessons.evaluation.pages import (
    AVERAGES,
    average_precision,
    blind_scores,
    page_criterion,
    recalls_among,
    score_pages,
)
from vse_lessons.evaluation.retrieval import embed, evaluate_embedded, similarities
from vse_lessons.evaluation.search import compact, shortlist_ranks
from vse_lessons.evaluation.significance import mean_interval, summarize
from vse_lessons.experiments.a3vse import STORED, compressed_groups, cost, run_and_report
from vse_lessons.experiments.claims import Arm, Claim, Contrast, Results, scoreboard
from vse_lessons.experiments.table import Table
from vse_lessons.models.artpedia import PAGE_LOSSES, SIMILARITIES, Artpedia, ArtpediaConfig
from vse_lessons.models.base import Embedder
from vse_lessons.sources.catalogue import open_corpus
from vse_lessons.sources.storybook.writing.pages import write_unlabelled_text
from vse_lessons.training.loop import fit

MODELS = (
    *(f"{similarity} + {loss}" for similarity in SIMILARITIES for loss in PAGE_LOSSES),
    "blind",
)
ATTENDING, GLOBAL = "cross_attention + intra", "global + intra"
SIZES, CUTS = (10, 50, 100), ("R@1", "R@5")
SHORTLISTS = (10, 50, 100, 500)
WEIGHTS = (0.25, 0.5, 0.75)  # lambda_w of Table 4
WORDS = ("learned", "pretrained")
SHARE = 0.3  # of Storybook's 2,500 training pages
TABLE = STORED / "study_pages.jsonl"


@dataclass(frozen=True)
class PageCell:
    """One run.  `ablation`: word vectors `learned` from scratch or `pretrained`, or `published_rate`,
    the first with the learning rate of section 5.1."""

    model: str
    setting: str = "lambda_w=0.5"
    ablation: str = "learned"
    seed: int = 0
    corpus: str = "storybook-pages"
    preset: str = "lesson"

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise DataError(f"unknown model {self.model!r}: one of {', '.join(MODELS)}")
        if self.ablation not in (*WORDS, "published_rate"):
            raise DataError(f"unknown ablation {self.ablation!r}: one of {', '.join(WORDS)}")
        self.config()

    def config(self) -> ArtpediaConfig:
        """The hyper-parameters of a cell."""
        try:
            weight = float(self.setting.removeprefix("lambda_w="))
        except ValueError as error:
            raise DataError(f"unknown setting {self.setting!r}: write lambda_w=0.5") from error
        similarity, _, loss = self.model.partition(" + ")
        config = replace(ArtpediaConfig.preset(self.preset, self.corpus), lambda_w=weight)
        if self.model != "blind":
            config = replace(config, similarity=similarity, page_loss=loss)
        if self.ablation == "published_rate":
            rate = ArtpediaConfig.paper().optimization.learning_rate
            config = replace(config, optimization=replace(config.optimization, learning_rate=rate))
        return config


@lru_cache(maxsize=2)
def storybook_vectors(dimensions: int = 64, pages: int = 3000) -> WordVectors:
    """What stands for GloVe on Storybook: PPMI vectors of some 30,000 sentences of pages about other
    paintings, without their kinds."""
    return ppmi_vectors(write_unlabelled_text(pages), dimensions)


def run_cell(cell: PageCell) -> dict:
    """Trains and evaluates one cell; its row.  The seed chooses the training pages and all that is random."""
    started = time.perf_counter()
    data = open_corpus(cell.corpus, None, cell.preset, progress=False).corpus
    training = sparsify(data, SHARE, None, cell.seed)
    row = {
        **asdict(cell),
        "split": "test",
        "n_annotated": len(training.annotated),
        "n_pairs": len(training.pairs),
    }
    if cell.model == "blind":
        row |= blind_figures(training)
    else:
        config = cell.config()
        pretrained = cell.ablation == "pretrained"
        vectors = storybook_vectors(config.word_dimensions) if pretrained else None
        model = Artpedia.build(config, training, seed=cell.seed, word_vectors=vectors)
        run = fit(
            model,
            training,
            config.optimization,
            seed=cell.seed,
            progress=False,
            criterion=page_criterion(config.lambda_w),
        )
        row |= figures(run.model, data, cell.seed)
        row |= {
            "best_epoch": run.best_epoch + 1,
            "epochs": len(run.history),
            "warnings": len(run.warnings),
        }
        if cell.seed == 0 and cell.model == ATTENDING and cell.ablation == "pretrained":
            row["map"] = map_of(run.model, data, data.images("test", annotated=True)[:80])
    return row | cost(started)


def figures(model: Embedder, data: Corpus, seed: int = 0, split: str = "test", draws: int = 10) -> dict:
    """Average precision (Table 3), recall among N (Table 4, where the split has N pages) and shortlists
    (section 5.3) of a model on a split; recall among all in the usual form."""
    found = score_pages(model, data, data.images(split))
    embedded = embed(model, data, data.images(split, annotated=True))
    scores, images = similarities(model, embedded), len(embedded.images)
    made = {
        "ap": {average: average_precision(found, average) for average in AVERAGES},
        "pages_skipped": found.skipped,
        **evaluate_embedded(model, embedded).as_dict(),
    }
    for size in SIZES:
        if size <= images:
            among = recalls_among(scores, embedded.image_of, size, draws, seed)
            flat = {f"{side} {cut}": one for side, cuts in among.items() for cut, one in cuts.items()}
            made[f"among_{size}"] = {name: one.mean for name, one in flat.items()}
            made[f"deviation_{size}"] = {name: one.deviation for name, one in flat.items()}
    near = compact(embedded.images) @ compact(embedded.sentences).T
    for side, most in (("t2i", images), ("i2t", len(embedded.sentence_numbers))):
        sizes = [size for size in SHORTLISTS if size < most]
        listed = [shortlist_ranks(scores, near, embedded.image_of, size, side) for size in sizes]
        made[f"shortlist_{side}"] = {str(size): summarize(ranks) for size, ranks in zip(sizes, listed)}
    return made


def blind_figures(training: SparseCorpus) -> dict:
    """Average precision of the classifier that sees no picture.  It cannot find paintings: its recalls
    are those of chance."""
    images = training.corpus.images("test")
    found = blind_scores(training, images)
    chance = {cut: 100 * int(cut[2:]) / len(images) for cut in ("R@1", "R@5", "R@10")}
    return {
        "ap": {average: average_precision(found, average) for average in AVERAGES},
        "t2i": chance,
        "i2t": {},
        "rsum": 0.0,
    }


def map_of(model: Embedder, data: Corpus, images: Sequence[int] | np.ndarray) -> dict:
    """Compact vectors (section 5.3) of some images, of their first visual and of their first contextual
    sentences, for the maps of Figure 3; and the mean cosine of images with either."""
    images = [i for i in images if len(data.visual_of[i]) and len(data.contextual_of[i])]
    model.eval()
    with torch.no_grad():
        groups = {"image": compact(model.encode_images(data.regions.batch(images).to(model.device)))}
        for name, of in (("visual", data.visual_of), ("contextual", data.contextual_of)):
            groups[name] = compact(model.encode_sentences([data.sentences[of[i][0]] for i in images]))
    cosines = {
        name: float((groups["image"] * groups[name]).sum(-1).mean()) for name in ("visual", "contextual")
    }
    return {**compressed_groups(groups, centred=False), "cosines": cosines}


# --- the grid and what the paper printed ----------------------------------------------------------


def page_study() -> Iterator[PageCell]:
    """Table 3, with lambda_w = 0, and Table 4: 5 seeds of what a claim needs, 3 of what it is compared
    with, and one of the rest."""
    for seed in range(5):
        yield PageCell("blind", "lambda_w=0.0", seed=seed)
        for words in reversed(WORDS):
            for model in MODELS[:4]:
                yield PageCell(model, "lambda_w=0.0", words, seed)
        for weight in WEIGHTS:
            yield PageCell(ATTENDING, f"lambda_w={weight}", "pretrained", seed)
            if seed < 3:
                yield PageCell(GLOBAL, f"lambda_w={weight}", "pretrained", seed)
            if seed < 1:
                for model in (ATTENDING, GLOBAL):
                    yield PageCell(model, f"lambda_w={weight}", "learned", seed)
    yield PageCell(ATTENDING, "lambda_w=0.5", "published_rate")


# Table 3: average precision with lambda_w = 0; of learned vectors, of GloVe
TABLE_3 = {
    "global + bce": (39.3, 40.8),
    "global + intra": (52.8, 55.3),
    "cross_attention + bce": (42.6, 41.7),
    "cross_attention + intra": (86.3, 88.5),
}
# Table 4: lambda_w, AP, then for N = 10, 50, 100: image-to-text R@1, R@5, text-to-image R@1, R@5
TABLE_4 = {
    ("global + intra", "learned"): """
        0.25 44.9  9.4 36.3  7.6 50.0  2.4  8.3 1.3  8.9  0.6  5.0 0.5  3.6
        0.50 50.2  9.4 38.1  9.9 50.7  1.8 10.0 2.0 10.5  0.6  6.2 1.1  5.1
        0.75 53.4 10.6 38.3 10.4 50.0  2.4 10.6 2.3 11.6  1.5  5.6 1.4  6.2""",
    ("global + intra", "pretrained"): """
        0.25 43.1 12.4 35.4  8.5 48.7  2.7  9.1 2.2 11.1  0.6  5.3 1.8  5.5
        0.50 46.0  8.8 37.2  9.8 48.9  1.2 10.0 2.0 10.1  1.8  4.1 1.0  4.4
        0.75 44.9 10.9 34.2  8.9 47.7  1.8  8.6 1.8  9.3  0.9  4.4 0.7  4.6""",
    ("cross_attention + intra", "learned"): """
        0.25 85.9 15.3 40.4 17.5 61.9  2.7 13.3 4.2 16.7  2.1  8.0 2.2  9.0
        0.50 85.2 11.5 40.1 17.4 61.0  3.2 13.6 3.8 18.7  1.2  7.7 2.4  9.9
        0.75 84.6 10.9 37.5 18.5 64.3  2.7 10.0 5.1 20.1  1.2  7.1 2.9 11.4""",
    ("cross_attention + intra", "pretrained"): """
        0.25 88.2 19.8 44.0 22.7 69.6  8.6 22.1 6.1 23.6  4.4 15.9 4.0 14.8
        0.50 87.5 26.3 54.3 21.2 69.7  8.8 27.7 7.5 22.9  6.2 18.6 4.1 14.1
        0.75 86.5 29.5 57.2 23.7 71.2 13.6 31.9 5.8 23.1  8.6 22.7 4.1 13.6""",
}


def published() -> Results:
    """Tables 3 and 4 as rows.  The paper does not say how AP is averaged: its figure stands for both."""
    rows = []
    for model, pair in TABLE_3.items():
        rows += [_published_row(model, 0.0, words, [ap]) for words, ap in zip(WORDS, pair)]
    for (model, words), text in TABLE_4.items():
        for line in text.split("\n")[1:]:
            weight, *numbers = map(float, line.split())
            rows.append(_published_row(model, weight, words, numbers))
    return Results(rows, "artpedia")


def _published_row(model: str, weight: float, words: str, numbers: Sequence[float]) -> dict:
    row = {
        "corpus": "artpedia",
        "model": model,
        "setting": f"lambda_w={weight}",
        "ablation": words,
        "seed": 0,
        "ap": {"pages": numbers[0], "pooled": numbers[0]},
    }
    cuts = [f"{side} {cut}" for side in ("i2t", "t2i") for cut in CUTS]
    for place, size in enumerate(SIZES if len(numbers) > 1 else ()):
        own = numbers[1 + 4 * place : 5 + 4 * place]
        row[f"among_{size}"] = dict(zip(cuts, own, strict=True))
    return row


# --- the claims -----------------------------------------------------------------------------------


def arm(model: str, weight: float, words: str) -> Arm:
    """The runs of a model with a lambda_w and word vectors."""
    return Arm(model, f"lambda_w={weight}", words)


Pair = tuple[Arm, Arm]


def _precision(text: str, where: str, pairs: Sequence[Pair]) -> tuple[Claim, Claim]:
    """The claim that the first of each pair has the higher AP, for both ways to average: the paper does not
    say which is its own."""
    names = {"pages": "AP over pages", "pooled": "AP pooled"}
    return tuple(
        Claim(
            f"{text}: {names[average]}",
            where,
            tuple(Contrast((first,), (second,), average, "ap") for first, second in pairs),
        )
        for average in AVERAGES
    )


def _over(model: str, *others: str) -> list[Pair]:
    """Table 3: a model and each of the others, with the same word vectors."""
    return [(arm(model, 0.0, w), arm(other, 0.0, w)) for other in others for w in WORDS]


BLIND = Arm("blind", "lambda_w=0.0", "learned")
MORE, LESS = arm(ATTENDING, 0.75, "pretrained"), arm(ATTENDING, 0.25, "pretrained")
CLAIMS = (
    *_precision(
        "Cross attention is above global features, both with the intra-page loss",
        "Table 3",
        _over(ATTENDING, GLOBAL),
    ),
    *_precision(
        "Global features with the intra-page loss are above both models with BCE",
        "Table 3",
        _over(GLOBAL, "global + bce", "cross_attention + bce"),
    ),
    *_precision(
        "Cross attention with the intra-page loss is above itself with BCE",
        "Table 3",
        _over(ATTENDING, "cross_attention + bce"),
    ),
    *_precision(
        "Pre-trained word vectors are above learned ones, with the intra-page loss",
        "Table 3",
        [(arm(m, 0.0, "pretrained"), arm(m, 0.0, "learned")) for m in (ATTENDING, GLOBAL)],
    ),
    *_precision("AP falls as lambda_w goes from 0.25 to 0.75", "Table 4", [(LESS, MORE)]),
    Claim(
        "Image-to-text recall rises meanwhile (R@1, N = 10, 50, 100)",
        "Table 4",
        tuple(Contrast((MORE,), (LESS,), "i2t R@1", f"among_{n}") for n in SIZES),
    ),
    Claim(
        "So does text-to-image recall",
        "Table 4",
        tuple(Contrast((MORE,), (LESS,), "t2i R@1", f"among_{n}") for n in SIZES),
    ),
    Claim(
        "Cross attention is above global features in recall at every lambda_w (R@1, N = 100)",
        "Table 4",
        tuple(
            Contrast(
                (arm(ATTENDING, w, "pretrained"),),
                (arm(GLOBAL, w, "pretrained"),),
                f"{side} R@1",
                "among_100",
            )
            for w in WEIGHTS
            for side in ("i2t", "t2i")
        ),
    ),
)
CRITICS = (
    *_precision(
        "Cross attention with the intra-page loss is above a classifier that sees no picture",
        "not in the paper",
        [(arm(ATTENDING, 0.0, w), BLIND) for w in WORDS],
    ),
    *_precision(
        "Both losses together (lambda_w = 0.5) are above it",
        "not in the paper",
        [(arm(ATTENDING, 0.5, "pretrained"), BLIND)],
    ),
    *_precision(
        "Learning to find paintings helps to rank pages: lambda_w = 0.5 is above 0",
        "Tables 3 and 4: it does not",
        [(arm(ATTENDING, 0.5, "pretrained"), arm(ATTENDING, 0.0, "pretrained"))],
    ),
)


def stored() -> Results:
    """The runs that come with the library."""
    return Results(Table(TABLE).rows(), "storybook-pages")


def half_width(values: Sequence[float]) -> float:
    """Half of the 95 % interval over seeds; 0 with one seed, for figures."""
    return mean_interval(values)[1] if len(values) > 1 else 0.0


def report(found: Results) -> str:
    """The scoreboard and, below it, what the paper does not ask."""
    boards = (scoreboard([found], claims, published()) for claims in (CLAIMS, CRITICS))
    return "\n\n".join(boards)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m vse_lessons.experiments.artpedia",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--table", help="where rows go")
    parser.add_argument("--workers", type=int, default=1, help="processes at a time")
    parser.add_argument("--report", action="store_true", help="only print the stored scoreboard")
    parser.add_argument("--cell", help=argparse.SUPPRESS)  # one run, its row to standard output
    given = parser.parse_args(arguments)
    if given.cell:
        print(json.dumps(run_cell(PageCell(**json.loads(given.cell)))))
        return 0
    if given.report:
        print(report(stored()))
        return 0
    table = Table(given.table or home() / "studies" / "study_pages.jsonl")
    open_corpus("storybook-pages")  # once, so that the runs do not all extract it
    return run_and_report(
        page_study(), table, workers=given.workers, module="vse_lessons.experiments.artpedia"
    )


if __name__ == "__main__":
    sys.exit(main())

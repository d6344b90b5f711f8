"""A3VSE (Huang et al. 2019): nine sparse settings, every model that learns from pairs, the rows of Table 5.

The models come from the registry: one that needs nothing beyond annotated pairs and what a detector saw
is in the grid as soon as it is in `MODELS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vse_lessons.common import DataError
from vse_lessons.data import TABLE_1, setting_name, sparsify, vocabulary_overlap
from vse_lessons.evaluation import annotations_needed, compress_pairs, embed, evaluate_embedded
from vse_lessons.experiments.claims import (
    RECALLS,
    Claim,
    Contrast,
    Results,
    Share,
    cells_table,
    claims_table,
    published,
    versus,
)
from vse_lessons.experiments.grid import Cell, Experiment, Inputs, Outcome, over_seeds
from vse_lessons.models.a3vse import ADVERSARIAL, A3VSEConfig
from vse_lessons.models.registry import MODELS, prepare_training, spec
from vse_lessons.sources import describe, open_corpus
from vse_lessons.training.train import train

SETTINGS = tuple((setting.share, setting.sentences) for setting in TABLE_1.values())
COMPLETE = (1.0, 5)  # the whole annotation
NOTHING = (0.0, 0)  # of which models that are not trained learn
IN_REACH = frozenset({"semantics", "global", "tags"})  # what a model of this grid may need
TABLE_5 = ("full", "no_semantics", "global_tags", "no_attention", "no_adversarial", "no_intra", "no_cross",
           "no_transitive")  # fmt: skip
HELD_OUT = 500  # training images for selection where the validation split is reported


@dataclass(frozen=True)
class AnnotationCell(Cell):
    """A model, its variant (for A3VSE a row of Table 5) and how much of the corpus is annotated."""

    model: str = "A3VSE"
    share: float = 0.1  # of the training images; 0 for a model that is not trained
    sentences: int = 5  # of each annotated image

    def __post_init__(self) -> None:
        self.configuration()
        if not (0 < self.share <= 1 and self.sentences >= 1) and not self.untrained:
            setting = setting_name(self.share, self.sentences)
            raise DataError(
                f"{self.model} cannot learn from {setting}: annotate a share in (0, 1], from 1 sentence"
            )

    @property
    def untrained(self) -> bool:
        """Whether the model learns from nothing (tags)."""
        return "tags" in spec(self.model).needs and (self.share, self.sentences) == NOTHING

    def configuration(self) -> Any:
        """Return the hyper-parameters of the run; `DataError` for an unknown model, preset or variant."""
        return spec(self.model).config.preset(self.preset, self.corpus).with_variant(self.variant)


@dataclass(frozen=True)
class WeightCell(Cell):
    """A3VSE with the six published adversarial weights times one factor, a third as long as the lesson."""

    model: str = "A3VSE"
    scale: float = 1.0
    reduction: str = "mean"  # of the triplets (Eq. 2), or "sum" as in the code of VSE++ and SCAN

    def configuration(self) -> A3VSEConfig:
        """Return the lesson's hyper-parameters with other weights."""
        lesson, paper = A3VSEConfig.preset(self.preset, self.corpus), A3VSEConfig.paper()
        weights = {name: self.scale * getattr(paper, name) for name in ADVERSARIAL}
        schedule = replace(lesson.optimization, epochs=10)
        return replace(lesson, **weights, reduction=self.reduction, optimization=schedule)


def run(cell: AnnotationCell, inputs: Inputs) -> Outcome:
    """Train and evaluate one cell; its seed chooses the annotated images and all that is random."""
    data = open_corpus(cell.corpus, inputs.corpus_dir, cell.preset, progress=False).corpus
    hold_out = 0 if data.built_in else HELD_OUT
    training = sparsify(data, cell.share or 0.1, cell.sentences or 5, cell.seed, hold_out)
    config = cell.configuration()
    training = prepare_training(config, training)
    model, result = train(cell.model, config, training, seed=cell.seed, word_vectors=inputs.word_vectors,
                          progress=False)  # fmt: skip
    data, split = training.corpus, "test" if data.built_in else "val"
    embedded = embed(model, data, data.images(split, annotated=True))
    metrics = evaluate_embedded(model, embedded).as_dict()
    arrays: dict[str, np.ndarray] = {}
    if cell in MAPPED:
        arrays = {f"map/{side}": np.array(values) for side, values in compress_pairs(embedded).items()}
    if cell.untrained:
        queries = [data.sentences[s] for s in embedded.sentence_numbers]  # of section 4.6
        words = {source: describe(training, source) for source in ("regions", "tags")}
        metrics["overlap"] = {s: round(100 * vocabulary_overlap(queries, w), 1) for s, w in words.items()}
    return Outcome(data, split, training, metrics, result, arrays)


def run_weights(cell: WeightCell, inputs: Inputs) -> Outcome:
    """Train one cell and keep where it ended: collapse is there even if an early epoch is the best."""
    data = open_corpus(cell.corpus, inputs.corpus_dir, cell.preset, progress=False).corpus
    config = cell.configuration()
    training = sparsify(data, 0.1, 5, cell.seed, len(data.images("train")) // 10)
    training = prepare_training(config, training)
    model, result = train(cell.model, config, training, seed=cell.seed, progress=False)
    metrics = evaluate_embedded(model, embed(model, data, data.images("val"))).as_dict()
    metrics["last"] = {key: result.history[-1][key] for key in ("rsum", "image_cosine", "sentence_cosine")}
    return Outcome(data, "val", training, metrics, result)


# --- the grid -----------------------------------------------------------------------------------


def of_grid(trained: bool = True) -> list[str]:
    """List the models of the registry that this grid runs, those that are trained or those that are not."""
    return [name for name, one in MODELS.items()
            if one.needs <= IN_REACH and ("tags" in one.needs) != trained]  # fmt: skip


def cells(settings: Sequence[tuple[float, int]], corpus: str = "storybook", **fields: Any) -> Iterator[Cell]:
    """List every trained model at some settings; the linear model without semantics, as it is published."""
    for share, sentences in settings:
        for model in of_grid():
            variant = "no_semantics" if model == "linear" else "full"
            yield AnnotationCell(model, variant, 0, corpus, share=share, sentences=sentences, **fields)


def untrained(corpus: str = "storybook") -> Iterator[Cell]:
    """List the models that are not trained, in every variant."""
    for model in of_grid(trained=False):
        for variant in spec(model).variants:
            yield AnnotationCell(model, variant, 0, corpus, share=0.0, sentences=0)


def storybook_study() -> Iterator[Cell]:
    """All nine settings of Table 1 with 3 seeds; the rows of Table 5 and every model at 10 % x 5 with 5."""
    yield from untrained()
    yield from over_seeds(3, cells(SETTINGS))
    yield from over_seeds(5, [*(AnnotationCell("A3VSE", row) for row in TABLE_5), AnnotationCell("linear")])
    yield from over_seeds(5, cells([(0.1, 5)]))
    yield from over_seeds(3, [AnnotationCell("VSE++", share=1.0)])  # the benchmark with every annotation


def flickr8k_study() -> Iterator[Cell]:
    """The settings that show what annotation is worth on photographs, one seed; 10 % x 5 of some with 3."""
    yield from untrained("flickr8k")
    settings = [(0.1, 5), (0.2, 5), (0.5, 1), (0.5, 5), COMPLETE]
    yield from (cell for cell in cells(settings, "flickr8k") if cell.model not in ("DAN", "DPC"))
    linear = AnnotationCell("linear", corpus="flickr8k")
    yield from (replace(linear, share=share, sentences=sentences) for share, sentences in settings)


def weight_study() -> Iterator[Cell]:
    """Multiples of the published weights with either reduction, one seed."""
    scales = {"mean": (0.0, 0.03, 0.1, 0.3, 1.0, 10.0), "sum": (0.1, 1.0, 10.0)}
    yield from (WeightCell(scale=s, reduction=r) for r in scales for s in scales[r])


# --- the claims ---------------------------------------------------------------------------------

A3VSE, TAGS = AnnotationCell(), AnnotationCell("tags", share=0.0, sentences=0)
MAPPED = (replace(A3VSE, share=0.5), A3VSE, replace(A3VSE, variant="global_tags"))  # their maps are kept


def at(setting: tuple[float, int], model: str = "A3VSE", variant: str = "full") -> AnnotationCell:
    """Return the cell of a model in a setting."""
    return AnnotationCell(model, variant, share=setting[0], sentences=setting[1])


def _over(model: str, settings: Sequence[tuple[float, int]], metric: str = "t2i R@1",
          variant: str = "full") -> tuple[Contrast, ...]:  # fmt: skip
    return tuple(Contrast((at(s),), (at(s, model, variant),), metric) for s in settings)


def _diverse(model: str) -> tuple[Contrast, ...]:
    """As many sentences, of more images: Table 1's rows of 4, 10 and 20 % of the annotations."""
    pairs = (((0.5, 1), (0.1, 5)), ((0.2, 1), (0.1, 2)), ((0.5, 2), (0.2, 5)))
    return tuple(Contrast((at(more, model),), (at(fewer, model),)) for more, fewer in pairs)


def _row(variant: str) -> tuple[Contrast, ...]:
    return versus(A3VSE, replace(A3VSE, variant=variant))


SCAN, LINEAR = replace(A3VSE, model="SCAN"), replace(A3VSE, model="linear")
PAIR = ((0.1, 5), (0.5, 2))
CLAIMS = (
    Claim("A3VSE is above SCAN in all nine sparse settings", "Table 1", _over("SCAN", SETTINGS)),
    Claim("The same from image to sentence", "Table 1", _over("SCAN", SETTINGS, "i2t R@1")),
    *(Claim(f"A3VSE is above {model} with 10 % x 5 and 50 % x 2", "Table 2", _over(model, PAIR))
      for model in ("VSE++", "DAN", "DPC")),
    Claim("A3VSE keeps more of its R@1 than SCAN does, from 50 % x 5 to 10 % x 5", "Figure 1, as we read it",
          (Contrast((Share(A3VSE, at((0.5, 5))),), (Share(SCAN, at((0.5, 5), "SCAN")),)),)),
    Claim("The gain over SCAN is larger in the smallest setting, 10 % x 1, than in the largest, 50 % x 5",
          "section 4.4",
          (Contrast((at((0.1, 1)), at((0.5, 5), "SCAN")), (at((0.1, 1), "SCAN"), at((0.5, 5)))),)),
    Claim("Diverse images beat diverse sentences (A3VSE)", "section 4.4", _diverse("A3VSE")),
    Claim("Diverse images beat diverse sentences (SCAN)", "section 4.4", _diverse("SCAN")),
    Claim("Tags without any annotation are above VSE++, DAN and DPC with 10 % x 5", "section 4.4, Table 2",
          versus(TAGS, *(replace(A3VSE, model=model) for model in ("VSE++", "DAN", "DPC")))),
    Claim("A3VSE with 20 % of the annotations (50 % x 2) is above VSE++ with all of them, in R@10",
          "abstract, Table 2 (there DPC and SCAN with all are higher still)",
          versus(at((0.5, 2)), at(COMPLETE, "VSE++"), metric="t2i R@10")),
    Claim("Regional semantics help", "Table 5", _row("no_semantics")),
    Claim("Global tags in their place help too", "section 4.6",
          versus(replace(A3VSE, variant="global_tags"), replace(A3VSE, variant="no_semantics"))),
    Claim("Regional semantics are better than global tags", "Table 5", _row("global_tags")),
    Claim("Attention helps", "Table 5", _row("no_attention")),
    Claim("Adversarial alignment helps", "Table 5", _row("no_adversarial")),
    Claim("Each of the three alignments helps", "Table 5 (section 4.6 calls the differences small)",
          _row("no_intra") + _row("no_cross") + _row("no_transitive")),
)  # fmt: skip
# What the paper does not ask: is there a simple model that does as well?
CRITICS = (
    Claim("A3VSE is above SCAN, VSE++, CCA and two linear maps with 10 % x 5 and 20 % x 5",
          "not in the paper", tuple(c for s in ((0.1, 5), (0.2, 5)) for c in versus(
              at(s), at(s, "SCAN"), at(s, "VSE++"), at(s, "CCA"), at(s, "linear", "no_semantics")))),
    Claim("A3VSE is above linear CCA in all nine settings", "not in the paper", _over("CCA", SETTINGS)),
    Claim("A3VSE is above two linear maps without semantics, in all nine settings", "not in the paper",
          _over("linear", SETTINGS, variant="no_semantics")),
    Claim("A3VSE is above two linear maps with the same semantics, 10 % x 5", "not in the paper",
          versus(A3VSE, LINEAR)),
)  # fmt: skip


def paper() -> Results:
    """Read the paper's own figures (Tables 1, 2 and 5).  Where two of its tables print different figures for
    one row (A3VSE at 10 % x 5, image-to-text R@5 72.8 and 73.2; SCAN, R@10 70.9 and 70.1) it is Table 1's.
    """
    return published("a3vse", AnnotationCell, "flickr30k")


def pairs_needed(
    results: Results, model: str, recall: float, metric: str = "t2i R@10", variant: str = "full"
) -> int | None:
    """Estimate how many annotated pairs a model needs to reach a mean recall; see `annotations_needed`."""
    points = []
    for cell in (at(setting, model, variant) for setting in (*SETTINGS, COMPLETE)):
        rows, values = results.rows(cell), list(results.values(cell, metric).values())
        points += [(rows[min(rows)]["n_pairs"], float(np.mean(values)))] if rows else []
    return annotations_needed(points, recall)


def report(results: Callable[[str], Results]) -> list[tuple[str, str]]:
    """Print the claims, what the paper does not ask, and every recall."""
    studies, there = [results(corpus) for corpus in ("storybook", "flickr8k")], paper()
    fields, metrics = ("share", "sentences", "model", "variant"), (*RECALLS, "rsum")
    tables = [cells_table(study, fields, metrics, there, "rsum") for study in studies]
    return [
        ("Claims of the paper", claims_table(studies, CLAIMS, there)),
        ("What the paper does not ask", claims_table(studies, CRITICS, there)),
        ("Storybook, test split", tables[0]),
        ("Flickr8k, official dev images", tables[1]),
    ]


def report_weights(results: Callable[[str], Results]) -> list[tuple[str, str]]:
    """Print where training ended for each factor of the adversarial weights."""
    metrics = ("rsum", "last rsum", "last image_cosine", "last sentence_cosine")
    table = cells_table(results("storybook"), ("reduction", "scale"), metrics, digits=2)
    return [("How heavy adversarial alignment may be (Storybook, validation split)", table)]


STUDIES = {"storybook": storybook_study, "flickr8k": flickr8k_study}
ANNOTATION = Experiment("a3vse", AnnotationCell, STUDIES, run, report)
WEIGHTS = Experiment("weights", WeightCell, {"storybook": weight_study}, run_weights, report_weights)

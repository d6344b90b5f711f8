"""GXN (Gu et al. 2018): what each imagining path adds to looking and matching, and what its sentences say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from vse_lessons.common import DataError
from vse_lessons.evaluation import evaluate_generation
from vse_lessons.experiments.claims import Claim, Results, Section, cells_table, versus
from vse_lessons.experiments.grid import Cell, Experiment, Inputs, Outcome, over_seeds, train_cell
from vse_lessons.models import GXN, GXNConfig, VSEPPConfig

CURVES = ("rsum", "spread_drawn", "accuracy_real", "accuracy_mismatched", "accuracy_fake",
          "captions_xe", "cider_greedy")  # fmt: skip
NAMES = {"ranking": "ranking only (look, match)", "t2i": "+ text to image", "i2t xe": "+ image to text (xe)",
         "i2t mix": "+ image to text (mix)", "both": "+ both", "order": "ranking only, order violation",
         "nonnegative": "ranking only, cosines without negative numbers",
         "momentum": "+ text to image, momentum 0.9",
         "unattended": "+ image to text (mix), no attention"}  # fmt: skip
# rows that are ours: the variant that each starts from, and what it changes (0.9 is Adam's usual momentum)
OURS: dict[str, tuple[str, dict]] = {
    "order": ("ranking", {"similarity": "order", "nonnegative": True, "margin": 0.1}),
    "nonnegative": ("ranking", {"similarity": "cosine", "nonnegative": True, "margin": 0.1}),
    "momentum": ("t2i", {"momentum": 0.9}),
    "unattended": ("i2t mix", {"attends": False}),
}
SHARED = ("word_dimensions", "max_words", "margin", "region_dropout", "word_dropout", "optimization")


@dataclass(frozen=True)
class GXNCell(Cell):
    """One run with every annotation: a row of the ablation of GXN, or VSE++ with the same encoders."""

    model: str = "GXN"
    variant: str = "both"

    def __post_init__(self) -> None:
        if self.variant not in {"GXN": list(NAMES), "VSE++": ["full"]}.get(self.model, []):
            rows = f"of GXN one of {', '.join(NAMES)}; of VSE++ full"
            raise DataError(f"unknown row {self.variant!r} of {self.model!r}: {rows}")

    def configuration(self) -> GXNConfig | VSEPPConfig:
        """Return the hyper-parameters; VSE++ has one space as wide as both of GXN's, and all else alike."""
        gxn = GXNConfig.preset(self.preset, self.corpus)
        if self.model == "VSE++":
            plain, shared = VSEPPConfig.preset(self.preset, self.corpus), {n: getattr(gxn, n) for n in SHARED}
            return replace(plain, dimensions=2 * gxn.dimensions, **shared)
        variant, changes = OURS.get(self.variant, (self.variant, {}))
        return replace(gxn.with_variant(variant), **changes)


def run(cell: GXNCell, inputs: Inputs) -> Outcome:
    """Train and evaluate one cell, on Storybook also by the things that its sentences name."""
    outcome, model, _ = train_cell(cell, inputs, 1.0, 5, pixels=True)
    if isinstance(model, GXN):
        data, images = outcome.corpus, outcome.corpus.images(outcome.split, annotated=True)
        outcome.metrics |= evaluate_generation(model, data, images, cell.seed, cell.preset)
    curves = outcome.result.curves(CURVES) if outcome.result else {}
    outcome.arrays = {f"curve/{name}": curve for name, curve in curves.items()}
    return outcome


PLAIN = GXNCell("VSE++", "full")


def storybook_study() -> Iterator[GXNCell]:
    """Every row with 5 seeds; the one without attention with 2."""
    yield from over_seeds(2, [GXNCell(variant=variant) for variant in NAMES])
    yield from over_seeds(5, [*(GXNCell(variant=v) for v in NAMES if v != "unattended"), PLAIN])


def flickr8k_study() -> Iterator[GXNCell]:
    """Photographs: the ranking row and each path, one seed."""
    yield from (GXNCell(variant=variant, corpus="flickr8k") for variant in ("ranking", "i2t mix", "t2i"))


def claims() -> list[Claim]:
    """List what the slides say, that imagining makes matching better: than ranking only, and than VSE++."""
    paths = ("t2i", "i2t xe", "i2t mix", "both")
    asked = [("ranking only", GXNCell(variant="ranking"), variant) for variant in paths]
    asked += [("VSE++", PLAIN, variant) for variant in ("ranking", *paths)]
    directions = {"t2i R@1": "sentence to image", "i2t R@1": "image to sentence"}
    stated = []
    for name, other, variant in asked:
        text = f"{NAMES[variant].removeprefix('+ ')} is above {name}"
        for metric, direction in directions.items():
            contrasts = versus(GXNCell(variant=variant), other, metrics=[metric])
            stated.append(Claim(f"{text}, {direction}", "slides", contrasts))
    return stated


METRICS = ("t2i R@1", "t2i R@10", "i2t R@1", "i2t R@10", "rsum", "CIDEr", "BLEU-4", "named", "layout_rank")
EVERY_ROW = partial(cells_table, names=("model", "variant"), metrics=METRICS)
STUDIES = {"storybook": storybook_study, "flickr8k": flickr8k_study}
IMAGINING = Experiment("gxn", GXNCell, STUDIES, run, lambda: Results([], GXNCell, "slides"), (
    Section("Storybook, test split", ("storybook",), EVERY_ROW),
    Section("Claims of the slides", ("storybook",), claims()),
    Section("Flickr8k, official dev images", ("flickr8k",), EVERY_ROW),
))  # fmt: skip

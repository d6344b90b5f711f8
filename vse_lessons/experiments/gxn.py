"""GXN (Gu et al. 2018): what each imagining path adds to looking and matching, and what its sentences say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from vse_lessons.common import DataError
from vse_lessons.data import sparsify
from vse_lessons.evaluation import embed, evaluate_embedded, evaluate_generation
from vse_lessons.experiments.a3vse import HELD_OUT
from vse_lessons.experiments.claims import Claim, Results, cells_table, claims_table, versus
from vse_lessons.experiments.grid import Cell, Experiment, Inputs, Outcome, over_seeds
from vse_lessons.models.baselines.vsepp import VSEPPConfig
from vse_lessons.models.gxn import GXN, GXNConfig
from vse_lessons.models.registry import prepare_training
from vse_lessons.sources import open_corpus, with_pixels
from vse_lessons.training.train import train

MOMENTUM = 0.9  # of the row whose discriminator wins: Adam's usual one
CURVES = ("rsum", "spread_drawn", "accuracy_real", "accuracy_mismatched", "accuracy_fake",
          "captions_xe", "cider_greedy")  # fmt: skip
NAMES = {"ranking": "ranking only (look, match)", "t2i": "+ text to image", "i2t xe": "+ image to text (xe)",
         "i2t mix": "+ image to text (mix)", "both": "+ both", "order": "ranking only, order violation",
         "nonnegative": "ranking only, cosines without negative numbers",
         "momentum": "+ text to image, momentum 0.9",
         "unattended": "+ image to text (mix), no attention"}  # fmt: skip


@dataclass(frozen=True)
class GXNCell(Cell):
    """One run with every annotation: a row of the ablation of GXN, or VSE++ with the same encoders."""

    model: str = "GXN"
    variant: str = "both"

    def __post_init__(self) -> None:
        known = {"GXN": tuple(NAMES), "VSE++": ("full",)}.get(self.model, ())
        if self.variant not in known:
            rows = f"of GXN one of {', '.join(NAMES)}; of VSE++ full"
            raise DataError(f"unknown row {self.variant!r} of {self.model!r}: {rows}")

    def configuration(self) -> GXNConfig | VSEPPConfig:
        """Return the hyper-parameters; VSE++ has one space as wide as both of GXN's, and all else alike."""
        gxn = GXNConfig.preset(self.preset, self.corpus)
        if self.model == "VSE++":
            alike = (
                "word_dimensions",
                "max_words",
                "margin",
                "region_dropout",
                "word_dropout",
                "optimization",
            )
            config = VSEPPConfig.preset(self.preset, self.corpus)
            return replace(
                config, dimensions=2 * gxn.dimensions, **{name: getattr(gxn, name) for name in alike}
            )
        if self.variant in ("order", "nonnegative"):  # as published, and with cosines of the same vectors
            similarity = "order" if self.variant == "order" else "cosine"
            return replace(gxn.with_variant("ranking"), similarity=similarity, nonnegative=True, margin=0.1)
        if self.variant == "momentum":
            return replace(gxn.with_variant("t2i"), momentum=MOMENTUM)
        if self.variant == "unattended":
            return replace(gxn.with_variant("i2t mix"), attends=False)
        return gxn.with_variant(self.variant)


def run(cell: GXNCell, inputs: Inputs) -> Outcome:
    """Train and evaluate one cell, on Storybook also by the things that its sentences name."""
    opened = open_corpus(cell.corpus, inputs.corpus_dir, cell.preset, progress=False)
    data, config = with_pixels(opened, progress=False).corpus, cell.configuration()
    hold_out, split = (0, "test") if data.built_in else (HELD_OUT, "val")
    training = prepare_training(config, sparsify(data, 1.0, 5, cell.seed, hold_out))
    data = training.corpus
    model, result = train(cell.model, config, training, seed=cell.seed, word_vectors=inputs.word_vectors,
                          progress=False)  # fmt: skip
    images = data.images(split, annotated=True)
    metrics = evaluate_embedded(model, embed(model, data, images)).as_dict()
    if isinstance(model, GXN):
        metrics |= evaluate_generation(model, data, images, cell.seed, cell.preset)
    known = [key for key in CURVES if key in result.history[-1]]
    curves = {f"curve/{key}": np.array([entry.get(key, np.nan) for entry in result.history]) for key in known}
    return Outcome(data, split, training, metrics, result, curves)


# --- the grid and the claims ----------------------------------------------------------------------

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
    ranking, paths = GXNCell(variant="ranking"), ("t2i", "i2t xe", "i2t mix", "both")
    sides = {"t2i R@1": "sentence to image", "i2t R@1": "image to sentence"}
    asked = [("ranking only", ranking, variant) for variant in paths]
    asked += [("VSE++", PLAIN, variant) for variant in ("ranking", *paths)]
    return [Claim(f"{NAMES[variant].removeprefix('+ ')} is above {name}, {text}", "slides",
                  versus(GXNCell(variant=variant), other, metric=metric))
            for name, other, variant in asked for metric, text in sides.items()]  # fmt: skip


METRICS = ("t2i R@1", "t2i R@10", "i2t R@1", "i2t R@10", "rsum", "CIDEr", "BLEU-4", "named", "layout_rank")


def report(results: Callable[[str], Results]) -> list[tuple[str, str]]:
    """Print the ablation and the claims; the slides print no figures."""
    found, unpublished = results("storybook"), Results([], GXNCell, "slides")
    return [
        ("Storybook, test split", cells_table(found, ("model", "variant"), METRICS)),
        ("Claims of the slides", claims_table([found], claims(), unpublished)),
        ("Flickr8k, official dev images", cells_table(results("flickr8k"), ("model", "variant"), METRICS)),
    ]


IMAGINING = Experiment(
    "gxn", GXNCell, {"storybook": storybook_study, "flickr8k": flickr8k_study}, run, report
)

"""The ablation of GXN: what each imagining path adds to looking and matching, and what its sentences say.

    python -m vse_lessons.experiments.gxn storybook --workers 2

Runs, table and verdicts are those of study.py and scoreboard.py, with other cells: all training pictures with
five sentences each, the rows of `gxn.VARIANTS`, the ranking row without negative numbers, with order
violation and with cosines, the text-to-image row with a momentum at which the discriminator wins, the mix
without attention to the regions, and VSE++ with the same encoders."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from vse_lessons.blocks.caption_metrics import Cider, bleu
from vse_lessons.blocks.generators import layout_rank
from vse_lessons.common.files import DataError, home
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.sparse import sparsify
from vse_lessons.data.text import tokenize
from vse_lessons.evaluation.retrieval import embed, evaluate_embedded
from vse_lessons.evaluation.significance import spread
from vse_lessons.experiments.a3vse import STORED, cost, run_and_report
from vse_lessons.experiments.claims import Arm, Claim, Contrast, Results
from vse_lessons.experiments.table import Table
from vse_lessons.models.gxn import GXN, VARIANTS, GXNConfig, vary
from vse_lessons.models.vsepp import VSEPP, VSEPPConfig
from vse_lessons.sources.catalogue import open_corpus, with_pixels
from vse_lessons.sources.storybook.truth import share_named
from vse_lessons.sources.storybook.world import sample_scenes
from vse_lessons.training.batches import read_pixels
from vse_lessons.training.loop import fit

TABLE = STORED / "study_gxn.jsonl"
SETTING = "100%x5"
# the ranking row as published, with order violation, and with cosines of the same non-negative vectors
NONNEGATIVE = {"order": "order", "nonnegative": "cosine"}
MOMENTUM = 0.9  # of the row whose discriminator wins: Adam's usual one
ROWS = (*VARIANTS, *NONNEGATIVE, "momentum", "unattended")
CURVES = (
    "rsum",
    "spread_drawn",
    "accuracy_real",
    "accuracy_mismatched",
    "accuracy_fake",
    "captions_xe",
    "cider_greedy",
)
NAMES = {
    "ranking": "ranking only (look, match)",
    "t2i": "+ text to image",
    "i2t xe": "+ image to text (xe)",
    "i2t mix": "+ image to text (mix)",
    "both": "+ both",
    "order": "ranking only, order violation",
    "nonnegative": "ranking only, cosines without negative numbers",
    "momentum": "+ text to image, momentum 0.9",
    "unattended": "+ image to text (mix), no attention",
}


@dataclass(frozen=True)
class GXNCell:
    """One run: `GXN` with one of `ROWS` as its ablation, or `VSE++` with "full"."""

    model: str = "GXN"
    ablation: str = "both"
    seed: int = 0
    setting: str = SETTING
    corpus: str = "storybook"
    preset: str = "lesson"

    def __post_init__(self) -> None:
        known = {"GXN": ROWS, "VSE++": ("full",)}.get(self.model, ())
        if self.ablation not in known:
            raise DataError(
                f"unknown row {self.ablation!r} of {self.model!r}: of GXN one of "
                f"{', '.join(ROWS)}; of VSE++ full"
            )

    def config(self) -> GXNConfig | VSEPPConfig:
        """The hyper-parameters of a cell.  VSE++ has one space as wide as both of GXN's, and all else
        alike."""
        gxn = GXNConfig.preset(self.preset, self.corpus)
        if self.model == "VSE++":
            return replace(
                VSEPPConfig.preset(self.preset, self.corpus),
                dimensions=2 * gxn.dimensions,
                word_dimensions=gxn.word_dimensions,
                max_words=gxn.max_words,
                margin=gxn.margin,
                region_dropout=gxn.region_dropout,
                word_dropout=gxn.word_dropout,
                optimization=gxn.optimization,
            )
        if self.ablation in NONNEGATIVE:
            ranking = vary(gxn, "ranking")
            return replace(ranking, similarity=NONNEGATIVE[self.ablation], nonnegative=True, margin=0.1)
        if self.ablation == "momentum":
            return replace(vary(gxn, "t2i"), momentum=MOMENTUM)
        if self.ablation == "unattended":
            return replace(vary(gxn, "i2t mix"), attends=False)
        return vary(gxn, self.ablation)


def what_it_sees(config: GXNConfig | VSEPPConfig, corpus: Corpus) -> Corpus:
    """The corpus with all regions for a model that attends to them, else with their mean, which it reads
    faster."""
    if getattr(config, "attends", False) and config.captions:
        return corpus
    return replace(corpus, regions=corpus.regions.means())


def score(written: Sequence[str], said: Sequence[Sequence[str]]) -> dict[str, float]:
    """CIDEr-D (times 100, as papers print it), BLEU-4 and how many differ (%), of a sentence for each of some
    images, against what people said of it."""
    words = [tokenize(text) for text in written]
    references = [[tokenize(text) for text in of] for of in said]
    return {
        "CIDEr": 100 * Cider(references).mean(words),
        "BLEU-4": 100 * bleu(words, references),
        "distinct": 100 * len(set(words)) / len(words),
    }


def named(
    written: Sequence[str], images: np.ndarray, said: Sequence[Sequence[str]], preset: str
) -> tuple[float, int]:
    """`share_named` of some images of Storybook's photographs, by number."""
    world = sample_scenes("photo", preset)
    return share_named(written, [world[image] for image in images], said)


def describe(model: GXN, corpus: Corpus, images: np.ndarray, width: int = 5) -> list[str]:
    """A sentence for each of some images of a corpus, by number, from a beam of `width`."""
    batches = corpus.regions.batches(images)
    return [text for batch in batches for text in model.describe(batch.to(model.device), width)]


def own_rank(model: GXN, corpus: Corpus, images: np.ndarray, seed: int) -> float:
    """`layout_rank` of some images of a corpus, each drawn from its first sentence."""
    drawn = model.draw([corpus.sentences[corpus.visual_of[image][0]] for image in images], seed)
    return layout_rank(drawn.cpu(), read_pixels(corpus, images))


def run_cell(cell: GXNCell) -> dict:
    """Trains and evaluates one cell; its row."""
    started = time.perf_counter()
    opened = with_pixels(open_corpus(cell.corpus, None, cell.preset, progress=False), progress=False)
    config = cell.config()
    data = what_it_sees(config, opened.corpus)
    training = sparsify(data, 1.0, 5, cell.seed)
    kind = VSEPP if cell.model == "VSE++" else GXN
    run = fit(
        kind.build(config, training, seed=cell.seed),
        training,
        config.optimization,
        seed=cell.seed,
        progress=False,
    )
    images = data.images("test", annotated=True)
    found = evaluate_embedded(run.model, embed(run.model, data, images))
    row = {
        **asdict(cell),
        "split": "test",
        "n_pairs": len(training.pairs),
        **found.as_dict(),
        "best_epoch": run.best_epoch + 1,
        "epochs": len(run.history),
        "warnings": len(run.warnings),
        "curves": {
            key: [entry.get(key) for entry in run.history] for key in CURVES if key in run.history[-1]
        },
    }
    if isinstance(run.model, GXN) and config.captions:
        said = [[data.sentences[row] for row in data.visual_of[image]] for image in images]
        for width, suffix in ((5, ""), (1, "_greedy")):
            written = describe(run.model, data, images, width)
            row |= {name + suffix: value for name, value in score(written, said).items()}
            row["named" + suffix], row["agreed"] = named(written, images, said, cell.preset)
    if isinstance(run.model, GXN) and config.pictures:
        row["layout_rank"] = own_rank(run.model, data, images, cell.seed)
    return row | cost(started)


def storybook_study() -> Iterator[GXNCell]:
    """Every row with 5 seeds, seed by seed."""
    for seed in range(5):
        yield from (GXNCell("GXN", row, seed) for row in ROWS)
        yield GXNCell("VSE++", "full", seed)


def claims() -> list[Claim]:
    """What the slides say, that imagining makes matching better, row by row: against ranking only, and
    against VSE++; in both directions."""
    rows = ("t2i", "i2t xe", "i2t mix", "both")
    found = []
    for name, other in (
        ("ranking only", Arm("GXN", SETTING, "ranking")),
        ("VSE++", Arm("VSE++", SETTING)),
    ):
        for row in rows if name == "ranking only" else ("ranking", *rows):
            for side, text in (("t2i", "sentence to image"), ("i2t", "image to sentence")):
                contrast = Contrast((Arm("GXN", SETTING, row),), (other,), "R@1", side)
                label = NAMES[row].removeprefix("+ ")
                found.append(Claim(f"{label} is above {name}, {text}", "slides", (contrast,)))
    return found


def stored() -> Results:
    """The runs that come with the library."""
    return Results(Table(TABLE).rows(), "storybook")


def unpublished() -> Results:
    """The paper's column of the scoreboard: the slides print no figures."""
    return Results([], "paper")


HEADER = [
    "row",
    "sentence → image R@1",
    "R@10",
    "image → sentence R@1",
    "R@10",
    "sum",
    "CIDEr-D",
    "BLEU-4 (%)",
    "agreed things named (%)",
    "drawn: rank of the own picture of 300",
    "training and evaluation (s)",
]


def table_rows(found: Results) -> list[tuple[str, ...]]:
    """The ablation as text: mean and half of the 95 % interval over seeds."""
    arms = [
        ("VSE++, one space", Arm("VSE++", SETTING)),
        *((NAMES[row], Arm("GXN", SETTING, row)) for row in ROWS),
    ]
    keys = ("rsum", "CIDEr", "BLEU-4", "named", "layout_rank", "seconds")
    lines = []
    for name, arm in arms:
        cells = [
            spread(found.values(arm, side, cut).values())
            for side in ("t2i", "i2t")
            for cut in ("R@1", "R@10")
        ]
        rows = found.rows(arm).values()
        cells += [spread([row[key] for row in rows if key in row]) for key in keys]
        lines.append((f"{name} ({len(rows)} seed{'s' * (len(rows) != 1)})", *cells))
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m vse_lessons.experiments.gxn",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("study", nargs="?", choices=("storybook",))
    parser.add_argument("--table", help="where rows go")
    parser.add_argument("--workers", type=int, default=1, help="processes at a time")
    parser.add_argument("--cell", help=argparse.SUPPRESS)  # one run, its row to standard output
    given = parser.parse_args(arguments)
    if given.cell:
        print(json.dumps(run_cell(GXNCell(**json.loads(given.cell)))))
        return 0
    if not given.study:
        parser.error("name a study")
    with_pixels(open_corpus("storybook"))  # once, before the processes
    table = Table(given.table or home() / "studies" / "study_gxn.jsonl")
    return run_and_report(
        storybook_study(), table, workers=given.workers, module="vse_lessons.experiments.gxn"
    )


if __name__ == "__main__":
    sys.exit(main())

"""The study of domain transfer: the poster's table, what it compares with, and growing weights of MMD.

    python -m vse_lessons.experiments.vsa storybook --workers 2
    python -m vse_lessons.experiments.vsa flickr8k --corpus-dir DIR --target-dir DIR --word-vectors FILE

Runs, table and verdicts are those of study.py and scoreboard.py, with other cells: a model, trained on the
pairs of a source corpus and on a target whose pairs it does not know, and evaluated on the target's test
part."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from vse_lessons.common.files import DataError, home
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.sparse import SparseCorpus, sparsify
from vse_lessons.data.unpaired import Unpaired, unpair
from vse_lessons.evaluation.domains import alignment, encode, some_of
from vse_lessons.evaluation.retrieval import best_of, embed, evaluate_embedded
from vse_lessons.experiments.a3vse import STORED, cost, run_and_report
from vse_lessons.experiments.table import Table
from vse_lessons.models.base import Embedder
from vse_lessons.models.baselines.cca import CCA, CCAConfig
from vse_lessons.models.baselines.coral import Coral, CoralConfig
from vse_lessons.models.baselines.linear import Linear, LinearConfig
from vse_lessons.models.vsa import VSA, VSAConfig
from vse_lessons.sources.catalogue import open_corpus
from vse_lessons.training.loop import TrainingResult, fit

ADAPTING = ("VSA-AE", "VSA-E-MMD", "VSA-AE-MMD", "VSA-AE-ADV")
# references: nothing adapts; each domain standardised by itself; closed forms and a linear model of the
# source; the target's own pairs
REFERENCES = ("source", "statistics", "CORAL", "CCA", "linear", "supervised")
MODELS = (*REFERENCES, *ADAPTING)
TARGETS = ("storybook-art", "storybook-fashion", "fashion_products")
SENTENCES = 2  # of each source image
FACTORS = (0.1, 1.0, 10.0, 30.0)  # of both MMD weights, for what too much alignment does
SIDES = ("images", "sentences")
TABLE = STORED / "study_transfer.jsonl"


@dataclass(frozen=True)
class TransferCell:
    """One run.  `setting` is the target; `ablation`: `tuned`, `words` (the target's words are known too),
    `images` or `sentences` (MMD of those alone), or `mmd*3`, both weights of MMD three times the tuned."""

    model: str
    setting: str = "storybook-art"
    ablation: str = "tuned"
    seed: int = 0
    corpus: str = "storybook"
    preset: str = "lesson"

    def __post_init__(self) -> None:
        for what, given, known in (
            ("model", self.model, MODELS),
            ("target", self.setting, TARGETS),
        ):
            if given not in known:
                raise DataError(f"unknown {what} {given!r}: one of {', '.join(known)}")
        self.factor()

    def factor(self) -> float:
        """What the weights of MMD are multiplied by."""
        if self.ablation in ("tuned", "words", *SIDES):
            return 1.0
        try:
            return float(self.ablation.removeprefix("mmd*"))
        except ValueError as error:
            raise DataError(
                f"unknown ablation {self.ablation!r}: tuned, words, images, sentences or mmd*3"
            ) from error

    def config(self) -> VSAConfig | LinearConfig:
        """The hyper-parameters of a cell."""
        config = configure(self.model, self.preset, self.corpus, self.factor())
        left_out = {"images": "align_sentences", "sentences": "align_images"}.get(self.ablation)
        return replace(config, **{left_out: 0.0}) if left_out else config


Domain = Corpus | Unpaired


def prepare(
    source: Corpus, target: Domain, model: str, seed: int = 0, *, words: bool = False
) -> tuple[SparseCorpus, Domain]:
    """What a row trains on, and the target as it is evaluated: mean regions, for the adapting rows and
    for `statistics` each domain standardised by its own training images; the target without its pairs
    where a row reads it, or with `words` knows its words; `supervised` trains on the target's pairs
    and nothing else."""

    def seen(domain: Domain) -> Domain:
        images = domain.images("train") if isinstance(domain, Corpus) else domain.images
        regions = domain.regions
        own = model == "statistics" or model in ADAPTING
        return replace(domain, regions=regions.standardized(images) if own else regions.means())

    source, target = seen(source), seen(target)
    if model == "supervised":
        return sparsify(target, 1.0, SENTENCES, seed), target
    training = sparsify(source, 1.0, SENTENCES, seed)
    beside = training.with_target(_apart(target))  # also where it is only to be checked
    return beside if words or model in ADAPTING else training, target


def _apart(target: Domain) -> Unpaired:
    return unpair(target) if isinstance(target, Corpus) else target


def configure(
    model: str, preset: str = "lesson", corpus: str = "storybook", factor: float = 1.0
) -> VSAConfig | LinearConfig:
    """The hyper-parameters of a row, with the weights of MMD times `factor`."""
    if model == "linear":
        return LinearConfig.preset(preset, corpus)
    variant = model if model in VSAConfig.variants else "source"
    config = VSAConfig.preset(preset, corpus).with_variant(variant)
    return replace(
        config, align_images=factor * config.align_images, align_sentences=factor * config.align_sentences
    )


def train(
    config: VSAConfig | LinearConfig,
    model: str,
    training: SparseCorpus,
    target: Domain,
    seed: int = 0,
    word_vectors: str | Path | None = None,
    **options: Any,
) -> tuple[Embedder, TrainingResult | None]:
    """The model of a row, and what `fit`, which the options are for, says of it where `fit` trained it."""
    if model == "CCA":
        candidates = [CCA.build(candidate, training) for candidate in CCAConfig().candidates()]
        return best_of(candidates, training.corpus, training.selection), None
    if model == "linear":
        made = Linear.build(config, training, seed=seed)
    else:
        made = VSA.build(config, training, seed=seed, word_vectors=word_vectors)
    run = fit(made, training, config.optimization, seed=seed, **options)
    if model == "CORAL":
        return Coral.build(CoralConfig(), training.with_target(_apart(target)), model=run.model), run
    return run.model, run


@lru_cache(maxsize=4)
def _corpus(name: str, folder: str | None, preset: str) -> Corpus:
    return open_corpus(name, folder, preset, progress=False).corpus


def run_cell(
    cell: TransferCell,
    corpus_dir: str | None = None,
    target_dir: str | None = None,
    word_vectors: str | None = None,
) -> dict:
    """Trains and evaluates one cell; its row.  The seed chooses the source's sentences and all that is
    random."""
    started = time.perf_counter()
    source = _corpus(cell.corpus, corpus_dir, cell.preset)
    target = _corpus(cell.setting, target_dir, cell.preset)
    training, target = prepare(source, target, cell.model, cell.seed, words=cell.ablation == "words")
    model, run = train(cell.config(), cell.model, training, target, cell.seed, word_vectors, progress=False)
    embedded = embed(model, target, target.images("test", annotated=True))
    reads = cell.model not in ("CCA", "linear")  # these two have no word vectors
    row = {
        **asdict(cell),
        "split": "test",
        "n_annotated": len(training.annotated),
        "n_pairs": len(training.pairs),
        **evaluate_embedded(model, embedded).as_dict(),
        "word_vectors": Path(word_vectors).name if word_vectors and reads else None,
    }
    if run is not None:
        row |= {
            "best_epoch": run.best_epoch + 1,
            "epochs": len(run.history),
            "warnings": len(run.warnings),
            "selection_rsum": run.best_score,
        }
    if cell.model not in ("supervised", "CORAL"):  # both domains in one space
        here, there = (
            encode(model, c.regions, *some_of(c, "val", cell.seed)) for c in (training.corpus, target)
        )
        row["alignment"] = alignment(here, there, cell.seed)
    return row | cost(started)


# --- the grid ---------------------------------------------------------------------------------------


def storybook_study() -> Iterator[TransferCell]:
    """Both targets, every row, 5 seeds; MMD of one side alone, and what it is compared with, 3 seeds;
    growing weights of MMD, one."""
    for seed in range(5):
        for target in TARGETS[:2]:
            yield from (TransferCell(model, target, seed=seed) for model in MODELS)
        if seed < 3:
            for target in TARGETS[:2]:
                yield TransferCell("statistics", target, "words", seed)
                yield from (TransferCell("VSA-E-MMD", target, side, seed) for side in SIDES)
        if seed < 1:
            yield from (
                TransferCell(model, "storybook-art", f"mmd*{factor:g}", seed)
                for factor in FACTORS
                for model in ADAPTING[1:3]
                if factor != 1
            )


def flickr8k_study() -> Iterator[TransferCell]:
    """Flickr8k to fashion products: 3 seeds of the poster's rows, of the references and of MMD of pictures
    alone; one of the linear model and of the discriminators."""
    for seed in range(3):
        for model in MODELS:
            if seed < 1 or model not in ("linear", "VSA-AE-ADV"):
                yield TransferCell(model, "fashion_products", seed=seed, corpus="flickr8k")
        yield TransferCell("VSA-E-MMD", "fashion_products", "images", seed, "flickr8k")
        yield TransferCell("statistics", "fashion_products", "words", seed, "flickr8k")


STUDIES = {"storybook": storybook_study, "flickr8k": flickr8k_study}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m vse_lessons.experiments.vsa",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("study", nargs="?", choices=STUDIES)
    parser.add_argument("--table", help="where rows go")
    parser.add_argument("--workers", type=int, default=1, help="processes at a time")
    parser.add_argument("--corpus-dir", help="where a source that is not built in lies")
    parser.add_argument("--target-dir", help="where a target that is not built in lies")
    parser.add_argument("--word-vectors", help="a GloVe text file")
    parser.add_argument("--cell", help=argparse.SUPPRESS)  # one run, its row to standard output
    given = parser.parse_args(arguments)
    if given.cell:
        cell = TransferCell(**json.loads(given.cell))
        print(json.dumps(run_cell(cell, given.corpus_dir, given.target_dir, given.word_vectors)))
        return 0
    if not given.study:
        parser.error("name a study")
    cells = list(STUDIES[given.study]())
    table = Table(given.table or home() / "studies" / "study_transfer.jsonl")
    for name in {cells[0].corpus, *(cell.setting for cell in cells)}:  # once, before the processes
        folder = given.target_dir if name == "fashion_products" else given.corpus_dir
        open_corpus(name, folder)
    return run_and_report(
        cells,
        table,
        workers=given.workers,
        corpus_dir=given.corpus_dir,
        target_dir=given.target_dir,
        word_vectors=given.word_vectors,
        module="vse_lessons.experiments.vsa",
    )


if __name__ == "__main__":
    sys.exit(main())

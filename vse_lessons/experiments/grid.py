"""Studies: grids of cells, one process a run, one table of rows for every paper.

A cell names a run by typed fields. Its row in the table carries all that the run depends on, and a digest of
cell, configuration and word vectors: a row whose preset has changed since is stale and is run again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm.auto import tqdm

from vse_lessons import __version__
from vse_lessons.common import DataError, cost, digest, in_parallel, run_command
from vse_lessons.data import Corpus, SparseCorpus, sparsify
from vse_lessons.evaluation import Embedded, embed, evaluate_embedded
from vse_lessons.experiments.table import Table
from vse_lessons.models import MODELS, Embedder, prepare_training
from vse_lessons.sources import open_corpus, with_pixels
from vse_lessons.training import TrainingResult
from vse_lessons.training.train import train

if TYPE_CHECKING:
    from vse_lessons.experiments.claims import Results, Section

PUBLISHED, MEASURED = (Path(__file__).with_name(name) for name in ("published", "measured"))
HELD_OUT = 500  # training images for selection where the validation split is reported


@dataclass(frozen=True)
class Cell:
    """The name of one run, by typed fields to which each paper adds its own."""

    model: str  # what is trained, usually a name of `MODELS`
    variant: str = "full"  # of the model's configuration
    seed: int = 0  # of everything random, the choice of annotated images included
    corpus: str = "storybook"  # what is trained on
    preset: str = "lesson"  # of the configuration and of the size of a built-in corpus

    @property
    def untrained(self) -> bool:
        """Whether nothing is trained, so that one run serves every seed."""
        return False

    def configuration(self) -> Any:
        """Return the hyper-parameters of the run, a dataclass; None for a run without any."""
        raise NotImplementedError

    def fields(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)

    def __str__(self) -> str:
        """Name the fields that are not the default."""
        return ", ".join(f"{f.name}={v}" for f in fields(self) if (v := getattr(self, f.name)) != f.default)


@dataclass(frozen=True)
class Inputs:
    """The user's files that a study reads."""

    corpus_dir: str | None = None  # the folder of a corpus that is not built in
    target_dir: str | None = None  # the folder of a target domain that is not built in
    word_vectors: str | None = None  # a GloVe text file

    def vectors_of(self, cell: Cell) -> str | None:
        """Name the file of word vectors if the model of a cell reads one."""
        reads = hasattr(cell.configuration(), "word_dimensions")
        return Path(self.word_vectors).name if self.word_vectors and reads else None


@dataclass
class Outcome:
    """What one run measured, and on what."""

    corpus: Corpus  # that was reported on
    split: str
    training: SparseCorpus
    metrics: dict[str, Any]
    result: TrainingResult | None = None
    arrays: dict[str, np.ndarray] = field(default_factory=dict)  # what is bulky


@dataclass(frozen=True)
class Experiment:
    """One paper's cells, its run and its report."""

    name: str  # of its table, `measured/NAME.jsonl`
    cell: type[Cell]  # the type of its cells
    studies: Mapping[str, Callable[[], Iterable[Any]]]  # the cells of each study, by the study's name
    run: Callable[[Any, Inputs], Outcome]  # runs one cell
    paper: Callable[[], Results]  # the paper's own figures
    sections: Sequence[Section]  # of the report

    @property
    def table(self) -> Table:
        """The rows that come with the library."""
        return Table(MEASURED / f"{self.name}.jsonl")

    def cells(self, study: str) -> list[Any]:
        """List the cells of a study, each once; `DataError` names the known studies."""
        if study not in self.studies:
            raise DataError(f"{self.name} has no study {study!r}: one of {', '.join(self.studies)}")
        return list(dict.fromkeys(self.studies[study]()))

    @staticmethod
    def plain(cell: Cell) -> Any:
        """Return the configuration of a cell as JSON has it."""
        config = cell.configuration()
        return None if config is None else json.loads(json.dumps(asdict(config)))

    def digest(self, cell: Cell, word_vectors: str | None) -> str:
        """Name what a run depends on beside its seed: the cell, the whole configuration, the word vectors."""
        vectors = Inputs(word_vectors=word_vectors).vectors_of(cell)
        what = {**cell.fields(), "seed": None, "config": self.plain(cell), "word_vectors": vectors}
        return digest(json.dumps(what, sort_keys=True))

    def digest_of_row(self, row: dict) -> str:
        """Return the digest that a row would get from today's presets; "" if its cell is no longer known."""
        try:
            return self.digest(self.cell(**row["cell"]), row.get("word_vectors"))
        except (DataError, TypeError):
            return ""

    def row(self, cell: Cell, inputs: Inputs) -> tuple[dict, dict[str, np.ndarray]]:
        """Run one cell; return its row, with all that it takes to run it again, and its arrays."""
        started = time.perf_counter()
        outcome = self.run(cell, inputs)
        corpus, training, result = outcome.corpus, outcome.training, outcome.result
        row = {
            "cell": cell.fields(),
            "digest": self.digest(cell, inputs.word_vectors),
            "config": self.plain(cell),
            "word_vectors": inputs.vectors_of(cell),
            "corpus": {"name": corpus.name, "digest": corpus.digest, "detector": corpus.regions.detector},
            "split": outcome.split,
            "n_annotated": len(training.annotated),
            "n_pairs": len(training.pairs),
            "metrics": outcome.metrics,
            **(result.summary() if result else {}),
            "library": __version__,
            **cost(started),
        }
        return row, outcome.arrays


def train_cell(
    cell: Cell, inputs: Inputs, share: float, sentences: int, *, hold_out: float = 0.0, pixels: bool = False
) -> tuple[Outcome, Embedder, Embedded]:
    """Train a cell on a part of the annotation and evaluate it; return the model and what it embedded, too.

    With a share of the training images held out, and on a benchmark, the validation split is reported.
    """
    opened = open_corpus(cell.corpus, inputs.corpus_dir, cell.preset, progress=False)
    data = (with_pixels(opened, progress=False) if pixels else opened).corpus
    images = round(hold_out * len(data.images("train"))) if data.built_in else HELD_OUT
    config, vectors, split = cell.configuration(), inputs.word_vectors, "val" if images else "test"
    training = prepare_training(config, sparsify(data, share, sentences, cell.seed, images))
    model, result = train(cell.model, config, training, seed=cell.seed, word_vectors=vectors, progress=False)
    data = training.corpus
    embedded = embed(model, data, data.images(split, annotated=True))
    metrics = evaluate_embedded(model, embedded).as_dict()
    return Outcome(data, split, training, metrics, result), model, embedded


def over_seeds(seeds: int, cells: Iterable[Any]) -> list[Any]:
    """Repeat cells for the seeds 0, 1, ..., seed by seed: a study that is stopped early is still balanced."""
    wanted = list(cells)
    return [replace(cell, seed=seed) for seed in range(seeds) for cell in wanted]


def run_grid(
    experiment: Experiment,
    cells: Iterable[Any],
    table: Table,
    inputs: Inputs | None = None,
    *,
    workers: int = 1,
    progress: bool = True,
) -> list[str]:
    """Run the cells that a table lacks or has stale rows of, each in a process of its own with one thread.

    A cell that fails leaves no row and stops no other; return what went wrong, a line a failed cell.
    """
    inputs, failures = inputs or Inputs(), []
    wanted = table.missing({cell: experiment.digest(cell, inputs.word_vectors) for cell in cells})
    _prepare(wanted, inputs)
    finished = in_parallel(partial(_run_apart, experiment.name, inputs), wanted, workers)
    for cell, answer in tqdm(finished, experiment.name, len(wanted), unit="run", disable=not progress):
        if isinstance(answer, DataError):
            failures.append(f"{cell}: {answer}")
            tqdm.write(failures[-1])
        else:
            table.append(answer["row"], {name: np.array(value) for name, value in answer["arrays"].items()})
    return failures


def _run_apart(experiment: str, inputs: Inputs, cell: Cell) -> dict[str, dict]:
    """Return the row of a cell and its arrays from a fresh process."""
    request = json.dumps({"cell": cell.fields(), "inputs": asdict(inputs)})
    return run_command("study", experiment, "--cell", request)


def _prepare(cells: Iterable[Any], inputs: Inputs) -> None:
    """Extract once what the cells read, so that their processes do not all do it."""
    for name, preset in {(cell.corpus, cell.preset) for cell in cells}:
        opened = open_corpus(name, inputs.corpus_dir, preset)
        if any(cell.model in MODELS and "pixels" in MODELS[cell.model].needs for cell in cells):
            with_pixels(opened)
    for name, preset in {(cell.target, cell.preset) for cell in cells if hasattr(cell, "target")}:
        open_corpus(name, inputs.target_dir, preset)

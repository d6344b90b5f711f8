"""Studies: grids of cells, one process a run, one table of rows for every paper.

A cell names a run by typed fields.  Its row in the table carries all that the run depends on, and a
digest of it: a row whose preset has changed since is stale and is run again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from tqdm.auto import tqdm

from vse_lessons import __version__
from vse_lessons.common.errors import DataError
from vse_lessons.common.files import digest
from vse_lessons.common.system import commit, machine, peak_memory_mb, versions
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.experiments.table import Table
from vse_lessons.models.registry import MODELS
from vse_lessons.sources import open_corpus, with_pixels
from vse_lessons.training.checkpoints import TrainingResult

if TYPE_CHECKING:
    from vse_lessons.experiments.claims import Results

PUBLISHED, MEASURED = (Path(__file__).with_name(name) for name in ("published", "measured"))


@dataclass(frozen=True)
class Cell:
    """The name of one run, by typed fields to which each paper adds its own.

    Attributes:
        model: what is trained, usually a name of `MODELS`.
        variant: of the model's configuration.
        seed: of everything random, the choice of annotated images included.
        corpus: what is trained on.
        preset: of the configuration and of the size of a built-in corpus.
    """

    model: str
    variant: str = "full"
    seed: int = 0
    corpus: str = "storybook"
    preset: str = "lesson"

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
        changed = [f"{f.name}={v}" for f in fields(self) if (v := getattr(self, f.name)) != f.default]
        return ", ".join(changed)


@dataclass(frozen=True)
class Inputs:
    """The user's files that a study reads."""

    corpus_dir: str | None = None  # the folder of a corpus that is not built in
    target_dir: str | None = None  # the folder of a target domain that is not built in
    word_vectors: str | None = None  # a GloVe text file


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
    """One paper's cells, its run and its report.

    Attributes:
        name: of its table, `measured/NAME.jsonl`.
        cell: the type of its cells.
        studies: the cells of each study, by the study's name.
        run: runs one cell.
        report: the title and the Markdown of each section, from all rows; see `report.py`.
    """

    name: str
    cell: type[Cell]
    studies: Mapping[str, Callable[[], Iterable[Any]]]
    run: Callable[[Any, Inputs], Outcome]
    report: Callable[[Callable[[str], Results]], list[tuple[str, str]]]

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
        what = {**cell.fields(), "seed": None, "config": self.plain(cell)}
        vectors = Path(word_vectors).name if word_vectors and _reads_vectors(cell) else None
        return digest(json.dumps({**what, "word_vectors": vectors}, sort_keys=True))

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
        vectors = inputs.word_vectors
        row = {
            "cell": cell.fields(),
            "digest": self.digest(cell, vectors),
            "config": self.plain(cell),
            "word_vectors": Path(vectors).name if vectors and _reads_vectors(cell) else None,
            "corpus": {"name": corpus.name, "digest": corpus.digest, "detector": corpus.regions.detector},
            "split": outcome.split,
            "n_annotated": len(training.annotated),
            "n_pairs": len(training.pairs),
            "metrics": outcome.metrics,
        }
        if result is not None:
            row |= {"best_epoch": result.best_epoch + 1, "epochs": len(result.history), "steps": result.steps,
                    "warnings": len(result.warnings)}  # fmt: skip
        row |= {
            "library": __version__,
            "commit": commit(),
            "versions": versions(),
            "machine": machine(),
            "threads": torch.get_num_threads(),
            "seconds": round(time.perf_counter() - started, 1),
            "peak_memory_mb": round(peak_memory_mb() or 0) or None,
        }
        return row, outcome.arrays


def _reads_vectors(cell: Cell) -> bool:
    return hasattr(cell.configuration(), "word_dimensions")


def over_seeds(seeds: int, cells: Iterable[Any]) -> Iterator[Any]:
    """Repeat cells for the seeds 0, 1, ..., seed by seed: a study that is stopped early is still balanced."""
    wanted = list(cells)
    for seed in range(seeds):
        yield from (replace(cell, seed=seed) for cell in wanted)


def run_grid(
    experiment: Experiment,
    cells: Iterable[Any],
    table: Table,
    inputs: Inputs | None = None,
    *,
    workers: int = 1,
    progress: bool = True,
) -> list[str]:
    """Run the cells that the table lacks or has stale rows of, each in a process of its own with one thread.

    Args:
        experiment: what the cells are of.
        cells: a cell that comes twice is run once.
        table: gets the rows; a cell that fails leaves no row and stops no other.
        inputs: the user's files.
        workers: processes at a time.
        progress: whether a bar is shown.

    Returns:
        What went wrong, a line a failed cell.
    """
    inputs = inputs or Inputs()
    wanted = table.missing({cell: experiment.digest(cell, inputs.word_vectors) for cell in cells})
    _prepare(wanted, inputs)
    failures = []
    with ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(_run_apart, experiment, cell, inputs): cell for cell in wanted}
        bar = tqdm(as_completed(running), total=len(wanted), desc=experiment.name, unit="run",
                   disable=not progress)  # fmt: skip
        try:
            for done in bar:
                row, answer = done.result()
                if row is None:
                    failures.append(f"{running[done]}: {answer}")
                    tqdm.write(failures[-1])
                else:
                    table.append(row, {name: np.array(value) for name, value in answer.items()})
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return failures


def _prepare(cells: Iterable[Any], inputs: Inputs) -> None:
    """Extract once what the cells read, so that their processes do not all do it."""
    for name, preset in {(cell.corpus, cell.preset) for cell in cells}:
        opened = open_corpus(name, inputs.corpus_dir, preset)
        if any(cell.model in MODELS and "pixels" in MODELS[cell.model].needs for cell in cells):
            with_pixels(opened)
    for name, preset in {(cell.target, cell.preset) for cell in cells if hasattr(cell, "target")}:
        open_corpus(name, inputs.target_dir, preset)


def _run_apart(experiment: Experiment, cell: Cell, inputs: Inputs) -> tuple[dict | None, Any]:
    """Return a row and its arrays from a fresh process, or None and what went wrong."""
    command = [sys.executable, "-m", "vse_lessons", "study", experiment.name]
    command += ["--cell", json.dumps({"cell": cell.fields(), "inputs": asdict(inputs)})]
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", env={**os.environ, **threads}
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return None, f"exit status {done.returncode}: {last}"
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
        return answer["row"], answer["arrays"]
    except (IndexError, KeyError, json.JSONDecodeError) as error:
        return None, f"it printed no row ({error})"

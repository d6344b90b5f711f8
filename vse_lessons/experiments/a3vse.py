"""A study: a grid of models, sparse settings, ablations and seeds, one process a run, one table.

    python -m vse_lessons.experiments.a3vse storybook --workers 2
    python -m vse_lessons.experiments.a3vse flickr8k --corpus-dir DIR --word-vectors FILE --workers 2

The table is a file of JSON lines under `VSE_LESSONS_HOME`, or where `--table` says: a run that ends adds
its line, by one write.  What is in the table already is not run again, so a study can be stopped and
started.  Presets and word vectors are not part of a row's name: after a change of them begin a new table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from vse_lessons.blocks.similarity import as_vectors, normalize
from vse_lessons.common.files import DataError, home
from vse_lessons.common.system import peak_memory_mb
from vse_lessons.data.sparse import TABLE_1, SparseCorpus, parse_setting, sparsify
from vse_lessons.data.text import vocabulary_overlap
from vse_lessons.evaluation.retrieval import Embedded, best_of, embed, evaluate_embedded
from vse_lessons.experiments.table import Table
from vse_lessons.models.a3vse import A3VSE, ABLATIONS, A3VSEConfig, ablate, with_semantics_for
from vse_lessons.models.base import Embedder
from vse_lessons.models.baselines.cca import CCA, CCAConfig
from vse_lessons.models.baselines.linear import Linear, LinearConfig
from vse_lessons.models.baselines.tags import Tags, TagsConfig
from vse_lessons.models.dan import DAN, DANConfig
from vse_lessons.models.dpc import DPC, DPCConfig
from vse_lessons.models.scan import SCAN, SCANConfig
from vse_lessons.models.vsepp import VSEPP, VSEPPConfig
from vse_lessons.sources.catalogue import open_corpus
from vse_lessons.sources.semantics import describe
from vse_lessons.training.loop import TrainingResult, fit

SETTINGS = (*TABLE_1, "100%x5")  # the rows of A3VSE's Table 1, and the complete annotation
MODELS = ("A3VSE", "SCAN", "VSE++", "DAN", "DPC", "CCA", "linear", "tags")
FITTED = {
    "SCAN": (SCAN, SCANConfig),
    "VSE++": (VSEPP, VSEPPConfig),
    "DAN": (DAN, DANConfig),
    "DPC": (DPC, DPCConfig),
}
MAPPED = (
    ("A3VSE", "50%x5", "full", 0),
    ("A3VSE", "10%x5", "full", 0),
    ("A3VSE", "10%x5", "global_tags", 0),
)
GLOBAL = ("VSE++", "DPC", "CCA", "linear")  # look at the mean region alone
STORED = Path(__file__).with_name("measured")  # the tables that come with the library
REPORTED = {"storybook": "test"}  # the split reported; the official dev images of Flickr8k
HELD_OUT = {"storybook": 0}  # training images for selection where the validation split is reported


@dataclass(frozen=True)
class Cell:
    """One run of the grid.  `ablation` is a row of A3VSE's Table 5; of the other models `linear` has
    `full`, with regional semantics, and `no_semantics`, `tags` has `full` and `hyponyms`."""

    model: str
    setting: str = "10%x5"  # share of the training images and sentences of each
    ablation: str = "full"
    seed: int = 0
    corpus: str = "storybook"
    preset: str = "lesson"

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise DataError(f"unknown model {self.model!r}: one of {', '.join(MODELS)}")
        parse_setting(self.setting)
        known = ROWS.get(self.model, ("full",))
        if self.ablation not in known:
            raise DataError(f"unknown ablation {self.ablation!r} of {self.model}: one of {', '.join(known)}")


ROWS = {"A3VSE": tuple(ABLATIONS), "linear": ("full", "no_semantics"), "tags": ("full", "hyponyms")}


# --- one run ------------------------------------------------------------------------------------


def run_cell(cell: Cell, corpus_dir: str | None = None, word_vectors: str | None = None) -> dict:
    """Trains and evaluates one cell; its row.  The seed chooses the annotated images, and everything
    random in training.  Word vectors serve the models that have word embeddings."""
    started = time.perf_counter()
    data = open_corpus(cell.corpus, corpus_dir, cell.preset, progress=False).corpus
    share, sentences = parse_setting(cell.setting)
    hold_out = HELD_OUT.get(cell.corpus, 500)
    training = sparsify(data, share, sentences, cell.seed, hold_out)
    if cell.model in ("A3VSE", "linear"):
        training = with_semantics_for(training, cell.ablation)
    if cell.model in GLOBAL:
        data = replace(data, regions=data.regions.means())
        training = replace(training, corpus=data)
    model, run = train(cell, training, word_vectors)
    split = REPORTED.get(cell.corpus, "val")
    embedded = embed(model, data, data.images(split, annotated=True))
    row = {
        **asdict(cell),
        "split": split,
        "n_annotated": len(training.annotated),
        "n_pairs": len(training.pairs),
        **evaluate_embedded(model, embedded).as_dict(),
        "word_vectors": Path(word_vectors).name if word_vectors else None,
    }
    if run is not None:
        row |= {
            "best_epoch": run.best_epoch + 1,
            "epochs": len(run.history),
            "warnings": len(run.warnings),
        }
    if (cell.model, cell.setting, cell.ablation, cell.seed) in MAPPED:
        row["map"] = compressed(embedded)
    if cell.model == "tags":
        row["overlap"] = overlaps(training, [data.sentences[s] for s in embedded.sentence_numbers])
    return row | cost(started)


def cost(started: float) -> dict:
    """What a run took since `started`, of `time.perf_counter`, and what it ran on: the end of every row."""
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "threads": torch.get_num_threads(),
        "peak_memory_mb": round(peak_memory_mb() or 0) or None,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def train(
    cell: Cell, training: SparseCorpus, word_vectors: str | None = None
) -> tuple[Embedder, TrainingResult | None]:
    """The model of a cell, trained on what is given; and what `fit` says of it where `fit` trained it."""
    if cell.model == "tags":
        config = TagsConfig(hyponyms=cell.ablation == "hyponyms")
        return Tags.build(training.corpus.regions, config=config), None
    if cell.model == "CCA":
        candidates = [CCA(config, training) for config in CCAConfig.candidates()]
        return best_of(candidates, training.corpus, training.selection), None
    if cell.model == "linear":
        config = LinearConfig.preset(cell.preset)
        model = Linear.build(config, training, seed=cell.seed)
    elif cell.model == "A3VSE":
        config = ablate(A3VSEConfig.preset(cell.preset, cell.corpus), cell.ablation)
        model = A3VSE.build(config, training, seed=cell.seed, word_vectors=word_vectors)
    else:
        kind, configs = FITTED[cell.model]
        config = configs.preset(cell.preset, cell.corpus)
        model = kind.build(config, training, seed=cell.seed, word_vectors=word_vectors)
    run = fit(model, training, config.optimization, seed=cell.seed, progress=False)
    return run.model, run


def compressed(embedded: Embedded, images: int = 100, dimensions: int = 16) -> dict:
    """The first `images` images and the first sentence of each, for a map of the joint space: unit vectors
    on their `dimensions` principal axes, in thousandths."""
    first = np.unique(embedded.image_of.cpu().numpy(), return_index=True)[1][:images]
    owners = embedded.image_of[torch.from_numpy(first)]
    sides = (
        as_vectors(embedded.images)[owners],
        as_vectors(embedded.sentences)[torch.from_numpy(first)],
    )
    return compressed_groups({"image": sides[0], "sentence": sides[1]}, dimensions)


def compressed_groups(groups: dict[str, Tensor], dimensions: int = 16, centred: bool = True) -> dict:
    """Groups of vectors (N_g, H) as unit vectors on the principal axes of all of them, in thousandths; less
    their mean, or, not centred, about as they lie, with their cosines."""
    points = normalize(torch.cat(list(groups.values()))).cpu()
    points = points - points.mean(0) if centred else points
    axes = torch.linalg.svd(points, full_matrices=False)[2][:dimensions]
    rounded = (1000 * points @ axes.T).round().int()
    parts = rounded.split([len(vectors) for vectors in groups.values()])
    return {name: part.tolist() for name, part in zip(groups, parts)}


def overlaps(training: SparseCorpus, queries: Sequence[str]) -> dict[str, float]:
    """The vocabulary overlap (section 4.6) of the queries of the reported split with regional semantics and
    with global tags of the un-annotated images, as A3VSE reads them: intersection over union of
    their words, in per cent."""
    return {
        source: round(100 * vocabulary_overlap(queries, describe(training, source)), 1)
        for source in ("regions", "tags")
    }


# --- the grid -----------------------------------------------------------------------------------


def grid(
    models: Sequence[str],
    settings: Sequence[str],
    seeds: int,
    corpus: str = "storybook",
    ablations: Sequence[str] = ("full",),
    preset: str = "lesson",
) -> Iterator[Cell]:
    """All combinations, seed by seed, so that a study that is stopped early is still balanced."""
    for seed in range(seeds):
        for setting in settings:
            for model in models:
                for ablation in ablations:
                    yield Cell(model, setting, ablation, seed, corpus, preset)


def storybook_study() -> Iterator[Cell]:
    """All nine settings of Table 1 with 3 seeds; tags and the rows of Table 5 with 5 at 10 % x 5."""
    yield from (Cell("tags", ablation=row) for row in ROWS["tags"])
    for seed in range(3):
        for setting in TABLE_1:
            for model in ("CCA", "A3VSE", "SCAN", "VSE++", "DAN", "DPC"):
                yield Cell(model, setting, "full", seed)
            yield Cell("linear", setting, "no_semantics", seed)
    yield from grid(("A3VSE",), ("10%x5",), 5, ablations=tuple(ABLATIONS))
    yield from grid(("linear",), ("10%x5",), 5, ablations=("full", "no_semantics"))
    yield from grid(("CCA", "SCAN", "VSE++", "DAN", "DPC"), ("10%x5",), 5)
    yield from grid(("VSE++",), ("100%x5",), 3)  # the benchmark with every annotation


def flickr8k_study() -> Iterator[Cell]:
    """The settings that show what annotation is worth on photographs, one seed."""
    yield from (Cell("tags", ablation=row, corpus="flickr8k") for row in ROWS["tags"])
    for setting in ("10%x5", "20%x5", "50%x1", "50%x5", "100%x5"):
        for model in ("CCA", "A3VSE", "VSE++", "SCAN"):
            yield Cell(model, setting, corpus="flickr8k")
        for ablation in ("no_semantics", "full"):
            yield Cell("linear", setting, ablation, corpus="flickr8k")


STUDIES: dict[str, Callable[[], Iterator[Cell]]] = {
    "storybook": storybook_study,
    "flickr8k": flickr8k_study,
}


def run_grid(
    cells: Iterable[Any],
    table: Table,
    *,
    workers: int = 1,
    corpus_dir: str | None = None,
    word_vectors: str | None = None,
    target_dir: str | None = None,
    progress: bool = True,
    module: str = "vse_lessons.experiments.a3vse",
) -> list[str]:
    """Runs the cells that the table lacks, each in a process of its own with one thread, `workers` at a
    time; what went wrong, a line a failed cell.  A cell that fails leaves no row and stops no other."""
    wanted = table.missing(dict.fromkeys(cells))
    options = {
        "--corpus-dir": corpus_dir,
        "--word-vectors": word_vectors,
        "--target-dir": target_dir,
    }
    failures = []
    with ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(_process, cell, options, module): cell for cell in wanted}
        try:
            for done in tqdm(
                as_completed(running), total=len(wanted), desc="study", unit="run", disable=not progress
            ):
                row, error = done.result()
                if row is None:
                    failures.append(f"{running[done]}: {error}")
                    tqdm.write(failures[-1])
                else:
                    table.append(row)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return failures


def _process(cell: Any, options: dict[str, str | None], module: str) -> tuple[dict | None, str]:
    """A row from a fresh process, or None and the last line that it wrote."""
    command = [sys.executable, "-m", module, "--cell", json.dumps(asdict(cell))]
    for option, value in options.items():
        command += [option, value] if value else []
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return None, f"exit status {done.returncode}: {last}"
    try:
        return json.loads(done.stdout.splitlines()[-1]), ""
    except (IndexError, json.JSONDecodeError) as error:
        return None, f"it printed no row ({error})"


def run_and_report(cells: Iterable[Any], table: Table, **options: Any) -> int:
    """`run_grid` for a command line: says what became of it and gives its exit status."""
    failures = run_grid(cells, table, **options)
    head = f"{len(table.rows())} rows in {table.path}; {len(failures)} runs failed"
    print(head, *failures, sep="\n")
    return 1 if failures else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m vse_lessons.experiments.a3vse",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("study", nargs="?", choices=STUDIES)
    parser.add_argument("--table", help="where rows go")
    parser.add_argument("--workers", type=int, default=1, help="processes at a time")
    parser.add_argument("--corpus-dir", help="where a corpus that is not built in lies")
    parser.add_argument("--word-vectors", help="a GloVe text file")
    parser.add_argument("--models", nargs="*", help="only these models")
    parser.add_argument("--cell", help=argparse.SUPPRESS)  # one run, its row to standard output
    given = parser.parse_args(arguments)
    if given.cell:
        print(json.dumps(run_cell(Cell(**json.loads(given.cell)), given.corpus_dir, given.word_vectors)))
        return 0
    if not given.study:
        parser.error("name a study")
    cells = [c for c in STUDIES[given.study]() if not given.models or c.model in given.models]
    if unknown := set(given.models or ()) - set(MODELS):
        parser.error(f"unknown model {sorted(unknown)[0]!r}: one of {', '.join(MODELS)}")
    table = Table(given.table or home() / "studies" / f"study_{given.study}.jsonl")
    open_corpus(given.study, given.corpus_dir)  # once, so that the runs do not all extract it
    return run_and_report(
        cells, table, workers=given.workers, corpus_dir=given.corpus_dir, word_vectors=given.word_vectors
    )


if __name__ == "__main__":
    sys.exit(main())

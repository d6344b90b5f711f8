"""Measures A3VSE over several seeds; lesson 03 and the README show what it stores.

    python data_scripts/measure_a3vse.py storybook            ablations and baselines, 5 seeds
    python data_scripts/measure_a3vse.py weights              adversarial weights, 2 seeds
    python data_scripts/measure_a3vse.py flickr8k --corpus-dir DIR [--word-vectors FILE]

Each finished run is a row of vse_lessons/measured/a3vse.json, written at once; a run that is there
already is not run again, so the script can be stopped and started."""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from vse_lessons.common.files import read_json, write_json
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.sparse import SparseCorpus, sparsify
from vse_lessons.evaluation.retrieval import best_of, embed, evaluate_embedded
from vse_lessons.models.a3vse import A3VSE
from vse_lessons.models.a3vse_config import ADVERSARIAL, A3VSEConfig
from vse_lessons.models.base import Embedder
from vse_lessons.models.baselines.cca import CCA, CCAConfig
from vse_lessons.models.baselines.linear import Linear, LinearConfig
from vse_lessons.models.registry import prepare_training
from vse_lessons.sources.catalogue import open_corpus
from vse_lessons.training.loop import TrainingResult, fit

STORE = Path(__file__).resolve().parents[1] / "vse_lessons" / "experiments" / "measured" / "a3vse.json"
# where training ended: collapse is there even if an early epoch was kept
LAST = ("rsum", "image_cosine", "sentence_cosine")
Trained = tuple[Embedder, TrainingResult | None]


@dataclass(frozen=True)
class Job:
    """One run: what names it in the table, and how to do it."""

    key: dict
    train: Callable[[SparseCorpus], Trained]
    ablation: str = "full"  # the semantics that it trains on


def a3vse(config: A3VSEConfig, seed: int, word_vectors: str | None = None) -> Callable:
    def train(training: SparseCorpus) -> Trained:
        model = A3VSE.build(config, training, seed=seed, word_vectors=word_vectors)
        run = fit(model, training, config.optimization, seed=seed, progress=False)
        return run.model, run

    return train


def linear(seed: int, config: LinearConfig) -> Callable:
    def train(training: SparseCorpus) -> Trained:
        model = Linear.build(config, training, seed=seed)
        run = fit(model, training, config.optimization, seed=seed, progress=False)
        return run.model, run

    return train


def cca(training: SparseCorpus) -> Trained:
    candidates = [CCA.build(config, training) for config in CCAConfig().candidates()]
    return best_of(candidates, training.corpus, training.selection), None


def baselines(seed: int) -> Iterator[tuple[str, Callable, str]]:
    yield "linear CCA", cca, "no_semantics"
    yield "linear contrastive", linear(seed, LinearConfig.lesson()), "no_semantics"
    yield "linear contrastive, with semantics", linear(seed, LinearConfig.lesson()), "full"


def storybook_jobs(seeds: int, _: argparse.Namespace) -> Iterator[Job]:
    for seed in range(seeds):
        for name in A3VSEConfig.variants:
            key = {"study": "storybook", "model": f"A3VSE {name}", "seed": seed}
            config = A3VSEConfig.lesson().with_variant(name)
            yield Job(key, a3vse(config, seed), name)
        for name, train, semantics in baselines(seed):
            yield Job({"study": "storybook", "model": name, "seed": seed}, train, semantics)


def weight_jobs(seeds: int, _: argparse.Namespace) -> Iterator[Job]:
    """The lesson's configuration, a third as long, with multiples of the published weights."""
    published = {name: getattr(A3VSEConfig.paper(), name) for name in ADVERSARIAL}
    lesson = A3VSEConfig.lesson()
    schedule = replace(lesson.optimization, epochs=10)
    scales = {"mean": (0.0, 0.03, 0.1, 0.3, 1.0, 10.0), "sum": (0.1, 1.0, 10.0)}
    for seed in range(seeds):
        for reduction, scale in ((r, scale) for r in scales for scale in scales[r]):
            config = replace(lesson, **published, reduction=reduction, optimization=schedule)
            key = {"study": "weights", "model": "A3VSE", "reduction": reduction, "scale": scale, "seed": seed}
            yield Job(key, a3vse(A3VSEConfig.scaled(config, scale), seed))


def flickr8k_jobs(seeds: int, arguments: argparse.Namespace) -> Iterator[Job]:
    tuned, paper, vectors = A3VSEConfig.photographs(), A3VSEConfig.paper(), arguments.word_vectors
    lines = replace(tuned, attended_paths=False)
    for seed in range(seeds):
        key = {"study": "flickr8k", "seed": seed}
        for name, train, semantics in baselines(seed):
            yield Job({**key, "model": name}, train, semantics)
        with_vectors = [(", GloVe", vectors)] if vectors else []
        for ending, file in [*with_vectors, ("", None)]:
            yield Job({**key, "model": f"A3VSE{ending}"}, a3vse(tuned, seed, file))
            yield Job(
                {**key, "model": f"A3VSE no_semantics{ending}"},
                a3vse(tuned, seed, file),
                "no_semantics",
            )
            yield Job({**key, "model": f"its linear paths alone{ending}"}, a3vse(lines, seed, file))
        yield Job({**key, "model": "A3VSE as published, GloVe"}, a3vse(paper, seed, vectors))


STUDIES = {  # jobs, seeds, corpus, split, images held out of training for selection
    "storybook": (storybook_jobs, 5, "storybook", "test", 0),
    "weights": (weight_jobs, 2, "storybook", "val", 250),
    "flickr8k": (flickr8k_jobs, 3, "flickr8k", "val", 500),
}


def measure(job: Job, data: Corpus, split: str, hold_out: int) -> dict:
    started = time.perf_counter()
    training = sparsify(data, 0.1, 5, job.key["seed"], hold_out)
    training = prepare_training(A3VSEConfig.lesson().with_variant(job.ablation), training)
    model, run = job.train(training)
    embedded = embed(model, data, data.images(split))
    row = {**job.key, "split": split, **evaluate_embedded(model, embedded).as_dict()}
    if run is not None:
        row |= {
            "last": {key: run.history[-1][key] for key in LAST},
            "curve": [round(epoch["rsum"], 2) for epoch in run.history],
            "best_epoch": run.best_epoch + 1,
            "warnings": len(run.warnings),
        }
    return {
        **row,
        "seconds": round(time.perf_counter() - started, 1),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("--seeds", type=int, help="how many seeds, from 0")
    parser.add_argument("--corpus-dir", help="where Flickr8k lies")
    parser.add_argument("--word-vectors", help="a GloVe text file")
    parser.add_argument("--models", nargs="*", help="only these models")
    arguments = parser.parse_args()
    make_jobs, seeds, corpus, split, hold_out = STUDIES[arguments.study]
    data = open_corpus(corpus, arguments.corpus_dir).corpus
    for job in make_jobs(arguments.seeds or seeds, arguments):
        rows = read_json(STORE) if STORE.exists() else []
        if any(job.key.items() <= row.items() for row in rows):
            continue
        if arguments.models and job.key["model"] not in arguments.models:
            continue
        row = measure(job, data, split, hold_out)
        stored = read_json(STORE) if STORE.exists() else []  # another study may run beside this one
        write_json(STORE, [*stored, row])
        print(
            f"{job.key}: rsum {row['rsum']:.1f}, t2i R@1 {row['t2i']['R@1']:.1f}, {row['seconds']} s",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""Converts tables of version 1 (`study_*.jsonl` and `a3vse.json`) to tables of today.

    python data_scripts/convert_tables.py OLD_FOLDER NEW_FOLDER

Strings such as "10%x5" or "lambda_w=0.5" become typed fields, maps and curves go into an .npz file beside the
table, and each row gets the configuration of its preset with its digest.  Run it with the library whose
presets the rows were measured with.  In a git checkout the commit that first held a row is recorded."""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vse_lessons.experiments.grid import Cell
from vse_lessons.experiments.report import experiment
from vse_lessons.experiments.table import Table

TRAINING_IMAGES = {"storybook": 2500, "storybook-pages": 2500, "flickr8k": 5500}  # less those held out
PLACES = ("model", "setting", "ablation", "seed", "corpus", "preset")
NO_METRIC = {
    *(
        *PLACES,
        "split",
        "n_annotated",
        "n_pairs",
        "word_vectors",
        "best_epoch",
        "epochs",
        "warnings",
        "seconds",
    ),
    *(
        "threads",
        "peak_memory_mb",
        "python",
        "torch",
        "source",
        "study",
        "map",
        "curves",
        "curve",
        "reduction",
    ),
    "scale",
}
XEON, EPYC = ({"processor": name, "cores": 2} for name in ("Intel Xeon with AMX", "AMD EPYC"))


def a3vse_fields(row: dict) -> dict:
    if row["model"] == "tags":
        return {"share": 0.0, "sentences": 0}
    share, _, sentences = row["setting"].partition("%x")
    return {"share": int(share) / 100, "sentences": int(sentences)}


def artpedia_fields(row: dict) -> dict:
    weight = float(row["setting"].removeprefix("lambda_w="))
    slow = row["ablation"] == "published_rate"
    fields = {"lambda_w": weight, "words": "learned" if slow else row["ablation"], "published_rate": slow}
    if row["model"] == "blind":
        return {**fields, "model": "blind"}
    similarity, _, loss = row["model"].partition(" + ")
    return {**fields, "model": "Artpedia", "similarity": similarity, "page_loss": loss}


def vsa_fields(row: dict) -> dict:
    what = row["ablation"]
    factor = float(what.removeprefix("mmd*")) if what.startswith("mmd*") else 1.0
    side = what if what in ("images", "sentences") else "both"
    return {"target": row["setting"], "words": what == "words", "aligned": side, "mmd_factor": factor}


def cell_of(name: str, row: dict) -> Cell:
    """The typed cell of an old row."""
    common = {key: row[key] for key in ("model", "seed", "corpus", "preset")}
    if name == "a3vse":
        own = {**a3vse_fields(row), "variant": row["ablation"]}
    elif name == "artpedia":
        own = artpedia_fields(row)
    elif name == "vsa":
        own = vsa_fields(row)
    elif name == "weights":
        own = {"scale": row["scale"], "reduction": row["reduction"]}
    else:
        own = {"variant": row["ablation"]}
    return experiment(name).cell(**{**common, **own})


def arrays_of(row: dict) -> dict[str, np.ndarray]:
    """Maps and curves of an old row by name."""
    arrays = {f"curve/{k}": np.array(v, float) for k, v in row.get("curves", {}).items()}  # None becomes NaN
    if "curve" in row:
        arrays["curve/rsum"] = np.array(row["curve"], float)
    for key, values in row.get("map", {}).items():
        if key == "cosines":
            arrays["cosines"] = np.array([values["visual"], values["contextual"]])
        else:
            arrays[f"map/{key}"] = np.array(values, np.int16)
    return arrays


def steps_of(row: dict, cell: Cell, epochs: int, batch: int) -> int:
    """Steps of a run: an epoch is one pass over the pairs or over the un-annotated images."""
    others = 0 if "target" in cell.fields() else TRAINING_IMAGES[cell.corpus] - row.get("n_annotated", 2500)
    return epochs * max(row["n_pairs"] // batch, others // batch)


def convert(name: str, row: dict, commit: str | None) -> tuple[dict, dict[str, np.ndarray]]:
    """A row of today's table, and its arrays."""
    one, cell = experiment(name), cell_of(name, row)
    vectors = row.get("word_vectors")
    config = cell.configuration()
    vectors = vectors if hasattr(config, "word_dimensions") else None
    new: dict[str, Any] = {
        "cell": cell.fields(),
        "digest": one.digest(cell, vectors),
        "config": one.plain(cell),
        "word_vectors": vectors,
        "corpus": {"name": cell.fields().get("target", cell.corpus), "digest": None, "detector": None},
        "split": row["split"],
        "n_annotated": row.get("n_annotated", 2500),
        "n_pairs": row["n_pairs"],
        "metrics": {key: value for key, value in row.items() if key not in NO_METRIC},
    }
    epochs = row.get("epochs") or len(row.get("curve", ())) or None
    if epochs:
        new |= {"best_epoch": row["best_epoch"], "epochs": epochs, "warnings": row.get("warnings")}
        new["steps"] = steps_of(row, cell, epochs, config.optimization.batch_size)
    new |= {
        "library": "0.1.0",
        "commit": commit,
        "versions": {"python": row["python"], "torch": row["torch"]},
        "machine": XEON if row.get("source") else EPYC,
        "threads": row["threads"],
        "seconds": row["seconds"],
        "peak_memory_mb": row.get("peak_memory_mb"),
    }
    return new, arrays_of(row)


def rows_of(path: Path) -> Iterator[tuple[str, dict]]:
    """The lines of an old table and their rows."""
    for line in path.read_text("utf-8").splitlines()[1:]:
        yield line, json.loads(line)


def first_commits(path: Path) -> dict[str, str]:
    """For each line that a file of a git checkout ever had, the commit that first held it."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=path.parent, capture_output=True, encoding="utf-8")
        return done.stdout

    first: dict[str, str] = {}
    for commit in git("log", "--reverse", "--format=%h", "--", path.name).split():
        for line in git("show", f"{commit}:./{path.name}").splitlines():
            first.setdefault(line, commit)
    return first


def early_rows(path: Path) -> Iterator[tuple[str, dict]]:
    """The rows of a3vse.json that no later table holds: the sweep of weights, and two kinds of model on
    photographs."""
    for row in json.loads(path.read_text("utf-8")) if path.exists() else ():
        base = {**row, "corpus": "storybook", "preset": "lesson", "source": path.name}
        if row["study"] == "weights":
            yield "weights", {**base, "n_annotated": 250, "n_pairs": 1250}
        elif row["study"] == "flickr8k":
            photographs = {
                **base,
                "corpus": "flickr8k",
                "setting": "10%x5",
                "n_annotated": 600,
                "n_pairs": 3000,
            }
            photographs["word_vectors"] = "glove.6B.50d.subset.txt"
            if row["model"] == "A3VSE as published, GloVe":
                yield "a3vse", {**photographs, "model": "A3VSE", "ablation": "full", "preset": "paper"}
            elif row["model"] == "its linear paths alone, GloVe":
                yield "a3vse", {**photographs, "model": "A3VSE", "ablation": "linear_paths"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("old", type=Path, help="the folder of the old tables")
    parser.add_argument("new", type=Path, help="where the new tables go")
    arguments = parser.parse_args()
    names = {"study_storybook": "a3vse", "study_flickr8k": "a3vse", "study_pages": "artpedia",
             "study_transfer": "vsa", "study_gxn": "gxn"}  # fmt: skip
    curves = {}  # of rows that came into a study's table from a3vse.json
    for row in json.loads((arguments.old / "a3vse.json").read_text("utf-8")):
        curves[row["t2i"]["R@1"], row["i2t"]["R@5"], row["rsum"], row["seed"]] = row.get("curve", ())
    found: dict[str, list] = {}
    for stem, name in names.items():
        path = arguments.old / f"{stem}.jsonl"
        first = first_commits(path)
        for line, row in rows_of(path):
            if row.get("source"):
                row["curve"] = curves[row["t2i"]["R@1"], row["i2t"]["R@5"], row["rsum"], row["seed"]]
            found.setdefault(name, []).append(convert(name, row, first.get(line)))
    commits = list(first_commits(arguments.old / "a3vse.json").values())
    for name, row in early_rows(arguments.old / "a3vse.json"):
        found.setdefault(name, []).append(convert(name, row, commits[-1] if commits else None))
    for name, rows in found.items():
        table = Table(arguments.new / f"{name}.jsonl")
        for row, _ in rows:
            table.append(row)
        table.add_arrays({json.dumps(row["cell"]): arrays for row, arrays in rows})
        print(f"{table.path}: {len(table.rows())} rows")


if __name__ == "__main__":
    main()

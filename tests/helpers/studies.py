"""A toy study: cells of a model A, B, ... whose metric is given."""

from dataclasses import dataclass

from vse_lessons.experiments.claims import Results
from vse_lessons.experiments.grid import Cell


@dataclass(frozen=True)
class ToyCell(Cell):
    model: str = "A"
    corpus: str = "toy"
    share: float = 0.1

    @property
    def untrained(self) -> bool:
        return self.model == "tags"

    def configuration(self):
        return None


def row(model, value, seed=0, share=0.1, preset="lesson", corpus="toy", n_pairs=500):
    """A row whose recalls at 1 are `value`."""
    recalls = {"R@1": value, "R@5": value + 1, "R@10": value + 2}
    cell = ToyCell(model, "full", seed, corpus, preset, share)
    metrics = {"t2i": recalls, "i2t": recalls, "rsum": 1.0}
    about = {"library": "0", "versions": {"torch": "2"}, "machine": {"processor": "p"}}
    about["corpus"] = {"digest": None}
    return {"cell": cell.fields(), "digest": "d", "n_pairs": n_pairs, "metrics": metrics, **about}


def results(**values):
    """Results in which a model has a value a seed: results(A=(1, 2), B=(3,))."""
    rows = [row(m, v, s) for m, vs in values.items() for s, v in enumerate(vs)]
    return Results(rows, ToyCell, "toy")

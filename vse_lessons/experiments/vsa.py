"""VSA-AE-MMD (Carraggi et al. 2018): from a source with pairs to a target without, beside simple means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from vse_lessons.common import DataError
from vse_lessons.data import Corpus
from vse_lessons.evaluation import alignment, embed, encode, evaluate_embedded, mean_interval, some_of, spread
from vse_lessons.experiments.claims import (
    RECALLS,
    Claim,
    Contrast,
    Measured,
    Results,
    claims_table,
    markdown,
    read_published,
)
from vse_lessons.experiments.grid import Cell, Experiment, Inputs, Outcome, over_seeds
from vse_lessons.sources import open_corpus
from vse_lessons.training.transfer import ADAPTING, ROWS, configure, prepare_transfer, train_row

TARGETS = {"storybook-art": "art", "storybook-fashion": "fashion", "fashion_products": "products"}
FACTORS = (0.1, 1.0, 10.0, 30.0)  # of both MMD weights, for what too much alignment does


@dataclass(frozen=True)
class TransferCell(Cell):
    """One run: a row of the table, an adapting variant of VSA or a reference."""

    model: str = "VSA-AE-MMD"
    target: str = "storybook-art"  # whose pairs are not known
    words: bool = False  # whether a row that does not adapt knows the target's words
    aligned: str = "both"  # by MMD: both, images or sentences
    mmd_factor: float = 1.0  # multiplies both weights of MMD

    def __post_init__(self) -> None:
        for name, value, known in (("row", self.model, ROWS), ("target", self.target, tuple(TARGETS)),
                                   ("side", self.aligned, ("both", "images", "sentences"))):  # fmt: skip
            if value not in known:
                raise DataError(f"unknown {name} {value!r}: one of {', '.join(known)}")

    def configuration(self) -> Any:
        """Return the hyper-parameters of the run."""
        config = configure(self.model, self.preset, self.corpus, self.mmd_factor)
        left_out = {"images": "align_sentences", "sentences": "align_images"}.get(self.aligned)
        return replace(config, **{left_out: 0.0}) if left_out else config


@lru_cache(maxsize=4)
def _corpus(name: str, folder: str | None, preset: str) -> Corpus:
    return open_corpus(name, folder, preset, progress=False).corpus


def run(cell: TransferCell, inputs: Inputs) -> Outcome:
    """Train and evaluate one cell; its seed chooses the source's sentences and all that is random."""
    source = _corpus(cell.corpus, inputs.corpus_dir, cell.preset)
    target = _corpus(cell.target, inputs.target_dir, cell.preset)
    training, target = prepare_transfer(source, target, cell.model, cell.seed, words=cell.words)
    model, result = train_row(cell.model, cell.configuration(), training, target, cell.seed,
                              word_vectors=inputs.word_vectors, progress=False)  # fmt: skip
    metrics = evaluate_embedded(model, embed(model, target, target.images("test", annotated=True))).as_dict()
    if result is not None:
        metrics["selection_rsum"] = result.best_score
    if cell.model not in ("supervised", "CORAL"):  # both domains in one space
        here, there = (encode(model, domain.regions, *some_of(domain, "val", cell.seed))
                       for domain in (training.corpus, target))  # fmt: skip
        metrics["alignment"] = alignment(here, there, cell.seed)
    return Outcome(target, "test", training, metrics, result)


# --- the grid ---------------------------------------------------------------------------------------

WORDS_KNOWN = TransferCell("statistics", words=True)
ONE_SIDE = tuple(TransferCell("VSA-E-MMD", aligned=side) for side in ("images", "sentences"))


def storybook_study() -> Iterator[TransferCell]:
    """Both targets, every row, 5 seeds; parts of it 3 seeds; growing weights of MMD, one."""
    targets = list(TARGETS)[:2]
    yield from over_seeds(5, [TransferCell(row, target=target) for target in targets for row in ROWS])
    yield from over_seeds(3, [replace(c, target=t) for t in targets for c in (WORDS_KNOWN, *ONE_SIDE)])
    yield from (TransferCell(row, mmd_factor=factor) for factor in FACTORS for row in ADAPTING[1:3])


def flickr8k_study() -> Iterator[TransferCell]:
    """Flickr8k to fashion products: 3 seeds; one of the linear model and of the discriminators."""
    photographs = {"target": "fashion_products", "corpus": "flickr8k"}
    few = ("linear", "VSA-AE-ADV")
    rows = [TransferCell(row, **photographs) for row in ROWS if row not in few]
    yield from over_seeds(3, [*rows, *(replace(cell, **photographs) for cell in (ONE_SIDE[0], WORDS_KNOWN))])
    yield from (TransferCell(row, **photographs) for row in few)


# --- the claims -----------------------------------------------------------------------------------

NAMES = {"source": "source only", "statistics": "source only, each domain standardised by itself",
         "VSA-AE-ADV": "VSA-AE-ADV, discriminators in place of MMD", "CORAL": "CORAL of source only",
         "CCA": "linear CCA of the source", "linear": "two linear maps of the source"}  # fmt: skip
# a row, and the row that it should be above: the first two are asked of the poster's table
ASKED = (
    *(("VSA-AE-MMD", other) for other in ("VSA-AE", "VSA-E-MMD", "source", "statistics")),
    ("statistics", "source"),
    *(("VSA-AE-MMD", other) for other in ("VSA-AE-ADV", "CORAL", "CCA", "linear")),
)


def paper(source: str = "Flickr30K") -> Results:
    """Read the poster's rows of one source: its fashion and art targets stand at the places of ours."""
    places = {"DeepFashion": ("storybook-fashion", "fashion_products"), "EsteArtworks": ("storybook-art",)}
    rows = []
    for line in read_published("vsa"):
        metrics = {name: float(line[name]) for name in RECALLS}
        metrics["rsum"] = sum(metrics.values())
        if line["source"] == source:
            cells = (
                TransferCell(line["model"], corpus="poster", target=one) for one in places[line["target"]]
            )
            rows += [{"cell": cell.fields(), "metrics": metrics} for cell in cells]
    return Results(rows, TransferCell, "poster")


def above(first: TransferCell, second: TransferCell) -> tuple[Contrast, ...]:
    """Contrast the sums of recalls of two cells."""
    return (Contrast((first,), (second,), "rsum"),)


def claims(target: str) -> list[Claim]:
    """List what the poster orders, and what it does not ask."""
    return [Claim(f"{NAMES.get(first, first)} is above {NAMES.get(second, second)}",
                  "asked of the poster's table" if second in ADAPTING[:3] else "not on the poster",
                  above(TransferCell(first, target=target), TransferCell(second, target=target)))
            for first, second in ASKED]  # fmt: skip


def causes(target: str) -> list[Claim]:
    """List what each part does by itself: the target's words, against `statistics`; the others against
    `statistics` that knows these words too, as all rows that adapt do.
    """
    known, plain = replace(WORDS_KNOWN, target=target), TransferCell("statistics", target=target)
    parts = {"Knowing the target's words helps": (known, plain),
             "MMD of pictures alone helps": (replace(ONE_SIDE[0], target=target), known),
             "MMD of sentences alone helps": (replace(ONE_SIDE[1], target=target), known),
             "The auto-encoders without alignment help": (TransferCell("VSA-AE", target=target), known),
             "All of VSA-AE-MMD helps": (TransferCell("VSA-AE-MMD", target=target), known)}  # fmt: skip
    return [
        Claim(f"{text}, {TARGETS[target]}", "not on the poster", above(*pair)) for text, pair in parts.items()
    ]


def closed(results: Results, row: str, target: str) -> Measured | None:
    """Measure the share (%) of the distance from source only to the supervised ceiling that a row closes, in
    rsum, by seed; None where a run is missing.
    """
    values = [
        results.values(TransferCell(name, target=target), "rsum") for name in (row, "source", "supervised")
    ]
    seeds = sorted(set.intersection(*map(set, values)))
    shares = tuple(100 * (values[0][s] - values[1][s]) / (values[2][s] - values[1][s]) for s in seeds)
    return Measured(shares, *mean_interval(shares)) if shares else None


def row_table(results: Results, target: str) -> str:
    """Print the rows of a target: recalls, the share closed (%), how far apart both domains' embeddings lie."""
    metrics = [
        *RECALLS,
        "rsum",
        *(f"alignment {s} {key}" for key in ("mmd2", "a_distance") for s in ("images", "sentences")),
    ]
    lines = []
    for cell in (TransferCell(row, target=target) for row in ROWS):
        share = None if cell.model in ("source", "supervised") else closed(results, cell.model, target)
        shown = (results.spread(cell, metric, 3 if "mmd2" in metric else 1) for metric in metrics)
        lines += [(cell.model, len(results.rows(cell)), *shown, spread(share.values, 0) if share else "–")]
    return markdown(("row", "seeds", *metrics, "closed (%)"), [line for line in lines if line[1]])


def report(results: Callable[[str], Results]) -> list[tuple[str, str]]:
    """Print the table, the claims and the causes of each target."""
    sections = []
    for target, place in TARGETS.items():
        study = results("flickr8k" if target == "fashion_products" else "storybook")
        title = (
            "Flickr8k to fashion products" if target == "fashion_products" else f"Storybook: photo to {place}"
        )
        sections += [(title, row_table(study, target)),
                     (f"{title}: claims", claims_table([study], claims(target), paper())),
                     (f"{title}: its parts", claims_table([study], causes(target), paper()))]  # fmt: skip
    return sections


STUDIES = {"storybook": storybook_study, "flickr8k": flickr8k_study}
TRANSFER = Experiment("vsa", TransferCell, STUDIES, run, report)

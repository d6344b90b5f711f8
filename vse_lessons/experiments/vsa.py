"""VSA-AE-MMD (Carraggi et al. 2018): from a source with pairs to a target without, beside simple means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from vse_lessons.common import check_known
from vse_lessons.evaluation import RECALLS, embed, evaluate_embedded, measure_alignment, spread
from vse_lessons.evaluation.contrasts import Contrast, Measured, Share
from vse_lessons.experiments.claims import Claim, Results, Section, cells_table, published, read_published
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
        check_known("row", self.model, ROWS)
        check_known("target", self.target, TARGETS)
        check_known("side", self.aligned, ("both", "images", "sentences"))

    def configuration(self) -> Any:
        """Return the hyper-parameters of the run."""
        return configure(self.model, self.preset, self.corpus, self.mmd_factor, self.aligned)


def run(cell: TransferCell, inputs: Inputs) -> Outcome:
    """Train and evaluate one cell; its seed chooses the source's sentences and all that is random."""
    source = open_corpus(cell.corpus, inputs.corpus_dir, cell.preset, progress=False).corpus
    target: Any = open_corpus(cell.target, inputs.target_dir, cell.preset, progress=False).corpus
    training, target = prepare_transfer(source, target, cell.model, cell.seed, words=cell.words)
    options: dict[str, Any] = {"word_vectors": inputs.word_vectors, "progress": False}
    model, result = train_row(cell.model, cell.configuration(), training, target, cell.seed, **options)
    metrics = evaluate_embedded(model, embed(model, target, target.images("test", annotated=True))).as_dict()
    if result is not None:
        metrics["selection_rsum"] = result.best_score
    if cell.model not in ("supervised", "CORAL"):  # both domains in one space
        metrics["alignment"] = measure_alignment(model, training.corpus, target, cell.seed)
    return Outcome(target, "test", training, metrics, result)


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
    once = (TransferCell("linear"), TransferCell("VSA-AE-ADV"))
    often = [cell for cell in map(TransferCell, ROWS) if cell not in once]
    for cell in (*over_seeds(3, [*often, ONE_SIDE[0], WORDS_KNOWN]), *once):
        yield replace(cell, target="fashion_products", corpus="flickr8k")


NAMES = {"source": "source only", "statistics": "source only, each domain standardised by itself",
         "VSA-AE-ADV": "VSA-AE-ADV, discriminators in place of MMD", "CORAL": "CORAL of source only",
         "CCA": "linear CCA of the source", "linear": "two linear maps of the source"}  # fmt: skip
# a row, and the row that it should be above: the first two are asked of the poster's table
ASKED = (*(("VSA-AE-MMD", other) for other in ("VSA-AE", "VSA-E-MMD", "source", "statistics")),
         ("statistics", "source"),
         *(("VSA-AE-MMD", other) for other in ("VSA-AE-ADV", "CORAL", "CCA", "linear")))  # fmt: skip
# what each part does by itself: the target's words, against `statistics`; the others against `statistics`
# that knows these words too, as all rows that adapt do
PARTS = {"Knowing the target's words helps": (WORDS_KNOWN, TransferCell("statistics")),
         "MMD of pictures alone helps": (ONE_SIDE[0], WORDS_KNOWN),
         "MMD of sentences alone helps": (ONE_SIDE[1], WORDS_KNOWN),
         "The auto-encoders without alignment help": (TransferCell("VSA-AE"), WORDS_KNOWN),
         "All of VSA-AE-MMD helps": (TransferCell("VSA-AE-MMD"), WORDS_KNOWN)}  # fmt: skip


def paper(source: str = "Flickr30K") -> Results:
    """Read the poster's rows of one source: its fashion and art targets stand at the places of ours."""
    places = {"DeepFashion": ("storybook-fashion", "fashion_products"), "EsteArtworks": ("storybook-art",)}
    lines = [line for line in read_published("vsa") if line["source"] == source]
    ours = [{**line, "target": target} for line in lines for target in places[line["target"]]]
    return published("vsa", TransferCell, "poster", ours)


def above(first: TransferCell, second: TransferCell) -> tuple[Contrast, ...]:
    """Contrast the sums of recalls of two cells."""
    return (Contrast((first,), (second,), "rsum"),)


def claims(target: str) -> list[Claim]:
    """List what the poster orders, and what it does not ask."""
    cells, stated = {row: TransferCell(row, target=target) for row in ROWS}, []
    for first, second in ASKED:
        text = f"{NAMES.get(first, first)} is above {NAMES.get(second, second)}"
        where = "asked of the poster's table" if second in ADAPTING[:3] else "not on the poster"
        stated.append(Claim(text, where, above(cells[first], cells[second])))
    return stated


def causes(target: str) -> list[Claim]:
    """List what each part does by itself."""
    pairs = {text: [replace(cell, target=target) for cell in PARTS[text]] for text in PARTS}
    return [Claim(f"{text}, {TARGETS[target]}", "not on the poster", above(*pairs[text])) for text in PARTS]


def closed(results: Results, row: str, target: str) -> Measured | None:
    """Measure the share (%) of the way in rsum from source only to supervised that a row goes, by seed."""
    cell, source, best = (TransferCell(name, target=target) for name in (row, "source", "supervised"))
    (gain,), (distance,) = above(cell, source), above(best, source)
    return results.measure(Contrast((Share(gain, distance),)))


def _share_closed(results: Results, cell: TransferCell) -> str:
    """Print `closed` over seeds, for a row between source only and the ceiling."""
    share = None if cell.model in ("source", "supervised") else closed(results, cell.model, cell.target)
    return spread(share.values if share else (), 0)


def row_table(results: Results, target: str, paper: Results | None = None) -> str:
    """Print the rows of a target: recalls, how far apart both domains lie, the share closed (%)."""
    cells = [TransferCell(row, target=target) for row in ROWS]
    further = {"closed (%)": _share_closed}
    return cells_table(results, ("model",), METRICS, paper, cells=cells, further=further)


METRICS = (*RECALLS, "rsum", *(f"alignment {side} {distance}" for distance in ("mmd2", "a_distance")
                               for side in ("images", "sentences")))  # fmt: skip


def sections() -> Iterator[Section]:
    """List the table, the claims and the causes of each target."""
    for target, place in TARGETS.items():
        title, corpora = f"Storybook: photo to {place}", ("storybook",)
        if target == "fashion_products":
            title, corpora = "Flickr8k to fashion products", ("flickr8k",)
        yield Section(title, corpora, partial(row_table, target=target))
        yield Section(f"{title}: claims", corpora, claims(target))
        yield Section(f"{title}: its parts", corpora, causes(target))


STUDIES = {"storybook": storybook_study, "flickr8k": flickr8k_study}
TRANSFER = Experiment("vsa", TransferCell, STUDIES, run, paper, tuple(sections()))

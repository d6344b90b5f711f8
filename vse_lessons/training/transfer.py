"""Training with a source whose pairs are known and a target whose pairs are not: the rows of lesson 04."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from vse_lessons.common.errors import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.sparse import SparseCorpus, sparsify
from vse_lessons.data.unpaired import Unpaired, unpair
from vse_lessons.models.base import Embedder
from vse_lessons.models.baselines.coral import CoralConfig
from vse_lessons.models.registry import spec
from vse_lessons.training.checkpoints import TrainingResult
from vse_lessons.training.train import train

ADAPTING = ("VSA-AE", "VSA-E-MMD", "VSA-AE-MMD", "VSA-AE-ADV")
# nothing adapts; each domain standardized by itself; closed forms and a linear model of the source; the
# target's own pairs
REFERENCES = ("source", "statistics", "CORAL", "CCA", "linear", "supervised")
ROWS = ("source", "statistics", *ADAPTING, *REFERENCES[2:])
SENTENCES = 2  # of each source image
Domain = TypeVar("Domain", bound=Corpus | Unpaired)


def configure(
    row: str,
    preset: str = "lesson",
    corpus: str = "storybook",
    mmd_factor: float = 1.0,
    aligned: str = "both",
) -> Any:
    """Return the hyper-parameters of a row, with the weights of MMD of both sides (or one) times a factor."""
    if row in ("CCA", "linear"):
        return spec(row).config.preset(preset, corpus)
    config: Any = spec("VSA").config.preset(preset, corpus).with_variant(row if row in ADAPTING else "source")
    images, sentences = (mmd_factor if aligned in ("both", side) else 0.0 for side in ("images", "sentences"))
    return replace(config, align_images=images * config.align_images,
                   align_sentences=sentences * config.align_sentences)  # fmt: skip


def prepare_transfer(
    source: Corpus, target: Domain, row: str, seed: int = 0, *, words: bool = False
) -> tuple[SparseCorpus, Domain]:
    """Prepare what a row trains on.

    Args:
        source: the corpus with pairs.
        target: the other domain, with or without known pairs.
        row: of `ROWS`.
        seed: chooses the sentences of the source.
        words: whether the target's words are known to a row that does not adapt.

    Returns:
        What training sees, and the target as it is evaluated: mean regions; for adapting rows and for
        `statistics` each domain is standardized by its own training images.  The target has lost its
        pairs where training sees it; `supervised` trains on the target's pairs and nothing else.
    """

    def seen(domain: Any) -> Any:
        images = domain.images("train") if isinstance(domain, Corpus) else domain.images
        regions, own = domain.regions, row == "statistics" or row in ADAPTING
        return replace(domain, regions=regions.standardized(images) if own else regions.means())

    source, target = seen(source), seen(target)
    if row == "supervised":
        if not isinstance(target, Corpus):
            raise DataError("the row supervised trains on the target's pairs: open a target that has them")
        return sparsify(target, 1.0, SENTENCES, seed), target
    training = sparsify(source, 1.0, SENTENCES, seed)
    beside = training.with_target(_without_pairs(target))  # also where it is only to be checked
    return beside if words or row in ADAPTING else training, target


def _without_pairs(target: Corpus | Unpaired) -> Unpaired:
    return unpair(target) if isinstance(target, Corpus) else target


def train_row(
    row: str, config: Any, training: SparseCorpus, target: Corpus | Unpaired, seed: int = 0, **options: Any
) -> tuple[Embedder, TrainingResult | None]:
    """Train the model of a row, on what `prepare_transfer` gave; the options are those of `train`."""
    if row == "CORAL":
        return train(
            "CORAL", CoralConfig(config), training.with_target(_without_pairs(target)), seed=seed, **options
        )
    return train(row if row in ("CCA", "linear") else "VSA", config, training, seed=seed, **options)

"""Train any registered model by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vse_lessons.common.files import DataError
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.evaluation.retrieval import best_of
from vse_lessons.models.base import Embedder, Trainable, Wraps
from vse_lessons.models.building import Vectors
from vse_lessons.models.registry import spec
from vse_lessons.training.checkpoints import TrainingResult
from vse_lessons.training.loop import fit


def train(
    name: str,
    config: Any,
    training: SparseCorpus,
    *,
    seed: int = 0,
    word_vectors: Vectors = None,
    **options: Any,
) -> tuple[Embedder, TrainingResult | None]:
    """Build a model by its name and train it.

    Closed forms are solved for each of `config.candidates()`, and the selection images choose. A model that
    is made from a trained one (CORAL) trains that first, without the target.

    Args:
        name: a key of `MODELS`.
        config: a configuration of that model.
        training: what the configuration trains on, from `prepare_training`.
        seed: of first weights and of everything random in training.
        word_vectors: a GloVe text file or vectors in memory, for models with word embeddings.
        **options: of `fit`: out_dir, device, progress, after_epoch, criterion.

    Returns:
        The model, and the result of `fit` where `fit` trained it.

    Raises:
        DataError: the model is unknown, the configuration is another model's, or the corpus lacks what it
            needs.
        TrainingError: a term is not finite.
    """
    known = spec(name)
    if not issubclass(type(config), known.config):
        raise DataError(f"{name} is configured by {known.config.__name__}, not by {type(config).__name__}")
    if (
        getattr(config, "semantics", "none") != "none"
        and len(training.unannotated)
        and not training.semantics
    ):
        raise DataError(
            f"{name} learns from {config.semantics} of {len(training.unannotated)} un-annotated images, "
            "which have none: pass prepare_training(config, training), or a configuration with "
            "semantics='none'"
        )
    given: dict[str, Any] = {"seed": seed, "word_vectors": word_vectors}
    if isinstance(config, Wraps):
        inner_name, inner_config = config.inner
        alone = replace(training, target=None)
        inner, result = train(inner_name, inner_config, alone, **given, **options)
        return known.build(config, training, model=inner, **given), result
    if issubclass(known.model, Trainable):
        model = known.model.build(config, training, **given)
        result = fit(model, training, config.optimization, seed=seed, **options)
        return result.model, result
    models = [known.build(candidate, training, **given) for candidate in config.candidates()]
    if len(models) == 1:
        return models[0], None
    return best_of(models, training.corpus, training.selection), None

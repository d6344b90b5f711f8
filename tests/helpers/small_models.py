"""Configurations that train in a second, and what they train on."""

from dataclasses import replace

from helpers.corpora import make_corpus
from vse_lessons.data.sparse import sparsify
from vse_lessons.data.unpaired import unpair
from vse_lessons.models.artpedia import ArtpediaConfig
from vse_lessons.models.base import Optimization
from vse_lessons.models.baselines.scan import SCANConfig
from vse_lessons.models.vsa import VSA, VSAConfig

SMALL_SCAN = replace(SCANConfig.smoke(), min_count=1, region_dropout=0.0, word_dropout=0.0)
SMALL_ARTPEDIA = replace(ArtpediaConfig.smoke(), min_count=1, region_dropout=0.0, word_dropout=0.0)
VSA_OPTIMIZATION = Optimization(epochs=4, batch_size=8, learning_rate=5e-3, averaging=0.9, warmup_epochs=1)
SMALL_VSA = replace(
    VSAConfig.smoke(),
    dimensions=12,
    word_dimensions=6,
    decoder=7,
    hidden=5,
    min_count=1,
    optimization=VSA_OPTIMIZATION,
)


def vsa_setup(variant="VSA-AE-MMD", target=None, seed=0, **changes):
    """A small VSA model, and the sparse corpus with a target that it was built for."""
    training = sparsify(make_corpus(80), 0.5, 2, seed)
    target = make_corpus(80, seed=5) if target is None else target
    training = training.with_target(unpair(target))
    config = replace(SMALL_VSA.with_variant(variant), **changes)
    return VSA.build(config, training, seed=seed), training

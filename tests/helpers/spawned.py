"""What a process that was started by `spawn` does: the way of Windows and macOS, which copies nothing."""

from pathlib import Path

from helpers.corpora import make_corpus
from vse_lessons.data.sparse import sparsify
from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.storybook import world
from vse_lessons.sources.storybook.detector import StorybookDetector


def fit_a_little(folder):
    """Train for two epochs and return the best score."""
    from vse_lessons.models.vsepp import VSEPP, VSEPPConfig
    from vse_lessons.training.loop import fit

    training = sparsify(make_corpus(), 0.9, 2, seed=0)
    config = VSEPPConfig.smoke()
    model = VSEPP.build(config, training, seed=0)
    return fit(model, training, config.optimization, Path(folder), progress=False).best_score


def extract_a_little(folder):
    """Find the regions of some drawn pictures with two workers and return how many there are."""
    pictures = world.picture_scenes(world.sample_scenes("photo", "smoke")[:12])
    store = extract_regions(pictures, StorybookDetector(), Path(folder), workers=2, progress=False)
    return len(store.features)

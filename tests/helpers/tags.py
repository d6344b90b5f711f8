"""A toy lexicon, and stores with image-level tags."""

from dataclasses import replace

import numpy as np

from helpers.corpora import make_store
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.wordnet import parse_lexicon

TOY = parse_lexicon(
    "toy",
    """
    animal
    dog, hound < animal
    saluki, gazelle hound < dog
    beagle < dog
    sausage
    hot dog, frankfurter < sausage
    traffic light, stoplight
    light
    """,
    {"oxen": "ox"},
)
TOY_NAMES = ("saluki", "beagle", "hot dog", "traffic light", "T-shirt")


def around(store, **parts):
    """A sparse corpus of a store."""
    splits = np.array(["train"] * len(store))
    corpus = Corpus("toy", store, ("a dog",), np.array([0]), splits, **parts)
    rest = np.arange(1, len(store))
    return SparseCorpus(corpus, np.array([0]), rest, np.array([0]), np.array([0]))


def tagged(images=6, names=TOY_NAMES, **changes):
    """A store of images with random tags."""
    tags = np.random.Generator(np.random.PCG64(0)).random((images, len(names)))
    parts = {"tags": tags.astype(np.float16), "tag_names": names, **changes}
    return replace(make_store(images), **parts)

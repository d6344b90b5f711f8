"""What models that are kept in folders are trained on, and how they are compared."""

from dataclasses import replace

import numpy as np
import torch

from helpers.corpora import make_corpus, make_pages, make_pixel_corpus
from vse_lessons.data.sparse import sparsify
from vse_lessons.data.unpaired import unpair

SENTENCES = ["w1 w2 w3", "zebra w4", "", "nothing known"]


def training_for(name):
    """A corpus on which the model of that name can be built."""
    if name == "Artpedia":
        return sparsify(make_pages(), 1.0, None)
    if name == "GXN":
        data = make_pixel_corpus()
        return sparsify(replace(data, splits=np.array(["train"] * 30 + ["val"] * 10)), 1.0, 3)
    data = make_corpus()
    training = sparsify(data, 0.6, 3)
    if name in ("VSA", "CORAL"):
        return training.with_target(unpair(make_corpus(seed=5)))
    return training.with_semantics([f"w{n % 12}" for n in range(len(training.unannotated))])


def scores(model, data):
    """(I, S) similarities of all images of a corpus and `SENTENCES`."""
    images = data.regions.batch(range(len(data.image_ids)))
    with torch.no_grad():
        return model.similarity(model.encode_images(images), model.encode_sentences(SENTENCES))

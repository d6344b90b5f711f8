"""Small region stores on disk."""

import numpy as np

from vse_lessons.data.region_writer import write_store
from vse_lessons.data.regions import Detections

NAMES = {"class_names": ("cat", "dog"), "attribute_names": ("red",), "tag_names": ("x", "y")}


def detections(regions, width=4, seed=0):
    """Random detections of one image."""
    rng = np.random.default_rng(seed)
    return Detections(
        rng.normal(size=(regions, width)).astype(np.float32),
        rng.random((regions, 4)).astype(np.float32),
        rng.integers(0, 2, regions).astype(np.int16),
        rng.random(regions).astype(np.float32),
        rng.integers(-1, 1, regions).astype(np.int16),
        rng.random(regions).astype(np.float32),
        rng.random(2).astype(np.float32),
    )


def write(folder, found, ids=None, **changes):
    """A store of some detections, one image each."""
    ids = ids or [f"image{i}" for i in range(len(found))]
    return write_store(folder, ids, iter([found]), **{"detector": "test 1", **NAMES, **changes})

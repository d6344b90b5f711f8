"""A detector that can be foretold, and pictures for it."""

import time

import numpy as np
from PIL import Image

from vse_lessons.data.pictures import pictures_from_files
from vse_lessons.data.regions import Detections
from vse_lessons.sources.detectors.extraction import extract_regions


class Quadrants:
    """A detector that is easy to foretell: the mean colour of each quarter of a picture."""

    name, version, feature_dim = "quadrants", "1", 3
    class_names, attribute_names, tag_names = ("part",), ("plain",), ("picture",)

    def __init__(self, pause=0.0):
        self.pause, self.seen = pause, 0

    def __call__(self, images):
        time.sleep(self.pause)
        self.seen += len(images)
        found = []
        for image in images:
            quarters = np.asarray(image.resize((2, 2), Image.Resampling.BOX), np.float32)
            zeros, ones = np.zeros(4, np.int16), np.ones(4, np.float32)
            boxes = np.zeros((4, 4), np.float32)
            found.append(
                Detections(quarters.reshape(4, 3), boxes, zeros, ones, zeros, ones, np.ones(1, np.float32))
            )
        return found


def drawn(folder, number=20):
    """Pictures of noise, as files."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(number):
        noise = rng.integers(0, 256, (24, 30, 3), np.uint8)
        Image.fromarray(noise).save(folder / f"{i:02d}.jpg")
    return listed(folder)


def listed(folder):
    """The pictures that `drawn` wrote."""
    paths = [folder / f"{i:02d}.jpg" for i in range(20)]
    return pictures_from_files(paths, [path.stem for path in paths])


def extract(pictures, folder, detector=None, **how):
    """The regions of pictures, by `Quadrants` unless another detector is given."""
    how = {"batch_size": 4, "progress": False, **how}
    return extract_regions(pictures, detector or Quadrants(), folder, **how)

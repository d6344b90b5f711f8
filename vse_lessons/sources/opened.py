"""A corpus that has been opened, with its pictures and, for models that draw, their pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from vse_lessons.common.errors import DataError
from vse_lessons.common.files import home
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.pictures import Pictures
from vse_lessons.sources.detectors.base import Thumbnails
from vse_lessons.sources.detectors.extraction import extract_regions


@dataclass(frozen=True)
class Opened:
    """A corpus with its pictures, where there are pictures."""

    corpus: Corpus  # images, regions, sentences and splits
    pictures: Pictures | None = None  # None: somebody else has extracted the regions

    def picture(self, image: int) -> Image.Image:
        """Load the picture of an image of the corpus, by its number."""
        if self.pictures is None:
            raise DataError(f"{self.corpus.name} holds features only, no pictures to show")
        return self.pictures.load(self.pictures.ids.index(self.corpus.image_ids[image]))


def with_pixels(opened: Opened, side: int = 64, progress: bool = True) -> Opened:
    """Add the pixels of the pictures to a corpus, for models that draw.

    They are extracted once to a store beside that of the regions, or under `VSE_LESSONS_HOME` where the
    regions lie elsewhere.

    Args:
        opened: A corpus with pictures.
        side: Width and height of the small pictures, in pixels.
        progress: Whether to show a progress bar.

    Returns:
        The same, with `corpus.pixels`.

    Raises:
        DataError: There are no pictures, or not of each image.
    """
    corpus, pictures = opened.corpus, opened.pictures
    if pictures is None:
        raise DataError(
            f"{corpus.name} holds features only, no pictures to take pixels from: open it from "
            "its pictures, or train a model that reads no pixels"
        )
    beside = Path(corpus.regions.source).parent
    folder = beside if beside.is_relative_to(home()) else home() / corpus.name
    store = extract_regions(pictures, Thumbnails(side), folder, on_bad="skip", progress=progress)
    row = {image: number for number, image in enumerate(store.ids)}
    lost = [image for image in corpus.image_ids if image not in row]
    if lost:
        reason = next((one["reason"] for one in store.skipped if one["id"] == lost[0]), "it is not there")
        raise DataError(
            f"{corpus.name}: {len(lost)} images have regions but no pixels; the first is {lost[0]} ({reason})"
        )
    pixels = store.select([row[image] for image in corpus.image_ids])
    return replace(opened, corpus=replace(corpus, pixels=pixels))

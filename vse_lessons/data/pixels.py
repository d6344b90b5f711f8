"""Pixels of a corpus's pictures as tensors, for models that draw."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus


def read_pixels(corpus: Corpus, images: np.ndarray) -> Tensor:
    """Read the pixels of some images of a corpus.

    Args:
        corpus: A corpus with a store of P x P pictures, as `with_pixels` of the catalogue makes it.
        images: (B,) numbers of images.

    Returns:
        (B, 3, P, P) float32: red, green and blue in [-1, 1].

    Raises:
        DataError: The corpus has no pixels.
    """
    if corpus.pixels is None:
        raise DataError(f"{corpus.name} has no pixels: open it with catalogue.with_pixels")
    flat = corpus.pixels.batch(images).features[:, 0]  # (B, P * P * 3) from 0 to 255
    side = math.isqrt(flat.shape[1] // 3)
    return flat.view(-1, side, side, 3).permute(0, 3, 1, 2) / 127.5 - 1

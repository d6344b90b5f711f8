"""Random numbers by purpose: no two purposes of the library share a stream.

NumPy's generators pad a seed with zeros, so `PCG64([7, 0])` is `PCG64(7)`: numbers appended to a seed do not
keep two streams apart. Here each purpose has a spawn key of its own (`numpy.random.SeedSequence`), which is
mixed in behind the padding. Storybook's scenes, drawings and sentences follow from names instead, by
`random.Random("storybook/photo/0/17")`, and the splits of a corpus that is published without any from a
fixed shuffle: both define corpora, and stay as they are.
"""

from __future__ import annotations

from operator import index

import numpy as np

from vse_lessons.common.errors import DataError

# The spawn key of each purpose. A number is never changed or used again: results would change with it.
PURPOSES = {
    # annotation
    "annotated images": 1,  # the shuffle of training images, of which the first ones are annotated
    "annotated sentences": 2,  # keys: image; the shuffle of an image's sentences
    # training
    "parameters": 10,  # a model's first weights
    "pairs": 11,  # keys: epoch; the order of annotated pairs
    "un-annotated images": 12,  # keys: epoch; the order of un-annotated images
    "target images": 13,  # keys: epoch; the order of a target domain's images
    "target sentences": 14,  # keys: epoch; the order of its sentences
    "contextual sentences": 15,  # keys: epoch; which sentence of a page stands beside a visual one
    "training step": 16,  # keys: epoch; dropout, drawn words and pictures: everything inside a model
    "word vectors": 17,  # the randomized decomposition behind vectors from a corpus's own text
    # evaluation
    "bootstrap": 20,  # the images drawn again for an interval
    "chance scores": 21,  # random scores, for the average precision of chance
    "distractors": 22,  # keys: number of candidates; the images or sentences that a query is compared with
    "domain halves": 23,  # which half of each domain a classifier of domains learns from
    "domain sample": 24,  # the points of each domain that distances are computed from
    "permutation test": 25,  # the partings of two samples
    "drawn pictures": 26,  # the noise from which pictures of sentences are drawn
    # display
    "map": 30,  # the start of a two-dimensional map of embeddings
    "examples": 31,  # keys: figure; the images or sentences that a lesson shows
    "toy data": 32,  # points that a lesson draws to explain a method
}


def seed_sequence(purpose: str, seed: int, *keys: int) -> np.random.SeedSequence:
    """Make the seed sequence of a purpose.

    Args:
        purpose: One of `PURPOSES`.
        seed: The user's seed, from 0 to 2^64 - 1.
        keys: What tells streams of one purpose apart (epoch, image), each from 0 to 2^32 - 1.

    Returns:
        A sequence that differs for any two different (purpose, seed, keys).

    Raises:
        DataError: The purpose is unknown, or a number is out of its range.
    """
    if purpose not in PURPOSES:
        raise DataError(f"unknown purpose {purpose!r} of random numbers: one of {', '.join(PURPOSES)}")
    for name, number, bits in (("seed", seed, 64), *(("key", key, 32) for key in keys)):
        if not 0 <= index(number) < 2**bits:
            raise DataError(f"the {name} {number} of random {purpose}: from 0 to 2^{bits} - 1")
    # of fewer than 128 bits, so that NumPy pads the seed before it adds the spawn key
    return np.random.SeedSequence(index(seed), spawn_key=(PURPOSES[purpose], *map(index, keys)))


def generator(purpose: str, seed: int, *keys: int) -> np.random.Generator:
    """Make NumPy's generator of a purpose.

    Args:
        purpose: One of `PURPOSES`.
        seed: The user's seed, from 0 to 2^64 - 1.
        keys: What tells streams of one purpose apart (epoch, image), each from 0 to 2^32 - 1.

    Returns:
        A generator (PCG64) with a stream of its own.

    Raises:
        DataError: The purpose is unknown, or a number is out of its range.
    """
    return np.random.Generator(np.random.PCG64(seed_sequence(purpose, seed, *keys)))


def torch_seed(purpose: str, seed: int, *keys: int) -> int:
    """Compute a seed for `torch.manual_seed` or a `torch.Generator`.

    Args:
        purpose: One of `PURPOSES`.
        seed: The user's seed, from 0 to 2^64 - 1.
        keys: What tells streams of one purpose apart (epoch, image), each from 0 to 2^32 - 1.

    Returns:
        A number from 0 to 2^63 - 1.

    Raises:
        DataError: The purpose is unknown, or a number is out of its range.
    """
    return int(seed_sequence(purpose, seed, *keys).generate_state(1, np.uint64)[0] >> 1)


def sklearn_seed(purpose: str, seed: int, *keys: int) -> int:
    """Compute a `random_state` for scikit-learn.

    Args:
        purpose: One of `PURPOSES`.
        seed: The user's seed, from 0 to 2^64 - 1.
        keys: What tells streams of one purpose apart (epoch, image), each from 0 to 2^32 - 1.

    Returns:
        A number from 0 to 2^32 - 1.

    Raises:
        DataError: The purpose is unknown, or a number is out of its range.
    """
    return int(seed_sequence(purpose, seed, *keys).generate_state(1, np.uint32)[0])

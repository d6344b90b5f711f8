"""What each training step sees: batches of pairs, the same ones whenever an epoch is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from vse_lessons.common.random import generator
from vse_lessons.data.pixels import read_pixels
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.models.base import Pairs, UnpairedBatch


class BatchSchedule:
    """Batches of annotated pairs and of pseudo pairs, side by side.

    An epoch is one pass over the pairs or over the un-annotated images, whichever is longer, and the shorter
    one starts over as often as it takes.

    Where pairs are sentences of pages, each also gets a contextual sentence of its own page, drawn anew in
    each epoch (Artpedia, section 4.2): a page that has none takes part without, and a page without a
    visual sentence gives no pair.

    For a model that reads pixels the annotated pairs come with those of their pictures.

    Where there is a target domain, a step also sees as many of its images and as many of its sentences (or
    all, where they are fewer), each in an order of its own: that an image and a sentence of it belong
    together is nowhere in what is drawn.

    Args:
        training: a sparse corpus, with or without semantics, pages and a target.
        size: pairs a batch.
        seed: of the orders.
        pixels: whether pairs come with pixels.
    """

    def __init__(self, training: SparseCorpus, size: int, seed: int, pixels: bool = False):
        self.training, self.size, self.seed, self.pixels = training, size, seed, pixels
        others = len(training.unannotated)
        self.weak_size = min(size, others) if training.semantics else 0
        # without semantics the epoch keeps its length, so that ablations train as many steps
        self.steps = max(len(training.pairs) // size, others // size)

    def epoch(self, number: int) -> Iterator[tuple[Pairs, Pairs | None, UnpairedBatch | None]]:
        """The batches of one epoch, the same ones whenever it is asked for."""
        corpus = self.training.corpus
        strong = self._order("pairs", len(self.training.pairs), number)
        others = len(self.training.unannotated)
        weak = self._order("un-annotated images", others, number) if self.weak_size else None
        target = self.training.target
        if target is not None:
            images = self._order("target images", len(target.images), number)
            texts_apart = self._order("target sentences", len(target.sentences), number)
        chances = generator("contextual sentences", self.seed, number).random(len(strong))
        for step in range(self.steps):
            part = slice(step * self.size, (step + 1) * self.size)
            rows = self.training.pairs[strong[part]]
            texts = [corpus.sentences[row] for row in rows]
            owners = corpus.image_of[rows]
            pairs = Pairs(corpus.regions.batch(owners), texts)
            if len(self.training.contextual):
                pairs.contextual = self._draw_contextual(owners, chances[part])
            if self.pixels:
                pairs.pixels = read_pixels(corpus, owners)
            apart = None
            if target is not None:
                # of a target smaller than a batch all, each once: MMD must not meet a point twice
                seen, read = (
                    order[step * n : (step + 1) * n]
                    for order, n in (
                        (images, min(self.size, len(target.images))),
                        (texts_apart, min(self.size, len(target.sentences))),
                    )
                )
                regions = target.regions.batch(target.images[seen])
                apart = UnpairedBatch(regions, [target.sentences[row] for row in read])
            yield pairs, None if weak is None else self._weak(weak, step), apart

    def _draw_contextual(self, images: np.ndarray, chances: np.ndarray) -> list[str | None]:
        """A contextual sentence of each image's page by a chance in [0, 1); None where it has none."""
        corpus = self.training.corpus
        own = [corpus.contextual_of[image] for image in images]
        return [
            corpus.sentences[of[int(chance * len(of))]] if len(of) else None
            for of, chance in zip(own, chances)
        ]

    def _weak(self, order: np.ndarray, step: int) -> Pairs:
        rows = order[step * self.weak_size : (step + 1) * self.weak_size]
        images = self.training.corpus.regions.batch(self.training.unannotated[rows])
        return Pairs(images, [self.training.semantics[row] for row in rows])

    def _order(self, purpose: str, count: int, epoch: int) -> np.ndarray:
        rng = generator(purpose, self.seed, epoch)
        rounds = math.ceil(self.steps * self.size / count)
        return np.concatenate([rng.permutation(count) for _ in range(rounds)])

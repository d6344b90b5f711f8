"""Evaluates what a model writes about pictures, and the pictures that it draws from sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vse_lessons.blocks.caption_metrics import Cider, bleu
from vse_lessons.blocks.generators import layout_rank
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.pixels import read_pixels
from vse_lessons.data.text import tokenize
from vse_lessons.models.gxn import GXN
from vse_lessons.sources.storybook.truth import share_named
from vse_lessons.sources.storybook.world import sample_scenes


def write_captions(model: GXN, corpus: Corpus, images: np.ndarray, width: int = 5) -> list[str]:
    """Write a sentence about each of some images.

    Args:
        model: a model that writes.
        corpus: the corpus, with the regions that the model reads.
        images: (N,) numbers of images.
        width: of the beam; 1 takes the likeliest word each time.

    Returns:
        N sentences.
    """
    batches = corpus.regions.batches(images)
    return [text for batch in batches for text in model.describe(batch.to(model.device), width)]


def score_captions(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Score a written sentence for each of some images against what people wrote about it.

    Args:
        written: N sentences.
        references: for each of them the sentences of people.

    Returns:
        "CIDEr" (CIDEr-D times 100, as papers print it), "BLEU-4" in per cent, and "distinct": how many of the
        written sentences differ, in per cent.
    """
    words = [tokenize(text) for text in written]
    known = [[tokenize(text) for text in of] for of in references]
    return {
        "CIDEr": 100 * Cider(known).mean(words),
        "BLEU-4": 100 * bleu(words, known),
        "distinct": 100 * len(set(words)) / len(words),
    }


def share_of_things_named(
    written: Sequence[str], images: np.ndarray, references: Sequence[Sequence[str]], preset: str
) -> tuple[float, int]:
    """Measure how many of the things that all voices of Storybook name are named by written sentences.

    Args:
        written: N sentences.
        images: (N,) numbers of Storybook's photographs.
        references: the sentences of each image by all five voices.
        preset: of Storybook.

    Returns:
        The share in per cent, and how many things all voices agree on.
    """
    world = sample_scenes("photo", preset)
    return share_named(written, [world[image] for image in images], references)


def own_picture_rank(model: GXN, corpus: Corpus, images: np.ndarray, seed: int) -> float:
    """Rank each image's own picture among all by the colours of what is drawn from its first sentence.

    Args:
        model: a model that draws.
        corpus: a corpus with pixels.
        images: (N,) numbers of images.
        seed: of the noise that pictures are drawn from.

    Returns:
        The median rank, from 1 to N; see `blocks.generators.layout_rank`.

    Raises:
        DataError: the corpus has no pixels.
    """
    drawn = model.draw([corpus.sentences[corpus.visual_of[image][0]] for image in images], seed)
    return layout_rank(drawn.cpu(), read_pixels(corpus, images))


def evaluate_generation(
    model: GXN, corpus: Corpus, images: np.ndarray, seed: int = 0, preset: str = "lesson"
) -> dict[str, float]:
    """Evaluate what a model writes and draws, as far as it does.

    Args:
        model: the model.
        corpus: the corpus, with pixels if the model draws.
        images: (N,) numbers of images.
        seed: of the noise that pictures are drawn from.
        preset: of Storybook.

    Returns:
        Of sentences by a beam of 5, and with "_greedy" word by word, the figures of `score_captions`, and on
        Storybook "named" and "agreed" (see `share_of_things_named`); of pictures "layout_rank".
    """
    figures: dict[str, float] = {}
    if model.config.captions:
        people = [[corpus.sentences[row] for row in corpus.visual_of[image]] for image in images]
        for width, suffix in ((5, ""), (1, "_greedy")):
            written = write_captions(model, corpus, images, width)
            figures |= {name + suffix: value for name, value in score_captions(written, people).items()}
            if corpus.name == "storybook-photo":
                share, agreed = share_of_things_named(written, images, people, preset)
                figures |= {"named" + suffix: share, "agreed": agreed}
    if model.config.pictures:
        figures["layout_rank"] = own_picture_rank(model, corpus, images, seed)
    return figures

"""Word vectors of Storybook: what stands for GloVe where its sentences are read."""

from __future__ import annotations

from functools import lru_cache

from vse_lessons.data.word_vectors import WordVectors, ppmi_vectors
from vse_lessons.sources.storybook.writing.pages import write_unlabelled_text


@lru_cache(maxsize=2)
def storybook_vectors(dimensions: int = 64, pages: int = 3000) -> WordVectors:
    """Compute PPMI vectors of sentences about paintings that are in no corpus.

    Args:
        dimensions: of a vector.
        pages: whose sentences are read; the default gives some 30,000 sentences, without their kinds.

    Returns:
        The vectors; the same ones whenever they are asked for.
    """
    return ppmi_vectors(write_unlabelled_text(pages), dimensions)

"""Free-text search over a corpus, and search from an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vse_lessons.corpus import Corpus
from vse_lessons.evaluation import Embedded, embed
from vse_lessons.files import DataError
from vse_lessons.retrieval import RetrievalModel


@dataclass(frozen=True)
class Hit:
    """One answer: an image for a sentence, or a sentence (with its image) for an image."""

    score: float
    image: int  # number in the corpus
    image_id: str
    sentence: str | None = None


class SearchIndex:
    """A split embedded once, to be asked many times."""

    def __init__(self, model: RetrievalModel, corpus: Corpus, split: str = "test"):
        self.model, self.corpus = model, corpus
        self.embedded: Embedded = embed(model, corpus, corpus.images(split))

    @torch.no_grad()
    def by_text(self, text: str, k: int = 5) -> list[Hit]:
        """The k images nearest to a sentence, nearest first."""
        if not text.strip():
            raise DataError("the query is empty: type at least one word")
        self.model.eval()
        query = self.model.encode_sentences([text])
        scores = self.model.similarity(self.embedded.images, query).squeeze(1)
        top = scores.topk(min(k, len(scores)))
        numbers = self.embedded.image_numbers[top.indices.cpu().numpy()]
        return [Hit(float(score), int(image), self.corpus.image_ids[image])
                for score, image in zip(top.values, numbers)]  # fmt: skip

    @torch.no_grad()
    def by_image(self, image: int | str, k: int = 5) -> list[Hit]:
        """The k sentences of the split nearest to an image of the corpus, by number or id."""
        self.model.eval()
        number = _image_number(self.corpus, image)
        query = self.model.encode_images(self.corpus.regions.batch([number]).to(self.model.device))
        scores = self.model.similarity(query, self.embedded.sentences).squeeze(0)
        top = scores.topk(min(k, len(scores)))
        found = self.embedded.sentence_numbers[top.indices.cpu().numpy()]
        owners = self.corpus.image_of[found]
        return [Hit(float(score), int(owner), self.corpus.image_ids[owner], self.corpus.sentences[s])
                for score, owner, s in zip(top.values, owners, found)]  # fmt: skip


def _image_number(corpus: Corpus, image: int | str) -> int:
    if isinstance(image, str):
        if image not in corpus.image_ids:
            raise DataError(f"{corpus.name} has no image {image!r}")
        return list(corpus.image_ids).index(image)
    if not 0 <= int(image) < len(corpus.image_ids):
        raise DataError(f"{corpus.name} has images 0 to {len(corpus.image_ids) - 1}, not {image}")
    return int(image)


def search(
    model: RetrievalModel,
    corpus: Corpus,
    query: str | int | np.integer,
    k: int = 5,
    split: str = "test",
) -> list[Hit]:
    """`search(model, corpus, "a red boat near a lighthouse", k=5)` finds images for a sentence; a
    number in place of the text finds sentences for that image of the corpus.  To ask more than
    once, keep a `SearchIndex`."""
    index = SearchIndex(model, corpus, split)
    if isinstance(query, (int, np.integer)):
        return index.by_image(int(query), k)
    return index.by_text(query, k)

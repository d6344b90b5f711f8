"""Searches a corpus by free text or by an image.

Cross attention looks at all regions and words of every candidate.  A compact vector of each (Artpedia,
section 5.3) finds a shortlist first, by one product; exact scores then order the shortlist only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vse_lessons.blocks.similarity import Embeddings, normalize
from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.evaluation.retrieval import Embedded, embed
from vse_lessons.models.base import Embedder


@dataclass(frozen=True)
class Hit:
    """An answer: an image for a sentence, or a sentence (with its image) for an image."""

    score: float  # the similarity to the query
    image: int  # number in the corpus
    image_id: str  # its id in the corpus
    sentence: str | None = None  # the answer to an image; None where the image is the answer


class SearchIndex:
    """A split that is embedded once and can be searched many times.

    Args:
        model: the model.
        corpus: the corpus.
        split: "train", "val" or "test".
        shortlist: how many candidates, the nearest by their compact vectors, are scored exactly; None:
            all.  Of a model with one vector for each image and sentence it changes nothing.

    Raises:
        DataError: a shortlist below 1.
    """

    def __init__(self, model: Embedder, corpus: Corpus, split: str = "test", shortlist: int | None = None):
        """Embed the split."""
        if shortlist is not None and shortlist < 1:
            raise DataError(f"a shortlist of {shortlist} candidates holds none: use at least 1, or None")
        self.model, self.corpus, self.shortlist = model, corpus, shortlist
        self.embedded: Embedded = embed(model, corpus, corpus.images(split))
        sides = (self.embedded.images, self.embedded.sentences)
        self.compact = None if shortlist is None else tuple(compact(side) for side in sides)

    @torch.no_grad()
    def by_text(self, text: str, k: int = 5) -> list[Hit]:
        """Find the images nearest to a sentence.

        Args:
            text: the sentence.
            k: how many images.

        Returns:
            The hits, nearest first.

        Raises:
            DataError: an empty sentence.
        """
        if not text.strip():
            raise DataError("the query is empty: type at least one word")
        self.model.eval()
        query = self.model.encode_sentences([text])
        candidates = self._candidates(query, 0)
        scores = self.model.similarity(self.embedded.images[candidates], query).squeeze(1)
        top = scores.topk(min(k, len(scores)))
        numbers = self.embedded.image_numbers[candidates[top.indices].cpu().numpy()]
        return [
            Hit(float(score), int(image), self.corpus.image_ids[image])
            for score, image in zip(top.values, numbers)
        ]

    @torch.no_grad()
    def by_image(self, image: int | str, k: int = 5) -> list[Hit]:
        """Find the sentences of the split nearest to an image of the corpus.

        Args:
            image: number or id of the image.
            k: how many sentences.

        Returns:
            The hits, nearest first.

        Raises:
            DataError: the corpus has no such image.
        """
        self.model.eval()
        number = _image_number(self.corpus, image)
        query = self.model.encode_images(self.corpus.regions.batch([number]).to(self.model.device))
        candidates = self._candidates(query, 1)
        scores = self.model.similarity(query, self.embedded.sentences[candidates]).squeeze(0)
        top = scores.topk(min(k, len(scores)))
        found = self.embedded.sentence_numbers[candidates[top.indices].cpu().numpy()]
        owners = self.corpus.image_of[found]
        return [
            Hit(float(score), int(owner), self.corpus.image_ids[owner], self.corpus.sentences[s])
            for score, owner, s in zip(top.values, owners, found)
        ]

    def _candidates(self, query: Embeddings, side: int) -> Tensor:
        """List the rows that are scored exactly, of the images (side 0) or of the sentences (1)."""
        if self.compact is None or self.shortlist is None:
            number = len(self.embedded.images if side == 0 else self.embedded.sentences)
            return torch.arange(number, device=self.model.device)
        near = self.compact[side] @ compact(query)[0]
        return near.topk(min(self.shortlist, len(near))).indices


def compact(embeddings: Embeddings) -> Tensor:
    """Sum up each set of vectors as one unit vector (Artpedia, section 5.3); vectors are only normalized.

    Args:
        embeddings: B embeddings.

    Returns:
        (B, H) unit vectors.
    """
    return normalize(embeddings) if isinstance(embeddings, Tensor) else embeddings.compact()


def shortlist_ranks(
    exact: Tensor, near: Tensor, image_of: Tensor, size: int, side: str = "t2i"
) -> np.ndarray:
    """Rank with exact scores that order only the `size` candidates nearest by compact vectors.

    Where no right answer is on a query's shortlist, it stands behind all candidates.  Ties count against the
    model.

    Args:
        exact: (I, S) exact similarities.
        near: (I, S) similarities of compact vectors.
        image_of: (S,) row of each sentence's image; for "i2t" every image must have a sentence.
        size: candidates on the shortlist.
        side: "t2i" or "i2t".

    Returns:
        For "t2i" the rank of each sentence's image, (S,), for "i2t" that of the best of each image's
        sentences, (I,).

    Raises:
        DataError: a shortlist below 1.
    """
    if size < 1:
        raise DataError(f"a shortlist of {size} candidates holds none: use at least 1")
    right = image_of.unsqueeze(0) == torch.arange(len(exact), device=exact.device).unsqueeze(1)
    if side == "t2i":  # queries first
        exact, near, right = exact.T, near.T, right.T
    candidates = exact.shape[1]
    listed = torch.zeros_like(right)
    listed.scatter_(1, near.topk(min(size, candidates), dim=1).indices, True)
    best = exact.masked_fill(~(right & listed), -torch.inf).amax(1, keepdim=True)
    ahead = 1 + ((exact >= best) & listed & ~right).sum(1)
    return torch.where((right & listed).any(1), ahead, candidates).cpu().numpy()


def _image_number(corpus: Corpus, image: int | str) -> int:
    if isinstance(image, str):
        if image not in corpus.image_ids:
            raise DataError(f"{corpus.name} has no image {image!r}")
        return list(corpus.image_ids).index(image)
    if not 0 <= int(image) < len(corpus.image_ids):
        raise DataError(f"{corpus.name} has images 0 to {len(corpus.image_ids) - 1}, not {image}")
    return int(image)


def search(
    model: Embedder,
    corpus: Corpus,
    query: str | int | np.integer,
    k: int = 5,
    split: str = "test",
) -> list[Hit]:
    """Search a split of a corpus: `search(model, corpus, "a red boat near a lighthouse", k=5)`.

    Each call embeds the whole split. For more than one query, keep a `SearchIndex`.

    Args:
        model: a trained model.
        corpus: the corpus that it reads, as for `evaluate`.
        query: a sentence, to find images; or the number of an image of the corpus, to find sentences.
        k: the number of hits.
        split: "train", "val" or "test"; only its images and sentences are candidates.

    Returns:
        At most k hits, nearest first: `score`, `image`, `image_id`, and `sentence` where sentences were
        looked for.

    Raises:
        DataError: the sentence is empty, the corpus has no such image, or no image of the split has a
            sentence.
    """
    index = SearchIndex(model, corpus, split)
    if isinstance(query, (int, np.integer)):
        return index.by_image(int(query), k)
    return index.by_text(query, k)

"""Word vectors: read from a GloVe file, or computed from a corpus's own text.

GloVe needs billions of words. For a small language such as Storybook's own, positive pointwise mutual
information and its principal axes do the same from some ten thousand sentences, in a second (Levy and
Goldberg 2014; Bullinaria and Levy 2007).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from vse_lessons.common.files import DataError
from vse_lessons.common.random import sklearn_seed
from vse_lessons.data.text import Vocabulary, tokenize

if TYPE_CHECKING:
    from scipy import sparse


@dataclass(frozen=True)
class WordVectors:
    """Pre-trained vectors, also of words that no training sentence holds.

    Args:
        rows: The row of each word.
        values: (W, D) float32, one vector a row.
    """

    rows: dict[str, int]
    values: Tensor

    def of(self, vocabulary: Vocabulary) -> Tensor:
        """Select the vectors (V, D) of a vocabulary; a word without a vector has zeros."""
        chosen = torch.zeros(len(vocabulary), self.values.shape[1])
        for word, row in vocabulary.index.items():
            if word in self.rows:
                chosen[row] = self.values[self.rows[word]]
        return chosen

    def sums(self, sentences: Sequence[str], max_words: int) -> Tensor:
        """Sum the vectors of the first `max_words` words of each of B sentences, (B, D)."""
        total = torch.zeros(len(sentences), self.values.shape[1])
        for place, sentence in enumerate(sentences):
            known = [self.rows[w] for w in tokenize(sentence)[:max_words] if w in self.rows]
            total[place] = self.values[known].sum(0)
        return total


def load_word_vectors(path: Path | str) -> WordVectors:
    """Read a GloVe text file.

    Args:
        path: A file with a word and its numbers a line.

    Returns:
        The vectors, scaled to a mean length of 1.

    Raises:
        DataError: The file cannot be read or is empty, or a line, which is named, is not as wide as the first
            one or holds a number that is not finite.
    """
    rows: dict[str, int] = {}
    vectors: list[np.ndarray] = []
    number = 0
    try:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                word, *values = line.rstrip().split(" ")
                width = len(vectors[0]) if vectors else len(values)
                if len(values) > width and not _is_number(values[0]):
                    continue  # a phrase such as ". . ." or "at name@domain.com" in glove.840B
                if len(values) != width or not values:
                    raise DataError(
                        f"{path}, line {number}: {len(values)} numbers after {word!r}, but "
                        f"the first line has {width}"
                    )
                vectors.append(np.asarray(values, np.float32))
                rows.setdefault(word, len(vectors) - 1)
                if not np.isfinite(vectors[-1]).all():
                    raise DataError(f"{path}, line {number}: {word!r} has NaN or infinity")
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}); GloVe text files are at "
            "nlp.stanford.edu/projects/glove"
        ) from error
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path}, line {number}: not a word followed by numbers ({error})") from error
    if not vectors:
        raise DataError(f"{path} is empty; it should hold a word and its vector a line")
    matrix = torch.from_numpy(np.stack(vectors))
    return WordVectors(rows, matrix / matrix.norm(dim=1).mean().clamp(min=1e-12))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def ppmi_vectors(
    sentences: Iterable[str], dimensions: int = 64, window: int = 4, min_count: int = 4, seed: int = 0
) -> WordVectors:
    """Compute word vectors from unlabeled text.

    With C_wc the number of times that words w and c stand at most `window` words apart in a sentence,

        PPMI(w, c) = max(0, ln (C_wc C_.. / (C_w. C_.c))) ~ U S V^T,   vectors U S^(1/2)

    The square root of the singular values weighs frequent topics less.

    Args:
        sentences: The text.
        dimensions: The width D of a vector.
        window: The largest distance, in words, at which two words count as neighbors.
        min_count: The smallest number of occurrences of a word that has a vector.
        seed: Seed of the randomized singular value decomposition.

    Returns:
        The vectors, scaled to a mean length of 1.

    Raises:
        DataError: There are not more words than dimensions.
    """
    from sklearn.decomposition import TruncatedSVD  # here: readers of GloVe files need not wait for it

    text = list(sentences)
    vocabulary = Vocabulary.build(text, min_count)
    if len(vocabulary.words) <= dimensions:
        raise DataError(
            f"{len(vocabulary.words)} words occur {min_count} times: too few for {dimensions} "
            "dimensions; give more text, or fewer dimensions"
        )
    positive = ppmi(cooccurrences(text, vocabulary, window))
    svd = TruncatedSVD(dimensions, random_state=sklearn_seed("word vectors", seed))
    values = svd.fit_transform(positive) / np.sqrt(np.maximum(svd.singular_values_, 1e-12))
    lengths = np.linalg.norm(values, axis=1)
    rows = {word: row for row, word in enumerate(vocabulary.words)}
    return WordVectors(rows, torch.from_numpy(values / max(lengths.mean(), 1e-12)).float())


def cooccurrences(sentences: Iterable[str], vocabulary: Vocabulary, window: int) -> sparse.csr_matrix:
    """Count how often two words stand near each other.

    Args:
        sentences: The text.
        vocabulary: The V words that are counted; other words keep their place but count nothing.
        window: The largest distance, in words.

    Returns:
        (V, V) counts C_wc, symmetric.
    """
    from scipy import sparse

    size = len(vocabulary.words)
    firsts: list[int] = []
    seconds: list[int] = []
    for sentence in sentences:
        words = [vocabulary.index.get(word, 1) - 2 for word in tokenize(sentence)]
        for place, word in enumerate(words):
            for other in words[place + 1 : place + 1 + window]:
                if word >= 0 and other >= 0:
                    firsts.append(word)
                    seconds.append(other)
    ones = np.ones(len(firsts))
    counts = sparse.coo_matrix((ones, (firsts, seconds)), (size, size)).tocsr()
    return counts + counts.T


def ppmi(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Compute the positive pointwise mutual information (V, V) of co-occurrence counts (V, V)."""
    from scipy import sparse

    pairs = counts.tocoo()
    total = pairs.data.sum()
    rows = np.asarray(counts.sum(1)).ravel()
    columns = np.asarray(counts.sum(0)).ravel()
    values = np.log(pairs.data * total / (rows[pairs.row] * columns[pairs.col]))
    positive = sparse.coo_matrix((np.maximum(values, 0), (pairs.row, pairs.col)), counts.shape).tocsr()
    positive.eliminate_zeros()
    return positive

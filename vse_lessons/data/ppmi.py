"""Word vectors from unlabelled text: positive pointwise mutual information and its principal axes.

GloVe needs billions of words.  For a small language such as Storybook's own this classic does the
same from some ten thousand sentences, in a second (Levy and Goldberg 2014; Bullinaria and Levy 2007)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

from vse_lessons.common.files import DataError
from vse_lessons.data.text import Vocabulary, WordVectors, tokenize


def ppmi_vectors(
    sentences: Iterable[str], dimensions: int = 64, window: int = 4, min_count: int = 4, seed: int = 0
) -> WordVectors:
    """Vectors of all words that occur at least `min_count` times, scaled to a mean length of 1.

    With C_wc the number of times that words w and c stand at most `window` words apart in a sentence,

        PPMI(w, c) = max(0, ln (C_wc C_.. / (C_w. C_.c))) ~ U S V^T,   vectors U S^(1/2)

    The square root of the singular values weighs frequent topics less.  `DataError` when there are not
    more words than dimensions."""
    told = list(sentences)
    vocabulary = Vocabulary.build(told, min_count)
    if len(vocabulary.words) <= dimensions:
        raise DataError(
            f"{len(vocabulary.words)} words occur {min_count} times: too few for {dimensions} "
            "dimensions; give more text, or fewer dimensions"
        )
    counts = cooccurrences(told, vocabulary, window)
    positive = ppmi(counts)
    svd = TruncatedSVD(dimensions, random_state=seed)
    values = svd.fit_transform(positive) / np.sqrt(np.maximum(svd.singular_values_, 1e-12))
    lengths = np.linalg.norm(values, axis=1)
    rows = {word: row for row, word in enumerate(vocabulary.words)}
    return WordVectors(rows, torch.from_numpy(values / max(lengths.mean(), 1e-12)).float())


def cooccurrences(sentences: Iterable[str], vocabulary: Vocabulary, window: int) -> sparse.csr_matrix:
    """(V, V) counts C_wc, symmetric; words outside the vocabulary keep their place but count nothing."""
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
    """PPMI of counts (V, V)."""
    found = counts.tocoo()
    total = found.data.sum()
    rows = np.asarray(counts.sum(1)).ravel()
    columns = np.asarray(counts.sum(0)).ravel()
    values = np.log(found.data * total / (rows[found.row] * columns[found.col]))
    kept = sparse.coo_matrix((np.maximum(values, 0), (found.row, found.col)), counts.shape).tocsr()
    kept.eliminate_zeros()
    return kept

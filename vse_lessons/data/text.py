"""Tokens and vocabulary: from sentences to rows of word indices, and back."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
from torch import Tensor

from vse_lessons.common.files import DataError

PAD, UNKNOWN = 0, 1  # the first two rows of every embedding matrix
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@lru_cache(maxsize=200_000)
def tokenize(sentence: str) -> tuple[str, ...]:
    """Split a sentence into lower-case words.

    Args:
        sentence: Any text.

    Returns:
        Its words in order. Hyphens and apostrophes inside a word are kept, everything else is dropped.
    """
    return tuple(_WORD.findall(sentence.lower()))


@dataclass(frozen=True)
class Vocabulary:
    """The words that a model knows; word i of `words` has index i + 2, after padding and unknown.

    Args:
        words: The known words, at least one.

    Raises:
        DataError: There is no word.
    """

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.words:
            raise DataError(
                "the vocabulary is empty: no word occurs often enough in the training "
                "sentences; lower min_count or annotate more images"
            )

    @classmethod
    def build(cls, sentences: Iterable[str], min_count: int = 4) -> Vocabulary:
        """Collect the words that occur often enough (A3VSE, section 4.3: at least 4 times).

        Args:
            sentences: Training sentences, never those of another split.
            min_count: The smallest number of occurrences of a word that is kept.

        Returns:
            The vocabulary, the most frequent word first.

        Raises:
            DataError: No word occurs often enough.
        """
        counts = Counter(word for sentence in sentences for word in tokenize(sentence))
        kept = [word for word, times in counts.items() if times >= min_count]
        return cls(tuple(sorted(kept, key=lambda word: (-counts[word], word))))

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each word."""
        return {word: row for row, word in enumerate(self.words, start=2)}

    def __len__(self) -> int:
        return len(self.words) + 2

    def encode(self, sentences: Sequence[str], max_words: int) -> tuple[Tensor, Tensor]:
        """Turn sentences into word indices.

        Args:
            sentences: B sentences.
            max_words: The number of words at which a sentence is cut.

        Returns:
            Word indices (B, M) int64, padded with 0 to the longest sentence, and lengths (B,) int64. A
            sentence without a word becomes one unknown word.
        """
        rows = [
            [self.index.get(word, UNKNOWN) for word in tokenize(sentence)[:max_words]] or [UNKNOWN]
            for sentence in sentences
        ]
        lengths = torch.tensor([len(row) for row in rows], dtype=torch.int64)
        words = torch.full((len(rows), int(lengths.max()) if rows else 0), PAD, dtype=torch.int64)
        for target, row in zip(words, rows):
            target[: len(row)] = torch.tensor(row)
        return words, lengths

    def decode(self, words: Tensor) -> list[str]:
        """Turn word indices (B, M), up to the padding, into sentences; an unknown word becomes [?]."""
        names = ("", "[?]", *self.words)
        rows = words.tolist()
        ends = [row.index(PAD) if PAD in row else len(row) for row in rows]
        return [" ".join(names[word] for word in row[:end]) for row, end in zip(rows, ends)]

    def idf(self, sentences: Sequence[str]) -> Tensor:
        """Compute the smoothed inverse document frequency of each word, as scikit-learn's TfidfVectorizer.

            idf(w) = ln((1 + n) / (1 + df(w))) + 1,  n sentences, df(w) of them with the word w

        Args:
            sentences: n training sentences.

        Returns:
            (V,) float32. Padding has 0; the unknown word counts the sentences with any unknown word.
        """
        seen: Counter[int] = Counter()
        for sentence in sentences:
            seen.update({self.index.get(word, UNKNOWN) for word in tokenize(sentence)})
        values = [math.log((1 + len(sentences)) / (1 + seen[row])) + 1 for row in range(len(self))]
        values[PAD] = 0.0
        return torch.tensor(values)


def vocabulary_overlap(first: Iterable[str], second: Iterable[str]) -> float:
    """Measure how many words two texts share (A3VSE, section 4.6).

    Args:
        first: Sentences of one text.
        second: Sentences of the other.

    Returns:
        Intersection over union of their word types, in [0, 1].
    """
    a = {word for sentence in first for word in tokenize(sentence)}
    b = {word for sentence in second for word in tokenize(sentence)}
    return len(a & b) / max(1, len(a | b))

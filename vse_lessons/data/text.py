"""Tokens, vocabulary and word vectors."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vse_lessons.common.files import DataError

PAD, UNKNOWN = 0, 1  # the first two rows of every embedding matrix
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@lru_cache(maxsize=200_000)
def tokenize(sentence: str) -> tuple[str, ...]:
    """Lower-case words, hyphens and apostrophes inside them kept, everything else dropped."""
    return tuple(_WORD.findall(sentence.lower()))


@dataclass(frozen=True)
class Vocabulary:
    """The words a model knows; word i of `words` has index i + 2, after padding and unknown."""

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.words:
            raise DataError(
                "the vocabulary is empty: no word occurs often enough in the training "
                "sentences; lower min_count or annotate more images"
            )

    @classmethod
    def build(cls, sentences: Iterable[str], min_count: int = 4) -> Vocabulary:
        """Every word that occurs at least `min_count` times (section 4.3 of A3VSE: words that
        appear less than 4 times are removed), most frequent first.  Give it training text only."""
        counts = Counter(word for sentence in sentences for word in tokenize(sentence))
        kept = [word for word, times in counts.items() if times >= min_count]
        return cls(tuple(sorted(kept, key=lambda word: (-counts[word], word))))

    @cached_property
    def index(self) -> dict[str, int]:
        """From a word to its row."""
        return {word: row for row, word in enumerate(self.words, start=2)}

    def __len__(self) -> int:
        return len(self.words) + 2

    def encode(self, sentences: Sequence[str], max_words: int) -> tuple[Tensor, Tensor]:
        """Word indices (B, M) int64, padded with 0 to the longest sentence and cut at `max_words`,
        and lengths (B,) int64.  A sentence without a word becomes one unknown word."""
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
        """The sentences of word indices (B, M), up to the padding; the unknown word is written as [?]."""
        names = ("", "[?]", *self.words)
        rows = words.tolist()
        ends = [row.index(PAD) if PAD in row else len(row) for row in rows]
        return [" ".join(names[word] for word in row[:end]) for row, end in zip(rows, ends)]

    def idf(self, sentences: Sequence[str]) -> Tensor:
        """Smoothed inverse document frequency (V,), as scikit-learn's TfidfVectorizer has it:
        idf(w) = ln((1 + n) / (1 + df(w))) + 1, with n sentences, df(w) of them holding w.
        Padding gets 0; the unknown word counts the sentences that hold any unknown word."""
        seen = Counter(
            row
            for sentence in sentences
            for row in {self.index.get(word, UNKNOWN) for word in tokenize(sentence)}
        )
        values = [math.log((1 + len(sentences)) / (1 + seen[row])) + 1 for row in range(len(self))]
        values[PAD] = 0.0
        return torch.tensor(values)


@dataclass(frozen=True)
class WordVectors:
    """Pre-trained vectors, also of words that no training sentence holds."""

    rows: dict[str, int]  # from a word to its row
    values: Tensor  # (W, D) float32

    def of(self, vocabulary: Vocabulary) -> Tensor:
        """The vectors (V, D) of a vocabulary; zero for a word without one."""
        chosen = torch.zeros(len(vocabulary), self.values.shape[1])
        for word, row in vocabulary.index.items():
            if word in self.rows:
                chosen[row] = self.values[self.rows[word]]
        return chosen

    def sums(self, sentences: Sequence[str], max_words: int) -> Tensor:
        """(B, D): the sum of the vectors of each sentence's first `max_words` words."""
        total = torch.zeros(len(sentences), self.values.shape[1])
        for place, sentence in enumerate(sentences):
            found = [self.rows[w] for w in tokenize(sentence)[:max_words] if w in self.rows]
            total[place] = self.values[found].sum(0)
        return total


def load_word_vectors(path: Path | str) -> WordVectors:
    """Reads a GloVe text file (a word and its numbers a line), scaled to a mean length of 1.

    `DataError` names the line that is not as wide as the first one or holds no finite numbers."""
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


def vocabulary_overlap(first: Iterable[str], second: Iterable[str]) -> float:
    """Intersection over union of the word types of two texts (A3VSE, section 4.6), in [0, 1]."""
    a = {word for sentence in first for word in tokenize(sentence)}
    b = {word for sentence in second for word in tokenize(sentence)}
    return len(a & b) / max(1, len(a | b))

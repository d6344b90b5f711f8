"""Scores of generated sentences against those that people wrote: CIDEr-D and BLEU-4."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from vse_lessons.common.files import DataError
from vse_lessons.data.text import tokenize

LONGEST = 4  # words of the longest n-gram
SIGMA = 6.0  # words; how far a sentence's length may be from its references'

END = "."  # stands for the end of a sentence in the reward: `tokenize` gives no such word

Words = Sequence[str]
Ngrams = Counter[tuple[str, ...]]


def ngrams(words: Words, n: int) -> Ngrams:
    """Count the n-grams of a sentence.

    Args:
        words: The words of the sentence.
        n: The number of words of an n-gram.

    Returns:
        How often each n words in a row occur.
    """
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


class Cider:
    """CIDEr-D, the consensus with references (Vedantam, Zitnick and Parikh, CVPR 2015, Eq. 1, 4 and 5).

    g_n(s) holds for each n-gram w of a sentence s its count times ln(I / max(1, df(w))), with I images and
    df(w) of them with w in a reference.  For a candidate c and the references s_1 ... s_m of its image

        CIDEr-D_n(c) = 10/m sum_j exp(-(|c| - |s_j|)^2 / 2 sigma^2)
                       sum_w min(g_n(c), g_n(s_j))_w g_n(s_j)_w / (|g_n(c)| |g_n(s_j)|)
        CIDEr-D(c) = 1/4 sum_n CIDEr-D_n(c),    n = 1 ... 4, sigma = 6 words

    The original counts how often an n-gram occurs as a share of the sentence's n-grams; that cancels in all
    but the minimum, where the reference code counts, as here. It measures |c| in pairs of words, which is
    one less on both sides. A sentence without any n-gram of a length scores 0 for it.

    Args:
        references: For each image the words of its sentences, at least one.
        documents: Sentences of the same form, from which the rarity of an n-gram is counted; None: the
            references themselves.

    Raises:
        DataError: An image has no reference.
    """

    def __init__(
        self, references: Sequence[Sequence[Words]], documents: Sequence[Sequence[Words]] | None = None
    ):
        _check_references(references)
        documents = references if documents is None else documents
        seen: Ngrams = Counter()
        for sentences in documents:
            seen.update({w for words in sentences for n in range(1, LONGEST + 1) for w in ngrams(words, n)})
        self.rarity = {w: math.log(len(documents) / count) for w, count in seen.items()}
        self.unseen = math.log(max(1, len(documents)))
        self.references = [[self._vectors(words) for words in of] for of in references]

    def _vectors(self, words: Words) -> tuple[int, list[tuple[dict, float]]]:
        """Compute |s|, and for each n the vector g_n and its length."""
        parts = []
        for n in range(1, LONGEST + 1):
            vector = {w: k * self.rarity.get(w, self.unseen) for w, k in ngrams(words, n).items()}
            parts.append((vector, math.sqrt(sum(value * value for value in vector.values()))))
        return len(words), parts

    def score(self, words: Words, image: int) -> float:
        """Compute CIDEr-D of one sentence for an image, by number, from 0 to 10."""
        length, own = self._vectors(words)
        total = 0.0
        for other_length, other in self.references[image]:
            alike = 0.0
            for (c, c_norm), (s, s_norm) in zip(own, other):
                if c_norm and s_norm:
                    alike += sum(min(v, s[w]) * s[w] for w, v in c.items() if w in s) / (c_norm * s_norm)
            total += alike * math.exp(-((length - other_length) ** 2) / (2 * SIGMA**2))
        return 10 * total / (LONGEST * len(self.references[image]))

    def mean(self, sentences: Sequence[Words]) -> float:
        """Average CIDEr-D over all images, one sentence each.

        Raises:
            DataError: There are not as many sentences as images.
        """
        if len(sentences) != len(self.references):
            raise DataError(f"{len(sentences)} sentences for {len(self.references)} images: one each")
        return sum(self.score(words, image) for image, words in enumerate(sentences)) / max(1, len(sentences))


class Reward:
    """CIDEr-D of written sentences against the training sentences of their image.

    The end of a sentence counts as a word: without it sentences stop anywhere.

    Args:
        owners: For each training sentence the number of its image.
        sentences: The training sentences.
    """

    def __init__(self, owners: Sequence[int], sentences: Sequence[str]):
        of: dict[int, list[list[str]]] = {}
        for owner, sentence in zip(owners, sentences):
            of.setdefault(owner, []).append([*tokenize(sentence), END])
        self.place = {image: place for place, image in enumerate(of)}  # in `cider`, by an image's number
        self.cider = Cider(list(of.values()))

    def of(self, sentences: Sequence[str], images: Sequence[int]) -> list[float]:
        """Compute CIDEr-D of a sentence for each of some images.

        Args:
            sentences: A sentence for each image; blanks separate its words.
            images: The numbers of the images.

        Returns:
            A score for each image, from 0 to 10.
        """
        return [
            self.cider.score([*sentence.split(), END], self.place[image])
            for sentence, image in zip(sentences, images)
        ]


def bleu(candidates: Sequence[Words], references: Sequence[Sequence[Words]]) -> float:
    """Compute BLEU-4 of all candidates together (Papineni et al., ACL 2002).

        BLEU = min(1, exp(1 - r/c)) exp(1/4 sum_n ln p_n)

    p_n is the share of the candidates' n-grams that also occur in a reference of their image, each at most as
    often as in one reference; c is the number of all their words, r that of the reference nearest in length,
    the shorter of two. It is not smoothed: 0 if some p_n is.

    Args:
        candidates: The words of a sentence for each image.
        references: For each image the words of its sentences, at least one.

    Returns:
        A number in [0, 1].

    Raises:
        DataError: There are not as many candidates as images, or an image has no reference.
    """
    if len(candidates) != len(references):
        raise DataError(f"{len(candidates)} sentences for {len(references)} images: one each")
    _check_references(references)
    matches, total = [0] * LONGEST, [0] * LONGEST
    length = nearest = 0
    for words, of in zip(candidates, references):
        length += len(words)
        nearest += min((abs(len(one) - len(words)), len(one)) for one in of)[1]
        for n in range(1, LONGEST + 1):
            own = ngrams(words, n)
            most: Ngrams = Counter()
            for one in of:
                most |= ngrams(one, n)
            matches[n - 1] += sum((own & most).values())
            total[n - 1] += sum(own.values())
    if not all(matches):
        return 0.0
    precision = sum(math.log(f / t) for f, t in zip(matches, total)) / LONGEST
    return math.exp(precision + min(0.0, 1 - nearest / length))


def _check_references(references: Sequence[Sequence[Words]]) -> None:
    for image, sentences in enumerate(references):
        if not sentences:
            raise DataError(f"image {image} has no reference: a sentence for it is held against none")

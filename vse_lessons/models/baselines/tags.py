"""Retrieval by image-level tags, without any annotation (Huang et al. 2019, section 4.2).

A classifier scores G concepts an image, s_g.  The words of a sentence are looked up in WordNet, and
the concepts they name are marked in a k-hot query q.  Nothing is trained, and no sentence is read but
the query itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from vse_lessons.blocks.similarity import normalize
from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.regions import RegionBatch, RegionStore
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import tokenize
from vse_lessons.data.wordnet import Key, Lexicon, load_wordnet
from vse_lessons.models.base import Embedder, Presets
from vse_lessons.models.building import Vectors
from vse_lessons.sources.storybook.writing.lexicons.tags import tag_lexicon

NORMALIZATIONS = ("none", "unit", "standard")


@dataclass(frozen=True)
class TagsConfig(Presets):
    """What the paper leaves open.

    It merges the scores of four classifiers and "normalizes" them without saying how.  Here one
    classifier gives them all.  `unit` gives every image's scores the length 1, `standard` every
    concept's scores over the store's images the mean 0 and the deviation 1, so that a rare concept
    counts as much as one that is seen everywhere; `none` leaves the probabilities as they are.

    `hyponyms` is not published.  A word then names the concepts below it too: "dog", "saluki".
    """

    variants: ClassVar = {"hyponyms": {"hyponyms": True}}
    hyponyms: bool = False  # a word also names the concepts below it; not published
    normalize: str = "unit"  # of an image's scores: unit, standard or none

    def __post_init__(self) -> None:
        if self.normalize not in NORMALIZATIONS:
            raise DataError(f"unknown normalisation {self.normalize!r}: one of {', '.join(NORMALIZATIONS)}")


class Concepts:
    """Maps a sentence to the concepts that its words name.

    Token -> its synsets -> their lemmas -> the concepts of that name.  With `hyponyms` the concepts
    below a noun's synsets too: "dog" names "saluki".  Of overlapping terms the longest that names a
    concept counts, from the left: a hot dog is no dog.  Names that the lexicon lacks are matched as
    they are.

    Args:
        names: what the concepts are called.
        lexicon: synsets and their lemmas.
        hyponyms: whether a word also names the concepts below it.
    """

    def __init__(self, names: Sequence[str], lexicon: Lexicon, hyponyms: bool = False):
        self.names, self.lexicon = tuple(names), lexicon
        self.by_synset: dict[Key, set[int]] = defaultdict(set)
        self.by_name: dict[str, set[int]] = defaultdict(set)
        for row, name in enumerate(self.names):
            self.by_name[" ".join(tokenize(name))].add(row)
            keys = lexicon.named(name.lower())
            if hyponyms:  # of nouns only: what lies above the verb "swing" moves
                keys |= lexicon.above(lexicon.named(name.lower(), ("n",)))
            for key in keys:
                self.by_synset[key].add(row)
        lemmas = (lemma for key in self.by_synset for lemma in lexicon.synsets[key].lemmas)
        self.longest = max(len(term.split()) for term in (*lemmas, *self.by_name))
        self._known: dict[str, set[int]] = {}

    def of_term(self, term: str) -> set[int]:
        """The concepts that one term names, by number."""
        if term not in self._known:
            keys = self.lexicon.synsets_of(term)
            named = [self.by_synset[key] for key in keys if key in self.by_synset]
            self._known[term] = set().union(self.by_name.get(term, ()), *named)
        return self._known[term]

    def of_sentence(self, sentence: str) -> set[int]:
        """The concepts that the terms of a sentence name, by number."""
        tokens = tokenize(sentence)
        concepts: set[int] = set()
        start = 0
        while start < len(tokens):
            for length in range(min(self.longest, len(tokens) - start), 0, -1):
                named = self.of_term(" ".join(tokens[start : start + length]))
                if named:
                    concepts |= named
                    break
            start += length
        return concepts


class Tags(Embedder):
    """Scores image-level concepts against the concepts that a sentence names: r = s_g^T q (section 4.2).

    s_g (G,) are the scores of an image's concepts, q (G,) is one for each concept that the sentence names,
    zero elsewhere.

    With hyponyms one word may mark hundreds of concepts, so q is then brought to the length 1.  For a
    sentence in search of its image that changes nothing; without it "object", which names nearly all
    concepts, would suit every image better than any other sentence.

    A sentence that names no concept scores 0 with every image, which counts as a miss.

    Args:
        store: holds the tags of all images of a corpus; embeddings are looked up by the numbers of its
            images.
        lexicon: from words to concepts.
        config: what the paper leaves open.

    Raises:
        DataError: the store has no tags.
    """

    def __init__(self, store: RegionStore, lexicon: Lexicon, config: TagsConfig | None = None):
        super().__init__()
        if store.tags is None or not len(store.tag_names):
            raise DataError(
                f"{store.source} holds no image-level tags, so nothing can be found by them: use a "
                "corpus whose detector gives tags (storybook, or photographs with EfficientNet-Lite0)"
            )
        self.store, self.config = store, config or TagsConfig()
        self.concepts = Concepts(store.tag_names, lexicon, self.config.hyponyms)
        shift, scale = self._statistics()
        self.shift: Tensor
        self.scale: Tensor
        self.register_buffer("shift", shift)
        self.register_buffer("scale", scale)

    @classmethod
    def build(
        cls,
        config: TagsConfig,
        training: SparseCorpus,
        *,
        seed: int = 0,
        word_vectors: Vectors = None,
        lexicon: Lexicon | None = None,
    ) -> Tags:
        """Make the baseline for a corpus; nothing is learnt, and no vector is read.

        Args:
            config: what the paper leaves open.
            training: a sparse corpus whose store has image-level tags.
            seed: not used.
            word_vectors: not used.
            lexicon: from words to concepts; None: the one that the corpus names.

        Returns:
            The model.

        Raises:
            DataError: the store holds no tags.
        """
        store = training.corpus.regions
        return cls(store, lexicon or lexicon_of(training.corpus), config).remember(training)

    def save(self, folder: str | Path, **notes: Any) -> None:
        """Refuse: the scores are the corpus's own, and nothing is learnt that could be kept."""
        raise DataError(
            "image-level tags are kept with the corpus and nothing is learnt from them: build the baseline "
            "again with Tags.build, which takes seconds"
        )

    def _statistics(self) -> tuple[Tensor, Tensor]:
        """What is taken from every concept's scores, and what they are multiplied by, (G,) each."""
        count = len(self.store.tag_names)
        if self.config.normalize != "standard":
            return torch.zeros(count), torch.ones(count)
        scores = np.asarray(self.store.tags, np.float64)
        deviation = np.maximum(scores.std(0), 1e-6)
        return torch.from_numpy(scores.mean(0)).float(), torch.from_numpy(1 / deviation).float()

    @property
    def device(self) -> torch.device:
        """Where the buffers are: there are no parameters."""
        return self.scale.device

    def encode_images(self, images: RegionBatch) -> Tensor:
        """s_g (B, G) of B images, by their numbers in the store."""
        assert self.store.tags is not None, "the constructor refuses a store without tags"
        rows = self.store.tags[images.index.cpu().numpy()]
        scores = torch.from_numpy(np.asarray(rows, np.float32)).to(self.device)
        scores = (scores - self.shift) * self.scale
        return normalize(scores) if self.config.normalize == "unit" else scores

    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """Q (B, G) of B sentences."""
        query = torch.zeros(len(sentences), len(self.store.tag_names))
        for row, sentence in enumerate(sentences):
            query[row, sorted(self.concepts.of_sentence(sentence))] = 1
        return (normalize(query) if self.config.hyponyms else query).to(self.device)

    def similarity(self, images: Tensor, sentences: Tensor) -> Tensor:
        """R (I, S) of s_g (I, G) and q (S, G), in float32."""
        with torch.autocast(images.device.type, enabled=False):
            return images.float() @ sentences.float().T


def lexicon_of(corpus: Corpus) -> Lexicon:
    """Load the lexicon that a corpus names.

    Args:
        corpus: the corpus.

    Returns:
        Storybook's own lexicon, or WordNet.
    """
    return tag_lexicon() if corpus.lexicon == "storybook" else load_wordnet()

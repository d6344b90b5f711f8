"""Semantics: the words of what a detector saw, in the place of a sentence.

By region (A3VSE, sections 3.2 and 4.3) or of the whole image (section 4.6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionStore
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import tokenize
from vse_lessons.sources.detectors.efficientnet import EfficientNetLite0
from vse_lessons.sources.detectors.imagenet import imagenet_words

# The upper floors of WordNet: true of everything, so that they say nothing.
TOO_GENERAL = {
    *("entity", "physical entity", "abstraction", "object", "physical object", "whole", "unit"),
    *("thing", "living thing", "animate thing", "organism", "being", "matter", "substance"),
    *("group", "grouping", "part", "piece", "cause", "agency"),
}


def regional_semantics(
    store: RegionStore,
    images: Sequence[int] | np.ndarray,
    words: Sequence[str] | Mapping[int, str] | None = None,
    *,
    max_words: int = 82,
    attributes: bool = True,
    repeats: bool = False,
    min_confidence: float = 0.0,
    at_least: int = 1,
) -> list[str]:
    """Write one pseudo sentence an image from the classes and attributes of its regions.

    s = [s_1 || s_2 || ...], s_k = [attribute_k class_k], the most confident detection first (Huang et al.
    2019, section 4.3).

    Args:
        store: Regions with classes.
        images: (B,) numbers of images in the store.
        words: For each class the word to use instead of the detector's name; '' drops the detection.
        max_words: Tokens after which s is cut, as sentences are: 82 on Flickr30K, 57 on MS-COCO.
        attributes: Whether the attribute stands before the class.
        repeats: Whether an attribute-class pair is written as often as it was detected: a grid of overlapping
            squares sees one dog many times.
        min_confidence: Detections below it are left out.
        at_least: So many of the most confident detections are kept in any case.

    Returns:
        B sentences; '' for an image where nothing is left.

    Raises:
        DataError: The store holds features only.
    """
    classes, confidences = store.classes, store.class_confidences
    if classes is None or confidences is None:
        raise DataError(
            f"{store.source} holds features only, so there are no regional semantics; use a "
            "corpus whose regions come from a detector, or train without: ablation=no_semantics"
        )
    names = store.class_names if words is None else words
    attribute_of = store.attributes if attributes else None
    sentences = []
    for image in images:
        rows = store.rows(image)
        order = np.argsort(-confidences[rows].astype(np.float32), kind="stable")
        sure = np.count_nonzero(confidences[rows] >= min_confidence)
        said = []
        for row in rows.start + order[: max(sure, at_least)]:
            name = names[int(classes[row])]
            attribute = int(attribute_of[row]) if attribute_of is not None else -1
            if name:
                said.append(f"{store.attribute_names[attribute]} {name}" if attribute >= 0 else name)
        said = said if repeats else list(dict.fromkeys(said))
        sentences.append(" ".join(tokenize(" ".join(said))[:max_words]))
    return sentences


def people_words(
    sentences: Iterable[str], chains: Sequence[Sequence[Sequence[str]]], min_count: int = 4
) -> list[str]:
    """Choose for each class the word that people use for it: "saluki" becomes "dog".

    Of a class's own lemmas and those of its hypernyms it is the nearest that occurs often enough in the
    sentences, the most frequent one among synonyms.

    Args:
        sentences: What people wrote.
        chains: For each class the lemmas of its synset, then of each hypernym, nearest first.
        min_count: How often a word must occur.

    Returns:
        A word for each class; '' where there is none.
    """
    lemmas = {lemma: tokenize(lemma) for chain in chains for level in chain for lemma in level}
    longest = max((len(tokens) for tokens in lemmas.values()), default=0)
    counts: Counter[tuple[str, ...]] = Counter()
    for sentence in sentences:
        tokens = tokenize(sentence)
        for length in range(1, longest + 1):
            counts.update(zip(*(tokens[i:] for i in range(length))))

    def word(chain: Sequence[Sequence[str]]) -> str:
        for level in chain:
            used = [lemma for lemma in level if lemma not in TOO_GENERAL]
            best = max(used, key=lambda lemma: counts[lemmas[lemma]], default="")
            if best and counts[lemmas[best]] >= min_count:
                return best
        return ""

    return [word(chain) for chain in chains]


def global_tags(
    store: RegionStore,
    images: Sequence[int] | np.ndarray,
    threshold: float = 0.3,
    at_least: int = 0,
) -> list[str]:
    """Write one sentence an image from its image-level tags, the highest score first.

    It is the global semantics s_g that section 4.6 of Huang et al. 2019 swaps s with.

    Args:
        store: Regions with tags.
        images: (B,) numbers of images in the store.
        threshold: The score that a tag must have; 0.3 in the paper.
        at_least: So many of the highest tags are kept in any case.

    Returns:
        B sentences; '' for an image where nothing is left.

    Raises:
        DataError: The store holds no tags.
    """
    if store.tags is None:
        raise DataError(f"{store.source} holds no image-level tags; use a detector that gives them")
    sentences = []
    for image in images:
        scores = np.asarray(store.tags[image], np.float32)
        order = np.argsort(-scores, kind="stable")
        # in the scores' own precision: a tag of 0.7 passes a threshold of 0.7
        sure = np.count_nonzero(scores >= np.float32(threshold))
        sentences.append(" ".join(store.tag_names[i] for i in order[: max(sure, at_least)]))
    return sentences


@dataclass(frozen=True)
class SemanticWords:
    """Which words of an image's regions stand in for its sentence."""

    repeats: bool = False  # each attribute-class pair as often as it is detected, not once
    # of detections that are kept; that of bottom-up attention (Anderson et al. 2018)
    min_confidence: float = 0.2
    longest: int = 82  # words of the sequence; 57 on MS-COCO
    # different words of an ImageNet classifier's cells; beyond 12 the edges of a photograph have their say
    cell_words: int = 12


def describe(
    training: SparseCorpus,
    source: str = "regions",
    threshold: float = 0.3,
    words: SemanticWords = SemanticWords(),
) -> list[str]:
    """Write a pseudo sentence for each un-annotated image, from the words of the detector.

    A picture of Storybook that people call "A man with a tiny blue guitar ." has the regional semantics
    "yellow duck yellow man blue guitar white dog" and the global tags "urban thoroughfare waterfowl adult
    man string instrument havanese dog".

    - Regional semantics of a detector trained on boxes are attributes and classes of its confident regions.
      Those of an ImageNet classifier are, for each cell, the word that people use and the name of the class
      ("dog", "curly-coated retriever"), each word once. Colours of whole cells mislead and are left out.
    - Global tags are the names of the image-level concepts whose score is at least `threshold`. Supplied
      here: an image without any such concept has its highest tag alone. Empty sentences would all be the
      same one, right for many images and a negative for all.

    Args:
        training: A sparse corpus, whose annotated sentences show which words people use.
        source: "regions" for s (Huang et al. 2019, section 3.2) or "tags" for s_g (section 4.6).
        threshold: The lowest score of a tag, in [0, 1]; of "tags" only.
        words: Which words of the detections are kept; of "regions" only.

    Returns:
        One sentence for each of `training.unannotated`, in their order; '' where a detector found nothing.

    Raises:
        DataError: The source is unknown, or the regions have no classes or no tags.
    """
    store, images = training.corpus.regions, training.unannotated
    if source == "tags":
        return global_tags(store, images, threshold, at_least=1)
    if source != "regions":
        raise DataError(f"unknown source of semantics {source!r}: one of regions, tags")
    if not store.detector.startswith(EfficientNetLite0.name):
        return regional_semantics(
            store,
            images,
            max_words=words.longest,
            repeats=words.repeats,
            min_confidence=words.min_confidence,
        )
    known = imagenet_words()
    people = people_words(training.training_sentences, known.chains)
    both = [f"{word} {name}" for word, name in zip(people, known.names)]
    found = regional_semantics(store, images, both, attributes=False, max_words=words.longest)
    return [" ".join(list(dict.fromkeys(text.split()))[: words.cell_words]) for text in found]

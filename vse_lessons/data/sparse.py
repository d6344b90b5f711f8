"""Sparse parallel corpora: some images are annotated, many have no sentence (A3VSE, section 4.1).

The published counts, where the paper disagrees with itself, and which figure is followed:

- Flickr30K, 50 % x 2: Table 1 and section 4.4 print 23,200 pairs, Table 2 prints 29,000 for the
  same row.  14,500 images x 2 are 29,000, which is also the 20 % that both tables state: 29,000.
- Section 4.1 calls both 5,800 and 2,900 images "10 %"; 5,800 of 29,000 are 20 %, as in Table 1.
- MS-COCO, 10 %: the text prints 11,382 images, Table 3 implies 11,328 (= floor of 10 % of
  113,287): 11,328.
- MS-COCO, 20 % x 5: Table 3 prints 113,287 pairs, but its 20 % x 1 row has 22,657 images, and
  five sentences each are 113,285: 113,285.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from vse_lessons.common.files import DataError
from vse_lessons.common.random import generator
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.text import tokenize
from vse_lessons.data.unpaired import Unpaired


@dataclass(frozen=True)
class Setting:
    """A row of Table 1 or Table 3: a share of the training images with as many sentences each.

    Args:
        name: The row's name, as `setting_name` writes it.
        share: Share of the training images that are annotated, in (0, 1].
        sentences: Number of sentences of each annotated image.
        published_pairs: The number of pairs that the table prints.
        pairs: The number of pairs that follows from the split; see the module's docstring.
    """

    name: str
    share: float
    sentences: int
    published_pairs: int
    pairs: int


def setting_name(share: float, sentences: int) -> str:
    """Write a setting as its table does: (0.1, 5) is "10%x5".

    Args:
        share: Share of the training images that are annotated, in (0, 1].
        sentences: Number of sentences of each annotated image.

    Returns:
        The name, from which `parse_setting` reads both numbers again.
    """
    return f"{float(100 * Fraction(str(share))):.12g}%x{sentences}"


def parse_setting(name: str) -> tuple[float, int]:
    """Read a setting's name: "10%x5" is (0.1, 5).

    Args:
        name: A percentage of the training images and the number of sentences of each.

    Returns:
        The share of annotated images, in (0, 1], and the number of sentences of each.

    Raises:
        DataError: The name is not of this form.
    """
    parts = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)%x(\d+)", name, re.ASCII)
    if not parts or not 0 < float(parts[1]) <= 100 or int(parts[2]) < 1:
        raise DataError(f"unknown setting {name!r}: write 10%x5 for 10 % of the images with 5 sentences each")
    return float(Fraction(parts[1]) / 100), int(parts[2])


def _settings(rows: list[tuple[int, int, int]], training_images: int) -> dict[str, Setting]:
    settings = {}
    for percent, sentences, published in rows:
        share = percent / 100
        name, pairs = setting_name(share, sentences), annotated_count(share, training_images) * sentences
        settings[name] = Setting(name, share, sentences, published, pairs)
    return settings


def annotated_count(share: float, training_images: int) -> int:
    """Compute floor(share x images), without rounding error.

    Args:
        share: Share of the training images, in (0, 1].
        training_images: Their number.

    Returns:
        The number of annotated images.
    """
    return int(Fraction(str(share)) * training_images)


TABLE_1 = _settings(  # Flickr30K, 29,000 training images
    [
        (10, 1, 2_900),
        (10, 2, 5_800),
        (10, 5, 14_500),
        (20, 1, 5_800),
        (20, 2, 11_600),
        (20, 5, 29_000),
        (50, 1, 14_500),
        (50, 2, 23_200),
        (50, 5, 72_500),
    ],
    29_000,
)
TABLE_3 = _settings(  # MS-COCO, 113,287 training images
    [
        (5, 1, 5_664),
        (5, 2, 11_328),
        (5, 5, 28_320),
        (10, 1, 11_328),
        (10, 2, 22_656),
        (10, 5, 56_640),
        (20, 1, 22_657),
        (20, 2, 45_314),
        (20, 5, 113_287),
    ],
    113_287,
)


@dataclass(frozen=True)
class SparseCorpus:
    """A corpus of which training may see the sentences of some images only.

    Images and sentences are given by their numbers in the corpus.

    Args:
        corpus: The whole corpus.
        annotated: Training images with sentences, D^l.
        unannotated: The other training images, D^u.
        pairs: The visual sentences that training may see.
        selection: The images on which the best epoch is chosen.
        semantics: Regional semantics s, one sequence of words for each un-annotated image, or none at all.
        contextual: The contextual sentences of the annotated images' pages, for Artpedia's models.
        target: Another domain, whose pairs training does not know.

    Raises:
        DataError: There are not as many sequences of semantics as un-annotated images.
    """

    corpus: Corpus
    annotated: np.ndarray
    unannotated: np.ndarray
    pairs: np.ndarray
    selection: np.ndarray
    semantics: tuple[str, ...] = ()
    contextual: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    target: Unpaired | None = None

    def __post_init__(self) -> None:
        if self.semantics and len(self.semantics) != len(self.unannotated):
            raise DataError(
                f"{len(self.semantics)} sequences of regional semantics for {len(self.unannotated)} "
                "un-annotated images: one each, in their order"
            )

    @property
    def training_sentences(self) -> list[str]:
        """The text of the annotation, the only sentences about images that training may read."""
        return [self.corpus.sentences[s] for s in self.pairs]

    @property
    def contextual_sentences(self) -> list[str]:
        """The text of the contextual sentences that training may read."""
        return [self.corpus.sentences[s] for s in self.contextual]

    @property
    def seen(self) -> np.ndarray:
        """The images whose features training may see, annotated or not."""
        return np.concatenate([self.annotated, self.unannotated])

    def check_lengths(self, longest: int) -> None:
        """Refuse training sentences that a model would have to cut.

        Args:
            longest: The largest number of words that the model reads.

        Raises:
            DataError: A sentence, the first of which is named, has more words.
        """
        corpus = self.corpus
        for row in self.pairs:
            text = corpus.sentences[row]
            if (count := len(tokenize(text))) > longest:
                raise DataError(
                    f"{corpus.name}: sentence {row} of image {corpus.image_ids[corpus.image_of[row]]!r} "
                    f"has {count} words ({text[:40]!r} ...), more than max_words={longest}: raise max_words, "
                    "or leave the sentence out"
                )

    def with_semantics(self, semantics: Sequence[str]) -> SparseCorpus:
        """Add regional semantics, one sequence of words for each un-annotated image."""
        return replace(self, semantics=tuple(semantics))

    def with_target(self, target: Unpaired) -> SparseCorpus:
        """Add a target domain.

        Args:
            target: Images and sentences of the other domain, without pairs.

        Returns:
            The same corpus with the target beside it.

        Raises:
            DataError: The target's features are of another width.
        """
        own, other = self.corpus.regions.dimensions, target.regions.dimensions
        if own != other:
            raise DataError(
                f"regions of {self.corpus.name} are {own} wide, those of {target.name} {other}: "
                "one detector must have found both; extract them with the same one"
            )
        return replace(self, target=target)


def sparsify(
    corpus: Corpus, share: float = 0.1, sentences: int | None = 5, seed: int = 0, hold_out: int = 0
) -> SparseCorpus:
    """Annotate a share of the training images (A3VSE, section 4.1).

    Images and, for each image, its sentences are shuffled once from the seed, and the first ones are kept. So
    10 % is a subset of 20 %, and one sentence an image a subset of two. An image with fewer sentences keeps
    all of them. Training images without a visual sentence can only be un-annotated. An annotated image also
    keeps the contextual sentences of its page, if it has a page.

    Args:
        corpus: The whole corpus.
        share: Share of the training images that are annotated, in (0, 1].
        sentences: Number of visual sentences of each annotated image; None: all of them.
        seed: Seed of the shuffles.
        hold_out: Number of training images, the last ones of the shuffle, on which the best epoch is chosen
            and which training never sees, for when the validation split is to be reported. 0: the best epoch
            is chosen on the validation split.

    Returns:
        The corpus with what training may see of it.

    Raises:
        DataError: The share is not in (0, 1] or leaves no image, or too many images are held out.
    """
    if not 0 < share <= 1:
        raise DataError(f"the share of annotated images must be in (0, 1], not {share}")
    if sentences is not None and sentences < 1:
        raise DataError(f"an annotated image has at least one sentence, not {sentences}")
    training = corpus.images("train")
    rng = generator("annotated images", seed)
    shuffled = training[rng.permutation(len(training))]
    if not 0 <= hold_out < len(shuffled):
        raise DataError(f"{corpus.name}: cannot hold out {hold_out} of {len(shuffled)} images")
    kept = shuffled[: len(shuffled) - hold_out]
    selection = shuffled[len(kept) :] if hold_out else corpus.images("val", annotated=True)
    eligible = [int(image) for image in kept if len(corpus.visual_of[image])]
    wanted = min(annotated_count(share, len(training)), len(eligible))
    if wanted == 0:
        raise DataError(
            f"{corpus.name}: {share:.0%} of {len(training)} training images, {len(eligible)} of "
            "them with a sentence, is no image; annotate a larger share"
        )
    annotated = np.asarray(eligible[:wanted], np.int64)
    pairs = [_first_sentences(corpus, image, sentences, seed) for image in annotated]
    rest = kept[~np.isin(kept, annotated)]
    contextual = np.concatenate([corpus.contextual_of[image] for image in annotated])
    return SparseCorpus(corpus, annotated, rest, np.concatenate(pairs), selection, contextual=contextual)


def _first_sentences(corpus: Corpus, image: int, count: int | None, seed: int) -> np.ndarray:
    own = corpus.visual_of[image]
    rng = generator("annotated sentences", seed, image)
    return own[rng.permutation(len(own))[:count]]

"""Base classes of all models, the batches passed to `loss`, and protocols for what only one paper needs."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from vse_lessons.blocks.similarity import Embeddings, concatenate, cosine
from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionBatch, RegionStore
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.data.text import Vocabulary
from vse_lessons.models.building import Kept, Statistics, Vectors, evaluating, regions_of_files
from vse_lessons.models.presets import Optimization, Presets  # noqa: F401
from vse_lessons.sources.detectors.base import Detector

if TYPE_CHECKING:  # Python 3.10 has no Self
    from typing_extensions import Self

# --- what a training step sees -------------------------------------------------------------------


@dataclass
class Pairs:
    """B images, each with one sentence that describes it."""

    images: RegionBatch  # their regions
    sentences: list[str]  # one each
    # and with one that does not, of the same page; None where the page has none
    contextual: list[str | None] | None = None
    # (B, 3, P, P) in [-1, 1], for a model that reads pixels
    pixels: Tensor | None = None

    @property
    def owners(self) -> Tensor:
        """(B,) the image that each sentence belongs to."""
        return self.images.index


@dataclass
class UnpairedBatch:
    """B images and B sentences of the target domain; nothing says which belong together."""

    images: RegionBatch  # of the target
    sentences: list[str]  # of the target


@dataclass
class Batch:
    """All that one training step learns from."""

    pairs: Pairs  # annotated images with a sentence of theirs
    weak: Pairs | None  # un-annotated images with their regional semantics
    progress: float  # share of the training that is done, p in [0, 1]
    warmup: bool = False  # still in the epochs before the hardest negatives
    target: UnpairedBatch | None = None  # the target domain, where there is one


@dataclass
class Losses:
    """Terms and monitors of one step.

    Attributes:
        terms: weighted scalars; their sum is minimized.
        monitors: scalars for the eye only: accuracies, gamma, un-weighted values.
    """

    terms: dict[str, Tensor]
    monitors: dict[str, float | Tensor] = field(default_factory=dict)

    @property
    def total(self) -> Tensor:
        """The scalar that is minimized."""
        return torch.stack(list(self.terms.values())).sum()


@dataclass
class ParameterGroup:
    """Parameters that learn alike."""

    parameters: list[nn.Parameter]  # in the model's order
    rate: float = 1.0  # multiple of the learning rate
    momentum: float = 0.9  # Adam's beta_1
    adversary: bool = False  # moved by `adversary_loss`, in a step of its own, and not by `loss`


# --- contracts -----------------------------------------------------------------------------------


class Embedder(nn.Module, ABC):
    """Base class of all models: embeds images and sentences so that the right ones find each other.

    Attributes:
        config: the model's hyper-parameters.
        vocabulary: the words that it knows, where it has a vocabulary.
        detector: name and version of the detector whose regions it was built for; empty: any.
        width: D, of that detector's features.
        trained_on: corpus and number of images and sentences that it was built for.
    """

    config: Any
    vocabulary: Vocabulary
    detector: str = ""
    width: int = 0
    trained_on: Mapping[str, Any] = {}
    kept_doubles: tuple[str, ...] = ()  # names of tensors that are kept in double precision

    @abstractmethod
    def encode_images(self, images: RegionBatch) -> Embeddings:
        """Embed B images.

        Args:
            images: regions (B, R, D) and their mask (B, R).

        Returns:
            (B, H), or a set of region embeddings for each image.
        """

    @abstractmethod
    def encode_sentences(self, sentences: Sequence[str]) -> Embeddings:
        """Embed B sentences.

        Args:
            sentences: B texts.

        Returns:
            (B, H), or a set of word embeddings for each sentence.
        """

    def similarity(self, images: Any, sentences: Any) -> Tensor:
        """Compare every image with every sentence: by the cosine, unless a paper says otherwise.

        Args:
            images: I embedded images, as `encode_images` returns them.
            sentences: S embedded sentences, as `encode_sentences` returns them.

        Returns:
            (I, S) scores, higher is nearer.
        """
        return cosine(images, sentences)

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next(self.parameters()).device

    def remember(self, training: SparseCorpus) -> Self:
        """Note what the model was built for: the detector, the corpus, how features were standardized.

        Args:
            training: the sparse corpus that `build` received.

        Returns:
            The model itself.
        """
        store, target = training.corpus.regions, training.target
        self.detector, self.width = store.detector, store.dimensions
        self.trained_on = {
            "corpus": training.corpus.name,
            "annotated_images": len(training.annotated),
            "sentences": len(training.pairs),
            "unannotated_images": len(training.unannotated) if training.semantics else 0,
            "target": None if target is None else target.name,
        }
        for domain, regions in (("source", store), ("target", target and target.regions)):
            if regions and regions.standardized_by:
                self.register_standardization(domain, regions.standardized_by)
        return self

    def register_standardization(self, domain: str, statistics: Statistics) -> None:
        """Keep the mean and deviation (D,) by which the features of a domain came standardized."""
        for name, value in zip(("mean", "deviation"), statistics):
            self.register_buffer(f"input_{domain}_{name}", value.to(self.device))

    def check_detector(self, store: RegionStore) -> None:
        """Refuse features that the model cannot read.

        Args:
            store: regions to be embedded.

        Raises:
            DataError: another detector found them, or they are standardized otherwise than in training.
        """
        if self.detector and (store.detector, store.dimensions) != (self.detector, self.width):
            raise DataError(
                f"this {type(self).__name__} reads regions of the detector {self.detector!r}, {self.width} "
                f"wide, but {store.source} holds those of {store.detector!r}, {store.dimensions} wide: "
                "extract them with the same detector, or train a model on these"
            )
        if self._standardized_domains() and store.standardized_by is None:
            raise DataError(
                f"this {type(self).__name__} was trained on mean regions that each domain's own images "
                f"standardize, and {store.source} holds plain ones: use RegionStore.standardized"
            )

    def _standardized_domains(self) -> list[str]:
        return [d for d in ("source", "target") if hasattr(self, f"input_{d}_mean")]

    def check_domain(self, domain: str) -> None:
        """Refuse a domain whose features the model has not learnt from.

        Args:
            domain: "source", or "target" where each domain was standardized by its own images.

        Raises:
            DataError: the model knows no such domain.
        """
        if domain not in (known := self._standardized_domains() or ["source"]):
            raise DataError(
                f"this {type(self).__name__} knows no domain {domain!r}: use {' or '.join(known)}"
            )

    @torch.no_grad()
    def encode_pictures(
        self, paths: str | Path | Sequence[str | Path], detector: Detector, *, domain: str = "source"
    ) -> Embeddings:
        """Embed picture files that no corpus knows.

        Args:
            paths: B picture files of any size, or one.
            detector: finds their regions; the one that the model was trained with (`sources/detectors`).
            domain: "source" or "target", where each domain was standardized by its own images.

        Returns:
            B embedded images, as of `encode_images`.

        Raises:
            DataError: a file is missing or no picture, or the detector or the domain is another one.
        """
        files = [paths] if isinstance(paths, (str, Path)) else list(paths)
        name = f"{detector.name} {detector.version}"
        self.check_domain(domain)
        if not files:
            raise DataError("there is no picture to embed: name at least one file")
        if self.detector and name != self.detector:
            raise DataError(
                f"this {type(self).__name__} reads regions of the detector {self.detector!r}, not of "
                f"{name!r}: pass the detector that it was trained with"
            )
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, evaluating(self):
            store = regions_of_files(files, detector, Path(folder) / "regions")
            if self._standardized_domains():
                mean, deviation = (getattr(self, f"input_{domain}_{name}") for name in ("mean", "deviation"))
                store = store.means().standardized_with(mean.cpu(), deviation.cpu())
            self.check_detector(store)
            parts = [self.encode_images(b.to(self.device)) for b in store.batches(range(len(store)))]
        return concatenate(parts)

    # --- keeping ---------------------------------------------------------------------------------

    def kept_tensors(self) -> dict[str, Tensor]:
        """Return all tensors that the scores depend on, by name."""
        return dict(self.state_dict())

    def kept_words(self) -> dict[str, Sequence[str]]:
        """Return lists of words, each to be kept in a file of its name."""
        return {"vocabulary": self.vocabulary.words}

    def kept_settings(self) -> dict[str, Any]:
        """Return further JSON values that `from_kept` needs."""
        return {}

    @classmethod
    def from_kept(cls, config: Any, kept: Kept) -> Self:
        """Make a model into which the kept tensors fit.

        Args:
            config: the kept configuration.
            kept: words, tensors and settings from disk; a tensor that is no part of the model's state is
                taken out.

        Returns:
            The model, before its state is loaded.
        """
        blank = (torch.zeros(kept.width), torch.ones(kept.width))
        return cls(config, kept.vocabulary, kept.width, blank)  # type: ignore[call-arg]

    def save(self, folder: str | Path, **notes: Any) -> None:
        """Write the model to a folder in the form of the Hugging Face hub; see `registry.save_model`."""
        from vse_lessons.models.registry import save_model

        save_model(self, folder, **notes)


class Trainable(Embedder, ABC):
    """An embedder with an objective, which `fit` minimizes.

    Attributes:
        plateaus: for each term that can stick there, its value when every embedding is the same point.
    """

    plateaus: dict[str, float] = {}  # noqa: RUF012

    @classmethod
    @abstractmethod
    def build(
        cls, config: Any, training: SparseCorpus, *, seed: int = 0, word_vectors: Vectors = None
    ) -> Self:
        """Make a fresh model; vocabulary and statistics come from what training may see.

        Args:
            config: the model's hyper-parameters.
            training: the annotated pairs, and what else training may see.
            seed: of the first weights.
            word_vectors: a GloVe text file or vectors in memory, at which word embeddings start.

        Returns:
            The model, on the CPU.

        Raises:
            DataError: the corpus lacks what the model needs, or the word vectors are too wide.
        """

    @abstractmethod
    def loss(self, batch: Batch) -> Losses:
        """Compute the objective of one step.

        Args:
            batch: pairs, and where there are any pseudo pairs and a target domain.

        Returns:
            The named terms, whose sum is minimized, and monitors.
        """

    def parameter_groups(self) -> list[ParameterGroup]:
        """Return which parameters learn how: all alike, unless a paper says otherwise."""
        return [ParameterGroup(list(self.parameters()))]


@runtime_checkable
class HasAdversary(Protocol):
    """A model part of which plays against the rest, in a step before each of the others (GXN)."""

    def adversary_loss(self, batch: Batch) -> Losses:
        """Compute the objective of the groups that are `adversary`."""
        ...


@runtime_checkable
class ReadsPixels(Protocol):
    """A model whose batches come with pixels where `reads_pixels` is true (GXN)."""

    reads_pixels: bool


@runtime_checkable
class RanksPages(Protocol):
    """A model with a score of its own for the sentences of a page (Artpedia, section 5.2)."""

    def pair_scores(self, images: RegionBatch, sentences: Sequence[str]) -> Tensor:
        """(B,) how well sentence b describes image b."""
        ...


@runtime_checkable
class Wraps(Protocol):
    """A configuration of a model that is made from another, trained one (CORAL)."""

    @property
    def inner(self) -> tuple[str, Presets]:
        """Name in the registry and configuration of the model to train first."""
        ...


def reads_pixels(model: Embedder) -> bool:
    """Tell whether a model's batches come with pixels.

    Args:
        model: any embedder.

    Returns:
        True where the model says so itself.
    """
    return isinstance(model, ReadsPixels) and model.reads_pixels


def pair_scores(model: Embedder, images: RegionBatch, sentences: Sequence[str]) -> Tensor:
    """Score B sentences, each against its own image.

    Args:
        model: any embedder; one that ranks pages is asked itself.
        images: B images.
        sentences: B texts.

    Returns:
        (B,) how well sentence b describes image b: their similarity, unless the model says otherwise.
    """
    if isinstance(model, RanksPages):
        return model.pair_scores(images, sentences)
    seen, read = model.encode_images(images), model.encode_sentences(sentences)
    return torch.cat([model.similarity(seen[b : b + 1], read[b : b + 1])[0] for b in range(len(sentences))])

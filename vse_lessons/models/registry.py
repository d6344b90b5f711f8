"""Registry of all models by name; models to and from folders.

A new method is one file and one line of `MODELS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from vse_lessons import __version__
from vse_lessons.common.files import DataError
from vse_lessons.data.sparse import SparseCorpus
from vse_lessons.models.a3vse import A3VSE, A3VSEConfig
from vse_lessons.models.artpedia import Artpedia, ArtpediaConfig
from vse_lessons.models.base import Embedder, Presets
from vse_lessons.models.baselines.cca import CCA, CCAConfig
from vse_lessons.models.baselines.coral import Coral, CoralConfig
from vse_lessons.models.baselines.dan import DAN, DANConfig
from vse_lessons.models.baselines.dpc import DPC, DPCConfig
from vse_lessons.models.baselines.linear import Linear, LinearConfig
from vse_lessons.models.baselines.scan import SCAN, SCANConfig
from vse_lessons.models.baselines.tags import Tags, TagsConfig
from vse_lessons.models.baselines.vsepp import VSEPP, VSEPPConfig
from vse_lessons.models.baselines.zero_shot import ZeroShot, ZeroShotConfig
from vse_lessons.models.building import Kept
from vse_lessons.models.gxn import GXN, GXNConfig
from vse_lessons.models.keeping.card import model_card
from vse_lessons.models.keeping.checks import REMEDY, detector_of
from vse_lessons.models.keeping.files import CONFIG, WEIGHTS, read_folder, write_folder
from vse_lessons.models.presets import from_dict
from vse_lessons.models.vsa import VSA, VSAConfig
from vse_lessons.sources.semantics import describe

NEEDS = ("semantics", "global", "tags", "target", "pages", "pixels", "checkpoint")
STANDARDIZATION = {f"input_{d}_{s}" for d in ("source", "target") for s in ("mean", "deviation")}


@dataclass(frozen=True)
class Spec:
    """One method: its configuration, its model, and what it needs beyond annotated pairs.

    Attributes:
        config: the dataclass of its hyper-parameters.
        model: the embedder.
        needs: some of `NEEDS`: regional or image-level "semantics" of un-annotated images; it looks at the
            "global" (mean) region alone; image-level "tags"; an unpaired "target" domain; contextual
            sentences of "pages"; "pixels" (in the variants that draw); a "checkpoint" of the hub.
    """

    config: type[Presets]
    model: type[Embedder]
    needs: frozenset[str] = frozenset()

    @property
    def build(self) -> Callable[..., Embedder]:
        """`build(config, training, *, seed=0, word_vectors=None)`, which makes a fresh model."""
        return self.model.build  # type: ignore[attr-defined]

    @property
    def variants(self) -> tuple[str, ...]:
        """The names that `config.with_variant` knows."""
        return self.config.variant_names()


MODELS: dict[str, Spec] = {
    "A3VSE": Spec(A3VSEConfig, A3VSE, frozenset({"semantics"})),
    "SCAN": Spec(SCANConfig, SCAN),
    "VSE++": Spec(VSEPPConfig, VSEPP, frozenset({"global"})),
    "DAN": Spec(DANConfig, DAN),
    "DPC": Spec(DPCConfig, DPC, frozenset({"global"})),
    "CCA": Spec(CCAConfig, CCA, frozenset({"global"})),
    "linear": Spec(LinearConfig, Linear, frozenset({"semantics", "global"})),
    "tags": Spec(TagsConfig, Tags, frozenset({"tags"})),
    "VSA": Spec(VSAConfig, VSA, frozenset({"target", "global"})),
    "Artpedia": Spec(ArtpediaConfig, Artpedia, frozenset({"pages"})),
    "GXN": Spec(GXNConfig, GXN, frozenset({"pixels"})),
    "CORAL": Spec(CoralConfig, Coral, frozenset({"target", "global"})),
    "zero-shot": Spec(ZeroShotConfig, ZeroShot, frozenset({"checkpoint"})),
}


def spec(name: str) -> Spec:
    """Return the method of a name.

    Args:
        name: a key of `MODELS`.

    Returns:
        Its configuration, model and needs.

    Raises:
        DataError: no method has that name; the message lists those that exist.
    """
    if name not in MODELS:
        raise DataError(f"unknown model {name!r}: one of {', '.join(MODELS)}")
    return MODELS[name]


def name_of(thing: Embedder | Presets) -> str:
    """Find the name in `MODELS` of a model or of a configuration.

    Args:
        thing: either.

    Returns:
        The name.

    Raises:
        DataError: nobody has registered its class.
    """
    for name, known in MODELS.items():
        if type(thing) in (known.model, known.config):
            return name
    raise DataError(f"{type(thing).__name__} is in no registry: add a line to MODELS in models/registry.py")


def prepare_training(config: Presets, training: SparseCorpus) -> SparseCorpus:
    """Return the sparse corpus that a configuration trains on.

    - Un-annotated images get the semantics that `config.semantics` names, or none.
    - A model that looks at the mean region only gets means in place of all regions, and reads them faster.

    Args:
        config: a configuration of a registered model.
        training: the sparse corpus as `sparsify` made it, with all regions.

    Returns:
        A sparse corpus with the same annotated pairs. Evaluate on its `corpus`, which has the regions that
        the model reads.

    Raises:
        DataError: no model is registered with this configuration, or the detector has no semantics of that
            kind.
    """
    if hasattr(config, "semantics"):
        training = _with_semantics(config, training)
    if "global" in MODELS[name_of(config)].needs or getattr(config, "reads_means", False):
        corpus = training.corpus
        if (corpus.regions.counts != 1).any():
            training = replace(training, corpus=replace(corpus, regions=corpus.regions.means()))
    return training


def _with_semantics(config: Any, training: SparseCorpus) -> SparseCorpus:
    if config.semantics == "none":
        return training.with_semantics(())
    return training.with_semantics(describe(training, config.semantics, words=config.semantic_words))


def save_model(
    model: Embedder,
    folder: str | Path,
    *,
    variant: str = "full",
    results: Mapping[str, Any] | Any | None = None,
    limits: Sequence[str] = (),
) -> Path:
    """Write a model to a folder in the form of the Hugging Face hub, whole or not at all.

    Args:
        model: a model that `build` or `load_model` made.
        folder: where to; a folder that holds anything but a kept model is refused.
        variant: the name of the configuration's variant, for the card.
        results: an `Evaluation`, or its `as_dict()`, for the card's recalls.
        limits: sentences for the card about what the model cannot do.

    Returns:
        The folder: model.safetensors, config.json, vocabulary.json, README.md, and word_vectors.json where
        the model reads pre-trained vectors.

    Raises:
        DataError: the folder is in use, the disk is full, or the model has nothing of its own to keep.
    """
    description = {
        "model": name_of(model),
        "variant": variant,
        "config": asdict(model.config),
        "settings": model.kept_settings(),
        "detector": detector_of(model.detector, model.width),
        "trained_on": dict(model.trained_on),
        "library_version": __version__,
    }
    card = model_card(description, results, limits)
    return write_folder(Path(folder), description, model.kept_tensors(), model.kept_words(), card)


def load_model(folder: str | Path, device: str | torch.device = "cpu") -> Embedder:
    """Read a model from the folder that `model.save` wrote.

    On the same device and software its scores are those of the saved model, bit for bit.

    Args:
        folder: the folder that `model.save`, `vse-lessons train` or a lesson wrote.
        device: the device of PyTorch that the model is moved to.

    Returns:
        The model, in eval mode.

    Raises:
        DataError: the folder holds no model of this library, a file is missing or damaged, or the model or
            its version is unknown to the installed library.
    """
    folder = Path(folder)
    description, tensors, words = read_folder(folder)
    known = MODELS.get(description["model"])
    if known is None:
        raise DataError(
            f"{folder / 'config.json'} names the model {description['model']!r}, which this version of "
            f"vse_lessons ({__version__}) does not know; the file is of version "
            f"{description['library_version']}: install that, or register the model in MODELS"
        )
    detector = description["detector"]
    version = description["library_version"]
    with _fitting(folder / CONFIG, version):
        config = from_dict(known.config, description["config"])
        kept = Kept(detector["dimensions"], words, dict(tensors), description["settings"])
        with torch.random.fork_rng(devices=[]):
            model = known.model.from_kept(config, kept)
    with _fitting(folder / WEIGHTS, version):
        _register_inputs(model, kept)
        _check_types(model, tensors)
        model.load_state_dict(kept.tensors)
    model.detector, model.width = detector["name"], detector["dimensions"]
    model.trained_on = description["trained_on"]
    return model.to(device).eval()


@contextmanager
def _fitting(path: Path, version: str) -> Iterator[None]:
    """Name the file, and the remedy, where a block cannot use the file's content."""
    try:
        yield
    except (
        DataError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        AssertionError,
        RuntimeError,
    ) as error:
        text = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise DataError(
            f"{path} does not fit this version of vse_lessons ({__version__}; it is of {version}), or the "
            f"other files of the folder: {' '.join(text.split())[:300]}; train the model again and save it, "
            f"or {REMEDY.partition(',')[0]}"
        ) from error


def _register_inputs(model: Embedder, kept: Kept) -> None:
    """Give a model the buffers by which features came standardized; see `Embedder.remember`."""
    for name, value in kept.tensors.items():
        path, _, leaf = name.rpartition(".")
        if leaf not in STANDARDIZATION:
            continue
        owner = model.get_submodule(path)
        if not isinstance(owner, Embedder) or value.shape != (kept.width,):
            raise DataError(f"the tensor {name} is no statistic of features {kept.width} wide")
        owner.register_buffer(leaf, value)
        other = leaf.replace("mean", "?").replace("deviation", "mean").replace("?", "deviation")
        if f"{path}.{other}".lstrip(".") not in kept.tensors:
            raise DataError(f"the tensor {name} is there without {other}")


def _check_types(model: Embedder, tensors: Mapping[str, torch.Tensor]) -> None:
    """Refuse tensors of another type than that in which a model is kept."""
    own = dict(model.named_buffers())  # what is learnt is never an integer
    for name, value in tensors.items():
        wanted = torch.float64 if name in model.kept_doubles else torch.float32
        if name in own and not own[name].is_floating_point():
            wanted = own[name].dtype
        if value.dtype != wanted:
            raise DataError(f"the tensor {name} is of {value.dtype}, not of {wanted}")

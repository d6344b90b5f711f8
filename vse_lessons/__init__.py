"""Visual-semantic embeddings from published papers, in files short enough to read.

The names below are imported when they are first used: `import vse_lessons` does not load PyTorch.
"""

from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.common.errors import DataError as DataError
    from vse_lessons.common.system import choose_device as choose_device
    from vse_lessons.data.corpus import Corpus as Corpus
    from vse_lessons.data.regions import RegionStore as RegionStore
    from vse_lessons.data.sparse import SparseCorpus as SparseCorpus
    from vse_lessons.data.sparse import sparsify as sparsify
    from vse_lessons.data.text import Vocabulary as Vocabulary
    from vse_lessons.data.text import tokenize as tokenize
    from vse_lessons.evaluation.metrics import Evaluation as Evaluation
    from vse_lessons.evaluation.retrieval import embed as embed
    from vse_lessons.evaluation.retrieval import evaluate as evaluate
    from vse_lessons.evaluation.search import SearchIndex as SearchIndex
    from vse_lessons.evaluation.search import search as search
    from vse_lessons.experiments.report import stored as stored
    from vse_lessons.lessons.session import Lesson as Lesson
    from vse_lessons.lessons.widgets import show_source as show_source
    from vse_lessons.models.base import Embedder as Embedder
    from vse_lessons.models.base import Trainable as Trainable
    from vse_lessons.models.registry import MODELS as MODELS
    from vse_lessons.models.registry import load_model as load_model
    from vse_lessons.models.registry import prepare_training as prepare_training
    from vse_lessons.sources.catalogue import SOURCES as SOURCES
    from vse_lessons.sources.catalogue import open_corpus as open_corpus
    from vse_lessons.sources.catalogue import open_target as open_target
    from vse_lessons.sources.semantics import describe as describe
    from vse_lessons.training.loop import fit as fit
    from vse_lessons.training.train import train as train

__version__ = "0.3.0"

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "common.errors": ("DataError",),
        "common.system": ("choose_device",),
        "data.corpus": ("Corpus",),
        "data.regions": ("RegionStore",),
        "data.sparse": ("SparseCorpus", "sparsify"),
        "data.text": ("Vocabulary", "tokenize"),
        "evaluation.metrics": ("Evaluation",),
        "evaluation.retrieval": ("embed", "evaluate"),
        "evaluation.search": ("SearchIndex", "search"),
        "experiments.report": ("stored",),
        "lessons.session": ("Lesson",),
        "lessons.widgets": ("show_source",),
        "models.base": ("Embedder", "Trainable"),
        "models.registry": ("MODELS", "load_model", "prepare_training"),
        "sources.catalogue": ("SOURCES", "open_corpus", "open_target"),
        "sources.semantics": ("describe",),
        "training.loop": ("fit",),
        "training.train": ("train",),
    },
)

"""Corpora as models read them: text, word vectors, WordNet, pictures, regions, pairs and annotation."""

from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.data.corpus import Corpus as Corpus
    from vse_lessons.data.pictures import Pictures as Pictures
    from vse_lessons.data.pictures import pictures_from_files as pictures_from_files
    from vse_lessons.data.pixels import read_pixels as read_pixels
    from vse_lessons.data.region_batch import RegionBatch as RegionBatch
    from vse_lessons.data.region_writer import write_store as write_store
    from vse_lessons.data.regions import Detections as Detections
    from vse_lessons.data.regions import RegionStore as RegionStore
    from vse_lessons.data.sparse import TABLE_1 as TABLE_1
    from vse_lessons.data.sparse import TABLE_3 as TABLE_3
    from vse_lessons.data.sparse import Setting as Setting
    from vse_lessons.data.sparse import SparseCorpus as SparseCorpus
    from vse_lessons.data.sparse import annotated_count as annotated_count
    from vse_lessons.data.sparse import parse_setting as parse_setting
    from vse_lessons.data.sparse import setting_name as setting_name
    from vse_lessons.data.sparse import sparsify as sparsify
    from vse_lessons.data.text import Vocabulary as Vocabulary
    from vse_lessons.data.text import tokenize as tokenize
    from vse_lessons.data.text import vocabulary_overlap as vocabulary_overlap
    from vse_lessons.data.unpaired import Coverage as Coverage
    from vse_lessons.data.unpaired import Unpaired as Unpaired
    from vse_lessons.data.unpaired import coverage as coverage
    from vse_lessons.data.unpaired import unpair as unpair
    from vse_lessons.data.word_vectors import WordVectors as WordVectors
    from vse_lessons.data.word_vectors import load_word_vectors as load_word_vectors
    from vse_lessons.data.word_vectors import ppmi_vectors as ppmi_vectors
    from vse_lessons.data.wordnet import Lexicon as Lexicon
    from vse_lessons.data.wordnet import Synset as Synset
    from vse_lessons.data.wordnet import load_wordnet as load_wordnet
    from vse_lessons.data.wordnet import parse_lexicon as parse_lexicon

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "corpus": ("Corpus",),
        "pictures": ("Pictures", "pictures_from_files"),
        "pixels": ("read_pixels",),
        "region_batch": ("RegionBatch",),
        "region_writer": ("write_store",),
        "regions": ("Detections", "RegionStore"),
        "sparse": (
            "TABLE_1",
            "TABLE_3",
            "Setting",
            "SparseCorpus",
            "annotated_count",
            "parse_setting",
            "setting_name",
            "sparsify",
        ),
        "text": ("Vocabulary", "tokenize", "vocabulary_overlap"),
        "unpaired": ("Coverage", "Unpaired", "coverage", "unpair"),
        "word_vectors": ("WordVectors", "load_word_vectors", "ppmi_vectors"),
        "wordnet": ("Lexicon", "Synset", "load_wordnet", "parse_lexicon"),
    },
)

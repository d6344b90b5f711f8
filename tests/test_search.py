import pytest
from conftest import make_corpus
from test_evaluation import Oracle

from vse_lessons.files import DataError
from vse_lessons.search import SearchIndex, search


@pytest.fixture
def known():
    corpus = make_corpus()
    unique = tuple(f"{s} n{n}" for n, s in enumerate(corpus.sentences))
    corpus = type(corpus)("toy", corpus.regions, unique, corpus.image_of, corpus.splits)
    return corpus, Oracle(corpus)


def test_a_sentence_finds_its_image(known):
    corpus, model = known
    image = corpus.images("test")[2]
    hits = search(model, corpus, corpus.sentences[corpus.sentences_of[image][0]], k=3)
    assert len(hits) == 3 and hits[0].image == image and hits[0].image_id == corpus.image_ids[image]
    assert hits[0].score >= hits[1].score >= hits[2].score


def test_an_image_finds_its_sentences(known):
    corpus, model = known
    image = int(corpus.images("test")[1])
    for query in (image, corpus.image_ids[image]):
        index = SearchIndex(model, corpus)
        assert index.by_image(query)[0].sentence in [
            corpus.sentences[s] for s in corpus.sentences_of[image]
        ]
    assert search(model, corpus, image)[0].image == image


def test_bad_queries(known):
    corpus, model = known
    with pytest.raises(DataError, match="query is empty"):
        search(model, corpus, "  ")
    with pytest.raises(DataError, match="no image 'x'"):
        SearchIndex(model, corpus).by_image("x")
    with pytest.raises(DataError, match="images 0 to"):
        search(model, corpus, 10_000)

import numpy as np
import pytest
import torch
from helpers.corpora import make_corpus
from helpers.embedders import Oracle
from helpers.small_models import SMALL_SCAN as SMALL

from vse_lessons.common.files import DataError
from vse_lessons.data.sparse import sparsify
from vse_lessons.evaluation.search import SearchIndex, compact, search, shortlist_ranks
from vse_lessons.models.baselines.scan import SCAN


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
        assert index.by_image(query)[0].sentence in [corpus.sentences[s] for s in corpus.sentences_of[image]]
    assert search(model, corpus, image)[0].image == image


def test_bad_queries(known):
    corpus, model = known
    with pytest.raises(DataError, match="query is empty"):
        search(model, corpus, "  ")
    with pytest.raises(DataError, match="no image 'x'"):
        SearchIndex(model, corpus).by_image("x")
    with pytest.raises(DataError, match="images 0 to"):
        search(model, corpus, 10_000)


def test_a_shortlist_of_everything_changes_nothing_and_a_short_one_holds_the_nearest():
    training = sparsify(make_corpus(120), 1.0)
    model, corpus = SCAN.build(SMALL, training).eval(), training.corpus
    exact, whole = (SearchIndex(model, corpus, shortlist=size) for size in (None, 10_000))
    image = int(corpus.images("test")[0])
    assert exact.by_text("w1 w2") == whole.by_text("w1 w2")
    assert exact.by_image(image) == whole.by_image(image)
    short = SearchIndex(model, corpus, shortlist=3)
    near = compact(short.embedded.images) @ compact(model.encode_sentences(["w1 w2"]))[0]
    listed = set(short.embedded.image_numbers[near.topk(3).indices.numpy()])
    found = short.by_text("w1 w2", k=5)
    assert {hit.image for hit in found} == listed and len(found) == 3
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    with pytest.raises(DataError, match="a shortlist of 0 candidates holds none"):
        SearchIndex(model, corpus, shortlist=0)


def test_ranks_of_a_shortlist_by_hand():
    exact = torch.tensor([[0.9, 0.2], [0.5, 0.8], [0.7, 0.1]])
    near = torch.tensor([[0.1, 0.3], [0.6, 0.2], [0.5, 0.1]])
    image_of = torch.tensor([0, 1])
    # sentence 0: the right image is third by compact vectors, first by exact ones
    assert shortlist_ranks(exact, near, image_of, 2).tolist() == [3, 1]
    assert shortlist_ranks(exact, near, image_of, 3).tolist() == [1, 1]
    assert shortlist_ranks(exact, near, image_of, 99).tolist() == [1, 1]
    # one candidate each: image 0 gets sentence 1, which is not its own; image 1 gets its own
    two, owner = torch.tensor([[0.9, 0.2, 0.3], [0.5, 0.8, 0.9]]), torch.tensor([0, 1, 1])
    close = torch.tensor([[0.1, 0.3, 0.2], [0.2, 0.6, 0.5]])
    assert shortlist_ranks(two, close, owner, 1, "i2t").tolist() == [3, 1]
    assert shortlist_ranks(two, close, owner, 3, "i2t").tolist() == [1, 1]
    assert shortlist_ranks(-two, close, owner, 3, "i2t").tolist() == [3, 2]
    # the image that beats the right one is not listed: it cannot be ahead
    better, apart = torch.tensor([[0.5], [0.9], [0.4]]), torch.tensor([[0.9], [0.1], [0.8]])
    ranks = [shortlist_ranks(better, apart, torch.tensor([0]), size).tolist() for size in (2, 3)]
    assert ranks == [[1], [2]]
    tied = torch.full((3, 2), 0.5)
    np.testing.assert_array_equal(shortlist_ranks(tied, tied, image_of, 3), [3, 3])
    with pytest.raises(DataError, match="holds none"):
        shortlist_ranks(exact, near, image_of, 0)

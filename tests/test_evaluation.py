import numpy as np
import pytest
import torch
from conftest import make_corpus
from hypothesis import given, settings
from hypothesis import strategies as st

from vse_lessons.evaluation import embed, evaluate, evaluate_similarity, ranks
from vse_lessons.files import DataError
from vse_lessons.retrieval import Losses, RetrievalModel


def sorted_ranks(similarity, image_of):
    """The worst place of the right answer in any sorting, ties and all."""
    t2i = [sorted(similarity[:, s].tolist(), reverse=True) for s in range(similarity.shape[1])]
    t2i = [
        len(row) - row[::-1].index(float(similarity[image_of[s], s])) for s, row in enumerate(t2i)
    ]
    i2t = []
    for image in range(similarity.shape[0]):
        own = [s for s in range(len(image_of)) if image_of[s] == image]
        if own:
            best = max(float(similarity[image, s]) for s in own)
            rest = [float(similarity[image, s]) for s in range(len(image_of)) if s not in own]
            row = sorted([*rest, best], reverse=True)
            i2t.append(len(row) - row[::-1].index(best))
    return t2i, i2t


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 7), st.data())
def test_ranks_against_sorting_with_ties_and_any_number_of_sentences(images, data):
    image_of = data.draw(st.lists(st.integers(0, images - 1), min_size=1, max_size=15))
    values = st.lists(
        st.integers(-2, 2), min_size=images * len(image_of), max_size=images * len(image_of)
    )
    similarity = torch.tensor(data.draw(values), dtype=torch.float32).view(images, len(image_of))
    t2i, i2t = ranks(similarity, torch.tensor(image_of), block=data.draw(st.integers(1, 8)))
    assert (t2i.tolist(), i2t.tolist()) == sorted_ranks(similarity, image_of)


def test_constant_similarities_do_not_win():
    found = evaluate_similarity(torch.zeros(50, 250), torch.arange(250) // 5)
    assert found.t2i["R@10"] == found.i2t["R@10"] == found.rsum == 0


def test_random_similarities_are_at_chance():
    found = evaluate_similarity(torch.rand(1000, 1000), torch.arange(1000))
    assert found.t2i["R@10"] == pytest.approx(1, abs=1)
    assert found.i2t["median_rank"] == pytest.approx(500, abs=60)


def test_perfect_similarities():
    found = evaluate_similarity(torch.eye(20).repeat_interleave(5, 1), torch.arange(100) // 5)
    assert found.rsum == 600 and found.t2i["median_rank"] == 1


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("place", [(1, 1), (2, 0)])
def test_bad_numbers_are_refused(bad, place):
    similarity = torch.rand(3, 3)
    similarity[place] = bad
    with pytest.raises(DataError, match="NaN or"):
        ranks(similarity, torch.arange(3))


def test_wrong_shape_is_refused():
    with pytest.raises(DataError, match="have an owner"):
        ranks(torch.rand(3, 4), torch.arange(3))


class Oracle(RetrievalModel):
    """Knows the corpus by heart."""

    def __init__(self, corpus):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.owner = dict(zip(corpus.sentences, corpus.image_of.tolist()))
        self.size = len(corpus.image_ids)

    def encode_images(self, images):
        return torch.nn.functional.one_hot(images.index, self.size).float()

    def encode_sentences(self, sentences):
        return torch.nn.functional.one_hot(
            torch.tensor([self.owner[s] for s in sentences]), self.size).float()  # fmt: skip

    def loss(self, batch):
        return Losses({"none": self.weight.sum()})


def test_evaluate_puts_sentences_to_their_images():
    corpus = make_corpus()
    unique = tuple(f"{s} {n}" for n, s in enumerate(corpus.sentences))
    corpus = type(corpus)("toy", corpus.regions, unique, corpus.image_of, corpus.splits)
    model = Oracle(corpus).train()
    found = evaluate(model, corpus, "test")
    assert found.rsum == 600
    assert found.n_sentences == sum(len(corpus.sentences_of[i]) for i in corpus.images("test"))
    assert model.training, "evaluation must leave the model as it found it"
    a, b = (embed(model, corpus, corpus.images("val"), block=size) for size in (3, 256))
    torch.testing.assert_close(a.images, b.images)
    np.testing.assert_array_equal(a.sentence_numbers, b.sentence_numbers)

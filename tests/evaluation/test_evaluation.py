import numpy as np
import pytest
import torch
from helpers.corpora import make_corpus
from helpers.embedders import Oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from vse_lessons import evaluation
from vse_lessons.blocks.similarity import Entities
from vse_lessons.common.files import DataError
from vse_lessons.evaluation.ensembles import evaluate_ensemble, mean_similarity, rank_ensemble
from vse_lessons.evaluation.metrics import evaluate_similarity, summarize
from vse_lessons.evaluation.ranking import Ranks, rank_similarity, ranks
from vse_lessons.evaluation.retrieval import (
    Embedded,
    best_of,
    embed,
    evaluate,
    evaluate_embedded,
    evaluate_embedded_folds,
    evaluate_folds,
    rank_embedded,
    similarities,
)
from vse_lessons.models.base import Embedder, Losses

FIELDS = ("t2i", "i2t", "t2i_image", "i2t_image", "r_precision", "average_precision")
BAD = [float("nan"), float("inf"), float("-inf")]


def sorted_ranks(similarity, image_of):
    """The worst place of the right answer in any sorting, ties and all."""
    t2i = [sorted(similarity[:, s].tolist(), reverse=True) for s in range(similarity.shape[1])]
    t2i = [len(row) - row[::-1].index(float(similarity[image_of[s], s])) for s, row in enumerate(t2i)]
    i2t = []
    for image in range(similarity.shape[0]):
        own = [s for s in range(len(image_of)) if image_of[s] == image]
        if own:
            best = max(float(similarity[image, s]) for s in own)
            rest = [float(similarity[image, s]) for s in range(len(image_of)) if s not in own]
            row = sorted([*rest, best], reverse=True)
            i2t.append(len(row) - row[::-1].index(best))
    return t2i, i2t


def sorted_precisions(similarity, image_of):
    """R-precision and mAP@R of each image from its ranking written out, own sentences behind others
    that score alike."""
    both = []
    for image, row in enumerate(similarity.tolist()):
        relevant = [owner == image for owner in image_of]
        R = sum(relevant)
        if R:
            order = sorted(range(len(row)), key=lambda s: (-row[s], relevant[s]))
            rel = [relevant[s] for s in order]
            P = [sum(rel[: i + 1]) / (i + 1) for i in range(R)]
            both.append((sum(rel[:R]) / R, sum(p * r for p, r in zip(P, rel)) / R))
    return both


@st.composite
def scored(draw, most_images=7, most_sentences=15):
    """A small similarity matrix full of ties, and any number of sentences for each image."""
    images = draw(st.integers(1, most_images))
    image_of = draw(st.lists(st.integers(0, images - 1), min_size=1, max_size=most_sentences))
    size = images * len(image_of)
    values = draw(st.lists(st.integers(-2, 2), min_size=size, max_size=size))
    return torch.tensor(values, dtype=torch.float32).view(images, -1), image_of


def assert_same(a: Ranks, b: Ranks):
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    assert a.n_images == b.n_images


@settings(max_examples=200, deadline=None)
@given(scored(), st.integers(1, 8))
def test_ranks_against_sorting_with_ties_and_any_number_of_sentences(case, block):
    similarity, image_of = case
    t2i, i2t = ranks(similarity, torch.tensor(image_of), block)
    assert (t2i.tolist(), i2t.tolist()) == sorted_ranks(similarity, image_of)
    found = rank_similarity(similarity, torch.tensor(image_of), block)
    assert found.t2i_image.tolist() == image_of
    assert found.i2t_image.tolist() == sorted(set(image_of))
    assert_same(found, rank_similarity(similarity, torch.tensor(image_of)))


@settings(max_examples=200, deadline=None)
@given(scored(), st.integers(1, 8))
def test_precisions_against_the_ranking_written_out(case, block):
    similarity, image_of = case
    found = rank_similarity(similarity, torch.tensor(image_of), block)
    expected = np.array(sorted_precisions(similarity, image_of))
    np.testing.assert_allclose(found.r_precision, expected[:, 0], rtol=1e-12)
    np.testing.assert_allclose(found.average_precision, expected[:, 1], rtol=1e-12)


def test_precisions_by_hand():
    # image 0 has the sentences 0, 1, 2, which stand at 1, 3 and 5: two of its first three, and
    # mAP@R = (1/1 + 2/3) / 3.  Image 1 has 3 and 4, at 1 and 2 but for the tie of 4 with 0: 1, 3.
    similarity = torch.tensor([[9.0, 7, 5, 8, 6], [3, 1, 1, 9, 3]])
    found = rank_similarity(similarity, torch.tensor([0, 0, 0, 1, 1]))
    assert found.i2t.tolist() == [1, 1]
    assert found.r_precision == pytest.approx([2 / 3, 1 / 2])
    assert found.average_precision == pytest.approx([5 / 9, 1 / 2])
    side = evaluate_similarity(similarity, torch.tensor([0, 0, 0, 1, 1])).i2t
    assert side["R-precision"] == pytest.approx(100 * (2 / 3 + 1 / 2) / 2)
    assert side["mAP@R"] == pytest.approx(100 * (5 / 9 + 1 / 2) / 2)


def test_many_rows_and_columns_are_counted_right():
    """Counts above what a byte holds, blocks that end anywhere, and sentences in no order."""
    similarity = torch.randint(0, 50, (700, 300)).float()
    image_of = torch.randint(0, 700, (300,))
    expected = sorted_ranks(similarity, image_of.tolist())
    for block in (1, 100, 254, 255, 256, 10_000):
        t2i, i2t = ranks(similarity, image_of, block)
        assert (t2i.tolist(), i2t.tolist()) == expected
    assert rank_similarity(torch.zeros(700, 300), image_of).t2i.tolist() == [700] * 300


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_ranks_in_any_precision_and_layout(dtype):
    similarity, image_of = torch.randint(-9, 9, (20, 60)).to(dtype), torch.randint(0, 20, (60,))
    expected = rank_similarity(similarity.float(), image_of)
    assert_same(rank_similarity(similarity, image_of.int()), expected)
    assert_same(rank_similarity(similarity.T.contiguous().T, image_of), expected)


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


def test_figures_of_ranks():
    found = summarize(np.array([1, 2, 3, 20]), cuts=(2, 20))
    assert found == {
        "R@1": 25,
        "R@2": 50,
        "R@5": 75,
        "R@10": 75,
        "R@20": 100,
        "median_rank": 2.5,
        "mean_rank": 6.5,
    }
    assert summarize(torch.tensor([1, 2, 3, 20]), (2, 20)) == found
    for cut in (0, -1, 2.5):
        with pytest.raises(DataError, match="K is a whole number"):
            summarize(np.array([1]), cuts=(cut,))
    with pytest.raises(DataError, match="no query"):
        summarize(np.array([], int))


def test_chance_with_precisions():
    found = evaluate_similarity(torch.rand(200, 1000), torch.arange(1000) // 5)
    assert found.i2t["mAP@R"] <= found.i2t["R-precision"] < 2
    assert found.i2t["mean_rank"] == pytest.approx(995 / 6, rel=0.2)  # the least of five
    constant = evaluate_similarity(torch.zeros(200, 1000), torch.arange(1000) // 5)
    assert constant.i2t["mAP@R"] == constant.i2t["R-precision"] == 0
    assert (constant.t2i["mean_rank"], constant.i2t["mean_rank"]) == (200, 996)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("place", [(1, 1), (2, 0), (0, 3), (2, 3)])
def test_bad_numbers_are_refused(bad, place):
    similarity = torch.rand(3, 4)
    similarity[place] = bad
    for block in (1, 2, 255):
        with pytest.raises(DataError, match="NaN or infinite"):
            ranks(similarity, torch.tensor([0, 1, 2, 2]), block)


def test_infinities_that_cancel_are_refused():
    similarity = torch.rand(3, 3)
    similarity[1, 0], similarity[1, 2] = torch.inf, -torch.inf
    with pytest.raises(DataError, match=r"image 1 and sentence 0 is NaN or infinite \(inf\)"):
        ranks(similarity, torch.arange(3), 1)


def test_large_numbers_are_not_taken_for_infinity():
    similarity = 3e38 * (2 * torch.eye(3) - 1)
    similarity[0] = 3e38  # finite numbers whose sum is not
    assert ranks(similarity, torch.arange(3))[1].tolist() == [3, 1, 1]


@pytest.mark.parametrize(
    ("image_of", "message"),
    [
        (torch.arange(3), "must have an owner"),
        (torch.zeros(4, 1, dtype=torch.int64), "must have an owner"),
        (torch.tensor([0, 1, 2, 3]), "sentence 3 belongs to image 3, but there are images 0 to 2"),
        (torch.tensor([0, -1, 2, 3]), "sentence 1 belongs to image -1"),
        (torch.tensor([0.0, 1, 2, 2]), "float32"),
        (torch.tensor([True, False, True, True]), "bool"),
    ],
)
def test_wrong_owners_are_refused(image_of, message):
    with pytest.raises(DataError, match=message):
        ranks(torch.rand(3, 4), image_of)
    with pytest.raises(DataError, match=message):
        evaluate_folds(torch.rand(3, 4), image_of, 1)


@pytest.mark.parametrize(
    ("similarity", "message"),
    [
        (torch.rand(12), "images, sentences"),
        (torch.rand(1, 3, 4), "images, sentences"),
        (torch.ones(3, 4, dtype=torch.int64), "int64"),
        (torch.rand(3, 0), "all 0 sentences"),
    ],
)
def test_wrong_matrices_are_refused(similarity, message):
    for action in (ranks, evaluate_similarity, evaluate_folds):
        with pytest.raises(DataError, match=message):
            action(
                similarity,
                torch.zeros(4, dtype=torch.int64),
                *([1] * (action != evaluate_similarity)),
            )


def test_no_sentence_and_no_row_at_a_time_are_refused():
    with pytest.raises(DataError, match="no sentence"):
        ranks(torch.rand(3, 0), torch.zeros(0, dtype=torch.int64))
    with pytest.raises(DataError, match="at least one row"):
        ranks(torch.rand(3, 3), torch.arange(3), 0)


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


class Plain(Embedder):
    """Products of embeddings that are given to it; as sets, their means."""

    def __init__(self, bad=None):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.inner = torch.nn.Dropout()
        self.calls, self.bad = 0, bad

    def encode_images(self, images):
        return images.mean()

    def encode_sentences(self, sentences):
        assert not self.training and not torch.is_grad_enabled()
        if self.bad is not None:
            raise RuntimeError("broken")
        return torch.zeros(len(sentences), 12)

    def similarity(self, images, sentences):
        assert not self.training and not torch.is_grad_enabled()
        self.calls += 1
        if isinstance(images, Entities):
            images, sentences = images.mean(), sentences.mean()
        return images @ sentences.T + self.weight

    def loss(self, batch):
        return Losses({"none": self.weight.sum()})


def make_embedded(images=40, sentences=90, width=6, sets=False) -> Embedded:
    """Small whole numbers, whose products are exact and often tie."""
    visual, textual = (torch.randint(-2, 3, (n, width)).float() for n in (images, sentences))
    if sets:
        visual, textual = (Entities(v.unsqueeze(1), torch.ones(len(v), 1).bool()) for v in (visual, textual))
    return Embedded(
        visual,
        textual,
        torch.randint(0, images, (sentences,)),
        np.arange(100, 100 + images),
        np.arange(sentences),
    )


@pytest.mark.parametrize("sets", [False, True])
@pytest.mark.parametrize(("block", "held"), [(1024, 1 << 28), (7, 1 << 28), (7, 0), (40, 0), (1, 0)])
def test_ranks_of_embeddings_are_those_of_the_matrix(block, held, sets):
    embedded, model = make_embedded(sets=sets), Plain()
    expected = rank_similarity(similarities(model, embedded), embedded.image_of)
    model.calls = 0
    found = rank_embedded(model.train(), embedded, block, held)
    assert model.calls == (1 if held else 2 * -(-40 // block))
    assert model.training
    np.testing.assert_array_equal(found.t2i_image, 100 + expected.t2i_image)
    np.testing.assert_array_equal(found.i2t_image, 100 + expected.i2t_image)
    rows = {"t2i_image": expected.t2i_image, "i2t_image": expected.i2t_image}
    assert_same(Ranks(**{**vars(found), **rows}), expected)


def test_own_scores_come_from_the_product_they_are_compared_with():
    """Each image and sentence twice, in float32 that rounds: the twin always ties, and never wins."""
    visual, textual = torch.randn(30, 200), torch.randn(30, 200)
    embedded = Embedded(
        visual.repeat(2, 1), textual.repeat(2, 1), torch.arange(60), np.arange(60), np.arange(60)
    )
    for held in (0, 1 << 28):
        found = rank_embedded(Plain(), embedded, 60, held)
        assert min(found.t2i.min(), found.i2t.min()) >= 2


@pytest.mark.parametrize("held", [0, 1 << 28])
def test_the_model_is_left_as_it_was_when_scores_are_bad(held):
    embedded, model = make_embedded(), Plain().train()
    model.inner.eval()
    embedded.sentences[3] = float("nan")
    with pytest.raises(DataError, match="NaN or infinite"):
        evaluate_embedded(model, embedded) if held else rank_embedded(model, embedded, 7, 0)
    assert model.training and not model.inner.training and torch.is_grad_enabled()


def test_the_model_is_left_as_it_was_when_it_raises(corpus):
    model = Plain(bad=True).train()
    model.inner.eval()
    with pytest.raises(RuntimeError, match="broken"):
        evaluate(model, corpus, "test")
    assert model.training and not model.inner.training and torch.is_grad_enabled()


def test_a_similarity_of_another_shape_is_refused():
    class Turned(Plain):
        def similarity(self, images, sentences):
            return sentences @ images.T

    for action in (evaluate_embedded, similarities):
        with pytest.raises(DataError, match=r"Turned.similarity gives \(90, 40\) for \(40, 90\)"):
            action(Turned(), make_embedded())


class Words(Embedder):
    """Each sentence a set of its words, each image a set of its regions."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def encode_images(self, images):
        return Entities(images.features.float() * images.mask.unsqueeze(-1), images.mask)

    def encode_sentences(self, sentences):
        numbers = [[int(word[1:]) for word in s.split()][: 1 + len(s) % 3] for s in sentences]
        mask = torch.zeros(len(sentences), max(map(len, numbers)), dtype=torch.bool)
        values = torch.zeros(*mask.shape, 12)
        for row, words in enumerate(numbers):
            mask[row, : len(words)] = True
            values[row, range(len(words)), words] = 1
        return Entities(values, mask)

    def similarity(self, images, sentences):
        return images.mean() @ sentences.mean().T

    def loss(self, batch):
        return Losses({"none": self.weight.sum()})


def test_models_whose_embeddings_are_sets(corpus):
    model, images = Words(), corpus.images("test")
    found = [embed(model, corpus, images, block) for block in (1, 3, 256)]
    assert isinstance(found[0].images, Entities) and len(found[0].images) == len(images)
    assert len(found[0].sentences) == len(found[0].sentence_numbers)
    for other in found[1:]:
        torch.testing.assert_close(similarities(model, other), similarities(model, found[0]))
    assert evaluate(model, corpus, "test").t2i["R@5"] > 3 * 100 * 5 / len(images) / 2
    assert evaluate_embedded_folds(model, found[0], 2).folds == 2


def test_images_without_a_sentence_are_candidates_only():
    similarity, image_of = torch.rand(5, 6), torch.tensor([0, 0, 2, 2, 2, 4])
    found = rank_similarity(similarity, image_of)
    assert found.n_images == 5 and len(found.i2t) == 3
    similarity[1] = 2  # nobody's image beats all
    assert min(rank_similarity(similarity, image_of).t2i) >= 2


def test_nothing_to_evaluate(corpus):
    bare = type(corpus)("bare", corpus.regions, corpus.sentences[:1], corpus.image_of[:1], corpus.splits)
    with pytest.raises(DataError, match="none of these 10 images has a sentence"):
        evaluate(Plain(), bare, "test")
    with pytest.raises(DataError, match="none of these 0 images"):
        embed(Plain(), bare, [])


def test_folds_by_hand():
    # two folds of two images; across folds everything scores higher and must not matter
    similarity = torch.full((4, 4), 9.0)
    similarity[:2, :2] = torch.tensor([[2.0, 1], [1, 2]])  # all right
    similarity[2:, 2:] = torch.tensor([[1.0, 2], [2, 1]])  # all wrong
    found = evaluate_folds(similarity, torch.arange(4), 2)
    assert found.t2i["R@1"] == found.i2t["R@1"] == 50
    assert found.t2i["R@5"] == found.i2t["R@10"] == 100
    assert found.t2i["mean_rank"] == found.i2t["median_rank"] == 1.5
    assert found.i2t["R-precision"] == found.i2t["mAP@R"] == 50
    assert (found.folds, found.n_images, found.n_sentences) == (2, 4, 4)
    assert found.rsum == 500 and found.as_dict()["rsum"] == 500
    assert evaluate_similarity(similarity, torch.arange(4)).t2i["R@1"] == 0


def test_rsum_of_folds_is_the_sum_of_the_recalls_in_the_table():
    similarity, image_of = torch.rand(50, 120), torch.randint(0, 50, (120,))
    found = evaluate_folds(similarity, image_of)
    cells = [side[f"R@{k}"] for side in (found.t2i, found.i2t) for k in (1, 5, 10)]
    assert found.rsum == sum(cells)
    assert found.rsum != pytest.approx(6 * found.t2i["R@1"])
    singles = [
        evaluate_similarity(
            similarity[i : i + 10, (image_of // 10) == i // 10],
            image_of[(image_of // 10) == i // 10] - i,
        )
        for i in range(0, 50, 10)
    ]
    assert found.rsum == pytest.approx(np.mean([single.rsum for single in singles]))
    for name, value in found.i2t.items():
        assert value == pytest.approx(np.mean([single.i2t[name] for single in singles]))


def test_folds_of_uneven_size_and_of_one():
    similarity, image_of = torch.rand(7, 14), torch.arange(14) // 2
    found = evaluate_folds(similarity, image_of, 3)  # 3, 2 and 2 images
    bounds = ((0, 3), (3, 5), (5, 7))
    singles = [
        evaluate_similarity(similarity[a:b, 2 * a : 2 * b], image_of[2 * a : 2 * b] - a) for a, b in bounds
    ]
    assert found.t2i["R@1"] == pytest.approx(np.mean([single.t2i["R@1"] for single in singles]))
    assert evaluate_folds(similarity, image_of, 1) == evaluate_similarity(similarity, image_of)
    assert evaluate_folds(similarity, image_of, 7).rsum == 600  # nobody to lose against


def test_folds_of_embeddings_are_those_of_the_matrix():
    embedded, model = make_embedded(), Plain()
    whole = evaluate_folds(similarities(model, embedded), embedded.image_of, 4, cuts=(3,))
    assert evaluate_embedded_folds(model, embedded, 4, cuts=(3,)) == whole
    assert "R@3" in whole.t2i and "R@10" in whole.i2t


@pytest.mark.parametrize("folds", [0, -1, 4])
def test_folds_that_cannot_be_cut(folds):
    with pytest.raises(DataError, match=rf"3 images cannot be cut into {folds} folds"):
        evaluate_folds(torch.rand(3, 3), torch.arange(3), folds)


def test_a_fold_without_a_sentence():
    with pytest.raises(DataError, match="images 2 to 3 have no sentence to evaluate: use fewer folds"):
        evaluate_folds(torch.rand(4, 2), torch.tensor([0, 1]), 2)


def test_mean_similarity():
    a, b = torch.rand(3, 4), torch.rand(3, 4)
    before = a.clone()
    torch.testing.assert_close(mean_similarity([a, b, b]), (a + 2 * b) / 3)
    torch.testing.assert_close(a, before, rtol=0, atol=0)
    assert mean_similarity([a.half(), b.half()]).dtype == torch.float32
    with pytest.raises(DataError, match=r"model 2 are \(4, 3\), those of the first \(3, 4\)"):
        mean_similarity([a, b.T])
    with pytest.raises(DataError, match="at least one model"):
        mean_similarity([])


def test_ensembles():
    corpus = make_corpus()
    unique = tuple(f"{s} {n}" for n, s in enumerate(corpus.sentences))
    corpus = type(corpus)("toy", corpus.regions, unique, corpus.image_of, corpus.splits)
    oracle, plain = Oracle(corpus), Plain()
    assert evaluate_ensemble([plain], corpus, "test") == evaluate(plain, corpus, "test")
    assert evaluate_ensemble([plain, oracle], corpus, "test").rsum == 600  # plain says 0 to all
    found = rank_ensemble([oracle, plain], corpus, "test")
    assert set(found.i2t_image) == set(corpus.images("test"))
    assert best_of([plain, oracle], corpus, corpus.images("val")) is oracle


def test_every_public_name_is_there():
    assert {"evaluate", "embed", "search", "Evaluation", "compare", "score_captions"} <= set(
        evaluation.__all__
    )
    assert all(getattr(evaluation, name) is not None for name in evaluation.__all__)

import numpy as np
import pytest
from helpers.corpora import make_corpus, make_pages, make_store
from hypothesis import given
from hypothesis import strategies as st

from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.sparse import TABLE_1, TABLE_3, annotated_count, parse_setting, setting_name, sparsify


def five_each(images: int) -> Corpus:
    owners = np.repeat(np.arange(images), 5)
    splits = np.asarray(["train"] * (images - 4) + ["val"] * 4)
    return Corpus("five", make_store(images), tuple(f"a {n}" for n in range(5 * images)), owners, splits)


@given(
    st.sampled_from([(0.1, 0.2), (0.2, 0.5), (0.05, 1.0)]),
    st.sampled_from([(1, 2), (2, 5), (1, 5)]),
    st.integers(0, 20),
)
def test_nested(shares, counts, seed):
    corpus = five_each(104)
    small = sparsify(corpus, shares[0], counts[0], seed)
    large = sparsify(corpus, shares[1], counts[1], seed)
    assert set(small.annotated) <= set(large.annotated)
    assert set(small.pairs) <= set(large.pairs)


@pytest.mark.parametrize("setting", TABLE_1.values(), ids=TABLE_1)
def test_sizes_are_exact(setting):
    corpus = five_each(2900 + 4)
    found = sparsify(corpus, setting.share, setting.sentences)
    assert len(found.annotated) == setting.share * 2900
    assert len(found.pairs) == len(found.annotated) * setting.sentences
    assert len(set(found.pairs)) == len(found.pairs)
    assert len(found.unannotated) + len(found.annotated) == 2900
    assert not set(found.unannotated) & set(found.annotated)
    assert not set(found.annotated) & set(corpus.images("val"))
    assert set(corpus.image_of[found.pairs]) == set(found.annotated)


def test_the_tables_counts():
    wrong = {
        name: (row.published_pairs, row.pairs)
        for table in (TABLE_1, TABLE_3)
        for name, row in table.items()
        if row.published_pairs != row.pairs
    }
    assert wrong == {"50%x2": (23_200, 29_000), "20%x5": (113_287, 113_285)}
    assert len(TABLE_1) == len(TABLE_3) == 9


@pytest.mark.parametrize(
    ("share", "images", "count"),
    [(0.1, 29_000, 2_900), (0.2, 113_287, 22_657), (0.1, 113_287, 11_328), (0.29, 100, 29)],
)
def test_counts_without_rounding_error(share, images, count):
    assert annotated_count(share, images) == count


def test_another_seed_is_another_sample():
    corpus = five_each(104)
    assert set(sparsify(corpus, 0.2, 5, 0).annotated) != set(sparsify(corpus, 0.2, 5, 1).annotated)


def test_held_out_images_are_never_trained_on():
    corpus = five_each(104)
    plain, held = sparsify(corpus, 0.1, 5), sparsify(corpus, 0.1, 5, hold_out=30)
    np.testing.assert_array_equal(plain.annotated, held.annotated)
    assert len(held.selection) == 30
    assert not set(held.selection) & (set(held.annotated) | set(held.unannotated))
    assert set(plain.selection) == set(corpus.images("val"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"share": 0}, "must be in"),
        ({"share": 1.2}, "must be in"),
        ({"share": 0.001}, "is no image"),
        ({"sentences": 0}, "at least one"),
        ({"hold_out": 40}, "cannot hold out"),
    ],
)
def test_bad_requests(arguments, message):
    with pytest.raises(DataError, match=message):
        sparsify(make_corpus(60), **arguments)


def test_semantics_must_fit():
    training = sparsify(make_corpus(), 0.3)
    with pytest.raises(DataError, match="one each"):
        training.with_semantics(["red ball"])


def test_pages_give_their_visual_sentences_as_pairs_and_keep_the_others_apart():
    corpus = make_pages()
    training = sparsify(corpus, 1.0, None)
    assert set(corpus.kinds[training.pairs]) == {"visual"}
    assert set(corpus.kinds[training.contextual]) == {"contextual"}
    train = set(corpus.images("train"))
    visual = {int(s) for i in train for s in corpus.visual_of[i]}
    assert set(training.pairs) == visual
    without = {i for i in train if not len(corpus.visual_of[i])}
    assert without and not without & set(training.annotated) and without <= set(training.unannotated)
    told = {int(s) for i in train - without for s in corpus.contextual_of[i]}
    assert set(training.contextual) == told
    assert training.contextual_sentences == [corpus.sentences[s] for s in training.contextual]
    one = sparsify(corpus, 1.0, 1)
    assert len(one.pairs) == len(one.annotated) == len(training.annotated)


@given(st.integers(1, 1000), st.integers(1, 5))
def test_a_setting_and_its_name(tenths, sentences):
    share = tenths / 1000
    assert parse_setting(setting_name(share, sentences)) == (share, sentences)


def test_names_of_settings():
    assert [setting_name(*pair) for pair in ((0.1, 5), (1, 1), (0.29, 2), (0.005, 1))] == [
        "10%x5",
        "100%x1",
        "29%x2",
        "0.5%x1",
    ]
    assert all(parse_setting(name) == (row.share, row.sentences) for name, row in TABLE_1.items())
    for wrong in ("10x5", "0%x5", "101%x1", "10%x0", "10 % x 5", "", ".5%x1", "10%x5 ", "١٠%x5"):
        with pytest.raises(DataError, match=r"unknown setting .* write 10%x5"):
            parse_setting(wrong)

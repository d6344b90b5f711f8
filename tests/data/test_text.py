import numpy as np
import pytest
import torch
from helpers.corpora import shared_data
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from vse_lessons.common.files import DataError
from vse_lessons.data.text import (
    PAD,
    UNKNOWN,
    Vocabulary,
    load_word_vectors,
    tokenize,
    vocabulary_overlap,
)

SENTENCES = ["A dog runs .", "The dog and a cat", "a cat sleeps", "A man's T-shirt"]


def test_tokens():
    assert tokenize('A man\'s "T-shirt" , (red) -- no_underscore! 42') == tuple(
        ["a", "man's", "t-shirt", "red", "no", "underscore", "42"]
    )


@settings(deadline=None)
@given(st.text())
def test_tokenizing_twice_changes_nothing(sentence):
    assert tokenize(" ".join(tokenize(sentence))) == tokenize(sentence)


def test_vocabulary_is_cut_and_ordered():
    vocabulary = Vocabulary.build(SENTENCES, min_count=2)
    assert vocabulary.words == ("a", "cat", "dog")
    assert len(vocabulary) == 5
    words, lengths = vocabulary.encode(["a dog barks", "", "a a a a cat"], max_words=4)
    assert words.tolist() == [[2, 4, UNKNOWN, PAD], [UNKNOWN, PAD, PAD, PAD], [2, 2, 2, 2]]
    assert lengths.tolist() == [3, 1, 4]
    assert vocabulary.encode([], 4)[0].shape == (0, 0)


def test_an_empty_vocabulary_is_an_error():
    with pytest.raises(DataError, match="vocabulary is empty"):
        Vocabulary.build(SENTENCES, min_count=9)


def test_idf_equals_scikit_learn():
    vocabulary = Vocabulary.build(SENTENCES, min_count=1)
    expected = TfidfVectorizer(analyzer=tokenize).fit(SENTENCES)
    idf = vocabulary.idf(SENTENCES)
    for word, row in vocabulary.index.items():
        assert idf[row] == pytest.approx(expected.idf_[expected.vocabulary_[word]])
    assert idf[PAD] == 0


def vectors(tmp_path, text, words=("dog", "cat")):
    path = tmp_path / "glove.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    read = load_word_vectors(path)
    return read, read.of(Vocabulary(words))


def test_word_vectors(tmp_path):
    read, chosen = vectors(tmp_path, "cat 3 4\nof 5 0\n. . . 3 4\nat name@domain.com 3 4\n")
    assert sorted(read.rows) == ["cat", "of"], "phrases are left out"
    torch.testing.assert_close(chosen, torch.tensor([[0, 0], [0, 0], [0, 0], [0.6, 0.8]]))
    sums = read.sums(["Cat of cat", "cat nothing", "zzz", "of cat cat"], max_words=2)
    torch.testing.assert_close(sums, torch.tensor([[1.6, 0.8], [0.6, 0.8], [0, 0], [1.6, 0.8]]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cat 1 2\ndog 1\n", "line 2: 1 numbers after 'dog', but the first line has 2"),
        ("cat 1 2\ndog 1 2 3\n", "line 2: 3 numbers after 'dog'"),
        ("cat 1 two\n", "line 1: not a word followed by numbers"),
        ("cat 1 nan\n", "line 1: 'cat' has NaN"),
        ("", "is empty"),
        (b"\xff 1 2\n", "not a word followed by numbers"),
    ],
)
def test_bad_word_vectors(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        vectors(tmp_path, text)


def test_missing_word_vectors(tmp_path):
    with pytest.raises(DataError, match=r"none\.txt cannot be read"):
        load_word_vectors(tmp_path / "none.txt")


def test_real_word_vectors():
    path = shared_data("glove") / "glove.6B.50d.subset.txt"
    chosen = load_word_vectors(path).of(Vocabulary(("dog", "puppy", "snowboard", "zzzz")))
    assert (chosen.abs().sum(1) > 0).tolist() == [False, False, True, True, True, False]
    dog, puppy, snowboard = torch.nn.functional.normalize(chosen[2:5], dim=1)
    assert dog @ puppy > dog @ snowboard
    assert np.isfinite(chosen.numpy()).all() and chosen.shape == (6, 50)


def test_overlap_of_vocabularies():
    assert vocabulary_overlap(["a dog"], ["Dog runs", "dog"]) == pytest.approx(1 / 3)
    assert vocabulary_overlap([], []) == 0

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from vse_lessons.common.files import DataError
from vse_lessons.data.text import PAD, UNKNOWN, Vocabulary, tokenize, vocabulary_overlap

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


def test_overlap_of_vocabularies():
    assert vocabulary_overlap(["a dog"], ["Dog runs", "dog"]) == pytest.approx(1 / 3)
    assert vocabulary_overlap([], []) == 0

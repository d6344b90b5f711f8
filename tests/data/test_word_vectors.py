import math

import numpy as np
import pytest
import torch
from helpers.corpora import shared_data

from vse_lessons.common.files import DataError
from vse_lessons.data.text import Vocabulary
from vse_lessons.data.word_vectors import cooccurrences, load_word_vectors, ppmi, ppmi_vectors

TEXT = ["a red boat sails", "a red ship sails", "the old dog sleeps", "the old hound sleeps"] * 5


def test_words_are_counted_within_the_window_both_ways():
    vocabulary = Vocabulary.build(["x y z x", "y x"], 1)
    counts = cooccurrences(["x y z x", "y x"], vocabulary, 2).toarray()
    row = {word: place for place, word in enumerate(vocabulary.words)}
    assert counts[row["x"], row["y"]] == counts[row["y"], row["x"]] == 3  # x-y, y-x two apart, y-x
    assert counts[row["x"], row["z"]] == 2 and counts[row["x"], row["x"]] == 0
    np.testing.assert_array_equal(counts, counts.T)


def test_an_unknown_word_keeps_its_place():
    vocabulary = Vocabulary.build(["x y", "x y"], 2)
    assert cooccurrences(["x unknown y"], vocabulary, 1).sum() == 0
    assert cooccurrences(["x unknown y"], vocabulary, 2).sum() == 2


def test_ppmi_by_hand():
    vocabulary = Vocabulary.build(TEXT, 1)
    counts = cooccurrences(TEXT, vocabulary, 4)
    found = ppmi(counts).toarray()
    total = counts.sum()
    for w in range(len(vocabulary.words)):
        for c in range(len(vocabulary.words)):
            both, first, second = counts[w, c], counts[w].sum(), counts[:, c].sum()
            expected = max(0.0, math.log(both * total / (first * second))) if both else 0.0
            assert found[w, c] == pytest.approx(expected)


def test_words_that_meet_less_than_by_chance_count_nothing():
    text = ["a b"] * 9 + ["c d"] * 9 + ["a d"]
    vocabulary = Vocabulary.build(text, 1)
    row = {word: place for place, word in enumerate(vocabulary.words)}
    found = ppmi(cooccurrences(text, vocabulary, 2)).toarray()
    assert found[row["a"], row["d"]] == 0 < found[row["a"], row["b"]] and found.min() == 0


def test_words_in_like_company_are_near():
    vectors = ppmi_vectors(TEXT, dimensions=4, min_count=1)
    assert vectors.values.norm(dim=1).mean() == pytest.approx(1)
    of = {word: vectors.values[row] for word, row in vectors.rows.items()}
    near = torch.nn.functional.cosine_similarity
    assert near(of["boat"], of["ship"], dim=0) > 0.9 > near(of["boat"], of["dog"], dim=0)


def test_rare_words_have_no_vector_and_too_few_words_are_refused():
    assert "once" not in ppmi_vectors([*TEXT, "once a red boat"], 4, min_count=4).rows
    with pytest.raises(DataError, match="10 words occur 4 times: too few for 64 dimensions"):
        ppmi_vectors(TEXT)


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

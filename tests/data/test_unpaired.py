"""A target domain as training sees it, in sparse corpora, batches and checkpoints."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.corpora import make_corpus, make_store, shuffled_pairs

from vse_lessons.common.files import DataError
from vse_lessons.data.sparse import sparsify
from vse_lessons.data.unpaired import Unpaired, coverage, unpair
from vse_lessons.training.batches import BatchSchedule


def test_unpairing_forgets_who_belongs_to_whom():
    corpus = make_corpus(60, seed=3)
    found, other = unpair(corpus), unpair(shuffled_pairs(corpus))
    assert not np.array_equal(corpus.image_of, shuffled_pairs(corpus).image_of)
    assert found.sentences == other.sentences and np.array_equal(found.images, other.images)
    assert found.digest == other.digest
    training = [s for s, i in zip(corpus.sentences, corpus.image_of) if corpus.splits[i] == "train"]
    assert sorted(training) == list(found.sentences)
    assert set(corpus.splits[found.images]) == {"train"}


def test_batches_draw_images_and_sentences_apart():
    corpus = make_corpus(60, seed=3)
    training = sparsify(make_corpus(60), 1.0, 2).with_target(unpair(corpus))
    plain = list(BatchSchedule(replace(training, target=None), 8, 0).epoch(2))
    batches = list(BatchSchedule(training, 8, 0).epoch(2))
    assert len(batches) == len(plain)
    for (pairs, weak, target), (before, _, nothing) in zip(batches, plain):
        assert pairs.sentences == before.sentences and weak is None and nothing is None
        assert len(target.images.index) == len(target.sentences) == 8
        assert set(target.images.index.tolist()) <= set(training.target.images.tolist())
        assert set(target.sentences) <= set(training.target.sentences)
    again = list(BatchSchedule(training, 8, 0).epoch(2))
    assert [b[2].sentences for b in again] == [b[2].sentences for b in batches]
    other = list(BatchSchedule(training, 8, 1).epoch(2))
    assert [b[2].sentences for b in other] != [b[2].sentences for b in batches]
    # an image comes with another sentence in another epoch: their orders are independent
    seen = [
        dict(zip(t.images.index.tolist(), t.sentences))
        for e in range(8)
        for _, _, t in BatchSchedule(training, 8, 0).epoch(e)
    ]
    image = seen[0].keys().__iter__().__next__()
    assert len({found[image] for found in seen if image in found}) > 3


def test_a_domain_smaller_than_a_batch_is_seen_whole_and_once():
    target = Unpaired("tiny", make_store(3), np.arange(3), ("a", "b"))
    training = sparsify(make_corpus(60), 1.0, 2).with_target(target)
    for _, _, drawn in BatchSchedule(training, 8, 0).epoch(0):
        assert sorted(drawn.images.index.tolist()) == [0, 1, 2]
        assert sorted(drawn.sentences) == ["a", "b"]


LACKING = [(1, 5, "1 images"), (0, 5, "0 images"), (5, 0, "0 sentences"), (5, 1, "1 sentences")]


@pytest.mark.parametrize(("images", "sentences", "said"), LACKING)
def test_a_target_without_images_or_sentences_is_refused(images, sentences, said):
    with pytest.raises(DataError, match=f"the target void has {said}.*folder"):
        Unpaired("void", make_store(6), np.arange(images), tuple("abcde"[:sentences]))


def test_features_of_another_width_are_refused():
    target = Unpaired("other", make_store(6, width=7), np.arange(6), ("a", "b"))
    with pytest.raises(DataError, match=r"toy are 12 wide, those of other 7.*same"):
        sparsify(make_corpus(), 1.0, 2).with_target(target)


def test_coverage_counts_types_and_running_words():
    found = coverage(["a red dog", "a cat"], ["A red hat", "a hat, an odd hat"])
    # the target: a 2, red 1, hat 3, an 1, odd 1
    assert found.types == pytest.approx(2 / 5) and found.tokens == pytest.approx(3 / 8)
    assert found.missing == ("hat", "an", "odd")
    assert coverage(["x"], ["y z"]).tokens == 0 and coverage(["x"], ["x"]).types == 1

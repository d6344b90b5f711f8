from dataclasses import replace

import numpy as np
import pytest
from helpers.corpora import make_corpus

from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.regions import RegionStore
from vse_lessons.data.sparse import SparseCorpus, sparsify
from vse_lessons.models.a3vse import A3VSEConfig
from vse_lessons.models.registry import prepare_training
from vse_lessons.sources.detectors.imagenet import imagenet_words
from vse_lessons.sources.semantics import describe, global_tags, people_words, regional_semantics


def store(**changes):
    """Two images: three regions of dog, limousine, dog; one region of a cat."""
    parts = {
        "ids": ("a", "b"),
        "features": np.ones((4, 2), np.float16),
        "starts": np.array([0, 3]),
        "counts": np.array([3, 1]),
        "boxes": np.zeros((4, 4), np.float32),
        "classes": np.array([0, 1, 0, 2], np.int16),
        "class_confidences": np.array([0.5, 0.9, 0.5, 0.3], np.float16),
        "attributes": np.array([0, 1, -1, 0], np.int16),
        "attribute_confidences": np.ones(4, np.float16),
        "tags": np.array([[0.4, 0.6, 0.1], [0.3, 0.2, 0.1]], np.float32),
        "class_names": ("saluki", "limousine", "tabby cat"),
        "attribute_names": ("brown", "red"),
        "tag_names": ("street", "car", "zoo"),
    }
    return RegionStore(**{**parts, **changes})


def test_most_confident_first_and_ties_in_order():
    assert regional_semantics(store(), [0, 1]) == [
        "red limousine brown saluki saluki",
        "brown tabby cat",
    ]
    assert regional_semantics(store(), [1, 0], attributes=False) == [
        "tabby cat",
        "limousine saluki",
    ]


def test_every_detection_is_said_where_repeats_are_wanted():
    assert regional_semantics(store(), [0], attributes=False, repeats=True) == ["limousine saluki saluki"]


def test_peoples_words_replace_names_and_empty_ones_drop_the_detection():
    words = ["dog", "", "cat"]
    assert regional_semantics(store(), [0, 1], words) == ["brown dog dog", "brown cat"]
    assert regional_semantics(store(), [1], ["dog", "", ""]) == [""]
    assert regional_semantics(store(), [0], dict(enumerate(words))) == ["brown dog dog"]


def test_cut_like_a_sentence():
    assert regional_semantics(store(), [0, 1], max_words=3) == [
        "red limousine brown",
        "brown tabby cat",
    ]


def test_features_only_have_no_semantics():
    bare = RegionStore(("a",), np.ones((1, 2)), np.array([0]), np.array([1]), source="here")
    with pytest.raises(DataError, match="here holds features only"):
        regional_semantics(bare, [0])
    with pytest.raises(DataError, match="here holds no image-level tags"):
        global_tags(bare, [0])


CHAINS = [
    [["saluki", "gazelle hound"], ["hound"], ["dog", "domestic dog"], ["object"]],
    [["retriever"], ["golden retriever"], ["dog"]],
    [["entity"]],
]


def test_the_nearest_word_in_use():
    many = ["A dog!", "the object", "Dog and object", "an entity"] * 4
    assert people_words(many, CHAINS) == ["dog", "dog", ""]
    assert people_words([*many, *["a hound"] * 3], CHAINS) == ["dog", "dog", ""]
    assert people_words([*many, *["a hound"] * 4], CHAINS) == ["hound", "dog", ""]
    assert people_words([*many, *["my Golden Retriever"] * 4], CHAINS)[1] == "retriever"
    assert people_words(["a hound"], CHAINS, min_count=1) == ["hound", "", ""]
    assert people_words([], CHAINS) == ["", "", ""]


def test_words_of_several_tokens_count_as_a_phrase():
    chains = [[["golden retriever"], ["dog"]]]
    apart = ["golden dog", "retriever golden"] * 4
    assert people_words(apart, chains) == ["dog"]
    assert people_words([*apart, *["a golden retriever runs"] * 4], chains) == ["golden retriever"]


def test_the_most_frequent_synonym():
    chains = [[["car", "auto", "automobile"]]]
    assert people_words(["auto"] * 4 + ["automobile"] * 5, chains) == ["automobile"]


def test_with_the_classes_of_imagenet():
    words = imagenet_words()
    named = dict(zip(words.names, people_words(["a dog", "a car", "a boat"] * 4, words.chains)))
    assert (named["saluki"], named["limousine"], named["canoe"]) == ("dog", "car", "boat")


def test_global_tags():
    assert global_tags(store(), [0, 1]) == ["car street", "street"]
    assert global_tags(store(), [0, 1], threshold=0.5) == ["car", ""]


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("threshold", [0.3, 0.7])
def test_a_score_that_equals_the_threshold_passes_it(kind, threshold):
    at = kind(threshold)
    around = np.array([[np.nextafter(at, kind(0)), at, np.nextafter(at, kind(1))]] * 2, kind)
    assert global_tags(store(tags=around), [0], threshold) == ["zoo car"]


def test_the_highest_tags_are_said_in_any_case_if_asked():
    assert global_tags(store(), [0, 1], threshold=0.5, at_least=1) == ["car", "street"]
    assert global_tags(store(), [0], threshold=0.3, at_least=1) == ["car street"]


def sparse():
    """Image a is annotated, image b is not: a cat in the street."""
    corpus = Corpus("toy", store(), ("a dog",), np.array([0]), np.array(["train", "train"]))
    return SparseCorpus(corpus, np.array([0]), np.array([1]), np.array([0]), np.array([0]))


def test_global_tags_in_place_of_regional_semantics():
    assert describe(sparse()) == ["brown tabby cat"]
    assert describe(sparse(), "tags") == ["street"]
    assert describe(sparse(), "tags", threshold=0.2) == ["street car"]
    assert describe(sparse(), "tags", threshold=0.5) == ["street"], "the highest stands alone"
    with pytest.raises(DataError, match="unknown source of semantics 'sounds': one of regions, tags"):
        describe(sparse(), "sounds")


@pytest.mark.parametrize("ablation", A3VSEConfig.variants)
def test_every_row_of_table_5_trains_on_the_semantics_it_names(ablation):
    expected = {"no_semantics": (), "global_tags": ("street",)}.get(ablation, ("brown tabby cat",))
    given = sparse().with_semantics(["left over"])
    assert prepare_training(A3VSEConfig.lesson().with_variant(ablation), given).semantics == expected
    assert given.semantics == ("left over",)


def test_global_tags_change_nothing_but_the_training_corpus():
    config = A3VSEConfig.lesson()
    for name in ("global_tags", "no_semantics"):
        assert replace(config.with_variant(name), semantics="regions") == config


def test_tags_that_are_not_there_cannot_be_swapped_in():
    corpus = make_corpus()
    with pytest.raises(DataError, match="memory holds no image-level tags"):
        prepare_training(A3VSEConfig.lesson().with_variant("global_tags"), sparsify(corpus, 0.5))
    bare = replace(store(), tags=None, tag_names=())
    with pytest.raises(DataError, match="no image-level tags"):
        global_tags(bare, [0])

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from helpers.stores import detections, write

from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.regions import RegionStore


def store(ids=("a", "b", "c")):
    n = len(ids)
    return RegionStore(tuple(ids), np.ones((n, 2), np.float16), np.arange(n), np.ones(n, np.int64))


def corpus(**changes):
    parts = {
        "name": "tiny",
        "regions": store(),
        "sentences": ("one", "two", "three"),
        "image_of": [2, 0, 2],
        "splits": ["train", "train", "val"],
    }
    return Corpus(**{**parts, **changes})


def test_who_owns_which():
    made = corpus()
    assert [list(numbers) for numbers in made.sentences_of] == [[1], [], [0, 2]]
    assert made.images("train").tolist() == [0, 1]
    assert made.images("train", annotated=True).tolist() == [0]
    assert made.kinds.tolist() == ["visual"] * 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"regions": store("aba")}, "image id 'a' occurs more than once"),
        ({"splits": ["train"]}, "3 images but 1 splits"),
        ({"image_of": [0, 1]}, "3 sentences, 2 owners"),
        ({"image_of": [0, 1, 3]}, r"sentence 2 \('three'\) belongs to image number 3"),
        ({"image_of": [0, -1, 1]}, r"sentence 1 .*image number -1"),
        ({"sentences": ("one", " ", "three")}, "sentence 1 of image 'a' is empty"),
        ({"splits": ["train", "train", "validation"]}, "unknown split 'validati"),
        ({"kinds": ["visual", "visual", "odd"]}, "unknown kind 'odd'"),
    ],
)
def test_parts_that_do_not_fit(changes, message):
    with pytest.raises(DataError, match=message):
        corpus(**changes)


def test_an_empty_split_says_which_there_are():
    with pytest.raises(DataError, match="'test' has no image; splits here: train, val"):
        corpus().images("test")
    with pytest.raises(DataError, match="no image with a visual sentence"):
        corpus(image_of=[2, 2, 2]).images("train", annotated=True)
    with pytest.raises(DataError, match="unknown split 'dev'"):
        corpus().images("dev")


def saved(tmp_path):
    regions = write(tmp_path / "store", [detections(2), detections(3)])
    made = Corpus("tiny", regions, ("one", "two"), [1, 0], ["train", "val"], ["visual"] * 2)
    made.save(tmp_path / "corpus.json", "store")
    return made


def test_round_trip(tmp_path):
    made = saved(tmp_path)
    again = Corpus.load(tmp_path / "corpus.json")
    assert (again.name, again.sentences) == (made.name, made.sentences)
    for name in ("image_of", "splits", "kinds"):
        np.testing.assert_array_equal(getattr(again, name), getattr(made, name))
    np.testing.assert_array_equal(again.regions.features, made.regions.features)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 7}, "corpus of version 7, this is version 1"),
        ({"format": "other"}, "is not a corpus"),
        ({"sentences": None}, "lacks 'sentences'"),
        ({"store": "elsewhere"}, "does not exist"),
    ],
)
def test_a_corpus_from_elsewhere(tmp_path, change, message):
    saved(tmp_path)
    path = tmp_path / "corpus.json"
    content = {**json.loads(path.read_text()), **change}
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))
    with pytest.raises(DataError, match=message):
        Corpus.load(path)


def test_a_list_is_no_corpus(tmp_path):
    (tmp_path / "corpus.json").write_text("[]")
    with pytest.raises(DataError, match="is not a corpus"):
        Corpus.load(tmp_path / "corpus.json")


def test_kinds_of_sentences_of_an_image():
    made = Corpus(
        "c",
        store(),
        ("a", "b", "c", "d"),
        [0, 0, 2, 1],
        ["train"] * 3,
        ["visual", "contextual", "visual", "contextual"],
    )
    assert [own.tolist() for own in made.visual_of] == [[0], [], [2]]
    assert [own.tolist() for own in made.contextual_of] == [[1], [3], []]
    assert made.images("train", annotated=True).tolist() == [0, 2]


# ------------------------------------------------------------- a corpus says itself what it is


def test_a_corpus_of_the_library_is_kept_as_such(tmp_path):
    assert (corpus().built_in, corpus().lexicon) == (False, "wordnet")
    made = replace(saved(tmp_path), built_in=True, lexicon="storybook")
    made.save(tmp_path / "corpus.json", "store")
    again = Corpus.load(tmp_path / "corpus.json")
    assert again.built_in is True and again.lexicon == "storybook" and again.digest == made.digest
    content = json.loads((tmp_path / "corpus.json").read_text())
    old = {key: value for key, value in content.items() if key not in ("built_in", "lexicon")}
    (tmp_path / "corpus.json").write_text(json.dumps(old))
    again = Corpus.load(tmp_path / "corpus.json")
    assert again.built_in is False and again.lexicon == "wordnet"
    with pytest.raises(DataError, match="tiny: unknown lexicon 'oxford': one of wordnet, storybook"):
        corpus(lexicon="oxford")


@pytest.mark.parametrize(
    "changes",
    [
        {"regions": store("abd")},
        {"sentences": ("one", "two", "3")},
        {"image_of": [2, 0, 1]},
        {"splits": ["train", "val", "val"]},
        {"kinds": ["visual", "visual", "contextual"]},
        {"regions": replace(store(), features=np.zeros((3, 2), np.float16))},
        {"regions": replace(store(), detector="another")},
        {"regions": store().means()},
    ],
)
def test_the_digest_changes_with_the_content(changes):
    assert corpus(**changes).digest != corpus().digest


def test_the_digest_is_that_of_the_content_alone():
    assert corpus().digest == corpus().digest == corpus(name="other").digest
    assert re.fullmatch("[0-9a-f]{16}", corpus().digest)
    assert corpus(lexicon="storybook", built_in=True, pixels=store()).digest == corpus().digest
    # where one list ends and the next begins counts
    assert corpus(sentences=("a b", "c", "d")).digest != corpus(sentences=("a", "b c", "d")).digest


def test_the_digest_of_a_store_on_disk_goes_with_it(tmp_path):
    name = "toys-0123456789abcdef"
    first = write(tmp_path / "a" / name, [detections(2), detections(3)])
    second = write(tmp_path / "b" / name, [detections(2), detections(3)])
    assert first.digest == second.digest == RegionStore.open(tmp_path / "a" / name).digest
    assert write(tmp_path / "toys-0123456789abcdee", [detections(2), detections(3)]).digest != first.digest
    assert first.select([1, 0]).digest != first.digest


def test_the_words_of_a_corpus_are_those_of_its_training_split():
    made = corpus(sentences=("a red dog", "a dog", "a cat"), image_of=[0, 1, 2])
    assert made.vocabulary.words == ("a", "dog", "red")

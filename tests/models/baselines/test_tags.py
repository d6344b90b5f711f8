from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.corpora import make_corpus, make_store
from helpers.tags import TOY, TOY_NAMES, around, tagged

from vse_lessons.common.files import DataError
from vse_lessons.data.text import tokenize
from vse_lessons.data.wordnet import load_wordnet
from vse_lessons.evaluation.retrieval import evaluate
from vse_lessons.models.baselines.tags import Concepts, Tags, TagsConfig, lexicon_of
from vse_lessons.sources.catalogue import open_corpus
from vse_lessons.sources.detectors.imagenet import imagenet_words
from vse_lessons.sources.storybook.writing.lexicons.general import TAG_NAMES
from vse_lessons.sources.storybook.writing.lexicons.tags import tag_lexicon
from vse_lessons.training.loop import fit


def concepts(sentence, lexicon=TOY, names=TOY_NAMES, **options):
    return {names[row] for row in Concepts(names, lexicon, **options).of_sentence(sentence)}


# ------------------------------------------------------------- from words to concepts


def test_a_word_names_the_concepts_of_its_synonyms():
    assert concepts("a gazelle hound") == concepts("one saluki") == {"saluki"}
    assert concepts("Frankfurter!") == {"hot dog"}
    assert concepts("a dog and an animal") == set(), "what lies below is not a synonym"


def test_hyponyms_name_what_lies_below():
    assert concepts("a hound", hyponyms=True) == {"saluki", "beagle"}
    assert concepts("animals", hyponyms=True) == {"saluki", "beagle"}
    assert concepts("a beagle", hyponyms=True) == {"beagle"}, "but not what lies above or beside"


def test_several_words_that_are_one_term():
    assert concepts("the traffic lights are red") == concepts("stoplights") == {"traffic light"}
    assert concepts("traffic and a light") == concepts("light traffic") == set()
    assert concepts("a hot dog", hyponyms=True) == {"hot dog"}, "a hot dog is no dog"
    assert concepts("a hot big dog", hyponyms=True) == {"saluki", "beagle"}


def test_a_name_that_the_lexicon_lacks_is_matched_as_it_is():
    assert concepts("A T-shirt.") == {"T-shirt"}
    assert concepts("a shirt") == set()


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("salukis", "saluki"),
        ("geese", "goose"),
        ("knives", "knife"),
        ("buses", "bus"),
        ("traffic lights", "traffic light"),
        ("stoplights", "traffic light"),
        ("children", "child"),
        ("autos", "car"),
        ("women", "woman"),
        ("the dog's bodies", "body"),
        ("puppies", "puppy"),
        ("governors general", "governor general"),
    ],
)
def test_plurals_through_wordnet(form, name):
    assert concepts(form, load_wordnet(), (name, "harp")) == {name}


def test_all_parts_of_speech_count_as_the_paper_names_none():
    assert concepts("a boy swinging", load_wordnet(), ("swing", "harp")) == {"swing"}
    assert concepts("he plays", load_wordnet(), ("harp",), hyponyms=True) == set(), (
        "to harp is to play, but hyponyms are of nouns"
    )


def test_imagenet_is_reached_from_plain_words_by_hyponyms_only():
    names = imagenet_words().names
    plain, below = Concepts(names, load_wordnet()), Concepts(names, load_wordnet(), hyponyms=True)
    dogs = {names[row] for row in below.of_sentence("two dogs run")}
    assert {"saluki", "beagle", "golden retriever"} <= dogs and len(dogs) > 100
    assert "tabby" not in dogs
    assert {names[row] for row in plain.of_sentence("a dog")} == {"hotdog"}, "dog also means sausage"
    assert {names[row] for row in plain.of_sentence("a gazelle hound")} == {"saluki"}


# ------------------------------------------------------------- r = s_g^T q


def literal_scores(store, sentence, lexicon):
    """Section 4.2, word by word: tokens, their synsets, their lemmas, concepts of that name."""
    query = [0] * len(store.tag_names)
    for token in tokenize(sentence):
        lemmas = {token}
        for key in lexicon.synsets_of(token):
            for lemma in lexicon.synsets[key].lemmas:
                lemmas.add(lemma)
        for row, name in enumerate(store.tag_names):
            if name.lower() in lemmas:
                query[row] = 1
    scores = []
    for image in range(len(store)):
        total = 0.0
        for row in range(len(store.tag_names)):
            total += float(store.tags[image, row]) * query[row]
        scores.append(total)
    return scores


def test_the_score_is_the_one_of_the_paper():
    names = ("car", "canoe", "saluki", "bicycle", "umbrella", "horse cart", "swing")
    store = tagged(9, names)
    model = Tags(store, load_wordnet(), TagsConfig(normalize="none"))
    sentences = [
        "Two men in an automobile",
        "a bike , an umbrella and bikes",
        "nothing at all",
        "salukis paddle canoes",
        "a child swings",
    ]
    r = model.similarity(model.encode_images(store.batch(range(9))), model.encode_sentences(sentences))
    expected = [literal_scores(store, sentence, load_wordnet()) for sentence in sentences]
    assert r.shape == (9, 5) and r.dtype == torch.float32
    torch.testing.assert_close(r, torch.tensor(expected).T)
    assert model.encode_sentences(sentences).sum(1).tolist() == [1, 2, 0, 2, 1]


def test_with_hyponyms_a_general_sentence_does_not_suit_every_image():
    store = tagged(1, tags=np.array([[0.8, 0.1, 0.1, 0.0, 0.0]], np.float16))
    model = Tags(store, TOY, TagsConfig(hyponyms=True, normalize="none"))
    q = model.encode_sentences(["an animal", "a saluki", "nothing"])
    torch.testing.assert_close(q.norm(dim=1), torch.tensor([1.0, 1.0, 0.0]))
    animal, saluki, nothing = model.similarity(model.encode_images(store.batch([0])), q)[0]
    assert saluki > animal > nothing == 0


def test_images_are_looked_up_by_their_number():
    store = tagged()
    model = Tags(store, TOY, TagsConfig(normalize="none"))
    found = model.encode_images(store.batch([4, 1]))
    torch.testing.assert_close(found, torch.from_numpy(store.tags[[4, 1]].astype(np.float32)))


def test_normalized_scores():
    store = tagged(50)
    unit = Tags(store, TOY, TagsConfig(normalize="unit")).encode_images(store.batch(range(50)))
    torch.testing.assert_close(unit.norm(dim=1), torch.ones(50))
    standard = Tags(store, TOY, TagsConfig(normalize="standard")).encode_images(store.batch(range(50)))
    torch.testing.assert_close(standard.mean(0), torch.zeros(5), atol=1e-5, rtol=0)
    torch.testing.assert_close(standard.std(0, correction=0), torch.ones(5))
    silent = replace(store, tags=np.zeros((50, 5), np.float16))
    for normalize in ("none", "unit", "standard"):
        model = Tags(silent, TOY, TagsConfig(normalize=normalize))
        assert not model.encode_images(silent.batch(range(50))).any()
    with pytest.raises(DataError, match="unknown normalisation 'softmax': one of none, unit"):
        TagsConfig(normalize="softmax")


@pytest.mark.parametrize("normalize", ["none", "unit", "standard"])
def test_company_never_changes_an_embedding(normalize):
    store = tagged(20)
    model = Tags(store, TOY, TagsConfig(hyponyms=True, normalize=normalize))
    together = model.encode_images(store.batch(range(20)))
    assert torch.equal(model.encode_images(store.batch([7])), together[7:8])
    texts = ["a hound", "a traffic light and a hot dog", "nothing"]
    assert torch.equal(model.encode_sentences(texts[:1]), model.encode_sentences(texts)[:1])


def test_a_sentence_without_a_concept_is_a_miss():
    corpus = make_corpus(90)
    corpus = replace(corpus, regions=tagged(90))
    found = evaluate(Tags(corpus.regions, TOY), corpus, "test")  # its words are w0, w1, ...
    assert found.rsum == 0 and found.t2i["median_rank"] == found.n_images


def test_there_is_nothing_to_train():
    model = Tags(tagged(), TOY)
    assert not list(model.parameters()) and model.device == torch.device("cpu")
    with pytest.raises(DataError, match="Tags has no loss to train by: evaluate it without fit"):
        fit(model, None, None)


def test_a_corpus_without_tags_is_refused():
    with pytest.raises(DataError, match=r"memory holds no image-level tags.*whose detector gives tags"):
        Tags.build(TagsConfig(), around(make_store(4)))
    with pytest.raises(DataError, match="no image-level tags"):
        Tags(make_store(4), TOY)


# ------------------------------------------------------------- Storybook


def test_storybook_has_a_lexicon_of_its_own_and_photographs_have_wordnet():
    for lexicon, expected in (("storybook", tag_lexicon()), ("wordnet", load_wordnet())):
        training = around(tagged(), lexicon=lexicon)
        assert lexicon_of(training.corpus) is expected
        assert Tags.build(TagsConfig(), training).concepts.lexicon is expected
    assert lexicon_of(make_corpus(6)) is load_wordnet()


def test_storybook_beats_chance_without_any_annotation(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path))
    data = open_corpus("storybook", preset="smoke", progress=False).corpus
    images = len(data.images("test"))
    chance = 2 * 100 * (1 + 5 + 10) / images  # and less than that for ties
    strict, below = (
        evaluate(
            Tags.build(TagsConfig().with_variant(variant), around(data.regions, lexicon=data.lexicon)),
            data,
            "test",
        ).rsum
        for variant in ("full", "hyponyms")
    )
    assert strict > 1.3 * chance and below > 1.1 * strict


def test_every_tag_of_storybook_has_its_place():
    for tag in TAG_NAMES.values():
        assert len(tag_lexicon().named(tag)) == 1, tag


def test_storybooks_lexicon_says_what_wordnet_says():
    """Words of one line share a synset in WordNet, and what stands after < lies above it there."""
    ours, theirs = tag_lexicon(), load_wordnet()
    for lemmas, hypernyms in ours.synsets.values():
        known = [theirs.named(lemma, "n") for lemma in lemmas if theirs.named(lemma, "n")]
        shared = set.intersection(*known) if known else set()
        assert shared or not known, f"not synonyms: {lemmas}"
        for key in hypernyms:
            above = {k for lemma in ours.synsets[key].lemmas for k in theirs.named(lemma, "n")}
            assert not (shared and above) or theirs.above(shared) & above, f"{lemmas} < {key}"

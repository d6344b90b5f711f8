import numpy as np
import pytest

from vse_lessons.blocks.caption_metrics import Cider, bleu
from vse_lessons.data.text import tokenize
from vse_lessons.evaluation.generation import score_captions, share_of_things_named
from vse_lessons.sources.storybook.world import sample_scenes


def test_captions_are_scored_as_papers_print_it():
    people = [
        ["A red boat near a house .", "the boat"],
        ["A dog runs", "a brown dog in a field"],
        ["two cars", "two red cars on a street"],
    ]
    written = ["a red boat near a house", "a dog in a field", "a dog in a field"]
    scores = score_captions(written, people)
    words, references = [tokenize(w) for w in written], [[tokenize(t) for t in of] for of in people]
    assert scores["CIDEr"] == pytest.approx(100 * Cider(references).mean(words))
    assert scores["CIDEr"] > 20
    assert scores["BLEU-4"] == pytest.approx(100 * bleu(words, references)) and scores["BLEU-4"] > 20
    assert scores["distinct"] == pytest.approx(200 / 3)


def test_things_are_looked_up_by_the_number_of_the_image():
    world = sample_scenes("photo", "smoke")
    number = next(n for n, scene in enumerate(world) if {t.kind for t in scene.things} & {"dog"})
    people = [["a dog", "the dog", "dogs"]]
    assert share_of_things_named(["a hound"], np.array([number]), people, "smoke") == (100.0, 1)
    assert share_of_things_named(["a cow"], np.array([number]), people, "smoke") == (0.0, 1)

"""Grading a detector: Storybook knows what its pictures show, so every mistake can be counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from vse_lessons.data.regions import Detections
from vse_lessons.data.text import tokenize
from vse_lessons.sources.storybook.detector import StorybookDetector, overlap
from vse_lessons.sources.storybook.scene.meaning import CANVAS, Scene
from vse_lessons.sources.storybook.writing.grammar import plural
from vse_lessons.sources.storybook.writing.lexicons import general as lexicon


@dataclass(frozen=True)
class Grades:
    """Verdicts on the R regions that a detector found in some pictures of T things in all."""

    confidences: np.ndarray  # (R,) of the class
    matched: np.ndarray  # (R,) bool: the box fits a thing that no surer box has taken
    class_right: np.ndarray  # (R,) bool: and the class is that thing's kind
    attribute_right: np.ndarray  # (R,) bool: and the attribute is its colour or its pattern
    named: list[tuple[str, str]]  # of each matched thing: its kind, the class that it was called
    things: int  # T


def match(found: Detections, scene: Scene, limit: float = 0.5) -> np.ndarray:
    """Assign the regions of a picture to its things.

    The surest region chooses first, whatever its class: it takes the thing that it overlaps most, if their
    intersection over union is at least `limit`.  Each thing is taken once.

    Args:
        found: The regions (R) of a picture.
        scene: What the picture shows.
        limit: The overlap that counts.

    Returns:
        (R,) the number of the thing that each region shows, or -1.
    """
    assert found.boxes is not None and found.class_confidences is not None
    boxes = np.array([thing.box for thing in scene.things], np.float32) / CANVAS
    taken = np.full(len(found.boxes), -1)
    free = np.ones(len(boxes), bool)
    for region in np.argsort(-found.class_confidences, kind="stable"):
        shares = np.where(free, overlap(found.boxes[region], boxes), 0.0)
        best = int(shares.argmax())
        if shares[best] >= limit:
            taken[region], free[best] = best, False
    return taken


def grade(detections: Sequence[Detections], scenes: Sequence[Scene], limit: float = 0.5) -> Grades:
    """Hold the Storybook detector's regions of some pictures against their scenes.

    Args:
        detections: (B,) what the detector found in B pictures.
        scenes: (B,) what they show.
        limit: The overlap that counts, as in `match`.

    Returns:
        Verdicts on all regions.
    """
    classes, attributes = StorybookDetector.class_names, StorybookDetector.attribute_names
    rows, named = [], []
    for found, scene in zip(detections, scenes, strict=True):
        assert found.classes is not None and found.attributes is not None
        assert found.class_confidences is not None
        for region, number in enumerate(match(found, scene, limit)):
            name = classes[found.classes[region]]
            attribute = attributes[found.attributes[region]]
            kind_right = look_right = False
            if number >= 0:
                thing = scene.things[number]
                kind_right = name == thing.kind
                look_right = attribute in (thing.color, thing.pattern)
                named.append((thing.kind, name))
            rows.append((found.class_confidences[region], number >= 0, kind_right, look_right))
    confidences, hits, class_right, attribute_right = (np.array(column) for column in zip(*rows))
    things = sum(len(scene.things) for scene in scenes)
    return Grades(confidences, hits, class_right, attribute_right, named, things)


@cache
def _names(kind: str) -> tuple[tuple[str, ...], ...]:
    """All that a kind is called, one or many of it, as words."""
    nouns = {noun for tier in lexicon.NOUNS[kind] for noun in tier}
    nouns |= set(lexicon.SMALL_NOUNS.get(kind, ()))
    return tuple(tokenize(form) for noun in sorted(nouns) for form in (noun, plural(noun)))


def mentions(sentence: str, kind: str) -> bool:
    """Look whether a sentence has a word for a kind of thing, any that Storybook's writers know.

    Args:
        sentence: The sentence.
        kind: The name of a kind.

    Returns:
        Whether it has.
    """
    said = f" {' '.join(tokenize(sentence))} "
    return any(f" {' '.join(words)} " in said for words in _names(kind))


def share_named(
    written: Sequence[str], shown: Sequence[Scene], said: Sequence[Sequence[str]]
) -> tuple[float, int]:
    """Measure how many of the things in its picture a written sentence names.

    Counted are the kinds of things that all of a picture's own sentences name.

    Args:
        written: (B,) sentences written for pictures.
        shown: (B,) the scenes of the pictures.
        said: (B,) the pictures' own sentences.

    Returns:
        The share of such kinds that `written` names too, in per cent over all pictures, and how many such
        kinds there are.
    """
    named = agreed = 0
    for sentence, scene, voices in zip(written, shown, said, strict=True):
        for kind in {thing.kind for thing in scene.things}:
            if all(mentions(voice, kind) for voice in voices):
                agreed += 1
                named += mentions(sentence, kind)
    return 100 * named / max(1, agreed), agreed

"""Grading the Storybook detector against scenes."""

import numpy as np

from vse_lessons.data.regions import Detections
from vse_lessons.sources.storybook.detector import StorybookDetector
from vse_lessons.sources.storybook.scene.meaning import CANVAS, sample_scene
from vse_lessons.sources.storybook.truth import grade, match
from vse_lessons.sources.storybook.writing.lexicons.general import TAG_NAMES

CLASSES, ATTRIBUTES = StorybookDetector.class_names, StorybookDetector.attribute_names


def perfect(scene) -> Detections:
    """What a detector without fault would say, the last thing surest."""
    count = len(scene.things)
    sure = np.linspace(0.5, 0.9, count, dtype=np.float32)
    return Detections(
        np.zeros((count, 2), np.float32),
        np.array([thing.box for thing in scene.things], np.float32) / CANVAS,
        np.array([CLASSES.index(thing.kind) for thing in scene.things], np.int16),
        sure,
        np.array([ATTRIBUTES.index(thing.color) for thing in scene.things], np.int16),
        sure,
    )


def test_faultless_detections_have_full_marks():
    scenes = [sample_scene("photo", 0, number) for number in range(20)]
    marks = grade([perfect(scene) for scene in scenes], scenes)
    assert marks.matched.all() and marks.class_right.all() and marks.attribute_right.all()
    assert marks.things == len(marks.matched) == len(marks.named)


def test_each_thing_is_found_once_by_the_surest_region():
    scene = sample_scene("photo", 0, 3)
    found = perfect(scene)
    twice = Detections(*(np.concatenate([part, part]) for part in list(vars(found).values())[:6]))
    twice.class_confidences[: len(scene.things)] = 0.1
    taken = match(twice, scene)
    assert (taken[: len(scene.things)] == -1).all()
    assert taken[len(scene.things) :].tolist() == list(range(len(scene.things)))


def test_wrong_class_and_misplaced_box_are_counted():
    scene = sample_scene("photo", 0, 5)
    found = perfect(scene)
    found.classes[0] = (found.classes[0] + 1) % len(CLASSES)
    found.boxes[1] = [0, 0, 0.01, 0.01]
    marks = grade([found], [scene])
    assert marks.matched.tolist() == [True, False, *[True] * (len(scene.things) - 2)]
    assert not marks.class_right[0] and marks.attribute_right[0]


def test_image_level_tags_have_names_of_their_own():
    names = StorybookDetector.tag_names
    assert len(names) == len(set(names)) == len(TAG_NAMES)
    assert names[: len(CLASSES)] == tuple(TAG_NAMES[name] for name in CLASSES)

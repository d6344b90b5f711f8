"""The detector's weights are small, its output is well formed, and its mistakes are real."""

import numpy as np
import pytest
import torch
from PIL import Image

from vse_lessons.sources.storybook.detector import (
    GRID,
    WEIGHTS,
    StorybookDetector,
    decode_boxes,
    overlap,
    suppress,
)
from vse_lessons.sources.storybook.drawing.picture import draw
from vse_lessons.sources.storybook.scene.meaning import CANVAS, KINDS, SETTINGS, sample_scene

UNSEEN = 77  # a world that the detector was not trained on


@pytest.fixture(scope="module")
def detector():
    torch.set_num_threads(1)
    return StorybookDetector()


@pytest.fixture(scope="module")
def looked_at(detector):
    """Scenes with their detections, by domain."""
    worlds = {}
    for domain in ("photo", "art"):
        scenes = [sample_scene(domain, UNSEEN, index) for index in range(60)]
        worlds[domain] = list(zip(scenes, detector([draw(scene) for scene in scenes])))
    return worlds


def kind_accuracy(detector, pairs):
    """The share of things whose best overlapping region (IoU over 0.5) has the right kind."""
    right = []
    for scene, found in pairs:
        for thing in scene.things:
            shares = overlap(np.array(thing.box) / CANVAS, found.boxes)
            best = shares.argmax()
            named = detector.class_names[found.classes[best]]
            right.append(shares[best] >= 0.5 and named == thing.kind)
    return float(np.mean(right))


def test_weights_are_small():
    assert WEIGHTS.stat().st_size < 1_000_000


def test_right_mostly_on_photos_and_worse_on_art(detector, looked_at):
    photo = kind_accuracy(detector, looked_at["photo"])
    art = kind_accuracy(detector, looked_at["art"])
    assert 0.75 < photo < 1
    assert art < photo - 0.1


def test_settings_of_photos(detector, looked_at):
    right = [
        SETTINGS[found.tags[len(KINDS) :].argmax()] == scene.setting for scene, found in looked_at["photo"]
    ]
    assert np.mean(right) > 0.9


def test_shapes_types_and_ranges(detector, looked_at):
    for _, found in looked_at["photo"] + looked_at["art"]:
        count = len(found.classes)
        assert 1 <= count <= detector.max_regions
        assert found.features.shape == (count, detector.feature_dim)
        assert found.boxes.shape == (count, 4)
        assert found.tags.shape == (len(detector.tag_names),)
        for floats in (
            found.features,
            found.boxes,
            found.class_confidences,
            found.attribute_confidences,
            found.tags,
        ):
            assert floats.dtype == np.float32
            assert np.isfinite(floats).all()
        for numbers, names in (
            (found.classes, detector.class_names),
            (found.attributes, detector.attribute_names),
        ):
            assert numbers.dtype == np.int16
            assert numbers.shape == (count,)
            assert numbers.min() >= 0 and numbers.max() < len(names)
        assert (found.boxes[:, :2] < found.boxes[:, 2:]).all()
        assert found.boxes.min() >= 0 and found.boxes.max() <= 1
        assert found.class_confidences.max() <= 1


def test_the_company_of_a_picture_does_not_matter(detector):
    pictures = [draw(sample_scene("photo", UNSEEN, index)) for index in range(6)]
    together = detector(pictures)
    backwards = detector(pictures[::-1])[::-1]
    alone = [detector([picture])[0] for picture in pictures]
    for one, other, third in zip(together, backwards, alone):
        for name in ("features", "boxes", "class_confidences", "tags"):
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-4)
            np.testing.assert_allclose(getattr(one, name), getattr(third, name), atol=1e-4)
        assert (one.classes == third.classes).all()


def test_other_sizes_and_modes_are_accepted(detector):
    assert detector([]) == []
    gray = Image.new("L", (300, 200), 128)
    found = detector([gray])[0]
    assert 1 <= len(found.classes) <= detector.max_regions


def test_boxes_are_decoded_around_their_cells():
    raw = torch.zeros(1, 4, GRID, GRID)
    boxes = decode_boxes(raw)[0]
    middle_x = (boxes[0] + boxes[2]) / 2
    assert middle_x[8, 7] == pytest.approx(7.5 / GRID)
    assert boxes[3, 8, 7] - boxes[1, 8, 7] == pytest.approx(24 / CANVAS)


def test_suppress_keeps_the_better_of_two_that_coincide():
    boxes = np.array([[0, 0, 0.5, 0.5], [0.01, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]])
    assert suppress(boxes, limit=0.6) == [0, 2]
    assert overlap(boxes[0], boxes).tolist() == pytest.approx([1, 0.98, 0])

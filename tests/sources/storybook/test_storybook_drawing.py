"""Pictures are the same everywhere, every kind can be drawn, and boxes are where things are."""

import hashlib
import random
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vse_lessons.sources.storybook.drawing.pen import MARGIN, RGB, SCALE, Pen
from vse_lessons.sources.storybook.drawing.picture import draw
from vse_lessons.sources.storybook.drawing.things import DRAW
from vse_lessons.sources.storybook.scene.meaning import (
    CANVAS,
    DOMAINS,
    KIND,
    KINDS,
    SETTINGS,
    SIZES,
    Scene,
    Thing,
    _extent,
    _thing,
    sample_scene,
)

# of the raw pixels of pictures 0 to 11 of world 90, one after the other
PICTURES = {
    "photo": "c18c07feae37a4430c9c6a8f0c8dc56529c5f0116b2c790bf6c39cc9d238d090",
    "fashion": "1d77c4e11fa235f4774c7f1074ba9b1fe023b507351de87b45f46c26c69b4910",
    "art": "62b99b8dba6da62ce2218634cbb6f5b333cc6951f378bd707a111fa5e65b3122",
}


def thing_of(kind: str, size: str, seed: int) -> Thing:
    """A thing of a kind on an otherwise empty canvas, its details chosen by `seed`."""
    rng = random.Random(f"{kind}/{size}/{seed}")
    width, height = _extent(KIND[kind], size)
    return _thing(KIND[kind], (20, 110 - height, 20 + width, 110), size, rng)


def drawn_box(thing: Thing, reach: str | None = None) -> tuple[float, ...]:
    """Where the ink of a thing is, in pixels of the picture."""
    pen = Pen(thing, random.Random("details"), reach)
    DRAW[thing.kind](pen)
    ink = pen.outlined((0, 0, 0)).getchannel("A").getbbox()
    left, top = thing.box[:2]
    return tuple((edge - MARGIN) / SCALE + start for edge, start in zip(ink, (left, top, left, top)))


@pytest.mark.parametrize("domain", DOMAINS)
def test_bytes_stay_the_same(domain):
    digest = hashlib.sha256()
    for index in range(12):
        digest.update(draw(sample_scene(domain, 90, index)).tobytes())
    assert digest.hexdigest() == PICTURES[domain]


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_picture_depends_on_its_scene_alone(domain):
    scenes = [sample_scene(domain, 91, index) for index in range(4)]
    forwards = [draw(scene).tobytes() for scene in scenes]
    backwards = [draw(scene).tobytes() for scene in reversed(scenes)]
    assert forwards == backwards[::-1]
    assert len(set(forwards)) == len(scenes)


def test_size_and_mode():
    for domain in DOMAINS:
        picture = draw(sample_scene(domain, 92, 0))
        assert isinstance(picture, Image.Image)
        assert (picture.size, picture.mode) == ((CANVAS, CANVAS), "RGB")


def test_every_kind_has_a_drawing():
    assert set(DRAW) == {kind.name for kind in KINDS}


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_boxes_are_tight(kind):
    for size in SIZES:
        for seed in range(8):
            thing = thing_of(kind, size, seed)
            for edge, drawn in zip(thing.box, drawn_box(thing)):
                assert abs(edge - drawn) < 2, (thing, drawn_box(thing))


@pytest.mark.parametrize("kind", ["man", "woman", "boy", "girl"])
@pytest.mark.parametrize("reach", ["front", "back"])
def test_boxes_are_tight_when_people_hold_something(kind, reach):
    thing = replace(
        thing_of(kind, "large", 0),
        action="standing",
        box=(20, 110 - _extent(KIND[kind], "large")[1], 40, 110),
    )
    for edge, drawn in zip(thing.box, drawn_box(thing, reach)):
        assert abs(edge - drawn) < 2


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_thing_changes_its_own_place_only(setting):
    empty = Scene("test", "photo", setting, (), ())
    thing = Thing("dog", "brown", "plain", "large", "standing", (40, 80, 80, 110))
    difference = np.abs(
        np.asarray(draw(empty), int) - np.asarray(draw(replace(empty, things=(thing,))), int)
    ).sum(2)
    x0, y0, x1, y1 = thing.box
    assert difference[y0:y1, x0:x1].mean() > 60
    difference[y0 - 2 : y1 + 6, x0 - 4 : x1 + 4] = 0
    assert difference.max() == 0


def test_colors_are_recognizable():
    """The middle of a balloon is nearest to its own colour among all names."""
    names = list(RGB)
    right = 0
    for number, name in enumerate(names):
        thing = Thing("balloon", name, "plain", "large", "floating", (50, 20, 72, 52))
        scene = Scene(f"colour/{number}", "photo", "meadow", (thing,), ())
        middle = np.asarray(draw(scene), int)[30:38, 57:65].reshape(-1, 3).mean(0)
        nearest = min(names, key=lambda other: np.abs(np.array(RGB[other]) - middle).sum())
        right += nearest == name
    assert right >= len(names) - 1

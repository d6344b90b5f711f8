"""From a meaning to a picture: `draw(scene)` gives 128 x 128 RGB.

The three domains share their meanings and differ in how they look: a `photo` has light, colour
casts and grain; `fashion` is one person on a plain ground; `art` is a photo painted over with
brush strokes in another palette and framed (`painting.py`).
"""

from __future__ import annotations

import random
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw

from vse_lessons.sources.storybook.drawing.backgrounds import background
from vse_lessons.sources.storybook.drawing.painting import paint
from vse_lessons.sources.storybook.drawing.pen import INK, MARGIN, SCALE, Pen
from vse_lessons.sources.storybook.drawing.things import DRAW
from vse_lessons.sources.storybook.scene.meaning import CANVAS, KIND, SHORE, Scene, Thing

GRAIN = 6  # the strongest deviation of a photo's grain, in levels of 255


def draw(scene: Scene) -> Image.Image:
    """Draw a scene, the same on every machine.

    Args:
        scene: The scene.

    Returns:
        An RGB picture of `CANVAS` x `CANVAS` pixels.
    """
    canvas = background(scene.setting, random.Random(f"{scene.key}/setting"))
    for number in range(len(scene.things)):
        _draw_thing(canvas, scene, number, random.Random(f"{scene.key}/thing {number}"))
    finish = random.Random(f"{scene.key}/finish")
    if scene.domain == "art":
        return paint(canvas, finish)
    return _grain(_light(canvas.reduce(SCALE), finish), finish)


def _draw_thing(canvas: Image.Image, scene: Scene, number: int, rng: random.Random) -> None:
    thing = scene.things[number]
    pen = Pen(thing, rng, _reach(scene, number))
    DRAW[thing.kind](pen)
    if not _rests(scene, number):
        _shadow(canvas, thing, scene.setting)
    _action_marks(canvas, thing, night=scene.setting == "night")
    ink = (20, 18, 30) if scene.setting != "night" else (16, 18, 44)
    layer = pen.outlined(ink)
    place = (SCALE * thing.box[0] - MARGIN, SCALE * thing.box[1] - MARGIN)
    canvas.paste(layer, place, layer)


def _reach(scene: Scene, number: int) -> str | None:
    """The side of the first thing that this one holds, as seen from where it faces."""
    for i, word, j in scene.relations:
        if i == number and word == "holding":
            holder, held = scene.things[i].box, scene.things[j].box
            right = held[0] + held[2] > holder[0] + holder[2]
            return "front" if right == (scene.things[i].facing == "right") else "back"
    return None


def _rests(scene: Scene, number: int) -> bool:
    """Whether the thing is held, or on something else than the ground."""
    return any(
        (word == "on" and i == number) or (word == "holding" and j == number)
        for i, word, j in scene.relations
    )


def _shadow(canvas: Image.Image, thing: Thing, setting: str) -> None:
    """A soft shadow on the ground; lower and smaller if the thing is in the air above it."""
    if KIND[thing.kind].place == "air":
        return
    x0, _, x1, y1 = (SCALE * edge for edge in thing.box)
    if setting in SHORE and y1 < SCALE * SHORE[setting]:  # afloat: foam instead of a shadow
        draw = ImageDraw.Draw(canvas)
        for dx, dy in ((-6, 0), (4, 4)):
            draw.line((x0 + dx, y1 + dy, x1 + dx, y1 + dy), (224, 244, 246), 2)
        return
    drop = 14 if thing.action == "jumping" else 0
    inset = (x1 - x0) // 5 if drop else -2
    half = max(4, (x1 - x0) // 12)
    mask = Image.new("L", (x1 - x0 - 2 * inset, 2 * half))
    ImageDraw.Draw(mask).ellipse((0, 0, mask.width - 1, mask.height - 1), 84)
    canvas.paste(INK, (x0 + inset, y1 + drop - half), mask)


def _action_marks(canvas: Image.Image, thing: Thing, night: bool) -> None:
    """What an illustrator adds outside a thing to show what it does: speed lines, a z, waves."""
    draw = ImageDraw.Draw(canvas)
    x0, y0, x1, y1 = (SCALE * edge for edge in thing.box)
    ink = (216, 220, 240) if night else (92, 92, 108)
    back, way = (x0, -1) if thing.facing == "right" else (x1, 1)
    if thing.action in ("running", "moving"):
        for share, long in ((35, 14), (55, 20), (75, 14)):
            y = y0 + (y1 - y0) * share // 100
            draw.line((back + way * 4, y, back + way * (4 + long), y), ink, 2)
    elif thing.action == "sleeping":
        x = x1 - 10 if thing.facing == "right" else x0 + 2
        for step, size in ((0, 6), (10, 8)):
            left, top = x + step, y0 - 12 - step
            draw.line(
                [(left, top), (left + size, top), (left, top + size), (left + size, top + size)],
                ink,
                2,
            )
    elif thing.action == "waving":
        x, turn = (x1 + 2, (300, 60)) if thing.facing == "right" else (x0 - 3, (120, 240))
        for size in (5, 10):
            draw.arc((x - size, y0 + 4 - size, x + size, y0 + 4 + size), *turn, ink, 2)


def _light(image: Image.Image, rng: random.Random) -> Image.Image:
    """Another exposure and colour cast: every channel times 0.88 to 1.06."""
    exposure = rng.randint(225, 262)
    table: list[int] = []
    for _ in range(3):
        gain = exposure + rng.randint(-9, 9)
        table += [min(255, level * gain >> 8) for level in range(256)]
    return image.point(table)


@lru_cache(maxsize=1)
def _grain_tile() -> Image.Image:
    """A fixed sheet of grain, 2 x CANVAS a side, levels around 128."""
    side = 2 * CANVAS
    noise = random.Random("storybook/grain").randbytes(side * side)
    tile = Image.frombytes("L", (side, side), noise)
    return tile.point([128 + (level * (2 * GRAIN + 1) >> 8) - GRAIN for level in range(256)])


def _grain(image: Image.Image, rng: random.Random) -> Image.Image:
    """The picture with the grain of a place on the sheet chosen by `rng`."""
    x, y = rng.randint(0, CANVAS - 1), rng.randint(0, CANVAS - 1)
    grain = _grain_tile().crop((x, y, x + CANVAS, y + CANVAS))
    return ImageChops.add(image, Image.merge("RGB", (grain,) * 3), scale=1, offset=-128)

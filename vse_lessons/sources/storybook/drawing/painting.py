"""The art domain's brush: a drawn canvas repainted in strokes, in another palette, framed.

A stroke takes the one colour that the canvas has at its middle, so that a painting is a table
of strokes laid once (which pixel belongs to which stroke) and then looked up, in integers.
"""

from __future__ import annotations

import random
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from vse_lessons.sources.storybook.drawing.pen import SCALE, Color, jitter, shade
from vse_lessons.sources.storybook.scene.meaning import CANVAS

SIDE = CANVAS * SCALE
LAYINGS = 4  # tables of strokes to choose from
FRAME = 4  # the frame's width (pixels of the picture)

# a palette: 3 x 3 numerators over 256 from RGB to RGB, then what is added to each channel
PALETTES: dict[str, tuple[tuple[int, ...], Color]] = {
    "old master": ((156, 74, 22, 62, 134, 24, 50, 60, 90), (30, 18, 4)),
    "fresco": ((146, 50, 30, 30, 150, 40, 30, 50, 130), (44, 36, 28)),
    "bold": ((330, -50, -24, -40, 310, -24, -40, -40, 336), (4, -6, -4)),
    "twilight": ((160, 44, 20, 26, 150, 40, 44, 50, 150), (10, 6, 22)),
}
WOODS: tuple[Color, ...] = ((176, 134, 60), (92, 60, 40), (60, 52, 50), (206, 176, 110))


@lru_cache(maxsize=LAYINGS)
def _laying(number: int) -> np.ndarray:
    """One way to lay strokes.

    For every pixel it is the flat index of its stroke's middle, (SIDE, SIDE) int32.
    """
    rng = random.Random(f"storybook/strokes/{number}")
    table = Image.fromarray(np.arange(SIDE * SIDE, dtype=np.int32).reshape(SIDE, SIDE))
    draw = ImageDraw.Draw(table)
    lean = rng.choice((-1, 1))
    for long, thick, count in ((16, 9, 900), (11, 6, 1600), (8, 4, 2400)):
        for _ in range(count):
            x, y = rng.randrange(SIDE), rng.randrange(SIDE)
            dx, dy = rng.randint(long // 3, long), lean * rng.randint(-long // 4, long)
            draw.line((x - dx // 2, y - dy // 2, x + dx // 2, y + dy // 2), y * SIDE + x, thick)
    return np.asarray(table, dtype=np.int32)


@lru_cache(maxsize=LAYINGS)
def _relief(number: int) -> np.ndarray:
    """How much lighter or darker each stroke is, -9 to 9 levels, (SIDE, SIDE, 1) int32."""
    noise = random.Random(f"storybook/relief/{number}").randbytes(SIDE * SIDE)
    levels = np.frombuffer(noise, np.uint8).astype(np.int32) * 19 // 256 - 9
    return levels[_laying(number)][..., None]


def paint(canvas: Image.Image, rng: random.Random) -> Image.Image:
    """The painting of a drawn canvas (SIDE x SIDE): CANVAS x CANVAS RGB."""
    number, (matrix, shift) = rng.randrange(LAYINGS), rng.choice(tuple(PALETTES.values()))
    pixels = np.asarray(canvas, dtype=np.int32)
    strokes = pixels.reshape(-1, 3)[_laying(number)]
    mixed = (strokes + pixels) // 2 + _relief(number)
    small = mixed.reshape(CANVAS, SCALE, CANVAS, SCALE, 3).sum(axis=(1, 3)) // SCALE**2
    turned = small @ np.asarray(matrix, dtype=np.int32).reshape(3, 3).T // 256
    toned = np.clip(turned + np.asarray(shift, dtype=np.int32), 0, 255).astype(np.uint8)
    picture = Image.fromarray(toned)
    _frame(picture, jitter(rng.choice(WOODS), rng, 10))
    return picture


def _frame(picture: Image.Image, wood: Color) -> None:
    draw = ImageDraw.Draw(picture)
    for inset in range(FRAME):
        tone = shade(wood, (60, 100, 130, 50)[inset])
        draw.rectangle((inset, inset, CANVAS - 1 - inset, CANVAS - 1 - inset), outline=tone)

"""The pen that every Storybook thing is drawn with: its colours, its patterns, its strokes.

A thing is drawn on a transparent layer of its own, in coordinates that run from 0 to 100
across its box, whatever its size and whichever way it faces.  All arithmetic is on integers,
so that the same picture comes out on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw

from vse_lessons.sources.storybook.scene.meaning import Thing

SCALE = 2  # pictures are drawn SCALE times too large and reduced at the end
MARGIN = 4  # room around a thing's layer (drawn pixels)

Color = tuple[int, int, int]
Paint = Color | Image.Image  # a plain colour, or a patterned cloth as large as the layer
Point = tuple[int, int]

RGB: dict[str, Color] = {
    "red": (216, 48, 44),
    "orange": (242, 134, 30),
    "yellow": (250, 212, 56),
    "green": (66, 160, 70),
    "blue": (48, 104, 214),
    "purple": (132, 66, 178),
    "pink": (246, 146, 182),
    "brown": (132, 82, 46),
    "black": (42, 42, 48),
    "white": (246, 246, 242),
    "gray": (146, 150, 156),
}
INK: Color = (34, 28, 34)
CREAM: Color = (250, 246, 232)
WOOD: Color = (150, 100, 58)
STEEL: Color = (170, 178, 188)
GLASS: Color = (190, 224, 240)
LEAF: Color = (78, 150, 66)
SKIN: tuple[Color, ...] = (
    (250, 218, 190),
    (236, 190, 150),
    (204, 150, 106),
    (150, 100, 66),
    (104, 68, 46),
)


def shade(color: Color, percent: int) -> Color:
    """`colour` scaled to `percent` of its brightness; above 100 it is mixed with white."""
    if percent <= 100:
        return tuple(channel * percent // 100 for channel in color)
    return tuple(channel + (255 - channel) * (percent - 100) // 100 for channel in color)


def jitter(color: Color, rng: random.Random, amount: int) -> Color:
    """`colour` with every channel moved by at most `amount`."""
    return tuple(min(255, max(0, channel + rng.randint(-amount, amount))) for channel in color)


def contrast(color: Color) -> Color:
    """The second colour of a pattern on `colour`."""
    bright = 3 * color[0] + 6 * color[1] + color[2]
    return (84, 78, 92) if bright > 1900 else CREAM


def cloth(size: Point, color: Color, pattern: str, step: int, upright: bool) -> Image.Image:
    """Make a patterned RGBA sheet of `size` pixels that repeats every `step` pixels.

    Stripes are vertical if `upright`.
    """
    sheet = Image.new("RGBA", size, (*color, 255))
    draw = ImageDraw.Draw(sheet)
    second = contrast(color)
    width, height = size
    if pattern == "striped":
        band = max(2, step * 2 // 5)
        for at in range(0, width if upright else height, step):
            ends = (at, 0, at + band - 1, height) if upright else (0, at, width, at + band - 1)
            draw.rectangle(ends, fill=second)
    elif pattern == "spotted":
        radius = max(2, step * 3 // 10)
        for row, y in enumerate(range(step // 2, height, step)):
            for x in range(step // 2 if row % 2 else 0, width, step):
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=second)
    elif pattern == "checked":
        half = step // 2
        between = tuple((a + b) // 2 for a, b in zip(color, second))
        for y in range(0, height, step):
            draw.rectangle((0, y, width, y + half - 1), fill=between)
        for x in range(0, width, step):
            draw.rectangle((x, 0, x + half - 1, height), fill=between)
            for y in range(0, height, step):
                draw.rectangle((x, y, x + half - 1, y + half - 1), fill=second)
    return sheet


def smooth(points: Sequence[Point], rounds: int = 3) -> list[Point]:
    """The closed curve through a polygon's sides: Chaikin's corner cutting, on integers."""
    curve = [(16 * x, 16 * y) for x, y in points]
    for _ in range(rounds):
        cut = []
        for (ax, ay), (bx, by) in zip(curve, curve[1:] + curve[:1]):
            cut.append(((3 * ax + bx) // 4, (3 * ay + by) // 4))
            cut.append(((ax + 3 * bx) // 4, (ay + 3 * by) // 4))
        curve = cut
    return [((x + 8) // 16, (y + 8) // 16) for x, y in curve]


class Pen:
    """Draws one thing; x and y run from 0 to 100 from the left top of its frame.

    `main` is what the thing is made of: its colour, or its patterned cloth.  `color`, `dark`
    and `light` are plain; `action` is what the thing does.

    Args:
        thing: The thing.
        rng: Varies its details.
        reach: The side on which a person holds something: "front", "back" or None.
    """

    def __init__(self, thing: Thing, rng: random.Random, reach: str | None = None) -> None:
        x0, y0, x1, y1 = (SCALE * edge for edge in thing.box)
        self.thing, self.rng, self.reach = thing, rng, reach
        self.action = thing.action
        self.layer = Image.new("RGBA", (x1 - x0 + 2 * MARGIN, y1 - y0 + 2 * MARGIN))
        self.draw = ImageDraw.Draw(self.layer)
        self.frame = (MARGIN + 1, MARGIN + 1, MARGIN + x1 - x0 - 2, MARGIN + y1 - y0 - 2)
        self.flip = thing.facing == "left"
        self.color = jitter(RGB[thing.color], rng, 9)
        self.dark, self.light = shade(self.color, 72), shade(self.color, 135)
        self.main: Paint = self.color
        if thing.pattern != "plain":
            self.main = self.pattern(self.color, thing.pattern)

    def pattern(self, color: Color, pattern: str) -> Paint:
        """`colour` in a pattern that suits the size of this thing."""
        if pattern == "plain":
            return color
        step = max(7, min(self.layer.width, self.layer.height) // 6)
        upright = self.thing.family not in ("person", "building")
        return cloth(self.layer.size, color, pattern, step, upright)

    def within(self, x0: int, y0: int, x1: int, y1: int) -> Pen:
        """A pen for a part: its 0 to 100 cover this box of the present frame."""
        part = object.__new__(Pen)
        part.__dict__.update(self.__dict__)
        (ax, ay), (bx, by) = self.at(x0, y0), self.at(x1, y1)
        part.frame = (min(ax, bx), ay, max(ax, bx), by)
        return part

    def at(self, x: int, y: int) -> Point:
        """The layer's pixel at (x, y)."""
        x0, y0, x1, y1 = self.frame
        x = 100 - x if self.flip else x
        return x0 + (x * (x1 - x0) + 50) // 100, y0 + (y * (y1 - y0) + 50) // 100

    def pixels(self, share: int) -> int:
        """`share` percent of the frame's shorter side in pixels, at least 2."""
        x0, y0, x1, y1 = self.frame
        return max(2, (share * min(x1 - x0, y1 - y0) + 50) // 100)

    def oval(self, x0: int, y0: int, x1: int, y1: int, fill: Paint) -> None:
        """An ellipse that touches the four edges."""
        (ax, ay), (bx, by) = self.at(x0, y0), self.at(x1, y1)
        self._paint("ellipse", (min(ax, bx), ay, max(ax, bx), by), fill)

    def dot(self, x: int, y: int, radius: int, fill: Paint) -> None:
        """A true circle; its radius is a share of the frame's shorter side."""
        (cx, cy), r = self.at(x, y), self.pixels(2 * radius) // 2
        self._paint("ellipse", (cx - r, cy - r, cx + r, cy + r), fill)

    def box(self, x0: int, y0: int, x1: int, y1: int, fill: Paint, corner: int = 0) -> None:
        """A rectangle, its corners rounded by `corner` percent of the frame's shorter side."""
        (ax, ay), (bx, by) = self.at(x0, y0), self.at(x1, y1)
        left, right = min(ax, bx), max(ax, bx)
        r = min(self.pixels(corner), (right - left) // 2, (by - ay) // 2) if corner else 0
        self._paint("rectangle", (left + r, ay, right - r, by), fill)
        if r:
            self._paint("rectangle", (left, ay + r, right, by - r), fill)
            for x, y in (
                (left, ay),
                (right - 2 * r, ay),
                (left, by - 2 * r),
                (right - 2 * r, by - 2 * r),
            ):
                self._paint("ellipse", (x, y, x + 2 * r, y + 2 * r), fill)

    def shape(self, points: Sequence[Point], fill: Paint) -> None:
        """A polygon."""
        self._paint("polygon", [self.at(x, y) for x, y in points], fill)

    def blob(self, points: Sequence[Point], fill: Paint) -> None:
        """A round shape inside a polygon."""
        self._paint("polygon", smooth([self.at(x, y) for x, y in points]), fill)

    def line(self, points: Sequence[Point], fill: Paint, width: int = 6) -> None:
        """A stroke with round joints and ends; `width` is a share of the shorter side."""
        path, thick = [self.at(x, y) for x, y in points], self.pixels(width)
        self._paint("line", path, fill, width=thick)
        if thick > 3:
            r = (thick - 1) // 2
            for x, y in path:
                self._paint("ellipse", (x - r, y - r, x + r, y + r), fill)

    def curve(
        self, x0: int, y0: int, x1: int, y1: int, start: int, end: int, fill: Color, width: int = 4
    ) -> None:
        """The arc of an ellipse from `start` to `end` degrees, clockwise from the right."""
        (ax, ay), (bx, by) = self.at(x0, y0), self.at(x1, y1)
        if self.flip:
            start, end = 180 - end, 180 - start
        self.draw.arc((min(ax, bx), ay, max(ax, bx), by), start, end, fill, self.pixels(width))

    def eye(self, x: int, y: int, radius: int = 5, white: bool = False) -> None:
        """An eye: open, or a lid if the thing sleeps."""
        if self.action == "sleeping":
            self.line([(x - 2 * radius, y), (x, y + radius), (x + 2 * radius, y)], INK, 4)
            return
        if white:
            self.dot(x, y, 2 * radius, CREAM)
        self.dot(x, y, radius, INK)

    def _paint(self, method: str, where: object, fill: Paint, **how: int) -> None:
        if isinstance(fill, tuple):
            getattr(self.draw, method)(where, fill=fill, **how)
            return
        mask = Image.new("L", self.layer.size)
        getattr(ImageDraw.Draw(mask), method)(where, fill=255, **how)
        self.layer.paste(fill, (0, 0), mask)

    def outlined(self, ink: Color) -> Image.Image:
        """The finished layer: lit from above, with an ink line around it."""
        alpha = self.layer.getchannel("A")
        rim = alpha
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            rim = ImageChops.lighter(rim, ImageChops.offset(alpha, dx, dy))
        light = _light(self.layer.size)
        lit = ImageChops.multiply(self.layer.convert("RGB"), Image.merge("RGB", (light,) * 3))
        done = Image.new("RGB", self.layer.size, ink)
        done.paste(lit, (0, 0), alpha)
        done.putalpha(rim)
        return done


def _light(size: Point) -> Image.Image:
    """Light that falls from 255 at the top to about 205 at the bottom, an `L` image."""
    width, height = size
    column = Image.new("L", (1, height))
    column.putdata([255 - 50 * y // height for y in range(height)])
    return column.resize((width, height), Image.Resampling.NEAREST)

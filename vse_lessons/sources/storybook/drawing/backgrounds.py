"""The settings of Storybook's pictures, which are behind the things.

They are drawn on a canvas that is `SCALE` times as large as the picture.
"""

# outlines and tables stay as compact as they are read
# fmt: off
from __future__ import annotations

import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from vse_lessons.sources.storybook.drawing.pen import SCALE, Color, jitter, shade, smooth
from vse_lessons.sources.storybook.scene.meaning import CANVAS, SHORE, ground_line

SIDE = CANVAS * SCALE
Draw = ImageDraw.ImageDraw


def blend(image: Image.Image, top: int, bottom: int, first: Color, last: Color) -> None:
    """Fill the rows from `top` to `bottom` with colours that run from `first` to `last`."""
    rows = max(1, bottom - top)
    column = Image.new("RGB", (1, rows))
    column.putdata([tuple((a * (rows - y) + b * y) // rows for a, b in zip(first, last))
                    for y in range(rows)])
    image.paste(column.resize((SIDE, rows), Image.Resampling.NEAREST), (0, top))


def _cloud(draw: Draw, x: int, y: int, size: int, fill: Color) -> None:
    for dx, dy, r in ((-size, 0, size * 2 // 3), (0, -size // 3, size), (size, 0, size * 2 // 3)):
        draw.ellipse((x + dx - r, y + dy - r * 2 // 3, x + dx + r, y + dy + r * 2 // 3), fill)


def _clouds(draw: Draw, rng: random.Random, fill: Color) -> None:
    for _ in range(rng.randint(1, 3)):
        _cloud(draw, rng.randint(0, SIDE), rng.randint(14, 70), rng.randint(12, 20), fill)


def _hills(draw: Draw, rng: random.Random, base: int, height: int, fill: Color) -> None:
    """A rolling skyline above `base`."""
    points = [(-40, base + 40), (-40, base)]
    points += [(x, base - rng.randint(height // 4, height)) for x in range(0, SIDE + 60, 44)]
    points += [(SIDE + 40, base), (SIDE + 40, base + 40)]
    draw.polygon(smooth(points), fill)


def _specks(draw: Draw, rng: random.Random, count: int, top: int, fill: Color, size: int) -> None:
    for _ in range(count):
        x, y = rng.randint(0, SIDE), rng.randint(top, SIDE)
        draw.ellipse((x, y, x + size, y + size // 2 + 1), fill)


def _waves(draw: Draw, rng: random.Random, top: int, bottom: int, fill: Color) -> None:
    for y in range(top + 5, bottom - 3, 9):
        for _ in range(5):
            x, long = rng.randint(-10, SIDE), rng.randint(8, 24)
            draw.line((x, y, x + long, y), fill, 2)


def _beach(image: Image.Image, draw: Draw, rng: random.Random) -> None:
    line, shore = SCALE * ground_line("beach"), SCALE * SHORE["beach"]
    blend(image, 0, line, (120, 196, 240), (222, 240, 246))
    x, y = rng.randint(20, SIDE - 40), rng.randint(14, 40)
    draw.ellipse((x, y, x + 34, y + 34), (255, 232, 130))
    _clouds(draw, rng, (250, 252, 252))
    blend(image, line, shore, (36, 138, 184), (104, 206, 210))
    _waves(draw, rng, line, shore, (206, 240, 240))
    blend(image, shore, SIDE, (238, 214, 160), (226, 190, 128))
    edge = [(-30, shore + 30)] + [(x, shore + rng.randint(-5, 5))
                                  for x in range(-20, SIDE + 40, 20)]
    draw.polygon(smooth([*edge, (SIDE + 30, shore + 30)]), (238, 214, 160))
    draw.line(smooth(edge[1:], 2)[2:-3], (250, 250, 244), 4)
    _specks(draw, rng, 40, shore + 8, (204, 168, 108), 3)


def _street(image: Image.Image, draw: Draw, rng: random.Random) -> None:
    line = SCALE * ground_line("street")
    blend(image, 0, line, (178, 206, 226), (226, 232, 232))
    x = -rng.randint(0, 24)
    while x < SIDE:
        wide, tall = rng.randint(34, 56), rng.randint(70, 122)
        wall = jitter(rng.choice(((206, 172, 150), (186, 186, 196), (214, 200, 166),
                                  (182, 158, 158), (168, 184, 180))), rng, 8)
        draw.rectangle((x, line - tall, x + wide - 2, line), wall)
        draw.rectangle((x, line - tall, x + wide - 2, line - tall + 4), shade(wall, 80))
        for top in range(line - tall + 11, line - 14, 20):
            for left in range(x + 6, x + wide - 12, 14):
                pane = (250, 238, 190) if rng.random() < 0.3 else (140, 164, 184)
                draw.rectangle((left, top, left + 7, top + 10), pane)
        x += wide
    draw.rectangle((0, line, SIDE, line + 30), (190, 188, 184))
    for x in range(rng.randint(-30, 0), SIDE, 30):
        draw.line((x, line, x - 8, line + 30), (170, 168, 166), 2)
    draw.rectangle((0, line + 28, SIDE, line + 32), (146, 146, 148))
    blend(image, line + 33, SIDE, (104, 106, 114), (88, 90, 98))
    for x in range(rng.randint(-40, 0), SIDE, 52):
        draw.rectangle((x, 212, x + 28, 217), (222, 218, 196))


def _kitchen(image: Image.Image, draw: Draw, rng: random.Random) -> None:
    line = SCALE * ground_line("kitchen")
    wall = jitter(rng.choice(((246, 232, 206), (222, 236, 226), (232, 226, 238))), rng, 5)
    draw.rectangle((0, 0, SIDE, line), wall)
    for y in range(96, line, 18):
        draw.line((0, y, SIDE, y), shade(wall, 90), 1)
    for x in range(0, SIDE, 18):
        draw.line((x, 96, x, line), shade(wall, 90), 1)
    window = rng.randint(30, SIDE - 110)
    draw.rectangle((window, 14, window + 76, 74), (250, 250, 246))
    draw.rectangle((window + 5, 19, window + 71, 69), (176, 216, 236))
    draw.line((window + 38, 16, window + 38, 72), (250, 250, 246), 4)
    shelf = window + 90 if window < 90 else window - 74
    draw.rectangle((shelf, 56, shelf + 62, 61), (172, 132, 94))
    for x in (shelf + 6, shelf + 26, shelf + 46):
        draw.ellipse((x, 38, x + 14, 56), jitter((206, 214, 216), rng, 12))
    wood = jitter(rng.choice(((204, 178, 150), (176, 190, 194), (196, 200, 176))), rng, 8)
    _counter(draw, rng.randint(-20, 70), line, wood)
    draw.rectangle((0, line - 6, SIDE, line), shade(wall, 74))
    tile, first, second = 26, jitter((222, 208, 190), rng, 8), jitter((188, 168, 150), rng, 8)
    for row, y in enumerate(range(line, SIDE, tile // 2 + 4)):
        for column, x in enumerate(range(-tile, SIDE, tile)):
            fill = first if (row + column) % 2 else second
            draw.rectangle((x, y, x + tile, y + tile // 2 + 4), fill)


def _counter(draw: Draw, left: int, line: int, wood: Color) -> None:
    """A worktop over four cupboards and a stove that stand on `line`."""
    draw.rectangle((left - 4, line - 50, left + 164, line - 44), shade(wood, 70))
    draw.rectangle((left, line - 43, left + 160, line), wood)
    for x in (left, left + 32, left + 96, left + 128):
        draw.rectangle((x + 3, line - 39, x + 29, line - 10), outline=shade(wood, 80))
        draw.ellipse((x + 22, line - 27, x + 26, line - 23), shade(wood, 60))
    draw.rectangle((left + 64, line - 43, left + 95, line), (150, 154, 160))
    draw.rectangle((left + 69, line - 32, left + 90, line - 12), (98, 102, 110))
    for x in (left + 70, left + 79, left + 88):
        draw.ellipse((x, line - 40, x + 3, line - 37), (98, 102, 110))


def _night(image: Image.Image, draw: Draw, rng: random.Random) -> None:
    line = SCALE * ground_line("night")
    blend(image, 0, line, (22, 28, 72), (62, 72, 132))
    for _ in range(46):
        x, y, r = rng.randint(0, SIDE), rng.randint(0, line - 20), rng.randint(1, 2)
        draw.ellipse((x, y, x + r, y + r), (248, 244, 214))
    x, y = rng.randint(20, SIDE - 56), rng.randint(12, 40)
    draw.ellipse((x, y, x + 36, y + 36), (250, 240, 190))
    draw.ellipse((x + 12, y - 4, x + 44, y + 28), (30, 38, 86))
    _hills(draw, rng, line, 34, (44, 56, 98))
    blend(image, line, SIDE, (62, 84, 112), (48, 68, 92))
    _specks(draw, rng, 34, line + 8, (84, 108, 132), 4)


def _meadow(image: Image.Image, draw: Draw, rng: random.Random) -> None:
    line = SCALE * ground_line("meadow")
    blend(image, 0, line, (150, 210, 244), (232, 244, 240))
    _clouds(draw, rng, (252, 252, 252))
    _hills(draw, rng, line, 50, (160, 200, 150))
    _hills(draw, rng, line, 26, (138, 190, 118))
    blend(image, line, SIDE, (152, 204, 106), (118, 180, 84))
    for _ in range(34):
        x, y = rng.randint(0, SIDE), rng.randint(line + 8, SIDE)
        for lean in (-4, 0, 4):
            draw.line((x, y, x + lean, y - 8), (92, 152, 66), 2)
    for _ in range(14):
        x, y = rng.randint(0, SIDE), rng.randint(line + 8, SIDE)
        draw.ellipse((x, y, x + 4, y + 4), rng.choice(((250, 250, 240), (250, 226, 120),
                                                       (240, 176, 196))))


def _snow(image: Image.Image, draw: Draw, rng: random.Random) -> None:
    line = SCALE * ground_line("snow")
    blend(image, 0, line, (170, 188, 210), (222, 228, 236))
    x = -rng.randint(0, 50)
    while x < SIDE:
        wide, tall = rng.randint(80, 130), rng.randint(50, 100)
        top = line - tall
        draw.polygon([(x, line), (x + wide // 2, top), (x + wide, line)], (150, 162, 188))
        draw.polygon([(x + wide // 2, top), (x + wide // 2 + wide // 7, top + tall * 2 // 7),
                      (x + wide // 2, top + tall // 4),
                      (x + wide // 2 - wide // 7, top + tall * 2 // 7)], (246, 248, 250))
        x += wide * 2 // 3
    blend(image, line, SIDE, (236, 240, 246), (212, 222, 236))
    _hills(draw, rng, line + 6, 10, (238, 242, 248))
    _specks(draw, rng, 26, line + 10, (196, 208, 226), 10)
    for _ in range(50):
        x, y = rng.randint(0, SIDE), rng.randint(0, SIDE)
        draw.ellipse((x, y, x + 3, y + 3), (252, 252, 252))


def _harbour(image: Image.Image, draw: Draw, rng: random.Random) -> None:
    line, shore = SCALE * ground_line("harbour"), SCALE * SHORE["harbour"]
    blend(image, 0, line, (156, 190, 214), (250, 220, 190))
    _clouds(draw, rng, (250, 238, 226))
    for _ in range(rng.randint(2, 3)):
        x, wide = rng.randint(0, SIDE - 50), rng.randint(40, 70)
        hue = jitter((128, 138, 154), rng, 10)
        draw.polygon([(x, line - 10), (x + wide, line - 10), (x + wide - 8, line), (x + 8, line)],
                     hue)
        draw.rectangle((x + wide // 2, line - 26, x + wide - 10, line - 10), shade(hue, 125))
        draw.line((x + 14, line - 52, x + 14, line - 10), hue, 3)
        draw.line((x + 14, line - 52, x + wide - 6, line - 40), hue, 2)
    blend(image, line, shore, (62, 112, 136), (92, 152, 166))
    _waves(draw, rng, line, shore, (164, 204, 208))
    blend(image, shore, SIDE, (176, 148, 118), (152, 124, 96))
    for y in range(shore, SIDE, 15):
        draw.line((0, y, SIDE, y), (120, 94, 72), 2)
        for _ in range(3):
            x = rng.randint(0, SIDE)
            draw.line((x, y, x, y + 15), (120, 94, 72), 2)
    for x in range(rng.randint(0, 40), SIDE, 70):
        draw.rectangle((x, shore - 14, x + 11, shore + 8), (96, 76, 60))


def _bedroom(image: Image.Image, draw: Draw, rng: random.Random) -> None:
    line = SCALE * ground_line("bedroom")
    wall = jitter(rng.choice(((214, 222, 238), (240, 220, 222), (226, 232, 210))), rng, 5)
    draw.rectangle((0, 0, SIDE, line), wall)
    for x in range(rng.randint(-20, 0), SIDE, 22):
        draw.rectangle((x, 0, x + 9, line), shade(wall, 118))
    window = rng.randint(16, SIDE - 100)
    draw.rectangle((window, 18, window + 70, 90), (180, 212, 234))
    draw.line((window + 35, 18, window + 35, 90), (250, 250, 246), 4)
    draw.line((window, 54, window + 70, 54), (250, 250, 246), 4)
    curtain = jitter((206, 168, 178), rng, 14)
    for x in (window - 12, window + 58):
        draw.rectangle((x, 14, x + 24, 98), curtain)
        draw.line((x + 8, 16, x + 8, 98), shade(curtain, 86), 2)
        draw.line((x + 16, 16, x + 16, 98), shade(curtain, 86), 2)
    frame = window + 112 if window < 70 else window - 62
    draw.rectangle((frame, 30, frame + 40, 60), (170, 136, 92))
    draw.rectangle((frame + 4, 34, frame + 36, 56), (206, 216, 200))
    draw.rectangle((0, line - 6, SIDE, line), (240, 238, 232))
    blend(image, line, SIDE, (196, 152, 110), (178, 132, 92))
    for y in range(line, SIDE, 14):
        draw.line((0, y, SIDE, y), (158, 114, 78), 1)
    x = rng.randint(20, 90)
    draw.ellipse((x, line + 22, x + 150, line + 66), jitter((196, 176, 190), rng, 14))


def _studio(image: Image.Image, draw: Draw, rng: random.Random) -> None:
    tint = jitter(rng.choice(((238, 236, 232), (226, 232, 238), (240, 230, 226), (228, 234, 224))),
                  rng, 6)
    blend(image, 0, SIDE, tint, shade(tint, 88))


SCENERY: dict[str, Callable[[Image.Image, Draw, random.Random], None]] = {
    "beach": _beach, "street": _street, "kitchen": _kitchen, "night": _night, "meadow": _meadow,
    "snow": _snow, "harbour": _harbour, "bedroom": _bedroom, "studio": _studio,
}


def background(setting: str, rng: random.Random) -> Image.Image:
    """An empty setting, (SIDE, SIDE) RGB."""
    image = Image.new("RGB", (SIDE, SIDE))
    SCENERY[setting](image, ImageDraw.Draw(image), rng)
    return image

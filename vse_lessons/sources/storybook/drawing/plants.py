"""How Storybook's plants and food are drawn; see `Pen` for the coordinates."""

# outlines and tables stay as compact as they are read
# fmt: off
from __future__ import annotations

from collections.abc import Callable

from vse_lessons.sources.storybook.drawing.pen import CREAM, LEAF, Pen, shade

BARK = (116, 80, 52)
POT = (190, 104, 66)


def tree(pen: Pen) -> None:
    """Draw a tree."""
    pen.shape([(42, 100), (45, 50), (56, 50), (60, 100)], BARK)
    pen.line([(50, 66), (66, 52)], BARK, 7)
    for x0, y0, x1, y1 in ((0, 24, 50, 62), (50, 24, 100, 62), (20, 0, 80, 44), (18, 34, 84, 70)):
        pen.oval(x0, y0, x1, y1, pen.color)
    for x, y in ((30, 20), (58, 12), (20, 44), (74, 40), (48, 52)):
        pen.curve(x - 10, y - 6, x + 10, y + 6, 190, 340, pen.light, 5)
    for x, y in ((62, 30), (38, 38), (84, 52)):
        pen.curve(x - 10, y - 6, x + 10, y + 6, 20, 160, pen.dark, 5)


def pine(pen: Pen) -> None:
    """Draw a pine."""
    pen.box(43, 84, 57, 100, BARK)
    for top, low, half in ((48, 88, 50), (24, 64, 40), (0, 40, 30)):
        pen.shape([(50, top), (50 + half, low), (50 - half, low)], pen.color)
        pen.shape([(50, top), (50 + half, low), (50 + half // 3, low)], pen.dark)


def palm(pen: Pen) -> None:
    """Draw a palm."""
    pen.blob([(38, 101), (50, 60), (44, 22), (56, 22), (62, 60), (54, 101)], BARK)
    for y in (40, 52, 64, 76, 88):
        pen.line([(46, y), (58, y)], shade(BARK, 70), 3)
    for tip, low in (((-6, 48), (14, 28)), ((106, 48), (86, 28)), ((-2, 18), (22, 28)),
                     ((102, 18), (78, 28)), ((28, 2), (36, 24)), ((72, 2), (64, 24))):
        pen.blob([(50, 22), ((50 + tip[0]) // 2, (22 + tip[1]) // 2 - 9), tip, low], pen.color)
        pen.line([(50, 22), ((tip[0] + low[0]) // 2, (tip[1] + low[1]) // 2)], pen.dark, 3)
    pen.dot(46, 26, 5, (120, 74, 40))
    pen.dot(56, 27, 5, (120, 74, 40))


def flower(pen: Pen) -> None:
    """Draw a flower."""
    pen.line([(50, 40), (50, 98)], LEAF, 9)
    pen.blob([(50, 94), (10, 66), (2, 76), (34, 98)], LEAF)
    pen.blob([(50, 86), (92, 58), (98, 68), (64, 92)], shade(LEAF, 84))
    for x, y in ((50, 13), (22, 22), (78, 22), (30, 44), (70, 44)):
        pen.oval(x - 23, y - 13, x + 23, y + 13, pen.color)
    core = (250, 206, 60) if pen.thing.color not in ("yellow", "orange") else (140, 84, 40)
    pen.oval(34, 20, 66, 40, core)


def cactus(pen: Pen) -> None:
    """Draw a cactus."""
    pen.line([(50, 60), (12, 58), (12, 34)], pen.dark, 18)
    pen.line([(50, 48), (87, 46), (87, 20)], pen.dark, 18)
    pen.box(32, 0, 68, 86, pen.color, 18)
    for x in (42, 50, 58):
        pen.line([(x, 8), (x, 72)], pen.dark, 3)
    pen.shape([(18, 76), (82, 76), (74, 100), (26, 100)], POT)
    pen.box(12, 74, 88, 81, shade(POT, 84))


def mushroom(pen: Pen) -> None:
    """Draw a mushroom."""
    pen.blob([(34, 46), (66, 46), (74, 104), (26, 104)], CREAM)
    pen.blob([(-4, 64), (4, 10), (50, -13), (96, 10), (104, 64), (50, 52)], pen.main)
    if pen.thing.pattern == "plain":
        for x, y, r in ((28, 34, 8), (54, 18, 9), (76, 40, 7)):
            pen.dot(x, y, r, CREAM if pen.thing.color != "white" else (214, 190, 160))


def apple(pen: Pen) -> None:
    """Draw an apple."""
    pen.line([(50, 26), (56, 3)], BARK, 8)
    pen.blob([(58, 16), (76, -2), (96, 2), (80, 20)], LEAF)
    pen.blob([(50, 26), (82, 8), (106, 40), (92, 92), (58, 104), (42, 104), (8, 92), (-6, 40),
              (18, 8)], pen.color)
    pen.oval(16, 30, 32, 52, pen.light)


def pear(pen: Pen) -> None:
    """Draw a pear."""
    pen.line([(52, 16), (58, 2)], BARK, 8)
    pen.blob([(58, 12), (74, 0), (92, 4), (76, 16)], LEAF)
    pen.blob([(50, 2), (72, 10), (76, 40), (108, 66), (94, 106), (6, 106), (-8, 66), (24, 40),
              (28, 10)], pen.color)
    pen.oval(22, 56, 38, 76, pen.light)


def banana(pen: Pen) -> None:
    """Draw a banana."""
    pen.blob([(-2, 20), (10, 6), (30, 56), (62, 66), (92, 10), (102, 12), (100, 66), (66, 106),
              (28, 100), (4, 66)], pen.color)
    pen.line([(14, 40), (36, 74), (66, 76), (88, 50)], pen.dark, 6)
    pen.shape([(88, 16), (90, 0), (98, 0), (100, 18)], BARK)
    pen.dot(4, 22, 6, BARK)


def cake(pen: Pen) -> None:
    """Draw a cake."""
    for x in (30, 50, 70):
        pen.box(x - 3, 10, x + 3, 34, CREAM)
        pen.oval(x - 4, 0, x + 4, 14, (252, 176, 50))
    pen.box(8, 32, 92, 92, pen.color, 10)
    pen.box(8, 58, 92, 66, pen.dark)
    icing = CREAM if pen.thing.color != "white" else (246, 176, 196)
    pen.box(8, 30, 92, 44, icing, 6)
    for x in (16, 34, 52, 70, 84):
        pen.oval(x - 6, 36, x + 6, 54, icing)
    pen.oval(0, 86, 100, 100, (206, 212, 222))


def pizza(pen: Pen) -> None:
    """Draw a pizza."""
    pen.blob([(50, 114), (-12, 22), (8, -4), (92, -4), (112, 22)], (206, 140, 74))
    pen.shape([(50, 94), (10, 18), (90, 18)], pen.color)
    topping = (196, 48, 40) if pen.thing.color == "yellow" else (250, 222, 120)
    for x, y in ((32, 30), (64, 28), (50, 50), (52, 74)):
        pen.dot(x, y, 8, topping)
    for x, y in ((46, 30), (62, 46), (42, 62)):
        pen.dot(x, y, 3, LEAF)


def carrot(pen: Pen) -> None:
    """Draw a carrot."""
    for tip in (4, 34, 66, 96):
        pen.line([(50, 36), (tip, 4 if tip in (34, 66) else 14)], LEAF, 14)
    pen.blob([(50, 112), (4, 44), (12, 24), (88, 24), (96, 44)], pen.color)
    for x0, x1, y in ((20, 44, 42), (56, 78, 54), (36, 54, 70)):
        pen.line([(x0, y), (x1, y)], pen.dark, 7)


PLANTS: dict[str, Callable[[Pen], None]] = {
    function.__name__: function for function in (
        tree, pine, palm, flower, cactus, mushroom)
}
FOOD: dict[str, Callable[[Pen], None]] = {
    function.__name__: function for function in (
        apple, pear, banana, cake, pizza, carrot)
}

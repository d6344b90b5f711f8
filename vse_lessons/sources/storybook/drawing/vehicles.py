"""How Storybook's vehicles and buildings are drawn, facing right; see `Pen`."""

# outlines and tables stay as compact as they are read
# fmt: off
from __future__ import annotations

from collections.abc import Callable

from vse_lessons.sources.storybook.drawing.pen import CREAM, GLASS, INK, STEEL, WOOD, Pen, shade

LAMP_LIGHT = (255, 236, 140)
ROOF = (172, 76, 60)
STONE = (128, 124, 124)


def _wheel(pen: Pen, x: int, y: int, radius: int) -> None:
    """A tyre with its hub; `radius` is a share of the shorter side."""
    pen.dot(x, y, radius, INK)
    pen.dot(x, y, radius // 2, STEEL)


def car(pen: Pen) -> None:
    """Draw a car."""
    pen.blob([(10, 50), (20, 2), (30, -2), (62, -2), (72, 4), (84, 50)], pen.color)
    pen.blob([(20, 46), (26, 8), (46, 8), (46, 46)], GLASS)
    pen.blob([(50, 46), (50, 8), (66, 8), (76, 46)], GLASS)
    pen.box(0, 42, 100, 84, pen.color, 20)
    pen.box(2, 66, 98, 76, pen.dark)
    pen.oval(92, 46, 100, 62, LAMP_LIGHT)
    for x in (24, 76):
        _wheel(pen, x, 80, 20)


def bus(pen: Pen) -> None:
    """Draw a bus."""
    pen.box(0, 0, 100, 86, pen.color, 12)
    for x in (6, 24, 42, 60):
        pen.box(x, 14, x + 14, 44, GLASS, 4)
    pen.box(80, 14, 98, 70, GLASS, 4)
    pen.box(2, 54, 78, 62, CREAM if sum(pen.color) < 650 else pen.dark)
    for x in (20, 74):
        _wheel(pen, x, 84, 15)


def truck(pen: Pen) -> None:
    """Draw a truck."""
    pen.box(0, 0, 62, 76, pen.color, 4)
    for x in (14, 30, 46):
        pen.line([(x, 6), (x, 70)], pen.dark, 4)
    pen.box(0, 74, 98, 86, (84, 84, 92))
    pen.blob([(62, 82), (62, 18), (68, 18), (88, 20), (98, 54), (102, 84)], pen.color)
    pen.shape([(70, 48), (70, 28), (84, 28), (92, 48)], GLASS)
    pen.oval(94, 58, 100, 70, LAMP_LIGHT)
    for x in (14, 34, 82):
        _wheel(pen, x, 85, 14)


def tractor(pen: Pen) -> None:
    """Draw a tractor."""
    pen.line([(84, 40), (84, 14)], INK, 6)
    pen.box(50, 38, 98, 74, pen.color, 6)
    for y in (48, 58):
        pen.line([(84, y), (94, y)], pen.dark, 4)
    pen.box(14, 6, 52, 66, pen.color)
    pen.box(20, 12, 48, 40, GLASS)
    pen.box(8, 0, 58, 8, pen.dark)
    pen.dot(26, 69, 30, INK)
    pen.dot(26, 69, 17, LAMP_LIGHT)
    _wheel(pen, 82, 81, 18)


def train(pen: Pen) -> None:
    """Draw a train."""
    pen.box(0, 14, 36, 84, pen.dark, 4)
    for x in (5, 20):
        pen.box(x, 26, x + 11, 52, GLASS)
    pen.box(0, 8, 38, 18, INK)
    pen.box(36, 72, 44, 80, INK)
    pen.box(42, 6, 62, 84, pen.color)
    pen.box(46, 16, 58, 40, GLASS)
    pen.box(40, 0, 64, 10, INK)
    pen.box(60, 36, 94, 84, pen.color, 12)
    pen.shape([(80, 38), (76, 4), (92, 4), (88, 38)], INK)
    pen.oval(66, 26, 76, 42, LAMP_LIGHT)
    pen.shape([(92, 74), (100, 92), (92, 92)], STEEL)
    for x in (8, 27, 50, 68, 86):
        _wheel(pen, x, 87, 11)


def bicycle(pen: Pen) -> None:
    """Draw a bicycle."""
    for x in (22, 78):
        x0, y0, x1, y1 = x - 22, 38, x + 22, 100
        pen.curve(x0, y0, x1, y1, 0, 360, INK, 8)
        pen.line([(x0 + 5, 69), (x1 - 5, 69)], STEEL, 3)
        pen.line([(x, 44), (x, 94)], STEEL, 3)
    pen.line([(22, 69), (36, 30), (68, 28), (48, 69), (22, 69)], pen.color, 10)
    pen.line([(36, 30), (48, 69)], pen.color, 10)
    pen.line([(78, 69), (66, 10), (78, 4)], pen.color, 10)
    pen.line([(28, 20), (44, 20)], INK, 9)
    pen.line([(36, 24), (36, 30)], STEEL, 6)
    pen.dot(48, 70, 7, STEEL)


def boat(pen: Pen) -> None:
    """Draw a boat."""
    pen.line([(50, 2), (50, 74)], WOOD, 6)
    pen.shape([(54, 4), (54, 64), (94, 64)], CREAM)
    pen.shape([(46, 10), (46, 64), (12, 64)], shade(CREAM, 88))
    pen.shape([(50, 0), (50, 8), (66, 4)], pen.color)
    pen.shape([(0, 70), (100, 70), (84, 100), (16, 100)], pen.color)
    pen.shape([(0, 70), (100, 70), (97, 77), (3, 77)], pen.dark)


def airplane(pen: Pen) -> None:
    """Draw an airplane."""
    pen.shape([(4, 44), (0, 4), (12, 4), (26, 40)], pen.dark)
    pen.shape([(46, 44), (38, 0), (50, 0), (66, 42)], pen.dark)
    pen.blob([(2, 44), (10, 30), (80, 26), (105, 56), (84, 80), (30, 78)], pen.color)
    pen.blob([(80, 36), (90, 34), (100, 52), (82, 50)], GLASS)
    for x in (26, 38, 50, 62, 73):
        pen.dot(x, 46, 7, GLASS)
    pen.shape([(40, 62), (64, 62), (38, 100), (26, 100)], pen.dark)


def rocket(pen: Pen) -> None:
    """Draw a rocket."""
    pen.blob([(34, 78), (66, 78), (64, 92), (50, 104), (36, 92)], (250, 170, 40))
    pen.blob([(42, 78), (58, 78), (56, 88), (50, 96), (44, 88)], LAMP_LIGHT)
    pen.shape([(24, 52), (0, 76), (0, 88), (26, 78)], pen.dark)
    pen.shape([(76, 52), (100, 76), (100, 88), (74, 78)], pen.dark)
    pen.blob([(50, -8), (76, 16), (82, 60), (72, 84), (28, 84), (18, 60), (24, 16)], pen.color)
    pen.blob([(50, -8), (70, 12), (72, 22), (28, 22), (30, 12)], pen.dark)
    pen.dot(50, 40, 18, CREAM)
    pen.dot(50, 40, 13, GLASS)
    pen.box(30, 76, 70, 81, INK)


def house(pen: Pen) -> None:
    """Draw a house."""
    roof = ROOF if pen.thing.color not in ("red", "orange", "brown") else (88, 92, 108)
    pen.box(70, 6, 80, 30, STONE)
    pen.box(8, 40, 92, 100, pen.color)
    pen.shape([(50, 0), (100, 44), (0, 44)], roof)
    pen.line([(4, 43), (96, 43)], shade(roof, 70), 4)
    pen.box(42, 64, 60, 100, WOOD)
    pen.dot(56, 82, 2, LAMP_LIGHT)
    for x in (15, 68):
        pen.box(x, 54, x + 18, 76, CREAM)
        pen.box(x + 2, 56, x + 16, 74, GLASS)
        pen.line([(x + 9, 56), (x + 9, 74)], CREAM, 3)
    pen.dot(50, 27, 7, CREAM)


def tent(pen: Pen) -> None:
    """Draw a tent."""
    pen.shape([(50, 0), (100, 100), (0, 100)], pen.main)
    pen.shape([(50, 0), (58, 0), (100, 100), (82, 100)], pen.dark)
    pen.shape([(46, 26), (66, 100), (28, 100)], (64, 52, 50))
    pen.shape([(46, 26), (40, 100), (28, 100)], pen.light)
    pen.line([(50, 0), (50, 8)], WOOD, 4)


def castle(pen: Pen) -> None:
    """Draw a castle."""
    for x in (2, 74):
        pen.box(x, 30, x + 24, 100, pen.color)
        pen.shape([(x - 2, 32), (x + 12, 8), (x + 26, 32)], ROOF)
        pen.box(x + 9, 46, x + 15, 60, INK)
    pen.box(24, 50, 76, 100, pen.dark)
    for x in (24, 37, 50, 63):
        pen.box(x, 42, x + 8, 52, pen.dark)
    pen.box(38, 18, 62, 60, pen.color)
    pen.shape([(35, 20), (50, 2), (65, 20)], ROOF)
    pen.line([(50, 8), (50, 1)], INK, 2)
    pen.shape([(50, 0), (62, 4), (50, 8)], (230, 190, 60))
    pen.box(46, 30, 54, 44, INK)
    pen.blob([(38, 101), (38, 74), (50, 60), (62, 74), (62, 101)], WOOD)
    pen.line([(50, 72), (50, 98)], shade(WOOD, 60), 3)
    for x, y in ((8, 70), (18, 84), (80, 74), (88, 88), (30, 66), (68, 62)):
        pen.box(x - 3, y - 1, x + 3, y + 1, shade(pen.color, 60))


def lighthouse(pen: Pen) -> None:
    """Draw a lighthouse."""
    other = CREAM if pen.thing.color != "white" else (206, 70, 60)
    pen.shape([(26, 24), (74, 24), (92, 96), (8, 96)], pen.main)
    if pen.thing.pattern == "plain":
        pen.shape([(22, 40), (78, 40), (82, 56), (18, 56)], other)
        pen.shape([(14, 72), (86, 72), (90, 88), (10, 88)], other)
    pen.box(0, 94, 100, 100, STONE)
    pen.box(16, 21, 84, 25, INK)
    pen.box(30, 9, 70, 22, LAMP_LIGHT)
    pen.line([(50, 10), (50, 21)], INK, 5)
    pen.shape([(50, 0), (80, 10), (20, 10)], ROOF if pen.thing.color != "red" else INK)
    pen.box(42, 60, 58, 68, INK)


def windmill(pen: Pen) -> None:
    """Draw a windmill."""
    pen.shape([(38, 38), (62, 38), (76, 100), (24, 100)], pen.color)
    pen.blob([(34, 44), (38, 26), (62, 26), (66, 44)], ROOF)
    pen.blob([(44, 101), (44, 84), (56, 84), (56, 101)], WOOD)
    pen.box(46, 58, 54, 68, INK)
    sail = shade(CREAM, 96)
    for (tx, ty), (sx, sy) in (((2, 2), (6, -4)), ((98, 2), (5, 5)), ((98, 72), (-6, 4)),
                               ((2, 72), (-5, -5))):
        side = (min(100, max(0, tx + sx * 2)), max(0, ty + sy * 2))
        pen.shape([(50, 37), (tx, ty), side, (50 + sx, 37 + sy)], sail)
        pen.line([(50, 37), (tx, ty)], (104, 78, 56), 4)
    pen.dot(50, 37, 6, INK)


VEHICLES: dict[str, Callable[[Pen], None]] = {
    function.__name__: function for function in (
        car, bus, truck, tractor, train, bicycle, boat, airplane, rocket)
}
BUILDINGS: dict[str, Callable[[Pen], None]] = {
    function.__name__: function for function in (
        house, tent, castle, lighthouse, windmill)
}

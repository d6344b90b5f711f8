"""How Storybook's furniture, toys and other things at home are drawn; see `Pen`."""

# outlines and tables stay as compact as they are read
# fmt: off
from __future__ import annotations

from collections.abc import Callable

from vse_lessons.sources.storybook.drawing.pen import CREAM, INK, STEEL, WOOD, Pen, shade

GLOW = (255, 240, 170)


def chair(pen: Pen) -> None:
    """Draw a chair."""
    for x in (6, 84):
        pen.box(x, 60, x + 10, 100, WOOD)
    for x in (16, 74):
        pen.box(x, 60, x + 8, 92, shade(WOOD, 74))
    pen.box(4, 0, 16, 64, WOOD)
    pen.box(84, 0, 96, 64, WOOD)
    pen.box(8, 4, 92, 44, pen.main, 8)
    pen.box(0, 54, 100, 68, pen.main, 8)


def table(pen: Pen) -> None:
    """Draw a table."""
    for x in (18, 74):
        pen.box(x, 14, x + 8, 86, pen.dark)
    for x in (5, 87):
        pen.box(x, 14, x + 8, 100, pen.color)
    pen.box(6, 14, 94, 28, pen.dark)
    pen.box(0, 0, 100, 15, pen.color, 5)
    pen.line([(3, 4), (97, 4)], pen.light, 4)


def bed(pen: Pen) -> None:
    """Draw a bed."""
    for x in (0, 92):
        pen.box(x, 60, x + 8, 100, WOOD)
    pen.box(0, 0, 9, 92, WOOD, 4)
    pen.box(92, 30, 100, 92, WOOD, 4)
    pen.box(5, 66, 96, 88, shade(WOOD, 80))
    pen.box(7, 48, 93, 76, CREAM, 8)
    pen.blob([(6, 54), (10, 22), (34, 24), (36, 56)], (236, 240, 246))
    pen.box(34, 40, 94, 84, pen.main, 10)
    pen.box(32, 40, 42, 84, CREAM)


def sofa(pen: Pen) -> None:
    """Draw a sofa."""
    for x in (8, 84):
        pen.box(x, 86, x + 8, 100, WOOD)
    pen.box(8, 0, 92, 70, pen.main, 16)
    pen.line([(50, 8), (50, 56)], pen.dark, 4)
    pen.box(12, 54, 88, 90, pen.main, 8)
    pen.line([(16, 58), (84, 58)], pen.dark, 5)
    pen.box(0, 30, 17, 92, pen.main, 14)
    pen.box(83, 30, 100, 92, pen.main, 14)
    for x in (17, 83):
        pen.line([(x, 42), (x, 88)], pen.dark, 4)


def lamp(pen: Pen) -> None:
    """Draw a lamp."""
    pen.line([(50, 30), (50, 96)], INK, 10)
    pen.oval(16, 90, 84, 100, INK)
    pen.oval(38, 26, 62, 42, GLOW)
    pen.shape([(28, 0), (72, 0), (100, 34), (0, 34)], pen.color)
    pen.box(2, 30, 98, 34, pen.dark)


def clock(pen: Pen) -> None:
    """Draw a clock."""
    pen.oval(0, 0, 100, 100, pen.color)
    pen.oval(14, 14, 86, 86, CREAM)
    for x, y in ((50, 20), (80, 50), (50, 80), (20, 50)):
        pen.dot(x, y, 3, INK)
    hour, minute = pen.rng.choice((((36, 36), (74, 40)), ((62, 40), (50, 22)),
                                   ((38, 58), (30, 32))))
    pen.line([(50, 50), hour], INK, 8)
    pen.line([(50, 50), minute], INK, 5)


def cup(pen: Pen) -> None:
    """Draw a cup."""
    pen.curve(66, 26, 100, 76, 0, 360, pen.dark, 12)
    pen.blob([(-2, 4), (84, 4), (84, 70), (70, 106), (12, 106), (-2, 70)], pen.main)
    pen.oval(0, 0, 82, 26, shade(pen.color, 84))
    pen.oval(7, 5, 75, 22, (96, 60, 40))


def ball(pen: Pen) -> None:
    """Draw a ball."""
    pen.oval(0, 0, 100, 100, pen.main)
    if pen.thing.pattern == "plain":
        seam = CREAM if sum(pen.color) < 640 else pen.dark
        pen.curve(-50, 10, 44, 90, 300, 420, seam, 8)
        pen.curve(56, 10, 150, 90, 120, 240, seam, 8)
    pen.oval(22, 14, 40, 30, pen.light)


def kite(pen: Pen) -> None:
    """Draw a kite."""
    pen.line([(50, 70), (60, 80), (44, 88), (56, 99)], INK, 4)
    pen.shape([(50, 0), (100, 32), (50, 76), (0, 32)], pen.main)
    if pen.thing.pattern == "plain":
        pen.shape([(50, 0), (50, 32), (0, 32)], pen.light)
        pen.shape([(50, 76), (50, 32), (100, 32)], pen.dark)
    pen.line([(50, 0), (50, 76)], INK, 3)
    pen.line([(0, 32), (100, 32)], INK, 3)
    for x, y in ((55, 82), (46, 92)):
        pen.shape([(x - 12, y - 4), (x - 12, y + 4), (x + 12, y - 4), (x + 12, y + 4)], pen.color)


def balloon(pen: Pen) -> None:
    """Draw a balloon."""
    pen.line([(50, 68), (58, 80), (44, 88), (50, 99)], INK, 4)
    pen.oval(0, 0, 100, 66, pen.color)
    pen.shape([(50, 62), (38, 73), (62, 73)], pen.dark)
    pen.oval(20, 10, 40, 28, pen.light)


def teddy(pen: Pen) -> None:
    """Draw a teddy."""
    for x in (22, 78):
        pen.dot(x, 10, 15, pen.color)
        pen.dot(x, 10, 8, pen.light)
    pen.oval(0, 48, 32, 66, pen.dark)
    pen.oval(68, 48, 100, 66, pen.dark)
    pen.oval(16, 42, 84, 98, pen.color)
    pen.oval(32, 54, 68, 88, pen.light)
    pen.oval(2, 78, 38, 100, pen.dark)
    pen.oval(62, 78, 98, 100, pen.dark)
    pen.oval(12, 4, 88, 52, pen.color)
    pen.oval(34, 28, 66, 48, pen.light)
    for x in (34, 66):
        pen.dot(x, 22, 5, INK)
    pen.oval(43, 28, 57, 36, INK)


def robot(pen: Pen) -> None:
    """Draw a robot."""
    pen.line([(50, 10), (50, 3)], INK, 5)
    pen.dot(50, 4, 6, (226, 60, 50))
    for x in (32, 60):
        pen.box(x, 76, x + 10, 94, STEEL)
        pen.box(x - 5, 92, x + 15, 100, pen.dark, 3)
    raised = 14 if pen.action == "waving" else 66
    pen.line([(24, 48), (6, 66)], STEEL, 10)
    pen.dot(6, 68, 7, pen.dark)
    pen.line([(76, 48), (94, raised + 2)], STEEL, 10)
    pen.dot(94, raised, 7, pen.dark)
    pen.box(22, 42, 78, 80, pen.color, 6)
    pen.box(34, 52, 66, 66, CREAM)
    for x, paint in ((38, (226, 60, 50)), (48, (250, 206, 60)), (58, (70, 170, 90))):
        pen.box(x, 56, x + 5, 62, paint)
    pen.box(26, 10, 74, 40, pen.color, 6)
    for x in (40, 60):
        pen.dot(x, 22, 9, CREAM)
        pen.dot(x, 22, 5, INK)
    pen.line([(40, 34), (60, 34)], INK, 5)


def drum(pen: Pen) -> None:
    """Draw a drum."""
    pen.line([(20, 30), (2, 4)], WOOD, 7)
    pen.line([(80, 30), (98, 4)], WOOD, 7)
    pen.oval(4, 70, 96, 100, pen.dark)
    pen.box(4, 36, 96, 86, pen.main)
    trim = CREAM if pen.thing.color != "white" else (206, 70, 60)
    for x in (4, 27, 50, 73):
        pen.line([(x, 42), (x + 11, 88), (x + 22, 42)], trim, 4)
    pen.oval(2, 20, 98, 52, pen.dark)
    pen.oval(8, 22, 92, 47, CREAM)


def guitar(pen: Pen) -> None:
    """Draw a guitar."""
    pen.line([(50, 8), (50, 56)], (92, 60, 40), 14)
    pen.box(36, 0, 64, 12, INK, 8)
    pen.oval(8, 40, 92, 70, pen.color)
    pen.oval(0, 58, 100, 100, pen.color)
    pen.oval(34, 54, 66, 72, INK)
    pen.box(32, 82, 68, 87, INK)
    for x in (45, 55):
        pen.line([(x, 6), (x, 84)], CREAM, 3)


def umbrella(pen: Pen) -> None:
    """Draw an umbrella."""
    pen.line([(50, 4), (50, 90)], WOOD, 6)
    pen.curve(50, 78, 68, 98, 0, 180, WOOD, 6)
    pen.blob([(-4, 54), (2, 12), (50, -9), (98, 12), (104, 54), (84, 44), (68, 56), (50, 44),
              (32, 56), (16, 44)], pen.main)
    for x in (30, 70):
        pen.line([(50, 4), (x, 46)], pen.dark, 3)
    pen.line([(50, 3), (50, 8)], INK, 5)


def book(pen: Pen) -> None:
    """Draw a book."""
    pen.shape([(0, 14), (50, 24), (100, 14), (100, 92), (50, 100), (0, 92)], pen.color)
    pen.blob([(4, 10), (20, -6), (46, 6), (50, 20), (50, 92), (6, 84)], CREAM)
    pen.blob([(96, 10), (80, -6), (54, 6), (50, 20), (50, 92), (94, 84)], shade(CREAM, 93))
    for y in (30, 46, 62):
        pen.line([(14, y), (40, y + 4)], (140, 136, 136), 4)
        pen.line([(60, y + 4), (86, y)], (140, 136, 136), 4)
    pen.shape([(0, 14), (7, 14), (7, 86), (50, 92), (93, 86), (93, 14), (100, 14), (100, 92),
               (50, 100), (0, 92)], pen.color)


FURNITURE: dict[str, Callable[[Pen], None]] = {
    function.__name__: function for function in (
        chair, table, bed, sofa, lamp, clock, cup)
}
TOYS: dict[str, Callable[[Pen], None]] = {
    function.__name__: function for function in (
        ball, kite, balloon, teddy, robot, drum, guitar, umbrella, book)
}

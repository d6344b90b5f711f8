"""How Storybook's animals are drawn, facing right; see `Pen` for the coordinates."""

# outlines and tables stay as compact as they are read
# fmt: off
from __future__ import annotations

from collections.abc import Callable

from vse_lessons.sources.storybook.drawing.pen import CREAM, INK, Pen, shade

PINK_SKIN = (240, 160, 168)
BEAK = (246, 150, 40)


def _beast(pen: Pen, head: Callable[[Pen], None], head_box: tuple[int, int, int, int], back: int,
           belly: int, leg: int, tail: Callable[[Pen], None]) -> None:
    """A four-legged animal: standing, running, or curled up asleep under its own head.

    Its body is between `back` and `belly` (y), its legs are `leg` wide (share of the width).
    """
    if pen.action == "sleeping":
        pen.blob([(-4, 64), (6, 14), (36, -8), (70, 8), (90, 60), (88, 103), (4, 103)], pen.main)
        pen.curve(2, 40, 44, 98, 60, 180, pen.dark, 7)
        edge = shade(pen.color, 60) if sum(pen.color) > 200 else shade(pen.color, 140)
        pen.oval(43, 12, 98, 100, edge)
        head(pen.within(46, 14, 96, 98))
        return
    tail(pen)
    hip = belly - 10
    if pen.action == "running":
        feet = ((20, 4), (28, 22), (62, 70), (66, 92))
    else:
        feet = ((20, 18), (32, 32), (56, 56), (66, 66))
    for index, (top, foot) in enumerate(feet):
        far = index in (1, 2)
        low = 96 if far or (pen.action == "running" and index == 0) else 100
        paint = pen.dark if far else pen.main
        half = leg // 2
        pen.shape([(top - half, hip), (top + half, hip), (foot + half, low), (foot - half, low)],
                  paint)
    pen.blob([(6, back + 10), (14, back - 4), (64, back - 4), (80, back + 6), (78, belly),
              (60, belly + 4), (14, belly + 4), (5, belly - 6)], pen.main)
    head(pen.within(*head_box))


def _tail(points: list[tuple[int, int]], width: int = 8) -> Callable[[Pen], None]:
    """A tail that is a stroke in the animal's darker colour."""
    return lambda pen: pen.line(points, pen.dark, width)


def _dog_head(pen: Pen) -> None:
    pen.oval(4, 4, 78, 92, pen.color)
    pen.oval(52, 44, 100, 90, pen.light)
    pen.oval(84, 44, 100, 64, INK)
    pen.blob([(4, 2), (34, -2), (36, 60), (18, 96), (0, 60)], pen.dark)
    pen.eye(56, 34, 7)


def dog(pen: Pen) -> None:
    """Draw a dog."""
    _beast(pen, _dog_head, (52, 0, 100, 58), 42, 74, 10, _tail([(10, 48), (3, 20)], 10))


def _cat_head(pen: Pen) -> None:
    pen.shape([(8, 50), (10, 0), (48, 26)], pen.color)
    pen.shape([(92, 50), (90, 0), (52, 26)], pen.color)
    pen.shape([(16, 34), (17, 12), (34, 26)], PINK_SKIN)
    pen.shape([(84, 34), (83, 12), (66, 26)], PINK_SKIN)
    pen.oval(2, 18, 98, 100, pen.color)
    for x in (30, 70):
        pen.eye(x, 52, 6)
    pen.shape([(44, 66), (56, 66), (50, 76)], PINK_SKIN)
    for y in (68, 78):
        pen.line([(-6, y), (26, 72)], CREAM if sum(pen.color) < 300 else INK, 2)
        pen.line([(106, y), (74, 72)], CREAM if sum(pen.color) < 300 else INK, 2)


def cat(pen: Pen) -> None:
    """Draw a cat."""
    def tail(pen: Pen) -> None:
        pen.line([(12, 60), (4, 44), (6, 22), (14, 8)], pen.dark, 9)

    _beast(pen, _cat_head, (50, 0, 97, 58), 48, 78, 9, tail)


def _horse_head(pen: Pen) -> None:
    pen.shape([(12, 100), (0, 56), (34, 8), (66, 10), (60, 60), (50, 100)], pen.color)
    pen.blob([(28, 4), (60, 0), (106, 54), (96, 74), (72, 70), (38, 44)], pen.color)
    pen.shape([(36, 14), (44, -8), (54, 10)], pen.color)
    mane = shade(pen.color, 45) if sum(pen.color) > 250 else (120, 104, 92)
    pen.blob([(0, 70), (-6, 30), (24, 2), (46, 2), (30, 30), (14, 90)], mane)
    pen.eye(58, 26, 5)
    pen.dot(90, 56, 3, INK)


def horse(pen: Pen) -> None:
    """Draw a horse."""
    mane = shade(pen.color, 45) if sum(pen.color) > 250 else (120, 104, 92)
    if pen.action == "sleeping":
        pen.blob([(0, 66), (12, 44), (70, 44), (90, 70), (88, 103), (4, 103)], pen.main)
        pen.line([(60, 92), (92, 94)], pen.dark, 12)
        pen.blob([(8, 54), (0, 60), (-4, 102), (12, 102), (14, 70)], mane)
        _horse_head(pen.within(56, 4, 98, 74))
        return

    def tail(pen: Pen) -> None:
        pen.blob([(12, 40), (6, 34), (-4, 56), (-2, 84), (8, 76), (10, 56)], mane)

    _beast(pen, _horse_head, (58, 2, 100, 58), 40, 66, 8, tail)


def _cow_head(pen: Pen) -> None:
    pen.line([(20, 26), (4, 8), (12, 2)], CREAM, 9)
    pen.line([(76, 26), (92, 8), (84, 2)], CREAM, 9)
    pen.oval(-6, 24, 24, 46, pen.dark)
    pen.oval(76, 24, 104, 46, pen.dark)
    pen.blob([(10, 16), (90, 16), (90, 70), (84, 104), (16, 104), (10, 70)], pen.color)
    pen.oval(14, 60, 90, 102, PINK_SKIN)
    for x in (36, 66):
        pen.dot(x, 82, 4, INK)
        pen.eye(x, 44, 6)


def cow(pen: Pen) -> None:
    """Draw a cow."""
    def tail(pen: Pen) -> None:
        pen.line([(8, 44), (2, 54), (3, 76)], pen.dark, 5)
        pen.dot(4, 80, 5, INK)

    patch = CREAM if sum(pen.color) < 600 else (60, 56, 60)
    _beast(pen, _cow_head, (60, 4, 99, 58), 34, 74, 9, tail)
    if pen.action != "sleeping":
        pen.oval(40, 73, 56, 86, PINK_SKIN)
        if pen.thing.pattern == "plain":
            pen.blob([(22, 34), (42, 34), (40, 58), (24, 60), (16, 46)], patch)
    elif pen.thing.pattern == "plain":
        pen.blob([(18, 14), (44, 10), (40, 56), (20, 60)], patch)


def sheep(pen: Pen) -> None:
    """Draw a sheep."""
    face = (70, 62, 66) if sum(pen.color) > 250 else (214, 196, 176)
    asleep = pen.action == "sleeping"
    if not asleep:
        spread = 10 if pen.action == "running" else 0
        for x, way in ((24, -1), (36, -1), (56, 1), (66, 1)):
            pen.line([(x, 66), (x + way * spread, 97)], face, 9)
    top, low = (0, 100) if asleep else (4, 80)
    tall = low - top
    for x, y in ((14, 30), (30, 18), (50, 18), (66, 30), (10, 60), (70, 62), (26, 76), (50, 78)):
        x0, y0 = x - 14, top + tall * (y - 22) // 100
        pen.oval(x0, y0, x0 + 30, y0 + tall * 44 // 100, pen.color)
    pen.oval(6, top + tall * 12 // 100, 76, low - tall * 8 // 100, pen.color)
    for x, y in ((24, 36), (44, 30), (40, 58), (22, 64), (58, 56)):
        pen.curve(x - 8, top + tall * (y - 12) // 100, x + 8, top + tall * (y + 12) // 100, 200,
                  340, pen.dark, 4)
    head = pen.within(62, 40 if asleep else 6, 100, 96 if asleep else 60)
    head.oval(-12, 26, 26, 48, face)
    head.blob([(10, 14), (86, 10), (102, 60), (84, 104), (34, 100), (8, 60)], face)
    head.oval(4, -6, 62, 34, pen.color)
    head.eye(62, 46, 8, white=not asleep)


def _pig_head(pen: Pen) -> None:
    pen.oval(0, 14, 86, 100, pen.color)
    pen.shape([(6, 34), (8, -4), (40, 20)], pen.dark)
    pen.shape([(46, 18), (68, -4), (76, 34)], pen.dark)
    pen.eye(48, 42, 7)
    pen.box(66, 46, 100, 80, pen.light, 12)
    for x in (78, 90):
        pen.dot(x, 62, 5, pen.dark)


def pig(pen: Pen) -> None:
    """Draw a pig."""
    def tail(pen: Pen) -> None:
        pen.curve(0, 30, 12, 50, 0, 300, pen.dark, 6)
        pen.line([(6, 50), (14, 54)], pen.dark, 6)

    _beast(pen, _pig_head, (60, 0, 100, 72), 18, 82, 10, tail)


def rabbit(pen: Pen) -> None:
    """Draw a rabbit."""
    ear = pen.within(44, 0, 96, 40)
    pen.oval(0, 66, 18, 86, CREAM)
    if pen.action == "sleeping":
        pen.blob([(4, 98), (8, 50), (40, 36), (88, 60), (96, 102), (4, 103)], pen.color)
    else:
        pen.blob([(8, 103), (6, 66), (34, 44), (70, 56), (80, 103)], pen.color)
        pen.oval(8, 62, 50, 100, pen.dark)
        pen.oval(40, 90, 84, 100, pen.light)
    low = 14 if pen.action == "sleeping" else 0
    for x, tip in ((4, -6), (50, 20)):
        ear.blob([(x + 4, 110), (x + tip - 6, 10), (x + tip + 14, -8), (x + tip + 38, 10),
                  (x + 38, 110)], pen.color)
        ear.line([(x + tip // 2 + 20, 90), (x + tip + 16, 34)], PINK_SKIN, 14)
    head = pen.within(44, 30 + low, 100, 74 + low)
    head.oval(0, 0, 100, 100, pen.color)
    head.eye(60, 42, 8)
    head.dot(90, 54, 7, PINK_SKIN)
    head.oval(50, 56, 86, 92, pen.light)


def _bear_head(pen: Pen) -> None:
    for x in (16, 78):
        pen.dot(x, 14, 17, pen.color)
        pen.dot(x, 14, 9, pen.dark)
    pen.oval(0, 6, 94, 100, pen.color)
    pen.oval(38, 46, 100, 94, shade(pen.color, 165))
    pen.oval(66, 46, 92, 64, INK)
    pen.eye(34, 40, 5)
    pen.eye(66, 36, 5)


def bear(pen: Pen) -> None:
    """Draw a bear."""
    _beast(pen, _bear_head, (56, 0, 100, 50), 24, 78, 16, _tail([(8, 40), (4, 42)], 8))


def elephant(pen: Pen) -> None:
    """Draw an elephant."""
    running = pen.action == "running"
    pen.line([(6, 40), (2, 62)], pen.dark, 5)
    for x, far in ((16, 0), (30, 1), (46, 1), (60, 0)):
        step = (-6 if x < 40 else 6) if running else 0
        pen.shape([(x - 7, 60), (x + 7, 60), (x + 7 + step, 100 - 4 * far),
                   (x - 7 + step, 100 - 4 * far)], pen.dark if far else pen.color)
    pen.blob([(2, 50), (8, 8), (40, 2), (72, 16), (74, 74), (40, 80), (6, 78)], pen.color)
    pen.blob([(56, 20), (70, -6), (96, 4), (98, 46), (80, 60), (58, 50)], pen.color)
    pen.line([(88, 34), (93, 60), (91, 80), (98, 88)], pen.color, 16)
    pen.shape([(78, 50), (84, 46), (90, 68)], CREAM)
    pen.blob([(46, 20), (58, 2), (76, 10), (76, 46), (62, 62), (46, 46)], pen.dark)
    pen.eye(84, 26, 4)


def giraffe(pen: Pen) -> None:
    """Draw a giraffe."""
    spot = shade(pen.color, 55)
    for x, far in ((22, 0), (34, 1), (52, 1), (62, 0)):
        pen.line([(x, 66), (x, 97 - 2 * far)], pen.dark if far else pen.color, 11)
    pen.line([(12, 56), (3, 72)], spot, 6)
    pen.blob([(8, 60), (14, 50), (50, 46), (72, 50), (74, 70), (60, 76), (14, 74)], pen.color)
    pen.shape([(50, 56), (74, 60), (84, 14), (70, 8)], pen.color)
    pen.blob([(64, 12), (72, 2), (86, 6), (104, 14), (102, 22), (84, 22), (66, 20)], pen.color)
    for x in (72, 80):
        pen.line([(x, 8), (x - 2, 2)], spot, 5)
    for x, y in ((20, 56), (34, 54), (48, 58), (26, 66), (42, 68), (58, 66), (62, 50), (66, 40),
                 (70, 30), (74, 20)):
        pen.oval(x - 5, y - 3, x + 5, y + 3, spot)
    pen.eye(82, 11, 4)


def duck(pen: Pen) -> None:
    """Draw a duck."""
    if pen.action == "sleeping":
        pen.blob([(-4, 30), (14, 40), (40, 30), (110, 34), (100, 104), (14, 104)], pen.color)
        head = pen.within(48, 0, 96, 76)
    else:
        for x in (40, 54):
            pen.line([(x, 80), (x + 4, 97), (x + 10, 97)], BEAK, 6)
        pen.blob([(-6, 36), (20, 50), (50, 40), (86, 44), (84, 84), (50, 96), (14, 82)], pen.color)
        head = pen.within(48, 0, 86, 46)
        pen.shape([(82, 20), (100, 26), (100, 32), (80, 36)], BEAK)
    pen.blob([(22, 54), (58, 50), (62, 72), (36, 80)], pen.dark)
    head.oval(0, 0, 100, 110, pen.color)
    if pen.action == "sleeping":
        head.shape([(10, 60), (-36, 74), (-30, 90), (16, 84)], BEAK)
    head.eye(62, 40, 9)


def frog(pen: Pen) -> None:
    """Draw a frog."""
    jumping = pen.action == "jumping"
    pen.blob([(10, 90), (12, 36), (60, 8), (96, 30), (100, 62), (70, 96), (20, 100)], pen.color)
    pen.oval(46, 52, 88, 92, pen.light)
    if jumping:
        pen.line([(30, 70), (8, 78), (2, 97)], pen.dark, 14)
    else:
        pen.blob([(-4, 100), (4, 44), (46, 48), (48, 100)], pen.dark)
    pen.line([(72, 76), (80, 96), (94, 96)], pen.dark, 12)
    for x in (58, 84):
        pen.dot(x, 16, 16, pen.color)
        pen.dot(x, 15, 12, CREAM)
        pen.dot(x + 2, 16, 6, INK)
    pen.line([(64, 54), (80, 58), (95, 50)], INK, 5)


def owl(pen: Pen) -> None:
    """Draw an owl."""
    pen.blob([(24, 40), (-14, 10), (2, 70), (30, 80)], pen.dark)
    pen.blob([(76, 40), (114, 10), (98, 70), (70, 80)], pen.dark)
    for x in (40, 60):
        pen.line([(x, 88), (x, 97)], BEAK, 9)
    pen.blob([(16, 20), (22, -4), (78, -4), (84, 20), (86, 80), (50, 106), (14, 80)], pen.color)
    for way in (-1, 1):
        pen.shape([(50 + way * 30, 24), (50 + way * 31, 0), (50 + way * 10, 12)], pen.color)
    for y in (58, 68, 78):
        for x in (36, 50, 64):
            pen.curve(x - 6, y - 6, x + 6, y + 6, 20, 160, CREAM, 6)
    for x in (35, 65):
        pen.dot(x, 32, 18, CREAM)
        pen.dot(x, 32, 9, INK)
    pen.shape([(43, 38), (57, 38), (50, 52)], BEAK)


def bird(pen: Pen) -> None:
    """Draw a bird."""
    pen.shape([(20, 56), (0, 46), (2, 72), (22, 70)], pen.dark)
    pen.blob([(12, 66), (40, 42), (70, 34), (96, 44), (88, 84), (50, 100), (22, 86)], pen.color)
    pen.blob([(46, 88), (74, 78), (82, 90), (60, 108)], pen.light)
    pen.blob([(40, 66), (20, 10), (30, -12), (66, 30), (70, 64)], pen.dark)
    pen.shape([(88, 50), (100, 58), (86, 66)], BEAK)
    pen.line([(40, 92), (32, 98)], INK, 4)
    pen.eye(80, 52, 5)


def butterfly(pen: Pen) -> None:
    """Draw a butterfly."""
    for way in (-1, 1):
        pen.blob([(50, 50), (50 + way * 20, -6), (50 + way * 58, -8), (50 + way * 56, 50),
                  (50 + way * 10, 62)], pen.main)
        pen.blob([(50, 50), (50 + way * 44, 52), (50 + way * 46, 104), (50 + way * 18, 108)],
                 pen.main)
        if pen.thing.pattern == "plain":
            pen.dot(50 + way * 32, 26, 9, pen.light)
            pen.dot(50 + way * 26, 76, 7, pen.dark)
        pen.line([(50, 26), (50 + way * 14, 4)], INK, 4)
    pen.oval(45, 20, 55, 92, INK)


def fish(pen: Pen) -> None:
    """Draw a fish."""
    pen.shape([(22, 50), (0, 12), (8, 50), (0, 92)], pen.dark)
    pen.shape([(40, 24), (54, 0), (70, 22)], pen.dark)
    pen.blob([(14, 50), (34, 14), (70, 8), (108, 50), (70, 98), (34, 90)], pen.main)
    pen.shape([(44, 78), (52, 100), (64, 82)], pen.dark)
    pen.curve(54, 22, 76, 82, 280, 80, pen.dark, 6)
    pen.dot(84, 42, 10, CREAM)
    pen.dot(85, 42, 6, INK)


ANIMALS: dict[str, Callable[[Pen], None]] = {
    function.__name__: function for function in (
        dog, cat, horse, cow, sheep, pig, rabbit, bear, elephant, giraffe, duck, frog, owl,
        bird, butterfly, fish)
}

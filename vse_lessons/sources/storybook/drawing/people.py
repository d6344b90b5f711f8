"""How Storybook's people and their clothes are drawn, facing right; see `Pen`.

A body is a handful of joints in the coordinates of its box; garments are shapes hung on them.
"""

# outlines and tables stay as compact as they are read
# fmt: off
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vse_lessons.sources.storybook.drawing.pen import (
    CREAM,
    INK,
    RGB,
    SKIN,
    Color,
    Paint,
    Pen,
    Point,
    contrast,
    jitter,
    shade,
)
from vse_lessons.sources.storybook.scene.meaning import HAND_HEIGHT, Clothes

HAIR: tuple[Color, ...] = ((44, 34, 32), (98, 62, 38), (226, 184, 96), (184, 86, 40),
                            (170, 166, 164))


@dataclass(frozen=True)
class Body:
    """The head's box and the heights of shoulders, hips and knees, in the pen's coordinates."""

    head: tuple[int, int, int, int]
    shoulder: int
    hip: int
    knee: int

    def seated(self) -> Body:
        """The same body in a box that is three quarters as high."""
        x0, y0, x1, y1 = self.head
        return Body((x0, y0 * 4 // 3, x1, y1 * 4 // 3), self.shoulder * 4 // 3, self.hip * 4 // 3,
                    92)


ADULT = Body((27, 3, 73, 26), 28, 58, 79)
CHILD = Body((15, 4, 85, 37), 39, 68, 85)


def _arms(pen: Pen, body: Body) -> tuple[list[Point], list[Point]]:
    """Shoulder, elbow and hand of the back and of the front arm."""
    high, low = body.shoulder + 4, body.hip
    middle = (high + low) // 2
    down_back = [(34, high), (14, middle), (6, low)]
    down_front = [(66, high), (86, middle), (94, low)]
    up_front = [(66, high), (88, high - 2), (94, 7)]
    poses = {
        "waving": (down_back, up_front),
        "jumping": ([(34, high), (12, high - 2), (6, 10)], up_front),
        "running": ([(34, high), (10, middle), (6, low - 4)],
                    [(66, high), (84, middle + 2), (94, high)]),
    }
    back, front = poses.get(pen.action or "standing", (down_back, down_front))
    if pen.reach == "front":
        front = [(66, high), (82, HAND_HEIGHT + 3), (94, HAND_HEIGHT)]
    elif pen.reach == "back":
        back = [(34, high), (18, HAND_HEIGHT + 3), (6, HAND_HEIGHT)]
    return back, front


def _legs(pen: Pen, body: Body) -> tuple[list[Point], list[Point]]:
    """Hip, knee and foot of the back and of the front leg."""
    hip, knee = body.hip - 2, body.knee
    if pen.action == "running":
        return [(44, hip), (32, knee), (8, knee + 6)], [(56, hip), (78, knee - 3), (80, 96)]
    if pen.action == "jumping":
        return [(42, hip), (22, knee), (32, 96)], [(58, hip), (78, knee), (68, 96)]
    if pen.action == "sitting":
        return [(40, 86), (10, 90), (52, 96)], [(60, 86), (90, 90), (48, 95)]
    return [(42, hip), (41, knee), (40, 96)], [(58, hip), (59, knee), (60, 96)]


def _part(limb: list[Point], share: int) -> list[Point]:
    """The first `share` percent of a limb of two bones."""
    (ax, ay), (bx, by), (cx, cy) = limb
    if share <= 50:
        return [(ax, ay), (ax + (bx - ax) * share // 50, ay + (by - ay) * share // 50)]
    share -= 50
    return [(ax, ay), (bx, by), (bx + (cx - bx) * share // 50, by + (cy - by) * share // 50)]


def _draw_legs(pen: Pen, body: Body, clothes: Clothes, skin: Color, cloth: Color) -> None:
    covered = {"trousers": 92, "shorts": 48}.get(clothes.bottom or "", 0)
    shoe = pen.rng.choice(((60, 50, 52), (120, 70, 44), (190, 60, 56), (236, 236, 236)))
    for leg, paint in zip(_legs(pen, body), (shade(cloth, 82), cloth)):
        pen.line(leg, skin, 13)
        if covered:
            pen.line(_part(leg, covered), paint, 19)
        x, y = leg[2]
        pen.oval(x - 9, y - 2, x + 13, min(100, y + 4), shoe)
    if clothes.bottom == "skirt":
        _skirt(pen, body, cloth, body.hip - 6, body.knee - 2)
    elif covered and pen.action != "sitting":
        pen.box(33, body.hip - 6, 67, body.hip + 4, cloth)
    elif covered:
        pen.oval(30, body.hip - 2, 70, 98, cloth)


def _skirt(pen: Pen, body: Body, paint: Paint, top: int, hem: int) -> None:
    if pen.action == "sitting":
        pen.blob([(30, top), (70, top), (104, 90), (84, 98), (50, 92), (16, 98), (-4, 90)], paint)
    else:
        pen.shape([(33, top), (67, top), (80, hem), (20, hem)], paint)


def _draw_arm(pen: Pen, arm: list[Point], clothes: Clothes, skin: Color, paint: Paint) -> None:
    pen.line(arm, skin, 10)
    x, y = arm[2]
    pen.dot(x, y, 5, skin)
    share = {"sleeveless": 0, "short-sleeved": 44, "long-sleeved": 90}[clothes.sleeves]
    if share:
        pen.line(_part(arm, share), paint, 15)


def _torso(pen: Pen, body: Body, clothes: Clothes, skin: Color) -> None:
    """The upper garment without its sleeves, and what tells its kind."""
    top, hip = body.shoulder, body.hip + (8 if pen.action == "sitting" else 2)
    pen.box(43, top - 4, 57, top + 3, skin)
    if clothes.top == "dress":
        _skirt(pen, body, pen.main, hip - 12, body.knee + 2)
    if clothes.top == "coat":
        hem = 94 if pen.action == "sitting" else body.knee
        pen.shape([(30, top + 8), (70, top + 8), (82, hem), (18, hem)], pen.main)
    pen.blob([(26, top), (50, top - 3), (74, top), (72, top + 14), (70, hip - 2), (70, hip + 3),
              (30, hip + 3), (30, hip - 2), (28, top + 14)], pen.main)
    TOP_DETAILS[clothes.top](pen, top, hip, skin)


def _tee(pen: Pen, top: int, hip: int, skin: Color) -> None:
    pen.oval(41, top - 3, 59, top + 3, skin)


def _shirt(pen: Pen, top: int, hip: int, skin: Color) -> None:
    collar = contrast(pen.color)
    pen.line([(50, top + 2), (50, hip)], pen.dark, 3)
    for y in range(top + 7, hip, 7):
        pen.dot(50, y, 2, collar)
    pen.shape([(38, top - 2), (50, top + 5), (62, top - 2), (56, top - 3), (44, top - 3)], collar)


def _hoodie(pen: Pen, top: int, hip: int, skin: Color) -> None:
    pen.blob([(28, top - 4), (72, top - 4), (68, top + 5), (32, top + 5)], pen.dark)
    pen.oval(41, top - 4, 59, top + 2, skin)
    for x in (45, 55):
        pen.line([(x, top + 3), (x, top + 10)], contrast(pen.color), 3)
    pen.shape([(38, hip - 10), (62, hip - 10), (67, hip - 2), (33, hip - 2)], pen.dark)


def _jacket(pen: Pen, top: int, hip: int, skin: Color) -> None:
    pen.shape([(44, top - 2), (56, top - 2), (55, hip + 1), (45, hip + 1)], contrast(pen.color))
    pen.shape([(42, top - 3), (50, top + 10), (34, top + 6)], pen.dark)
    pen.shape([(58, top - 3), (50, top + 10), (66, top + 6)], pen.dark)
    for x in (34, 60):
        pen.line([(x, hip - 6), (x + 6, hip - 6)], pen.dark, 4)


def _coat(pen: Pen, top: int, hip: int, skin: Color) -> None:
    pen.shape([(40, top - 3), (50, top + 9), (30, top + 4)], pen.dark)
    pen.shape([(60, top - 3), (50, top + 9), (70, top + 4)], pen.dark)
    for y in range(top + 11, hip + 8, 8):
        for x in (44, 56):
            pen.dot(x, y, 3, contrast(pen.color))
    pen.line([(30, hip - 4), (70, hip - 4)], shade(pen.color, 55), 6)


def _sweater(pen: Pen, top: int, hip: int, skin: Color) -> None:
    pen.box(38, top - 4, 62, top + 1, pen.dark, 4)
    pen.box(30, hip - 3, 70, hip + 2, pen.dark)
    for x in range(34, 70, 6):
        pen.line([(x, hip - 3), (x, hip + 2)], pen.light, 2)


def _blouse(pen: Pen, top: int, hip: int, skin: Color) -> None:
    for x in (28, 39, 50, 61):
        pen.oval(x, hip - 3, x + 12, hip + 5, pen.color)
    bow = contrast(pen.color)
    for way in (-1, 1):
        pen.shape([(50, top + 3), (50 + way * 16, top - 2), (50 + way * 16, top + 8)], bow)
        pen.line([(50, top + 3), (50 + way * 5, top + 12)], bow, 4)


def _dress(pen: Pen, top: int, hip: int, skin: Color) -> None:
    pen.shape([(40, top - 3), (60, top - 3), (50, top + 7)], skin)
    pen.line([(31, hip - 8), (69, hip - 8)], shade(pen.color, 58), 6)


TOP_DETAILS: dict[str, Callable[[Pen, int, int, Color], None]] = {
    "tee": _tee, "shirt": _shirt, "hoodie": _hoodie, "jacket": _jacket, "coat": _coat,
    "sweater": _sweater, "blouse": _blouse, "dress": _dress,
}


def _print(pen: Pen, motif: str, ink: Color) -> None:
    """A motif printed on a garment, filling the pen's frame."""
    if motif == "letters":
        pen.line([(0, 100), (12, 10), (26, 100)], ink, 13)
        pen.line([(6, 66), (20, 66)], ink, 11)
        pen.line([(62, 10), (38, 10), (38, 96), (62, 96)], ink, 13)
        pen.line([(38, 52), (58, 52)], ink, 11)
        pen.line([(74, 100), (74, 10), (100, 100), (100, 10)], ink, 13)
    elif motif == "heart":
        pen.blob([(50, 106), (-6, 44), (6, -14), (42, -6), (50, 26), (58, -6), (94, -14),
                  (106, 44)], ink)
    elif motif == "star":
        pen.shape([(50, 0), (62, 36), (100, 38), (70, 60), (82, 98), (50, 76), (18, 98), (30, 60),
                   (0, 38), (38, 36)], ink)
    elif motif == "flower":
        for x, y in ((50, 18), (18, 40), (82, 40), (30, 82), (70, 82)):
            pen.dot(x, y, 18, ink)
        pen.dot(50, 52, 15, (250, 206, 60))
    else:
        pen.oval(8, 0, 92, 74, ink)
        pen.box(30, 60, 70, 100, ink)
        for x in (32, 68):
            pen.dot(x, 40, 13, INK if ink == CREAM else CREAM)
        for x in (40, 50, 60):
            pen.line([(x, 80), (x, 100)], INK if ink == CREAM else CREAM, 4)


def _hair_behind(pen: Pen, head: tuple[int, int, int, int], hair: Color) -> None:
    x0, y0, x1, y1 = head
    tall = y1 - y0
    if pen.thing.kind == "woman":
        pen.blob([(x0 - 10, y0 + tall // 3), (x0 + 4, y0 - 4), (x1 - 4, y0 - 4),
                  (x1 + 10, y0 + tall // 3), (x1 + 10, y1 + 10), (x0 - 10, y1 + 10)], hair)
    elif pen.thing.kind == "girl":
        for x, way in ((x0, -1), (x1, 1)):
            pen.blob([(x, y0 + 8), (x + way * 16, y0 + 8), (x + way * 20, y1 - 4),
                      (x + way * 2, y1 - 6)], hair)
            pen.dot(x, y0 + 13, 5, (226, 70, 90))


def _head(pen: Pen, head: tuple[int, int, int, int], skin: Color, hair: Color,
          hat: str | None) -> None:
    x0, y0, x1, y1 = head
    kind, beard = pen.thing.kind, pen.rng.random() < 0.5
    pen.oval(x0, y0, x1, y1, skin)
    face = pen.within(x0, y0, x1, y1)
    if kind == "man" and beard:
        face.blob([(-2, 48), (20, 66), (80, 66), (102, 48), (90, 104), (50, 116), (10, 104)], hair)
    for x in (40, 72):
        face.dot(x, 52, 6, INK)
    face.curve(40, 52, 74, 86, 30, 150, (168, 60, 60), 7)
    crown = [(-6, 50), (-2, -2), (50, -14), (102, -2), (106, 50), (88, 32), (50, 20), (12, 32)]
    if kind == "boy":
        crown = [(-4, 44), (0, -4), (40, -12), (66, -10), (100, 0), (104, 44), (86, 24), (66, 36),
                 (48, 20), (30, 34), (12, 26)]
    face.blob(crown, hair)
    if hat:
        paint = jitter(RGB[hat], pen.rng, 9)
        face.blob([(4, 30), (8, -13), (50, -12), (92, -13), (96, 30)], paint)
        face.box(-6, 16, 116, 28, shade(paint, 78), 6)


def person(pen: Pen) -> None:
    """A man, woman, boy or girl in their clothes."""
    clothes = pen.thing.clothes
    if clothes is None:
        raise ValueError(f"the {pen.thing.kind} of a scene has no clothes")
    body = CHILD if pen.thing.kind in ("boy", "girl") else ADULT
    if pen.action == "sitting":
        body = body.seated()
    skin = pen.rng.choice(SKIN)
    hair = pen.rng.choice([tone for tone in HAIR if abs(sum(tone) - sum(skin)) > 120])
    bottom = jitter(RGB[clothes.bottom_color], pen.rng, 9) if clothes.bottom_color else skin
    back, front = _arms(pen, body)
    _hair_behind(pen, body.head, hair)
    _draw_legs(pen, body, clothes, skin, bottom)
    _draw_arm(pen, back, clothes, skin, pen.main)
    _torso(pen, body, clothes, skin)
    if clothes.print:
        chest = body.shoulder + 6
        part = pen.within(36, chest, 64, chest + 14)
        part.flip = False  # letters are never mirrored
        _print(part, clothes.print, contrast(pen.color))
    _head(pen, body.head, skin, hair, clothes.hat)
    if clothes.bag:
        paint, (x, y) = jitter(RGB[clothes.bag], pen.rng, 9), back[2]
        pen.curve(x - 2, y - 3, x + 14, y + 9, 180, 360, shade(paint, 60), 3)
        pen.box(x - 6, y + 3, x + 20, y + 13, paint, 5)
        pen.line([(x - 4, y + 6), (x + 18, y + 6)], shade(paint, 60), 3)
    _draw_arm(pen, front, clothes, skin, pen.main)


PEOPLE: dict[str, Callable[[Pen], None]] = dict.fromkeys(("man", "woman", "boy", "girl"), person)

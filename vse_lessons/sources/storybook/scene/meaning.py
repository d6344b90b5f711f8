"""What a Storybook picture means, before anybody draws it or writes about it.

A `Scene` is a setting with two to five `Thing`s in it.  The drawing (`drawing.py`) and the
sentences (`voices.py`, `pages.py`) are two independent renderings of the same scene, which
is what makes retrieval between them possible, and neither ever sees the other.

Everything is drawn from `random.Random` seeded with a string, whose stream Python keeps
stable between versions and machines.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from vse_lessons.sources.storybook.scene.kinds import (
    COLORS,
    DOMAINS,
    KIND,
    KINDS,
    PATTERNS,
    SETTINGS,
    SIZES,
    Kind,
)

CANVAS = 128  # a picture is CANVAS x CANVAS pixels

TOPS = ("tee", "shirt", "hoodie", "jacket", "coat", "sweater", "blouse", "dress")
SLEEVES = ("sleeveless", "short-sleeved", "long-sleeved")
SLEEVES_OF = {
    "tee": SLEEVES[:2],
    "shirt": SLEEVES[1:],
    "hoodie": SLEEVES[2:],
    "jacket": SLEEVES[2:],
    "coat": SLEEVES[2:],
    "sweater": SLEEVES[2:],
    "blouse": SLEEVES,
    "dress": SLEEVES,
}
TOPS_OF = {"man": TOPS[:6], "boy": TOPS[:6], "woman": TOPS, "girl": TOPS}
PRINTS = ("letters", "skull", "heart", "flower", "star")
BOTTOMS = ("trousers", "shorts", "skirt")


@dataclass(frozen=True)
class Clothes:
    """What a person wears."""

    top: str  # tee, hoodie, dress ...
    sleeves: str  # their length
    color: str  # of the top
    pattern: str  # of the top
    print: str | None  # a motif on a plain tee, hoodie or sweater
    bottom: str | None  # None under a dress
    bottom_color: str | None  # None under a dress
    hat: str | None  # the hat's colour
    bag: str | None = None  # the bag's colour; only in the fashion domain


@dataclass(frozen=True)
class Thing:
    """One thing in a picture."""

    kind: str  # the name of its `Kind`
    color: str  # one of its kind's
    pattern: str  # "plain" or another one of `PATTERNS`
    size: str  # "small" or "large"
    action: str | None  # what it is doing
    box: tuple[int, int, int, int]  # (x0, y0, x1, y1) in pixels, y downwards
    clothes: Clothes | None = None  # of a person
    facing: str = "right"  # or "left"

    @property
    def family(self) -> str:
        """The family of its kind."""
        return KIND[self.kind].family


@dataclass(frozen=True)
class Scene:
    """A picture's meaning: things from back to front, and how they stand to each other.

    A relation (i, word, j) is between the things numbered i and j, with word one of `RELATIONS`.
    """

    key: str  # seeds everything that is drawn or said about this scene
    domain: str  # photo, fashion or art
    setting: str  # where it is, one of `SETTINGS`
    things: tuple[Thing, ...]  # from back to front
    relations: tuple[tuple[int, str, int], ...]  # (i, word, j) each


RELATIONS = ("left of", "right of", "above", "below", "on", "holding", "near")
CARRIED = frozenset({"balloon", "kite", "umbrella", "flower", "guitar", "book", "ball", "teddy"})
STRINGED = frozenset({"balloon", "kite", "umbrella"})  # held at their lower end
GROUND = {"kitchen": 84, "bedroom": 84}  # where the floor begins (pixels); 70 elsewhere
SHORE = {"beach": 88, "harbour": 92}  # where the water ends and the ground begins (pixels)
AFLOAT = frozenset({"boat", "fish"})  # what is in the water there
MARGIN = 6  # nothing comes nearer to the picture's edge (pixels)
HAND_HEIGHT = 45  # of a hand that holds something: percent of its owner's height from the top
# how far below its top the surface of a piece of furniture is, percent of its height
SURFACE = {"table": 6, "bed": 46, "sofa": 58, "chair": 58}
FURNISHED = {"kitchen": ("table",), "bedroom": ("bed", "sofa", "table", "chair")}
ON_FURNITURE = frozenset(
    {"cat", "dog", "rabbit", "teddy", "ball", "book", "robot", "drum", "guitar", "lamp", "flower"}
)
LOWERED = {"sleeping": 70, "sitting": 75}  # how high people and beasts are then, percent


def ground_line(setting: str) -> int:
    """The y of the horizon, or of the foot of the wall indoors (pixels from the top)."""
    return GROUND.get(setting, 70)


def sample_scene(domain: str, seed: int, index: int) -> Scene:
    """Sample a scene of a domain.

    Args:
        domain: One of `DOMAINS`.
        seed: The number of the domain's world.
        index: The number of the scene in this world.

    Returns:
        The scene, the same for the same three.

    Raises:
        ValueError: The domain is unknown.
    """
    if domain not in DOMAINS:
        raise ValueError(f"unknown Storybook domain {domain!r}: one of {', '.join(DOMAINS)}")
    key = f"storybook/{domain}/{seed}/{index}"
    rng = random.Random(key)
    if domain == "fashion":
        return _fashion_scene(key, rng)
    setting = rng.choice(SETTINGS)
    things = _place(setting, rng)
    return Scene(key, domain, setting, things, _relations(things, rng))


def _fashion_scene(key: str, rng: random.Random) -> Scene:
    kind = rng.choice(("man", "woman", "woman", "girl", "boy"))
    clothes = _clothes(kind, rng, fashion=True)
    height = 112 if kind in ("man", "woman") else 96
    width = height // 2
    x0 = (CANVAS - width) // 2 + rng.randint(-8, 8)
    y1 = CANVAS - rng.randint(4, 8)
    action = rng.choice(("standing", "standing", "waving"))
    person = Thing(
        kind,
        clothes.color,
        clothes.pattern,
        "large",
        action,
        (x0, y1 - height, x0 + width, y1),
        clothes,
        rng.choice(("left", "right")),
    )
    return Scene(key, "fashion", "studio", (person,), ())


def _clothes(kind: str, rng: random.Random, fashion: bool = False) -> Clothes:
    top = (
        rng.choice(TOPS_OF[kind])
        if fashion
        else rng.choice(("shirt", "dress", "coat") if kind in ("woman", "girl") else ("shirt", "coat"))
    )
    pattern = rng.choice(PATTERNS) if rng.random() < 0.45 else "plain"
    motif = None
    if fashion and pattern == "plain" and top in ("tee", "hoodie", "sweater"):
        motif = rng.choice(PRINTS) if rng.random() < 0.5 else None
    bottom = None
    if top != "dress":
        bottom = rng.choice(BOTTOMS if kind in ("woman", "girl") else BOTTOMS[:2])
    return Clothes(
        top=top,
        sleeves=rng.choice(SLEEVES_OF[top]),
        color=rng.choice(COLORS),
        pattern=pattern,
        print=motif,
        bottom=bottom,
        bottom_color=rng.choice(COLORS) if bottom else None,
        hat=rng.choice(COLORS) if rng.random() < 0.3 else None,
        bag=rng.choice(COLORS) if fashion and rng.random() < 0.3 else None,
    )


def _thing(kind: Kind, box: tuple[int, int, int, int], size: str, rng: random.Random) -> Thing:
    clothes = _clothes(kind.name, rng) if kind.family == "person" else None
    pattern = "plain"
    if kind.patterned and rng.random() < 0.4:
        pattern = rng.choice(PATTERNS[1:3] if kind.family == "animal" else PATTERNS[1:])
    color = rng.choice(kind.colors)
    if clothes is not None:
        color, pattern = clothes.color, clothes.pattern
    action = rng.choice(kind.actions) if kind.actions else None
    if action in LOWERED and kind.family in ("animal", "person") and kind.name != "frog":
        box = (box[0], box[3] - (box[3] - box[1]) * LOWERED[action] // 100, box[2], box[3])
    return Thing(kind.name, color, pattern, size, action, box, clothes, rng.choice(("left", "right")))


def _place(setting: str, rng: random.Random) -> tuple[Thing, ...]:
    """Two to five things that fit the setting, from back to front.

    None hides more than a fifth of another unless it is held by it or on it.
    """
    wanted = rng.choice((2, 2, 3, 3, 3, 4, 4, 5))
    fitting = [kind for kind in KINDS if not kind.settings or setting in kind.settings]
    people = [kind for kind in fitting if kind.family == "person"]
    placed: list[Thing] = []
    depth: list[tuple[int, int]] = []
    if setting in FURNISHED and rng.random() < 0.6:  # something to put things on
        piece = KIND[rng.choice(FURNISHED[setting])]
        placed.append(_try(piece, setting, "large", placed, rng))
        depth.append((placed[0].box[3], 0))
    attempts = 0
    while len(placed) < wanted and attempts < 200:
        attempts += 1
        thing, support = _companion(setting, placed, rng), len(placed) - 1
        if thing is None:
            support = -1
            thing = _try(_choose(fitting, people, placed, rng), setting, rng.choice(SIZES), placed, rng)
        if thing is not None:
            depth.append((depth[support][0], 1) if support >= 0 else (thing.box[3], 0))
            placed.append(thing)
    order = sorted(range(len(placed)), key=lambda number: (*depth[number], placed[number].box[0]))
    return tuple(placed[number] for number in order)


def _choose(fitting: list[Kind], people: list[Kind], placed: list[Thing], rng: random.Random) -> Kind:
    """The next kind: often a person, often the last kind again, so that one can count."""
    roll = rng.random()
    if roll < 0.2 and people:
        return rng.choice(people)
    if roll < 0.35 and placed and placed[-1].family != "furniture":
        return KIND[placed[-1].kind]
    return rng.choice(fitting)


def _companion(setting: str, placed: list[Thing], rng: random.Random) -> Thing | None:
    """Sometimes: a thing for the hand of the person placed last, or for the furniture."""
    last = placed[-1] if placed else None
    if last is None or rng.random() > (0.7 if last.family == "person" else 0.4):
        return None
    fits = [kind for kind in KINDS if not kind.settings or setting in kind.settings]
    if last.family == "person" and last.action == "standing":
        kind = rng.choice([kind for kind in fits if kind.name in CARRIED])
        box = _box_in_hand(kind, last, rng)
    elif last.kind in SURFACE:
        tables = ("table",) if last.kind == "table" else ()
        kind = rng.choice([kind for kind in fits if kind.name in ON_FURNITURE or kind.place in tables])
        box = _box_on(kind, last, rng)
    else:
        return None
    if box is None or not _fits(box, placed[:-1], 0.2):
        return None
    return _thing(kind, box, "small", rng)


def _box_in_hand(kind: Kind, person: Thing, rng: random.Random) -> tuple[int, int, int, int]:
    """Where a small thing of a kind is when the person holds it."""
    width, height = _extent(kind, "small")
    hand = person.box[1] + (person.box[3] - person.box[1]) * HAND_HEIGHT // 100
    top = hand - height + 2 if kind.name in STRINGED else hand - height // 2
    reach = width // 2 if kind.name in STRINGED else 4
    left = person.box[2] - reach if rng.random() < 0.5 else person.box[0] + reach - width
    return (left, top, left + width, top + height)


def _box_on(kind: Kind, furniture: Thing, rng: random.Random) -> tuple[int, int, int, int] | None:
    """Where a small thing of a kind is when it is on the furniture; None if it is too wide."""
    width, height = _extent(kind, "small")
    x0, y0, x1, y1 = furniture.box
    if width > x1 - x0 - 4:
        return None
    left = rng.randint(x0 + 2, x1 - width - 2)
    bottom = y0 + (y1 - y0) * SURFACE[furniture.kind] // 100 + 1
    return (left, bottom - height, left + width, bottom)


def _extent(kind: Kind, size: str) -> tuple[int, int]:
    """The width and height of a kind at a size, in pixels."""
    percent = 135 if size == "large" else 85
    return kind.width * percent // 100, kind.height * percent // 100


def _try(kind: Kind, setting: str, size: str, placed: list[Thing], rng: random.Random) -> Thing | None:
    """A thing of a kind at a random place that suits it; None if there is no room there."""
    width, height = _extent(kind, size)
    left = rng.randint(MARGIN, CANVAS - width - MARGIN)
    bottom = _bottom(kind, setting, height, rng)
    box = (left, bottom - height, left + width, bottom)
    tables = [thing for thing in placed if thing.kind == "table"]
    if kind.place == "table" and tables:
        on_table = _box_on(kind, tables[0], rng)
        box = on_table or box
    others = [thing for thing in placed if thing.kind != "table" or kind.place != "table"]
    return _thing(kind, box, size, rng) if _fits(box, others, 0.2) else None


def _bottom(kind: Kind, setting: str, height: int, rng: random.Random) -> int:
    """How far down the lower edge of a thing is: in the air, afloat, or on the ground."""
    line = ground_line(setting)
    if kind.place == "air":
        return rng.randint(MARGIN + height, max(MARGIN + height, line - 2))
    if kind.name in AFLOAT and setting in SHORE:
        return rng.randint(line + 6, SHORE[setting] - 4)
    low = max(SHORE.get(setting, line) + 4, height + MARGIN)
    return rng.randint(low, max(low, CANVAS - MARGIN))


def _fits(box: tuple[int, int, int, int], others: list[Thing], limit: float) -> bool:
    """Whether a box is within the margins and hides none of the others by more than `limit`."""
    inside = box[0] >= MARGIN and box[1] >= MARGIN and box[2] <= CANVAS - MARGIN and box[3] <= CANVAS - MARGIN
    return inside and all(_overlap(box, other.box) <= limit for other in others)


def _overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> float:
    """The shared area as a share of the smaller of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height / min(areas)


def _relations(things: tuple[Thing, ...], rng: random.Random) -> tuple[tuple[int, str, int], ...]:
    """Every relation that holds between two things and can be seen; the list is shuffled."""
    found = []
    for i, a in enumerate(things):
        for j, b in enumerate(things):
            if i != j:
                found.extend((i, word, j) for word in _relations_between(a, b))
    rng.shuffle(found)
    return tuple(found)


def _relations_between(a: Thing, b: Thing) -> list[str]:
    ax, ay = (a.box[0] + a.box[2]) / 2, (a.box[1] + a.box[3]) / 2
    bx, by = (b.box[0] + b.box[2]) / 2, (b.box[1] + b.box[3]) / 2
    gap = max(a.box[0], b.box[0]) - min(a.box[2], b.box[2])
    level = min(a.box[3], b.box[3]) - max(a.box[1], b.box[1])
    if _on(a, b):
        return ["on"]
    if _holds(a, b):
        return ["holding"]
    if _on(b, a) or _holds(b, a):
        return []
    words = []
    if a.box[2] <= b.box[0] + 4 and abs(ay - by) < 36:
        words.append("left of")
    if b.box[2] <= a.box[0] + 4 and abs(ay - by) < 36:
        words.append("right of")
    if a.box[3] <= b.box[1] + 4 and abs(ax - bx) < 40:
        words.append("above")
    if b.box[3] <= a.box[1] + 4 and abs(ax - bx) < 40:
        words.append("below")
    if gap <= 10 and level > 0:
        words.append("near")
    return words


def _on(a: Thing, b: Thing) -> bool:
    """Whether `a` is on the surface of the furniture `b`."""
    if b.kind not in SURFACE or (KIND[a.kind].place != "table" and a.kind not in ON_FURNITURE):
        return False
    surface = b.box[1] + (b.box[3] - b.box[1]) * SURFACE[b.kind] // 100
    return abs(a.box[3] - surface) <= 2 and a.box[0] >= b.box[0] and a.box[2] <= b.box[2]


def _holds(a: Thing, b: Thing) -> bool:
    """Whether the person `a` holds `b`: it is at one of their hands."""
    if a.family != "person" or a.action != "standing" or b.kind not in CARRIED:
        return False
    hand = a.box[1] + (a.box[3] - a.box[1]) * HAND_HEIGHT // 100
    grip = b.box[3] - 2 if b.kind in STRINGED else (b.box[1] + b.box[3]) // 2
    touches = max(a.box[0], b.box[0]) < min(a.box[2], b.box[2])
    beside = not a.box[0] < (b.box[0] + b.box[2]) // 2 < a.box[2] - 1
    return touches and beside and abs(grip - hand) <= 2

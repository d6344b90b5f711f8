"""Gallery prose: longer sentences about paintings, as a museum's catalogue writes them."""

from __future__ import annotations

import random
from collections.abc import Callable

from vse_lessons.sources.storybook.scene.meaning import CANVAS, KIND, Scene, Thing
from vse_lessons.sources.storybook.writing.grammar import capitalize, gerund, series
from vse_lessons.sources.storybook.writing.lexicons import general as lex
from vse_lessons.sources.storybook.writing.lexicons.gallery import (
    GAZE,
    OPENINGS,
    SCENE_PROSE,
    SPACE,
    STROKES,
)
from vse_lessons.sources.storybook.writing.writer import Group, Habits, Writer

HABITS = Habits(
    tiers=(0.5, 0.4, 0.1),
    color=0.75,
    size=0.3,
    pattern=0.7,
    clothes=0.85,
    mood=0.12,
    place=0.5,
    adverb=0.25,
    general=0.06,
    colors=lex.PAINT_WORDS,
)
LONGEST = 48  # words
NEAR, FAR = 108, 88  # lower edges (pixels) of what is in the foreground and far off


def _position(thing: Thing) -> str:
    """Where a thing is in the painting: "foreground", "distance", "left" and so on."""
    x0, _, x1, y1 = thing.box
    if KIND[thing.kind].place != "air" and KIND[thing.kind].place != "table":
        if y1 >= NEAR:
            return "foreground"
        if y1 <= FAR:
            return "distance"
    middle = (x0 + x1) / 2
    return "left" if middle < CANVAS / 3 else "right" if middle > 2 * CANVAS / 3 else "centre"


def _act(writer: Writer, group: Group) -> str:
    """A clause about a group: what it does, or that it is there."""
    verb = writer.verb(group)
    name = writer.name(group)
    if verb is None:
        return f"{name.text} {name.be} {writer.word(GAZE)}"
    said = name.does(verb)
    return f"{said} {writer.where(group)}" if writer.chance(HABITS.place) else said


def _participle(writer: Writer, group: Group) -> str:
    """A noun phrase with what the group is doing: "a hound sleeping by the sea"."""
    verb, name = writer.verb(group), writer.name(group)
    return f"{name.text} {gerund(verb)}" if verb and writer.chance(0.6) else name.text


def _others(writer: Writer, used: set[Group], most: int) -> list[Group]:
    return [group for group in writer.groups if group not in used][:most]


def overview(writer: Writer) -> str | None:
    """Write "The painting shows a gentleman in a vermilion coat and a hound sleeping by the sea"."""
    groups = writer.groups[: 2 + writer.chance(0.4)]
    said = series([_participle(writer, group) for group in groups], ",")
    rest = _others(writer, set(groups), 1)
    end = f", while {_act(writer, rest[0])}" if rest and writer.chance(0.5) else ""
    return f"{writer.word(OPENINGS)} {said} {writer.setting()}{end}"


def placed(writer: Writer) -> str | None:
    """Write "In the foreground a lady in an ivory dress waves, while in the distance ..."."""
    said, taken = [], set()
    for group in writer.groups[: 2 + writer.chance(0.3)]:
        where = {_position(thing) for thing in writer.things(group)}
        space = f"{writer.word(SPACE[min(where)])} " if len(where - taken) == len(where) == 1 else ""
        taken |= where
        verb, name = writer.verb(group), writer.name(group)
        said.append(space + (name.does(verb) if verb else f"{name.text} {name.be} visible"))
    joint = writer.rng.choice((", while ", ", and ", "; "))
    if len(said) == 1:
        return f"{said[0]}, and {_prose(writer)}"
    return joint.join(said[:2]) + (f", and {said[2]}" if len(said) > 2 else "")


def related(writer: Writer) -> str | None:
    """Write "A boy in red is shown to the left of an ochre drum, and above them a kite soars"."""
    found = writer.related()
    if found is None:
        return None
    first, word, second, group = found
    shown = writer.word(GAZE)
    kinds = {
        thing.kind
        for thing in writer.scene.things
        if writer.noun(thing.kind) in f"{first.text} {second.text}"
    }
    rest = [other for other in writer.groups if other != group and writer.things(other)[0].kind not in kinds]
    end = f", and {_act(writer, rest[0])}" if rest else f", and {_prose(writer)}"
    return f"{first.text} {first.be} {shown} {word} {second.text}{end}"


def dressed(writer: Writer) -> str | None:
    """Write "The lady wears an ultramarine dress and a grey hat, and beside her ..."."""
    people = [i for i, thing in enumerate(writer.scene.things) if thing.clothes]
    if not people:
        return None
    i = writer.rng.choice(people)
    clothes = writer.scene.things[i].clothes
    garments = [writer.top(clothes)]
    garments += [writer.bottom(clothes)] if clothes.bottom else []
    garments += [writer.hat(clothes)] if clothes.hat else []
    name = writer.name((i,), writer.rng.choice(("a", "the")), tail=False)
    verb = writer.rng.choice(("wears", "is dressed in", "is clad in", "has been given"))
    kind = writer.scene.things[i].kind
    rest = [group for group in writer.groups if writer.things(group)[0].kind != kind]
    end = f"; {_act(writer, rest[0])}" if rest and writer.chance(0.7) else f", and {_prose(writer)}"
    return f"{name.text} {verb} {series(garments, ',')}{end}"


def colored(writer: Writer) -> str | None:
    """Write "The horse is rendered in umber with broad strokes, and a table stands behind it"."""
    single = [group for group in writer.groups if len(group) == 1 and not writer.things(group)[0].clothes]
    if not single:
        return None
    thing = writer.things(single[0])[0]
    color = writer.color(thing.color)
    rest = _others(writer, {single[0]}, 1)
    end = f", and {_act(writer, rest[0])}" if rest else f", and {_prose(writer)}"
    return f"the {writer.noun(thing.kind)} is {writer.word(STROKES)} {color}{end}"


def scenery(writer: Writer) -> str | None:
    """Write "Jagged mountains rise behind the falling snow, where a bear sleeps"."""
    said = [_act(writer, group) for group in writer.groups[: 1 + writer.chance(0.5)]]
    joint = writer.rng.choice((", and here ", ", and ", "; "))
    return _prose(writer) + joint + " and ".join(said)


def _prose(writer: Writer) -> str:
    return writer.word(SCENE_PROSE[writer.scene.setting])


Form = Callable[[Writer], "str | None"]
ROLES: tuple[tuple[Form, ...], ...] = (  # of each sentence: its form, and what replaces it
    (overview,),
    (placed,),
    (related, scenery),
    (dressed, colored, overview),
    (scenery,),
    (colored, placed),
)


def write_gallery_sentences(scene: Scene, count: int = 5) -> tuple[str, ...]:
    """Write sentences about a painting.

    Args:
        scene: What the painting shows.
        count: How many sentences, at most six.

    Returns:
        The sentences, the same for the same `scene.key`.
    """
    return tuple(
        _sentence(scene, roles, random.Random(f"{scene.key}/voice/{i}"))
        for i, roles in enumerate(ROLES[:count])
    )


def _sentence(scene: Scene, forms: tuple[Form, ...], rng: random.Random) -> str:
    said = None
    for form in (*forms, placed, scenery):
        said = form(Writer(scene, rng, HABITS))
        if said is not None and len(said.split()) <= LONGEST:
            break
    return capitalize(said) + "."

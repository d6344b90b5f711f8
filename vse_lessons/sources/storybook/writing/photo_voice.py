"""Five voices for photographs: what five people with different habits would write."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from vse_lessons.sources.storybook.scene.meaning import Scene
from vse_lessons.sources.storybook.writing.grammar import (
    capitalize,
    gerund,
    misspell,
    plural,
    series,
)
from vse_lessons.sources.storybook.writing.lexicons import general as lex
from vse_lessons.sources.storybook.writing.lexicons import places as place_lexicon
from vse_lessons.sources.storybook.writing.writer import Group, Habits, Phrase, Writer

SHORTEST, LONGEST = 4, 25  # words; a shorter or longer sentence is thought over
Form = Callable[[Writer], "str | None"]  # a way to build a sentence; None if it does not fit


@dataclass(frozen=True)
class Voice:
    """Habits, the forms of sentence that the voice likes (with weights), and its full stop."""

    habits: Habits
    forms: tuple[tuple[Form, float], ...]
    stop: str = " ."
    headline: float = 0.0  # how often it drops the first article
    slip: float = 0.004  # how often it mistypes a word


def _placed(writer: Writer, said: str, group: Group) -> str:
    """The sentence with the group's place added, always if it is short."""
    if len(said.split()) < 5 or writer.chance(writer.habits.place):
        return f"{said} {writer.where(group)}"
    return said


def _set(writer: Writer, said: str) -> str:
    """The sentence with the scene's setting added, always if it is short."""
    if len(said.split()) < 6 or writer.chance(writer.habits.place):
        return f"{said} {writer.setting()}"
    return said


def _active(writer: Writer) -> tuple[Phrase, str, Group] | None:
    """A group that does one thing together, with its verb.

    It is the most interesting one, and rather one that acts than one that just stands there.
    """
    acting = [group for group in writer.groups if writer.things(group)[0].action]
    for group in [*acting, *writer.groups]:
        verb = writer.verb(group)
        if verb is not None:
            return writer.name(group), verb, group
    return None


def action(writer: Writer) -> str | None:
    """Write "A dog runs along the beach"."""
    found = _active(writer)
    return found and _placed(writer, found[0].does(found[1]), found[2])


def progressive(writer: Writer) -> str | None:
    """Write "A dog is running along the beach"."""
    found = _active(writer)
    if not found:
        return None
    return _placed(writer, f"{found[0].text} {found[0].be} {gerund(found[1])}", found[2])


def headline(writer: Writer) -> str | None:
    """Write "A dog running along the beach"."""
    found = _active(writer)
    return found and _placed(writer, found[0].doing(found[1]), found[2])


def relation(writer: Writer) -> str | None:
    """Write "A dog is to the left of a red car at night"."""
    found = writer.related()
    if not found:
        return None
    first, word, second, group = found
    if word == "with":
        return _set(writer, f"{first.text} has {second.text}")
    verb = writer.verb(group)
    if verb and writer.chance(0.5):
        return _set(writer, f"{first.does(verb)} {word} {second.text}")
    return _set(writer, f"{first.text} is {word} {second.text}")


def relation_headline(writer: Writer) -> str | None:
    """Write "A dog next to a red car"."""
    found = writer.related()
    return found and _set(writer, f"{found[0].text} {found[1]} {found[2].text}")


def _names(writer: Writer, most: int) -> list[Phrase]:
    count = min(len(writer.groups), writer.rng.randint(2, most))
    return [writer.name(group, tail=writer.chance(0.5)) for group in writer.groups[:count]]


def pair(writer: Writer) -> str | None:
    """Write "A man and a dog at the beach"."""
    names = _names(writer, 2)
    return f"{series([name.text for name in names])} {writer.setting()}"


def there(writer: Writer) -> str | None:
    """Write "There are two dogs and a car in the street"."""
    names = _names(writer, 3)
    return _set(writer, f"there {names[0].be} {series([name.text for name in names])}")


def fronted(writer: Writer) -> str | None:
    """Write "At the beach , a dog is running"."""
    found = _active(writer)
    if not found:
        return None
    name, verb, _ = found
    said = name.does(verb) if writer.chance(0.5) else f"{name.text} {name.be} {gerund(verb)}"
    return f"{writer.setting()} , {said}"


def meanwhile(writer: Writer) -> str | None:
    """Write "A dog runs while two boys sleep"."""
    doing = [
        (group, verb)
        for group in writer.groups
        if writer.things(group)[0].action and (verb := writer.verb(group))
    ]
    if len(doing) < 2:
        return None
    (first, one), (second, other) = doing[:2]
    joint = writer.rng.choice(("while", "as", ", and", "and"))
    clause = _placed(writer, writer.name(first).does(one), first)
    return f"{clause} {joint} {writer.name(second).does(other)}"


def background(writer: Writer) -> str | None:
    """Write "A dog sleeps with a castle nearby"."""
    found = _active(writer)
    others = [group for group in writer.groups if not found or group != found[2]]
    if not found or not others:
        return None
    near = writer.rng.choice(("nearby", "close by", "in view", "around", "not far off"))
    return f"{found[0].doing(found[1])} with {writer.name(others[0], tail=False).text} {near}"


def wearing(writer: Writer) -> str | None:
    """Write "The woman is wearing a red dress and a white hat"."""
    people = [i for i, thing in enumerate(writer.scene.things) if thing.clothes]
    if not people:
        return None
    i = writer.rng.choice(people)
    clothes = writer.scene.things[i].clothes
    name = writer.name((i,), writer.rng.choice(("a", "the")), tail=False)
    garments = [writer.top(clothes)]
    if clothes.bottom and writer.chance(0.6):
        garments.append(writer.bottom(clothes))
    if clothes.hat and writer.chance(0.7):
        garments.append(writer.hat(clothes))
    verb = writer.rng.choice(("wears", "is wearing", "is dressed in", "has on"))
    return _placed(writer, f"{name.text} {verb} {series(garments)}", (i,))


def holding(writer: Writer) -> str | None:
    """Write "A boy holds a red balloon"."""
    held = [(i, j) for i, word, j in writer.scene.relations if word == "holding"]
    if not held:
        return None
    i, j = writer.rng.choice(held)
    verb = writer.rng.choice(("hold", "hold", "carry", "hold on to", "clutch", "be holding"))
    return _placed(writer, f"{writer.name((i,)).does(verb)} {writer.name((j,)).text}", (i,))


def one_and_other(writer: Writer) -> str | None:
    """Write "Two cars , one red and the other blue"."""
    groups = [group for group in writer.groups if len(group) > 1]
    if not groups:
        return None
    group = writer.rng.choice(groups)
    noun = plural(writer.noun(writer.scene.things[group[0]].kind))
    things = writer.things(group)
    if things[0].clothes is not None:
        colors = [f"in {writer.plain_color(thing.color)}" for thing in things]
    else:
        animal = things[0].family == "animal"
        colors = [writer.color(thing.color, animal) for thing in things]
    if len({thing.color for thing in things}) < len(things):
        return f"{writer.number(len(group))} {noun} {writer.where(group)}"
    last = "the other" if len(things) == 2 else "the last"
    said = [*(f"one {color}" for color in colors[:-1]), f"{last} {colors[-1]}"]
    return f"{writer.number(len(group))} {noun} , {series(said)} , {writer.where(group)}"


def crowd(writer: Writer) -> str | None:
    """Write "Three people are at the beach", "Two animals and a tent in a field"."""
    kinds = {
        "person": _people(writer),
        "animal": writer.word(lex.FAMILY_NOUNS["animal"]) + "s",
        "vehicle": plural(writer.word(lex.FAMILY_NOUNS["vehicle"])),
    }
    families = [family for family in kinds if writer.family_count(family) > 1]
    if not families:
        return None
    family = writer.rng.choice(families)
    number = writer.number(writer.family_count(family))
    others = [group for group in writer.groups if writer.things(group)[0].family != family]
    rest = ""
    if others and writer.chance(0.6):
        joint = writer.rng.choice(("and", "with"))
        rest = f" {joint} {writer.name(others[0], tail=False).text}"
    seen = writer.rng.choice(("", " can be seen", " are visible")) if not rest else ""
    return f"{number} {kinds[family]}{rest}{seen} {writer.setting()}"


def _people(writer: Writer) -> str:
    kinds = {thing.kind for thing in writer.scene.things if thing.clothes}
    if kinds <= {"boy", "girl"}:
        return writer.word(lex.CHILDREN)
    if kinds <= {"man", "woman"} and writer.chance(0.3):
        return writer.word(lex.ADULTS)
    return writer.word(lex.PEOPLE)


def shows(writer: Writer) -> str | None:
    """Write "A photo of a dog and a red car"."""
    opening = writer.word(lex.SHOWS)
    names = [name.text for name in _names(writer, 3)]
    return _set(writer, f"{opening} {series(names)}")


def scenery(writer: Writer) -> str | None:
    """Write "A snowy scene with a bear and two pine trees"."""
    scene = writer.word(place_lexicon.SCENERY[writer.scene.setting])
    return f"{scene} with {series([name.text for name in _names(writer, 3)])}"


def colors_of(writer: Writer) -> str | None:
    """Write "The dog is brown and the car is red"."""
    single = [group for group in writer.groups if len(group) == 1 and not writer.things(group)[0].clothes]
    if len(single) < 2:
        return None
    said = []
    for group in single[:2]:
        thing = writer.things(group)[0]
        color = writer.color(thing.color, thing.family == "animal")
        said.append(f"the {writer.noun(thing.kind)} is {color}")
    joint = writer.rng.choice(("and", "while", ", but", ", and"))
    return f"{said[0]} {joint} {said[1]}"


def chain(writer: Writer) -> str | None:
    """Write "A dog is near a car and to the left of a tree"."""
    first = [found for found in writer.scene.relations if found[1] != "holding"]
    for i, word, j in first:
        for k, other, m in first:
            if k == i and m != j and other != word:
                kinds = {writer.scene.things[n].kind for n in (i, j, m)}
                if len(kinds) == 3:
                    return (
                        f"{writer.name((i,)).text} is {writer.relation(i, word, j)} "
                        f"{writer.name((j,), tail=False).text} and "
                        f"{writer.relation(k, other, m)} "
                        f"{writer.name((m,), tail=False).text}"
                    )
    return None


VOICES = (
    # plain: says what happens
    Voice(
        Habits(tiers=(0.74, 0.24, 0.02), color=0.55, clothes=0.55, place=0.65),
        (
            (action, 4),
            (progressive, 4),
            (relation, 2),
            (holding, 2),
            (wearing, 1),
            (pair, 1),
            (background, 1),
        ),
    ),
    # terse: headlines without articles or verbs
    Voice(
        Habits(tiers=(0.8, 0.18, 0.02), color=0.6, size=0.25, clothes=0.6, place=0.4, mood=0.02),
        ((headline, 4), (relation_headline, 3), (pair, 1.5), (background, 2)),
        headline=0.3,
        slip=0.006,
    ),
    # surveyor: counts, and says where each thing is
    Voice(
        Habits(
            tiers=(0.62, 0.34, 0.04),
            color=0.65,
            size=0.35,
            pattern=0.7,
            clothes=0.5,
            place=0.4,
            mood=0.01,
            adverb=0.03,
        ),
        ((there, 2), (relation, 4), (chain, 3), (one_and_other, 2), (holding, 2), (colors_of, 1)),
        stop=".",
    ),
    # storyteller: sets the scene, likes rare words and adverbs
    Voice(
        Habits(
            tiers=(0.45, 0.43, 0.12),
            color=0.5,
            size=0.3,
            clothes=0.6,
            place=0.8,
            mood=0.4,
            adverb=0.4,
        ),
        ((fronted, 3), (meanwhile, 3), (action, 2), (wearing, 2), (holding, 1)),
    ),
    # passer-by: sees the whole before its parts, in general words
    Voice(
        Habits(
            tiers=(0.64, 0.31, 0.05),
            color=0.4,
            size=0.15,
            clothes=0.3,
            place=0.7,
            mood=0.1,
            general=0.22,
        ),
        ((scenery, 2), (shows, 2), (crowd, 4), (pair, 1), (fronted, 1), (meanwhile, 1), (there, 1)),
    ),
)


def write_photo_sentences(scene: Scene) -> tuple[str, ...]:
    """Write five sentences about a photograph, one a voice.

    Args:
        scene: The scene.

    Returns:
        The sentences, the same for the same `scene.key`.
    """
    return tuple(
        _say(scene, voice, random.Random(f"{scene.key}/voice/{i}")) for i, voice in enumerate(VOICES)
    )


def _say(scene: Scene, voice: Voice, rng: random.Random) -> str:
    """One sentence: forms are tried in random order until one fits the scene."""
    forms = list(voice.forms)
    said = None
    while forms and (said is None or not SHORTEST <= len(said.split()) <= LONGEST):
        form = rng.choices(forms, [weight for _, weight in forms])[0]
        forms.remove(form)
        said = form[0](Writer(scene, rng, voice.habits))
    if said is None:
        said = pair(Writer(scene, rng, voice.habits))
    if said.startswith(("a ", "an ")) and len(said.split()) > 4 and rng.random() < voice.headline:
        said = said.split(" ", 1)[1]
    if rng.random() < voice.slip:
        said = misspell(said, rng)
    return capitalize(said) + voice.stop

"""How one writer names what is in a scene: noun phrases, clothes, verbs and places.

A `Writer` lives for one sentence.  It calls a kind by one noun throughout, so that "a dog and
another dog" never becomes "a dog and another hound".  Whatever it says is true of the scene.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from vse_lessons.sources.storybook.scene.meaning import AFLOAT, KIND, Clothes, Scene, Thing
from vse_lessons.sources.storybook.writing.grammar import (
    article,
    gerund,
    pick,
    plural,
    series,
    third,
)
from vse_lessons.sources.storybook.writing.lexicons import general as lex
from vse_lessons.sources.storybook.writing.lexicons import places as place_lexicon
from vse_lessons.sources.storybook.writing.lexicons import verbs as verb_lexicon

Group = tuple[int, ...]  # numbers of things in scene.things
INTEREST = {"person": 3.0, "animal": 2.4, "vehicle": 1.6, "building": 1.4}
MOVING = frozenset({"running", "moving"})
PET_KINDS = frozenset({"dog", "cat", "horse", "rabbit", "duck", "teddy", "pig", "robot"})


_PATTERN_WORDS = frozenset(word for words in lex.PATTERN_WORDS.values() for tier in words for word in tier)


@dataclass(frozen=True)
class Habits:
    """How likely a writer is to mention what, and how often each tier of words is used."""

    tiers: tuple[float, float, float] = (0.66, 0.3, 0.04)
    color: float = 0.5
    size: float = 0.2
    pattern: float = 0.5
    clothes: float = 0.5
    mood: float = 0.05
    place: float = 0.6
    adverb: float = 0.1
    general: float = 0.05  # "an animal" for "a dog"
    colors: Mapping[str, lex.Tiers] | None = None  # instead of COLOUR_WORDS


class Phrase(NamedTuple):
    """A noun phrase and whether it is a plural."""

    text: str
    many: bool

    def does(self, verb: str) -> str:
        """The phrase with a verb in the present tense."""
        return f"{self.text} {third(verb, self.many)}"

    def doing(self, verb: str) -> str:
        """The phrase with a participle, as in a headline."""
        return f"{self.text} {gerund(verb)}"

    @property
    def be(self) -> str:
        """The verb that suits its number."""
        return "are" if self.many else "is"


class Writer:
    """Names the things of one scene for one sentence.

    Args:
        scene: The scene.
        rng: Draws words.
        habits: Which words this writer likes.
    """

    def __init__(self, scene: Scene, rng: random.Random, habits: Habits) -> None:
        self.scene, self.rng, self.habits = scene, rng, habits
        self.held = {j for _, word, j in scene.relations if word == "holding"}
        self.support = {i: scene.things[j].kind for i, word, j in scene.relations if word == "on"}
        self._nouns: dict[str, str] = {}
        self._members: dict[str, list[int]] = {}
        for i, thing in enumerate(scene.things):
            self._members.setdefault(thing.kind, []).append(i)
        self.groups = sorted(
            (tuple(group) for group in self._members.values()),
            key=lambda group: -self._interest(group),
        )

    def _interest(self, group: Group) -> float:
        thing = self.scene.things[group[0]]
        size = 0.6 if thing.size == "large" else 0.0
        return INTEREST.get(thing.family, 1.0) + size + 1.6 * self.rng.random()

    def word(self, choices: lex.Tiers) -> str:
        """A word from three tiers, by this writer's habits."""
        return pick(choices, self.habits.tiers, self.rng)

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.rng.random() < probability

    def things(self, group: Group) -> list[Thing]:
        """The things of a group."""
        return [self.scene.things[i] for i in group]

    def family_count(self, family: str) -> int:
        """How many things of a family there are."""
        return sum(thing.family == family for thing in self.scene.things)

    # nouns and adjectives

    def noun(self, kind: str) -> str:
        """What this writer calls a kind, the same word all through the sentence."""
        if kind not in self._nouns:
            noun = self._new_noun(kind)
            if noun in self._nouns.values():  # two kinds are two words
                noun = lex.NOUNS[kind][0][0]
            self._nouns[kind] = noun
        return self._nouns[kind]

    def _new_noun(self, kind: str) -> str:
        family = KIND[kind].family
        if family in lex.FAMILY_NOUNS and self.chance(self.habits.general):
            return self.word(lex.FAMILY_NOUNS[family])
        things = self.things(tuple(self._members[kind]))
        if all(thing.size == "small" for thing in things) and self.chance(0.3):
            return self.rng.choice(lex.SMALL_NOUNS.get(kind) or lex.NOUNS[kind][0])
        return self.word(lex.NOUNS[kind])

    def color(self, color: str, animal: bool = False) -> str:
        """A word for a colour."""
        if self.habits.colors is not None:
            return self.word(self.habits.colors[color])
        table = lex.FUR_WORDS if animal and color in lex.FUR_WORDS else lex.COLOR_WORDS
        return self.word(table[color])

    def plain_color(self, color: str) -> str:
        """A colour as a noun: "in red", but never "in rosy"."""
        return self.rng.choice(lex.COLOR_WORDS[color][0])

    def adjectives(self, things: list[Thing]) -> list[str]:
        """Adjectives that hold for all the things: mood, size, colour, pattern."""
        thing, found, habits = things[0], [], self.habits
        person = thing.family == "person"
        if self.chance(habits.mood):
            found.append(self.word(lex.MOODS))
        elif self.family_count(thing.family) == 1 and self.chance(0.02):
            found.append(self.word(lex.LONE))
        found.extend(self._sizes(things))
        if person:
            return found
        if len({other.color for other in things}) == 1 and self.chance(habits.color):
            found.append(self.color(thing.color, thing.family == "animal"))
        if self._shared_pattern(things) and self.chance(0.8 * habits.pattern):
            found.append(self.word(lex.PATTERN_WORDS[thing.pattern]))
        return found

    def _sizes(self, things: list[Thing]) -> list[str]:
        """At most one adjective of size or age; none before "puppy", which says it already."""
        kind = things[0].kind
        if self.noun(kind) in lex.SMALL_NOUNS.get(kind, ()):
            return []
        if len({thing.size for thing in things}) == 1 and self.chance(self.habits.size):
            table = lex.PEOPLE_SIZE if things[0].clothes else lex.SIZE_WORDS
            return [self.word(table[things[0].size])]
        return ["young"] if kind in ("boy", "girl") and self.chance(0.2) else []

    def _shared_pattern(self, things: list[Thing]) -> bool:
        return things[0].pattern != "plain" and len({thing.pattern for thing in things}) == 1

    # noun phrases

    def name(self, group: Group, determiner: str = "a", tail: bool = True) -> Phrase:
        """A noun phrase for a group of things of one kind.

        `determiner` ("a", "the", "another", "one") is for single things, and `tail` allows clothes after the
        noun.
        """
        things = self.things(group)
        if len(group) > 1:
            return self._several(things, tail)
        noun = self.noun(things[0].kind)
        after = self._tail(things) if tail else ""
        if noun == "someone":
            return Phrase(noun + after, False)
        adjectives = self.adjectives(things)
        if set(adjectives) & _PATTERN_WORDS and after.startswith(" with "):
            after = ""  # not "a striped cat with stripes"
        text = " ".join([*adjectives, noun])
        text = article(text) if determiner == "a" else f"{determiner} {text}"
        return Phrase(text + after, False)

    def _several(self, things: list[Thing], tail: bool) -> Phrase:
        first = things[0]
        noun, number = self.noun(first.kind), self.number(len(things))
        if (
            len(things) == 2
            and first.family != "person"
            and noun != "someone"
            and first.color != things[1].color
            and self.chance(0.6 * self.habits.color)
        ):
            animal = first.family == "animal"
            colors = [article(self.color(thing.color, animal)) for thing in things]
            if colors[0] != colors[1]:
                return Phrase(f"{series(colors)} {noun}", True)
        text = " ".join([number, *self.adjectives(things), plural(noun)])
        return Phrase(text + (self._tail(things) if tail else ""), True)

    def number(self, count: int) -> str:
        """A number word, or "a pair of" and the like."""
        return self.word(lex.NUMBERS[count])

    def _tail(self, things: list[Thing]) -> str:
        """What follows the noun: clothes, a pattern, or now and then a pet's name."""
        first = things[0]
        if first.clothes is not None and self.chance(self.habits.clothes):
            return " " + self.clothed(things) if self.clothed_alike(things) else ""
        if self._shared_pattern(things) and first.clothes is None and self.chance(0.12):
            return f" with {self.rng.choice(lex.PATTERN_NOUNS[first.pattern])}"
        if len(things) == 1 and first.kind in PET_KINDS and self.chance(0.02):
            return f" named {self.rng.choice(lex.PETS)}"
        return ""

    # clothes

    def clothed_alike(self, things: list[Thing]) -> bool:
        """Whether `clothed` can say something of all these people."""
        return len(things) == 1 or len({thing.clothes.top for thing in things}) == 1

    def clothed(self, things: list[Thing]) -> str:
        """Write "in a red shirt", "wearing a striped dress", "in coats"."""
        clothes = things[0].clothes
        opening = self.rng.choice(("in", "in", "wearing", "wearing", "dressed in"))
        if len(things) > 1:
            return f"{opening} {plural(self.word(lex.CLOTHES_NOUNS[clothes.top]))}"
        roll = self.rng.random()
        if clothes.hat and roll < 0.35:
            return f"{self.rng.choice(('in', 'with', 'wearing'))} {self.hat(clothes)}"
        if roll < 0.5 and opening != "wearing" and clothes.pattern == "plain":
            return f"{opening} {self.plain_color(clothes.color)}"
        if clothes.bottom and roll > 0.75:
            return f"{opening} {self.top(clothes)} and {self.bottom(clothes)}"
        return f"{opening} {self.top(clothes)}"

    def top(self, clothes: Clothes) -> str:
        """The garment above, with its article."""
        words = []
        if self.chance(0.06):
            words.append(self.rng.choice(lex.SLEEVE_WORDS[clothes.sleeves]))
        if self.chance(0.85):
            words.append(self.color(clothes.color))
        if clothes.pattern != "plain" and (not words or self.chance(self.habits.pattern)):
            words.append(self.word(lex.PATTERN_WORDS[clothes.pattern]))
        return article(" ".join([*words, self.word(lex.CLOTHES_NOUNS[clothes.top])]))

    def bottom(self, clothes: Clothes) -> str:
        """The garment below, with an article if it takes one."""
        noun = self.word(lex.CLOTHES_NOUNS[clothes.bottom])
        return article(f"{self.color(clothes.bottom_color)} {noun}")

    def hat(self, clothes: Clothes) -> str:
        """The hat, with its article."""
        return article(f"{self.color(clothes.hat)} {self.word(lex.CLOTHES_NOUNS['hat'])}")

    # verbs and places

    def verb(self, group: Group) -> str | None:
        """What the group does, or None if its members do different things or are carried."""
        things = self.things(group)
        if len({thing.action for thing in things}) > 1 or self.held.intersection(group):
            return None
        kind = things[0].kind
        table = verb_lexicon.VERBS[things[0].action] if things[0].action else verb_lexicon.IDLE_VERBS
        verb = self.word(table.get(kind) or table.get(KIND[kind].family) or table["any"])
        adverbs = verb_lexicon.ADVERBS.get(things[0].action or "")
        if adverbs and verb.count(" ") == 0 and self.chance(self.habits.adverb):
            verb = f"{verb} {self.word(adverbs)}"
        return verb

    def where(self, group: Group) -> str:
        """Where the group is: a phrase for the setting that fits the way it is there."""
        thing, places = self.things(group)[0], place_lexicon.PLACES[self.scene.setting]
        under = {self.support.get(i) for i in group}
        if under != {None}:
            kind = under.pop()
            return f"on the {self.noun(kind)}" if kind and not under else self.setting()
        if thing.kind in AFLOAT and self.chance(0.6):
            return self.word(place_lexicon.AFLOAT_PLACES[thing.kind])
        if thing.kind == "clock":
            return self.word(place_lexicon.ON_WALL)
        if thing.kind in AFLOAT or self.chance(0.35):
            return self.word(places["at"])
        if KIND[thing.kind].place == "air":
            return self.word(places["over"])
        return self.word(places["along" if thing.action in MOVING else "on"])

    def setting(self) -> str:
        """Where the whole scene is."""
        return self.word(place_lexicon.PLACES[self.scene.setting]["at"])

    # relations

    def relation(self, i: int, word: str, j: int) -> str:
        """A preposition for a relation; on the ground, higher in the picture is farther away."""
        upper = {"above": i, "below": j}.get(word)
        if upper is not None and not self._raised(upper):
            word = {"above": "behind", "below": "in front of"}[word]
        return self.word(place_lexicon.RELATION_WORDS[word])

    def _raised(self, i: int) -> bool:
        """Whether a thing is above the ground rather than far behind on it."""
        thing = self.scene.things[i]
        return (
            KIND[thing.kind].place == "air"
            or thing.action == "jumping"
            or i in self.support
            or i in self.held
        )

    def related(self) -> tuple[Phrase, str, Phrase, Group] | None:
        """Two things and the preposition between them, with the group of the first thing.

        Livelier relations come first.  None if the scene relates nothing.
        """
        relations = self.scene.relations
        if not relations:
            return None
        lively = [found for found in relations if found[1] in ("holding", "on")]
        if lively and self.chance(0.5):
            i, word, j = self.rng.choice(lively)
        else:
            i, word, j = max(
                self.rng.sample(relations, min(2, len(relations))),
                key=lambda found: self._interest((found[0],)),
            )
        same = self.scene.things[i].kind == self.scene.things[j].kind
        first = self.name((i,))
        second = self.name((j,), tail=self.chance(0.5))
        bare = article(self.noun(self.scene.things[j].kind))
        if same and second.text.startswith(bare):  # no adjective tells the second from the first
            second = Phrase("another" + second.text[bare.index(" ") :], False)
        return first, self.relation(i, word, j), second, (i,)

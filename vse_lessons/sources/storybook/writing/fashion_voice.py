"""Sentences about clothes in DeepFashion's form: "The lady wore a red sleeveless dress."."""

from __future__ import annotations

import random
from dataclasses import dataclass

from vse_lessons.sources.storybook.scene.meaning import Clothes, Scene
from vse_lessons.sources.storybook.writing.grammar import article, capitalize, pick
from vse_lessons.sources.storybook.writing.lexicons import general as lex

WEARERS: dict[str, lex.Tiers] = {
    "man": lex.tiers("man", "guy gentleman", "fellow dude"),
    "woman": lex.tiers("lady woman", "female_model lady", "gal"),
    "boy": lex.tiers("boy", "kid young_man", "lad youngster"),
    "girl": lex.tiers("girl", "young_lady kid", "lass youngster"),
}
WORE = (
    "wore",
    "is wearing",
    "wears",
    "was wearing",
    "was in",
    "is in",
    "has on",
    "is dressed in",
    "had on",
    "is clad in",
)
PRINTED = ("printed with {}", "with {} printed on it", "with {} on the chest", "showing {}")
WITH_HAT = (", with ", ", along with ", ", plus ", ", together with ", ", topped with ")
WITH_BAG = (", carrying ", ", with ", ", along with ", ", holding ")
WAVING = (", waving", ", waving a hand", ", waving at the camera", " while waving")


@dataclass(frozen=True)
class Reporter:
    """How likely a catalogue writer is to mention each detail."""

    tiers: tuple[float, float, float]
    determiner: str
    sleeves: float
    motif: float
    pattern: float
    bottom: float
    extras: float  # hat, bag, and what the person does


REPORTERS = (
    Reporter((0.9, 0.1, 0.0), "the", 0.9, 0.7, 0.6, 0.1, 0.05),
    Reporter((0.8, 0.18, 0.02), "the", 0.95, 0.9, 0.8, 0.5, 0.2),
    Reporter((0.7, 0.25, 0.05), "a", 0.7, 0.6, 0.7, 0.7, 0.5),
    Reporter((0.5, 0.4, 0.1), "this", 0.5, 0.6, 0.8, 0.4, 0.6),
    Reporter((0.55, 0.35, 0.1), "a", 0.4, 0.5, 0.5, 0.9, 0.9),
)


def write_fashion_sentences(scene: Scene) -> tuple[str, ...]:
    """Write five sentences about a fashion picture.

    Args:
        scene: The scene.

    Returns:
        The sentences, the same for the same `scene.key`.
    """
    return tuple(
        _sentence(scene, reporter, random.Random(f"{scene.key}/voice/{i}"))
        for i, reporter in enumerate(REPORTERS)
    )


def _sentence(scene: Scene, reporter: Reporter, rng: random.Random) -> str:
    person = scene.things[0]
    clothes = person.clothes
    noun = pick(WEARERS[person.kind], reporter.tiers, rng)
    subject = article(noun) if reporter.determiner == "a" else f"{reporter.determiner} {noun}"
    garments = _top(clothes, reporter, rng)
    if clothes.bottom and rng.random() < reporter.bottom:
        printed = any(word in garments for word in (" with ", " showing "))
        joint = ", and " if printed else rng.choice((" and ", " and ", " with "))
        garments += joint + _item(clothes.bottom, clothes.bottom_color, reporter, rng)
    verb = rng.choice(WORE[:3] if reporter.determiner == "the" else WORE)
    if reporter.determiner == "a" and rng.random() < 0.3:
        verb = rng.choice(("in", "wearing", "dressed in"))
    waves = person.action == "waving" and rng.random() < 0.5 * reporter.extras
    extras = _extras(clothes, reporter, rng) + (rng.choice(WAVING) if waves else "")
    return capitalize(f"{subject} {verb} {garments}{extras}.")


def _item(name: str, color: str, reporter: Reporter, rng: random.Random) -> str:
    """A garment or a bag with its colour and article."""
    said = pick(lex.COLOR_WORDS[color], reporter.tiers, rng)
    return article(f"{said} {pick(lex.CLOTHES_NOUNS[name], reporter.tiers, rng)}")


def _top(clothes: Clothes, reporter: Reporter, rng: random.Random) -> str:
    """The upper garment: colour, pattern, sleeves, noun and print, as far as mentioned."""
    words = [pick(lex.COLOR_WORDS[clothes.color], reporter.tiers, rng)]
    if clothes.pattern != "plain" and rng.random() < reporter.pattern:
        words.append(pick(lex.PATTERN_WORDS[clothes.pattern], reporter.tiers, rng))
    if rng.random() < reporter.sleeves:
        words.append(rng.choice(lex.SLEEVE_WORDS[clothes.sleeves]))
    words.append(pick(lex.CLOTHES_NOUNS[clothes.top], reporter.tiers, rng))
    text = article(" ".join(words))
    if clothes.print and rng.random() < reporter.motif:
        text += " " + rng.choice(PRINTED).format(rng.choice(lex.PRINT_WORDS[clothes.print]))
    return text


def _extras(clothes: Clothes, reporter: Reporter, rng: random.Random) -> str:
    """A hat and a bag, if there are and the writer cares."""
    said = ""
    for name, color, openings in (("hat", clothes.hat, WITH_HAT), ("bag", clothes.bag, WITH_BAG)):
        if color and rng.random() < reporter.extras:
            said += rng.choice(openings) + _item(name, color, reporter, rng)
    return said

"""The English that Storybook's writers share: articles, plurals, verbs, lists, spelling."""

from __future__ import annotations

import random
from collections.abc import Sequence

from vse_lessons.sources.storybook.writing.lexicons.general import IRREGULAR_PLURALS, PAIRED, Tiers

VOWELS = "aeiou"
SOUNDED_AS_CONSONANT = ("uni", "eu", "one", "use", "uk")
SILENT_H = ("hour", "honest", "heir")


def pick(choices: Tiers, weights: Sequence[float], rng: random.Random) -> str:
    """A word from one of three tiers; an empty tier gives way to the plain one."""
    roll = rng.random() * sum(weights)
    tier = 0 if roll < weights[0] else 1 if roll < weights[0] + weights[1] else 2
    return rng.choice(choices[tier] or choices[0])


def article(words: str) -> str:
    """`words` with "a" or "an" before them; what comes in pairs takes none."""
    if words.split()[-1] in PAIRED:
        return words
    first = words.split()[0].lower()
    vowel = first[0] in VOWELS and not first.startswith(SOUNDED_AS_CONSONANT)
    return f"{'an' if vowel or first.startswith(SILENT_H) else 'a'} {words}"


def plural(noun: str) -> str:
    """The plural of a noun or of a noun phrase that ends with its head."""
    if noun in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[noun]
    *before, head = noun.split()
    return " ".join([*before, _plural_word(head)])


def _plural_word(word: str) -> str:
    if word in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[word]
    if word.endswith("man"):
        return word[:-3] + "men"
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in VOWELS:
        return word[:-1] + "ies"
    return word + "s"


def third(verb: str, many: bool) -> str:
    """The present tense: "run" gives "runs" (one) or "run" (many); "be parked" "is parked"."""
    head, *rest = verb.split()
    if head == "be":
        head = "are" if many else "is"
    elif not many:
        if head.endswith("y") and head[-2] not in VOWELS:
            head = head[:-1] + "ies"
        else:
            head += "es" if head.endswith(("s", "x", "ch", "sh")) else "s"
    return " ".join([head, *rest])


def gerund(verb: str) -> str:
    """The participle: "run" gives "running", "wave hello" "waving hello", "be parked" "parked"."""
    head, *rest = verb.split()
    if head == "be":
        return " ".join(rest)
    if head == "lie":
        head = "lying"
    elif head.endswith("e") and not head.endswith("ee"):
        head = head[:-1] + "ing"
    elif _doubles(head):
        head += head[-1] + "ing"
    else:
        head += "ing"
    return " ".join([head, *rest])


def _doubles(verb: str) -> bool:
    """Whether a verb doubles its last letter: one short vowel before one consonant."""
    if len(verb) < 3 or verb[-1] in VOWELS + "wxy" or verb[-2] not in VOWELS:
        return False
    return sum(letter in VOWELS for letter in verb) == 1


def series(items: Sequence[str], comma: str = " ,") -> str:
    """Write "a", "a and b", "a , b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{comma} ".join(items[:-1]) + " and " + items[-1]


def misspell(sentence: str, rng: random.Random) -> str:
    """The sentence with two inner letters of one long word exchanged, as hasty writers do."""
    words = sentence.split(" ")
    long = [i for i, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if long:
        i = rng.choice(long)
        word = words[i]
        at = rng.choice([at for at in range(2, len(word) - 2) if word[at] != word[at + 1]])
        words[i] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def capitalize(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]

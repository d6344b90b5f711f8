"""Pages about paintings as in Artpedia: what is seen, and everything else that is written.

Visual sentences are gallery prose about the scene.  Contextual ones tell of makers, years,
owners, places and fates, all invented; they say nothing about what the painting shows, though
some use words that sound as if they did.

Some sentences of both kinds are about "the version kept in ..." or "the version of 1712": of this painting
in visual ones, of another that the page also mentions in contextual ones.  Their words are alike, and only
the picture tells which is which, so that ranking a page takes more than reading it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from vse_lessons.sources.storybook.scene.meaning import Scene, sample_scene
from vse_lessons.sources.storybook.writing.gallery_voice import write_gallery_sentences
from vse_lessons.sources.storybook.writing.grammar import article, capitalize, plural
from vse_lessons.sources.storybook.writing.lexicons import pages as pages_lex
from vse_lessons.sources.storybook.writing.lexicons.general import COLOR_WORDS, NOUNS

VISUAL = (1, 2, 2, 3, 3, 3, 3, 4, 4, 6)  # sentences a page, each as likely; mean 3.1
CONTEXTUAL = (2, 3, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 11, 13)  # mean 6.7
VISUAL_VERSIONS, CONTEXTUAL_VERSIONS = 0.6, 0.33  # shares of the sentences that are about a version
YEARS = (1480, 1930)
UNLABELLED = -1  # the world of paintings that only lend their words


@dataclass(frozen=True)
class ArtPage:
    """A painting's page: who made it and when, who has it and where, and its sentences."""

    title: str  # of the painting
    maker: str  # first name and surname
    year: int  # in which it was made
    owner: str  # the gallery
    place: str  # the gallery's city
    visual: tuple[str, ...]  # sentences about what the picture shows
    contextual: tuple[str, ...]  # sentences about its maker, owner and history


def write_art_page(scene: Scene) -> ArtPage:
    """Write the page of a painting.

    Args:
        scene: What the painting shows.

    Returns:
        The page, the same for the same `scene.key`.
    """
    rng = random.Random(f"{scene.key}/page")
    surname, place = rng.choice(pages_lex.SURNAMES), rng.choice(pages_lex.CITIES)
    maker = f"{rng.choice(pages_lex.FIRST_NAMES)} {surname}"
    year = rng.randint(*YEARS)
    owner = _gallery(rng, place)
    title = _title(scene, place, rng)
    seat = owner if place in owner else f"{owner} in {place}"
    home = rng.choice([city for city in pages_lex.CITIES if city != place])
    facts = {
        "title": title,
        "maker": maker,
        "surname": surname,
        "year": year,
        "owner": owner,
        "place": place,
        "seat": seat,
        "home": home,
    }
    count = rng.choice(CONTEXTUAL)
    templates = [rng.choice(pages_lex.FIRST_SENTENCES), *rng.sample(pages_lex.CONTEXT, count - 1)]
    contextual = [capitalize(template.format(**facts, **_details(facts, rng))) for template in templates]
    visual = list(write_gallery_sentences(scene, rng.choice(VISUAL)))
    rng = random.Random(f"{scene.key}/versions")
    for number, sentence in enumerate(visual):
        if rng.random() < VISUAL_VERSIONS:
            visual[number] = _version(sentence, facts, rng)
    for number in range(1, len(contextual)):  # the first one says what the painting is
        if rng.random() < CONTEXTUAL_VERSIONS:
            contextual[number] = _version(_of_another(rng), facts, rng)
    return ArtPage(title, maker, year, owner, place, tuple(visual), tuple(contextual))


def write_unlabelled_text(pages: int = 6000) -> list[str]:
    """Write sentences of pages about other paintings, a text to learn words from, as GloVe's is to Artpedia.

    They are of both kinds, in no order that tells which, and none of them belongs to a picture of a corpus.

    Args:
        pages: From how many pages they are.

    Returns:
        The sentences.
    """
    sentences = []
    for index in range(pages):
        page = write_art_page(sample_scene("art", UNLABELLED, index))
        sentences += [*page.visual, *page.contextual]
    random.Random(UNLABELLED).shuffle(sentences)
    return sentences


def _of_another(rng: random.Random) -> str:
    """A visual sentence about another painting, of a world of its own.

    The n-th sentence of a page has a form of its own, so its place is drawn as often as it occurs among
    visual sentences.
    """
    longest = max(VISUAL)
    often = [sum(count > place for count in VISUAL) for place in range(longest)]
    (place,) = rng.choices(range(longest), often)
    return write_gallery_sentences(sample_scene("art", rng.randrange(1, 1 << 30), 0), longest)[place]


def _version(sentence: str, facts: dict[str, str | int], rng: random.Random) -> str:
    """Write "In the version in Brenholm, a lady in an ivory dress waves."."""
    start = rng.choice(pages_lex.VERSIONS).format(**facts, **_details(facts, rng))
    return f"{start}, {sentence[0].lower()}{sentence[1:]}"


def _details(facts: dict[str, str | int], rng: random.Random) -> dict[str, str | int]:
    """Words for the other slots of a contextual sentence."""
    year = int(facts["year"])
    first_names, surnames = (
        rng.sample(pages_lex.FIRST_NAMES, 2),
        rng.sample([name for name in pages_lex.SURNAMES if name != facts["surname"]], 2),
    )
    city, other_city = rng.sample([name for name in pages_lex.CITIES if name != facts["place"]], 2)
    later = year + rng.randint(10, 60)
    number = rng.randint(1, len(pages_lex.NUMBERS) - 1)
    return {
        "medium": rng.choice(pages_lex.MEDIA),
        "school": rng.choice(pages_lex.SCHOOLS),
        "city": city,
        "other_city": other_city,
        "gallery": _gallery(rng, other_city),
        "other": f"{first_names[0]} {surnames[0]}",
        "scholar": f"{first_names[1]} {surnames[1]}",
        "patron": rng.choice(pages_lex.PATRONS),
        "lure": rng.choice(pages_lex.LURES),
        "soon": year + rng.randint(1, 5),
        "later": later,
        "recent": rng.randint(max(1895, later + 5), 2019),
        "number": pages_lex.NUMBERS[number],
        "fewer": pages_lex.NUMBERS[rng.randrange(number)],
        "coins": rng.choice(pages_lex.COINS),
    }


def _gallery(rng: random.Random, city: str) -> str:
    return rng.choice(pages_lex.GALLERIES).format(city=city, surname=rng.choice(pages_lex.SURNAMES))


def _title(scene: Scene, city: str, rng: random.Random) -> str:
    """A title after one kind of thing in the painting, its colour, its setting, or a city."""
    thing = rng.choice(scene.things)
    noun = rng.choice(NOUNS[thing.kind][0])
    count = sum(other.kind == thing.kind for other in scene.things)
    joint = " " if thing.clothes is None else "-clad "
    colored = rng.choice(COLOR_WORDS[thing.color][0]) + joint + noun
    return capitalize(
        rng.choice(pages_lex.TITLES).format(
            Place=rng.choice(pages_lex.TITLE_PLACES[scene.setting]),
            City=city,
            Things=plural(noun).title() if count > 1 else article(noun.title()),
            Noun=noun.title(),
            Colored=colored.title(),
        )
    )

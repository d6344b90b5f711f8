"""Synsets: sets of words with one meaning, as WordNet has them (Fellbaum 1998).

A `Lexicon` is WordNet 3.0, which comes with the library (`load_wordnet`), or a small one written by hand
(`parse_lexicon`).
"""

from __future__ import annotations

import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from vse_lessons.common.files import DataError

PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}  # parts of speech and their files
# Endings and what they stand for, morph(7WN).
ENDINGS = {
    "n": (
        ("s", ""),
        ("ses", "s"),
        ("ves", "f"),
        ("xes", "x"),
        ("zes", "z"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("men", "man"),
        ("ies", "y"),
    ),
    "v": (
        ("s", ""),
        ("ies", "y"),
        ("es", "e"),
        ("es", ""),
        ("ed", "e"),
        ("ed", ""),
        ("ing", "e"),
        ("ing", ""),
    ),
    "a": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    "r": (),
}
PACKED = Path(__file__).with_name("wordnet3") / "synsets.txt.gz"

Key = tuple[str, str]  # a synset: its part of speech, and its offset or its name


class Synset(NamedTuple):
    """Words with one meaning.

    Args:
        lemmas: The words, in lower case, with a space between the parts of one lemma.
        hypernyms: The synsets just above; an instance (Hart Crane) has none.
    """

    lemmas: tuple[str, ...]
    hypernyms: tuple[Key, ...]


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Synsets, and the way to them from a word as it stands in a sentence.

    Args:
        name: The lexicon's name, for messages.
        synsets: All synsets by their keys.
        index: For each part of speech (n, v, a, r) the synsets of each lemma.
        irregular: For each part of speech the base forms of each irregular form.
    """

    name: str
    synsets: Mapping[Key, Synset]
    index: Mapping[str, Mapping[str, tuple[Key, ...]]]
    irregular: Mapping[str, Mapping[str, tuple[str, ...]]]

    def base_forms(self, term: str, part: str) -> list[str]:
        """List the lemmas that a term may be a form of, itself among them (WordNet's morphy).

        Irregular forms are looked up; of others one ending is taken off. The last word of a collocation may
        be inflected ("traffic lights").

        Args:
            term: One word, or several with a space between, in lower case.
            part: The part of speech: n, v, a or r.

        Returns:
            Lemmas of the index, each once.
        """
        forms = [term]
        if term in self.irregular[part]:
            forms += self.irregular[part][term]
        elif len(term) > 2 and not (part == "n" and term.endswith("ss")):
            forms += [term[: -len(old)] + new for old, new in ENDINGS[part] if term.endswith(old)]
        return [form for form in dict.fromkeys(forms) if form in self.index[part]]

    def synsets_of(self, term: str) -> set[Key]:
        """Collect the synsets of a term in any form and any part of speech."""
        found: set[Key] = set()
        for part, keys_of in self.index.items():
            found.update(*(keys_of[form] for form in self.base_forms(term, part)))
        return found

    def named(self, lemma: str, parts: Iterable[str] = tuple(PARTS)) -> set[Key]:
        """Collect the synsets that have exactly this lemma."""
        return {key for part in parts if part in self.index for key in self.index[part].get(lemma, ())}

    def above(self, keys: Iterable[Key]) -> set[Key]:
        """Collect some synsets and everything above them."""
        reached, layer = set(keys), set(keys)
        while layer:
            layer = {up for key in layer for up in self.synsets[key].hypernyms} - reached
            reached |= layer
        return reached


def parse_lexicon(name: str, text: str, irregular: Mapping[str, str]) -> Lexicon:
    """Read a lexicon of nouns that is written by hand.

    Args:
        name: The lexicon's name, for messages.
        text: A synset a line: its lemmas and, after `<`, a lemma of each synset just above it, as in
            `dog, domestic dog < animal`. The synset meant is the one that begins with that lemma, or else the
            first that has it.
        irregular: The singular of each irregular plural.

    Returns:
        The lexicon; the key of a synset is ("n", its first lemma).

    Raises:
        DataError: Two synsets begin with the same lemma, or a hypernym is not in the text.
    """
    rows = [line.partition("<")[::2] for line in text.splitlines() if line.strip()]
    lemmas = [tuple(lemma.strip() for lemma in left.split(",")) for left, _ in rows]
    index: dict[str, list[Key]] = defaultdict(list)
    for own in lemmas:
        for lemma in own:
            index[lemma].append(("n", own[0]))
    first = {own[0] for own in lemmas}
    if len(first) < len(lemmas):
        raise DataError(f"{name}: two synsets begin with the same lemma")
    synsets = {}
    for own, (_, right) in zip(lemmas, rows):
        ups = [up.strip() for up in right.split(",") if up.strip()]
        unknown = [up for up in ups if up not in index]
        if unknown:
            raise DataError(f"{name}: {own[0]!r} lies below {unknown[0]!r}, which is nowhere")
        synsets[("n", own[0])] = Synset(own, tuple(("n", up) if up in first else index[up][0] for up in ups))
    return Lexicon(
        name,
        synsets,
        {"n": {lemma: tuple(keys) for lemma, keys in index.items()}},
        {"n": {plural: (singular,) for plural, singular in irregular.items()}},
    )


@lru_cache(maxsize=1)
def load_wordnet() -> Lexicon:
    """Read WordNet 3.0, which comes with the library; its licence is in the file beside it.

    Returns:
        All 117,659 synsets, with the offsets of WordNet's database files as keys ("n", "02084071").

    Raises:
        DataError: The file is missing or damaged.
    """
    return read_packed(PACKED)


def read_packed(path: Path) -> Lexicon:
    """Read a packed lexicon.

    The file is compressed text. A line `n 82115 2050` opens a part of speech: so many synsets follow, then so
    many irregular forms. A synset is a line `12|dog,domestic dog|7 93`: how far its offset is from the one
    before; its lemmas; and how many lines up in the same part each hypernym is. An irregular form is a line
    of the form and its base forms, with `_` for the spaces in them.

    Args:
        path: A file that `data_scripts/pack_wordnet.py` wrote.

    Returns:
        The lexicon.

    Raises:
        DataError: The file is missing or damaged.
    """
    synsets = _Synsets()
    index: dict[str, dict[str, tuple[Key, ...]]] = {}
    irregular: dict[str, dict[str, tuple[str, ...]]] = {}
    try:
        name, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        at = 0
        while at < len(lines):
            part, count, forms = lines[at].split()
            middle, end = at + 1 + int(count), at + 1 + int(count) + int(forms)
            if end > len(lines):
                raise ValueError(f"it should have {end} lines, but has {len(lines)}")
            index[part] = _read_part(part, lines[at + 1 : middle], synsets)
            exceptions = ([word.replace("_", " ") for word in line.split()] for line in lines[middle:end])
            irregular[part] = {form: tuple(bases) for form, *bases in exceptions}
            at = end
    except (OSError, EOFError, ValueError, IndexError, zlib.error) as error:
        raise DataError(f"{path} is missing or damaged ({error}): install vse_lessons again") from error
    return Lexicon(name, synsets, index, irregular)


def _read_part(part: str, rows: list[str], synsets: _Synsets) -> dict[str, tuple[Key, ...]]:
    """Add the synsets of a part of speech; returns the synsets of each of its lemmas."""
    index: dict[str, tuple[Key, ...]] = {}
    offset, first = 0, len(synsets.keys_in_order)
    for row in rows:
        step, lemmas, _ = row.split("|")
        offset += int(step)
        key = (part, f"{offset:08d}")
        synsets.keys_in_order.append(key)
        for lemma in lemmas.split(","):
            index[lemma] = (*index[lemma], key) if lemma in index else (key,)
    synsets.rows.extend(rows)
    synsets.place.update(zip(synsets.keys_in_order[first:], range(first, len(synsets.rows))))
    return index


class _Synsets(Mapping[Key, Synset]):
    """Synsets by key, each made of its row when it is asked for: a query needs a handful of 117,659."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.keys_in_order: list[Key] = []
        self.place: dict[Key, int] = {}

    def __getitem__(self, key: Key) -> Synset:
        at = self.place[key]
        _, lemmas, ups = self.rows[at].split("|")
        above = tuple(self.keys_in_order[at - int(up)] for up in ups.split())
        return Synset(tuple(lemmas.split(",")), above)

    def __iter__(self) -> Iterator[Key]:
        return iter(self.keys_in_order)

    def __len__(self) -> int:
        return len(self.rows)

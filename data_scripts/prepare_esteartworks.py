"""Prepares EsteArtworks (Carraggi et al. 2018): checks what is there, finds the regions.

    python data_scripts/prepare_esteartworks.py FOLDER --dry-run     what is there, and the poster's counts
    python data_scripts/prepare_esteartworks.py FOLDER               the same, then extract the regions

FOLDER holds images/ with the artworks of the Estense Gallery of Modena and a JSON file of their sentences,
captions.json or esteartworks.json: {"name.jpg": ["a sentence", ...]} or a list of records
(see vse_lessons/readers/captions_json.py).  The poster counts 553 artworks and 1,278 pairs of an
image and a sentence.

The corpus is to be asked for from its authors, AImageLab of the University of Modena and Reggio Emilia
(aimagelab.ing.unimore.it).  That address could not be reached when this script was written, and no copy of
the corpus was at hand: if its file has another form, say so in an issue, with its first lines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vse_lessons.corpora import open_corpus
from vse_lessons.files import DataError
from vse_lessons.readers import captions_json

ARTWORKS, PAIRS = 553, 1_278  # on the poster


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where images/ and the JSON file are")
    parser.add_argument("--dry-run", action="store_true", help="only say what is there")
    parser.add_argument("--on-bad", choices=("error", "skip"), default="error",
                        help="bad records and lost pictures: stop, or count them and go on")  # fmt: skip
    given = parser.parse_args(arguments)
    try:
        listing = captions_json.read(given.folder, on_bad=given.on_bad, name="esteartworks")
        for what, here, published in (
            ("artworks", len(listing.ids), ARTWORKS),
            ("pairs", len(listing.sentences), PAIRS),
        ):
            print(
                f"{what:9} {here:6,}  the poster says {published:,}{'' if here == published else ': differs'}"
            )
        print(f"{len(listing.skipped):,} records or sentences left out")
        if not given.dry_run:
            corpus = open_corpus("esteartworks", given.folder).corpus
            print(f"ready: regions in {corpus.regions.source}")
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

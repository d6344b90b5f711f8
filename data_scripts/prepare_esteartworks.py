"""Prepares EsteArtworks (Carraggi et al. 2018): checks what is there, finds the regions.

    python data_scripts/prepare_esteartworks.py FOLDER --dry-run
    python data_scripts/prepare_esteartworks.py FOLDER --accept-licence [--from ARCHIVE]
    papermill notebooks/04_domain_transfer.ipynb out.ipynb -p target esteartworks -p target_dir FOLDER ...

FOLDER holds images/ with the artworks of the Estense Gallery of Modena and a JSON file of their sentences,
captions.json or esteartworks.json: {"name.jpg": ["a sentence", ...]} or a list of records
(see vse_lessons/sources/readers/captions_json.py).  The poster counts 553 artworks and 1,278 pairs of an
image and a sentence.

The corpus is to be asked for from its authors, AImageLab of the University of Modena and Reggio Emilia
(aimagelab.ing.unimore.it).  That address is untested, and the layout is
a guess from the poster: if its file has another form, say so in an issue, with its first lines."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vse_lessons.commands.prepare import run_script


def main(arguments: Sequence[str] | None = None) -> int:
    return run_script("esteartworks", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())

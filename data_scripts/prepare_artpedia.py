"""Prepares Artpedia from its published JSON: fetches the paintings, finds regions, checks Table 2.

    python data_scripts/prepare_artpedia.py FOLDER --dry-run [--download]
    python data_scripts/prepare_artpedia.py FOLDER --accept-licence [--download] --contact you@example.org
    papermill notebooks/05_artpedia_ranking.ipynb out.ipynb -p corpus artpedia -p corpus_dir FOLDER ...

FOLDER holds artpedia.json, which its authors publish at aimagelab.ing.unimore.it/artpedia; --download fetches
it.  The JSON gives the address of each painting at Wikimedia Commons.  They are fetched one at a time, with a
pause, into FOLDER/images; a run that is stopped goes on where it was.  What cannot be had any more is listed
in FOLDER/images/gone.json and left out of the corpus.  The addresses are untested.

Wikimedia asks that automatic requests name someone to write to: pass --contact.  Each painting and text has
its own licence (the texts are Wikipedia's, CC BY-SA); see the page of each file at Commons."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vse_lessons.commands.prepare import run_script


def main(arguments: Sequence[str] | None = None) -> int:
    return run_script("artpedia", __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main())

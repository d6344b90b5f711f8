"""Prepares EsteArtworks (Carraggi et al. 2018): checks what is there, finds the regions.

    python data_scripts/prepare_esteartworks.py FOLDER --dry-run
    python data_scripts/prepare_esteartworks.py FOLDER --accept-licence [--from ARCHIVE]
    papermill notebooks/04_domain_transfer.ipynb out.ipynb -p target esteartworks -p target_dir FOLDER ...

FOLDER holds images/ with the artworks of the Estense Gallery of Modena and a JSON file of their sentences,
captions.json or esteartworks.json: {"name.jpg": ["a sentence", ...]} or a list of records
(see vse_lessons/readers/captions_json.py).  The poster counts 553 artworks and 1,278 pairs of an image and a
sentence.

The corpus is to be asked for from its authors, AImageLab of the University of Modena and Reggio Emilia
(aimagelab.ing.unimore.it).  That address was never reached from where this script was written, and no copy
of the corpus was at hand: if its file has another form, say so in an issue, with its first lines."""

import sys

from vse_lessons.sources.readers.captions_json import NAMES
from vse_lessons.sources.release import File, Release, run

RELEASE = Release(
    corpus="esteartworks",
    title="EsteArtworks: 553 artworks, 1,278 sentences",
    licence="what its authors wrote when they gave it to you",
    files=(File("esteartworks.zip", gives=NAMES),),
    by_hand="Ask its authors for it; put what they send into FOLDER, or name the archive with --from.",
    published={"all": (553, 1278)},
    published_by="the poster, Carraggi et al. 2018",
)

if __name__ == "__main__":
    sys.exit(run(RELEASE, __doc__))

"""Prepares MS-COCO with the regions of bottom-up attention (Anderson et al. 2018): no photograph is needed.

    python data_scripts/prepare_bottom_up.py FOLDER --dry-run
    python data_scripts/prepare_bottom_up.py FOLDER --accept-licence [--download] [--from ARCHIVE ...]
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus coco -p corpus_dir FOLDER

FOLDER holds, in the end, the sentences of prepare_coco.py and features/ with the TSV files and the names of
classes and attributes.  The files are those of LXMERT (Tan and Bansal 2019), 36 boxes an image with
predictions.  The authors' own trainval_36.zip (26,349,147,849 bytes) and trainval.zip (23 GB, 10 to 100
boxes) have the other order of fields and no predictions, and are read as well (--from); their address,
https://imagecaption.blob.core.windows.net/imagecaption/, was reported dead.

For another corpus put the TSV files of its images, and the names, into its features/ and run its own script.
The addresses below were never reached from where this script was written."""

import sys
from pathlib import Path

from vse_lessons.sources.catalogue import FEATURES
from vse_lessons.sources.readers.features.bottom_up import ATTRIBUTES, OBJECTS
from vse_lessons.sources.release import (
    COCO_CAPTIONS,
    COCO_COUNTS,
    COCO_COUNTS_BY,
    COCO_LICENCE,
    File,
    Release,
    karpathy_lists,
    run,
    visible,
)

LXMERT = "https://nlp.cs.unc.edu/data/lxmert_data/mscoco_imgfeat/"
NAMES = "https://raw.githubusercontent.com/peteanderson80/bottom-up-attention/master/data/genome/1600-400-20/"
AUTHORS = ("**/trainval_*.tsv*", "**/karpathy_*.tsv*")  # all images, and no predictions to name


def gather(folder: Path, dry: bool) -> bool:
    """Moves TSV files that were unpacked into folders, and the names, to features/."""
    target = folder / FEATURES
    found = [
        path for path in sorted(visible(folder, "**/*.tsv*")) if path.is_file() and path.parent != target
    ]
    found += [folder / name for name in (OBJECTS, ATTRIBUTES) if (folder / name).is_file()]
    for path in found:
        print(f"{'would be moved' if dry else 'moved'} to {target}: {path}")
        if not dry:
            target.mkdir(exist_ok=True)
            path.replace(target / path.name)
    return bool(found)


def features(part: str, size: int) -> File:
    """LXMERT's zip file of one part."""
    name = f"{part}_obj36"
    return File(
        f"{name}.zip",
        f"{LXMERT}{name}.zip",
        size,
        source="reports, in round numbers",
        gives=(f"**/{name}.tsv", *AUTHORS),
        into=FEATURES,
    )


RELEASE = Release(
    corpus="coco",
    title="MS-COCO Captions 2014 with regions of bottom-up attention",
    licence=f"{COCO_LICENCE}; the code of LXMERT and of bottom-up attention, which found the regions, is MIT",
    files=(
        features("train2014", 17_000_000_000),
        features("val2014", 8_000_000_000),
        *(File(name, NAMES + name, gives=(f"**/{name}", *AUTHORS)) for name in (OBJECTS, ATTRIBUTES)),
        COCO_CAPTIONS,
        karpathy_lists("dataset_coco.json"),
    ),
    published=COCO_COUNTS,
    published_by=COCO_COUNTS_BY,
    convert=gather,
)

if __name__ == "__main__":
    sys.exit(run(RELEASE, __doc__))

"""MS-COCO Captions 2014 (Chen et al. 2015), with its photographs or with regions of bottom-up attention."""

from __future__ import annotations

from vse_lessons.sources.acquire.release import File, Release, Request, visible
from vse_lessons.sources.readers.features.bottom_up import ATTRIBUTES, OBJECTS
from vse_lessons.sources.releases.karpathy import karpathy_lists

SERVER = "http://images.cocodataset.org/"  # its certificate for https is another server's
SOURCE = "tensorflow/datasets, url_checksums/coco.txt"
LICENCE = "sentences CC BY 4.0; the photographs under the terms of Flickr"
PUBLISHED = {"train": (113_287, 566_747), "val": (5000, 25_010), "test": (5000, 25_010)}
PUBLISHED_BY = "Hugging Face, justram/COCO2014-Captions"
CAPTIONS = File(
    "annotations_trainval2014.zip",
    SERVER + "annotations/annotations_trainval2014.zip",
    size=252_872_794,
    checksum="sha256:031296bbc80c45a1d1f76bf9a90ead27e94e99ec629208449507a4917a3bf009",
    source=SOURCE,
    holds=("annotations/captions_train*.json", "captions_train*.json"),
)

COCO = Release(
    title="MS-COCO Captions 2014: 123,287 photographs, at least five sentences each",
    licence=LICENCE,
    files=(
        File(
            "train2014.zip",
            SERVER + "zips/train2014.zip",
            size=13_510_573_713,
            checksum="sha256:ede4087e640bddba550e090eae701092534b554b42b05ac33f0300b984b31775",
            source=SOURCE,
            holds=("train2014", "images/train2014", "features", "*.tsv*"),
        ),
        File(
            "val2014.zip",
            SERVER + "zips/val2014.zip",
            size=6_645_013_297,
            checksum="sha256:fe9be816052049c34717e077d9e34aa60814a55679f804cd043e3cbee3b9fde0",
            source=SOURCE,
            holds=("val2014", "images/val2014", "features", "*.tsv*"),
        ),
        CAPTIONS,
        karpathy_lists("dataset_coco.json"),
    ),
    published=PUBLISHED,
    published_by=PUBLISHED_BY,
)

LXMERT = "https://nlp.cs.unc.edu/data/lxmert_data/mscoco_imgfeat/"
NAMES = "https://raw.githubusercontent.com/peteanderson80/bottom-up-attention/master/data/genome/1600-400-20/"
AUTHORS = ("**/trainval_*.tsv*", "**/karpathy_*.tsv*")  # all images, and no predictions to name
FEATURES = "features"


def gather(request: Request) -> bool:
    """Move TSV files that were unpacked into folders, and the names, to features/."""
    folder, target = request.folder, request.folder / FEATURES
    moved = [
        path for path in sorted(visible(folder, "**/*.tsv*")) if path.is_file() and path.parent != target
    ]
    moved += [folder / name for name in (OBJECTS, ATTRIBUTES) if (folder / name).is_file()]
    for path in moved:
        print(f"{'would be moved' if request.dry_run else 'moved'} to {target}: {path}")
        if not request.dry_run:
            target.mkdir(exist_ok=True)
            path.replace(target / path.name)
    return bool(moved) and request.dry_run


def _features(part: str, size: int) -> File:
    """LXMERT's zip file of one part."""
    name = f"{part}_obj36"
    return File(
        f"{name}.zip",
        f"{LXMERT}{name}.zip",
        size,
        source="reports, in round numbers",
        holds=(f"**/{name}.tsv", *AUTHORS),
        into=FEATURES,
    )


BOTTOM_UP = Release(
    title="MS-COCO Captions 2014 with regions of bottom-up attention",
    licence=f"{LICENCE}; the code of LXMERT and of bottom-up attention, which found the regions, is MIT",
    files=(
        _features("train2014", 17_000_000_000),
        _features("val2014", 8_000_000_000),
        *(File(name, NAMES + name, holds=(f"**/{name}", *AUTHORS)) for name in (OBJECTS, ATTRIBUTES)),
        CAPTIONS,
        karpathy_lists("dataset_coco.json"),
    ),
    published=PUBLISHED,
    published_by=PUBLISHED_BY,
    complete=gather,
)

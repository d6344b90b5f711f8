r"""Prepares the arrays of region features that SCAN and VSE++ distribute: checks them and writes them once
more in half precision, half as large, memory-mapped.

    python data_scripts/prepare_precomputed.py FOLDER --dry-run
    python data_scripts/prepare_precomputed.py FOLDER --accept-licence --to TARGET [--from ARCHIVE ...]
    papermill notebooks/03_train_a3vse.ipynb out.ipynb -p corpus prepared -p corpus_dir TARGET \
        -p ablation no_semantics

FOLDER is f30k_precomp or coco_precomp, or what holds it: train_ims.npy, train_caps.txt and so on for dev and
test (or testall).  Flickr30K's 29,000 x 36 x 2,048 numbers take 8.6 GB, and MS-COCO's 123,287 images 36.4 GB;
in half precision 4.3 and 18.2.  SCAN's authors keep them at
https://www.kaggle.com/datasets/kuanghueilee/scan-features behind a login; the address below was reported
broken in November 2022.  VSE++'s arrays were at http://www.cs.toronto.edu/~faghri/vsepp/data.tar.  None was
ever reached from where this script was written."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.sources.readers.features import precomputed
from vse_lessons.sources.release import (
    KARPATHY_COUNTS,
    File,
    Release,
    require_space,
    run,
    say_written,
    summary,
    visible,
)

PUBLISHED = {
    "f30k_precomp": {"train": (29_000, 145_000), "val": (1014, 5070), "test": (1000, 5000)},
    "coco_precomp": {"train": (113_287, None), "val": (5000, None), "test": (5000, None)},
}


def convert(release: Release, given: argparse.Namespace) -> None:
    """Checks the arrays, and with --to writes the corpus."""
    folder = arrays(given.folder)
    if given.to is not None and (given.to / precomputed.CORPUS).is_file():
        corpus = Corpus.load(given.to / precomputed.CORPUS)
        print(f"{given.to} is there already; delete it to write it again")
    elif given.to is None or given.dry_run:
        corpus = precomputed.read(folder, on_bad=given.on_bad)
    else:
        size = sum(path.stat().st_size for path in folder.glob("*_ims.npy"))
        require_space(given.to, size / 2, "for the numbers in half precision")
        corpus = precomputed.convert(folder, given.to, on_bad=given.on_bad)
    counts = replace(release, published=PUBLISHED.get(folder.name, {}))
    print("\n".join(summary(corpus, counts, len(corpus.regions.skipped))))
    if given.to is None or given.dry_run:
        print(f"-p corpus precomputed -p corpus_dir {folder} opens it; --to writes it half as large")
    else:
        say_written(given.to)


def arrays(folder: Path) -> Path:
    """The folder of the arrays: this one, or the only one below it."""
    found = sorted({path.parent for path in visible(folder, "**/*_ims.npy")})
    if len(found) > 1 and folder not in found:
        raise DataError(f"{folder} holds {', '.join(map(str, found))}: choose one as FOLDER")
    return folder if folder in found or not found else found[0]


RELEASE = Release(
    corpus="precomputed",
    title="Region features of SCAN (Lee et al. 2018) and VSE++ (Faghri et al. 2018)",
    licence="that of the corpus: Flickr30K's for non-commercial research and education, MS-COCO's of Flickr",
    files=(
        File(
            "data.zip",
            "https://iudata.blob.core.windows.net/scan/data.zip",
            size=34_000_000_000,
            source="a user's report",
            gives=("*_ims.npy", "*/*_ims.npy", "*/*/*_ims.npy"),
        ),
    ),
    by_hand="Kaggle has it after a login; name what comes from there with --from.",
    published_by=KARPATHY_COUNTS,
    finish=convert,
)

if __name__ == "__main__":
    sys.exit(run(RELEASE, __doc__))

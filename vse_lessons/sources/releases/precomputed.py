"""The arrays of region features that SCAN and VSE++ distribute."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vse_lessons.common.errors import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.sources.acquire.obtain import require_space
from vse_lessons.sources.acquire.release import File, Release, Request, visible
from vse_lessons.sources.acquire.summary import describe_written, summarize
from vse_lessons.sources.readers.features import precomputed
from vse_lessons.sources.releases.karpathy import PUBLISHED_BY

PUBLISHED: dict[str, dict[str, tuple[int, int | None]]] = {
    "f30k_precomp": {"train": (29_000, 145_000), "val": (1014, 5070), "test": (1000, 5000)},
    "coco_precomp": {"train": (113_287, None), "val": (5000, None), "test": (5000, None)},
}


def convert(release: Release, request: Request) -> None:
    """Check the arrays, and with a folder to write to writes the corpus in half precision."""
    folder, to, on_bad = find_arrays(request.folder), request.to, request.on_bad or release.on_bad
    if to is not None and (to / precomputed.CORPUS).is_file():
        corpus = Corpus.load(to / precomputed.CORPUS)
        print(f"{to} is there already; delete it to write it again")
    elif to is None or request.dry_run:
        corpus = precomputed.read(folder, on_bad=on_bad)
    else:
        size = sum(path.stat().st_size for path in folder.glob("*_ims.npy"))
        require_space(to, size / 2, "for the numbers in half precision")
        corpus = precomputed.convert(folder, to, on_bad=on_bad)
    counts = replace(release, published=PUBLISHED.get(folder.name, {}))
    print("\n".join(summarize(corpus, counts, len(corpus.regions.skipped))))
    if to is None or request.dry_run:
        print(f"-p corpus precomputed -p corpus_dir {folder} opens it; --to writes it half as large")
    else:
        print(describe_written(to))


def find_arrays(folder: Path) -> Path:
    """The folder of the arrays: this one, or the only one below it."""
    places = sorted({path.parent for path in visible(folder, "**/*_ims.npy")})
    if len(places) > 1 and folder not in places:
        raise DataError(f"{folder} holds {', '.join(map(str, places))}: choose one as FOLDER")
    return folder if folder in places or not places else places[0]


PRECOMPUTED = Release(
    title="Region features of SCAN (Lee et al. 2018) and VSE++ (Faghri et al. 2018)",
    licence="that of the corpus: Flickr30K's for non-commercial research and education, MS-COCO's of Flickr",
    files=(
        File(
            "data.zip",
            "https://iudata.blob.core.windows.net/scan/data.zip",
            size=34_000_000_000,
            source="a user's report",
            holds=("*_ims.npy", "*/*_ims.npy", "*/*/*_ims.npy"),
        ),
    ),
    by_hand="Kaggle has it after a login; name what comes from there with --from.",
    published_by=PUBLISHED_BY,
    finish=convert,
)

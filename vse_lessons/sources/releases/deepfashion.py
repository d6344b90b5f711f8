"""DeepFashion with sentences, in either of two releases.

DeepFashion-MultiModal (Jiang et al. 2022), or FashionGAN's (Zhu et al. 2017).
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np

from vse_lessons.common.errors import DataError
from vse_lessons.common.files import write_json
from vse_lessons.sources.acquire.release import File, Release, Request

LANGUAGE, INDEX, CAPTIONS = "language_original.mat", "ind.mat", "captions.json"
PUBLISHED = 78_979  # pictures with a sentence, on the poster
VALIDATION = 1_000


def convert(request: Request) -> bool:
    """Write captions.json from FashionGAN's files, where it is not there."""
    folder = request.folder
    if (folder / CAPTIONS).exists() or not (folder / LANGUAGE).exists():
        return False
    records = read_fashiongan(folder)
    print(f"{folder / LANGUAGE}: {len(records):,} pictures with a sentence; the poster says {PUBLISHED:,}")
    if request.dry_run:
        print(f"{CAPTIONS} would be written from it")
    else:
        write_json(folder / CAPTIONS, records)
    return request.dry_run


def read_fashiongan(folder: Path) -> list[dict]:
    """The records of captions.json from FashionGAN's MATLAB files, whose indices count from 1."""
    language, index = (
        _load(folder / LANGUAGE, "engJ", "nameList"),
        _load(folder / INDEX, "train_ind", "test_ind"),
    )
    names, texts = (_strings(folder / LANGUAGE, key, language[key]) for key in ("nameList", "engJ"))
    if len(names) != len(texts):
        raise DataError(f"{folder / LANGUAGE}: {len(names)} names but {len(texts)} sentences; fetch it again")
    splits = np.full(len(names), "", dtype="<U8")
    for split, key in (("train", "train_ind"), ("test", "test_ind")):
        rows = np.asarray(index[key], np.int64).reshape(-1) - 1
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(names):
            raise DataError(
                f"{folder / INDEX}: {key} leads from {rows.min() + 1} to {rows.max() + 1}, but "
                f"there are {len(names)} pictures: the files are not of one release"
            )
        splits[rows] = split
    training = np.flatnonzero(splits == "train")
    draw = np.random.Generator(np.random.PCG64(0)).permutation(training)
    splits[draw[: min(VALIDATION, len(draw) // 10)]] = "val"
    return [
        {"image": _below_img(name), "sentences": [text], "split": str(split)}
        for name, text, split in zip(names, texts, splits)
        if split
    ]


def _load(path: Path, *keys: str) -> dict:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content = loadmat(str(path))
    except (OSError, ValueError, TypeError, NotImplementedError, MatReadError) as error:
        raise DataError(
            f"{path} cannot be read as a MATLAB file before 7.3 ({error}); fetch it again"
        ) from error
    if missing := set(keys) - set(content):
        raise DataError(f"{path} has no variable {sorted(missing)[0]!r}: it is not FashionGAN's file")
    return content


def _strings(path: Path, key: str, cells: np.ndarray) -> list[str]:
    """The strings of a MATLAB cell array (N, 1)."""
    strings = []
    for number, cell in enumerate(np.asarray(cells).reshape(-1), start=1):
        value = np.asarray(cell).reshape(-1)
        if len(value) != 1 or not str(value[0]).strip():
            raise DataError(f"{path}: cell {number} of {key} holds no string; fetch the file again")
        strings.append(str(value[0]).strip())
    return strings


def _below_img(name: str) -> str:
    """A picture's name below img/."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return "/".join(parts[parts.index("img") + 1 :] if "img" in parts else parts)


DEEPFASHION = Release(
    title="DeepFashion with sentences: DeepFashion-MultiModal, or FashionGAN's",
    licence="DeepFashion's agreement: for non-commercial research, and never to be passed on",
    files=(
        File("images.zip", holds=("images", "Images", "img")),
        File(CAPTIONS, holds=(CAPTIONS, LANGUAGE)),
    ),
    by_hand="Ask for them as the releases' pages say; put the files into FOLDER, archives also with --from.",
    published={"all": (44_096, None)},
    published_by="DeepFashion-MultiModal's page; of FashionGAN's release the poster says 78,979",
    complete=convert,
)

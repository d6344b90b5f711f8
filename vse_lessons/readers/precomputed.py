"""Region features as SCAN and VSE++ distribute them: `train_ims.npy` and `train_caps.txt`, and the
same for dev and test.  Nothing is copied: the arrays stay on disk, memory-mapped."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from vse_lessons.corpus import Corpus
from vse_lessons.files import DataError
from vse_lessons.regions import RegionStore, StackedRows

SPLITS = {"train": "train", "dev": "val", "test": "test"}  # from the files' names to ours
SENTENCES = 5  # of each image


def read(folder: Path, *, name: str | None = None) -> Corpus:
    """The corpus of all splits found in `folder`, named after it unless told otherwise.

    `*_ims.npy` holds (n, R, D) or (n, D) numbers, float32 or float16; `*_caps.txt` a caption a
    line.  With five captions a row, the rows are the images.  With as many captions as rows, the
    rows are images that are each repeated five times (of which the first row is used) or, if they
    differ, images with one caption each.  `DataError` names the file and what is wrong."""
    folder = Path(folder)
    found = [split for split in SPLITS if (folder / f"{split}_ims.npy").is_file()]
    if not found:
        wanted = ", ".join(f"{split}_ims.npy" for split in SPLITS)
        raise DataError(f"{folder} has no region features: one of {wanted}")
    parts: list[np.ndarray] = []
    ids, sentences, splits = [], [], []
    starts, counts, image_of = [], [], []
    for split in found:
        path = folder / f"{split}_ims.npy"
        features = _open(path)
        rows, regions, width = features.shape
        if parts and width != parts[0].shape[1]:
            raise DataError(
                f"{path}: features {width} wide, but those of {found[0]} are {parts[0].shape[1]} "
                "wide; all splits must come from one detector"
            )
        captions = _read_captions(folder / f"{split}_caps.txt")
        each, repeated = _layout(path, features, len(captions))
        first_rows = np.arange(0, rows, repeated)
        starts.append(sum(map(len, parts)) + first_rows * regions)
        counts.append(np.full(len(first_rows), regions))
        image_of.append(len(ids) + np.arange(len(captions)) // each)
        ids += [f"{split}-{i:06d}" for i in range(len(first_rows))]
        splits += [SPLITS[split]] * len(first_rows)
        sentences += captions
        parts.append(features.reshape(-1, width))
    store = RegionStore(
        tuple(ids),
        parts[0] if len(parts) == 1 else StackedRows(parts),
        np.concatenate(starts),
        np.concatenate(counts),
        detector="precomputed",
        source=str(folder),
    )
    name = name or folder.resolve().name
    return Corpus(name, store, tuple(sentences), np.concatenate(image_of), np.asarray(splits))


def _open(path: Path) -> np.ndarray:
    """(n, R, D), memory-mapped.  Looks at the first and the last row only; the others are checked
    when a batch of them is read."""
    try:
        features = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{path} is damaged or not an .npy file ({error}); copy it again"
        ) from error
    if features.ndim == 2:
        features = features[:, None]
    if features.ndim != 3 or not all(features.shape):
        raise DataError(
            f"{path} has shape {features.shape}, not (images, regions, dimensions) or "
            "(images, dimensions)"
        )
    if features.dtype not in (np.float16, np.float32) or not features.flags.c_contiguous:
        raise DataError(
            f"{path} holds {features.dtype} numbers, perhaps in Fortran order; save it again with "
            "np.save(path, np.ascontiguousarray(features, np.float32))"
        )
    for row in (0, len(features) - 1):
        if not np.isfinite(features[row]).all():
            raise DataError(f"{path}: row {row} holds NaN or infinity; extract it again")
    return features


def _layout(path: Path, features: np.ndarray, captions: int) -> tuple[int, int]:
    """How many captions an image has, and how many rows."""
    rows = len(features)
    if captions == SENTENCES * rows:
        return SENTENCES, 1
    if captions == rows:
        repeated = rows % SENTENCES == 0 and all(
            (features[row : row + SENTENCES] == features[row]).all()
            for row in (0, rows // 2 // SENTENCES * SENTENCES, rows - SENTENCES)
        )
        return (SENTENCES, SENTENCES) if repeated else (1, 1)
    raise DataError(
        f"{path} has {rows} rows for {captions} captions; there must be as many, or {SENTENCES} "
        "captions a row: one of the two files is cut short or from another split"
    )


def _read_captions(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8-sig").rstrip("\n").split("\n")
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}); it holds the captions"
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text ({error}); convert the file") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise DataError(
                f"{path}, line {number} is empty; a line is a caption, and removing one would shift "
                "all that follow, so restore its text"
            )
        if re.match(r"""b(['"]).*\1\s*$""", line):
            raise DataError(
                f"{path}, line {number}: {line[:40]!r} is a printed bytes object of Python; write "
                "the captions again as text, with caption.decode()"
            )
    return [line.strip() for line in lines]

"""Region features with a file an image: NAME.npz, or NAME.npy, in a folder.

features, feat, x, z, or the only array (R, D) numbers; (D, R) where the boxes say so (openvqa writes it so)
bbox or boxes                           (R, 4) x0, y0, x1, y1 in pixels, with image_w, image_h; or as shares
num_bbox, num_boxes                     how many rows count; the others are padding

They are read once, in the order of their names, into a region store.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from vse_lessons.common.arrays import open_array, read_arrays
from vse_lessons.common.files import DataError, digest
from vse_lessons.data.region_writer import check_detections, write_store
from vse_lessons.data.regions import Detections, RegionStore
from vse_lessons.sources.readers.listing import Problems

NAME = "npz-folder"
FEATURES = ("features", "feat", "x", "z")  # z: by ImageCaptioning.pytorch, "mistakenly", as it says
BOXES, COUNTS = ("bbox", "boxes"), ("num_bbox", "num_boxes")
SIDES = ("image_w", "image_h")
LARGEST = 1 << 28  # bytes of one image's arrays


def find_files(folder: Path) -> list[Path]:
    """The feature files of a folder and of those below it."""
    folder = Path(folder)
    found = [path for kind in ("*.npz", "*.npy") for path in folder.rglob(kind) if path.is_file()]
    found = [path for path in found if not path.stem.endswith("_info")]  # mmf's: pickled
    return sorted(found, key=lambda path: path.relative_to(folder).parts)


def read(features: Path, folder: Path, *, on_bad: str = "error", progress: bool = True) -> RegionStore:
    """Read the regions of all images in a folder of feature files into a store.

    They are converted once, and opened from there if no file has changed since.

    Args:
        features: The folder of the files.
        folder: Where the store is kept.
        on_bad: "error" stops at a file that is damaged, holds no features or other than numbers (nothing
            pickled is read), features that are not finite or not as wide as before, boxes that end before
            they begin or leave the picture by more than a pixel, boxes of some images only, two files of one
            name; "skip" leaves such images out and lists them in `store.skipped`.
        progress: Whether to show a progress bar.

    Returns:
        The store.

    Raises:
        DataError: Bad input; the message names the file.
    """
    features = Path(features)
    files = find_files(features)
    if not files:
        raise DataError(f"{features} holds no .npz or .npy file; put NAME.npz there for each image")
    stats = ((path, path.stat()) for path in files)
    known = (str((path, s.st_size, s.st_mtime_ns)) for path, s in stats)
    target = Path(folder) / f"{NAME}-{digest(on_bad, str(features.resolve()), *known)}"
    if target.exists():
        return RegionStore.open(target)
    problems = Problems(on_bad)
    ids: list[str] = []
    found = _gather(tqdm(files, unit="image", disable=not progress), ids, problems)
    return write_store(
        target, ids, found, detector=NAME, class_names=(), attribute_names=(), skipped=problems.left_out
    )


def _gather(files: tqdm, ids: list[str], problems: Problems) -> Iterator[list[Detections]]:
    """Detections one by one, their ids beside them."""
    seen, first = set(), None
    for path in files:
        try:
            if path.stem in seen:
                raise ValueError("there is another file of this name")
            found = _read(path)
            first = found if first is None else first
            check_detections(path.stem, found, first.features.shape[1])
            if (found.boxes is None) != (first.boxes is None):
                raise ValueError("boxes are known of some images only")
        except (ValueError, OSError) as error:
            problems.report(str(path), str(error), "extract the image again")
            problems.left_out[-1]["id"] = "" if path.stem in seen else path.stem
            continue
        seen.add(path.stem)
        ids.append(path.stem)
        yield [found]
    if not ids:
        raise DataError(
            "no feature file holds regions"
            + "".join(f"; {one['where']}: {one['reason']}" for one in problems.left_out[:1])
        )


def _read(path: Path) -> Detections:
    """One file's regions; `ValueError` says what is wrong."""
    arrays = _arrays(path)
    key = next((key for key in FEATURES if key in arrays), None)
    if key is None and len(arrays) == 1:
        (key,) = arrays
    if key is None:
        raise ValueError(f"no array called {' or '.join(FEATURES)} among {', '.join(sorted(arrays))}")
    features, boxes = arrays[key], next((arrays[one] for one in BOXES if one in arrays), None)
    features = features[None] if features.ndim == 1 else features
    if features.ndim != 2 or features.dtype.kind != "f" or not features.size:
        raise ValueError(f"{key} is {features.dtype} of shape {features.shape}, not (regions, dimensions)")
    shares = None
    if boxes is not None:
        shares = _boxes(boxes, arrays)
        if len(features) != len(boxes) == features.shape[1]:
            features = features.T
        if len(features) != len(boxes):
            raise ValueError(f"{len(boxes)} boxes for features of shape {features.shape}")
    count = next((_scalar(arrays, one) for one in COUNTS if one in arrays), len(features))
    if not (1 <= count <= len(features) and count == int(count)):
        raise ValueError(f"{count:.9g} regions should count of {len(features)}")
    count = int(count)
    with np.errstate(over="ignore"):  # what becomes infinite is found with what was
        features = np.array(features[:count], np.float32)
    return Detections(features, None if shares is None else shares[:count])


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a file that hold numbers; never unpickled."""
    if path.stat().st_size > LARGEST:
        raise ValueError(f"it is larger than {LARGEST >> 20} MB")
    if path.suffix == ".npy":
        return {"features": open_array(path)}
    return read_arrays(path, (*FEATURES, *BOXES, *COUNTS, *SIDES), LARGEST)


def _scalar(arrays: dict[str, np.ndarray], key: str) -> float:
    """A number that is stored alone, whatever its shape."""
    if arrays[key].size != 1 or arrays[key].dtype.kind not in "iuf":
        raise ValueError(f"{key} is {arrays[key].dtype} of shape {arrays[key].shape}, not a number")
    return arrays[key].item()


def _boxes(boxes: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray | None:
    """(R, 4) as shares of the picture's sides; None for pixels of a picture of unknown size."""
    if boxes.ndim != 2 or boxes.shape[1] != 4 or boxes.dtype.kind not in "fiu":
        raise ValueError(f"boxes are {boxes.dtype} of shape {boxes.shape}, not (regions, 4)")
    with np.errstate(over="ignore"):
        boxes = boxes.astype(np.float32)
    if not np.isfinite(boxes).all():
        raise ValueError("a box is NaN or infinite")
    if (boxes[:, 2:] < boxes[:, :2]).any():
        raise ValueError("a box ends before it begins: boxes are x0, y0, x1, y1")
    if all(key in arrays for key in SIDES):
        width, height = (_scalar(arrays, key) for key in SIDES)
        if not (1 <= width < 1e9 and 1 <= height < 1e9):
            raise ValueError(f"a picture of {width:.9g} x {height:.9g} pixels")
        sides = np.array([width, height, width, height], np.float32)
        if ((boxes < -1) | (boxes > sides + 1)).any():
            raise ValueError(f"a box lies outside the picture of {width:.9g} x {height:.9g} pixels")
        boxes = boxes / sides
    elif boxes.size and boxes.max() > 1.5:
        return None
    return boxes.clip(0, 1)

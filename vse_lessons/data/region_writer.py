"""Writing region features: detections come in a stream and become a store, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from vse_lessons.common.files import DataError, atomic_path, write_json
from vse_lessons.data.regions import COLUMNS, VERSION, Detections, RegionStore


def write_store(
    folder: Path,
    ids: Sequence[str],
    chunks: Iterable[list[Detections]],
    *,
    detector: str,
    class_names: Sequence[str],
    attribute_names: Sequence[str],
    tag_names: Sequence[str] = (),
    skipped: Sequence[dict[str, str]] = (),
) -> RegionStore:
    """Write a region store, the whole store or nothing.

    Args:
        folder: Where the store will be.
        ids: The ids of the N images; the list may grow while the chunks come.
        chunks: Lists of detections, in the order of the images.
        detector: The detector's name and version.
        class_names: The names of its classes.
        attribute_names: The names of its attributes.
        tag_names: The names of its image-level concepts, if detections have tags.
        skipped: The images that could not be read, each with `id` and `reason`; may grow, too.

    Returns:
        The store, opened.

    Raises:
        DataError: Features of an image, which is named, are not finite or not as wide as the first image's;
            or it has boxes or classes where the first has none; or detections and ids are not as many.
    """
    with atomic_path(Path(folder)) as temporary:
        temporary.mkdir()
        columns: dict[str, list[np.ndarray]] = {name: [] for name in COLUMNS}
        counts: list[int] = []
        tags: list[np.ndarray] = []
        width = 0
        with open(temporary / "features.npy", "wb") as file:
            _write_header(file, (0, 0))  # room for it; the number of rows is known at the end
            for one in (one for chunk in chunks for one in chunk):
                image = ids[len(counts)] if len(counts) < len(ids) else "beyond the last"
                width = width or one.features.shape[-1]
                check_detections(image, one, width)
                file.write(_half(one.features).data)
                for name, parts in columns.items():
                    value = getattr(one, name)
                    if value is not None:
                        parts.append(np.asarray(value, COLUMNS[name]))
                    if len(parts) != (0 if value is None else len(counts) + 1):
                        raise DataError(f"image {image}: {name} are known of some images only")
                counts.append(len(one.features))
                if tag_names:
                    tags.append(np.asarray(one.tags, np.float16))
            file.seek(0)
            _write_header(file, (sum(counts), width))
        if len(counts) != len(ids):
            raise DataError(f"{folder}: {len(ids)} images but the detections of {len(counts)}")
        if not counts:
            raise DataError(f"{folder}: there is no image to store")
        arrays: dict[str, Any] = {
            "starts": np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64),
            "counts": np.asarray(counts, np.int64),
            **{name: np.concatenate(parts) for name, parts in columns.items() if parts},
        }
        np.savez(temporary / "regions.npz", **arrays)
        if tag_names:
            np.save(temporary / "tags.npy", np.stack(tags))
        write_json(
            temporary / "meta.json",
            {
                "format": "vse_lessons.regions",
                "version": VERSION,
                "detector": detector,
                "class_names": list(class_names),
                "attribute_names": list(attribute_names),
                "tag_names": list(tag_names),
                "skipped": list(skipped),
                "ids": list(ids),
            },
        )
    return RegionStore.open(folder)


def check_detections(image: str, detections: Detections, width: int) -> None:
    """Refuse features that cannot be stored.

    Args:
        image: The image's id, for messages.
        detections: Its regions.
        width: The number of dimensions that a feature must have.

    Raises:
        DataError: The features are not (regions, width), or not finite, or too large for half precision.
    """
    features = detections.features
    if features.ndim != 2 or not len(features):
        raise DataError(f"image {image}: features of shape {features.shape}, not (regions, dimensions)")
    if features.shape[1] != width:
        raise DataError(
            f"image {image}: features {features.shape[1]} wide, but those before "
            f"it are {width} wide: one store, one detector"
        )
    # beyond the largest half-precision number a feature would be stored as infinity
    low, high = features.min(), features.max()
    if not -65504 <= low <= high <= 65504:  # false for NaN, too
        raise DataError(f"image {image}: a feature is NaN, infinite or larger than 65504")


def _half(features: np.ndarray) -> np.ndarray:
    """Features in half precision; PyTorch is six times as fast as NumPy."""
    whole = np.ascontiguousarray(features)
    if whole.dtype == np.float32 and whole.flags.writeable:
        whole = torch.from_numpy(whole).half().numpy()
    return whole.astype("<f2", copy=False)


def _write_header(file: BinaryIO, shape: tuple[int, int]) -> None:
    """Write the head of a .npy file of half-precision rows.

    It is always 128 bytes long and is written again over itself once the number of rows is known.
    """
    head = f"{{'descr': '<f2', 'fortran_order': False, 'shape': {shape}, }}"
    file.write(b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + f"{head:<117}\n".encode())

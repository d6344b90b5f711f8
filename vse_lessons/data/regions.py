"""Region features on disk: memory-mapped, read by batch, written once and whole.

A store is a folder of four files:

    meta.json      format, version, detector, names of the classes, attributes and tags, image ids
    features.npy   (T, D) float16, the regions of all images one after the other
    regions.npz    where each image's regions start and how many they are; boxes, classes, ...
    tags.npy       (N, G) float16, image-level scores s_g, where the detector gives them
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vse_lessons.common.arrays import open_array, read_arrays
from vse_lessons.common.files import DataError, digest, read_json
from vse_lessons.data.region_batch import RegionBatch

VERSION = 1
COLUMNS = {
    "boxes": np.float32,
    "classes": np.int16,
    "class_confidences": np.float16,
    "attributes": np.int16,
    "attribute_confidences": np.float16,
}


@dataclass
class Detections:
    """R regions that a detector found in one picture, in the detector's own order.

    All but the features are None where features came without them.

    Args:
        features: (R, D) float32.
        boxes: (R, 4) float32: x0, y0, x1, y1 as shares of width and height.
        classes: (R,) int16, indices into the detector's class names.
        class_confidences: (R,) float32 in [0, 1].
        attributes: (R,) int16, indices into the attribute names; -1: none.
        attribute_confidences: (R,) float32 in [0, 1].
        tags: (G,) float32, scores of image-level concepts.
    """

    features: np.ndarray
    boxes: np.ndarray | None = None
    classes: np.ndarray | None = None
    class_confidences: np.ndarray | None = None
    attributes: np.ndarray | None = None
    attribute_confidences: np.ndarray | None = None
    tags: np.ndarray | None = None


class StackedRows:
    """Several arrays of rows, usually memory-mapped, that read as one without being copied.

    Args:
        parts: Arrays (n_i, D) of the same width D.

    Raises:
        DataError: The arrays are not of one width.
    """

    ndim = 2

    def __init__(self, parts: Sequence[np.ndarray]) -> None:
        widths = sorted({part.shape[1] for part in parts})
        if len(widths) != 1:
            raise DataError(f"features {widths} wide cannot be stacked; all must be as wide")
        self.parts = list(parts)
        self.ends = list(accumulate(len(part) for part in parts))
        self.shape = (self.ends[-1], widths[0])
        self.dtype = np.result_type(*parts)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Read the rows (n, D) of a slice, which must lie within one of the arrays."""
        start, stop, _ = rows.indices(len(self))
        part = min(bisect_right(self.ends, start), len(self.parts) - 1)
        if stop > self.ends[part]:
            raise IndexError(f"rows {start} to {stop} lie in two arrays")
        before = self.ends[part] - len(self.parts[part])
        return self.parts[part][start - before : stop - before]


@dataclass
class RegionStore:
    """T regions of N images; those of image i are the rows `starts[i]` to `starts[i] + counts[i]`.

    Args:
        ids: The ids of the N images.
        features: (T, D), usually float16 and memory-mapped.
        starts: (N,) int64.
        counts: (N,) int64, each at least 1.
        boxes: (T, 4) float32: x0, y0, x1, y1 as shares of width and height.
        classes: (T,) int16, indices into `class_names`.
        class_confidences: (T,) float16 in [0, 1].
        attributes: (T,) int16, indices into `attribute_names`; -1: none.
        attribute_confidences: (T,) float16 in [0, 1].
        tags: (N, G) float16, image-level scores s_g of the concepts `tag_names`.
        class_names: The names of the detector's classes.
        attribute_names: The names of its attributes.
        tag_names: The names of the G concepts.
        detector: The detector's name and version.
        source: Where the store is, for messages.
        skipped: The images that could not be read, each with `id` and `reason`.
        standardized_by: Mean and deviation (D,) by which `features` were standardized, if they were.

    Raises:
        DataError: The parts do not fit together.
    """

    ids: Sequence[str]
    features: np.ndarray | StackedRows
    starts: np.ndarray
    counts: np.ndarray
    boxes: np.ndarray | None = None
    classes: np.ndarray | None = None
    class_confidences: np.ndarray | None = None
    attributes: np.ndarray | None = None
    attribute_confidences: np.ndarray | None = None
    tags: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    attribute_names: tuple[str, ...] = ()
    tag_names: tuple[str, ...] = ()
    detector: str = "unknown"
    source: str = "memory"
    skipped: list[dict[str, str]] = field(default_factory=list)
    # mean and deviation (D,) by which `features` were standardized
    standardized_by: tuple[Tensor, Tensor] | None = None

    def __post_init__(self) -> None:
        if self.features.ndim != 2:
            raise DataError(
                f"{self.source}: features have shape {self.features.shape}, not (regions, dimensions)"
            )
        if not len(self.ids) == len(self.starts) == len(self.counts):
            raise DataError(
                f"{self.source}: {len(self.ids)} ids, {len(self.starts)} starts and "
                f"{len(self.counts)} counts: they must be as many as the images"
            )
        ends = np.asarray(self.starts) + np.asarray(self.counts)
        bad = np.flatnonzero(
            (ends > len(self.features)) | (np.asarray(self.counts) < 1) | (np.asarray(self.starts) < 0)
        )
        if len(bad):
            i = int(bad[0])
            raise DataError(
                f"{self.source}: image {self.ids[i]} (row {i}) should have rows {self.starts[i]} to "
                f"{ends[i]} of {len(self.features)}: the feature file is shorter than its index or "
                "the image has no region; extract it again"
            )
        self._check_columns()

    def _check_columns(self) -> None:
        """Refuse columns that are not as long as the features, and classes without a name."""
        lengths = {name: len(self.features) for name in COLUMNS} | {"tags": len(self.ids)}
        for name, length in lengths.items():
            column = getattr(self, name)
            if column is not None and len(column) != length:
                raise DataError(
                    f"{self.source}: {name} has {len(column)} rows, not {length}; extract it again"
                )
        known = len(self.class_names)
        if self.classes is not None and known and len(self.classes):
            least, most = int(self.classes.min()), int(self.classes.max())
            if least < 0 or most >= known:
                wrong = least if least < 0 else most
                raise DataError(
                    f"{self.source}: a region has class {wrong}, and there are {known} names of "
                    "classes, counted from 0; extract it again"
                )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def dimensions(self) -> int:
        """The width D of a region's feature."""
        return self.features.shape[1]

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that name the regions, the same on every machine.

        Features on disk count by their detector, their shape and the digest at the end of their folder's
        name, which covers the pictures (`extraction.store_name`); features in memory by their content.
        """
        mapped = isinstance(self.features, (np.memmap, StackedRows))
        extracted = re.search("-([0-9a-f]{16})$", self.source)
        return digest(
            self.detector,
            (extracted[1] if extracted else "") if mapped else np.ascontiguousarray(self.features).tobytes(),
            f"{self.features.shape} {self.features.dtype}",
            *(np.asarray(column).astype("<i8").tobytes() for column in (self.starts, self.counts)),
            *self.ids,
        )

    def rows(self, i: int) -> slice:
        """The rows of image i in `features`, `boxes`, `classes` and the other columns."""
        return slice(int(self.starts[i]), int(self.starts[i] + self.counts[i]))

    def detections(self, i: int) -> Detections:
        """Read everything that is known of image i.

        Raises:
            DataError: The store holds features only.
        """
        columns: dict[str, Any] = {name: getattr(self, name) for name in COLUMNS}
        if any(column is None for column in columns.values()):
            raise DataError(
                f"{self.source} holds features only, no boxes or class names; "
                "use a corpus whose regions come from a detector"
            )
        rows = self.rows(i)
        return Detections(
            np.asarray(self.features[rows], np.float32),
            columns["boxes"][rows],
            columns["classes"][rows],
            columns["class_confidences"][rows].astype(np.float32),
            columns["attributes"][rows],
            columns["attribute_confidences"][rows].astype(np.float32),
            None if self.tags is None else np.asarray(self.tags[i], np.float32),
        )

    def batch(self, images: Sequence[int] | np.ndarray) -> RegionBatch:
        """Read the regions of some images.

        Args:
            images: (B,) numbers of images.

        Returns:
            The batch, with confidences and classes where the store has them.

        Raises:
            DataError: A feature is not finite; the message names its image.
        """
        images = np.asarray(images, np.int64)
        counts = np.asarray(self.counts)[images]
        widest = int(counts.max()) if len(images) else 0
        raw = np.empty((len(images), widest, self.dimensions), self.features.dtype)
        for row, image in enumerate(images):
            raw[row, : counts[row]] = self.features[self.rows(image)]
            raw[row, counts[row] :] = 0
        features = torch.from_numpy(raw).float()
        # a sum is NaN or infinite if any value is, and costs a third of asking each of them
        if not torch.isfinite(features.sum()) and not torch.isfinite(features).all():
            row = int((~torch.isfinite(features)).flatten(1).any(1).nonzero()[0])
            raise DataError(
                f"{self.source}: the features of image {self.ids[images[row]]} "
                f"(row {images[row]}) hold NaN or infinity; extract it again"
            )
        mask = torch.arange(widest) < torch.from_numpy(counts).unsqueeze(1)
        confidences = self._padded(self.class_confidences, images, mask, np.float32)
        classes = self._padded(self.classes, images, mask, np.int64)
        return RegionBatch(features, mask, torch.from_numpy(images), confidences, classes)

    def _padded(
        self, column: np.ndarray | None, images: np.ndarray, mask: Tensor, kind: type
    ) -> Tensor | None:
        """A column (B, R) of the regions of some images, 0 where padded; None where there is none."""
        if column is None:
            return None
        padded: np.ndarray = np.zeros(tuple(mask.shape), kind)
        for row, image in enumerate(images):
            own = column[self.rows(image)]
            padded[row, : len(own)] = own
        return torch.from_numpy(padded)

    def batches(self, images: Sequence[int] | np.ndarray, size: int = 256) -> Iterator[RegionBatch]:
        """Read the regions of some images, `size` images at a time."""
        for start in range(0, len(images), size):
            yield self.batch(images[start : start + size])

    def select(self, images: Sequence[int] | np.ndarray) -> RegionStore:
        """Make a store of some images, in the order given; features and regions stay where they are."""
        images = np.asarray(images, np.int64)
        ids = tuple(self.ids[image] for image in images)
        tags = None if self.tags is None else self.tags[images]
        return replace(
            self,
            ids=ids,
            starts=np.asarray(self.starts)[images],
            counts=np.asarray(self.counts)[images],
            tags=tags,
        )

    def statistics(self, images: Sequence[int] | np.ndarray) -> tuple[Tensor, Tensor]:
        """Compute mean and standard deviation (D,) of all regions of some images (the training part)."""
        total = torch.zeros(self.dimensions, dtype=torch.float64)
        squares = torch.zeros_like(total)
        rows = 0
        for batch in self.batches(images):
            kept = batch.features[batch.mask]
            total += kept.sum(0, dtype=torch.float64)
            squares += kept.square().sum(0, dtype=torch.float64)
            rows += len(kept)
        mean = total / rows
        deviation = (squares / rows - mean.square()).clamp(min=0).sqrt()
        return mean.float(), deviation.float()

    def mean_statistics(self, images: Sequence[int] | np.ndarray) -> tuple[Tensor, Tensor]:
        """Compute mean and standard deviation (D,) of the mean regions of some images (training part)."""
        means = torch.cat([batch.mean() for batch in self.batches(images)])
        return means.mean(0), means.std(0)

    def means(self) -> RegionStore:
        """Replace the regions of each image by their mean, in memory.

        A model that looks at nothing else is then trained without reading all regions in every step.
        """
        everything = np.arange(len(self))
        features = torch.cat([batch.mean() for batch in self.batches(everything)]).numpy()
        return RegionStore(
            self.ids,
            features,
            everything,
            np.ones_like(everything),
            detector=self.detector,
            source=self.source,
        )

    def standardized(self, images: Sequence[int] | np.ndarray) -> RegionStore:
        """Standardize the mean regions by mean and deviation of those of some images (the training part).

        Two domains that are each standardized by their own images no longer differ in these.
        """
        means = self.means()
        return means.standardized_with(*means.statistics(images))

    def standardized_with(self, mean: Tensor, deviation: Tensor) -> RegionStore:
        """Subtract a mean (D,) from all features and divide them by a deviation (D,)."""
        features = (self.features - mean.numpy()) / deviation.clamp(min=1e-6).numpy()
        return replace(self, features=features.astype(np.float32), standardized_by=(mean, deviation))

    @classmethod
    def open(cls, folder: Path) -> RegionStore:
        """Open a store without reading its features, which are memory-mapped.

        Args:
            folder: A folder that `write_store` wrote.

        Returns:
            The store.

        Raises:
            DataError: The folder holds no store, or one that is damaged or of another version.
        """
        folder = Path(folder)
        meta = read_json(folder / "meta.json")
        if not isinstance(meta, dict) or meta.get("format") != "vse_lessons.regions":
            raise DataError(f"{folder} is not a region store: its meta.json says something else")
        if meta.get("version") != VERSION:
            raise DataError(
                f"{folder} is a store of version {meta.get('version')}; this is version "
                f"{VERSION}: delete the folder and extract it again"
            )
        try:
            features = open_array(folder / "features.npy")
            columns: dict[str, Any] = read_arrays(folder / "regions.npz")
            tags = open_array(folder / "tags.npy") if meta["tag_names"] else None
            names: dict[str, Any] = {
                key: tuple(meta[key]) for key in ("class_names", "attribute_names", "tag_names")
            }
            return cls(
                ids=tuple(meta["ids"]),
                features=features,
                tags=tags,
                detector=meta["detector"],
                source=str(folder),
                skipped=meta["skipped"],
                **columns,
                **names,
            )
        except DataError:
            raise
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{folder} is damaged ({error}): delete it and extract it again") from error

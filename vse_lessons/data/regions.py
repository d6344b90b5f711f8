"""Region features on disk: memory-mapped, read by batch, written once and whole.

A store is a folder of four files:

    meta.json      format, version, detector, names of the classes, attributes and tags, image ids
    features.npy   (T, D) float16, the regions of all images one after the other
    regions.npz    where each image's regions start and how many they are; boxes, classes, ...
    tags.npy       (N, G) float16, image-level scores s_g, where the detector gives them
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vse_lessons.common.arrays import open_array, read_arrays
from vse_lessons.common.files import DataError, read_json

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
    """What a detector found in one picture: R regions, in the detector's own order."""

    features: np.ndarray  # (R, D) float32
    # what follows is None where features came without it
    boxes: np.ndarray | None = None  # (R, 4) float32: x0, y0, x1, y1 as shares of width and height
    classes: np.ndarray | None = None  # (R,) int16, an index into the detector's class names
    class_confidences: np.ndarray | None = None  # (R,) float32 in [0, 1]
    attributes: np.ndarray | None = None  # (R,) int16, an index into the attribute names; -1: none
    attribute_confidences: np.ndarray | None = None  # (R,) float32 in [0, 1]
    tags: np.ndarray | None = None  # (G,) float32, scores of image-level concepts


@dataclass
class RegionBatch:
    """The regions of B images, padded to the largest number R among them."""

    features: Tensor  # (B, R, D) float32; zero where padded
    mask: Tensor  # (B, R) bool; True where there is a region
    index: Tensor  # (B,) int64, which images of the store
    confidences: Tensor | None = None  # (B, R) of each region's class, where a detector gave one
    classes: Tensor | None = None  # (B, R) int64, an index into its class names

    def to(self, device: torch.device | str) -> RegionBatch:
        """The same batch on another device."""
        parts = (self.features, self.mask, self.index, self.confidences, self.classes)
        return RegionBatch(*(None if part is None else part.to(device, non_blocking=True) for part in parts))

    def surest(self, count: int) -> RegionBatch:
        """The same images with at most `count` regions each, those whose class is most confident, or the
        first ones where confidences are not known."""
        if self.mask.shape[1] <= count:
            return self
        if self.confidences is None:
            classes = None if self.classes is None else self.classes[:, :count]
            return RegionBatch(self.features[:, :count], self.mask[:, :count], self.index, classes=classes)
        hidden = self.confidences.masked_fill(~self.mask, -1.0)
        top = hidden.topk(count, dim=1).indices  # (B, count)
        wide = top.unsqueeze(-1).expand(-1, -1, self.features.shape[-1])
        classes = None if self.classes is None else self.classes.gather(1, top)
        return RegionBatch(
            self.features.gather(1, wide),
            self.mask.gather(1, top),
            self.index,
            self.confidences.gather(1, top),
            classes,
        )

    def log_confidences(self) -> Tensor:
        """(B, R): ln of each region's confidence, which counts as at least 0.0001; 0 where no detector gave
        one, -inf where there is no region."""
        known = self.confidences
        sure = torch.zeros(()) if known is None else known.float().clamp(min=1e-4).log()
        return sure.to(self.mask.device).expand(self.mask.shape).masked_fill(~self.mask, -torch.inf)

    def mean(self) -> Tensor:
        """(B, D): the mean region of each image, padding left out."""
        weights = self.mask.to(self.features.dtype).unsqueeze(-1)
        return (self.features * weights).sum(1) / weights.sum(1).clamp(min=1)


class StackedRows:
    """Several arrays of rows, usually memory-mapped, that read as one without being copied.  It
    knows only what a store asks of its features: the rows of one image, as a slice."""

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
        """(n, D): the rows of a slice, which must lie within one of the arrays."""
        start, stop, _ = rows.indices(len(self))
        part = min(bisect_right(self.ends, start), len(self.parts) - 1)
        if stop > self.ends[part]:
            raise IndexError(f"rows {start} to {stop} lie in two arrays")
        before = self.ends[part] - len(self.parts[part])
        return self.parts[part][start - before : stop - before]


@dataclass
class RegionStore:
    """Regions of N images.  `features` may be any array of rows, usually memory-mapped; the
    regions of image i are its rows `starts[i]` to `starts[i] + counts[i]`."""

    ids: Sequence[str]
    features: np.ndarray | StackedRows  # (T, D)
    starts: np.ndarray  # (N,) int64
    counts: np.ndarray  # (N,) int64
    boxes: np.ndarray | None = None  # (T, 4) float32
    classes: np.ndarray | None = None  # (T,) int16
    class_confidences: np.ndarray | None = None  # (T,) float16
    attributes: np.ndarray | None = None  # (T,) int16
    attribute_confidences: np.ndarray | None = None  # (T,) float16
    tags: np.ndarray | None = None  # (N, G) float16
    class_names: tuple[str, ...] = ()
    attribute_names: tuple[str, ...] = ()
    tag_names: tuple[str, ...] = ()
    detector: str = "unknown"
    source: str = "memory"  # named in errors
    skipped: list[dict[str, str]] = field(default_factory=list)  # images that could not be read
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

    def rows(self, i: int) -> slice:
        """The rows of image i in `features`, `boxes`, `classes`, ..."""
        return slice(int(self.starts[i]), int(self.starts[i] + self.counts[i]))

    def detections(self, i: int) -> Detections:
        """Everything that is known of image i."""
        if any(getattr(self, name) is None for name in COLUMNS):
            raise DataError(
                f"{self.source} holds features only, no boxes or class names; "
                "use a corpus whose regions come from a detector"
            )
        rows = self.rows(i)
        return Detections(
            np.asarray(self.features[rows], np.float32),
            self.boxes[rows],
            self.classes[rows],
            self.class_confidences[rows].astype(np.float32),
            self.attributes[rows],
            self.attribute_confidences[rows].astype(np.float32),
            None if self.tags is None else np.asarray(self.tags[i], np.float32),
        )

    def batch(self, images: Sequence[int] | np.ndarray) -> RegionBatch:
        """Reads the regions of some images, by number; `DataError` if a feature is not finite."""
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
        """(B, R): a column of the regions of some images, 0 where padded; None where there is none."""
        if column is None:
            return None
        found = np.zeros(tuple(mask.shape), kind)
        for row, image in enumerate(images):
            own = column[self.rows(image)]
            found[row, : len(own)] = own
        return torch.from_numpy(found)

    def batches(self, images: Sequence[int] | np.ndarray, size: int = 256) -> Iterator[RegionBatch]:
        """The same, `size` images at a time."""
        for start in range(0, len(images), size):
            yield self.batch(images[start : start + size])

    def select(self, images: Sequence[int] | np.ndarray) -> RegionStore:
        """Some images in the order given; features and regions stay where they are."""
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
        """Mean and standard deviation (D,) of all regions of some images (the training part)."""
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
        """Mean and standard deviation (D,) of the mean region of some images (the training part)."""
        means = torch.cat([batch.mean() for batch in self.batches(images)])
        return means.mean(0), means.std(0)

    def means(self) -> RegionStore:
        """The same images with one region each, their mean (1, D), in memory: a model that looks at nothing
        else is then trained without reading all regions in every step."""
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
        """The mean regions, less the mean and over the deviation of those of some images (the training part):
        two domains that are each standardised by their own images differ no more in these."""
        means = self.means()
        return means.standardized_with(*means.statistics(images))

    def standardized_with(self, mean: Tensor, deviation: Tensor) -> RegionStore:
        """The same images, their features less a mean (D,) and over a deviation (D,)."""
        features = (self.features - mean.numpy()) / deviation.clamp(min=1e-6).numpy()
        return replace(self, features=features.astype(np.float32), standardized_by=(mean, deviation))

    @classmethod
    def open(cls, folder: Path) -> RegionStore:
        """Opens a store without reading its features (they are memory-mapped)."""
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
            columns = read_arrays(folder / "regions.npz")
            tags = open_array(folder / "tags.npy") if meta["tag_names"] else None
            names = {key: tuple(meta[key]) for key in ("class_names", "attribute_names", "tag_names")}
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

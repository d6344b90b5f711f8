"""Pixels to a region store on disk.

Extraction reads every picture once, in batches.  Each finished batch is a small file in a folder
beside the store to come, so that a run that was killed goes on where it stopped and ends with the
same bytes as one that was not.
"""

from __future__ import annotations

import json
import os
import shutil
import warnings
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from vse_lessons.detectors import Detector
from vse_lessons.files import DataError, atomic_path, digest
from vse_lessons.pictures import Pictures
from vse_lessons.regions import Detections, RegionStore, check_detections, write_store


def extract_regions(
    pictures: Pictures,
    detector: Detector,
    folder: Path,
    *,
    batch_size: int = 32,
    on_bad: str = "error",
    progress: bool = True,
) -> RegionStore:
    """The regions of all pictures, from disk if they have been extracted before.

    The store is the folder `{detector.name}-{digest}` in `folder`; the digest covers detector,
    version, ids and pictures.  `on_bad`: "error" stops at the first picture that cannot be read,
    with a `DataError`; "skip" leaves such pictures out and lists them in `store.skipped`.
    `DataError` also when the disk is too small.  Finished batches are kept in every case."""
    if on_bad not in ("error", "skip"):
        raise DataError(f"on_bad is {on_bad!r}; it must be 'error' or 'skip'")
    if not pictures.ids:
        raise DataError("there is no picture to extract regions from")
    content = digest(detector.name, detector.version, *pictures.ids, pictures.fingerprint)
    job = _Extraction(pictures, detector, Path(folder) / f"{detector.name}-{content}", batch_size)
    if not job.store.exists():
        try:
            job.run(on_bad, progress)
        except (OSError, DataError):
            # another process may have extracted the same pictures meanwhile, and tidied up
            if not job.store.exists():
                raise
        shutil.rmtree(job.unfinished, ignore_errors=True)
    store = RegionStore.open(job.store)
    if store.skipped:
        _refuse_or_warn(store.skipped, on_bad)
    return store


def _refuse_or_warn(skipped: list[dict[str, str]], on_bad: str) -> None:
    first = skipped[0]["reason"]
    if on_bad == "error":
        raise DataError(f'{first}, or pass on_bad="skip" to go on without such pictures')
    warnings.warn(
        f"{len(skipped)} pictures were skipped, listed in store.skipped; the first: {first}",
        stacklevel=3,
    )


@dataclass
class _Extraction:
    """One extraction: batch by batch into numbered files, then joined."""

    pictures: Pictures
    detector: Detector
    store: Path
    batch_size: int

    @property
    def unfinished(self) -> Path:
        """All that a killed run can leave lies in here."""
        return self.store.with_name(f"{self.store.name}.partial")

    def run(self, on_bad: str, progress: bool) -> None:
        """Extracts what is missing, joins the batches, and puts the store in its place."""
        self._check_space()
        skipped = []
        with tqdm(total=len(self.pictures.ids), unit="image", disable=not progress) as bar:
            for start in range(0, len(self.pictures.ids), self.batch_size):
                found, bad = self._batch(start)
                if bad and on_bad == "error":
                    _refuse_or_warn(bad, on_bad)
                skipped += bad
                bar.update(len(found) + len(bad))
        left_out = {entry["id"] for entry in skipped}
        write_store(
            self.unfinished / "store",
            [image for image in self.pictures.ids if image not in left_out],
            (self._batch(i)[0] for i in range(0, len(self.pictures.ids), self.batch_size)),
            detector=f"{self.detector.name} {self.detector.version}",
            class_names=self.detector.class_names,
            attribute_names=self.detector.attribute_names,
            tag_names=self.detector.tag_names,
            skipped=skipped,
        )
        os.replace(self.unfinished / "store", self.store)

    def _check_space(self) -> None:
        """Batches and store lie side by side for a moment: twice 36 regions a picture."""
        detector, images = self.detector, len(self.pictures.ids)
        image = 36 * (2 * detector.feature_dim + 24) + 2 * len(detector.tag_names)
        needed = 2 * images * image
        folder = self.store.absolute().parent
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(existing).free
        if free < needed:
            raise DataError(
                f"extracting {images} pictures to {folder} needs about {needed >> 20} MB, but that "
                f"disk has {free >> 20} MB free: make room, or set VSE_LESSONS_HOME to another disk"
            )

    def _batch(self, start: int) -> tuple[list[Detections], list[dict[str, str]]]:
        """The detections of one batch and its bad pictures: from the file of a finished batch if
        there is one that can be read, otherwise from the detector."""
        stop = min(start + self.batch_size, len(self.pictures.ids))
        path = self.unfinished / f"{start:08d}-{stop:08d}.npz"
        finished = _read_batch(path)
        if finished is not None:
            return finished
        with ThreadPoolExecutor() as pool:  # decoding releases the interpreter's lock
            loaded = list(pool.map(self._try, range(start, stop)))
        good = [i for i, image in enumerate(loaded) if not isinstance(image, DataError)]
        bad = [
            {"id": self.pictures.ids[start + i], "reason": str(error)}
            for i, error in enumerate(loaded)
            if isinstance(error, DataError)
        ]
        found = self.detector([loaded[i] for i in good]) if good else []
        for i, detections in zip(good, found, strict=True):
            check_detections(self.pictures.ids[start + i], detections, self.detector.feature_dim)
            detections.features = detections.features.astype(np.float16)  # as the store keeps them
        _write_batch(path, found, bad)
        return found, bad

    def _try(self, i: int) -> Image.Image | DataError:
        try:
            return self.pictures.load(i)
        except DataError as error:
            return error


def _write_batch(path: Path, found: list[Detections], bad: list[dict[str, str]]) -> None:
    arrays = {
        f"{field.name}{i}": value
        for i, detections in enumerate(found)
        for field in fields(Detections)
        if (value := getattr(detections, field.name)) is not None
    }
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, bad=np.array(json.dumps(bad)), count=len(found), **arrays)


def _read_batch(path: Path) -> tuple[list[Detections], list[dict[str, str]]] | None:
    """A finished batch, or None if it is not there or damaged (zip files hold check sums)."""
    try:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        names = [field.name for field in fields(Detections)]
        found = [
            Detections(**{name: arrays.get(f"{name}{i}") for name in names})
            for i in range(int(arrays["count"]))
        ]
        return found, json.loads(str(arrays["bad"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None

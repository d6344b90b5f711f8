"""Pixels to a region store on disk.

Extraction reads every picture once, in batches.  Each finished batch is a small file in a folder
beside the store to come, so that a run that was killed goes on where it stopped and ends with the
same bytes as one that was not.  Batches may be shared among worker processes; one that is killed
(by the system, for want of memory) costs its batch, which another does again.
"""

from __future__ import annotations

import json
import os
import shutil
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from loky import ProcessPoolExecutor
from PIL import Image
from tqdm import tqdm

from vse_lessons.common.files import DataError, atomic_path, digest
from vse_lessons.data.pictures import Pictures
from vse_lessons.data.region_writer import check_detections, write_store
from vse_lessons.data.regions import Detections, RegionStore
from vse_lessons.sources.detectors.base import Detector


def extract_regions(
    pictures: Pictures,
    detector: Detector,
    folder: Path,
    *,
    batch_size: int = 32,
    on_bad: str = "error",
    workers: int | None = None,
    progress: bool = True,
) -> RegionStore:
    """Extract the regions of all pictures, or open them if they have been extracted before.

    The store is the folder `store_name` in `folder`.  Finished batches are kept whatever happens.

    Args:
        pictures: The pictures.
        detector: What finds the regions.
        folder: Where the store is, or is to be.
        batch_size: Pictures at a time.
        on_bad: "error" stops at the first picture that cannot be read; "skip" leaves such pictures out and
            lists them in `store.skipped`.
        workers: How many processes share the batches, each with one thread and a copy of the detector; 0:
            this process does them.  None: one for each CPU core if there are 512 pictures or more and the
            detector is not on a GPU, otherwise 0.  The store is the same but for the rounding of sums by
            threads.
        progress: Whether to show a progress bar.

    Returns:
        The store, its features memory-mapped.

    Raises:
        DataError: A picture cannot be read, or the disk is too small.
    """
    if on_bad not in ("error", "skip"):
        raise DataError(f"on_bad is {on_bad!r}; it must be 'error' or 'skip'")
    if not pictures.ids:
        raise DataError("there is no picture to extract regions from")
    job = _Extraction(pictures, detector, Path(folder) / store_name(pictures, detector), batch_size)
    if workers is None:
        workers = _usual_workers(len(pictures.ids), detector)
    if not job.store.exists():
        try:
            job.run(on_bad, workers, progress)
        except (OSError, DataError):
            # another process may have extracted the same pictures meanwhile, and tidied up
            if not job.store.exists():
                raise
        shutil.rmtree(job.unfinished, ignore_errors=True)
    store = RegionStore.open(job.store)
    if store.skipped:
        _refuse_or_warn(store.skipped, on_bad)
    return store


def store_name(pictures: Pictures, detector: Detector | type[Detector]) -> str:
    """Name the store of some pictures: `{detector.name}-{digest}`.

    Args:
        pictures: The pictures; the digest covers their ids and every pixel.
        detector: The detector, or its class; the digest covers its name and version.

    Returns:
        The name of the folder.
    """
    content = digest(detector.name, detector.version, *pictures.ids, pictures.fingerprint)
    return f"{detector.name}-{content}"


MANY = 512  # pictures; starting processes costs more than they save below it
PATIENCE = 3  # times in a row that workers may die without finishing a batch


def _usual_workers(count: int, detector: Detector) -> int:
    on_gpu = getattr(getattr(detector, "device", None), "type", "cpu") != "cpu"
    return 0 if on_gpu or count < MANY else os.cpu_count() or 1


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

    def run(self, on_bad: str, workers: int, progress: bool) -> None:
        """Extract what is missing, join the batches, and put the store in its place."""
        self._check_space()
        starts = range(0, len(self.pictures.ids), self.batch_size)
        bad_of: dict[int, list[dict[str, str]]] = {}
        finished = self._shared(starts, workers) if workers else self._alone(starts)
        with tqdm(total=len(self.pictures.ids), unit="image", disable=not progress) as bar:
            for start, count, bad in finished:
                if bad and on_bad == "error":
                    _refuse_or_warn(bad, on_bad)
                bad_of[start] = bad
                bar.update(count)
        skipped = [entry for start in starts for entry in bad_of[start]]
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

    def _alone(self, starts: range) -> Iterator[tuple[int, int, list[dict[str, str]]]]:
        """Do the batches in this process; return each one's start, size and bad pictures."""
        for start in starts:
            found, bad = self._batch(start)
            yield start, len(found) + len(bad), bad

    def _shared(self, starts: range, workers: int) -> Iterator[tuple[int, int, list[dict[str, str]]]]:
        """The same by worker processes, in any order."""
        missing, deaths = list(starts), 0
        while missing:
            pool = ProcessPoolExecutor(workers, initializer=_start_worker, initargs=(self,))
            try:
                for future in as_completed([pool.submit(_work, start) for start in missing]):
                    start, count, bad = future.result()
                    missing.remove(start)
                    deaths = 0
                    yield start, count, bad
            except BrokenProcessPool as error:
                deaths += 1
                if deaths == PATIENCE:
                    raise DataError(
                        f"worker processes died {PATIENCE} times one after the other, perhaps for want of "
                        f"memory, and {len(missing)} batches are missing: finished ones are kept, so run it "
                        "again, with fewer workers or smaller batches (workers=0: none)"
                    ) from error
            finally:
                pool.shutdown(wait=True, kill_workers=True)

    def _check_space(self) -> None:
        """Raise a `DataError` if the disk is too small.

        Batches and store lie side by side for a moment: twice 36 regions a picture, unless the detector says
        how many it gives.
        """
        detector, images = self.detector, len(self.pictures.ids)
        image = getattr(detector, "regions", 36) * (2 * detector.feature_dim + 24) + 2 * len(
            detector.tag_names
        )
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
        """The detections of one batch and its bad pictures.

        They are from the file of a finished batch if there is one that can be read, otherwise from the
        detector.
        """
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
        images = [image for image in loaded if not isinstance(image, DataError)]
        found = self.detector(images) if images else []
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


_job: _Extraction | None = None  # of a worker process, set once when it starts


def _start_worker(job: _Extraction) -> None:
    global _job
    torch.set_num_threads(1)  # there are as many processes as cores
    _job = job


def _work(start: int) -> tuple[int, int, list[dict[str, str]]]:
    assert _job is not None
    found, bad = _job._batch(start)
    return start, len(found) + len(bad), bad


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
        optional = [field.name for field in fields(Detections) if field.name != "features"]
        found = [
            Detections(arrays[f"features{i}"], **{name: arrays.get(f"{name}{i}") for name in optional})
            for i in range(int(arrays["count"]))
        ]
        return found, json.loads(str(arrays["bad"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None

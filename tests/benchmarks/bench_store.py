"""Time to open a region store and to read a batch of 128 images, against copying the same bytes.

    python tests/benchmarks/bench_store.py [STORE] [--images 7000]

Without STORE it measures one of random numbers, 36 regions of 1,280 dimensions an image.  Wanted:
a batch from a warm page cache in under 50 ms.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from vse_lessons.data.region_writer import write_store
from vse_lessons.data.regions import Detections, RegionStore

BATCH, REPEATS = 128, 20


def random_store(folder, images):
    rng = np.random.default_rng(0)
    whole = np.zeros(36, np.int16), np.ones(36, np.float32)
    found = Detections(rng.normal(size=(36, 1280)).astype(np.float32), rng.random((36, 4)), *whole, *whole)
    return write_store(
        folder,
        [str(i) for i in range(images)],
        ([found] for _ in range(images)),
        detector="random",
        class_names=["thing"],
        attribute_names=["plain"],
    )


def milliseconds(function):
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("store", type=Path, nargs="?")
    parser.add_argument("--images", type=int, default=7000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.store or Path(random_store(Path(folder) / "store", given.images).source)
        opening = milliseconds(lambda: RegionStore.open(path))
        store = RegionStore.open(path)
        chosen = np.random.default_rng(1).permutation(len(store))[:BATCH]
        batch = store.batch(chosen)  # and now its pages are in memory
        reading = milliseconds(lambda: store.batch(chosen))
        rows = np.concatenate([store.features[store.rows(i)] for i in chosen])
        copying = milliseconds(rows.copy)
    print(f"{len(store)} images; a batch is {tuple(batch.features.shape)}")
    print(f"open   {opening:6.1f} ms")
    print(f"batch  {reading:6.1f} ms for {rows.nbytes / 1e6:.1f} MB on disk")
    print(f"copy   {copying:6.1f} ms for the same bytes; the batch takes {reading / copying:.1f} x")


if __name__ == "__main__":
    main()

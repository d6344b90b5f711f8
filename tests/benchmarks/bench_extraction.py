"""Images a second of extracting Flickr8k's regions, against the backbone's bare forward pass.

    python tests/benchmarks/bench_extraction.py [--images 256] [--threads 2] [--device cpu]

Wanted: at least 30 images a second on two cores, at most 100 KB an image in the store.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from vse_lessons.sources.detectors.efficientnet import EfficientNetLite0
from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.readers import flickr

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "flickr8k"
BATCH = 32


def bare(detector, images):
    """Seconds of the backbone's forward passes alone, on pixels that are there already."""
    pixels = torch.zeros(BATCH, 3, 224, 224, device=detector.device)
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    start = time.perf_counter()
    with torch.inference_mode():
        for _ in range(images // BATCH):
            detector.net.extract_features(pixels)
        if detector.device.type == "cuda":
            torch.cuda.synchronize()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    detector = EfficientNetLite0(given.device)
    pictures = flickr.read(given.data).pictures()
    images = given.images // BATCH * BATCH
    pictures = replace(pictures, ids=pictures.ids[:images])
    bare(detector, BATCH)  # the first pass chooses its kernels

    # forwards before and after, since other work on the machine comes and goes
    forward = bare(detector, images)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        store = extract_regions(pictures, detector, Path(folder), batch_size=BATCH, progress=False)
        whole = time.perf_counter() - start
        size = sum(path.stat().st_size for path in Path(store.source).iterdir())
    forward = (forward + bare(detector, images)) / 2
    print(f"{images} photographs, {given.threads} threads, {given.device}")
    print(f"extraction    {images / whole:6.1f} images/s, with decoding, classifier and disk")
    print(f"forward pass  {images / forward:6.1f} images/s, {forward / whole:.0%} of the time")
    print(f"store         {size / images / 1000:6.1f} KB an image")


if __name__ == "__main__":
    main()

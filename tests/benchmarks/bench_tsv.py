"""A TSV of bottom-up attention to a store: speed against the public scripts' loop and against base64, memory.

    python tests/benchmarks/bench_tsv.py [--megabytes 500] [--folder DIR]

Repeats the ten real rows of ../shared/data/bottom_up under other image ids until the file is as large.  Then,
each in a process of its own, three rounds, alternately:

    loop     csv.DictReader and base64.decodestring of the public scripts, arrays kept in lists
    base64   only decoding the features of every line, with Python's base64 and with pybase64
    here     `bottom_up.read`: everything checked, in half precision in a memory-mapped store

Wanted: under 500 MB; at least 3 times the loop's speed, or as fast as base64 allows.
"""

import argparse
import base64
import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from vse_lessons.sources.readers.features import bottom_up

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "bottom_up"
FIELDS = [
    "img_id",
    "img_h",
    "img_w",
    "objects_id",
    "objects_conf",
    "attrs_id",
    "attrs_conf",
    "num_boxes",
    "boxes",
    "features",
]
TYPES = {"objects_id": np.int64, "attrs_id": np.int64}


def make(folder, megabytes, data):
    """A TSV of real rows under new ids, and the vocabularies beside it."""
    rows = (data / "train2014_obj36.tsv").read_bytes().splitlines(keepends=True)
    path, number = folder / "regions.tsv", 0
    with open(path, "wb") as file:
        while file.tell() < megabytes * 1e6:
            name, rest = rows[number % len(rows)].split(b"\t", 1)
            file.write(b"%s-%d\t%s" % (name, number, rest))
            number += 1
    for name in (bottom_up.OBJECTS, bottom_up.ATTRIBUTES):
        (folder / name).write_bytes((data / name).read_bytes())
    return path, number


def loop(path, _):
    """As the public scripts read it (LXMERT's load_obj_tsv)."""
    csv.field_size_limit(sys.maxsize)
    data = []
    with open(path) as file:
        for item in csv.DictReader(file, FIELDS, delimiter="\t"):
            for key in ("img_h", "img_w", "num_boxes"):
                item[key] = int(item[key])
            count = item["num_boxes"]
            shapes = {
                "objects_id": (count,),
                "objects_conf": (count,),
                "attrs_id": (count,),
                "attrs_conf": (count,),
                "boxes": (count, 4),
                "features": (count, -1),
            }
            for key, shape in shapes.items():
                array = np.frombuffer(base64.b64decode(item[key]), TYPES.get(key, np.float32))
                item[key] = array.reshape(shape)
                item[key].setflags(write=False)
            data.append(item)
    return len(data)


def decode(path, decoder):
    count = 0
    with open(path, "rb") as file:
        for line in file:
            decoder(line.rstrip().rpartition(b"\t")[2])
            count += 1
    return count


def only_base64(path, _):
    return decode(path, base64.b64decode)


def only_pybase64(path, _):
    import pybase64

    return decode(path, lambda text: pybase64.b64decode(text, validate=True))


def here(path, target):
    return len(bottom_up.read([path], target, progress=False))


def here_without_pybase64(path, target):
    bottom_up.decode = bottom_up.decode_plainly
    return here(path, target)


WAYS = {
    "csv and base64 loop": loop,
    "base64 alone": only_base64,
    "pybase64 alone": only_pybase64,
    "here": here,
    "here without pybase64": here_without_pybase64,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--folder", type=Path, help="where to work; by default the system's")
    parser.add_argument("--way", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        start = time.perf_counter()
        count = WAYS[given.way[0]](Path(given.way[1]), Path(given.way[2]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(count, time.perf_counter() - start, peak)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as work:
        work = Path(work)
        path, rows = make(work, given.megabytes, given.data)
        size = path.stat().st_size / 1e6
        took = {way: [] for way in WAYS}
        for number in range(3):
            for way in WAYS:
                command = [sys.executable, __file__, "--way", way, path, work / f"{way}{number}"]
                done = subprocess.run([*map(str, command)], check=True, capture_output=True, text=True)
                count, seconds, peak = map(float, done.stdout.split())
                assert count == rows
                took[way].append((seconds, peak))
        slowest = sorted(took["csv and base64 loop"])[1][0]
        print(f"{size:,.0f} MB, {rows} rows of 36 regions; middle of three rounds")
        for way, rounds in took.items():
            seconds, peak = sorted(rounds)[1]
            speed = f"{size / seconds:7.0f} MB/s   {slowest / seconds:5.2f} x the loop"
            print(f"{way:22} {seconds:6.2f} s {speed}   peak {peak:6,.0f} MB")


if __name__ == "__main__":
    main()

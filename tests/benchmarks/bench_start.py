"""How long a user waits before anything happens: importing the library and showing help.

    python tests/benchmarks/bench_start.py [--rounds 9]

Prints CPU seconds (user and system) of each line, its ratio to `python -c pass`, and the difference, which is
what the library costs.  Asked for: an import under 0.1 s, help under 0.5 s.
"""

import argparse
import statistics
import subprocess
import sys

import psutil

LINES = {
    "python -c pass": ["-c", "pass"],
    "import vse_lessons": ["-c", "import vse_lessons"],
    "vse-lessons --help": ["-m", "vse_lessons", "--help"],
    "vse-lessons train --help": ["-m", "vse_lessons", "train", "--help"],
    "import vse_lessons; vse_lessons.fit": ["-c", "import vse_lessons; vse_lessons.fit"],
}


def cpu_seconds(arguments):
    """CPU seconds of a Python process, as its parent counts them once it has ended."""
    before = psutil.Process().cpu_times()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = psutil.Process().cpu_times()
    return sum(getattr(after, kind) - getattr(before, kind) for kind in ("children_user", "children_system"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    measured = {name: [] for name in LINES}
    for _ in range(rounds):
        for name, arguments in LINES.items():
            measured[name].append(cpu_seconds(arguments))
    bare = statistics.median(measured["python -c pass"])
    for name, seconds in measured.items():
        middle = statistics.median(seconds)
        print(f"{name:36s} {middle:6.3f} s   {middle / bare:5.1f} x   + {middle - bare:6.3f} s")


if __name__ == "__main__":
    main()

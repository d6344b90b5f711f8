"""MMD with five kernels against the Gram products that it needs, in the same run.

    python tests/benchmarks/bench_mmd.py [--threads 2] [--rounds 9]

2 x 1,024 unit vectors of 512 dimensions, float32.  Three products X X^T, Y Y^T and X Y^T are the baseline,
forward, and forward and backward.  Memory: what the saved tensors of one call hold, for one kernel and for
five; keeping a matrix for each kernel would make the second five times as large."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

from vse_lessons.blocks.mmd import mmd2

POINTS, WIDTH = 1024, 512
KERNELS = (0.25, 0.5, 1.0, 2.0, 4.0)


def products(first: Tensor, second: Tensor) -> Tensor:
    """The three Gram products, summed so that there is something to differentiate."""
    return (first @ first.T).sum() + (second @ second.T).sum() + (first @ second.T).sum()


def seconds(function: Callable[[Tensor, Tensor], Tensor], samples: list[Tensor], backward: bool) -> float:
    started = time.perf_counter()
    value = function(*samples)
    if backward:
        value.backward()
    return time.perf_counter() - started


def saved_megabytes(kernels: tuple[float, ...], samples: list[Tensor]) -> float:
    """What autograd keeps between forward and backward, each storage once."""
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        value = mmd2(*samples, kernels)
    value.backward()
    return sum(kept.values()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    samples = [
        torch.nn.functional.normalize(torch.randn(POINTS, WIDTH) + shift, dim=1).requires_grad_()
        for shift in (0.0, 0.1)
    ]
    rows = {
        "with the median heuristic": mmd2,
        "with given bandwidths": lambda a, b: mmd2(a, b, KERNELS),
    }
    print(
        f"2 x {POINTS} vectors of {WIDTH} dimensions, {len(KERNELS)} kernels, {given.threads} threads, "
        f"medians of {given.rounds} rounds"
    )
    for backward, what in ((False, "forward"), (True, "forward and backward")):
        for name, function in rows.items():
            times = {"base": [], "mmd": []}
            for _ in range(given.rounds + 1):
                times["base"].append(seconds(products, samples, backward))
                times["mmd"].append(seconds(function, samples, backward))
            base, mmd = (statistics.median(times[side][1:]) for side in ("base", "mmd"))
            print(f"{what}, {name}: {1e3 * mmd:.1f} ms, products {1e3 * base:.1f} ms: ratio {mmd / base:.2f}")
    print(
        f"kept for the way back: {saved_megabytes(KERNELS[:1], samples):.0f} MB with one kernel, "
        f"{saved_megabytes(KERNELS, samples):.0f} MB with five"
    )


if __name__ == "__main__":
    main()

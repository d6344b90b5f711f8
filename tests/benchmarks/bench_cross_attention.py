"""Exact cross attention against the published loop and against the one matrix product it cannot avoid.

    python tests/benchmarks/bench_cross_attention.py [--threads 2] [--rounds 3]

256 images of 36 regions x 1,024 sentences of 14 words, 1,024 dimensions, float32, both directions averaged
(LogSumExp).  The baselines, measured in the same run: the product of all regions with all words; and the
loop of the SCAN code, which forms the attended vectors sentence by sentence (timed on a part of the
sentences, on all images, and scaled up).  Then forward and backward on 128 x 128, and the peak memory of
1,000 x 5,000, in a process of its own."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

import torch
from torch import Tensor
from torch.nn import functional as F

from vse_lessons.blocks.similarity import CrossAttention, Entities, cross_attention
from vse_lessons.common.system import peak_memory_mb

HOW = CrossAttention(9.0, "logsumexp", 6.0, 0.1, ("t2i", "i2t"))
REGIONS, WORDS, WIDTH = 36, 14, 1024


def make(count: int, entities: int, grad: bool = False) -> Entities:
    values = torch.randn(count, entities, WIDTH, requires_grad=grad)
    return Entities(values, torch.ones(count, entities, dtype=torch.bool))


def published_loop(images: Entities, sentences: Entities) -> Tensor:
    """The scores of SCAN's `xattn_score_t2i` and `xattn_score_i2t`, sentence by sentence, averaged."""
    visual = F.normalize(images.values, dim=-1)
    columns = []
    for values, mask in zip(sentences.values, sentences.mask):
        textual = F.normalize(values[mask], dim=-1).expand(len(visual), -1, -1)
        both = [_attend(textual, visual), _attend(visual, textual)]
        columns.append(sum(both) / 2)
    return torch.stack(columns, 1)


def _attend(query: Tensor, context: Tensor) -> Tensor:
    attention = F.leaky_relu(torch.bmm(context, query.transpose(1, 2)), HOW.leak)
    attention = attention / (attention.pow(2).sum(2, keepdim=True).sqrt() + 1e-8)
    attention = (attention.transpose(1, 2) * HOW.sharpness).softmax(-1)
    relevance = F.cosine_similarity(query, torch.bmm(attention, context), dim=2)
    return (HOW.softness * relevance).exp().sum(1).log() / HOW.softness


def seconds(action) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def forward(rounds: int) -> None:
    images, sentences, part = make(256, REGIONS), make(1024, WORDS), 32
    flat = images.values.flatten(0, 1), sentences.values.flatten(0, 1).T
    exact = cross_attention(images, sentences, HOW)
    error = (exact[:, :part] - published_loop(images, sentences[:part])).abs().max()
    print(f"largest difference to the loop: {float(error):.1e}")
    products, loops = [], []
    for _ in range(rounds):
        product = seconds(lambda: flat[0] @ flat[1])
        ours = seconds(lambda: cross_attention(images, sentences, HOW))
        loop = seconds(lambda: published_loop(images, sentences[:part])) * 1024 / part
        products.append(ours / product)
        loops.append(loop / ours)
        print(
            f"forward 256 x 1,024: {ours:.2f} s; the product {product:.2f} s, ratio {products[-1]:.2f}; "
            f"the loop {loop:.0f} s (from {part} sentences), {loops[-1]:.1f} times"
        )
    print(
        f"median: {statistics.median(products):.2f} times the product, "
        f"{statistics.median(loops):.1f} times faster than the loop"
    )


def backward(rounds: int) -> None:
    images, sentences = make(128, REGIONS, True), make(128, WORDS, True)
    ratios = []
    for _ in range(rounds):
        ours = seconds(lambda: cross_attention(images, sentences, HOW).sum().backward())
        loop = 8 * seconds(lambda: published_loop(images, sentences[:16]).sum().backward())
        ratios.append(loop / ours)
        print(
            f"forward and backward 128 x 128: {ours:.2f} s; the loop {loop:.1f} s (from 16 sentences), "
            f"{ratios[-1]:.1f} times"
        )
    print(f"median: {statistics.median(ratios):.1f} times faster than the loop")


def memory() -> None:
    with torch.no_grad():
        cross_attention(make(1000, REGIONS), make(5000, WORDS), HOW)
    print(f"1,000 x 5,000: {peak_memory_mb():.0f} MB at the peak, inputs and library included")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="only the peak memory")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    if arguments.memory:
        return memory()
    # first: on Linux a process starts with the peak of the one that started it
    subprocess.run([sys.executable, __file__, "--memory", "--threads", str(arguments.threads)], check=True)
    with torch.no_grad():
        forward(arguments.rounds)
    backward(arguments.rounds)


if __name__ == "__main__":
    main()

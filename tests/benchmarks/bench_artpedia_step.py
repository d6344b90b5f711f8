"""A training step of Artpedia at the paper's size against a literal implementation of its equations.

    python tests/benchmarks/bench_artpedia_step.py [--threads 2] [--rounds 3]

128 pages, 20 regions, 25 words, 512 dimensions, float32: similarities of all images with all visual
sentences and of each page with its contextual sentence, both losses (lambda_w 0.5), forward and backward.
The baseline, measured in the same run, computes Eq. 1 to 5 as they are written, attended vectors and all, a
sentence at a time for all images (as SCAN's published loop does).  Encoders are not part of either."""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch import Tensor
from torch.nn import functional as F

from vse_lessons.blocks.losses import triplet_loss
from vse_lessons.blocks.similarity import Entities, cross_attention, paired_cross_attention
from vse_lessons.models.artpedia import ArtpediaConfig, intra_page_loss

PAGES, REGIONS, WORDS, WIDTH = 128, 20, 25, 512
PAPER = ArtpediaConfig.paper()


def entities(count: int) -> Entities:
    values = torch.randn(PAGES, count, WIDTH, requires_grad=True)
    return Entities(values, torch.ones(PAGES, count, dtype=torch.bool))


def objective(similarity: Tensor, contextual: Tensor) -> Tensor:
    inter = triplet_loss(similarity, torch.arange(PAGES), PAPER.margin)
    intra = intra_page_loss(similarity.diagonal(), contextual, PAPER.margin)
    return PAPER.lambda_w * inter + (1 - PAPER.lambda_w) * intra


def ours(images: Entities, visual: Entities, contextual: Entities) -> Tensor:
    how = PAPER.attention
    return objective(cross_attention(images, visual, how), paired_cross_attention(images, contextual, how))


def literal(images: Entities, visual: Entities, contextual: Entities) -> Tensor:
    v = F.normalize(images.values, dim=-1)
    told = [F.normalize(side.values, dim=-1) for side in (visual, contextual)]
    similarity = torch.stack([_similarity(v, e.expand(PAGES, -1, -1)) for e in told[0]], 1)
    return objective(similarity, _similarity(v, told[1]))


def _similarity(v: Tensor, e: Tensor) -> Tensor:
    """(B, k, D) and (B, n, D) -> (B,)."""
    s = v @ e.mT  # Eq. 1
    return (_branch(v, e, s) + _branch(e, v, s.mT)) / 2


def _branch(query: Tensor, context: Tensor, s: Tensor) -> Tensor:
    alpha = (PAPER.temperature * s).softmax(-1)  # Eq. 3
    a = alpha @ context  # Eq. 2
    return ((query * a).sum(-1) / a.norm(dim=-1)).mean(-1)  # Eq. 4 and 5


def step(function, parts: tuple[Entities, ...]) -> tuple[float, list[Tensor]]:
    started = time.perf_counter()
    loss = function(*parts)
    gradients = torch.autograd.grad(loss, [part.values for part in parts])
    return time.perf_counter() - started, [loss.detach(), *gradients]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    parts = (entities(REGIONS), entities(WORDS), entities(WORDS))
    ratios = []
    for _ in range(arguments.rounds):
        (fast, found), (slow, expected) = step(ours, parts), step(literal, parts)
        # gradients are tiny: their difference is measured against the largest of them
        error = max(float((a - b).abs().max() / b.abs().max()) for a, b in zip(found, expected))
        ratios.append(slow / fast)
        print(
            f"step: {fast:.2f} s; literal {slow:.2f} s, {ratios[-1]:.1f} times; "
            f"largest relative difference of loss and gradients {error:.1e}"
        )
        if error > 1e-5:
            raise SystemExit("the two differ by more than 1e-5")
    print(f"median: {statistics.median(ratios):.1f} times faster than the literal equations")


if __name__ == "__main__":
    main()

"""A training step of A3VSE at the paper's size against the sum of its matrix products.

    python tests/benchmarks/bench_step.py [--threads 2] [--rounds 5]

Batch 128, both batches, 36 x 2048 regions, H 512, K 3, K' 512, 30 words, six discriminators.  The
products are those of forward and backward, timed one by one, each on its own operands, in the same
run; the step and the products take turns, so that a machine whose speed drifts treats both alike."""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.text import Vocabulary
from vse_lessons.models.a3vse import A3VSE, DOMAINS, A3VSEConfig
from vse_lessons.models.base import Batch, Pairs

BATCH, REGIONS, WIDTH, WORDS = 128, 36, 2048, 30


def products(config: A3VSEConfig) -> list[tuple[int, int, int, int, bool]]:
    """(rows, inner, columns, times, needs_input_gradient) of every matrix product of the forward pass;
    backward adds one of the same size for the weights and, if asked, one for the input."""
    both, hidden, heads = 2 * BATCH, config.dimensions, config.heads
    pooled, context = hidden * heads, config.context * heads
    found = [
        (both * REGIONS, WIDTH, hidden, 1, False),  # F^v; nothing flows back to the features
        (both * WORDS, config.word_dimensions, 4 * hidden, 1, True),  # LSTM, input
        (both, hidden, 4 * hidden, WORDS, True),
    ]  # LSTM, recurrence
    for entities in (REGIONS, WORDS):
        found += [
            (both, hidden, context, 1, True),  # P_k
            (both * entities, hidden, context, 1, True),
        ]  # Q_k
    found += [(BATCH, pooled, BATCH, 2, True)]  # similarities
    found += [(both, pooled, config.hidden, len(DOMAINS), True)]  # discriminators
    return found


def prepare(config: A3VSEConfig) -> list[tuple[torch.Tensor, torch.Tensor, int]]:
    """Operands of all products, forward and backward."""
    operands = []
    for rows, inner, columns, times, needs_input in products(config):
        a, b, c = torch.randn(rows, inner), torch.randn(inner, columns), torch.randn(rows, columns)
        operands += [(a, b, times), (a.T, c, times)]
        if needs_input:
            operands.append((c, b.T, times))
    return operands


def make_step(config: A3VSEConfig):
    words = [f"w{i}" for i in range(3000)]
    model = A3VSE(config, Vocabulary(tuple(words)), WIDTH)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    generator = torch.Generator().manual_seed(0)

    def pairs(start: int) -> Pairs:
        features = torch.randn(BATCH, REGIONS, WIDTH, generator=generator)
        mask = torch.ones(BATCH, REGIONS, dtype=torch.bool)
        chosen = torch.randint(0, 3000, (BATCH, WORDS), generator=generator)
        sentences = [" ".join(words[i] for i in row) for row in chosen]
        return Pairs(RegionBatch(features, mask, torch.arange(start, start + BATCH)), sentences)

    batch = Batch(pairs(0), pairs(BATCH), progress=0.5)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        model.loss(batch).total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimizer.step()

    return step


def seconds(action) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    config = A3VSEConfig.paper()
    operands, step = prepare(config), make_step(config)

    def multiply() -> None:
        for a, b, times in operands:
            for _ in range(times):
                a @ b

    step(), multiply()
    ratios, steps = [], []
    for _ in range(arguments.rounds):
        whole, parts = seconds(step), seconds(multiply)
        steps.append(whole)
        ratios.append(whole / parts)
        print(f"step {whole:.3f} s, its matrix products {parts:.3f} s, ratio {whole / parts:.2f}")
    print(f"median step {statistics.median(steps):.3f} s, median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()

"""Ranks of 5,000 images x 25,000 sentences against their matrix product and against sorting loops.

    python tests/benchmarks/bench_ranks.py [--threads 2] [--rounds 5]

Embeddings are float32 of 1,024 dimensions; sentences are noisy copies of their image, five each, so
that many queries succeed, as with a trained model.  Timed is `rank_embedded`: cosines of everything,
ranks of both directions, R-precision and mAP@R.  It takes turns with

- the product alone: one 5,000 x 1,024 @ 1,024 x 25,000;
- the loops in which VSE++ and its heirs count: for each query a product with all candidates, argsort
  and np.where for each owned one.  They run on a sample of queries of both directions, and their time
  is scaled up to all queries.

The ranks of the sample must be equal.  Peak memory is the largest resident memory of the process."""

from __future__ import annotations

import argparse
import os
import statistics
import time


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--dimensions", type=int, default=1024)
    parser.add_argument("--sample", type=int, default=100, help="images whose queries the loops run")
    return parser.parse_args()


ARGUMENTS = parse()
# NumPy's threads are counted when it is first imported, and torch.set_num_threads does not reach them
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(ARGUMENTS.threads)

import numpy as np  # noqa: E402
import torch  # noqa: E402

from vse_lessons.common.system import peak_memory_mb  # noqa: E402
from vse_lessons.evaluation.ranking import Ranks  # noqa: E402
from vse_lessons.evaluation.retrieval import Embedded, rank_embedded  # noqa: E402
from vse_lessons.models.base import Embedder  # noqa: E402

EACH = 5  # sentences an image
NOISE = 12.0  # length of a sentence's noise for an image of length 1: about half of all queries succeed


class Bare(Embedder):
    """Only the similarity that every model has by default: cosines."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def encode_images(self, images):
        raise NotImplementedError

    encode_sentences = encode_images


def make_embeddings(images: int, dimensions: int) -> Embedded:
    visual = torch.nn.functional.normalize(torch.randn(images, dimensions), dim=-1)
    textual = torch.randn(images * EACH, dimensions).mul_(NOISE / dimensions**0.5)
    textual.view(images, EACH, dimensions).add_(visual.unsqueeze(1))
    torch.nn.functional.normalize(textual, dim=-1, out=textual)
    numbers = np.arange(images * EACH)
    return Embedded(visual, textual, torch.from_numpy(numbers // EACH), numbers[:images], numbers)


def loop_i2t(images: np.ndarray, sentences: np.ndarray, asked: range) -> list[int]:
    """Rank of the best of the five sentences of each image asked."""
    found = []
    for image in asked:
        order = np.argsort(np.dot(images[image : image + 1], sentences.T).flatten())[::-1]
        own = range(EACH * image, EACH * image + EACH)
        found.append(1 + min(int(np.where(order == sentence)[0][0]) for sentence in own))
    return found


def loop_t2i(images: np.ndarray, sentences: np.ndarray, asked: range) -> list[int]:
    """Rank of the image of each of the five sentences of the images asked; one product for the five."""
    found = []
    for image in asked:
        scores = np.dot(sentences[EACH * image : EACH * image + EACH], images.T)
        for row in scores:
            order = np.argsort(row)[::-1]
            found.append(1 + int(np.where(order == image)[0][0]))
    return found


def seconds(action) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def check(found: Ranks, visual: np.ndarray, textual: np.ndarray, asked: range) -> None:
    """The loops' ranks must be the counted ones, but for the last bits of two kinds of product."""
    by_loops = np.array(loop_t2i(visual, textual, asked) + loop_i2t(visual, textual, asked))
    rows = np.arange(EACH * asked.start, EACH * asked.stop)
    counted = np.concatenate([found.t2i[rows], found.i2t[asked.start : asked.stop]])
    far = np.abs(by_loops - counted) > 1 + counted // 1000
    assert not far.any(), f"{far.sum()} of {len(far)} ranks differ"


def main() -> None:
    torch.set_num_threads(ARGUMENTS.threads)
    torch.manual_seed(0)
    embedded = make_embeddings(ARGUMENTS.images, ARGUMENTS.dimensions)
    model, asked = Bare(), range(min(ARGUMENTS.sample, ARGUMENTS.images))
    visual, textual = embedded.images.numpy(), embedded.sentences.numpy()
    before = peak_memory_mb()
    found = rank_embedded(model, embedded)
    peak = peak_memory_mb()
    check(found, visual, textual, asked)
    print(
        f"R@1 t2i {100 * (found.t2i == 1).mean():.1f}, i2t {100 * (found.i2t == 1).mean():.1f}; "
        f"peak memory {peak:.0f} MB, {before:.0f} MB of it before the ranks"
    )
    scale = ARGUMENTS.images / len(asked)
    rows = []
    for _ in range(ARGUMENTS.rounds):
        product = seconds(lambda: embedded.images @ embedded.sentences.T)
        counted = seconds(lambda: rank_embedded(model, embedded))
        loops = scale * (
            seconds(lambda: loop_i2t(visual, textual, asked))
            + seconds(lambda: loop_t2i(visual, textual, asked))
        )
        rows.append((product, counted, loops, counted / product, loops / counted))
        print(
            f"ranks {counted:.2f} s, the product {product:.2f} s, ratio {counted / product:.2f}; "
            f"loops {loops:.0f} s (from {len(asked)} of {ARGUMENTS.images} images), "
            f"{loops / counted:.1f} times slower"
        )
    product, counted, loops, ratio, faster = map(statistics.median, zip(*rows))
    print(
        f"medians: ranks {counted:.2f} s, product {product:.2f} s, ratio {ratio:.2f}; loops {loops:.0f} s, "
        f"{faster:.1f} times slower"
    )


if __name__ == "__main__":
    main()

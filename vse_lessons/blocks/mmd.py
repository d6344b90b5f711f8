"""Maximum mean discrepancy: how far apart two samples lie, in the eyes of a kernel.

    MMD^2(P, Q) = E k(x, x') + E k(y, y') - 2 E k(x, y),    x, x' ~ P;  y, y' ~ Q

is 0 only for P = Q when k is Gaussian (Gretton, Borgwardt, Rasch, Schoelkopf and Smola, "A kernel two-sample
test", JMLR 2012).  Several bandwidths at once are the kernel of Long et al. 2015 (DAN, "Learning
transferable features with deep adaptation networks"): no single one has to be right."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vse_lessons.common.files import DataError

FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the median squared distance
POINTS = 256  # of each sample, from which the median is taken


class _KernelSum(torch.autograd.Function):
    """k(d) = sum_u exp(-d / b_u) of squared distances d of any shape.

    Autograd would keep one matrix for each kernel.  Here there are three however many kernels there are:
    d, their sum, and its slope dk/dd = -sum_u exp(-d / b_u) / b_u, summed on the way forward."""

    @staticmethod
    def forward(context, distances: Tensor, bandwidths: Sequence[float]) -> Tensor:  # noqa: ANN001
        total, slope = torch.zeros_like(distances), torch.zeros_like(distances)
        wide, kernel = None, None
        for width in sorted(bandwidths, reverse=True):
            if wide == 2 * width:  # exp(-d / b) = exp(-d / 2b)^2, and a square is cheaper than exp
                kernel.square_()
            else:
                kernel = torch.exp(distances / -width)
            wide = width
            total += kernel
            slope.sub_(kernel, alpha=1 / width)
        context.save_for_backward(slope)
        return total

    @staticmethod
    def backward(context, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ANN001
        (slope,) = context.saved_tensors
        return gradient * slope, None


def squared_distances(first: Tensor, second: Tensor) -> Tensor:
    """(N, M): |x - y|^2 = |x|^2 + |y|^2 - 2 x.y of all x (N, H) and y (M, H): one matrix product.  Rounding
    may leave less than 0, which is raised to 0."""
    norms = first.square().sum(1, keepdim=True) + second.square().sum(1)
    return torch.addmm(norms, first, second.T, alpha=-2).clamp_(min=0)


def median_squared_distance(first: Tensor, second: Tensor) -> float:
    """The median of |x - y|^2 over all pairs of different points of both samples together, (N, H) and
    (M, H): the median heuristic of Gretton et al. 2012, section 8.  Of large samples only the first
    256 points each are asked.  No gradient flows through it; 1 where all points are one."""
    with torch.no_grad():
        points = torch.cat([first[:POINTS], second[:POINTS]]).float()
        distances = squared_distances(points, points)
        rows, columns = torch.triu_indices(len(points), len(points), 1, device=points.device)
        median = float(distances[rows, columns].median())
    return median if median > 1e-12 else 1.0


def mmd2(
    first: Tensor, second: Tensor, bandwidths: Sequence[float] | None = None, *, biased: bool = False
) -> Tensor:
    """The squared MMD of samples x (N, H) and y (M, H), a scalar in float32, with the kernel

        k(x, y) = 1/U sum_u exp(-|x - y|^2 / b_u)

    Unbiased (Gretton et al. 2012, Eq. 3; it may be below 0), or biased (Eq. 5; it never is):

        unbiased  1/N(N-1) sum_{i != j} k(x_i, x_j) + 1/M(M-1) sum_{i != j} k(y_i, y_j)
                  - 2/NM sum_ij k(x_i, y_j)
        biased    1/N^2 sum_ij k(x_i, x_j) + 1/M^2 sum_ij k(y_i, y_j) - 2/NM sum_ij k(x_i, y_j)

    `bandwidths` b_u are 1/4, 1/2, 1, 2 and 4 times the median squared distance unless they are given.
    `DataError` for a sample of one point, for samples of different width, and for no or bad bandwidths."""
    check_samples(first, second)
    with torch.autocast(first.device.type, enabled=False):
        first, second = first.float(), second.float()
        if bandwidths is None:
            median = median_squared_distance(first, second)
            bandwidths = [factor * median for factor in FACTORS]
        if not bandwidths or min(bandwidths) <= 0:
            raise DataError(f"bandwidths {list(bandwidths)}: there must be one, and all above 0")
        U, N, M = len(bandwidths), len(first), len(second)
        within = []
        for sample, count in ((first, N), (second, M)):
            kernel = _KernelSum.apply(squared_distances(sample, sample), bandwidths)
            if biased:
                within.append(kernel.sum() / count**2)
            else:
                others = kernel.sum() - kernel.diagonal().sum()
                within.append(others / (count * (count - 1)))
        across = _KernelSum.apply(squared_distances(first, second), bandwidths).sum() / (N * M)
        return (within[0] + within[1] - 2 * across) / U


def check_samples(first: Tensor, second: Tensor) -> None:
    """`DataError` unless both samples have two points or more, and as many dimensions."""
    for sample in (first, second):
        if len(sample) < 2:
            raise DataError(
                f"a sample of {len(sample)} has no two points to compare: MMD needs at least two "
                "of each domain; use a larger batch_size or more data"
            )
    if first.shape[1:] != second.shape[1:]:
        raise DataError(f"samples {first.shape[1]} and {second.shape[1]} wide cannot be compared")


def two_sample_test(first: Tensor, second: Tensor, draws: int = 200, seed: int = 0) -> dict[str, float]:
    """Are the samples (N, H) and (M, H) from one distribution?  The biased MMD^2, and p, the share of random
    partings of all N + M points into N and M whose MMD^2 is as large (the permutation test; the true parting
    counts as one of them).  One kernel matrix serves every parting."""
    check_samples(first, second)
    points = torch.cat([first, second]).detach().float()
    median = median_squared_distance(first, second)
    kernel = _KernelSum.apply(squared_distances(points, points), [f * median for f in FACTORS])
    kernel = kernel.double() / len(FACTORS)
    signs = torch.cat(
        [torch.full((len(first),), 1 / len(first)), torch.full((len(second),), -1 / len(second))]
    ).double()
    generator = torch.Generator().manual_seed(seed)
    orders = [torch.arange(len(points))]
    orders += [torch.randperm(len(points), generator=generator) for _ in range(draws)]
    weights = torch.stack([signs[order] for order in orders]).to(points.device)  # (1 + draws, N + M)
    values = ((weights @ kernel) * weights).sum(1)
    as_large = int((values >= values[0] - 1e-12).sum())  # itself too
    return {"mmd2": float(values[0]), "p": as_large / (draws + 1)}

"""Maximum mean discrepancy: the distance of two samples that a kernel sees.

    MMD^2(P, Q) = E k(x, x') + E k(y, y') - 2 E k(x, y),    x, x' ~ P;  y, y' ~ Q

is 0 only for P = Q when k is Gaussian (Gretton, Borgwardt, Rasch, Schoelkopf and Smola, "A kernel two-sample
test", JMLR 2012).  Several bandwidths at once are the kernel of Long et al. 2015 (DAN, "Learning
transferable features with deep adaptation networks"): no single one has to be right.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vse_lessons.common.files import DataError
from vse_lessons.common.random import torch_seed

FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the median squared distance
POINTS = 256  # of each sample, from which the median is taken


class _KernelSum(torch.autograd.Function):
    """k(d) = sum_u exp(-d / b_u) of squared distances d of any shape.

    Autograd would keep one matrix for each kernel.  Here there are three however many kernels there are:
    d, their sum, and its slope dk/dd = -sum_u exp(-d / b_u) / b_u, summed on the way forward.
    """

    @staticmethod
    def forward(context, distances: Tensor, bandwidths: Sequence[float]) -> Tensor:  # noqa: ANN001
        total, slope = torch.zeros_like(distances), torch.zeros_like(distances)
        wide, kernel = 0.0, total
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
    """Compute the squared distances of all points by one matrix product.

        |x - y|^2 = |x|^2 + |y|^2 - 2 x.y

    Args:
        first: (N, H), the points x.
        second: (M, H), the points y.

    Returns:
        (N, M), at least 0: what rounding leaves below it is raised.
    """
    norms = first.square().sum(1, keepdim=True) + second.square().sum(1)
    return torch.addmm(norms, first, second.T, alpha=-2).clamp_(min=0)


def median_squared_distance(first: Tensor, second: Tensor) -> float:
    """Compute the median of |x - y|^2 over all pairs of different points of both samples together.

    It is the median heuristic of Gretton et al. 2012, section 8. Of large samples only the first 256 points
    each count.

    Args:
        first: (N, H).
        second: (M, H).

    Returns:
        The median, through which no gradient flows; 1 where all points are one.
    """
    with torch.no_grad():
        points = torch.cat([first[:POINTS], second[:POINTS]]).float()
        distances = squared_distances(points, points)
        rows, columns = torch.triu_indices(len(points), len(points), 1, device=points.device)
        median = float(distances[rows, columns].median())
    return median if median > 1e-12 else 1.0


def mmd2(
    first: Tensor, second: Tensor, bandwidths: Sequence[float] | None = None, *, biased: bool = False
) -> Tensor:
    """Compute the squared MMD of two samples with the kernel of several bandwidths.

        k(x, y) = 1/U sum_u exp(-|x - y|^2 / b_u)

    Unbiased (Gretton et al. 2012, Eq. 3; it may be below 0), or biased (Eq. 5; it never is):

        unbiased  1/N(N-1) sum_{i != j} k(x_i, x_j) + 1/M(M-1) sum_{i != j} k(y_i, y_j)
                  - 2/NM sum_ij k(x_i, y_j)
        biased    1/N^2 sum_ij k(x_i, x_j) + 1/M^2 sum_ij k(y_i, y_j) - 2/NM sum_ij k(x_i, y_j)

    Args:
        first: (N, H), the points x.
        second: (M, H), the points y.
        bandwidths: b_u; None: 1/4, 1/2, 1, 2 and 4 times the median squared distance.
        biased: Which of the two estimates.

    Returns:
        A scalar in float32.

    Raises:
        DataError: A sample has one point only, the samples are of different width, or a bandwidth is not
            above 0.
    """
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
    """Refuse samples that MMD cannot compare.

    Args:
        first: (N, H).
        second: (M, H).

    Raises:
        DataError: A sample has fewer than two points, or the samples are of different width.
    """
    for sample in (first, second):
        if len(sample) < 2:
            raise DataError(
                f"a sample of {len(sample)} has no two points to compare: MMD needs at least two "
                "of each domain; use a larger batch_size or more data"
            )
    if first.shape[1:] != second.shape[1:]:
        raise DataError(f"samples {first.shape[1]} and {second.shape[1]} wide cannot be compared")


def two_sample_test(first: Tensor, second: Tensor, draws: int = 200, seed: int = 0) -> dict[str, float]:
    """Test whether two samples are from one distribution, by permutation.

    All N + M points are parted anew into N and M at random; the true parting counts as one of these. One
    kernel matrix serves every parting.

    Args:
        first: (N, H).
        second: (M, H).
        draws: The number of random partings.
        seed: Seed of the partings.

    Returns:
        `mmd2`, the biased MMD^2, and `p`, the share of partings whose MMD^2 is as large.

    Raises:
        DataError: A sample has fewer than two points, or the samples are of different width.
    """
    check_samples(first, second)
    points = torch.cat([first, second]).detach().float()
    median = median_squared_distance(first, second)
    kernel = _KernelSum.apply(squared_distances(points, points), [f * median for f in FACTORS])
    kernel = kernel.double() / len(FACTORS)
    signs = torch.cat(
        [torch.full((len(first),), 1 / len(first)), torch.full((len(second),), -1 / len(second))]
    ).double()
    generator = torch.Generator().manual_seed(torch_seed("permutation test", seed))
    orders = [torch.arange(len(points))]
    orders += [torch.randperm(len(points), generator=generator) for _ in range(draws)]
    weights = torch.stack([signs[order] for order in orders]).to(points.device)  # (1 + draws, N + M)
    values = ((weights @ kernel) * weights).sum(1)
    as_large = int((values >= values[0] - 1e-12).sum())  # itself too
    return {"mmd2": float(values[0]), "p": as_large / (draws + 1)}

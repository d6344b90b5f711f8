"""Domain discriminators behind gradient reversal (A3VSE, Eq. 4; Ganin and Lempitsky 2015)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(context, values: Tensor, gamma: float) -> Tensor:  # noqa: ANN001
        context.gamma = gamma
        return values.view_as(values)

    @staticmethod
    def backward(context, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ANN001
        return -context.gamma * gradient, None


def reverse_gradient(values: Tensor, gamma: float) -> Tensor:
    """Pass values on unchanged and multiply their gradient by -gamma (Ganin and Lempitsky 2015).

    Args:
        values: A tensor of any shape.
        gamma: The strength of the reversal.

    Returns:
        The same values.
    """
    return _Reverse.apply(values, gamma)


def reversal_strength(progress: float, eta: float = 10.0) -> float:
    """Compute the strength of gradient reversal during training.

        gamma = 2 / (1 + exp(-eta p)) - 1    (A3VSE, section 4.3)

    Args:
        progress: p, the share of training that is over, in [0, 1].
        eta: How fast the strength grows.

    Returns:
        gamma, from 0 at the start of training to nearly 1 at its end.
    """
    return 2 / (1 + math.exp(-eta * progress)) - 1


class Discriminator(nn.Module):
    """Network D_theta that tells two domains apart (A3VSE, Eq. 4).

    Supplied here: its shape, one hidden layer, which the paper leaves open.

    Args:
        dimensions: The width H of an embedding.
        hidden: The width of the hidden layer.
    """

    def __init__(self, dimensions: int, hidden: int):
        super().__init__()
        first, last = nn.Linear(dimensions, hidden), nn.Linear(hidden, 1)
        self.layers = nn.Sequential(first, nn.ReLU(), last)
        for layer in (first, last):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Judge embeddings (B, H): logits (B,) of the first domain."""
        return self.layers(embeddings).squeeze(-1)


def domain_objective(first: Tensor, second: Tensor) -> Tensor:
    """Compute the objective of a discriminator, which it raises and the encoders lower.

        l^d = 1/|A| sum_i log D(a_i) + 1/|B| sum_j log(1 - D(b_j))    (A3VSE, Eq. 4)

    Args:
        first: (A,) logits of D for a sample of the first domain.
        second: (B,) logits of D for a sample of the second domain.

    Returns:
        l^d, a scalar, at most 0; -2 ln 2 when D cannot tell the domains apart.
    """
    return F.logsigmoid(first).mean() + F.logsigmoid(-second).mean()


def domain_accuracy(first: Tensor, second: Tensor) -> Tensor:
    """Measure how often a discriminator is right, with the same weight for both domains.

    Args:
        first: (A,) logits for a sample of the first domain.
        second: (B,) logits for a sample of the second domain.

    Returns:
        A scalar in [0, 1]; 1/2 is chance.
    """
    return ((first > 0).float().mean() + (second <= 0).float().mean()) / 2


class Discriminators(nn.ModuleDict):
    """Discriminators of several pairs of domains, and their part of an objective (A3VSE, Eq. 5 to 8).

    Args:
        domains: For each discriminator's name the term that it belongs to, its weight, and its first and
            second domain. A discriminator whose weight is 0 is not made.
        dimensions: The width H of an embedding.
        hidden: The width of the hidden layers.
    """

    def __init__(
        self, domains: Mapping[str, tuple[str, float, tuple[str, str]]], dimensions: int, hidden: int
    ):
        made = {name: row for name, row in domains.items() if row[1]}
        super().__init__({name: Discriminator(dimensions, hidden) for name in made})
        self.domains = made

    def align(self, embedded: Mapping[str, Tensor], gamma: float) -> tuple[dict, dict]:
        """Compute the weighted -l^d of each term, behind gradient reversal.

        Args:
            embedded: Embeddings (B, H) by domain. Pairs of which a domain is missing take no part.
            gamma: The strength of the reversal.

        Returns:
            The terms by their names, and each discriminator's accuracy as `accuracy_{name}`.
        """
        reversed_ = {name: reverse_gradient(values, gamma) for name, values in embedded.items()}
        terms: dict[str, Tensor] = {}
        accuracies = {}
        for name, discriminator in self.items():
            group, weight, sides = self.domains[name]
            if not embedded.keys() >= set(sides):
                continue
            logits = [discriminator(reversed_[side]).float() for side in sides]
            term = -weight * domain_objective(*logits)
            terms[group] = terms[group] + term if group in terms else term
            accuracies[f"accuracy_{name}"] = domain_accuracy(*logits).detach()
        return terms, accuracies

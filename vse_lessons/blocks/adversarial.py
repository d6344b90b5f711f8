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
    """The identity on the way forward; multiplies the gradient by -gamma on the way back."""
    return _Reverse.apply(values, gamma)


def reversal_strength(progress: float, eta: float = 10.0) -> float:
    """gamma = 2 / (1 + exp(-eta p)) - 1, from 0 at the start of training (p = 0) to nearly 1 at its
    end (p = 1) (A3VSE, section 4.3)."""
    return 2 / (1 + math.exp(-eta * progress)) - 1


class Discriminator(nn.Module):
    """D_theta: tells two domains apart.  The paper does not give its shape; one hidden layer."""

    def __init__(self, dimensions: int, hidden: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(dimensions, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        for layer in (self.layers[0], self.layers[2]):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, embeddings: Tensor) -> Tensor:
        """(B, H) -> (B,): the logit of D_theta, the probability of the first domain."""
        return self.layers(embeddings).squeeze(-1)


def domain_objective(first: Tensor, second: Tensor) -> Tensor:
    """l^d = 1/|A| sum_i log D(a_i) + 1/|B| sum_j log(1 - D(b_j))  (A3VSE, Eq. 4), from the logits
    of D for samples of two domains, (A,) and (B,).  At most 0; -2 ln 2 when D cannot tell."""
    return F.logsigmoid(first).mean() + F.logsigmoid(-second).mean()


def domain_accuracy(first: Tensor, second: Tensor) -> Tensor:
    """The share of samples that the discriminator puts in their domain, both domains alike."""
    return ((first > 0).float().mean() + (second <= 0).float().mean()) / 2


class Discriminators(nn.ModuleDict):
    """Discriminators of several pairs of domains, and their part of an objective (A3VSE, Eq. 5 to 8)."""

    def __init__(
        self, domains: Mapping[str, tuple[str, float, tuple[str, str]]], dimensions: int, hidden: int
    ):
        """`domains`: for each discriminator's name the term that it belongs to, its weight, and its first and
        second domain; one whose weight is 0 is not made."""
        made = {name: row for name, row in domains.items() if row[1]}
        super().__init__({name: Discriminator(dimensions, hidden) for name in made})
        self.domains = made

    def align(self, embedded: Mapping[str, Tensor], gamma: float) -> tuple[dict, dict]:
        """The weighted -l^d of each term, behind gradient reversal of strength gamma, and each discriminator's
        accuracy, from embeddings (B, H) by domain.  Pairs of which a domain is missing take no part."""
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

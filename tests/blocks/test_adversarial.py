import math

import pytest
import torch

from vse_lessons.blocks.adversarial import (
    Discriminator,
    domain_accuracy,
    domain_objective,
    reversal_strength,
    reverse_gradient,
)


def test_equation_4_against_a_literal_loop():
    discriminator = Discriminator(6, 8)
    a, b = torch.randn(5, 6), torch.randn(3, 6)
    sigmoid = [float(torch.sigmoid(discriminator(x.unsqueeze(0)))) for x in (*a, *b)]
    literal = sum(math.log(d) for d in sigmoid[:5]) / 5 + sum(math.log(1 - d) for d in sigmoid[5:]) / 3
    assert float(domain_objective(discriminator(a), discriminator(b))) == pytest.approx(literal, rel=1e-5)


def test_gradient_reversal_by_finite_differences():
    """Backward through the reversal is -gamma times the true derivative."""
    discriminator = Discriminator(4, 8).double()
    a, b = torch.randn(3, 4).double(), torch.randn(2, 4).double()
    a.requires_grad_()

    def objective(values):
        return domain_objective(discriminator(values), discriminator(b))

    domain_objective(discriminator(reverse_gradient(a, 0.37)), discriminator(b)).backward()
    for i in range(3):
        for j in range(4):
            step = torch.zeros_like(a)
            step[i, j] = 1e-6
            slope = (objective(a + step) - objective(a - step)).item() / 2e-6
            assert a.grad[i, j].item() == pytest.approx(-0.37 * slope, abs=1e-7)


def test_discriminator_learns_while_the_encoder_confuses():
    """One step down the reversed loss: the discriminator gets better, the encoder's domains nearer."""
    discriminator = Discriminator(4, 8)
    encoder = torch.nn.Linear(4, 4)
    x, y = torch.randn(64, 4) + 1, torch.randn(64, 4) - 1

    def objective():
        a, b = reverse_gradient(encoder(x), 1.0), reverse_gradient(encoder(y), 1.0)
        return domain_objective(discriminator(a), discriminator(b))

    before = float(objective())
    (-objective()).backward()
    for parameters, sign in ((discriminator.parameters(), 1), (encoder.parameters(), -1)):
        saved = [p.detach().clone() for p in parameters]
        parameters = list(discriminator.parameters() if sign == 1 else encoder.parameters())
        with torch.no_grad():
            for p in parameters:
                p -= 0.01 * p.grad
        assert sign * (float(objective()) - before) > 0
        with torch.no_grad():
            for p, old in zip(parameters, saved):
                p.copy_(old)


@pytest.mark.parametrize(
    ("progress", "gamma"), [(0, 0), (0.1, 2 / (1 + math.exp(-1)) - 1), (1, 2 / (1 + math.exp(-10)) - 1)]
)
def test_reversal_strength(progress, gamma):
    assert reversal_strength(progress) == pytest.approx(gamma)


def test_accuracy_counts_both_domains_alike():
    assert domain_accuracy(torch.ones(9), torch.ones(1)) == 0.5
    assert domain_accuracy(torch.ones(9), -torch.ones(1)) == 1

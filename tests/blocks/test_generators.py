import math

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from vse_lessons.blocks.generators import (
    SIDE,
    ConditioningAugmentation,
    Generator,
    PictureDiscriminator,
    discriminator_error,
    generator_error,
    kl_to_normal,
    layout_rank,
)


def test_pictures_have_their_size_and_range():
    torch.manual_seed(0)
    pictures = Generator(12, 2)(torch.randn(3, 12))
    assert pictures.shape == (3, 3, SIDE, SIDE)
    assert pictures.abs().max() <= 1


def test_the_discriminator_reads_the_sentence_and_the_whole_is_its_parts():
    torch.manual_seed(0)
    judge = PictureDiscriminator(5, 4, 2).eval()
    x, t = torch.randn(3, 3, SIDE, SIDE), torch.randn(3, 5)
    found = judge(x, t)
    assert found.shape == (3,)
    torch.testing.assert_close(judge.compare(judge.look(x), t), found)
    assert not torch.allclose(judge(x, t + 1), found)


def test_errors_are_their_equations():
    real, wrong, fake = torch.randn(4), torch.randn(3), torch.randn(5)

    def d(logit):
        return 1 / (1 + math.exp(-logit))

    own = -sum(math.log(d(x)) for x in real.tolist()) / 4
    others = [-sum(math.log(1 - d(x)) for x in side.tolist()) / len(side) for side in (wrong, fake)]
    found = float(discriminator_error(real, wrong, fake))
    assert math.isclose(found, own + sum(others) / 2, rel_tol=1e-5)
    expected = -sum(math.log(d(x)) for x in fake.tolist()) / 5
    assert math.isclose(float(generator_error(fake)), expected, rel_tol=1e-5)


def test_kl_is_that_of_normal_distributions():
    mean, log_variance = torch.randn(4, 3), torch.randn(4, 3)
    each = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_to_normal(mean, log_variance), each.mean())
    assert kl_to_normal(torch.zeros(2, 3), torch.zeros(2, 3)) == 0


def test_conditions_are_drawn_in_training_only():
    torch.manual_seed(0)
    augment = ConditioningAugmentation(4, 2)
    t = torch.randn(1, 4).expand(20_000, 4)
    mean, log_variance, drawn = augment(t)
    torch.testing.assert_close(drawn.mean(0), mean[0], atol=0.05, rtol=0)
    torch.testing.assert_close(drawn.std(0), (log_variance[0] / 2).exp(), atol=0.05, rtol=0)
    augment.eval()
    mean, _, drawn = augment(t[:2])
    torch.testing.assert_close(drawn, mean, atol=0, rtol=0)


def test_the_generators_error_reaches_the_sentence():
    torch.manual_seed(0)
    t = torch.randn(3, 5, requires_grad=True)
    _, _, condition = ConditioningAugmentation(5, 4)(t)
    fake = Generator(4, 2)(condition)
    generator_error(PictureDiscriminator(5, 4, 2)(fake, t.detach())).backward()
    assert t.grad.abs().sum() > 0


def test_augmentation_takes_chance_in_training_only():
    augment, t = ConditioningAugmentation(4, 3), torch.randn(2, 4)
    assert [part.shape for part in augment(t)] == [(2, 3)] * 3
    assert not torch.equal(augment(t)[2], augment(t)[2])
    augment.eval()
    state = torch.get_rng_state()
    assert torch.equal(augment(t)[2], augment(t)[2])
    assert torch.equal(torch.get_rng_state(), state)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_kl_is_never_negative(mean, log_variance):
    assert kl_to_normal(torch.tensor([[mean]]), torch.tensor([[log_variance]])) >= -1e-6


def test_errors_of_undecided_and_of_certain_discriminators():
    zero = torch.zeros(3)
    # D = 1/2 everywhere: ln 2 + (ln 2 + ln 2) / 2
    assert math.isclose(float(discriminator_error(zero, zero, zero)), 2 * math.log(2), rel_tol=1e-6)
    assert math.isclose(float(generator_error(zero)), math.log(2), rel_tol=1e-6)
    sure = torch.full((3,), 1e4)
    assert discriminator_error(sure, -sure, -sure) == 0
    # wrong by 10^4 costs as much: 1 and 1/2 of two
    assert math.isclose(float(discriminator_error(-sure, sure, sure)), 2e4, rel_tol=1e-6)
    assert math.isclose(float(generator_error(-sure)), 1e4, rel_tol=1e-6)


def test_the_discriminators_verdict_reaches_picture_and_sentence():
    judge = PictureDiscriminator(5, 4, 2)
    x = torch.randn(2, 3, SIDE, SIDE, requires_grad=True)
    t = torch.randn(2, 5, requires_grad=True)
    judge(x, t).sum().backward()
    assert x.grad.abs().sum() > 0 and t.grad.abs().sum() > 0
    assert all(p.grad is not None for p in judge.parameters())


def test_noise_and_condition_both_change_the_picture():
    generator = Generator(6, 2).eval()
    first = torch.randn(1, 6)
    for place in (0, 5):
        other = first.clone()
        other[0, place] += 3
        assert not torch.allclose(generator(first), generator(other), atol=1e-6)


def test_the_rank_of_a_drawn_picture_is_that_of_its_own_among_all():
    torch.manual_seed(0)
    real = torch.rand(9, 3, SIDE, SIDE) * 0.2 + torch.linspace(-0.8, 0.6, 9)[:, None, None, None]
    assert layout_rank(real, real) == 1
    assert layout_rank(real + 0.02 * torch.randn_like(real), real) == 1  # detail does not matter
    assert layout_rank(real[:1].expand(9, -1, -1, -1), real) == 5  # one picture for all: chance
    same = real[:1].expand(9, -1, -1, -1)
    assert layout_rank(same, same) == 9  # ties count against it
    assert layout_rank(real * torch.nan, real) == 9
    drawn = real[torch.tensor([0, 0, 0, 0, 4, 5, 6, 7, 8])]
    assert layout_rank(drawn, real) == 1  # 1, 2, 3, 4, 1, 1, 1, 1, 1
    drawn = real[torch.tensor([0, 0, 0, 0, 0, 5, 0, 0, 8])]
    assert layout_rank(drawn, real) == 3  # 1, 2, 3, 4, 5, 1, 7, 8, 1
    distances = [
        [float((a - b).view(3, 8, 8, 8, 8).mean((2, 4)).norm()) for b in real] for a in real.roll(3, 0)
    ]
    ranks = sorted(sum(d <= row[n] for d in row) for n, row in enumerate(distances))
    assert layout_rank(real.roll(3, 0), real) == ranks[4]

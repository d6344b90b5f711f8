import math

import pytest
import torch

from vse_lessons.blocks.losses import contrastive_loss, triplet_loss

OWNERS = torch.tensor([3, 8, 3, 5, 1])  # two sentences of image 3


def literal_triplet(s, owners, margin, negatives):
    """Eq. 2 of A3VSE, pair by pair."""
    total = 0.0
    for i in range(len(owners)):
        others = [j for j in range(len(owners)) if owners[j] != owners[i]]
        sentence = [max(0.0, margin - s[i][i] + s[i][j]) for j in others]
        image = [max(0.0, margin - s[i][i] + s[j][i]) for j in others]
        if negatives == "hardest":
            hard_b = max(others, key=lambda j, i=i: s[i][j])
            hard_a = max(others, key=lambda j, i=i: s[j][i])
            total += max(0.0, margin - s[i][i] + s[i][hard_b])
            total += max(0.0, margin - s[i][i] + s[hard_a][i])
        elif negatives == "sum":
            total += sum(sentence) + sum(image)
        else:
            total += sum(sentence) / len(others) + sum(image) / len(others)
    return total / len(owners)


@pytest.mark.parametrize("negatives", ["hardest", "sum", "mean"])
@pytest.mark.parametrize("seed", range(5))
def test_equation_2_against_a_literal_loop(negatives, seed):
    s = torch.randn(5, 5, generator=torch.Generator().manual_seed(seed)).tanh()
    found = triplet_loss(s, OWNERS, 0.2, negatives)
    assert float(found) == pytest.approx(literal_triplet(s.tolist(), OWNERS, 0.2, negatives), abs=1e-5)
    summed = triplet_loss(s, OWNERS, 0.2, negatives, reduction="sum")
    assert float(summed) == pytest.approx(5 * float(found), rel=1e-5)


def test_contrastive_against_a_literal_loop():
    s, tau, total = torch.randn(5, 5), 0.3, 0.0
    for i in range(5):
        kept = [j for j in range(5) if j == i or OWNERS[j] != OWNERS[i]]
        for scores in ([s[i, j] for j in kept], [s[j, i] for j in kept]):
            exponentials = [math.exp(float(value) / tau) for value in scores]
            total -= math.log(math.exp(float(s[i, i]) / tau) / sum(exponentials)) / 10
    assert float(contrastive_loss(s, OWNERS, tau)) == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize(
    "loss",
    [
        lambda s, o: triplet_loss(s, o, 0.2),
        lambda s, o: triplet_loss(s, o, 0.2, "mean"),
        lambda s, o: contrastive_loss(s, o, 0.1),
    ],
)
def test_batch_order_does_not_matter(loss):
    s, order = torch.randn(5, 5), torch.tensor([4, 2, 0, 1, 3])
    torch.testing.assert_close(loss(s[order][:, order], OWNERS[order]), loss(s, OWNERS))


def test_two_sentences_of_one_image_are_not_negatives():
    s = torch.full((2, 2), 0.5)
    assert triplet_loss(s, torch.tensor([7, 7]), 0.2) == 0
    assert triplet_loss(s, torch.tensor([7, 8]), 0.2) == pytest.approx(0.4)


def test_plateau_is_twice_the_margin():
    assert triplet_loss(torch.ones(9, 9), torch.arange(9), 0.2) == pytest.approx(0.4)


def test_unknown_options_are_refused():
    with pytest.raises(ValueError, match="negatives must be one of"):
        triplet_loss(torch.eye(2), torch.arange(2), 0.2, "hard")
    with pytest.raises(ValueError, match="reduction"):
        triplet_loss(torch.eye(2), torch.arange(2), 0.2, reduction="none")

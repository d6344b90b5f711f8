import math

import pytest
import torch

from vse_lessons.blocks.attention import MeanPooling, MultiHeadPooling


def literal(pooling: MultiHeadPooling, entities, count: int):
    """Eq. 1 of A3VSE for one image, entity by entity and head by head."""
    heads = pooling.heads
    p = pooling.context.weight.view(heads, -1, entities.shape[1])
    q = pooling.entity.weight.view(heads, -1, entities.shape[1])
    mean = sum(entities[i] for i in range(count)) / count
    parts = []
    for k in range(heads):
        logits = []
        for i in range(count):
            alpha = 0.0
            left, right = torch.tanh(p[k] @ mean), torch.tanh(q[k] @ entities[i])
            for c in range(len(left)):
                alpha = alpha + left[c] * right[c]
            logits.append(pooling.temperature * alpha)
        total = sum(math.exp(float(value)) for value in logits)
        parts.append(sum(math.exp(float(logits[i])) / total * entities[i] for i in range(count)))
    return torch.cat(parts)


def test_equation_1_against_a_literal_loop():
    pooling = MultiHeadPooling(6, heads=3, context=5, temperature=0.8)
    entities = torch.randn(4, 7, 6)
    counts = [7, 1, 4, 6]
    mask = torch.arange(7) < torch.tensor(counts).unsqueeze(1)
    found = pooling(entities, mask)
    for row, count in enumerate(counts):
        torch.testing.assert_close(found[row], literal(pooling, entities[row], count))


@pytest.mark.parametrize("pooling", [MultiHeadPooling(6, 2, 5), MeanPooling()])
def test_padding_changes_nothing(pooling):
    entities = torch.randn(3, 5, 6)
    mask = torch.ones(3, 5, dtype=torch.bool)
    padded = torch.cat([entities, torch.full((3, 4, 6), 77.0)], 1)
    longer = torch.cat([mask, torch.zeros(3, 4, dtype=torch.bool)], 1)
    torch.testing.assert_close(pooling(padded, longer), pooling(entities, mask))
    assert (pooling.weights(padded, longer)[..., 5:] == 0).all()


@pytest.mark.parametrize("pooling", [MultiHeadPooling(6, 2, 5), MeanPooling()])
def test_weights_are_a_distribution(pooling):
    mask = torch.tensor([[True, True, False], [True, True, True]])
    weights = pooling.weights(torch.randn(2, 3, 6), mask)
    torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:2]))


def test_a_colder_temperature_sharpens():
    entities, mask = torch.randn(1, 9, 6), torch.ones(1, 9, dtype=torch.bool)
    warm = MultiHeadPooling(6, 1, 5, temperature=0.1)
    cold = MultiHeadPooling(6, 1, 5, temperature=10.0)
    cold.load_state_dict(warm.state_dict())
    assert cold.weights(entities, mask).max() > warm.weights(entities, mask).max()

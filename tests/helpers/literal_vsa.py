"""The objective of VSA-AE-MMD as loops: MMD one pair of points at a time, reconstruction one number or one
word at a time."""

import math

import torch


def kernel(x, y, bandwidths):
    """1/U sum_u exp(-|x - y|^2 / b_u)."""
    distance = sum(float(a - b) ** 2 for a, b in zip(x, y))
    return sum(math.exp(-distance / b) for b in bandwidths) / len(bandwidths)


def mmd2(first, second, bandwidths, biased):
    """Eq. 5 (biased) or Eq. 3 (unbiased) of Gretton et al. 2012."""

    def within(sample):
        total, pairs = 0.0, 0
        for i, x in enumerate(sample):
            for j, y in enumerate(sample):
                if biased or i != j:
                    total, pairs = total + kernel(x, y, bandwidths), pairs + 1
        return total / pairs

    across = [kernel(x, y, bandwidths) for x in first for y in second]
    return within(first) + within(second) - 2 * sum(across) / len(across)


def median_squared_distance(first, second):
    """The median over all pairs of different points of both samples."""
    points = [*first, *second]
    distances = sorted(
        sum(float(a - b) ** 2 for a, b in zip(points[i], points[j]))
        for i in range(len(points))
        for j in range(i)
    )
    return distances[(len(distances) - 1) // 2]


def image_error(decoded, wanted):
    """The mean over images and dimensions of the squared error."""
    total = [(float(a) - float(b)) ** 2 for d, w in zip(decoded, wanted) for a, b in zip(d, w)]
    return sum(total) / len(total)


def sentence_error(model, embeddings, rows):
    """-ln P of each word and of the end, one sentence and one step at a time; rows of indices without
    padding."""
    decoder, table = model.text_decoder, model.text_encoder.embedding.weight
    losses = []
    for z, row in zip(embeddings, rows):
        state = torch.tanh(decoder.start.weight @ z + decoder.start.bias)
        before = torch.zeros(table.shape[1])  # nothing comes before the first word
        for word in [*row, 0]:  # 0 ends a sentence
            state = gru_step(decoder.gru, before, state)
            logits = decoder.line.weight @ state + decoder.line.bias
            losses.append(float(torch.logsumexp(logits, 0) - logits[word]))
            before = table[word]
    return sum(losses) / len(losses)


def gru_step(gru, x, h):
    """Cho et al. 2014, as PyTorch orders the gates: reset, update, new."""
    gates_x = (gru.weight_ih_l0 @ x + gru.bias_ih_l0).chunk(3)
    gates_h = (gru.weight_hh_l0 @ h + gru.bias_hh_l0).chunk(3)
    r = torch.sigmoid(gates_x[0] + gates_h[0])
    z = torch.sigmoid(gates_x[1] + gates_h[1])
    n = torch.tanh(gates_x[2] + r * gates_h[2])
    return (1 - z) * n + z * h

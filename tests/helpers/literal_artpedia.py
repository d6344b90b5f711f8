"""Equations 1 to 7 of Artpedia as loops, one image, one sentence and one entity at a time."""

import torch
from torch.nn import functional as F

TEMPERATURE, MARGIN = 6.0, 0.2


def branch(v, e):
    """R_AVG of regions v (k, D) that attend to words e (n, D), both l2-normalised."""
    relevances = []
    for v_i in v:
        s_i = [v_i @ e_j for e_j in e]  # Eq. 1
        total = sum(torch.exp(TEMPERATURE * s_ij) for s_ij in s_i)
        alpha_i = [torch.exp(TEMPERATURE * s_ij) / total for s_ij in s_i]  # Eq. 3
        a_i = sum(alpha_ij * e_j for alpha_ij, e_j in zip(alpha_i, e))  # Eq. 2
        relevances.append(v_i @ a_i / a_i.norm())  # Eq. 4
    return sum(relevances) / len(v)  # Eq. 5


def similarity(v, e):
    """S(I, T): the mean of both branches."""
    v, e = F.normalize(v, dim=-1), F.normalize(e, dim=-1)
    return (branch(v, e) + branch(e, v)) / 2


def similarities(images, sentences):
    """(I, S) of padded sets."""
    rows = [
        [similarity(v[m], e[n]) for e, n in zip(sentences.values, sentences.mask)]
        for v, m in zip(images.values, images.mask)
    ]
    return torch.stack([torch.stack(row) for row in rows])


def intra(visual, contextual):
    """Eq. 6, the mean over pages."""
    return sum(max(0.0, MARGIN - a + b) for a, b in zip(visual, contextual)) / len(visual)


def inter(scores, owners):
    """Eq. 7, the mean over pairs; a negative is of another image."""
    total = 0.0
    for i in range(len(scores)):
        others = [j for j in range(len(scores)) if owners[j] != owners[i]]
        hardest_sentence = max((max(0.0, MARGIN - scores[i][i] + scores[i][j]) for j in others), default=0.0)
        hardest_image = max((max(0.0, MARGIN - scores[i][i] + scores[j][i]) for j in others), default=0.0)
        total += hardest_sentence + hardest_image
    return total / len(scores)

"""From a sentence's embedding to a picture of 64x64 pixels, and a judge of drawn and real pictures.

Pictures are (B, 3, 64, 64), red, green and blue in [-1, 1]. Supplied here: the shapes of both networks, which
are those of DCGAN (Radford et al. 2016), a quarter as wide by default; GXN's slides only name them.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from vse_lessons.common.files import DataError

SIDE = 64  # pixels


class ConditioningAugmentation(nn.Module):
    """Smoothed condition in place of a sentence's embedding t (StackGAN, ICCV 2017, section 3.2).

        c ~ N(mu(t), sigma(t)^2)

    It is smoothed because pictures differ more than sentences do.

    Args:
        dimensions: The width H of an embedding.
        condition: The width C of the condition.
    """

    def __init__(self, dimensions: int, condition: int):
        super().__init__()
        self.layer = nn.Linear(dimensions, 2 * condition)

    def forward(self, embeddings: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Draw c from embeddings (B, H): mu, ln sigma^2 and c, (B, C) each; not in training, c is mu."""
        mean, log_variance = self.layer(embeddings).chunk(2, -1)
        if not self.training:
            return mean, log_variance, mean
        return mean, log_variance, mean + torch.randn_like(mean) * (log_variance / 2).exp()


def kl_to_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Compute the divergence of conditions from a standard normal distribution.

        KL(N(mu, sigma^2) || N(0, 1)) = 1/2 (mu^2 + sigma^2 - 1 - ln sigma^2)

    Args:
        mean: (B, C), mu.
        log_variance: (B, C), ln sigma^2.

    Returns:
        A scalar in nats, the mean over all numbers as in StackGAN's code; its Eq. 2 is C times as large.
    """
    return (mean.square() + log_variance.exp() - 1 - log_variance).mean() / 2


class Generator(nn.Module):
    """Network from condition and noise to a picture.

    It starts with 4x4 cells and doubles them four times by transposed convolutions.

    Args:
        width: The width W of condition and noise together.
        channels: The channels of the last map before the picture.
    """

    def __init__(self, width: int, channels: int):
        super().__init__()
        sizes = [channels * factor for factor in (8, 4, 2, 1)]
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(width, sizes[0], 4, bias=False),
            nn.BatchNorm2d(sizes[0]),
            nn.ReLU(),
        ]
        for before, after in pairwise(sizes):
            layers += [
                nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        layers += [nn.ConvTranspose2d(sizes[-1], 3, 4, 2, 1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        for layer in layers:
            if isinstance(layer, nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, 0.0, 0.02)  # DCGAN's first weights

    def forward(self, condition: Tensor) -> Tensor:
        """Draw pictures (B, 3, 64, 64) from conditions and noise (B, W)."""
        return self.layers(condition[:, :, None, None])


class PictureDiscriminator(nn.Module):
    """Judge of whether a picture is real and shows the content of a sentence.

    It reads the picture's 4x4 cells, each with the sentence's embedding beside it.

    Args:
        dimensions: The width H of a sentence's embedding.
        condition: The width to which the embedding is reduced.
        channels: The channels of the first map.
    """

    def __init__(self, dimensions: int, condition: int, channels: int):
        super().__init__()
        sizes = [3, *(channels * factor for factor in (1, 2, 4, 8))]
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers += [spectral_norm(nn.Conv2d(before, after, 4, 2, 1)), nn.LeakyReLU(0.2)]
        self.look = nn.Sequential(*layers)
        self.read = nn.Linear(dimensions, condition)
        self.judge = nn.Sequential(
            spectral_norm(nn.Conv2d(sizes[-1] + condition, sizes[-1], 1)),
            nn.LeakyReLU(0.2),
            nn.Conv2d(sizes[-1], 1, 4),
        )

    def compare(self, cells: Tensor, embeddings: Tensor) -> Tensor:
        """Judge pictures as `look` encodes them, (B, C, 4, 4), with sentences (B, H): logits (B,)."""
        texts = F.leaky_relu(self.read(embeddings), 0.2)[:, :, None, None].expand(-1, -1, 4, 4)
        return self.judge(torch.cat([cells, texts], 1)).flatten()

    def forward(self, pictures: Tensor, embeddings: Tensor) -> Tensor:
        """Judge pictures (B, 3, 64, 64) with sentences (B, H): logits (B,)."""
        return self.compare(self.look(pictures), embeddings)


def discriminator_error(real: Tensor, mismatched: Tensor, fake: Tensor) -> Tensor:
    """Compute the error of a matching-aware discriminator (Reed et al., ICML 2016, Algorithm 1).

        -mean ln D(x, t) - 1/2 [mean ln(1 - D(x, t')) + mean ln(1 - D(G(t), t))]

    Args:
        real: (B,) logits of real pictures x with their sentences t.
        mismatched: (B',) logits of real pictures with other sentences t'.
        fake: (B,) logits of drawn pictures G(t) with their sentences.

    Returns:
        A scalar.
    """
    wrong = F.logsigmoid(-mismatched).mean() + F.logsigmoid(-fake).mean()
    return -F.logsigmoid(real).mean() - wrong / 2


def discriminator_step(
    judge: PictureDiscriminator, real: Tensor, fake: Tensor, texts: Tensor, owners: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """Compute the discriminator's error on a batch.

    It sees real pictures with their own and with the next pair's sentence, and drawn pictures.

    Args:
        judge: The discriminator.
        real: (B, 3, 64, 64), real pictures.
        fake: (B, 3, 64, 64), drawn pictures.
        texts: (B, H), the sentences' embeddings.
        owners: (B,) the image that each sentence belongs to.

    Returns:
        The error, and the share of `real`, `mismatched` and `fake` pictures that are judged right.

    Raises:
        DataError: All pairs are of one image.
    """
    wrong = owners != owners.roll(1)  # the next sentence is of another image
    if not wrong.any():
        raise DataError("all pairs of a batch are of one image: nothing is mismatched in it")
    seen, imagined = judge.look(torch.cat([real, fake])).split([len(real), len(fake)])
    read = torch.cat([texts, texts.roll(1, 0)[wrong], texts])
    parts = [len(real), int(wrong.sum()), len(fake)]
    logits = judge.compare(torch.cat([seen, seen[wrong], imagined]), read).split(parts)
    right = [(logits[0] > 0).float().mean(), *((one <= 0).float().mean() for one in logits[1:])]
    shares = dict(zip(("real", "mismatched", "fake"), (share.detach() for share in right)))
    return discriminator_error(*logits), shares


def generator_error(fake: Tensor) -> Tensor:
    """Compute the error of the generator, -mean ln D(G(t), t).

    Args:
        fake: (B,) logits of drawn pictures with their sentences.

    Returns:
        A scalar.
    """
    return -F.logsigmoid(fake).mean()


def layout_rank(drawn: Tensor, real: Tensor, cells: int = 8) -> float:
    """Measure how well drawn pictures match the color layout of their real ones.

    All N real pictures are sorted by their distance from a drawn one, each averaged in squares. Ties, and
    what is not a number, count against the drawn picture.

    Args:
        drawn: (N, 3, 64, 64).
        real: (N, 3, 64, 64), in the same order.
        cells: The number of squares along a side.

    Returns:
        The median place of the own picture: 1 is best, (N + 1) / 2 chance.
    """
    ours, theirs = (F.adaptive_avg_pool2d(side, cells).flatten(1) for side in (drawn, real))
    distances = torch.cdist(ours, theirs)
    ranks = (~(distances > distances.diagonal().unsqueeze(1))).sum(1)
    return float(ranks.float().quantile(0.5))

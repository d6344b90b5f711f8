"""From a sentence's embedding to a picture of 64x64 pixels, and what tells drawn pictures from real ones.

Pictures are (B, 3, 64, 64), red, green and blue in [-1, 1].  The shapes of both networks are those of DCGAN
(Radford et al. 2016), a quarter as wide by default: GXN's slides show a generator and a discriminator and no
more of them."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from vse_lessons.common.files import DataError

SIDE = 64  # pixels


class ConditioningAugmentation(nn.Module):
    """c ~ N(mu(t), sigma(t)^2), a smoothed condition in place of the embedding itself (StackGAN, Zhang et
    al., ICCV 2017, section 3.2): pictures differ more than sentences do."""

    def __init__(self, dimensions: int, condition: int):
        super().__init__()
        self.layer = nn.Linear(dimensions, 2 * condition)

    def forward(self, embeddings: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, H) -> mu, ln sigma^2 and a draw c, (B, C) each; not training, c is mu."""
        mean, log_variance = self.layer(embeddings).chunk(2, -1)
        if not self.training:
            return mean, log_variance, mean
        return mean, log_variance, mean + torch.randn_like(mean) * (log_variance / 2).exp()


def kl_to_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mu, sigma^2) || N(0, 1)) = 1/2 (mu^2 + sigma^2 - 1 - ln sigma^2) of each number of (B, C), nats;
    their mean, as StackGAN's code has it (Eq. 2 is its C-fold)."""
    return (mean.square() + log_variance.exp() - 1 - log_variance).mean() / 2


class Generator(nn.Module):
    """Condition and noise to a picture: 4x4 cells, doubled four times by transposed convolutions."""

    def __init__(self, width: int, channels: int):
        """`width`: of condition and noise together; `channels`: of the last map before the picture."""
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
        """(B, W) -> (B, 3, 64, 64)."""
        return self.layers(condition[:, :, None, None])


class PictureDiscriminator(nn.Module):
    """Whether a picture is real and shows what a sentence says: the picture's 4x4 cells, each with the
    sentence's embedding beside it."""

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
        """What `look` made of pictures, (B, C, 4, 4), and sentences (B, H) -> logits (B,)."""
        said = F.leaky_relu(self.read(embeddings), 0.2)[:, :, None, None].expand(-1, -1, 4, 4)
        return self.judge(torch.cat([cells, said], 1)).flatten()

    def forward(self, pictures: Tensor, embeddings: Tensor) -> Tensor:
        """(B, 3, 64, 64), (B, H) -> logits (B,)."""
        return self.compare(self.look(pictures), embeddings)


def discriminator_error(real: Tensor, mismatched: Tensor, fake: Tensor) -> Tensor:
    """-mean ln D(x, t) - 1/2 [mean ln(1 - D(x, t')) + mean ln(1 - D(G(t), t))], from logits of real
    pictures x with their sentences t and with others t', and of drawn ones (Reed et al., ICML 2016,
    Algorithm 1, its matching-aware discriminator)."""
    wrong = F.logsigmoid(-mismatched).mean() + F.logsigmoid(-fake).mean()
    return -F.logsigmoid(real).mean() - wrong / 2


def discriminator_step(
    judge: PictureDiscriminator, real: Tensor, fake: Tensor, texts: Tensor, owners: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """The discriminator's error on real pictures with their own and with the next pair's sentence, and on drawn
    ones; and the share of each kind that it gets right.  real, fake: (B, 3, 64, 64); texts: (B, H); owners: (B,)
    images.  `DataError` if all pairs are of one image."""
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
    """-mean ln D(G(t), t), from logits (B,)."""
    return -F.logsigmoid(fake).mean()


def layout_rank(drawn: Tensor, real: Tensor, cells: int = 8) -> float:
    """How well drawn pictures match the colour layout of their real ones: the median place of the own picture
    when all N real ones are sorted by their distance from the drawn one, each averaged in `cells` x `cells`
    squares.  1 is best, (N + 1) / 2 chance; ties, and what is not a number, count against the drawn picture.
    Both (N, 3, 64, 64)."""
    ours, theirs = (F.adaptive_avg_pool2d(side, cells).flatten(1) for side in (drawn, real))
    distances = torch.cdist(ours, theirs)
    ranks = (~(distances > distances.diagonal().unsqueeze(1))).sum(1)
    return float(ranks.float().quantile(0.5))

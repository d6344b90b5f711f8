"""Names of colours, as people use them: the attributes of detectors that have none of their own."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

GRID = 6  # 7x7 cells, pooled two by two with stride 1, are 6x6 regions
PIXELS = 28  # colours are named on a picture of 28x28: 4x4 pixels a cell

# Basic colour terms (Berlin and Kay, 1969), each by a few typical sRGB values: vivid ones, and the
# muted ones of photographs, where people still say "green" although a pixel is nearly gray.
COLORS = {
    "red": [(205, 35, 40), (145, 25, 30), (160, 85, 80)],
    "orange": [(240, 130, 40), (220, 100, 30)],
    "yellow": [(245, 220, 60), (220, 190, 60), (225, 205, 130)],
    "green": [(60, 150, 60), (40, 75, 40), (130, 170, 80), (100, 115, 80), (65, 75, 55)],
    "blue": [(40, 85, 180), (20, 20, 240), (120, 170, 225), (30, 40, 95), (100, 120, 145)],
    "purple": [(120, 50, 140), (165, 120, 190), (70, 40, 90)],
    "pink": [(245, 155, 180), (230, 80, 140), (215, 165, 165)],
    "brown": [(120, 75, 40), (165, 125, 85), (70, 48, 32), (125, 105, 85), (190, 160, 130)],
    "black": [(15, 15, 15), (45, 45, 45)],
    "white": [(250, 250, 250), (225, 225, 225)],
    "gray": [(170, 170, 170), (128, 128, 128), (90, 90, 90)],
}


TERMS = torch.tensor([term for term, values in enumerate(COLORS.values()) for _ in values])
TYPICAL = torch.tensor([value for values in COLORS.values() for value in values]).float()
SIDE = 64  # a picture is seen at 64x64 when the colours of its boxes are named


def nearest_terms(rgb: Tensor) -> Tensor:
    """Name the nearest basic colour: that of the nearest typical value in CIELAB.

    Args:
        rgb: (..., 3) sRGB values from 0 to 255.

    Returns:
        (...,) rows of `COLORS`.
    """
    pixels = _lab(rgb.float()).flatten(0, -2)
    return TERMS[torch.cdist(pixels, _lab(TYPICAL)).argmin(-1)].reshape(rgb.shape[:-1])


def name_colors(pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Name the colour of each of the 36 regions of pictures.

    Args:
        pixels: (B, 224, 224, 3) uint8.

    Returns:
        Rows of `COLORS` (B, 36) and the share of a region's pixels of that colour (B, 36).
    """
    size = pixels.shape[1] // PIXELS
    small = F.avg_pool2d(pixels.permute(0, 3, 1, 2).float(), size).permute(0, 2, 3, 1)
    votes = F.one_hot(nearest_terms(small), len(COLORS)).float().permute(0, 3, 1, 2)
    cell = PIXELS // 7
    shares = F.avg_pool2d(votes, 2 * cell, stride=cell).flatten(2)  # (B, 11, 36)
    purity, colors = shares.max(1)
    return colors, purity


def name_box_colors(image: Image.Image, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Name the colour of each box of a picture.

    Args:
        image: An RGB picture of any size.
        boxes: (R, 4) x0, y0, x1, y1 as shares of its sides.

    Returns:
        Rows of `COLORS` (R,) int16 and the share of a box's pixels of that colour (R,) float32.
    """
    small = image.resize((SIDE, SIDE), Image.Resampling.BOX)
    terms = nearest_terms(torch.from_numpy(np.array(small))).numpy()  # (64, 64)
    colors = np.empty(len(boxes), np.int16)
    purity = np.empty(len(boxes), np.float32)
    for row, box in enumerate(boxes):
        x0, y0 = np.clip(np.floor(box[:2] * SIDE).astype(int), 0, SIDE - 1)
        x1, y1 = np.clip(np.ceil(box[2:] * SIDE).astype(int), (x0 + 1, y0 + 1), SIDE)
        votes = np.bincount(terms[y0:y1, x0:x1].reshape(-1), minlength=len(COLORS))
        colors[row], purity[row] = votes.argmax(), votes.max() / votes.sum()
    return colors, purity


def _lab(rgb: Tensor) -> Tensor:
    """CIELAB (D65) of sRGB values 0 to 255, in the last dimension (IEC 61966-2-1, CIE 15)."""
    c = rgb / 255
    linear = torch.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = linear @ torch.tensor(to_xyz).mT / torch.tensor([0.9505, 1.0, 1.089])
    d = 6 / 29
    x, y, z = torch.where(xyz > d**3, xyz.clamp(min=1e-9) ** (1 / 3), xyz / (3 * d * d) + 4 / 29).unbind(-1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)

"""Regions of a batch of images, padded: what encoders read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass
class RegionBatch:
    """The regions of B images, padded to the largest number R among them.

    Args:
        features: (B, R, D) float32; zero where padded.
        mask: (B, R) bool; True where there is a region.
        index: (B,) int64, the numbers of the images in the store.
        confidences: (B, R) float32, of each region's class; None where no detector gave any.
        classes: (B, R) int64, indices into the detector's class names.
    """

    features: Tensor
    mask: Tensor
    index: Tensor
    confidences: Tensor | None = None
    classes: Tensor | None = None

    def to(self, device: torch.device | str) -> RegionBatch:
        """Copy the batch to another device."""
        moved: dict[str, Any] = {
            name: None if part is None else part.to(device, non_blocking=True)
            for name, part in vars(self).items()
        }
        return RegionBatch(**moved)

    def surest(self, count: int) -> RegionBatch:
        """Keep at most `count` regions of each image.

        Args:
            count: The largest number of regions of an image.

        Returns:
            The same images with the regions whose class is most confident, or with the first ones where no
            confidence is known.
        """
        if self.mask.shape[1] <= count:
            return self
        if self.confidences is None:
            classes = None if self.classes is None else self.classes[:, :count]
            return RegionBatch(self.features[:, :count], self.mask[:, :count], self.index, classes=classes)
        hidden = self.confidences.masked_fill(~self.mask, -1.0)
        top = hidden.topk(count, dim=1).indices  # (B, count)
        wide = top.unsqueeze(-1).expand(-1, -1, self.features.shape[-1])
        classes = None if self.classes is None else self.classes.gather(1, top)
        return RegionBatch(
            self.features.gather(1, wide),
            self.mask.gather(1, top),
            self.index,
            self.confidences.gather(1, top),
            classes,
        )

    def log_confidences(self) -> Tensor:
        """Compute ln of each region's confidence, (B, R).

        A confidence counts as at least 0.0001; ln is 0 where no detector gave one, and -inf where there is no
        region.
        """
        known = self.confidences
        sure = torch.zeros(()) if known is None else known.float().clamp(min=1e-4).log()
        return sure.to(self.mask.device).expand(self.mask.shape).masked_fill(~self.mask, -torch.inf)

    def mean(self) -> Tensor:
        """Average the regions of each image, (B, D), padding left out."""
        weights = self.mask.to(self.features.dtype).unsqueeze(-1)
        return (self.features * weights).sum(1) / weights.sum(1).clamp(min=1)

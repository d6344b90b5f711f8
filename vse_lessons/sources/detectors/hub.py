"""Checkpoints of the Hugging Face hub as detectors.

Any for object detection, and CLIP-like ones that see the whole picture as one region.

`transformers` (the extra `hub`) is imported when a checkpoint is opened.  Weights are read from safetensors
only, and code that comes with a checkpoint is never run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from vse_lessons.common.files import DataError, digest
from vse_lessons.common.system import install_line
from vse_lessons.data.regions import Detections
from vse_lessons.sources.detectors.colors import COLORS, name_box_colors

OPEN_VOCABULARY = ("owlvit", "owlv2")  # `model_type`s that look for words they are given
NO_LABEL = re.compile(r"(N/A|LABEL_\d+|no[ _-]?object|background)?", re.IGNORECASE)


class HubDetector:
    """An object-detection checkpoint: DETR and what followed it, YOLOS, OWL-ViT or OWLv2.

    - Of the Q queries of a picture the most confident are kept, in order of confidence.
    - A region's feature is the last hidden state of its query, (D,); for OWL-ViT, of its image patch.
    - The attribute is the colour that most of the box has, for no checkpoint names any.

    Args:
        checkpoint: A name at the hub or a local folder.
        classes: What OWL-ViT and OWLv2 look for; all others have classes of their own.
        min_regions: So many queries are kept in any case.
        max_regions: So many are kept at most.
        threshold: The confidence of those beyond `min_regions`.
        device: cpu or cuda.

    Raises:
        DataError: The checkpoint cannot be opened; the message says why and what to do.
    """

    attribute_names = tuple(COLORS)
    tag_names = ()

    def __init__(
        self,
        checkpoint: str,
        *,
        classes: Sequence[str] = (),
        min_regions: int = 10,
        max_regions: int = 36,
        threshold: float = 0.2,
        device: str = "cpu",
    ) -> None:
        config = _config(checkpoint)
        self.open_vocabulary = config.model_type in OPEN_VOCABULARY
        if self.open_vocabulary != bool(classes):
            raise DataError(
                f"{checkpoint} looks for words that it is given: pass classes=[...]"
                if self.open_vocabulary
                else f"{checkpoint} has classes of its own: classes are for OWL-ViT and OWLv2"
            )
        kind = "ZeroShotObjectDetection" if self.open_vocabulary else "ObjectDetection"
        self.model, self.processor = _load(checkpoint, config, f"AutoModelFor{kind}")
        self.model = self.model.to(device)
        self.device = torch.device(device)
        # OWLv2 pads a picture to a square, below and on the right, and places boxes in that
        self.padded = config.model_type == "owlv2"
        labels = {int(number): name for number, name in config.id2label.items()}
        self.class_names = tuple(classes) or tuple(labels[n] for n in range(len(labels)))
        self.known = torch.tensor([not NO_LABEL.fullmatch(name) for name in self.class_names])
        if not self.known.any():  # a checkpoint whose author named nothing
            self.known = torch.ones_like(self.known)
        self.min_regions, self.max_regions, self.threshold = min_regions, max_regions, threshold
        self.name = _safe_name(checkpoint)
        self.version = digest(
            _weights(self.model), *self.class_names, f"{min_regions} {max_regions} {threshold}"
        )
        self.feature_dim = self([Image.new("RGB", (64, 64))])[0].features.shape[1]

    @torch.inference_mode()
    def __call__(self, images: Sequence[Image.Image]) -> list[Detections]:
        """The detections of each of some RGB pictures of any size."""
        found: dict[int, Detections] = {}
        for pixels, numbers in _grouped(self.processor, images):
            with torch.autocast(self.device.type, enabled=self.device.type == "cuda"):
                out = self._forward(pixels.to(self.device))
            confidences, boxes, features = self._queries(out)
            for row, number in enumerate(numbers):
                found[number] = self._keep(images[number], confidences[row], boxes[row], features[row])
        return [found[number] for number in range(len(images))]

    def _forward(self, pixels: Tensor) -> Any:
        """The outputs for pictures (B, 3, height, width)."""
        if not self.open_vocabulary:
            return self.model(pixel_values=pixels)
        # every picture is asked for all words, which the checkpoint was trained to read in such phrases
        texts = [f"a photo of a {name}" for name in self.class_names]
        words = self.processor(
            text=[texts] * len(pixels), return_tensors="pt", padding="max_length", truncation=True
        ).to(self.device)
        return self.model(pixel_values=pixels, **words)

    def _queries(self, out: Any) -> tuple[Tensor, Tensor, Tensor]:
        """Confidences, boxes and features of all queries, on the CPU.

        Confidences of the classes are (B, Q, C), boxes (B, Q, 4) as x0, y0, x1, y1 in shares of what the
        network saw, and features (B, Q, D).
        """
        logits, count = out.logits.float().cpu(), len(self.class_names)
        if logits.shape[-1] == count + 1:  # the last one is "no object"
            confidences = logits.softmax(-1)[..., :-1]
        else:
            confidences = logits[..., :count].sigmoid()
        centre, size = out.pred_boxes.float().cpu().split(2, -1)
        boxes = torch.cat([centre - size / 2, centre + size / 2], -1)
        features = out.image_embeds.flatten(1, 2) if self.open_vocabulary else out.last_hidden_state
        # YOLOS has its detection tokens behind those of the patches
        return (
            confidences.masked_fill(~self.known, -1.0),
            boxes,
            features[:, -boxes.shape[1] :].float().cpu(),
        )

    def _keep(self, image: Image.Image, confidences: Tensor, boxes: Tensor, features: Tensor) -> Detections:
        """The most confident queries of one picture: confidences (Q, C), boxes (Q, 4), features (Q, D)."""
        best, classes = confidences.max(-1)
        order = best.argsort(descending=True, stable=True)[: self.max_regions]
        sure = int((best[order] >= self.threshold).sum())
        order = order[: max(self.min_regions, sure)]
        places = boxes[order].numpy()
        if self.padded:
            longest = max(image.size)
            sides = np.array(image.size * 2, np.float32)  # width, height, width, height
            places = places * longest / sides
        places = places.clip(0, 1).astype(np.float32)
        colors, purity = name_box_colors(image, places)
        return Detections(
            features[order].numpy(),
            places,
            classes[order].numpy().astype(np.int16),
            best[order].clamp(min=0).numpy(),
            colors,
            purity,
        )


class HubEmbedder:
    """CLIP (Radford et al. 2021), SigLIP (Zhai et al. 2023) and their like.

    Their image half is a detector of one region, the whole picture; their text half embeds sentences.

    Args:
        checkpoint: A name at the hub or a local folder.
        device: cpu or cuda.

    Raises:
        DataError: The checkpoint cannot be opened; the message says why and what to do.
    """

    class_names = ("picture",)
    attribute_names: tuple[str, ...] = ()
    tag_names = ()

    def __init__(self, checkpoint: str, device: str = "cpu") -> None:
        config = _config(checkpoint)
        self.model, self.processor = _load(checkpoint, config, "AutoModel")
        if not hasattr(self.model, "get_image_features") or not hasattr(self.model, "get_text_features"):
            raise DataError(
                f"{checkpoint} ({config.model_type}) does not embed pictures and sentences: choose a "
                "checkpoint of CLIP, SigLIP or their like"
            )
        self.model = self.model.to(device)
        self.device = torch.device(device)
        self.longest = config.text_config.max_position_embeddings
        self.name = _safe_name(checkpoint)
        self.version = digest(_weights(self.model))
        self.feature_dim = self([Image.new("RGB", (64, 64))])[0].features.shape[1]

    @torch.inference_mode()
    def __call__(self, images: Sequence[Image.Image]) -> list[Detections]:
        """The embedding of each of some RGB pictures of any size, as one region (1, D)."""
        found: dict[int, Tensor] = {}
        for pixels, numbers in _grouped(self.processor, images):
            with torch.autocast(self.device.type, enabled=self.device.type == "cuda"):
                out = self.model.get_image_features(pixel_values=pixels.to(self.device))
            found.update(zip(numbers, _pooled(out)))
        whole, one = np.array([[0, 0, 1, 1]], np.float32), np.ones(1, np.float32)
        none = np.full(1, -1, np.int16)
        return [
            Detections(found[n][None].numpy(), whole, np.zeros(1, np.int16), one, none, one)
            for n in range(len(images))
        ]

    @torch.inference_mode()
    def encode_sentences(self, sentences: Sequence[str]) -> Tensor:
        """(B, D) of B sentences, each cut at the longest that the checkpoint reads."""
        words = self.processor.tokenizer(
            list(sentences),
            padding="max_length",  # as SigLIP was trained; CLIP masks what is padded
            truncation=True,
            max_length=self.longest,
            return_tensors="pt",
        )
        kept = {key: words[key].to(self.device) for key in ("input_ids", "attention_mask") if key in words}
        return _pooled(self.model.get_text_features(**kept))


def _pooled(out: Any) -> Tensor:
    """(B, D) float32 on the CPU, whether a model gives a tensor or an object with it."""
    return (out if isinstance(out, Tensor) else out.pooler_output).float().cpu()


def _grouped(processor: Callable, images: Sequence[Image.Image]) -> list[tuple[Tensor, list[int]]]:
    """Pixels (B, 3, height, width) of pictures that are as large after processing, and their numbers.

    Nothing is padded, so that a picture's detections do not depend on its neighbours.
    """
    groups: dict[tuple[int, ...], list[tuple[int, Tensor]]] = {}
    for number, image in enumerate(images):
        pixels = processor(images=image, return_tensors="pt")["pixel_values"][0]
        groups.setdefault(tuple(pixels.shape), []).append((number, pixels))
    return [
        (torch.stack([pixels for _, pixels in group]), [number for number, _ in group])
        for group in groups.values()
    ]


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise DataError(f"checkpoints of the hub need one more package: {install_line('hub')}") from error
    return transformers


def _config(checkpoint: str) -> Any:
    """A checkpoint's configuration; `DataError` if it cannot be had."""
    transformers = _transformers()
    try:
        return transformers.AutoConfig.from_pretrained(checkpoint, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{checkpoint} is neither a folder with a checkpoint nor a name that the hub answers to "
            f"({_first_line(error)}); without a network pass a local folder"
        ) from error


def _load(checkpoint: str, config: Any, kind: str) -> tuple[Any, Any]:
    """Model and processor of a checkpoint, ready to be asked; `DataError` says why not."""
    transformers = _transformers()
    try:
        model = getattr(transformers, kind).from_pretrained(
            checkpoint, use_safetensors=True, trust_remote_code=False
        )
        auto = "AutoImageProcessor" if kind == "AutoModelForObjectDetection" else "AutoProcessor"
        processor = getattr(transformers, auto).from_pretrained(checkpoint, trust_remote_code=False)
    except ImportError as error:  # timm, for some of the older DETR checkpoints
        raise DataError(f"{checkpoint} needs one more package ({_first_line(error)})") from error
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{checkpoint} ({config.model_type}) cannot be opened as {kind} with safetensors weights "
            f"({_first_line(error)}); choose another checkpoint"
        ) from error
    return model.eval(), processor


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]


def _safe_name(checkpoint: str) -> str:
    """The last part of a name or folder, as a folder's name."""
    return re.sub(r"[^\w-]+", "-", re.split(r"[/\\]", checkpoint.rstrip("/\\"))[-1]) or "checkpoint"


def _weights(model: nn.Module) -> str:
    """A digest of all weights: a checkpoint's name may come to mean others."""
    total = [f"{name} {tuple(value.shape)}" for name, value in model.state_dict().items()]
    sums = [
        value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes()
        for value in model.state_dict().values()
        if value.numel()
    ]
    return digest(*total, *sums)

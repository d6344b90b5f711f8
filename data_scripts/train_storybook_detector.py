"""Train Storybook's detector and measure it: 10 to 15 minutes on one CPU core.

    python data_scripts/train_storybook_detector.py             # train, save, measure
    python data_scripts/train_storybook_detector.py --measure   # measure the saved weights

Every training picture is new: number i of the photo world `TRAINED_ON_SEED`, sometimes zoomed
in on one thing.  The measurement uses numbers from `HELD_OUT` on, never trained on, as photo,
as art and as fashion.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from vse_lessons.sources.storybook.detector import (
    GRID,
    STRIDE,
    TRAINED_ON_SEED,
    USUAL_SIZE,
    WEIGHTS,
    WIDTH,
    Network,
    StorybookDetector,
    as_pixels,
    overlap,
)
from vse_lessons.sources.storybook.drawing.picture import draw
from vse_lessons.sources.storybook.scene.meaning import (
    BOTTOMS,
    CANVAS,
    COLORS,
    KINDS,
    PATTERNS,
    SETTINGS,
    TOPS,
    Thing,
    sample_scene,
)

HELD_OUT = 10_000_000
NONE = -100  # a label that no loss counts
ACTIONS = (None, *sorted({action for kind in KINDS for action in kind.actions}))
KIND_NUMBER = {kind.name: number for number, kind in enumerate(KINDS)}
# what the features must tell beside the heads of the network: name, number of answers
HIDDEN = {
    "action": len(ACTIONS),
    "size": 2,
    "facing": 2,
    "top": len(TOPS),
    "bottom": len(BOTTOMS),
    "bottom colour": len(COLORS),
    "hat": len(COLORS) + 1,
}


def labels(thing: Thing) -> list[int]:
    """Kind, colour, pattern, then the answers of `HIDDEN`, as numbers."""
    worn = thing.clothes
    dressed = worn is not None
    return [
        KIND_NUMBER[thing.kind],
        COLORS.index(thing.color),
        PATTERNS.index(thing.pattern),
        ACTIONS.index(thing.action),
        int(thing.size == "large"),
        int(thing.facing == "right"),
        TOPS.index(worn.top) if dressed else NONE,
        BOTTOMS.index(worn.bottom) if dressed and worn.bottom else NONE,
        COLORS.index(worn.bottom_color) if dressed and worn.bottom_color else NONE,
        (COLORS.index(worn.hat) + 1 if worn.hat else 0) if dressed else NONE,
    ]


def zoomed(image: Image.Image, boxes: np.ndarray, rng: random.Random):
    """The picture enlarged around one of its things, with the boxes (T, 4) there."""
    x0, y0, x1, y1 = boxes[rng.randrange(len(boxes))]
    side = rng.randint(max(40, int(1.1 * max(x1 - x0, y1 - y0))), 112)
    left = min(CANVAS - side, max(0, rng.randint(int(x1) - side, int(x0))))
    top = min(CANVAS - side, max(0, rng.randint(int(y1) - side, int(y0))))
    view = image.resize((CANVAS, CANVAS), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
    return view, (boxes - [left, top, left, top]) * (CANVAS / side)


def example(index: int):
    """Training picture number `index` with boxes (T, 4) in pixels, labels (T, 10), setting."""
    rng = random.Random(f"detector/{index}")
    scene = sample_scene("photo", TRAINED_ON_SEED, index)
    image = draw(scene)
    boxes = np.array([thing.box for thing in scene.things], dtype=np.float32)
    answers = np.array([labels(thing) for thing in scene.things])
    if rng.random() < 0.3:
        image, moved = zoomed(image, boxes, rng)
        boxes = moved.clip(0, CANVAS)
        seen = (boxes[:, 2:] - boxes[:, :2]).prod(1) / (moved[:, 2:] - moved[:, :2]).prod(1)
        boxes, answers = boxes[seen > 0.6], answers[seen > 0.6]
    return image, boxes, answers, SETTINGS.index(scene.setting)


def targets(boxes: np.ndarray, answers: np.ndarray):
    """Heat (GRID, GRID) that is 1 at the cell of each thing's middle, the boxes (4, GRID, GRID)
    and labels (10, GRID, GRID) of the thing that each cell near a middle belongs to."""
    heat = np.zeros((GRID, GRID), np.float32)
    box_map = np.zeros((4, GRID, GRID), np.float32)
    label_map = np.full((answers.shape[1], GRID, GRID), NONE)
    rows, columns = np.mgrid[:GRID, :GRID] + 0.5
    for number in np.argsort(-(boxes[:, 2:] - boxes[:, :2]).prod(1)):  # small ones last, on top
        (x0, y0, x1, y1), answer = boxes[number] / STRIDE, answers[number]
        dx, dy = (x0 + x1) / 2 - columns, (y0 + y1) / 2 - rows
        sx, sy = max(0.6, (x1 - x0) / 6), max(0.6, (y1 - y0) / 6)
        bump = np.exp(-((dx / sx) ** 2 + (dy / sy) ** 2) / 2)
        near = bump >= min(0.7, bump.max())
        heat = np.maximum(heat, np.where(bump == bump.max(), 1, bump))
        sizes = np.log(np.array([x1 - x0, y1 - y0]) * STRIDE / USUAL_SIZE)
        box_map[:, near] = np.stack([dx[near], dy[near], *np.repeat(sizes[:, None], near.sum(), 1)])
        label_map[:, near] = answer[:, None]
    return heat, box_map, label_map


def batch(numbers: range):
    """Pixels and targets of several training pictures."""
    examples = [example(number) for number in numbers]
    maps = [targets(boxes, answers) for _, boxes, answers, _ in examples]
    heat, boxes, answers = (torch.from_numpy(np.stack(part)) for part in zip(*maps))
    settings = torch.tensor([setting for *_, setting in examples])
    return as_pixels([image for image, *_ in examples]), heat, boxes, answers.long(), settings


def heat_loss(logits: Tensor, heat: Tensor) -> Tensor:
    """The focal loss of "Objects as Points", equation 1, with alpha = 2 and beta = 4."""
    p = logits.sigmoid().clamp(1e-5, 1 - 1e-5)
    peak = heat >= 1
    positive = ((1 - p) ** 2 * p.log())[peak].sum()
    negative = ((1 - heat) ** 4 * p**2 * (1 - p).log())[~peak].sum()
    return -(positive + negative) / peak.sum()


def total_loss(network: Network, hidden_heads: nn.Module, picked) -> Tensor:
    """The sum of all losses of one batch from `batch`."""
    pixels, heat, boxes, answers, settings = picked
    maps = network(pixels)
    near = answers[:, 0] != NONE  # (B, GRID, GRID)
    hidden = hidden_heads(maps.features).split(list(HIDDEN.values()), dim=1)
    outputs = (maps.kinds, maps.colors, maps.patterns, *hidden)
    weights = (1.0, 1.0, 0.5, *[0.3] * len(HIDDEN))
    loss = heat_loss(maps.objectness[:, 0], heat)
    loss = loss + functional.cross_entropy(maps.settings, settings)
    loss = loss + 2 * (maps.boxes - boxes).abs().mean(1)[near].mean()
    for weight, logits, answer in zip(weights, outputs, answers.unbind(1)):
        if (answer != NONE).any():
            loss = loss + weight * functional.cross_entropy(logits, answer, ignore_index=NONE)
    return loss


def train(pictures: int, size: int) -> Network:
    """A network that has seen `pictures` pictures in batches of `size`."""
    torch.manual_seed(0)
    network, hidden_heads = Network(), nn.Conv2d(WIDTH, sum(HIDDEN.values()), 1)
    weights = [*network.parameters(), *hidden_heads.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=2e-3, weight_decay=1e-3)
    steps = pictures // size
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    began, mean = time.time(), 0.0
    for step in range(steps):
        loss = total_loss(network, hidden_heads, batch(range(step * size, (step + 1) * size)))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 5.0)
        optimiser.step()
        schedule.step()
        mean = loss.item() if step == 0 else 0.98 * mean + 0.02 * loss.item()
        if (step + 1) % 50 == 0:
            print(
                f"step {step + 1} of {steps}  loss {mean:.3f}  {time.time() - began:.0f} s",
                flush=True,
            )
    return network


def store(network: Network, path: Path) -> None:
    """Write the weights in float16."""
    state = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    path.write_bytes(save(state))


def measure(domain: str, count: int, confidence: float = 0.3) -> dict[str, float]:
    """The detector on `count` held-out pictures of a domain, in percent.

    `recall` and `precision` at an intersection over union of 0.5, counting regions that are
    `confidence` sure of their kind, whatever the kind; `proposed` is the recall of all regions.
    The accuracies are of the best region on each thing that was found; `attribute` is right if
    it is the thing's colour or its pattern."""
    scenes = [sample_scene(domain, TRAINED_ON_SEED, HELD_OUT + i) for i in range(count)]
    detector = StorybookDetector()
    tallies = {
        name: [] for name in ("recall", "precision", "proposed", "kind", "attribute", "setting", "regions")
    }
    for scene, found in zip(scenes, detector([draw(scene) for scene in scenes])):
        sure = found.class_confidences >= confidence
        used = np.zeros(len(sure), bool)
        for thing in scene.things:
            shares = overlap(np.array(thing.box) / CANVAS, found.boxes)
            tallies["proposed"].append(shares.max() >= 0.5)
            right = np.where((shares >= 0.5) & sure & ~used)[0]
            tallies["recall"].append(len(right) > 0)
            if shares.max() < 0.5:
                continue
            best = right[0] if len(right) else shares.argmax()
            used[best] = True
            attribute = detector.attribute_names[found.attributes[best]]
            tallies["kind"].append(detector.class_names[found.classes[best]] == thing.kind)
            tallies["attribute"].append(attribute in (thing.color, thing.pattern))
        tallies["precision"].extend(used[sure])
        tallies["regions"].append(len(sure) / 100)
        if scene.setting in SETTINGS:
            guess = found.tags[len(KINDS) :].argmax()
            tallies["setting"].append(SETTINGS[guess] == scene.setting)
    return {name: 100 * float(np.mean(values)) for name, values in tallies.items() if values}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--measure", action="store_true", help="do not train")
    parser.add_argument("--pictures", type=int, default=60_000, help="to train on")
    parser.add_argument("--batch", type=int, default=32)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if not arguments.measure:
        store(train(arguments.pictures, arguments.batch), WEIGHTS)
    for domain in ("photo", "art", "fashion"):
        figures = measure(domain, 500)
        print(domain, " ".join(f"{name} {value:.1f}" for name, value in figures.items()))


if __name__ == "__main__":
    main()

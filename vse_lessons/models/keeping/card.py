"""Model card: README.md of a kept model, for the hub and for whoever opens the folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

DIRECTIONS = {"t2i": "sentence → image", "i2t": "image → sentence"}


def escape(text: object) -> str:
    """Escape other people's text for Markdown: on one line, and every mark as it is."""
    flat = " ".join(str(text).split())
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~&$@:])", r"\\\1", flat)


def model_card(description: Mapping[str, Any], results: Any = None, limits: Sequence[str] = ()) -> str:
    """Write the card of a model.

    Args:
        description: as in config.json.
        results: an `Evaluation` or its `as_dict()`; None: the card gives no recalls.
        limits: further sentences about what the model cannot do.

    Returns:
        Markdown with a YAML header.
    """
    name, trained, detector = (description[key] for key in ("model", "trained_on", "detector"))
    corpus = trained.get("corpus") or "a corpus that is not noted"
    variant = description["variant"]
    lines = [
        *_header(name, corpus),
        f"# {escape(name)} on {escape(corpus)}",
        "",
        f"An embedding of images and sentences, trained with vse_lessons "
        f"{escape(description['library_version'])}: {escape(name)}"
        + (f", variant {escape(variant)}." if variant != "full" else "."),
        "It finds images for a sentence and sentences for an image.",
        "All hyper-parameters are in `config.json`.",
        "",
        "## Training",
        "",
        *_training(trained),
        f"- Regions: {escape(detector['name'] or 'any')}, {detector['dimensions']} numbers each.",
        "",
        *_recalls(results),
        "## Limits",
        "",
        *(f"- {line}" for line in (*_own_limits(corpus, detector), *map(escape, limits))),
        "",
        "## Use",
        "",
        "```python",
        "from vse_lessons import load_model",
        "",
        'model = load_model("this folder")',
        'sentences = model.encode_sentences(["a dog runs on the beach"])',
        'images = model.encode_pictures(["my.jpg"], detector)  # the detector named above',
        "print(model.similarity(images, sentences))",
        "```",
    ]
    return "\n".join(lines) + "\n"


def _header(name: str, corpus: str) -> list[str]:
    """The YAML header; strings of JSON are strings of YAML, too."""
    tags = ["visual-semantic-embedding", "image-text-retrieval", name, f"corpus: {corpus}"]
    return ["---", "library_name: vse_lessons", "tags:", *(f"- {json.dumps(tag)}" for tag in tags), "---", ""]


def _training(trained: Mapping[str, Any]) -> list[str]:
    lines = [f"- Corpus: {escape(trained.get('corpus') or 'not noted')}."]
    if "annotated_images" in trained:
        lines.append(
            f"- {trained['annotated_images']:,} annotated images with {trained['sentences']:,} sentences."
        )
    if trained.get("unannotated_images"):
        lines.append(
            f"- {trained['unannotated_images']:,} images without a sentence, with what a detector saw."
        )
    if trained.get("target"):
        lines.append(f"- Target domain, without its pairs: {escape(trained['target'])}.")
    return lines


def _recalls(results: Any) -> list[str]:
    """A table of recalls, in per cent."""
    if results is None:
        return []
    found = results.as_dict() if hasattr(results, "as_dict") else results
    sides = {side: found[side] for side in DIRECTIONS if side in found}
    cuts = list(dict.fromkeys(key for side in sides.values() for key in side))
    split = f" on the split {escape(found['split'])}" if found.get("split") else ""
    head = ["direction", *map(escape, cuts)]
    rows = [[DIRECTIONS[name], *(_number(side.get(cut)) for cut in cuts)] for name, side in sides.items()]
    table = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    total = [f"\nSum of recalls: {_number(found['rsum'])}."] if "rsum" in found else []
    return [f"## Results{split}", "", *table, *total, ""]


def _number(value: Any) -> str:
    return f"{value:.1f}" if isinstance(value, (int, float)) else "–"


def _own_limits(corpus: str, detector: Mapping[str, Any]) -> list[str]:
    limits = [
        f"It has seen pictures and sentences of {escape(corpus)} only.",
        "Words that its vocabulary lacks are one and the same to it.",
        "What its corpus says of people, it repeats.",
    ]
    if detector["name"]:
        limits.insert(0, f"It reads regions of {escape(detector['name'])} only.")
    return limits

"""Files of a kept model: config.json, model.safetensors, lists of words, and a card.

Nothing is pickled.  config.json holds the SHA-256 of every other file that the scores depend on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from vse_lessons.common.files import DataError, atomic_path, digest, read_json

FORMAT, VERSION = "vse_lessons.model", 1
CONFIG, WEIGHTS, CARD = "config.json", "model.safetensors", "README.md"
PARTS = ("model", "variant", "config", "settings", "detector", "trained_on", "library_version", "files")


def detector_of(name: str, dimensions: int) -> dict[str, Any]:
    """Describe a detector: its name with version, the width of its features, and a digest of both."""
    return {"name": name, "dimensions": dimensions, "digest": digest(name, str(dimensions))}


def write_folder(
    folder: Path,
    description: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    words: Mapping[str, Sequence[str]],
    card: str,
) -> Path:
    """Write a model's folder under another name, then rename it.

    Args:
        folder: where to; an older model there is replaced.
        description: for config.json.
        tensors: for model.safetensors.
        words: for each name the words of the file `name`.json.
        card: README.md.

    Returns:
        The folder.

    Raises:
        DataError: the folder holds something else, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())) and not _is_model(folder):
        raise DataError(
            f"{folder} exists and is no model of this library: name a folder that is not there yet"
        )
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        plain = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        save_file(plain, temporary / WEIGHTS, metadata={"format": "pt"})
        for name, of in words.items():
            (temporary / f"{name}.json").write_text(json.dumps(list(of), ensure_ascii=False) + "\n", "utf-8")
        files = {path.name: _sha256(path) for path in sorted(temporary.iterdir())}
        head = {"format": FORMAT, "version": VERSION, "model_type": "vse_lessons"}
        content = json.dumps({**head, **description, "files": files}, indent=1, ensure_ascii=False)
        (temporary / CONFIG).write_text(content + "\n", "utf-8")
        (temporary / CARD).write_text(card, "utf-8")
    return folder


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor], dict[str, tuple[str, ...]]]:
    """Read what `write_folder` wrote.

    Args:
        folder: a model's folder.

    Returns:
        The description, the tensors, and the lists of words by name.

    Raises:
        DataError: names the file that is missing, damaged or not of this library, and what to do.
    """
    if not (folder / CONFIG).is_file():
        raise DataError(
            f"{folder} holds no model: there is no {CONFIG} in it; name the folder that `save` wrote"
        )
    description = read_json(folder / CONFIG)
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise DataError(
            f"{folder / CONFIG} is not of a model of this library: name the folder that `save` wrote"
        )
    if description.get("version") != VERSION:
        raise DataError(
            f"{folder / CONFIG} is of version {description.get('version')} of the format, and this library "
            f"reads version {VERSION}: install vse_lessons {description.get('library_version')}, or train "
            "and save again"
        )
    if missing := [part for part in PARTS if part not in description]:
        raise _damaged(folder / CONFIG, f"it lacks {missing[0]!r}")
    detector = description["detector"]
    if not isinstance(detector, dict) or detector != detector_of(
        str(detector.get("name")), detector.get("dimensions", 0)
    ):
        raise _damaged(folder / CONFIG, "name and digest of the detector do not agree")
    files = description["files"]
    if not isinstance(files, dict) or WEIGHTS not in files or any(Path(name).name != name for name in files):
        raise _damaged(folder / CONFIG, "it does not name the model's files")
    for name, known in files.items():
        if not (folder / name).is_file():
            raise _damaged(folder / name, "it is missing")
        if _sha256(folder / name) != known:
            raise _damaged(folder / name, f"its content is not what {CONFIG} says")
    try:
        tensors = load_file(folder / WEIGHTS)
    except (SafetensorError, OSError) as error:
        raise _damaged(folder / WEIGHTS, str(error)) from error
    lists = [Path(name) for name in files if name.endswith(".json")]
    return description, tensors, {path.stem: _words(folder / path) for path in lists}


def _words(path: Path) -> tuple[str, ...]:
    words = read_json(path)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise _damaged(path, "it is no list of words")
    return tuple(words)


def _is_model(folder: Path) -> bool:
    try:
        description = read_json(folder / CONFIG)
    except DataError:
        return False
    return isinstance(description, dict) and description.get("format") == FORMAT


def _sha256(path: Path) -> str:
    total = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def _damaged(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path} is damaged ({reason}): copy the model's folder again, or train and save it again"
    )

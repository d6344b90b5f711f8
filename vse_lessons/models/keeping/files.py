"""Files of a kept model: config.json, model.safetensors, lists of words, and a card.

Nothing is pickled.  config.json holds the SHA-256 of every other file that the scores depend on, and a
digest of its own content.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from vse_lessons.common.files import DataError, atomic_path, read_json
from vse_lessons.models.keeping.checks import (
    REMEDY,
    check_description,
    check_names,
    check_tensors,
    damaged,
    sealed,
)

FORMAT, VERSION = "vse_lessons.model", 1
CONFIG, WEIGHTS, CARD = "config.json", "model.safetensors", "README.md"


def save_tensors(tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str]) -> None:
    """Write a safetensors file that whoever may read its neighbours may read.

    Args:
        tensors: on any device, by name.
        path: the file.
        metadata: texts for its header.
    """
    path.touch()
    mode = stat.S_IMODE(path.stat().st_mode)  # as the umask has it; safetensors alone writes 0600
    plain = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    save_file(plain, path, metadata=dict(metadata))
    path.chmod(mode)


def write_folder(
    folder: Path,
    description: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    words: Mapping[str, Sequence[str]],
    card: str,
) -> Path:
    """Write a model's folder under another name, then rename it.

    Args:
        folder: where to; the files of an older model there are replaced, all others stay.
        description: for config.json.
        tensors: for model.safetensors.
        words: for each name the words of the file `name`.json.
        card: README.md.

    Returns:
        The folder.

    Raises:
        DataError: the folder holds something else or cannot be written, or a tensor is not finite.
    """
    try:
        check_tensors(tensors)
    except DataError as error:
        raise DataError(f"the model cannot be kept: {error}; train it again in single precision") from error
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())) and not _is_model(folder):
        raise DataError(
            f"{folder} exists and is no model of this library: name a folder that is not there yet"
        )
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        save_tensors(tensors, temporary / WEIGHTS, {"format": "pt"})
        for name, of in words.items():
            (temporary / f"{name}.json").write_text(json.dumps(list(of), ensure_ascii=False) + "\n", "utf-8")
        files = {path.name: _sha256(path) for path in sorted(temporary.iterdir())}
        head = {"format": FORMAT, "version": VERSION, "model_type": "vse_lessons"}
        whole = sealed({**head, **description, "files": files})
        content = json.dumps(whole, indent=1, ensure_ascii=False)
        (temporary / CONFIG).write_text(content + "\n", "utf-8")
        (temporary / CARD).write_text(card, "utf-8")
        _copy_others(folder, temporary)
    return folder


def _copy_others(folder: Path, temporary: Path) -> None:
    """Copy to a new folder what is not the older model's."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    files = read_json(folder / CONFIG).get("files")
    own = {CONFIG, CARD, *(files if isinstance(files, dict) else ())}
    for path in sorted(path for path in folder.iterdir() if path.name not in own):
        if (temporary / path.name).exists():
            raise DataError(f"{path} is not of the model in {folder}: move it, or save to another folder")
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, temporary / path.name, symlinks=True, copy_function=_copy)
        else:
            _copy(path, temporary / path.name)


def _copy(source: str | Path, target: str | Path, *, follow_symlinks: bool = False) -> None:
    """Copy a file, which its owner may then write, so that its bytes can be put on the disk."""
    shutil.copy2(source, target, follow_symlinks=follow_symlinks)
    if not Path(target).is_symlink():
        Path(target).chmod(stat.S_IMODE(Path(target).stat().st_mode) | stat.S_IWUSR)


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
    description = _json(folder / CONFIG)
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise DataError(
            f"{folder / CONFIG} is not of a model of this library: name the folder that `save` wrote"
        )
    if type(description.get("version")) is not int or description["version"] != VERSION:
        raise DataError(
            f"{folder / CONFIG} is of version {description.get('version')} of the format, and this library "
            f"reads version {VERSION}: install vse_lessons {description.get('library_version')}, or train "
            "and save again"
        )
    check_description(description, folder / CONFIG)
    files = description["files"]
    check_names(files, folder / CONFIG, WEIGHTS)
    for name, known in files.items():
        if not (folder / name).is_file():
            raise damaged(folder / name, "it is missing")
        if _sha256(folder / name) != known:
            raise damaged(folder / name, f"its content is not what {CONFIG} says")
    try:
        tensors = load_file(folder / WEIGHTS)
        check_tensors(tensors)
    except (DataError, SafetensorError, OSError) as error:
        raise damaged(folder / WEIGHTS, str(error)) from error
    lists = [Path(name) for name in files if name.endswith(".json")]
    return description, tensors, {path.stem: _words(folder / path) for path in lists}


def _words(path: Path) -> tuple[str, ...]:
    words = _json(path)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise damaged(path, "it is no list of words")
    if len(set(words)) < len(words):
        raise damaged(path, "a word is in it twice")
    if not words and path.stem == "vocabulary":
        raise damaged(path, "it has no word")
    return tuple(words)


def _json(path: Path) -> Any:
    try:
        return read_json(path)
    except DataError as error:
        raise DataError(f"{error}: {REMEDY}") from error


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

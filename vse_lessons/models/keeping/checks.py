"""Checks of what a model's folder holds, before a model is made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import torch
from torch import Tensor

from vse_lessons.common.files import DataError, digest

REMEDY = "copy the model's folder again, or train and save it again"
TYPES = {
    "model": str,
    "variant": str,
    "config": dict,
    "settings": dict,
    "detector": dict,
    "trained_on": dict,
    "library_version": str,
    "files": dict,
}
HEAD = ("format", "version", "model_type", "digest")
LONGEST = 255  # bytes of a file's name, on all systems


def damaged(path: Path, reason: str) -> DataError:
    """Make the error that names a file, what is wrong with it, and what to do."""
    return DataError(f"{path} is damaged ({reason}): {REMEDY}")


def detector_of(name: str, dimensions: int) -> dict[str, Any]:
    """Describe a detector: its name with version, the width of its features, and a digest of both."""
    return {"name": name, "dimensions": dimensions, "digest": digest(name, str(dimensions))}


def sealed(description: Mapping[str, Any]) -> dict[str, Any]:
    """Add the digest of all other fields to a description."""
    others = {name: value for name, value in description.items() if name != "digest"}
    plain = json.loads(json.dumps(others))  # as it is read back: names are strings, tuples are lists
    return {**others, "digest": digest(json.dumps(plain, sort_keys=True))}


def check_description(description: Mapping[str, Any], path: Path) -> None:
    """Refuse a description that is incomplete, changed, or has a field of another type.

    Args:
        description: of a format and version that this library reads. One without a digest is of an older
            folder.
        path: its file.

    Raises:
        DataError: names the file and the field.
    """
    if missing := [part for part in TYPES if part not in description]:
        raise damaged(path, f"it lacks {missing[0]!r}")
    if unknown := [name for name in description if name not in (*TYPES, *HEAD)]:
        raise damaged(path, f"it has an unknown field {unknown[0][:80]!r}")
    for part, kind in TYPES.items():
        if not isinstance(description[part], kind):
            raise damaged(path, f"{part!r} is no {'table' if kind is dict else 'text'}")
    if "digest" in description and sealed(description)["digest"] != description["digest"]:
        raise damaged(path, "its content is not what its digest says")
    detector = description["detector"]
    name, dimensions = detector.get("name"), detector.get("dimensions")
    if not isinstance(name, str) or type(dimensions) is not int or dimensions < 1:
        raise damaged(path, "the detector has no name, or features that are not at least 1 wide")
    if detector != detector_of(name, dimensions):
        raise damaged(path, "name and digest of the detector do not agree")


def check_names(names: Mapping[str, Any], path: Path, needed: str) -> None:
    """Refuse names that are not those of files in the model's own folder, on any system.

    Args:
        names: of the files that a description lists.
        path: the description's file.
        needed: a file that every model has.

    Raises:
        DataError: names the first wrong one.
    """
    if needed not in names:
        raise damaged(path, f"it does not name the model's files: {needed} is not among them")
    for name in names:
        if not _is_plain(name):
            raise damaged(path, f"it does not name the model's files: {name[:80]!r} is no plain file name")


def _is_plain(name: str) -> bool:
    if not name or name in (".", "..") or ":" in name or not name.isprintable():
        return False
    alike = {PurePosixPath(name).name, PureWindowsPath(name).name} == {name}
    return alike and len(name.encode()) <= LONGEST


def check_tensors(tensors: Mapping[str, Tensor]) -> None:
    """Refuse tensors with a value that is no number, or of a type in which no model is kept.

    Args:
        tensors: by name.

    Raises:
        DataError: names the tensor; the caller adds the place and the remedy.
    """
    for name, value in tensors.items():
        if value.dtype not in (torch.float32, torch.float64, torch.int64):
            raise DataError(f"the tensor {name[:80]} is of {value.dtype}, not of torch.float32")
        if not torch.isfinite(value).all():
            raise DataError(f"the tensor {name[:80]} has a value that is not finite")

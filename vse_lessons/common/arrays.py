"""Arrays on disk that need not be what they say: nothing pickled is read, and nothing is allocated before a
file is known to be as long as its header claims.
"""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Container
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def open_array(path: Path) -> np.ndarray:
    """The array in an .npy file, memory-mapped.  `ValueError` says why it cannot be."""
    try:
        with open(path, "rb") as file:
            claimed, found = _claimed(file), os.path.getsize(path) - file.tell()
        if claimed > found:
            raise ValueError(f"it should hold {claimed} bytes, but holds {found}")
        return npy.open_memmap(path, mode="r")
    except Exception as error:  # a header is a Python literal, which raises all sorts of things
        raise ValueError(_reason(error)) from error


def read_arrays(
    path: Path, wanted: Container[str] | None = None, largest: int | None = None
) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by their names: those that are wanted, if there are any of these, or all.
    `ValueError` says why they cannot be read.  `largest` is how many bytes they may be, for a small zip file
    can claim to hold terabytes.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {one.filename.removesuffix(".npy"): one for one in archive.infolist()}
            names = [name for name in members if wanted is not None and name in wanted]
            members = {name: members[name] for name in names or members}
            if largest is not None and sum(one.file_size for one in members.values()) > largest:
                raise ValueError(f"its arrays are larger than {largest >> 20} MB")
            return {name: _member(archive, one) for name, one in members.items()}
    except Exception as error:  # of zip files, too, each damage has its own
        raise ValueError(_reason(error)) from error


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as file:
        claimed = _claimed(file)
        found = member.file_size - file.tell()
    if claimed != found:
        raise ValueError(f"{member.filename} should hold {claimed} bytes, but holds {found}")
    with archive.open(member) as file:
        return npy.read_array(file, allow_pickle=False)


def _claimed(file: IO[bytes]) -> int:
    """How many bytes should follow a header."""
    version = npy.read_magic(file)
    if version not in HEADERS:
        raise ValueError(f"it is of version {version} of NumPy's format")
    shape, _, kind = HEADERS[version](file)
    if kind.hasobject:
        raise ValueError("it holds Python objects, which are not unpickled")
    if min(shape, default=0) < 0:
        raise ValueError(f"it is of shape {shape}")
    return math.prod(shape) * kind.itemsize


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__

"""Arrays in files from others: nothing pickled is read, and whatever is wrong is a `ValueError`."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Container
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def open_array(path: Path) -> np.ndarray:
    """Map the array of an .npy file into memory.

    It is `np.load(path, mmap_mode="r", allow_pickle=False)`, but for files of other formats, which `np.load`
    guesses at.

    Args:
        path: The .npy file.

    Returns:
        The array, memory-mapped for reading.

    Raises:
        ValueError: The file is not there, damaged, shorter than its header says, or holds Python objects.
    """
    try:
        return npy.open_memmap(path, mode="r")
    except Exception as error:  # a header is a Python literal, which raises all sorts of things
        raise ValueError(str(error) or type(error).__name__) from error


def read_arrays(
    path: Path, wanted: Container[str] | None = None, largest: int | None = None
) -> dict[str, np.ndarray]:
    """Read the arrays of an .npz file.

    `np.load` would believe a small zip file that claims to hold terabytes.

    Args:
        path: The .npz file.
        wanted: Names of arrays; if the file holds any of them, the others are not read.
        largest: How many bytes the arrays may take in memory.

    Returns:
        The arrays by their names.

    Raises:
        ValueError: The file is not there, damaged, too large, or holds Python objects.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {one.filename.removesuffix(".npy"): one for one in archive.infolist()}
            names = [name for name in members if wanted is not None and name in wanted] or list(members)
            if largest is not None and sum(members[name].file_size for name in names) > largest:
                raise ValueError(f"its arrays are larger than {largest >> 20} MB")
            return {name: _read(archive, members[name]) for name in names}
    except Exception as error:  # of zip files, too, each damage has its own
        raise ValueError(str(error) or type(error).__name__) from error


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    # `read_array` allocates what a header claims before it reads: hold the header against the size first
    with archive.open(member) as file:
        read_header = HEADERS.get(npy.read_magic(file))
        if read_header is None:
            raise ValueError(f"{member.filename} is of an unknown version of NumPy's format")
        shape, _, kind = read_header(file)
        claimed, stored = math.prod(shape) * kind.itemsize, member.file_size - file.tell()
    if claimed != stored:
        raise ValueError(f"{member.filename} should hold {claimed} bytes, but holds {stored}")
    with archive.open(member) as file:
        return npy.read_array(file, allow_pickle=False)

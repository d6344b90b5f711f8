"""Pictures on disk or drawn, by number, for detectors to extract regions from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from vse_lessons.common.files import DataError


@dataclass(frozen=True)
class Pictures:
    """N pictures that are loaded one at a time.

    Args:
        ids: The ids of the N images.
        load: Loads picture i in RGB; raises `DataError`, with the file's name, where it cannot.
        fingerprint: A text that differs whenever a pixel of any picture does.
    """

    ids: tuple[str, ...]
    load: Callable[[int], Image.Image]
    fingerprint: str


def pictures_from_files(paths: Sequence[Path], ids: Sequence[str]) -> Pictures:
    """Collect pictures from files.

    Args:
        paths: N files.
        ids: The ids of the N images.

    Returns:
        The pictures, with a fingerprint of every byte of the files. A missing file is an error only when its
        picture is loaded.
    """
    total = hashlib.sha256()
    for path in map(Path, paths):
        try:
            total.update(str(path.stat().st_size).encode())
            with open(path, "rb") as file:
                while block := file.read(1 << 20):
                    total.update(block)
        except (OSError, ValueError):  # ValueError: no name that a file can have
            total.update(b"missing")
    return Pictures(tuple(ids), lambda i: _load(Path(paths[i])), total.hexdigest())


def _load(path: Path) -> Image.Image:
    """Decode the whole picture, so that a truncated file is noticed here and not in a batch."""
    if "\0" in str(path):
        raise DataError(f"{str(path)!r} is no name that a file can have: name a picture file")
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist; restore the picture") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{path} is not a picture; replace the file") from error
    # Pillow reports broken pictures with whatever its decoders raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} is damaged ({error}); replace the file") from error

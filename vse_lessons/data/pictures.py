"""Pictures on disk or drawn, by number: what regions are extracted from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from vse_lessons.common.files import DataError


@dataclass(frozen=True)
class Pictures:
    """The pictures to extract regions from."""

    ids: tuple[str, ...]
    load: Callable[[int], Image.Image]  # picture i in RGB; `DataError` names a bad file
    fingerprint: str  # differs whenever a pixel of any picture does


def pictures_from_files(paths: Sequence[Path], ids: Sequence[str]) -> Pictures:
    """The pictures in some files.  The fingerprint covers every byte of theirs; a missing file is
    no error before it is loaded."""
    total = hashlib.sha256()
    for path in map(Path, paths):
        try:
            total.update(str(path.stat().st_size).encode())
            with open(path, "rb") as file:
                while block := file.read(1 << 20):
                    total.update(block)
        except OSError:
            total.update(b"missing")
    return Pictures(tuple(ids), lambda i: _load(Path(paths[i])), total.hexdigest())


def _load(path: Path) -> Image.Image:
    """Decodes the whole picture: a truncated file is found here, not in the middle of a batch."""
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

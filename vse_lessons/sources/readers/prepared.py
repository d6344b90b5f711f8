"""A corpus that `vse-lessons prepare --to FOLDER` has written.

corpus.json      sentences, splits and the folder of the regions
pictures.json    where the pictures are, one path an image; not there where there are none
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vse_lessons.common.errors import DataError
from vse_lessons.common.files import read_json, write_json
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.pictures import Pictures, pictures_from_files

CORPUS, PICTURES = "corpus.json", "pictures.json"


def write(folder: Path, corpus: Corpus, pictures: Sequence[Path] | None) -> None:
    """Write a corpus; regions and pictures stay where they are.

    Args:
        folder: Where to write it.
        corpus: The corpus.
        pictures: The absolute path of each image's picture; None: there are none.
    """
    if pictures is not None:
        write_json(folder / PICTURES, [str(path) for path in pictures])
    else:
        (folder / PICTURES).unlink(missing_ok=True)  # of another corpus
    corpus.save(folder / CORPUS, Path(corpus.regions.source).resolve())


def read(
    folder: Path, *, name: str = "prepared", pictures: bool = True, on_bad: str = "error"
) -> tuple[Corpus, Pictures | None]:
    """Read a corpus that `write` has written.

    Args:
        folder: Where it lies.
        name: Not used: it keeps the name that it was prepared with.
        pictures: Not used: the pictures are read when they are asked for.
        on_bad: Not used: whatever is wrong is an error.

    Returns:
        The corpus and its pictures, where there are pictures.

    Raises:
        DataError: It is not there or damaged.
    """
    if not (folder / CORPUS).is_file():
        raise DataError(f"{folder} has no {CORPUS}: run vse-lessons prepare with --to this folder")
    corpus = Corpus.load(folder / CORPUS)
    if not (folder / PICTURES).is_file():
        return corpus, None
    paths = read_json(folder / PICTURES)
    named = isinstance(paths, list) and all(isinstance(path, str) for path in paths)
    if not named or len(paths) != len(corpus.image_ids):
        raise DataError(
            f"{folder / PICTURES} does not name {len(corpus.image_ids)} pictures: prepare it again"
        )
    return corpus, pictures_from_files([Path(path) for path in paths], corpus.image_ids)

"""Flickr8k and Flickr30K as people have them: a caption file, a folder of pictures, split lists.

captions.txt               image,caption         (CSV with a header; the common release)
results.csv                image_name| comment_number| comment
Flickr8k.token.txt         name.jpg#0<TAB>caption
Images/ images/ ...        name.jpg
Flickr_8k.trainImages.txt  one name a line, with or without .jpg; also train.txt and so on
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from vse_lessons.common.files import DataError
from vse_lessons.sources.paths import inside
from vse_lessons.sources.readers import karpathy
from vse_lessons.sources.readers.listing import (
    PICTURES,
    Listing,
    Problems,
    find_first,
    text_lines,
)

CAPTIONS = ("captions.txt", "results.csv", "Flickr8k.token.txt", "results_20130124.token")
FOLDERS = ("Images", "images", "Flicker8k_Dataset", "flickr30k_images", "flickr30k-images")
LISTS = {
    "train": ("Flickr_8k.trainImages.txt", "flickr30k_train.txt", "train.txt"),
    "val": ("Flickr_8k.devImages.txt", "flickr30k_val.txt", "val.txt", "dev.txt"),
    "test": ("Flickr_8k.testImages.txt", "flickr30k_test.txt", "test.txt"),
}
# results.csv has one row without its second separator: "2199200615.jpg| 4   A dog runs across the grass ."
LOST_SEPARATOR = re.compile(r"([^|]+)\|\s*(\d+)\s+([^|\s][^|]*)$")
# in Flickr8k's own token file; there is no such picture
NO_PICTURE = ("2258277193_586949ec62.jpg.1",)


def read(folder: Path, *, name: str | None = None, pictures: bool = True, on_bad: str = "error") -> Listing:
    """Read Flickr8k or Flickr30K with Karpathy's list, if it is there, or with caption file and split lists.

    Args:
        folder: Where the corpus lies.
        name: What it is called; None: after its folder.
        pictures: Whether the pictures must be there.
        on_bad: "error" or "skip", as in `read_lists`.

    Returns:
        Its pictures and sentences.

    Raises:
        DataError: It cannot be read.
    """
    if name and karpathy.has_list(folder, name):
        return karpathy.read(folder, name=name, pictures=pictures, on_bad=on_bad)
    return read_lists(folder, name=name, pictures=pictures, on_bad=on_bad)


def read_lists(
    folder: Path, *, name: str | None = None, pictures: bool = True, on_bad: str = "error"
) -> Listing:
    """Read caption file and split lists, not the pictures.

    Pictures come in the order of the split lists, those in no list after them as "unused".  A picture may
    have no sentence (`listing.unannotated`).  An empty split list and a picture in two splits are errors in
    any case.

    Args:
        folder: Where the corpus lies.
        name: What it is called; None: as its folder.
        pictures: Whether the pictures' files must be there; False: they are those that the caption file
            names.
        on_bad: "error" stops at an unreadable row, an empty caption, a sentence without its picture, a
            missing file or a name listed twice; "skip" leaves those out and lists them in `listing.skipped`.

    Returns:
        Its pictures and sentences.

    Raises:
        DataError: Bad input; the message names file and line.
    """
    folder = Path(folder)
    problems = Problems(on_bad)
    captions = find_first(folder, CAPTIONS, "caption file")
    rows = list(_read_captions(captions, problems))
    if pictures:
        source = find_first(folder, FOLDERS, "folder of pictures", is_folder=True)
        files = {path.name: path for path in sorted(source.iterdir()) if path.suffix.lower() in PICTURES}
        if not files:
            raise DataError(f"{source} holds no picture ({', '.join(sorted(PICTURES))})")
    else:
        source = captions
        place = next((folder / one for one in FOLDERS if (folder / one).is_dir()), folder)
        named = {image: inside(place, image) for _, image, _ in rows if image not in NO_PICTURE}
        files = {image: path for image, path in named.items() if path is not None}

    split_of = _read_lists(folder, files, source, problems)
    ids = [*split_of, *(image for image in files if image not in split_of)]
    number = {image: i for i, image in enumerate(ids)}
    sentences, image_of = [], []
    for where, image, caption in rows:
        if image in number:
            sentences.append(caption)
            image_of.append(number[image])
        elif image in NO_PICTURE:
            problems.note(where, f"{image} was never published")
        else:
            problems.report(
                where, f"the sentence's picture {image} is not in {source}", "restore the picture"
            )
    return Listing(
        name or folder.resolve().name,
        tuple(ids),
        tuple(files[image] for image in ids),
        tuple(sentences),
        np.asarray(image_of, np.int64),
        np.asarray([split_of.get(image, "unused") for image in ids]),
        skipped=problems.left_out,
    )


def _read_lists(folder: Path, files: dict[str, Path], source: Path, problems: Problems) -> dict[str, str]:
    """From a picture's name to its split, in the order of the lists."""
    by_stem = {Path(name).stem: name for name in files}
    split_of: dict[str, str] = {}
    lists = {
        split: next((folder / name for name in names if (folder / name).is_file()), None)
        for split, names in LISTS.items()
    }
    if not any(lists.values()):
        raise DataError(
            f"{folder} has no split list, so nothing says which pictures are for training: add "
            f"{LISTS['train'][0]} or train.txt, and so on, with one name a line"
        )
    for split, path in lists.items():
        if path is None:
            continue
        before = len(split_of)
        for line, text in text_lines(path):
            listed, where = text.strip(), f"{path}, line {line}"
            if not listed:
                continue
            image = listed if listed in files else by_stem.get(listed)
            if image is None:
                problems.report(where, f"{listed} is not in {source}", "restore the picture")
            elif split_of.get(image, split) != split:
                raise DataError(
                    f"{where}: {listed} is already in the split {split_of[image]!r}; a picture "
                    "must be in one split only, or training sees what it is tested on"
                )
            elif image in split_of:
                problems.report(where, f"{listed} is listed twice", "remove the line")
            else:
                split_of[image] = split
        if len(split_of) == before:
            raise DataError(f"{path} lists no picture; fill it, or remove it if there is no {split}")
    return split_of


def _read_captions(path: Path, problems: Problems) -> Iterator[tuple[str, str, str]]:
    """Place, picture and caption of every good row, whichever way the file is written."""
    parse: Callable[[str], tuple[str, str]] = _token_row
    lines = text_lines(path)
    header = next(lines, (1, ""))[1]
    if "#" in header.split("\t")[0] and "\t" in header:
        lines = text_lines(path)
    else:
        parse = _csv_row(path, header)
    rows = 0
    for line, text in lines:
        where = f"{path}, line {line}"
        try:
            image, caption = parse(text)
        except (ValueError, csv.Error):
            problems.report(where, f"unreadable row {text[:60]!r}", "mend or remove the line")
            continue
        if not caption:
            problems.report(where, f"{image} has an empty caption", "fill or remove the line")
            continue
        rows += 1
        yield where, image, caption
    if not rows:
        raise DataError(f"{path} holds no caption; restore the file")


def _token_row(text: str) -> tuple[str, str]:
    key, caption = text.split("\t")
    image, number = key.rsplit("#", 1)
    int(number)
    return image, caption.strip()


def _csv_row(path: Path, header: str) -> Callable[[str], tuple[str, str]]:
    """A parser of rows below this header.

    Commas in a caption that stands last need no quotes, for not every release has them.
    """
    separator = "|" if "|" in header else ","
    columns = [column.strip().lower() for column in header.split(separator)]
    images = [i for i, column in enumerate(columns) if column in ("image", "image_name")]
    if not images or columns[-1] not in ("caption", "comment"):
        raise DataError(
            f"{path}, line 1: {header[:60]!r} is not the header 'image,caption' and not a row "
            "'name.jpg#0<TAB>caption'"
        )

    def parse(text: str) -> tuple[str, str]:
        values = text.split(separator, len(columns) - 1)
        if lost := separator == "|" and LOST_SEPARATOR.match(text):
            values = list(lost.groups())
        if len(values) < len(columns) or not values[images[0]].strip():
            raise ValueError("too few columns")
        caption = values[-1].strip()
        if caption.startswith('"'):
            (caption,) = next(csv.reader([caption], strict=True))
        return values[images[0]].strip(), caption.strip()

    return parse

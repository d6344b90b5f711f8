"""Regions of bottom-up attention (Anderson et al. 2018) as TSV files, in both public field orders.

image_id, image_w, image_h, num_boxes, boxes, features                          the authors' own
img_id, img_h, img_w, objects_id, objects_conf, attrs_id, attrs_conf,
    num_boxes, boxes, features                                                  LXMERT's (Tan and Bansal 2019)

Arrays are base64, little end first: boxes (R, 4) float32 in pixels, features (R, D) float32, ids (R,) int64,
confidences (R,) float32.  R may differ from image to image (10 to 100, or always 36).  Text cannot be
memory-mapped, so that a TSV is read once, in a stream, into a region store.

objects_vocab.txt, attributes_vocab.txt    beside the TSV: the names of classes and attributes, one a line
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from vse_lessons.common.files import DataError, digest
from vse_lessons.data.region_writer import check_detections, write_store
from vse_lessons.data.regions import Detections, RegionStore
from vse_lessons.sources.readers.captions_csv import is_table
from vse_lessons.sources.readers.listing import Problems, text_lines


def decode_plainly(text: bytes, validate: bool) -> bytearray:
    """base64 to bytes that may be written to, for PyTorch converts no others."""
    return bytearray(b64decode(text, validate=validate))


try:  # several times as fast
    from pybase64 import b64decode_as_bytearray as decode
except ImportError:
    decode = decode_plainly  # type: ignore[assignment]

OURS = ("image_id", "image_w", "image_h", "num_boxes", "boxes", "features")
LXMERT = (
    "img_id",
    "img_h",
    "img_w",
    "objects_id",
    "objects_conf",
    "attrs_id",
    "attrs_conf",
    "num_boxes",
    "boxes",
    "features",
)
OBJECTS, ATTRIBUTES = "objects_vocab.txt", "attributes_vocab.txt"
NAME = "bottom-up"
FILE = re.compile(r".+\.tsv(\.\d+)?", re.ASCII)
NUMBER, ID = np.dtype("<f4"), np.dtype("<i8")
MOST = 1000  # regions of one image; more is a damaged number
BUFFER = 1 << 20  # bytes read at a time: a line has some hundred thousand
LONGEST = 1 << 26  # bytes of a line; 100 regions of 2,048 numbers take 1.1 MB


def find_files(folder: Path) -> list[Path]:
    """The TSV files of a folder, also those in parts (.tsv.0, .tsv.1, ...), but no table of captions."""
    found = (path for path in Path(folder).glob("*.tsv*") if FILE.fullmatch(path.name))
    return sorted(path for path in found if path.is_file() and not is_table(path))


def read(files: Sequence[Path], folder: Path, *, on_bad: str = "error", progress: bool = True) -> RegionStore:
    """Read the regions of all images in some TSV files into a store.

    They are converted once, and opened from there if the files have not changed since.

    Args:
        files: TSV files, all of one field order.
        folder: Where the store is kept.
        on_bad: "error" stops at a row with too few fields or in the other order, numbers that are none,
            base64 that is damaged or not as long as its region count says, features that are not finite or
            not as wide as before, boxes that end before they begin or leave the picture by more than a pixel,
            ids without a name, and an image that occurs twice; "skip" leaves such images out and lists them
            in `store.skipped`.
        progress: Whether to show a progress bar.

    Returns:
        The store.

    Raises:
        DataError: Bad input; the message names file and line.  Also for ids of classes without the file of
            their names, and where no row is left.
    """
    files = [Path(path) for path in files]
    if not files:
        raise DataError("there is no TSV file to read")
    try:
        stats = [path.stat() for path in files]
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read ({error.strerror})") from error
    known = (str((path.resolve(), s.st_size, s.st_mtime_ns)) for path, s in zip(files, stats))
    names = [_names(files[0].parent / one) for one in (OBJECTS, ATTRIBUTES)]
    target = Path(folder) / f"{NAME}-{digest(on_bad, str(names), *known)}"
    if target.exists():
        return RegionStore.open(target)
    problems = Problems(on_bad)
    ids: list[str] = []
    with tqdm(total=sum(s.st_size for s in stats), unit="B", unit_scale=True, disable=not progress) as bar:
        rows = (row for path in files for row in _rows(path, problems, names, bar))
        return write_store(
            target,
            ids,
            _gather(rows, ids, problems),
            detector=NAME,
            class_names=names[0],
            attribute_names=names[1],
            skipped=problems.left_out,
        )


def _gather(
    rows: Iterator[tuple[str, str, Detections]], ids: list[str], problems: Problems
) -> Iterator[list[Detections]]:
    """Detections one by one, their ids beside them.

    An image that comes again is reported, and one whose regions do not suit the first one's.
    """
    seen, first = set(), None
    for where, image, found in rows:
        first = found if first is None else first
        if image in seen:
            problems.report(where, f"image {image} occurs a second time", "remove the line")
            problems.left_out[-1]["id"] = ""  # its first occurrence is kept
            continue
        try:
            check_detections(image, found, first.features.shape[1])
            if (found.classes is None) != (first.classes is None):
                raise DataError("its fields are in the other order than those of the first line")
        except DataError as error:
            problems.report(where, str(error), "fetch the file again, or remove the line")
            problems.left_out[-1]["id"] = image
            continue
        seen.add(image)
        ids.append(image)
        yield [found]
    if not ids:
        raise DataError(
            "no line of the TSV files holds regions"
            + "".join(f"; {one['where']}: {one['reason']}" for one in problems.left_out[:1])
        )


def _names(path: Path) -> list[str]:
    """Names, one a line; of synonyms ("tv,television") the first.  None without the file."""
    if not path.is_file():
        return []
    return [text.split(",")[0].strip() for _, text in text_lines(path)]


def _rows(
    path: Path, problems: Problems, names: list[list[str]], bar: tqdm
) -> Iterator[tuple[str, str, Detections]]:
    """Place, image and detections of every good row of one file."""
    with open(path, "rb", BUFFER) as file:
        number = 0
        while line := file.readline(LONGEST):
            number += 1
            bar.update(len(line))
            where = f"{path}, line {number}"
            fields = line.rstrip(b"\r\n").split(b"\t")
            while len(line) == LONGEST and not line.endswith(b"\n"):  # what is left of it
                line, fields = file.readline(LONGEST), []
            if fields == [b""]:
                continue
            if number == 1 and fields and fields[0] in (b"image_id", b"img_id"):
                _check_header(where, fields)
                continue
            image = fields[0].decode("utf-8", "replace")[:200] if fields else ""
            try:
                yield where, image, _detections(fields, names)
            except DataError as error:
                raise DataError(f"{where}: {error}") from error
            except ValueError as error:  # also of base64 and of NumPy
                problems.report(where, str(error), "fetch the file again, or remove the line")
                problems.left_out[-1]["id"] = image


def _check_header(where: str, fields: list[bytes]) -> None:
    if tuple(field.decode("utf-8", "replace") for field in fields) not in (OURS, LXMERT):
        raise DataError(
            f"{where}: the fields are in another order than {', '.join(OURS)} or "
            f"{', '.join(LXMERT)}; write them in one of these"
        )


def _detections(fields: list[bytes], names: list[list[str]]) -> Detections:
    """A row's regions; `ValueError` says what is wrong with it."""
    if not fields:
        raise ValueError(f"it is longer than {LONGEST >> 20} MB")
    if len(fields) not in (len(OURS), len(LXMERT)):
        raise ValueError(f"{len(fields)} fields, not {len(OURS)} or {len(LXMERT)}")
    if not fields[0]:
        raise ValueError("it names no image")
    row = dict(zip(OURS if len(fields) == len(OURS) else LXMERT, fields))
    width, height = (_number(row, key) for key in _sides(row))
    count = _number(row, "num_boxes")
    if count > MOST:
        raise ValueError(f"num_boxes is {count}")
    features = _array(row, "features", NUMBER, count)
    boxes = _array(row, "boxes", NUMBER, count)
    if boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise ValueError("boxes are not four finite numbers each")
    if (boxes[:, 2:] < boxes[:, :2]).any():
        raise ValueError("a box ends before it begins: boxes are x0, y0, x1, y1")
    sides = np.array([width, height, width, height], np.float32)
    if boxes.min() < -1 or (boxes > sides + 1).any():
        raise ValueError(f"a box lies outside the picture of {width} x {height} pixels")
    found = Detections(features, (boxes / sides).clip(0, 1))
    if len(fields) == len(LXMERT):
        found.classes, found.class_confidences = _predictions(row, "objects", count, names[0])
        found.attributes, found.attribute_confidences = _predictions(row, "attrs", count, names[1])
    return found


def _sides(row: dict[str, bytes]) -> tuple[str, str]:
    return ("image_w", "image_h") if "image_w" in row else ("img_w", "img_h")


def _number(row: dict[str, bytes], key: str) -> int:
    if not row[key].isdigit() or len(row[key]) > 9 or int(row[key]) < 1:
        raise ValueError(f"{key} is {row[key][:20]!r}, not a number from 1 on")
    return int(row[key])


def _array(row: dict[str, bytes], key: str, kind: np.dtype, count: int) -> np.ndarray:
    """(count, n) of a base64 field."""
    try:
        content = decode(row[key], validate=True)
    except ValueError as error:
        raise ValueError(f"the base64 of {key} is damaged ({error})") from error
    size = kind.itemsize * count
    if not content or len(content) % size:
        raise ValueError(f"{key} holds {len(content)} bytes, which are not {count} regions")
    return np.frombuffer(content, kind).reshape(count, -1)


def _predictions(
    row: dict[str, bytes], what: str, count: int, names: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Ids (R,) int16 and confidences (R,) of objects or attributes."""
    ids = _array(row, f"{what}_id", ID, count)
    sure = _array(row, f"{what}_conf", NUMBER, count)
    if ids.shape[1] != 1 or sure.shape[1] != 1:
        raise ValueError(f"{what} are not one id and one confidence for each of {count} regions")
    if not names:
        vocabulary = OBJECTS if what == "objects" else ATTRIBUTES
        raise DataError(
            f"the TSV holds ids of {what}, but {vocabulary} is not beside it: get it from "
            "data/genome/1600-400-20 of peteanderson80/bottom-up-attention"
        )
    if not 0 <= ids.min() <= ids.max() < len(names):
        raise ValueError(f"{what}_id leads from {ids.min()} to {ids.max()}, but {len(names)} are named")
    if not (sure >= 0).all() or not (sure <= 1.001).all():
        raise ValueError(f"{what}_conf is not between 0 and 1")
    return ids[:, 0].astype(np.int16), sure[:, 0]

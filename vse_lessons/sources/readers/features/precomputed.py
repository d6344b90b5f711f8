"""Region features as SCAN and VSE++ distribute them.

train_ims.npy, train_caps.txt    and the same for dev and test; or testall, MS-COCO's 5,000 test images, of
which
                                 test holds the first thousand

`read` copies nothing: the arrays stay on disk, memory-mapped.  `convert` writes them once more in half
precision, half as large, after which the originals are not needed any more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from vse_lessons.common.arrays import open_array
from vse_lessons.common.files import DataError, atomic_path
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.region_writer import write_store
from vse_lessons.data.regions import Detections, RegionStore, StackedRows
from vse_lessons.sources.readers.listing import Problems, text_lines

SPLITS = {
    "train": "train",
    "dev": "val",
    "testall": "test",
    "test": "test",
}  # from files' names to ours
SENTENCES = 5  # of each image
LOOKS = 9  # at as many images, whether their rows are one repeated
BLOCK = 64  # images that are converted at a time: 19 MB of 36 regions of 2,048 numbers
CORPUS, STORE = "corpus.json", "regions"  # what a converted corpus consists of


@dataclass(frozen=True)
class Part:
    """The files of one split."""

    split: str  # as the files call it
    path: Path
    features: np.ndarray  # (n, R, D), memory-mapped
    repeated: int  # rows that an image takes; only the first is used
    sentences: list[str]
    image_of: np.ndarray  # (s,) the image of each sentence, from 0

    @property
    def rows(self) -> np.ndarray:
        """The first row of each image."""
        return np.arange(0, len(self.features), self.repeated)


def read(folder: Path, *, on_bad: str = "error", name: str | None = None) -> Corpus:
    """Read the corpus of all splits in a folder.

    `*_ims.npy` holds (n, R, D) or (n, D) numbers, float32 or float16; `*_caps.txt` a caption a line.  With
    five captions a row, the rows are the images.  With as many captions as rows, the rows are images that are
    each repeated five times (of which the first row is used) or, if they differ, images with one caption
    each.

    Args:
        folder: Where the arrays lie.
        on_bad: "error" stops at an empty caption and at one that is a printed bytes object of Python ("b'A
            dog'"); "skip" leaves the first out, decodes the second, and lists both in
            `corpus.regions.skipped`.
        name: What the corpus is called; None: as its folder.

    Returns:
        The corpus; its features are memory-mapped.

    Raises:
        DataError: Bad input; the message names the file and what is wrong.
    """
    folder, problems = Path(folder), Problems(on_bad)
    parts = _parts(folder, problems)
    for part in parts:  # the first and the last row; the others are checked when a batch reads them
        for row in (0, len(part.features) - 1):
            if not np.isfinite(part.features[row]).all() and on_bad == "error":
                raise DataError(f"{part.path}: row {row} holds NaN or infinity; extract it again")
    flat = [part.features.reshape(-1, part.features.shape[-1]) for part in parts]
    starts: list[np.ndarray] = []
    counts: list[np.ndarray] = []
    image_of: list[np.ndarray] = []
    for number, part in enumerate(parts):
        regions = part.features.shape[1]
        image_of.append(sum(map(len, starts)) + part.image_of)
        starts.append(sum(map(len, flat[:number])) + part.rows * regions)
        counts.append(np.full(len(part.rows), regions))
    store = RegionStore(
        tuple(f"{part.split}-{i:06d}" for part in parts for i in range(len(part.rows))),
        flat[0] if len(flat) == 1 else StackedRows(flat),
        np.concatenate(starts),
        np.concatenate(counts),
        detector="precomputed",
        source=str(folder),
        skipped=problems.left_out,
    )
    splits = np.repeat([SPLITS[part.split] for part in parts], [len(part.rows) for part in parts])
    sentences = tuple(sentence for part in parts for sentence in part.sentences)
    return Corpus(name or folder.resolve().name, store, sentences, np.concatenate(image_of), splits)


def read_by_folder(folder: Path, *, name: str, pictures: bool = True, on_bad: str = "error") -> Corpus:
    """Read a corpus as all readers do, named after its folder: `name` says only that it is precomputed."""
    return read(folder, on_bad=on_bad)


def convert(
    folder: Path,
    target: Path,
    *,
    on_bad: str = "error",
    name: str | None = None,
    progress: bool = True,
) -> Corpus:
    """Write a corpus once more, as `corpus.json` and a region store in half precision.

    Each array is read once from one end to the other, 64 images at a time.

    Args:
        folder: Where the arrays lie.
        target: The folder to write, which must not be there.
        on_bad: Beside what `read` says, "error" stops at a row with NaN, infinity or a number beyond half
            precision (65,504); "skip" leaves such images out with their sentences and lists them in
            `corpus.regions.skipped`.
        name: What the corpus is called; None: as its folder.
        progress: Whether to show a progress bar.

    Returns:
        The corpus as it was written.

    Raises:
        DataError: Bad input; the message names file and row.
    """
    folder, target = Path(folder), Path(target)
    if target.exists():
        raise DataError(f"{target} is there already; delete it, or choose another folder")
    whole, problems = read(folder, on_bad=on_bad, name=name), Problems(on_bad)
    problems.left_out.extend(whole.regions.skipped)
    ids: list[str] = []
    with atomic_path(target) as temporary:
        temporary.mkdir()
        rows = _stream(_parts(folder, Problems("skip")), ids, problems, progress)
        store = write_store(
            temporary / STORE,
            ids,
            rows,
            detector="precomputed",
            class_names=(),
            attribute_names=(),
            skipped=problems.left_out,
        )
        row_of = {image: row for row, image in enumerate(ids)}
        new = np.asarray([row_of.get(image, -1) for image in whole.image_ids])
        said = np.flatnonzero(new[whole.image_of] >= 0)
        kept = Corpus(
            whole.name,
            store,
            tuple(whole.sentences[i] for i in said),
            new[whole.image_of[said]],
            whole.splits[new >= 0],
        )
        kept.save(temporary / CORPUS, Path(STORE))
    return Corpus.load(target / CORPUS)


def _stream(
    parts: list[Part], ids: list[str], problems: Problems, progress: bool
) -> Iterator[list[Detections]]:
    """The features of all images, some at a time.

    Files are read, not mapped, so that no more than that is ever in memory.
    """
    total = sum(len(part.features) for part in parts)
    with tqdm(total=total, unit="row", disable=not progress) as bar:
        for part in parts:
            _, regions, width = part.features.shape
            with open(part.path, "rb") as file:
                assert isinstance(part.features, np.memmap)
                file.seek(part.features.offset)
                for start in range(0, len(part.features), BLOCK):
                    rows = min(BLOCK, len(part.features) - start)
                    block = np.fromfile(file, part.features.dtype, rows * regions * width)
                    bar.update(rows)
                    found = []
                    for row, features in enumerate(block.reshape(rows, regions, width), start):
                        if row % part.repeated:
                            continue
                        image = f"{part.split}-{row // part.repeated:06d}"
                        if -65504 <= features.min() <= features.max() <= 65504:  # false for NaN
                            ids.append(image)
                            found.append(Detections(features))
                        else:
                            problems.report(
                                f"{part.path}: row {row}", "NaN, infinity or beyond 65504", "extract it again"
                            )
                            problems.left_out[-1]["id"] = image
                    yield found


def _parts(folder: Path, problems: Problems) -> list[Part]:
    """The splits in a folder, each checked; the features of all must be equally wide."""
    found = [split for split in SPLITS if (folder / f"{split}_ims.npy").is_file()]
    if "testall" in found and "test" in found:
        found.remove("test")
    if not found:
        wanted = ", ".join(f"{split}_ims.npy" for split in SPLITS)
        raise DataError(f"{folder} has no region features: one of {wanted}")
    parts: list[Part] = []
    for split in found:
        path = folder / f"{split}_ims.npy"
        features = _open(path)
        width = features.shape[-1]
        if parts and width != parts[0].features.shape[-1]:
            raise DataError(
                f"{path}: features {width} wide, but those of {found[0]} are "
                f"{parts[0].features.shape[-1]} wide; all splits must come from one detector"
            )
        lines, captions = _read_captions(folder / f"{split}_caps.txt", problems)
        each, repeated = _layout(path, features, lines)
        image_of = np.asarray([line // each for line in captions], np.int64)
        parts.append(Part(split, path, features, repeated, list(captions.values()), image_of))
    return parts


def _open(path: Path) -> np.ndarray:
    """(n, R, D), memory-mapped; its rows are not looked at."""
    try:
        features = open_array(path)
    except ValueError as error:
        raise DataError(f"{path} is damaged or not an .npy file ({error}); copy it again") from error
    if features.ndim == 2:
        features = features[:, None]
    if features.ndim != 3 or not all(features.shape):
        raise DataError(
            f"{path} has shape {features.shape}, not (images, regions, dimensions) or (images, dimensions)"
        )
    if features.dtype not in (np.float16, np.float32) or not features.flags.c_contiguous:
        raise DataError(
            f"{path} holds {features.dtype} numbers, perhaps in Fortran order; save it again with "
            "np.save(path, np.ascontiguousarray(features, np.float32))"
        )
    return features


def _layout(path: Path, features: np.ndarray, captions: int) -> tuple[int, int]:
    """How many captions an image has, and how many rows."""
    rows = len(features)
    if captions == SENTENCES * rows:
        return SENTENCES, 1
    if captions == rows:
        return (SENTENCES, SENTENCES) if _repeated(features) else (1, 1)
    raise DataError(
        f"{path} has {rows} rows for {captions} captions; there must be as many, or {SENTENCES} "
        "captions a row: one of the two files is cut short or from another split"
    )


def _repeated(features: np.ndarray) -> bool:
    """Whether each image takes five rows, by a look at some; not all need agree, for one may be damaged."""
    images, rest = divmod(len(features), SENTENCES)
    if rest:
        return False
    looks = np.unique(np.linspace(0, images - 1, LOOKS).astype(int)) * SENTENCES
    alike = [(features[row : row + SENTENCES] == features[row]).all() for row in looks]
    return 2 * sum(alike) >= len(alike)


def _read_captions(path: Path, problems: Problems) -> tuple[int, dict[int, str]]:
    """How many lines there are, and the caption of every good one, by its number from 0."""
    captions: dict[int, str] = {}
    try:
        lines = list(text_lines(path))
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); it holds the captions") from error
    for number, line in lines:
        where = f"{path}, line {number}"
        if not line.strip():
            problems.report(
                where,
                "it is empty",
                "a line is a caption, and removing one would shift all that follow, so restore its text",
            )
            continue
        if re.match(r"""\s*b(['"]).*\1\s*$""", line):
            problems.report(
                where,
                f"{line[:40]!r} is a printed bytes object of Python",
                "write the captions again as text, with caption.decode()",
            )
            line = " ".join(_decoded(line.strip()).split())
            if not line:
                continue
        captions[number - 1] = line.strip()
    return len(lines), captions


def _decoded(printed: str) -> str:
    """What a printed bytes object says; the text as it is where it is none after all."""
    try:
        return ast.literal_eval(printed).decode()
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return printed

"""Artpedia as it is published (Stefanini et al. 2019): one JSON file, and a folder of pictures.

artpedia.json    id -> {title, img_url, year, visual_sentences, contextual_sentences, split}
images/          a picture an id: 7386.jpg, or by the name that its address ends in

The JSON holds addresses at Wikimedia, no pictures: `vse-lessons prepare artpedia` fetches them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import numpy as np

from vse_lessons.common.files import DataError, read_json
from vse_lessons.sources.readers.listing import Listing, Problems

JSON = "artpedia.json"
FOLDERS = ("images", "Images")
PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif")
SPLITS = {"train": "train", "val": "val", "validation": "val", "test": "test"}
# Table 2: paintings, visual and contextual sentences of each split
PUBLISHED = {"train": (2252, 7109, 14822), "val": (339, 1036, 2134), "test": (339, 1028, 2083)}


@dataclass(frozen=True)
class Page:
    """A record of artpedia.json."""

    id: str
    title: str
    url: str
    year: int | None
    visual: tuple[str, ...]
    contextual: tuple[str, ...]
    split: str


@dataclass(frozen=True)
class Pages:
    """The whole file, in its order."""

    pages: tuple[Page, ...]
    skipped: list[dict[str, str]] = field(default_factory=list)  # what was left out, and why

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """Paintings, visual and contextual sentences of each split, as in Table 2."""
        counts = {split: (0, 0, 0) for split in PUBLISHED}
        for page in self.pages:
            pages, visual, contextual = counts[page.split]
            counts[page.split] = (pages + 1, visual + len(page.visual), contextual + len(page.contextual))
        return counts

    def lacking(self) -> dict[str, int]:
        """How many pages have no visual and how many no contextual sentence."""
        return {
            "visual": sum(not page.visual for page in self.pages),
            "contextual": sum(not page.contextual for page in self.pages),
        }


def read_pages(path: Path, *, on_bad: str = "error") -> Pages:
    """Read artpedia.json, or a file in its form.

    A page may lack one kind of sentence, or both.

    Args:
        path: The file.
        on_bad: "error" stops at the first record that is not as it should be (an empty sentence, an unknown
            split, a missing field); "skip" leaves out the sentence or the record and lists it in `.skipped`.

    Returns:
        The pages, in the order of the file.

    Raises:
        DataError: Bad input; the message names file and record.
    """
    path = Path(path)
    problems = Problems(on_bad)
    content = read_json(path)
    if not isinstance(content, dict):
        raise DataError(
            f"{path} holds a {type(content).__name__}; artpedia.json is an object, a record for each id"
        )
    pages = [
        page for key, record in content.items() if (page := _page(key, record, path, problems)) is not None
    ]
    if not pages:
        raise DataError(f"{path} holds no page")
    return Pages(tuple(pages), problems.left_out)


def _page(key: str, record: object, path: Path, problems: Problems) -> Page | None:
    where = f"{path}, record {key!r}"
    if not isinstance(record, dict):
        problems.report(where, f"it is a {type(record).__name__}, not an object", "remove it")
        return None
    split = record.get("split")
    if not isinstance(split, str) or split not in SPLITS:
        problems.report(where, f"unknown split {split!r}", f"write one of {', '.join(SPLITS)}")
        return None
    title, url, year = record.get("title"), record.get("img_url", ""), record.get("year")
    if not isinstance(title, str) or not isinstance(url, str):
        problems.report(where, "title and img_url must be text", "correct the record")
        return None
    if year is not None and (isinstance(year, bool) or not isinstance(year, int)):
        problems.report(where, f"the year is {year!r}", "write a whole number or null")
        year = None
    kinds = {}
    for kind in ("visual_sentences", "contextual_sentences"):
        listed = record.get(kind, [])
        if not isinstance(listed, list):
            problems.report(where, f"{kind} is a {type(listed).__name__}", "write a list of sentences")
            listed = []
        kinds[kind] = tuple(_sentences(listed, f"{where}, {kind}", problems))
    return Page(
        key,
        title,
        url,
        year,
        kinds["visual_sentences"],
        kinds["contextual_sentences"],
        SPLITS[split],
    )


def _sentences(listed: list, where: str, problems: Problems) -> list[str]:
    """Sentences on one line each: the file has line breaks in the middle of some."""
    kept = []
    for number, sentence in enumerate(listed):
        if isinstance(sentence, str) and sentence.strip():
            kept.append(" ".join(sentence.split()))
        else:
            problems.report(f"{where} {number}", "the sentence is empty or no text", "remove it")
    return kept


def file_name(page: Page) -> str:
    """The name under which a page's picture is kept: its id and the ending of its address."""
    ending = PurePosixPath(urlsplit(page.url).path).suffix.lower()
    safe = re.sub(r"[^\w-]", "_", page.id)
    return safe + (ending if ending in PICTURES else ".jpg")


def read(folder: Path, *, name: str = "artpedia", pictures: bool = True, on_bad: str = "error") -> Listing:
    """Read artpedia.json and look for the pictures in images/, by id or by the name in the address.

    Pages without visual or without contextual sentences are kept.

    Args:
        folder: Where the corpus lies.
        name: What it is called; None: as its folder.
        pictures: Not used: the files of the pictures say what there is, so they must be there in any case.
        on_bad: "error" stops at a page without its picture, and at what `read_pages` stops at; "skip" leaves
            those out and lists them in `listing.skipped`.

    Returns:
        Its pictures and sentences.

    Raises:
        DataError: Bad input; the message names file and record.
    """
    folder = Path(folder)
    if not (folder / JSON).is_file():
        raise DataError(f"{folder} has no {JSON}; it is published at aimagelab.ing.unimore.it/artpedia")
    read_in = read_pages(folder / JSON, on_bad=on_bad)
    below = next((folder / n for n in FOLDERS if (folder / n).is_dir()), None)
    if below is None:
        raise DataError(
            f"{folder} has no folder {FOLDERS[0]} of pictures: run vse-lessons prepare artpedia {folder}"
        )
    files = {path.name: path for path in sorted(below.iterdir()) if path.suffix.lower() in PICTURES}
    stems = {path.stem: path for path in files.values()}
    problems = Problems(on_bad, list(read_in.skipped))
    kept: list[tuple[Page, Path]] = []
    for page in read_in.pages:
        address = unquote(PurePosixPath(urlsplit(page.url).path).name)
        path = files.get(file_name(page)) or stems.get(page.id) or files.get(address)
        if path is None:
            problems.report(
                f"{folder / JSON}, record {page.id!r}",
                f"its picture {file_name(page)} is not in {below}",
                "fetch it with vse-lessons prepare artpedia",
            )
        else:
            kept.append((page, path))
    if not kept:
        raise DataError(f"{below} holds no picture of {folder / JSON}")
    return _listing(kept, name, problems.left_out)


def _listing(kept: Sequence[tuple[Page, Path]], name: str, skipped: list[dict[str, str]]) -> Listing:
    rows = [
        (text, number, kind)
        for number, (page, _) in enumerate(kept)
        for kind, texts in (("visual", page.visual), ("contextual", page.contextual))
        for text in texts
    ]
    texts, owners, kinds = zip(*rows) if rows else ((), (), ())
    return Listing(
        name,
        tuple(page.id for page, _ in kept),
        tuple(path for _, path in kept),
        tuple(texts),
        np.asarray(owners, np.int64),
        np.asarray([page.split for page, _ in kept]),
        np.asarray(kinds, dtype="<U10"),
        skipped=skipped,
    )


def compare_with_table_2(found: dict[str, tuple[int, int, int]]) -> list[tuple[str, str, int, int]]:
    """Rows (split, what, found, published) of Table 2, for people to read."""
    parts = ("paintings", "visual sentences", "contextual sentences")
    return [
        (split, part, found[split][place], PUBLISHED[split][place])
        for split in PUBLISHED
        for place, part in enumerate(parts)
    ]

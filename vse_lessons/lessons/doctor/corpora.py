"""What a corpus on disk holds, read without extracting a region."""

from __future__ import annotations

import io
import os
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from vse_lessons.data.corpus import Corpus
from vse_lessons.lessons.doctor.findings import Finding
from vse_lessons.sources.catalogue import SOURCES, has_features, read_source
from vse_lessons.sources.readers.listing import Listing


def read_corpus(name: str, folder: Path) -> Listing | Corpus:
    """Read a corpus as far as it can be read before any region is extracted.

    That is a listing, or a corpus where the regions are part of it.
    """
    with redirect_stdout(io.StringIO()):  # what is left out is counted here, not printed
        content = read_source(name, folder)
    return content[0] if isinstance(content, tuple) else content  # a corpus with its pictures


def check_corpus(
    name: str, corpus_dir: str | None, photos: list[Finding]
) -> tuple[dict[str, Any], list[Finding]]:
    """Read a corpus on disk but for its pictures.

    Args:
        name: of the corpus.
        corpus_dir: the folder that it is in.
        photos: findings about the detector of photographs, which are passed on if it will be needed.

    Returns:
        Facts about the corpus, and findings; the reader's own message if it cannot be read.
    """
    facts: dict[str, Any] = {"name": name, "folder": corpus_dir or ""}
    if name not in SOURCES:
        known = ", ".join(SOURCES)
        return facts, [Finding("corpus", f"unknown corpus {name!r}", f"use one of {known}")]
    if SOURCES[name].built_in:
        return facts | {"folder": "built in: it needs nothing on disk"}, []
    folder = Path(os.path.expanduser(corpus_dir or ""))
    if not corpus_dir or not os.path.isdir(folder):
        what = f"{folder} is not a folder" if corpus_dir else f"{name} is not built in"
        return facts, [Finding("corpus", what, "pass --corpus-dir, the folder it is in")]
    try:
        found = read_corpus(name, folder)
        extracted = isinstance(found, Corpus) or has_features(folder)
    except Exception as error:  # other people's files: the message is what was asked for
        remedy = f"mend what the message names; the README says what the folder of {name} holds"
        return facts, [Finding("corpus", str(error), remedy)]
    skipped = found.regions.skipped if isinstance(found, Corpus) else found.skipped
    facts |= {
        "images": len(found.splits),
        "sentences": len(found.sentences),
        "splits": dict(Counter(found.splits.tolist())),
        "skipped": len(skipped),
    }
    return facts, [] if extracted else photos

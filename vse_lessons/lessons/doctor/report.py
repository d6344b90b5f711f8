"""The doctor's report as text that any console shows."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

WIDTH = 100  # columns of text


def lines(report: Mapping[str, Any]) -> list[str]:
    """Write the report as text.

    Args:
        report: the result of `examine`.

    Returns:
        Lines of at most `WIDTH` columns.
    """
    machine, extras = report["machine"], report["extras"]
    rows: list[tuple[object, ...]] = [
        (name, ", ".join(f"{package} {version}" for package, version in extra["installed"].items()))
        for name, extra in extras.items()
        if name != "library"
    ]
    lacks: list[tuple[object, ...]] = [
        (f"{name} lacks", f"{', '.join(extra['missing'])}; remedy: {extra['findings'][0].remedy}")
        for name, extra in extras.items()
        if extra["missing"]
    ]
    out = ["Versions", *_table(report["versions"].items()), "", "Extras", *_table(rows + lacks)]
    if machine:
        rows = [
            (key.replace("_", " ").replace("mb", "MB"), "unknown" if value is None else value)
            for key, value in machine.items()
        ]
        out += ["", "Machine", *_table(rows)]
        rows = [("corpus", "state", "images", "regions", "MB", "detector", "folder")]
        rows += [
            (s.corpus, s.state, s.images, s.regions, s.mb, s.detector, Path(s.path).name)
            for s in report["stores"]
        ]
        out += ["", f"Corpora in {machine['home']}"[:WIDTH], *_table(rows)]
    if report["corpus"]:
        out += ["", "Corpus on disk", *_table(report["corpus"].items())]
    rows = [(row["notebook"], row["state"], row["says"]) for row in report["lessons"]]
    out += ["", "Lessons", *_table(rows), "", "Findings"]
    for finding in report["findings"]:
        out += _table([("-", finding.what), (" ", f"remedy: {finding.remedy}")])
    return out if report["findings"] else [*out, "  none"]


def _table(rows: Iterable[Sequence[object]]) -> list[str]:
    """Set rows in columns; what does not fit goes on below its last cell."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [min(max(map(len, column)), 30) for column in list(zip(*cells))[:-1]]
    out = []
    for *first, last in cells:
        head = "".join(f"{cell:<{width}}  " for cell, width in zip(first, widths))
        out += textwrap.wrap(
            f"  {head}{last}", WIDTH, subsequent_indent=" " * min(len(head) + 2, 30), break_on_hyphens=False
        )
    return out


PLAIN = str.maketrans(
    {"→": "->", "×": "x", "±": "+-", "–": "-", "…": "...", "✓": "ok", "✗": "no", "“": '"', "”": '"', "’": "'"}
)


def printable(text: str, encoding: str | None) -> str:
    """Replace what an encoding cannot show: a sign by its ASCII form, any other character by its escape.

    Args:
        text: the text.
        encoding: of the console, or of the file that output is redirected to; None: UTF-8.

    Returns:
        Text that can be encoded.
    """
    encoding = encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    return text

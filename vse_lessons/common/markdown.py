"""Prints tables as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(header: Sequence[object], lines: Iterable[Sequence[object]]) -> str:
    """Print a table.

    Args:
        header: The titles of the columns.
        lines: The cells of each line, as many as the header has. They are text, not Markdown's table syntax
            or HTML: `|`, `<` and ends of lines are escaped.

    Returns:
        The Markdown, without an end of the last line.
    """
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(_escape(cell) for cell in row) + " |" for row in rows)


def _escape(cell: object) -> str:
    """Write a cell on one line, so that nothing in it ends the cell or begins HTML."""
    return " ".join(str(cell).splitlines()).replace("|", "\\|").replace("<", "&lt;")

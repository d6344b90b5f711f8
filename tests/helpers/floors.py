"""The floors of the library, read from its imports, and the drawing of them in docs/architecture.md.

python tests/helpers/floors.py        writes the drawing again (also: make architecture)
"""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "vse_lessons"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = (
    "<!-- drawn from the imports: python tests/helpers/floors.py -->\n",
    "<!-- end of the drawing -->\n",
)

# Lowest first.  A file imports from its own folder, from the folders inside it and from lower floors; where a
# folder lies says on which floor it is.
FLOORS = (
    "common",
    "data",
    "blocks",
    "sources",
    "models",
    "evaluation",
    "training",
    "experiments",
    "lessons",
    "commands",
)


def imports(path, late=True):
    """The modules of the library that a file imports: wherever in the file, or only those that it needs to be
    loaded, not those within functions and for type checkers."""
    tree, found = ast.parse(path.read_text("utf-8")), set()
    for node in ast.walk(tree) if late else tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "vse_lessons":
            if node.module == "vse_lessons":
                found |= {f"vse_lessons.{name.name}" for name in node.names}
            else:
                found.add(node.module)
    return found


def folder_of(module):
    """The folders of a module below the package: ("sources", "readers") of ...sources.readers.coco."""
    parts = module.split(".")[1:]
    return tuple(parts if PACKAGE.joinpath(*parts).is_dir() else parts[:-1])


def forks(path):
    """For each import of a file the pair of sibling folders in which importing and imported file lie; none
    for imports within a folder, from a folder inside it or from one around it."""
    here, found = path.relative_to(PACKAGE).parts[:-1], set()
    for module in imports(path):
        there = folder_of(module)
        for depth, (own, other) in enumerate(zip(here, there)):
            if own != other:
                found.add((here[: depth + 1], there[: depth + 1]))
                break
    return found


def edges():
    """Which floor imports which: pairs of names."""
    pairs = set().union(*(forks(path) for path in PACKAGE.rglob("*.py")))
    return {(here[0], there[0]) for here, there in pairs if len(here) == 1}


def direct(pairs):
    """The edges that no path of other edges stands in for: what a drawing needs."""

    def reaches(start, goal, without):
        nexts = {b for a, b in pairs if a == start and (a, b) != without}
        return goal in nexts or any(reaches(b, goal, without) for b in nexts)

    return {(a, b) for a, b in pairs if not reaches(a, b, (a, b))}


def mermaid():
    """The drawing: a box a floor, the highest at the top, with what is in it; an arrow to what it imports."""
    lines = ["```mermaid", "flowchart TD"]
    for floor in reversed(FLOORS):
        inside = (PACKAGE / floor).iterdir()
        folders = [f"{p.name}/" for p in inside if p.is_dir() and any(p.glob("*.py"))]
        files = [p.stem for p in (PACKAGE / floor).glob("*.py") if p.stem != "__init__"]
        lines.append(f'    {floor}["<b>{floor}</b><br>{", ".join([*sorted(files), *sorted(folders)])}"]')
    drawn_edges = sorted(direct(edges()), key=lambda pair: [-FLOORS.index(floor) for floor in pair])
    lines += [f"    {above} --> {below}" for above, below in drawn_edges]
    return "\n".join([*lines, "```", ""])


def drawn(page):
    """The text of a page with the drawing between its marks made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + mermaid() + END + after


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text("utf-8")), "utf-8")

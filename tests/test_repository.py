"""The house rules that a machine can check."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "vse_lessons"

# The floors, lowest first.  A file imports from its own folder, from the folders inside it and from lower
# floors; where a folder lies says on which floor it is.
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


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "vse_lessons":
            if node.module == "vse_lessons":
                found |= {f"vse_lessons.{name.name}" for name in node.names}
            else:
                found.add(node.module)
    return found


def folder_of(module: str) -> tuple[str, ...]:
    """The folders of a module below the package: ("sources", "readers") of ...sources.readers.coco."""
    parts = module.split(".")[1:]
    return tuple(parts if PACKAGE.joinpath(*parts).is_dir() else parts[:-1])


def forks(path: Path) -> set[tuple[tuple[str, ...], tuple[str, ...]]]:
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


def test_every_folder_is_a_floor():
    found = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert found == set(FLOORS)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down_the_floors(path):
    for here, there in forks(path):
        if len(here) == 1:
            assert FLOORS.index(there[0]) < FLOORS.index(here[0]), f"{here[0]} imports {there[0]} upwards"


def test_no_two_sibling_folders_import_each_other():
    edges = set().union(*(forks(path) for path in PACKAGE.rglob("*.py")))
    assert not [(here, there) for here, there in edges if (there, here) in edges]


def test_no_two_files_import_each_other():
    graph = {}
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        graph[module] = imports(path)

    def visit(module, trail):
        assert module not in trail, f"a circle: {' -> '.join((*trail, module))}"
        for other in graph.get(module, ()):
            visit(other, (*trail, module))

    for module in graph:
        visit(module, ())


def test_environment_stays_thin():
    text = (ROOT / "environment.yml").read_text("utf-8")
    listed = re.findall(r"^\s*- (\S.*)$", text.partition("dependencies:")[2], re.M)
    assert listed == ["python>=3.10", "pip", "pip:", "-e .[lessons]"]


def test_library_files_stay_short():
    long = {
        str(p.relative_to(ROOT)): n
        for p in PACKAGE.rglob("*.py")
        if (n := len(p.read_text("utf-8").splitlines())) > 400
    }
    assert not long


def test_ruff_is_content():
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, str(ROOT)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_pickled_is_loaded():
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            keywords = {word.arg: getattr(word.value, "value", None) for word in node.keywords}
            called = ast.unparse(node.func)
            assert not called.startswith("pickle."), f"{path.name}: {called}"
            assert not keywords.get("allow_pickle"), f"{path.name}: {called}"
            if called == "torch.load":
                assert keywords.get("weights_only") is True, f"{path.name}, line {node.lineno}"


def test_no_photograph_is_committed():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert not [name for name in listed if Path(name).suffix.lower() in (".jpg", ".jpeg", ".tsv", ".npy")]

"""The house rules that a machine can check."""

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import floors
from helpers.floors import FLOORS, PACKAGE, ROOT, forks, imports

ENTRIES = 12  # of a folder of the library, at most


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
        graph[module] = imports(path, late=False)
    list(graphlib.TopologicalSorter(graph).static_order())  # a circle is a CycleError, which names it


def test_the_drawing_of_the_floors_is_up_to_date():
    written = floors.PAGE.read_text("utf-8")
    assert floors.drawn(written) == written, "run make architecture, or python tests/helpers/floors.py"


@pytest.mark.parametrize(
    "folder",
    [PACKAGE, *sorted(p for p in PACKAGE.rglob("*") if p.is_dir() and p.name != "__pycache__")],
    ids=lambda p: str(p.relative_to(PACKAGE.parent)),
)
def test_a_folder_is_seen_at_a_glance(folder):
    entries = [p.name for p in folder.iterdir() if p.name not in ("__init__.py", "__pycache__")]
    assert len(entries) <= ENTRIES, entries


def test_the_readme_stays_short():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


def test_links_between_the_documents_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
            if not re.match(r"[a-z]+:|#", link):
                assert (page.parent / link.partition("#")[0]).exists(), f"{page.name} links to {link}"


def test_environment_stays_thin():
    text = (ROOT / "environment.yml").read_text("utf-8")
    listed = re.findall(r"^\s*- (\S.*)$", text.partition("dependencies:")[2], re.M)
    assert listed == ["python>=3.10,<3.14", "pip", "pip:", "-e .[lessons]"]


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

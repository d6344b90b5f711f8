"""The house rules that a machine can check."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "vse_lessons"

# Lower floors first; a file imports from floors below, and within a floor only from files above it
# in this list, so that no two files import each other.
FLOORS = (
    ("files", "arrays", "regions", "store_writing", "corpus", "text", "ppmi"),
    (
        "fetch",
        "archives",
        "unpaired",
        "sparse",
        "pictures",
        "colours",
        "detectors",
        "hub",
        "extraction",
        "semantics",
        "wordnet",
        "storybook",
        "readers",
        "corpora",
        "prepare",
    ),
    (
        "similarity",
        "losses",
        "attention",
        "adversarial",
        "mmd",
        "encoders",
        "caption_metrics",
        "decoders",
        "generators",
        "retrieval",
    ),
    ("models",),
    (
        "statistics",
        "evaluation",
        "batches",
        "checkpoints",
        "training",
        "page_evaluation",
        "search",
        "results",
        "table",
        "study",
        "scoreboard",
        "page_study",
        "alignment",
        "transfer_study",
        "transfer_report",
        "gxn_study",
    ),
    ("plots", "widgets"),
    ("doctor",),
)
ORDER = [room for floor in FLOORS for room in floor]


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "vse_lessons":
            if node.module == "vse_lessons":
                found |= {f"vse_lessons.{name.name}" for name in node.names}
            else:
                found.add(node.module)
    return found


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_imports_go_down_the_floors(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        assert not imports(path)
        return
    assert room in ORDER, f"{room} is on no floor: add it to FLOORS"
    for module in imports(path):
        other = room_of(module)
        assert other == room or ORDER.index(other) < ORDER.index(room), (
            f"{room} imports {other} upwards"
        )


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
    long = {str(p.relative_to(ROOT)): n for p in PACKAGE.rglob("*.py")
            if (n := len(p.read_text("utf-8").splitlines())) > 400}  # fmt: skip
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
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    assert not [
        name for name in listed if Path(name).suffix.lower() in (".jpg", ".jpeg", ".tsv", ".npy")
    ]

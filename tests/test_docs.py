"""The code of the documentation runs as it stands there."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from vse_lessons.models.registry import MODELS, Spec
from vse_lessons.sources.catalogue import SOURCES, Source, open_corpus

ROOT = Path(__file__).resolve().parents[1]


def blocks(page):
    """The Python code of a page, in the order it stands."""
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.M | re.S)


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VSE_LESSONS_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def run(monkeypatch, tmp_path):
    """A function that runs blocks of code as one module, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    module = ModuleType("of_the_docs")
    monkeypatch.setitem(sys.modules, "of_the_docs", module)  # dataclasses look their module up

    def run(*codes, **names):
        vars(module).update(names)
        for code in codes:
            exec(compile(code, "of_the_docs", "exec"), vars(module))
        return module

    return run


def test_a_model_is_one_file_and_one_line(run, monkeypatch, capsys):
    monkeypatch.setitem(MODELS, "mean words", None)  # put back what was there
    file, line, trial = blocks("docs/add_a_model.md")
    run(file, line, trial, MODELS=MODELS, Spec=Spec)
    assert "R@1" in capsys.readouterr().out
    assert Path("mean_words/model.safetensors").is_file()


def test_a_reader_is_one_file_and_one_line(run, monkeypatch, tmp_path):
    monkeypatch.setitem(SOURCES, "titles", None)
    file, line = blocks("docs/add_a_reader.md")
    run(file, line, SOURCES=SOURCES, Source=Source)
    (tmp_path / "pictures").mkdir()
    for number in range(10):
        Image.new("RGB", (64, 48), (20 * number, 90, 200)).save(tmp_path / "pictures" / f"{number}.png")
    titles = "".join(f"{number}.png\tpicture number {number}\n" for number in range(10))
    (tmp_path / "titles.txt").write_text(titles, "utf-8")
    corpus = open_corpus("titles", tmp_path, progress=False).corpus
    assert corpus.name == "titles"
    assert corpus.sentences[3] == "picture number 3"
    assert [len(corpus.images(split)) for split in ("train", "val", "test")] == [8, 1, 1]


def test_the_readme_runs(run, capsys):
    (code,) = blocks("README.md")
    quick = code.replace('open_corpus("storybook")', 'open_corpus("storybook", preset="smoke")')
    quick = quick.replace('preset("lesson")', 'preset("smoke")').replace("share=0.1", "share=0.5")
    assert quick.count("smoke") == 2
    run(quick)
    assert "R@1" in capsys.readouterr().out
    assert Path("my_model/config.json").is_file()

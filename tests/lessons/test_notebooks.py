"""The notebooks as they are committed, and as papermill runs them."""

import importlib.util
import json
import os
import re
from pathlib import Path

import nbformat
import numpy as np
import papermill
import pytest
import torch
from helpers import ROOT
from helpers.corpora import shared_data

from vse_lessons import Embedder, load_model
from vse_lessons.sources.catalogue import open_corpus
from vse_lessons.sources.readers.features import embeddings
from vse_lessons.sources.storybook import world
from vse_lessons.sources.storybook.drawing.picture import draw
from vse_lessons.sources.storybook.writing.voices import write_sentences

NOTEBOOKS = ROOT / "notebooks"
TRAINING = ("03", "04", "05", "07")
LESSONS = sorted(path.stem for path in (NOTEBOOKS / "source").glob("[0-9]*.py"))
COMMON = ("corpus", "corpus_dir", "preset", "seed", "device", "out_dir")
KEYS = (
    *("lesson", "corpus", "split", "preset", "seed", "device", "n_images", "n_sentences", "model"),
    *("seconds", "peak_memory_mb", "versions"),
)


def load_builder():
    spec = importlib.util.spec_from_file_location("build", NOTEBOOKS / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


builder = load_builder()


def run(notebook: Path, folder: Path, **given) -> nbformat.NotebookNode:
    """Runs a notebook in an empty folder.  papermill only warns of a parameter that the notebook
    does not have; here it is an error."""
    known = papermill.inspect_notebook(str(notebook))
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"{notebook.name} has no parameter {unknown[0]!r}: {', '.join(known)}")
    done = folder / f"{notebook.stem}.done.ipynb"
    papermill.execute_notebook(
        str(notebook), str(done), given, cwd=str(folder), kernel_name="python3", progress_bar=False
    )
    return nbformat.read(done, 4)


def widget_errors(notebook: nbformat.NotebookNode) -> list[str]:
    """What went wrong inside widgets: a callback that raises stops no cell."""
    found = []
    for saved in notebook.metadata.get("widgets", {}).values():
        for model in saved.get("state", {}).values():
            for output in model.get("state", {}).get("outputs", ()):
                text = "".join(output.get("text", ""))
                if output.get("output_type") == "error":
                    found.append(f"{output['ename']}: {output['evalue']}")
                elif output.get("name") == "stderr" or "Traceback (most recent" in text:
                    found.append(text)
    return found


def cell_errors(notebook: nbformat.NotebookNode) -> list[str]:
    outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    return [output.ename for output in outputs if output.output_type == "error"]


def tree(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Each lesson once, with preset smoke; they share one cache, as a student's do."""
    done = {}

    def once(lesson: str) -> tuple[nbformat.NotebookNode, Path, bool]:
        if lesson not in done:
            folder = tmp_path_factory.mktemp(lesson)
            before = tree(ROOT / "figures")
            notebook = run(NOTEBOOKS / f"{lesson}.ipynb", folder, preset="smoke", out_dir=str(folder))
            done[lesson] = notebook, folder, before == tree(ROOT / "figures")
        return done[lesson]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VSE_LESSONS_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("VSE_LESSONS_FIGURES", raising=False)
        yield once


@pytest.mark.parametrize("lesson", LESSONS)
def test_committed_notebook_is_its_source(lesson):
    assert builder.drift(NOTEBOOKS / "source" / f"{lesson}.py") is None


@pytest.mark.parametrize("lesson", LESSONS)
def test_committed_notebook_is_small_static_and_whole(lesson):
    path = NOTEBOOKS / f"{lesson}.ipynb"
    notebook = nbformat.read(path, 4)
    assert path.stat().st_size < builder.LIMIT
    assert len(notebook.cells) <= 60
    assert "widgets" not in notebook.metadata
    assert cell_errors(notebook) == []
    for cell in notebook.cells:
        assert "raises-exception" not in cell.metadata.get("tags", ())
        if cell.cell_type != "code":
            continue
        assert cell.execution_count is not None, "it was committed without having been run"
        for output in cell.outputs:
            assert output.get("name") != "stderr"
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_parameter_is_typed_and_explained(lesson):
    known = papermill.inspect_notebook(str(NOTEBOOKS / f"{lesson}.ipynb"))
    assert set(COMMON) <= set(known)
    for name, parameter in known.items():
        assert parameter["inferred_type_name"] != "None", f"{name} has no type"
        assert parameter["help"], f"{name} has no comment"


@pytest.mark.parametrize("lesson", LESSONS)
def test_notebook_follows_the_common_skeleton(lesson):
    cells = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", 4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert re.match(r"# \d\d · ", cells[0].source)
    for part in (
        "**What you will learn**",
        "**Time and machine.**",
        "## Parameters",
        "## Exercises",
        "## Summary",
        "## References",
        "redict, then run",
        "ow to read it",
        r"\tag{1}",
    ):
        assert part in prose, part
    assert any("show_source(" in cell.source for cell in cells)


@pytest.mark.parametrize("lesson", LESSONS)
def test_papermill_runs_the_lesson(lesson, ran):
    notebook, folder, figures_untouched = ran(lesson)
    assert cell_errors(notebook) == []
    assert widget_errors(notebook) == []
    assert figures_untouched, "a plain run wrote into the checkout"
    assert sorted(path.name[:3] for path in (folder / "figures").glob("*.png")), "no figure"
    assert {path.name[:3] for path in (folder / "figures").glob("*.png")} == {f"{lesson[:2]}_"}
    results = json.loads((folder / "results.json").read_text("utf-8"))
    assert results["lesson"] == lesson and results["preset"] == "smoke"
    assert set(KEYS) <= set(results)
    assert results["n_images"] > 0 and results["n_sentences"] > 0
    if lesson[:2] in TRAINING:  # a trained model is something one keeps
        model = load_model(folder / "model")
        assert isinstance(model, Embedder) and not model.training


def test_lesson_06_recomputes_a_reduced_grid(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VSE_LESSONS_FIGURES", raising=False)
    notebook = run(
        NOTEBOOKS / "06_annotation_efficiency.ipynb",
        tmp_path,
        preset="smoke",
        recompute=True,
        seed=1,
        out_dir=str(tmp_path),
    )
    assert cell_errors(notebook) == []
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert results["runs"] == 10 and results["run_seed"] == 1 and results["setting"] == "20%x5"
    assert {found["storybook"] for found in results["verdicts"].values()} <= {
        "undecided",
        "not run",
    }


def test_lesson_07_writes_without_drawing_and_by_the_published_similarity(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VSE_LESSONS_FIGURES", raising=False)
    notebook = run(
        NOTEBOOKS / "07_look_imagine_match.ipynb",
        tmp_path,
        preset="smoke",
        variant="i2t mix",
        similarity="order",
        epochs=1,
        out_dir=str(tmp_path / "out"),
    )
    assert cell_errors(notebook) == []
    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    assert results["config"]["nonnegative"] and results["config"]["pictures"] == 0
    assert len(results["history"]) == 1 and "spread_drawn" not in results["history"][0]
    assert set(results["captions"]["beam of 5"]) == {"CIDEr", "BLEU-4", "distinct", "named"}
    assert not list((tmp_path / "home").rglob("pixels64-*")), "nothing is drawn: no pixels are kept"


def photographs(folder: Path, domain: str, count: int) -> tuple[list[str], list[list[str]]]:
    """Files of Storybook pictures, as a photographer would have them, and what people wrote about them."""
    folder.mkdir(parents=True)
    scenes = world.sample_scenes(domain, "smoke")[:count]
    names = [f"{number:03d}.jpg" for number in range(count)]
    for name, scene in zip(names, scenes):
        draw(scene).convert("RGB").save(folder / name)
    return names, [list(write_sentences(scene)) for scene in scenes]


def test_lesson_01_shows_bottom_up_attention(tmp_path, monkeypatch):
    folder = shared_data("bottom_up")
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VSE_LESSONS_FIGURES", raising=False)
    notebook = run(
        NOTEBOOKS / "01_extract_features.ipynb",
        tmp_path,
        preset="smoke",
        bottom_up_dir=str(folder),
        photos_dir=str(folder / "images"),
        out_dir=str(tmp_path / "out"),
    )
    assert cell_errors(notebook) == [] and widget_errors(notebook) == []
    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    assert results["bottom_up_images"] == 10 and results["bottom_up_dir"] == str(folder)
    drawn = {path.name for path in (tmp_path / "out" / "figures").iterdir()}
    assert {"01_bottom_up.png", "01_photographs.png"} <= drawn


def test_lesson_03_has_a_zero_shot_row(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VSE_LESSONS_FIGURES", raising=False)
    corpus = open_corpus("storybook", preset="smoke").corpus

    class Letters:  # embeds a sentence as how often each byte occurs
        feature_dim = corpus.regions.dimensions

        def encode_sentences(self, texts):
            counts = [np.bincount(list(text.encode()), minlength=self.feature_dim) for text in texts]
            return torch.from_numpy(np.float32(counts)[:, : self.feature_dim])

    embeddings.write(tmp_path / "web", corpus, Letters())
    notebook = run(
        NOTEBOOKS / "03_train_a3vse.ipynb",
        tmp_path,
        preset="smoke",
        embeddings_dir=str(tmp_path / "web"),
        out_dir=str(tmp_path / "out"),
    )
    assert cell_errors(notebook) == []
    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    row = results["baselines"]["zero-shot"]
    assert row["n_images"] == results["n_images"] and 0 < row["rsum"] < results["rsum"]


def test_lesson_04_aligns_a_target_without_any_pairs(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VSE_LESSONS_FIGURES", raising=False)
    flickr, gallery = tmp_path / "flickr8k", tmp_path / "gallery"
    names, told = photographs(flickr / "Images", "photo", 60)
    rows = [f'{name},"{text}"' for name, texts in zip(names, told) for text in texts]
    (flickr / "captions.txt").write_text("\n".join(["image,caption", *rows]), "utf-8")
    (flickr / "train.txt").write_text("\n".join(names[:40]))
    (flickr / "val.txt").write_text("\n".join(names[40:]))
    _, told = photographs(gallery / "images", "art", 24)
    (gallery / "sentences.txt").write_text("\n".join(text for texts in told for text in texts[:2]))
    notebook = run(
        NOTEBOOKS / "04_domain_transfer.ipynb",
        tmp_path,
        preset="smoke",
        source="flickr8k",
        corpus_dir=str(flickr),
        target="unpaired",
        target_dir=str(gallery),
        out_dir=str(tmp_path / "out"),
    )
    assert cell_errors(notebook) == [] and widget_errors(notebook) == []
    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    assert results["corpus"] == "flickr8k" and results["target"] == "unpaired"
    assert results["rsum"] is None and results["recalls"] == {} and results["n_images"] == 24
    assert 0 <= results["alignment"]["VSA-AE-MMD"]["images"]["a_distance"] <= 2


def test_lesson_04_refuses_domains_of_different_detectors(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    photographs(tmp_path / "gallery" / "images", "art", 6)
    (tmp_path / "gallery" / "sentences.txt").write_text("A saint.\nA ship.\n")
    with pytest.raises(papermill.PapermillExecutionError, match="wide, those of gallery 1280"):
        run(
            NOTEBOOKS / "04_domain_transfer.ipynb",
            tmp_path,
            preset="smoke",
            target="unpaired",
            target_dir=str(tmp_path / "gallery"),
        )


@pytest.mark.parametrize("lesson", LESSONS)
def test_unknown_parameter_is_refused(lesson, tmp_path):
    with pytest.raises(ValueError, match="has no parameter 'sed'"):
        run(NOTEBOOKS / f"{lesson}.ipynb", tmp_path, sed=1)
    assert not os.listdir(tmp_path)


def test_unknown_corpus_stops_the_lesson(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    with pytest.raises(papermill.PapermillExecutionError, match="unknown corpus 'storybok'"):
        run(NOTEBOOKS / f"{LESSONS[0]}.ipynb", tmp_path, corpus="storybok")


def test_callback_that_raises_is_found(tmp_path):
    code = "import ipywidgets\nipywidgets.interact(lambda x: 1 / 0, x=(0, 3));"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code)],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
    )
    nbformat.write(notebook, tmp_path / "broken.ipynb")
    done = run(tmp_path / "broken.ipynb", tmp_path)
    assert cell_errors(done) == []  # this is why the state must be looked at
    assert any("ZeroDivisionError" in error for error in widget_errors(done))

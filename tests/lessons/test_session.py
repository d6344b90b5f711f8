import json
import subprocess
import sys

import pytest
import torch

from vse_lessons.common.errors import DataError
from vse_lessons.lessons.session import Lesson


class Recorder:
    """A model that notes where and with what it is saved."""

    def save(self, folder, **notes):
        self.saved = folder, notes


def test_results_hold_what_repeats_a_run(tmp_path):
    lesson = Lesson("03_toy", {"seed": 3, "corpus": "x"}, tmp_path / "new")
    lesson.measured["words"] = 4
    content = lesson.write(rsum=1.5)
    assert json.loads((tmp_path / "new" / "results.json").read_text("utf-8")) == content
    assert list(content)[:5] == ["lesson", "seed", "corpus", "rsum", "words"]
    assert {"seconds", "peak_memory_mb", "versions"} <= set(content)
    with pytest.raises(DataError, match=r"\['seed'\] are both parameters and measurements of 03_toy"):
        lesson.write(seed=1)


def test_figures_stay_out_of_the_checkout_unless_built(tmp_path, monkeypatch):
    monkeypatch.delenv("VSE_LESSONS_FIGURES", raising=False)
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    lesson = Lesson("03_toy", {})
    assert lesson.folder == tmp_path / "home" / "lessons" / "03_toy" and lesson.folder.is_dir()
    assert lesson.figures == lesson.folder / "figures"
    monkeypatch.setenv("VSE_LESSONS_FIGURES", str(tmp_path / "elsewhere"))
    assert Lesson("03_toy", {}).figures == tmp_path / "elsewhere"


def test_a_figure_is_named_after_its_lesson(tmp_path, monkeypatch):
    monkeypatch.delenv("VSE_LESSONS_FIGURES", raising=False)
    from vse_lessons.lessons import plots, widgets

    monkeypatch.setattr(widgets, "display", lambda shown: None)
    lesson = Lesson("03_toy", {}, tmp_path)
    lesson.show(plots.panels(1)[0], "curves", "nothing")
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["03_curves.png"]


def test_runs_of_other_parameters_have_other_folders(tmp_path):
    first, second = (Lesson("03_toy", {"seed": seed}, tmp_path) for seed in (0, 1))
    assert first.run_folder("full") == Lesson("03_toy", {"seed": 0}, tmp_path).run_folder("full")
    assert len({first.run_folder("full"), first.run_folder("none"), second.run_folder("full")}) == 3


def test_the_model_is_kept_beside_the_results(tmp_path):
    model = Recorder()
    assert Lesson("03_toy", {}, tmp_path).keep(model, corpus="toy") == tmp_path / "model"
    assert model.saved == (tmp_path / "model", {"corpus": "toy"})


def test_an_unknown_device_is_refused_at_once(tmp_path):
    with pytest.raises(DataError, match="unknown device 'gpu'"):
        Lesson("03_toy", {"device": "gpu"}, tmp_path)
    if not torch.cuda.is_available():
        with pytest.raises(DataError, match="cannot compute on device 'cuda' here: use auto, cpu"):
            Lesson("03_toy", {"device": "cuda"}, tmp_path)


def test_without_seaborn_it_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['seaborn'] = None\n"
        "from vse_lessons.lessons.session import Lesson\n"
        f"Lesson('03_toy', {{}}, {str(tmp_path)!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "seaborn is not installed" in done.stderr and 'pip install -e ".[lessons]"' in done.stderr


def test_the_library_imports_neither_pandas_nor_seaborn():
    code = (
        "import sys, vse_lessons.lessons.session, vse_lessons.training.loop, vse_lessons.evaluation.search\n"
        "assert not {'pandas', 'seaborn', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

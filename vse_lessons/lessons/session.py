"""Keeps what a notebook makes: figures, results and the trained model, each in its place."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vse_lessons.common.errors import DataError
from vse_lessons.common.files import digest, home, write_json
from vse_lessons.common.system import choose_device, peak_memory_mb, versions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from vse_lessons.models.base import Embedder

_STARTED = time.perf_counter()


class Lesson:
    """The folders, figures and results of one run of a notebook.

    Attributes:
        name: of the notebook, such as "03_train_a3vse".
        parameters: of the run, by name; they repeat it.
        folder: where `results.json`, checkpoints and the model go.
        figures: where figures go: under `folder`, or where `VSE_LESSONS_FIGURES` says.
        measured: figures for `results.json` that are noted along the way.

    Args:
        name: of the notebook.
        parameters: of the run; "device", if it is there, is checked.
        out_dir: the folder; empty: `lessons/<name>` under `VSE_LESSONS_HOME`.

    Raises:
        DataError: the device is unknown or not there, or a package that draws figures is not installed.
    """

    def __init__(self, name: str, parameters: Mapping[str, Any], out_dir: str | Path = ""):
        """Make the folder and set the theme of figures."""
        from vse_lessons.lessons.plots.theme import use_theme

        self.name, self.parameters = name, dict(parameters)
        if "device" in self.parameters:
            choose_device(self.parameters["device"])
        use_theme()
        self.folder = Path(out_dir).expanduser() if out_dir else home() / "lessons" / name
        self.folder.mkdir(parents=True, exist_ok=True)
        chosen = os.environ.get("VSE_LESSONS_FIGURES")
        self.figures = Path(chosen) if chosen else self.folder / "figures"
        self.measured: dict[str, Any] = {}

    def show(self, figure: Figure, name: str, alt: str) -> None:
        """Keep a figure beside the results, show it, and close it.

        Args:
            figure: the figure.
            name: of its file, without the number of the lesson.
            alt: words for those who cannot see it.
        """
        from vse_lessons.lessons.widgets import show_figure

        show_figure(figure, self.figures / f"{self.name[:2]}_{name}.png", alt)

    def run_folder(self, *parts: str) -> Path:
        """Name the folder of a training run's checkpoints, another one for other parameters.

        Args:
            *parts: what else tells this run from the lesson's others.

        Returns:
            The folder.
        """
        return self.folder / f"run-{digest(json.dumps(self.parameters, sort_keys=True), *parts)}"

    def keep(self, model: Embedder, **notes: Any) -> Path:
        """Save the trained model in the folder `model`, from which `load_model` loads it.

        Args:
            model: the model.
            **notes: what its model card says beside its configuration; see `Embedder.save`.

        Returns:
            The folder of the model.
        """
        folder = self.folder / "model"
        model.save(folder, **notes)
        return folder

    def write(self, **measured: Any) -> dict[str, Any]:
        """Write `results.json`: parameters, figures, the seconds since the start, peak memory and versions.

        Args:
            **measured: the figures, beside those in `measured`.

        Returns:
            The content of the file.

        Raises:
            DataError: a name is both a parameter and a figure.
        """
        measured = {**measured, **self.measured}
        clash = set(self.parameters) & set(measured)
        if clash:
            raise DataError(f"{sorted(clash)} are both parameters and measurements of {self.name}")
        peak = peak_memory_mb()
        content = {
            "lesson": self.name,
            **self.parameters,
            **measured,
            "seconds": round(time.perf_counter() - _STARTED, 1),
            "peak_memory_mb": None if peak is None else round(peak),
            "versions": versions(),
        }
        write_json(self.folder / "results.json", content)
        return content

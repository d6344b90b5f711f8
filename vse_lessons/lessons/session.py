"""`results.json`: what a lesson did, measured and with all it takes to do it again."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from vse_lessons.common.files import DataError, home, write_json
from vse_lessons.common.system import peak_memory_mb, versions

_STARTED = time.perf_counter()


def lesson_folder(out_dir: str | Path, lesson: str) -> Path:
    """Where a lesson writes: `out_dir`, or a folder of its own under `VSE_LESSONS_HOME`."""
    folder = Path(out_dir).expanduser() if out_dir else home() / "lessons" / lesson
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_results(folder: Path, lesson: str, parameters: dict[str, Any], **measured: Any) -> dict:
    """Writes `results.json`: the notebook's parameters, which repeat the run, what was measured, the
    seconds since the library was loaded, the peak memory and the versions."""
    clash = set(parameters) & set(measured)
    if clash:
        raise DataError(f"{sorted(clash)} are both parameters and measurements of {lesson}")
    peak = peak_memory_mb()
    content = {
        "lesson": lesson,
        **parameters,
        **measured,
        "seconds": round(time.perf_counter() - _STARTED, 1),
        "peak_memory_mb": None if peak is None else round(peak),
        "versions": versions(),
    }
    write_json(Path(folder) / "results.json", content)
    return content


def figure_folder(folder: Path) -> Path:
    """Where a lesson's figures go: under its own folder, or where `make notebooks` says."""
    chosen = os.environ.get("VSE_LESSONS_FIGURES")
    return Path(chosen) if chosen else Path(folder) / "figures"

"""Which lessons can run on the machine, and what each takes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vse_lessons.common.system import install_line
from vse_lessons.lessons.doctor.findings import ROOT, Finding
from vse_lessons.lessons.doctor.stores import Store, storybook_stores
from vse_lessons.sources.storybook import world


@dataclass(frozen=True)
class LessonNeeds:
    """A notebook, and what it takes with preset `lesson` on Storybook."""

    notebook: str
    minutes: float  # on two CPU cores, its regions extracted before (README)
    peak_mb: int  # the largest resident memory of a run
    domains: tuple[str, ...]  # of Storybook, whose regions it opens
    pixels: bool = False  # whether it also keeps the photographs' pixels


LESSONS = (
    LessonNeeds("01_extract_features", 0.2, 520, ("photo",)),
    LessonNeeds("02_build_sparse_corpus", 0.1, 641, ("photo",)),
    LessonNeeds("03_train_a3vse", 1.2, 604, ("photo",)),
    LessonNeeds("04_domain_transfer", 3.5, 696, ("photo", "art")),
    LessonNeeds("05_artpedia_ranking", 2.5, 1075, ("art",)),  # gallery pages tell of the art pictures
    LessonNeeds("06_annotation_efficiency", 0.3, 396, ()),  # its runs come with the library
    LessonNeeds("07_look_imagine_match", 3.8, 882, ("photo",), pixels=True),
)
PACKAGED = Path(__file__).resolve().parents[1] / "notebooks"  # a wheel brings them
NOTEBOOKS = PACKAGED if PACKAGED.is_dir() else ROOT / "notebooks"
DRAWING_MB = (250, 220)  # memory of the process that draws, and of its worker on each core
STORE_MB = 64  # of disk, that extracting one domain of preset `lesson` asks for
PIXELS_MB = 146  # and keeping its pixels
RESULTS_MB = 50  # of disk: figures, checkpoints and results of a lesson, rounded up


def check_lesson(
    lesson: LessonNeeds, machine: Mapping[str, Any], stores: Sequence[Store], lacks: Sequence[Finding]
) -> dict[str, Any]:
    """Say what a lesson with its defaults (Storybook, preset `lesson`) would do on this machine.

    Args:
        lesson: the lesson.
        machine: facts of `check_machine`; a size that is not known is not held against the machine.
        stores: the stores under home.
        lacks: what every lesson lacks.

    Returns:
        "notebook", "state" (ready, draws or lacks), "says", a line of text, and "findings".
    """
    own = {storybook_stores()["regions", domain, "lesson"] for domain in lesson.domains}
    here = [s for s in stores if s.corpus == world.FOLDER and Path(s.path).name in own]
    lacks = [*lacks, *(s.finding for s in here if s.state == "damaged" and s.finding)]
    if not os.path.isfile(NOTEBOOKS / f"{lesson.notebook}.ipynb"):
        what = f"the notebooks, or some, are not in {NOTEBOOKS} (was the library installed alone?)"
        lacks.append(
            Finding("its notebook", what, f"clone the repository and run {install_line('lessons')} in it")
        )
    draws = len(own) - len(here)
    kept = {Path(s.path).name for s in stores}
    shrinks = lesson.pixels and storybook_stores()["pixels", "photo", "lesson"] not in kept
    drawing = DRAWING_MB[0] + DRAWING_MB[1] * machine["cores"] if draws else 0
    for kind, need, free, remedy in (
        (
            "memory",
            max(lesson.peak_mb, drawing),
            machine["available_memory_mb"],
            "close other programs" + "; drawing pictures takes a process on each core" * bool(draws),
        ),
        (
            "disk",
            STORE_MB * draws + PIXELS_MB * shrinks + RESULTS_MB,
            machine["free_disk_mb"],
            "make room, or set VSE_LESSONS_HOME to another disk",
        ),
    ):
        if free is not None and free < need:
            what = f"{lesson.notebook} needs about {need:,} MB of {kind}, {free:,} MB are free"
            lacks.append(Finding(kind, what, remedy))
    says = f"{lesson.minutes:g} min on two cores, {lesson.peak_mb:,} MB of memory"
    state = "lacks" if lacks else "draws" if draws else "ready"
    if lacks:
        says = ", ".join(dict.fromkeys(finding.kind for finding in lacks)) + " (remedies below)"
    elif draws:
        says = f"Storybook's pictures first, and detects them (about {draws} min); then {says}"
    return {"notebook": lesson.notebook, "state": state, "says": says, "findings": lacks}

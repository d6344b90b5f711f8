"""Examines everything at once."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import vse_lessons
from vse_lessons.common.system import install_line
from vse_lessons.lessons.doctor.findings import Finding
from vse_lessons.lessons.doctor.packages import REQUIRED, check_extra

try:
    from vse_lessons.lessons.doctor.corpora import check_corpus
    from vse_lessons.lessons.doctor.machine import check_machine
    from vse_lessons.lessons.doctor.plan import LESSONS, check_lesson
    from vse_lessons.lessons.doctor.stores import check_stores

    BROKEN = ""
except Exception as error:  # no PyTorch, or one that does not load: just then a doctor is called
    BROKEN = f"{type(error).__name__}: {error}"


def examine(corpus: str | None = None, corpus_dir: str | None = None) -> dict[str, Any]:
    """Examine packages, machine, stores, a corpus if one is named, and lessons; nothing stays on disk.

    Args:
        corpus: name of a corpus on disk to read; None: none.
        corpus_dir: the folder that it is in.

    Returns:
        The report: "ready", "versions", "extras", "machine" (empty where the library cannot be loaded),
        "stores", "corpus", "lessons" and "findings".
    """
    extras = {name: check_extra(name) for name in REQUIRED}
    report = {
        "ready": False,
        "versions": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            "vse_lessons": vse_lessons.__version__,
            **extras["library"]["installed"],
        },
        "extras": extras,
        "machine": {},
        "stores": [],
        "corpus": {},
        "lessons": [],
    }
    general = [*extras["library"]["findings"]]
    if BROKEN:
        general += [
            Finding(
                "the library",
                f"vse_lessons cannot be loaded: {BROKEN}",
                f"{install_line()} --force-reinstall",
            )
        ]
        return report | {"findings": general}
    facts, homeless = check_machine()
    general += extras["lessons"]["findings"] + homeless
    kept, findings = check_stores(Path(facts["home"]))
    findings += [store.finding for store in kept if store.finding]
    if corpus or corpus_dir:
        photos = extras["photos"]["findings"]
        report["corpus"], more = check_corpus(corpus or "", corpus_dir, photos)
        findings += more
    lessons = [check_lesson(lesson, facts, kept, general) for lesson in LESSONS]
    findings = [*general, *findings, *(finding for row in lessons for finding in row["findings"])]
    ready = not any(row["findings"] for row in lessons)
    return report | {
        "ready": ready,
        "machine": facts,
        "stores": kept,
        "lessons": lessons,
        "findings": list(dict.fromkeys(findings)),
    }

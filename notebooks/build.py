"""Builds every notebook from its source and runs it.

    python notebooks/build.py              all of them
    python notebooks/build.py 03 01        some
    python notebooks/build.py --check      fails where a notebook and its source have drifted

A source is a Python file with `# %%` cells (jupytext's percent format).  The notebook is run by
papermill with its default parameters, and what is committed carries static outputs only, no widget
state and no timestamps.  The figures that README and docs may show go to `figures/`, compressed."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat
import papermill
from PIL import Image

from vse_lessons.common.files import atomic_path

HERE = Path(__file__).resolve().parent
SOURCES = sorted((HERE / "source").glob("[0-9]*.py"))
FIGURES = HERE.parent / "figures"
LIMIT = 1 << 20  # bytes of a committed notebook
WIDTH = 1600  # pixels of a committed figure, at most
SHOWN = {  # the figures that are committed, by lesson
    "01": ("contact_sheet", "domains", "mistakes"),
    "02": ("nested", "vocabulary", "cost"),
    "03": ("attention", "curves", "tsne", "search"),
    "04": ("domains", "tsne", "top_images"),
    "05": ("page_1", "attention", "weights"),
    "06": ("curves", "ablation", "needed"),
    "07": ("sentences", "pictures", "curves"),
}


def drift(source: Path) -> str | None:
    """Says how a notebook differs from its source in cells, or None."""
    path = HERE / f"{source.stem}.ipynb"
    if not path.exists():
        return f"{path.name} is missing"
    wanted = [(cell.cell_type, cell.source) for cell in jupytext.read(source).cells]
    found = [(cell.cell_type, cell.source) for cell in nbformat.read(path, 4).cells]
    if wanted != found:
        return f"{path.name} differs from source/{source.name}: run `make notebooks`"
    return None


def build(source: Path) -> None:
    """Runs one notebook and writes it beside this file when every cell has succeeded."""
    notebook = jupytext.read(source)
    notebook.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{source.stem[:2]}-{number:02d}"  # stable, so that a rebuild shows real changes only
    with tempfile.TemporaryDirectory() as folder:
        plain, done, figures = (Path(folder) / name for name in ("plain.ipynb", "done.ipynb", "figures"))
        os.environ["VSE_LESSONS_FIGURES"] = str(figures)
        nbformat.write(notebook, plain)
        print(f"running {source.stem}", flush=True)
        papermill.execute_notebook(
            str(plain), str(done), cwd=folder, kernel_name="python3", progress_bar=sys.stderr.isatty()
        )
        result = strip(nbformat.read(done, 4))
        nbformat.write(result, done)
        size = done.stat().st_size
        if size > LIMIT:
            raise SystemExit(f"{source.stem}.ipynb would be {size >> 10} KB; the limit is {LIMIT >> 10} KB")
        with atomic_path(HERE / f"{source.stem}.ipynb") as target:
            target.write_bytes(done.read_bytes())
        keep_figures(figures, source.stem[:2])


def keep_figures(made: Path, number: str) -> None:
    """Compresses the figures of a lesson that are committed, and removes its others from `figures/`."""
    wanted = {f"{number}_{name}.png" for name in SHOWN.get(number, ())}
    for path in FIGURES.glob(f"{number}_*.png"):
        if path.name not in wanted:
            path.unlink()
    for path in sorted(made.glob("*.png")):
        if path.name in wanted:
            compress(path, FIGURES / path.name)


def compress(path: Path, target: Path) -> None:
    """Writes a figure as PNG of 256 colours, at most `WIDTH` pixels wide."""
    with Image.open(path) as picture:
        small = picture.convert("RGB")
    if small.width > WIDTH:
        size = (WIDTH, round(small.height * WIDTH / small.width))
        small = small.resize(size, Image.Resampling.LANCZOS)
    with atomic_path(target) as temporary:
        small.quantize(256).save(temporary, format="png", optimize=True)


def strip(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leaves static outputs: no widget views or state, no progress bars, no timestamps."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [kept for output in cell.outputs if (kept := _static(output))]
    return notebook


def _static(output: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    if output.output_type == "stream" and output.name == "stderr":
        return None
    data = output.get("data", {})
    if "application/vnd.jupyter.widget-view+json" in data:
        return None
    return output


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="numbers of lessons, such as 03; all by default")
    parser.add_argument("--check", action="store_true", help="only compare notebooks with sources")
    arguments = parser.parse_args()
    chosen = [s for s in SOURCES if not arguments.lessons or s.stem[:2] in arguments.lessons]
    if arguments.check:
        found = [message for source in chosen if (message := drift(source))]
        raise SystemExit("\n".join(found) or 0)
    for source in chosen:
        build(source)


if __name__ == "__main__":
    main()

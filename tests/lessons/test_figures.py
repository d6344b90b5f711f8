"""The figures that README and docs show, and how a build keeps them small."""

import re

import numpy as np
from helpers import ROOT
from lessons.test_notebooks import builder
from PIL import Image

FIGURES = ROOT / "figures"


def test_figures_are_few_and_small():
    files = list(FIGURES.iterdir())
    assert {path.name for path in files} == {
        f"{number}_{name}.png" for number, names in builder.SHOWN.items() for name in names
    }
    assert sum(path.stat().st_size for path in files) < 4 << 20
    for path in files:
        with Image.open(path) as picture:
            assert picture.width <= builder.WIDTH, path.name


def test_every_figure_that_is_shown_is_there():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {name for page in pages for name in re.findall(r"figures/(\w+\.png)", page.read_text("utf-8"))}
    assert named and {name for name in named if not (FIGURES / name).is_file()} == set()


def test_a_build_keeps_the_figures_that_are_shown(tmp_path, monkeypatch):
    made, kept = tmp_path / "made", tmp_path / "figures"
    made.mkdir()
    kept.mkdir()
    monkeypatch.setattr(builder, "FIGURES", kept)
    noise = np.random.default_rng(0).integers(0, 255, (300, 2000, 3), np.uint8)
    for name in ("03_tsne.png", "03_hit.png"):
        Image.fromarray(noise).save(made / name)
    for name in ("03_old.png", "01_contact_sheet.png"):
        Image.fromarray(noise).save(kept / name)
    builder.keep_figures(made, "03")
    assert {path.name for path in kept.iterdir()} == {"03_tsne.png", "01_contact_sheet.png"}
    with Image.open(kept / "03_tsne.png") as picture:
        assert picture.size == (1600, 240) and picture.mode == "P"
    assert (kept / "03_tsne.png").stat().st_size < (made / "03_tsne.png").stat().st_size / 2

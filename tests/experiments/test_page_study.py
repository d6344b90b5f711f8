from dataclasses import replace

import pytest

from vse_lessons.common.files import DataError
from vse_lessons.experiments import artpedia as page_study
from vse_lessons.experiments.artpedia import (
    CLAIMS,
    CRITICS,
    PageCell,
    published,
    report,
    run_cell,
)
from vse_lessons.experiments.artpedia import (
    page_study as grid,
)
from vse_lessons.experiments.claims import HOLDS, Arm, Results
from vse_lessons.experiments.table import Table


def test_cells_are_configurations():
    config = PageCell("global + bce", "lambda_w=0.25").config()
    assert (config.similarity, config.page_loss, config.lambda_w) == ("global", "bce", 0.25)
    slow = PageCell(page_study.ATTENDING, "lambda_w=0.5", "published_rate").config()
    assert slow.optimization.learning_rate == 1e-6 and slow.optimization.epochs == config.optimization.epochs


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": "scan"}, "unknown model 'scan'"),
        ({"ablation": "glove"}, "unknown ablation 'glove'"),
        ({"setting": "half"}, "unknown setting 'half'"),
        ({"setting": "lambda_w=2"}, "lambda_w is 2.0"),
        ({"preset": "poster"}, "unknown preset"),
    ],
)
def test_unknown_cells(wrong, message):
    with pytest.raises(DataError, match=message):
        replace(PageCell(page_study.ATTENDING), **wrong)


def test_the_papers_tables_as_rows():
    paper = published()
    best = paper.rows(page_study.arm("cross_attention + intra", 0.75, "pretrained"))[0]
    assert best["ap"]["pages"] == 86.5 and best["among_10"] == {
        "i2t R@1": 29.5,
        "i2t R@5": 57.2,
        "t2i R@1": 23.7,
        "t2i R@5": 71.2,
    }
    assert best["among_100"]["i2t R@5"] == 22.7 and best["among_50"]["t2i R@1"] == 5.8
    row = paper.rows(page_study.arm("global + intra", 0.5, "learned"))[0]
    assert row["ap"]["pages"] == 50.2 and row["among_100"]["t2i R@5"] == 5.1
    assert paper.rows(page_study.arm("cross_attention + bce", 0.0, "learned"))[0]["ap"]["pages"] == 42.6


def test_what_the_paper_claims_its_own_figures_say():
    """But for one: text-to-image recall does not rise in it at every N."""
    paper = published()
    smallest = {claim.text: min(paper.measure(c).mean for c in claim.contrasts) for claim in CLAIMS}
    fails = [text for text, value in smallest.items() if value <= 0]
    assert fails == ["So does text-to-image recall"]


def test_the_grid_has_what_the_claims_compare():
    seeds = {}
    for cell in grid():
        seeds.setdefault(Arm(cell.model, cell.setting, cell.ablation), set()).add(cell.seed)
    for claim in (*CLAIMS, *CRITICS):
        for contrast in claim.contrasts:
            shared = set.intersection(*(seeds[arm] for arm in contrast.plus + contrast.minus))
            assert len(shared) >= 3, claim.text
    assert len(set(grid())) == len(list(grid()))


def test_a_run_gives_every_figure_of_both_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(page_study, "storybook_vectors", lambda dimensions: None)
    cells = [
        PageCell(page_study.ATTENDING, "lambda_w=0.0", "pretrained", preset="smoke"),
        PageCell("blind", "lambda_w=0.0", preset="smoke"),
    ]
    table = Table(tmp_path / "pages.jsonl")
    for cell in cells:
        table.append(run_cell(cell))
    assert table.missing(cells) == []
    row, blind = table.rows()
    assert set(row["ap"]) == set(blind["ap"]) == {"pages", "pooled"}
    for size in (10, 50):  # of 60 test pages
        assert set(row[f"among_{size}"]) == {f"{s} R@{k}" for s in ("t2i", "i2t") for k in (1, 5)}
        assert row[f"among_{size}"]["t2i R@1"] <= row[f"among_{size}"]["t2i R@5"]
    assert "among_100" not in row and list(row["shortlist_t2i"]) == ["10", "50"]
    assert list(row["shortlist_i2t"]) == ["10", "50", "100"]
    assert set(row["map"]) == {"image", "visual", "contextual", "cosines"}
    assert len(row["map"]["image"]) == len(row["map"]["contextual"]) > 20
    again = run_cell(cells[0])
    assert again["ap"] == row["ap"] and again["t2i"] == row["t2i"]


def test_the_stored_study_is_complete_and_its_scoreboard_stands_in_the_readme():
    assert Table(page_study.TABLE).missing(grid()) == []
    from test_repository import ROOT

    assert report(page_study.stored()) in (ROOT / "README.md").read_text("utf-8")


def test_a_verdict_needs_every_contrast():
    claim = CLAIMS[0]
    rows = []
    for contrast in claim.contrasts:
        for arm, ap in ((contrast.plus[0], 90.0), (contrast.minus[0], 80.0)):
            rows += [
                {
                    "corpus": "c",
                    "preset": "lesson",
                    "model": arm.model,
                    "setting": arm.setting,
                    "ablation": arm.ablation,
                    "seed": seed,
                    "ap": {"pages": ap + 0.1 * seed},
                }
                for seed in range(3)
            ]
    assert Results(rows, "c").verdict(claim) == HOLDS
    assert Results(rows[3:], "c").verdict(claim) != HOLDS

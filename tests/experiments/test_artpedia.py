from dataclasses import replace

import pytest

from vse_lessons.common.errors import DataError
from vse_lessons.experiments import artpedia
from vse_lessons.experiments.artpedia import (
    ATTENDING,
    BLIND,
    CLAIMS,
    CRITICS,
    GLOBAL,
    PAGES,
    PageCell,
    at,
    paper,
)
from vse_lessons.experiments.claims import HOLDS, Results
from vse_lessons.experiments.grid import Inputs


def test_cells_are_configurations():
    config = PageCell(similarity="global", page_loss="bce", lambda_w=0.25).configuration()
    assert (config.similarity, config.page_loss, config.lambda_w) == ("global", "bce", 0.25)
    slow = PageCell(published_rate=True).configuration()
    assert slow.optimization.learning_rate == 1e-6 and slow.optimization.epochs == config.optimization.epochs
    assert BLIND.configuration() is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"model": "scan"}, "unknown model 'scan'"),
        ({"words": "glove"}, "unknown words 'glove'"),
        ({"similarity": "local"}, "unknown similarity 'local'"),
        ({"page_loss": "hinge"}, "unknown page loss 'hinge'"),
        ({"lambda_w": 2.0}, "lambda_w is 2.0"),
        ({"preset": "poster"}, "unknown preset"),
    ],
)
def test_unknown_cells(wrong, message):
    with pytest.raises(DataError, match=message):
        replace(ATTENDING, **wrong)


def test_the_papers_tables_as_rows():
    figures = paper()
    best, other = at(ATTENDING, 0.75), at(GLOBAL, 0.5, "learned")
    assert figures.values(best, "ap pages") == figures.values(best, "ap pooled") == {0: 86.5}
    among = [
        figures.values(best, f"among_10 {name}")[0] for name in ("i2t R@1", "i2t R@5", "t2i R@1", "t2i R@5")
    ]
    assert among == [29.5, 57.2, 23.7, 71.2]
    assert figures.values(best, "among_100 i2t R@5")[0] == 22.7
    assert figures.values(best, "among_50 t2i R@1")[0] == 5.8
    assert (
        figures.values(other, "ap pages")[0] == 50.2 and figures.values(other, "among_100 t2i R@5")[0] == 5.1
    )
    bce = replace(at(ATTENDING, 0.0, "learned"), page_loss="bce")
    assert figures.values(bce, "ap pages")[0] == 42.6


def test_what_the_paper_claims_its_own_figures_say():
    """But for one: text-to-image recall does not rise in it at every N."""
    figures = paper()
    smallest = {claim.text: min(figures.measure(c).mean for c in claim.contrasts) for claim in CLAIMS}
    assert [text for text, value in smallest.items() if value <= 0] == ["So does text-to-image recall"]


def test_the_grid_has_what_the_claims_compare():
    cells = PAGES.cells("storybook")
    seeds = {}
    for cell in cells:
        seeds.setdefault(replace(cell, seed=0), set()).add(cell.seed)
    for claim in (*CLAIMS, *CRITICS):
        for contrast in claim.contrasts:
            shared = set.intersection(*(seeds[cell] for cell in contrast.plus + contrast.minus))
            assert len(shared) >= 3, claim.text
    assert len(cells) == 76


def test_a_run_gives_every_figure_of_both_tables(monkeypatch):
    monkeypatch.setattr(artpedia, "storybook_vectors", lambda dimensions: None)
    cell = PageCell(lambda_w=0.0, words="pretrained", preset="smoke")
    monkeypatch.setattr(artpedia, "MAPPED", (cell,))
    row, arrays = PAGES.row(cell, Inputs())
    blind = PAGES.row(replace(BLIND, preset="smoke"), Inputs())[0]["metrics"]
    metrics = row["metrics"]
    assert set(metrics["ap"]) == set(blind["ap"]) == {"pages", "pooled"}
    assert set(metrics["auc"]) == set(blind["auc"]) == {"version", "others"}
    assert blind["auc"]["others"] > 0.9 > 0.7 > blind["auc"]["version"], (
        "words alone do not tell versions apart"
    )
    for size in (10, 50):  # of 60 test pages
        among = metrics[f"among_{size}"]
        assert set(among) == {f"{s} R@{k}" for s in ("t2i", "i2t") for k in (1, 5)}
        assert among["t2i R@1"] <= among["t2i R@5"]
    assert "among_100" not in metrics and list(metrics["shortlist_t2i"]) == ["10", "50"]
    assert list(metrics["shortlist_i2t"]) == ["10", "50", "100"]
    assert set(arrays) == {"map/image", "map/visual", "map/contextual", "cosines"}
    assert len(arrays["map/image"]) == len(arrays["map/contextual"]) > 20
    assert PAGES.row(cell, Inputs())[0]["metrics"] == metrics


def test_the_stored_study_is_complete_and_not_stale():
    cells = PAGES.cells("storybook")
    assert PAGES.table.missing({cell: PAGES.digest(cell, None) for cell in cells}) == []


def test_a_verdict_needs_every_contrast():
    claim, rows = CLAIMS[0], []
    for contrast in claim.contrasts:
        for cell, ap in ((contrast.plus[0], 90.0), (contrast.minus[0], 80.0)):
            rows += [
                {"cell": replace(cell, seed=seed).fields(), "metrics": {"ap": {"pages": ap + 0.1 * seed}}}
                for seed in range(3)
            ]
    assert Results(rows, PageCell, "storybook-pages").verdict(claim) == HOLDS
    assert Results(rows[3:], PageCell, "storybook-pages").verdict(claim) != HOLDS

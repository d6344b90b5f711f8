import math

import pytest
from helpers.studies import ToyCell, results, row

from vse_lessons.common.errors import DataError
from vse_lessons.evaluation.contrasts import Contrast, Share
from vse_lessons.experiments.claims import (
    FAILS,
    HOLDS,
    NOT_RUN,
    UNDECIDED,
    Claim,
    Results,
    cells_table,
    claims_table,
    print_means,
    summarize_claim,
    versus,
)

A, B, C, TAGS = (ToyCell(name) for name in ("A", "B", "C", "tags"))
CLAIM = Claim("A is above B", "here", versus(A, B))
BOTH = Claim("A beats both", "here", versus(A, B, C))
NOTHING = Results([], ToyCell, "paper")


@pytest.mark.parametrize(
    "a, b, verdict",
    [
        ((30, 31, 32), (20, 21, 21), HOLDS),
        ((20, 21, 21), (30, 31, 32), FAILS),
        ((30, 20, 25), (25, 25, 24), UNDECIDED),
        ((30,), (20,), UNDECIDED),  # one seed has no interval
        ((30, 31), (), NOT_RUN),
        ((20, 20, 20), (20, 20, 20), UNDECIDED),  # equal is not above
    ],
)
def test_verdicts(a, b, verdict):
    assert results(A=a, B=b).verdict(CLAIM) == verdict


def test_contrasts_are_paired_by_seed():
    """Both vary by 10 points from seed to seed, the difference by a tenth of one."""
    study = results(A=(20, 30, 40), B=(19, 29.1, 38.9))
    measured = study.measure(CLAIM.contrasts[0])
    assert measured.mean == pytest.approx(1.0, abs=0.05) and study.verdict(CLAIM) == HOLDS
    rows = [row("A", 20, 0), row("A", 30, 1), row("B", 19, 1), row("B", 29, 2)]
    assert Results(rows, ToyCell, "toy").by_seed(CLAIM.contrasts[0]) == {1: 11}


def test_a_claim_with_several_contrasts_needs_all_and_falls_with_one():
    assert results(A=(30, 31, 32), B=(20, 21, 22.5), C=(25, 26, 26.5)).verdict(BOTH) == HOLDS
    assert results(A=(30, 31, 32), B=(20, 21, 22.5), C=(35, 36, 36.5)).verdict(BOTH) == FAILS
    assert results(A=(30, 31, 32), B=(20, 21, 22.5), C=(30, 30, 33)).verdict(BOTH) == UNDECIDED
    assert results(A=(30, 31, 32), B=(20, 21, 22.5)).verdict(BOTH) == UNDECIDED
    assert results(A=(30, 31, 32)).verdict(BOTH) == NOT_RUN
    # one that fails decides, whatever was not run
    assert results(A=(30, 31, 32), C=(35, 36, 36.5)).verdict(BOTH) == FAILS


def test_interval_is_students():
    measured = results(A=(1, 2, 3), B=(0, 0, 0)).measure(CLAIM.contrasts[0])
    assert measured.half_width == pytest.approx(4.302653 * 1 / math.sqrt(3), rel=1e-5)
    assert measured.mean == pytest.approx(2)


def test_shares_and_interactions():
    more = {"A": ToyCell("A", share=0.5), "B": ToyCell("B", share=0.5)}
    rows = [row("A", 20), row("A", 40, share=0.5), row("B", 10), row("B", 40, share=0.5)]
    study = Results(rows, ToyCell, "toy")
    assert study.by_seed(Contrast((Share(A, more["A"]),), (Share(B, more["B"]),))) == {0: 25}
    assert study.by_seed(Contrast((A, more["B"]), (B, more["A"]))) == {0: 10}


def test_one_run_of_what_is_not_trained_serves_every_seed():
    study = results(tags=(10,), B=(5, 6, 7))
    assert study.by_seed(versus(TAGS, B)[0]) == {0: 5, 1: 4, 2: 3}


def test_other_corpora_and_presets_are_passed_over():
    rows = [row("A", 1, corpus="moon"), row("A", 2, preset="smoke"), row("A", 3)]
    assert Results(rows, ToyCell, "toy").values(A) == {0: 3}
    assert Results(rows, ToyCell, "toy", "smoke").values(A) == {0: 2}


def test_a_metric_that_a_row_lacks_is_named():
    with pytest.raises(DataError, match=r"the row of .* has no CIDEr"):
        results(A=(1,)).values(A, "CIDEr")
    assert results(A=(1,)).spread(A, "CIDEr") == "–"


def test_the_table_can_say_no():
    text = claims_table([results(A=(20, 21, 21), B=(30, 31, 32))], [CLAIM], NOTHING)
    assert "| A is above B | here | – | -10.3 ± " in text and "**does not hold**" in text
    assert len({line.count("|") for line in text.splitlines()}) == 1
    assert "not run" in claims_table([results(A=(1,))], [CLAIM, BOTH], NOTHING)


def test_a_summary_counts_seeds_and_what_was_not_run():
    assert summarize_claim(results(A=(3,), B=(1,), C=(2,)), BOTH) == "+1.0 to +2.0 (1 seed)"
    assert "2 seeds" in summarize_claim(results(A=(3, 3), B=(1, 2), C=(2, 2)), BOTH)
    assert summarize_claim(results(A=(3,)), BOTH) == "–"
    assert summarize_claim(results(A=(3,), B=(1,)), BOTH) == "+2.0 (1 seed, 1 not run)"
    assert print_means(results(A=(3,), B=(1,), C=(2,)), BOTH) == "+1.0 to +2.0"


def test_cells_are_printed_beside_the_papers_figure():
    paper = Results([row("A", 50, corpus="paper", preset="paper")], ToyCell, "paper", "paper")
    text = cells_table(results(B=(1, 3), A=(2,)), ("model",), ("t2i R@1", "CIDEr"), paper, "t2i R@1")
    assert text.splitlines()[2:] == ["| A | 1 | 2.0 | – | 50.0 |", "| B | 2 | 2.0 ± 12.7 | – | – |"]


def test_a_tidy_frame_has_a_row_a_run():
    frame = results(A=(1, 2), B=(3,)).frame(model="A")
    assert list(frame["t2i R@1"]) == [1, 2] and list(frame["seed"]) == [0, 1]
    assert {"model", "share", "n_pairs", "i2t R@10", "rsum"} <= set(frame.columns)

import math

import pytest
from helpers import ROOT

from vse_lessons.common.files import DataError
from vse_lessons.experiments.claims import (
    CLAIMS,
    CRITICS,
    FAILS,
    HOLDS,
    NOT_RUN,
    UNDECIDED,
    Arm,
    Claim,
    Contrast,
    Results,
    annotations_needed,
    plain,
    published,
    report,
    scoreboard,
    stored,
    summary,
    versus,
)

PAIRS = {"10%x1": 100, "10%x5": 500, "20%x5": 1000, "50%x5": 2500}


def row(model, value, seed=0, setting="10%x5", ablation="full", corpus="toy"):
    recalls = {"R@1": value, "R@5": value + 1, "R@10": value + 2}
    return {
        "corpus": corpus,
        "model": model,
        "setting": setting,
        "ablation": ablation,
        "seed": seed,
        "n_pairs": PAIRS[setting],
        "t2i": recalls,
        "i2t": recalls,
        "rsum": 1.0,
    }


def results(**values):
    return Results([row(m, v, s) for m, vs in values.items() for s, v in enumerate(vs)], "toy")


CLAIM = Claim("A is above B", "here", versus(Arm("A"), Arm("B")))


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
    found = results(A=(20, 30, 40), B=(19, 29.1, 38.9))
    measured = found.measure(CLAIM.contrasts[0])
    assert measured.mean == pytest.approx(1.0, abs=0.05) and found.verdict(CLAIM) == HOLDS
    only_two = Results([row("A", 20, 0), row("A", 30, 1), row("B", 19, 1), row("B", 29, 2)], "toy")
    assert only_two.by_seed(CLAIM.contrasts[0]) == {1: 11}


def test_a_claim_with_several_contrasts_needs_all_and_falls_with_one():
    claim = Claim("A beats both", "here", versus(Arm("A"), Arm("B"), Arm("C")))
    assert results(A=(30, 31, 32), B=(20, 21, 22.5), C=(25, 26, 26.5)).verdict(claim) == HOLDS
    assert results(A=(30, 31, 32), B=(20, 21, 22.5), C=(35, 36, 36.5)).verdict(claim) == FAILS
    assert results(A=(30, 31, 32), B=(20, 21, 22.5), C=(30, 30, 33)).verdict(claim) == UNDECIDED
    assert results(A=(30, 31, 32), B=(20, 21, 22.5)).verdict(claim) == UNDECIDED
    assert results(A=(30, 31, 32)).verdict(claim) == NOT_RUN
    # one that fails decides, whatever was not run
    assert results(A=(30, 31, 32), C=(35, 36, 36.5)).verdict(claim) == FAILS


def test_interval_is_students():
    measured = results(A=(1, 2, 3), B=(0, 0, 0)).measure(CLAIM.contrasts[0])
    assert measured.half_width == pytest.approx(4.302653 * 1 / math.sqrt(3), rel=1e-5)
    assert (measured.low, measured.high) == pytest.approx((2 - 2.4841, 2 + 2.4841), abs=1e-3)


def test_shares_and_interactions():
    rows = [
        row("A", 20),
        row("A", 40, setting="50%x5"),
        row("B", 10),
        row("B", 40, setting="50%x5"),
    ]
    found = Results(rows, "toy")
    kept = Contrast((Arm("A", share_of="50%x5"),), (Arm("B", share_of="50%x5"),))
    assert found.by_seed(kept) == {0: 25}
    gain = Contrast((Arm("A"), Arm("B", "50%x5")), (Arm("B"), Arm("A", "50%x5")))
    assert found.by_seed(gain) == {0: 10}


def test_tags_have_one_row_for_all_seeds():
    found = results(tags=(10,), B=(5, 6, 7))
    contrast = versus(Arm("tags"), Arm("B"))[0]
    assert found.by_seed(contrast) == {0: 5, 1: 4, 2: 3}
    at_another_setting = Contrast((Arm("tags", "50%x5"),), (Arm("B"),))
    assert found.by_seed(at_another_setting) == found.by_seed(contrast)


def test_other_corpora_are_left_out():
    assert Results([row("A", 1, corpus="moon")], "toy").values(Arm("A")) == {}


def test_published_figures_say_what_the_paper_says():
    paper = published()
    assert paper.values(Arm("A3VSE"))[0] == 32.0
    assert paper.values(Arm("SCAN", "50%x5"), "i2t", "R@10")[0] == 87.5
    by_text = {claim.text: plain(paper, claim) for claim in CLAIMS}
    assert by_text["A3VSE is above SCAN in all nine sparse settings"] == "+4.2 to +18.7"  # section 4.4
    assert by_text["Regional semantics help"] == "+8.6"
    assert by_text["Adversarial alignment helps"] == "+1.1"
    for claim in CLAIMS:
        assert "–" not in plain(paper, claim), f"the paper has no figures for {claim.text!r}"
        values = [value for contrast in claim.contrasts for value in paper.by_seed(contrast).values()]
        assert min(values) > claim.minimum, f"the paper's own figures are against {claim.text!r}"


def test_presets_are_not_mixed():
    rows = [{**row("A", 1), "preset": "smoke"}, {**row("A", 1, seed=1), "preset": "lesson"}]
    with pytest.raises(DataError, match="cannot be compared"):
        Results(rows, "toy")


def test_scoreboard_is_a_table_that_can_say_no():
    text = scoreboard([results(A=(20, 21, 21), B=(30, 31, 32))], [CLAIM])
    assert "| A is above B | here | – | -10.3 ± " in text and "**does not hold**" in text
    head, line, *rows = text.splitlines()
    assert len({entry.count("|") for entry in (head, line, *rows)}) == 1
    assert "not run" in scoreboard([results(A=(1,))], CLAIMS + CRITICS)


def test_summary_counts_seeds_and_what_was_not_run():
    claim = Claim("A beats both", "here", versus(Arm("A"), Arm("B"), Arm("C")))
    assert summary(results(A=(3,), B=(1,), C=(2,)), claim) == "+1.0 to +2.0 (1 seed)"
    assert "2 seeds" in summary(results(A=(3, 3), B=(1, 2), C=(2, 2)), claim)
    assert summary(results(A=(3,)), claim) == "–"


def test_annotations_needed_are_read_off_the_curve():
    rows = [row("A", v, setting=s) for s, v in (("10%x1", 10), ("10%x5", 20), ("50%x5", 30))]
    rows += [row("B", v, setting=s) for s, v in (("10%x1", 40), ("10%x5", 50))]
    rows += [row("C", v, setting=s) for s, v in (("10%x1", 1), ("10%x5", 2))]
    needed = annotations_needed(Results(rows, "toy"), ("A", "B", "C", "D"), 25, cut="R@1")
    assert needed == {"A": round(math.sqrt(500 * 2500)), "B": 100, "C": None, "D": None}


def test_the_readme_holds_the_stored_scoreboard():
    readme = (ROOT / "README.md").read_text("utf-8")
    for table in report(stored()).split("\n\n"):
        assert table in readme, "paste what `python -m vse_lessons.experiments.claims` prints into the README"

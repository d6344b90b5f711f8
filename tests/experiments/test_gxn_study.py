import json
from dataclasses import fields, replace

import numpy as np
import pytest
from helpers.corpora import make_corpus

from vse_lessons.blocks.caption_metrics import Cider, bleu
from vse_lessons.common.files import DataError
from vse_lessons.data.text import tokenize
from vse_lessons.experiments import gxn as gxn_study
from vse_lessons.experiments.claims import Results
from vse_lessons.experiments.gxn import (
    HEADER,
    NAMES,
    ROWS,
    GXNCell,
    claims,
    named,
    score,
    storybook_study,
    table_rows,
    what_it_sees,
)
from vse_lessons.models.gxn import GXNConfig, vary
from vse_lessons.sources.storybook.world import sample_scenes


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"ablation": "all"}, "unknown row 'all' of 'GXN'"),
        ({"model": "SCAN"}, "unknown row 'both' of 'SCAN'"),
        ({"model": "VSE++", "ablation": "ranking"}, "unknown row 'ranking' of 'VSE..'"),
    ],
)
def test_unknown_cells(wrong, message):
    with pytest.raises(DataError, match=message):
        replace(GXNCell(), **wrong)


def test_a_row_is_its_variant_and_nothing_else():
    lesson = GXNConfig.lesson()
    assert GXNCell(ablation="both").config() == lesson
    for row in ("ranking", "t2i", "i2t xe", "i2t mix"):
        assert GXNCell(ablation=row).config() == vary(lesson, row)
    for row, similarity in (("order", "order"), ("nonnegative", "cosine")):
        config = GXNCell(ablation=row).config()
        assert config.nonnegative and config.similarity == similarity
        same = replace(config, similarity=lesson.similarity, nonnegative=False, margin=lesson.margin)
        assert same == vary(lesson, "ranking")
    momentum = GXNCell(ablation="momentum").config()
    assert momentum.momentum == 0.9 and replace(momentum, momentum=0.5) == vary(lesson, "t2i")
    unattended = GXNCell(ablation="unattended").config()
    assert not unattended.attends and replace(unattended, attends=True) == vary(lesson, "i2t mix")
    assert GXNCell(preset="smoke").config() == GXNConfig.smoke()
    assert GXNCell(corpus="flickr8k", ablation="t2i").config() == vary(GXNConfig.photographs(), "t2i")


def test_vsepp_has_one_space_as_wide_as_both_and_all_else_alike():
    lesson, other = GXNConfig.lesson(), GXNCell("VSE++", "full").config()
    assert other.dimensions == 2 * lesson.dimensions
    shared = {f.name for f in fields(other)} & {f.name for f in fields(lesson)} - {"dimensions"}
    assert {"margin", "optimization", "max_words", "word_dropout", "region_dropout"} <= shared
    for name in shared:
        assert getattr(other, name) == getattr(lesson, name), name


def test_the_study_is_balanced_seed_by_seed():
    cells = list(storybook_study())
    assert len(cells) == len(set(cells)) == 5 * (len(ROWS) + 1)
    assert [cell.seed for cell in cells] == sorted(cell.seed for cell in cells)


def test_only_who_attends_is_given_all_regions():
    data = make_corpus(20)
    lesson = GXNConfig.lesson()
    for row in ("both", "i2t xe", "i2t mix"):
        assert what_it_sees(vary(lesson, row), data) is data
    for config in (
        vary(lesson, "ranking"),
        vary(lesson, "t2i"),
        replace(lesson, attends=False),
        GXNCell("VSE++", "full").config(),
    ):
        assert what_it_sees(config, data).regions.counts.tolist() == [1] * 20


def test_sentences_are_scored_as_papers_print_it():
    said = [
        ["A red boat near a house .", "the boat"],
        ["A dog runs", "a brown dog in a field"],
        ["two cars", "two red cars on a street"],
    ]
    written = ["a red boat near a house", "a dog in a field", "a dog in a field"]
    found = score(written, said)
    words, references = [tokenize(w) for w in written], [[tokenize(t) for t in of] for of in said]
    assert found["CIDEr"] == pytest.approx(100 * Cider(references).mean(words))
    assert found["CIDEr"] > 20
    assert found["BLEU-4"] == pytest.approx(100 * bleu(words, references)) and found["BLEU-4"] > 20
    assert found["distinct"] == pytest.approx(200 / 3)


def test_things_are_looked_up_by_the_number_of_the_image():
    world = sample_scenes("photo", "smoke")
    number = next(n for n, scene in enumerate(world) if {t.kind for t in scene.things} & {"dog"})
    said = [["a dog", "the dog", "dogs"]]
    assert named(["a hound"], np.array([number]), said, "smoke") == (100.0, 1)
    assert named(["a cow"], np.array([number]), said, "smoke") == (0.0, 1)


def test_a_cell_is_a_row_of_the_table(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path))
    cell = {"preset": "smoke", "ablation": "both", "seed": 1}
    told = {5: lambda n: "a dog", 1: lambda n: f"word {n}"}  # by the width of the beam
    with monkeypatch.context() as patch:
        patch.setattr(
            gxn_study,
            "describe",
            lambda model, corpus, images, width: [told[width](n) for n in range(len(images))],
        )
        assert gxn_study.main(["--cell", json.dumps(cell)]) == 0
    row = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert row | cell == row and row["split"] == "test" and row["epochs"] == 2
    assert {"CIDEr", "BLEU-4", "named", "named_greedy", "agreed", "layout_rank", "seconds"} <= set(row)
    assert 1 <= row["layout_rank"] <= row["n_images"] and 0 <= row["named"] <= 100
    assert row["distinct"] == pytest.approx(100 / row["n_images"]) and row["distinct_greedy"] == 100
    assert set(row["curves"]) == set(gxn_study.CURVES)
    assert row["curves"]["cider_greedy"][0] is None and row["curves"]["cider_greedy"][1] >= 0
    plain = gxn_study.run_cell(GXNCell("VSE++", "full", 1, preset="smoke"))
    assert plain["n_pairs"] == row["n_pairs"] and not {"CIDEr", "layout_rank"} & set(plain)
    assert set(plain["curves"]) == {"rsum"} and len(plain["curves"]["rsum"]) == 2
    rows = [row | {"preset": "lesson"}, plain | {"preset": "lesson"}]
    lines = {line[0]: line[1:] for line in table_rows(Results(rows, "storybook"))}
    both = lines[f"{NAMES['both']} (1 seed)"]
    assert len(both) == len(HEADER) - 1
    assert both[HEADER.index("agreed things named (%)") - 1].startswith(f"{row['named']:.1f}")
    assert both[HEADER.index("sum") - 1].startswith(f"{row['rsum']:.1f}")
    assert lines["VSE++, one space (1 seed)"][4].startswith(f"{plain['rsum']:.1f}")
    assert lines[f"{NAMES['t2i']} (0 seeds)"][0] == lines[f"{NAMES['t2i']} (0 seeds)"][4]


def test_every_image_is_described_by_the_beam_that_is_asked_for():
    class Writer:
        device = "cpu"

        def describe(self, batch, width):
            return [f"{image} {width}" for image in batch.index.tolist()]

    found = gxn_study.describe(Writer(), make_corpus(300), np.arange(299, -1, -1), 3)
    assert found == [f"{image} 3" for image in range(299, -1, -1)]


def test_the_command_line_names_what_is_missing(capsys):
    with pytest.raises(SystemExit):
        gxn_study.main([])
    assert "name a study" in capsys.readouterr().err


def test_every_claim_is_about_rows_of_the_study():
    known = {(cell.model, cell.ablation) for cell in storybook_study()}
    found = claims()
    assert len(found) == 18 and len({claim.text for claim in found}) == 18
    for claim in found:
        for contrast in claim.contrasts:
            for arm in (*contrast.plus, *contrast.minus):
                assert (arm.model, arm.ablation) in known

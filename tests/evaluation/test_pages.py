from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.corpora import make_pages
from helpers.small_models import SMALL_ARTPEDIA as SMALL
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from vse_lessons.common.files import DataError
from vse_lessons.data.sparse import sparsify
from vse_lessons.evaluation.among import recalls_among, subset_recalls
from vse_lessons.evaluation.pages import (
    PageScores,
    average_precision,
    chance_precision,
    evaluate_pages,
    measure_pages,
    page_precisions,
    score_pages,
    version_areas,
)
from vse_lessons.evaluation.retrieval import embed, similarities
from vse_lessons.models.artpedia import Artpedia
from vse_lessons.models.baselines.vsepp import VSEPP, VSEPPConfig


def scores(pages):
    """From lists of (score, visual) a page."""
    rows = [(score, visual, page) for page, own in enumerate(pages) for score, visual in own]
    values, visual, page = (np.asarray(column) for column in zip(*rows))
    return PageScores(values.astype(float), visual.astype(bool), page, np.arange(len(rows)))


def literal_precision(ranked):
    """Mean of the precision at each visual sentence of a list of (score, visual) without ties."""
    hits, total = 0, 0.0
    for place, (_, visual) in enumerate(sorted(ranked, reverse=True), 1):
        if visual:
            hits += 1
            total += hits / place
    return 100 * total / hits


def test_average_precision_over_pages_and_pooled():
    pages = [[(0.9, 1), (0.8, 0), (0.7, 1)], [(0.2, 0), (0.1, 1)], [(0.5, 1)], [(0.6, 0), (0.4, 0)]]
    found = scores(pages)
    assert found.skipped == 2 and found.complete.tolist() == [0, 1]
    expected = [literal_precision(page) for page in pages[:2]]
    assert list(page_precisions(found).values()) == pytest.approx(expected)
    assert average_precision(found) == pytest.approx(np.mean(expected))
    assert average_precision(found, "pooled") == pytest.approx(literal_precision(pages[0] + pages[1]))
    with pytest.raises(DataError, match="unknown average 'macro'"):
        average_precision(found, "macro")


@given(
    st.lists(
        st.lists(st.tuples(st.floats(-9, 9), st.booleans()), min_size=2, max_size=6),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=60, deadline=None)
def test_precision_of_a_page_is_between_its_worst_and_100(pages):
    found = scores(pages)
    for page, value in page_precisions(found).items():
        visual = sum(v for _, v in pages[page])
        worst = literal_precision([(-v, v) for _, v in pages[page]])
        assert worst - 1e-9 <= value <= 100 + 1e-9 and visual


def test_constant_scores_get_the_share_of_visual_sentences():
    found = scores([[(0.5, 1), (0.5, 0), (0.5, 0), (0.5, 0)]])
    assert average_precision(found) == pytest.approx(25) == average_precision(found, "pooled")


def test_chance_is_what_random_scores_get():
    found = scores([[(0.5, 1), (0.1, 0)]] * 40)
    assert chance_precision(found) == pytest.approx(75, abs=2)  # first or second: (100 + 50) / 2


@pytest.fixture(scope="module")
def known():
    corpus = make_pages()
    training = sparsify(corpus, 1.0, None)
    return corpus, training, Artpedia.build(SMALL, training)


def test_each_sentence_is_scored_against_its_own_image(known):
    corpus, _, model = known
    images = corpus.images("test")
    found = score_pages(model, corpus, images, block=7)
    assert sorted(found.sentence) == sorted(np.concatenate([corpus.sentences_of[i] for i in images]))
    for row in (0, len(found.scores) - 1):
        s = found.sentence[row]
        alone = model.pair_scores(corpus.regions.batch([corpus.image_of[s]]), [corpus.sentences[s]])
        assert found.scores[row] == pytest.approx(alone.item(), abs=1e-5)
        assert found.visual[row] == (corpus.kinds[s] == "visual")


def test_any_model_ranks_a_page_by_its_similarity(known):
    corpus, training, _ = known
    model = VSEPP.build(VSEPPConfig.smoke(), training)
    found = score_pages(model, corpus, corpus.images("test"))
    s = found.sentence[3]
    seen = model.encode_images(corpus.regions.batch([corpus.image_of[s]]))
    expected = model.similarity(seen, model.encode_sentences([corpus.sentences[s]]))
    assert found.scores[3] == pytest.approx(expected.item(), abs=1e-5)


def test_pages_of_one_kind_only_are_refused(known):
    corpus, _, model = known
    only_visual = [i for i in corpus.images("train") if not len(corpus.contextual_of[i])]
    with pytest.raises(DataError, match=r"none of these \d+ pages has both visual and contextual"):
        score_pages(model, corpus, only_visual)


def test_a_model_that_has_diverged_gets_no_figure(known):
    corpus, training, _ = known
    broken = Artpedia.build(SMALL, training)
    torch.nn.init.constant_(broken.image_encoder.layer.weight, float("nan"))
    with pytest.raises(DataError, match="is NaN or infinite"):
        score_pages(broken, corpus, corpus.images("test"))
    with pytest.raises(DataError, match="NaN or infinite"):
        subset_recalls(broken, embed(broken, corpus, corpus.images("test")), sizes=(5,))


# --- recall among N -------------------------------------------------------------------------------


def literal_rank(matrix, owners, query, chosen, side):
    """Among the drawn images only, one comparison at a time."""
    if side == "t2i":
        return 1 + sum(matrix[j][query] >= matrix[owners[query]][query] for j in chosen)
    best = max(matrix[query][s] for s in range(len(owners)) if owners[s] == query)
    return 1 + sum(matrix[query][s] >= best for s in range(len(owners)) if owners[s] in chosen)


@pytest.mark.parametrize("size", [2, 5, 12])
def test_recall_among_n_is_that_of_all_draws(size):
    """The mean over very many draws is the expectation, which for sentences is hypergeometric."""
    generator = torch.Generator().manual_seed(0)
    owners = torch.tensor([0, 0, 1, 2, 3, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    matrix = torch.randn(12, len(owners), generator=generator)
    found = recalls_among(matrix, owners, size, draws=400, seed=1)
    for k in (1, 5):
        expected = np.mean(
            [
                hypergeom.cdf(k - 1, 11, int((matrix[:, s] >= matrix[o, s]).sum()) - 1, size - 1)
                for s, o in enumerate(owners.tolist())
            ]
        )
        assert found["t2i"][f"R@{k}"].mean == pytest.approx(100 * expected, abs=2)
    if size == 12:  # nothing is drawn: every image is there
        ranks = [
            literal_rank(matrix.tolist(), owners.tolist(), q, [j for j in range(12) if j != q], "i2t")
            for q in range(12)
        ]
        for k in (1, 5):
            spread = found["i2t"][f"R@{k}"]
            assert spread.mean == pytest.approx(100 * np.mean(np.asarray(ranks) <= k))
            assert spread.deviation == pytest.approx(0)


def test_images_look_among_all_sentences_of_the_drawn_images():
    """With two images there is one draw: both directions by hand."""
    owners = torch.tensor([0, 0, 1])
    matrix = torch.tensor([[0.2, 0.9, 0.3], [0.5, 0.1, 0.4]])
    found = recalls_among(matrix, owners, 2, draws=2)
    assert found["i2t"]["R@1"].mean == 50  # image 1: its sentence 0.4 is below 0.5
    assert found["t2i"]["R@1"].mean == pytest.approx(200 / 3)  # the first sentence finds image 1


def test_constant_scores_find_nothing():
    found = recalls_among(torch.zeros(8, 8), torch.arange(8), 6, draws=3)
    assert {s.mean for side in found.values() for s in side.values()} == {0.0}


def test_one_retrievable_item_is_always_found():
    found = recalls_among(torch.randn(4, 4), torch.arange(4), 1)
    assert found["t2i"]["R@1"].mean == found["i2t"]["R@1"].mean == 100


def test_images_without_a_sentence_are_left_out():
    matrix = torch.randn(5, 4)
    with_empty = recalls_among(matrix, torch.tensor([0, 1, 3, 4]), 3, seed=2)
    assert with_empty == recalls_among(matrix[[0, 1, 3, 4]], torch.arange(4), 3, seed=2)


def test_the_seed_draws_and_draws_have_a_spread(known):
    corpus, _, model = known
    embedded = embed(model, corpus, corpus.images("test"))
    first, again = (subset_recalls(model, embedded, (5, 10), draws=6, seed=3) for _ in range(2))
    assert first == again and first != subset_recalls(model, embedded, (5, 10), draws=6, seed=4)
    assert first[5]["t2i"]["R@1"].deviation > 0
    assert first[5] == recalls_among(similarities(model, embedded), embedded.image_of, 5, 6, 3)


@pytest.mark.parametrize(
    ("size", "draws", "message"),
    [
        (5, 1, "N = 5 retrievable items, but there are 4 images with a sentence"),
        (0, 1, "N = 0"),
        (2, 0, "0 draws: make at least one"),
    ],
)
def test_impossible_protocols(size, draws, message):
    with pytest.raises(DataError, match=message):
        recalls_among(torch.randn(4, 4), torch.arange(4), size, draws)


def test_every_figure_of_pages_in_one_row():
    corpus = replace(make_pages(), built_in=True)
    model = Artpedia.build(SMALL, sparsify(corpus, 1.0, None, 0), seed=0)
    figures = evaluate_pages(model, corpus, "train", seed=3, draws=2)
    found = score_pages(model, corpus, corpus.images("train"))
    assert figures["ap"] == {a: average_precision(found, a) for a in ("pages", "pooled")}
    assert figures["pages_skipped"] == found.skipped
    embedded = embed(model, corpus, corpus.images("train", annotated=True))
    among = recalls_among(similarities(model, embedded), embedded.image_of, 10, 2, 3)
    assert figures["among_10"]["i2t R@1"] == among["i2t"]["R@1"].mean
    assert figures["deviation_10"]["t2i R@5"] == among["t2i"]["R@5"].deviation
    assert set(figures["shortlist_t2i"]["10"]) >= {"R@1", "R@10"}
    assert "rsum" in figures and "auc" in figures
    assert "auc" not in measure_pages(found, make_pages())


def test_areas_ask_apart_for_sentences_about_a_version():
    corpus = make_pages()
    texts = [
        "In the version of 1700 a dog sleeps .",
        "In another version a cat .",
        "A dog .",
        "Sold in 1900 .",
    ]
    corpus = replace(corpus, sentences=(*texts, *corpus.sentences[4:]))
    found = PageScores(
        np.array([2.0, 1.0, 0.0, 3.0]), np.array([True, False, True, False]), np.zeros(4, int), np.arange(4)
    )
    assert version_areas(found, corpus) == {"version": 1.0, "others": 0.0}

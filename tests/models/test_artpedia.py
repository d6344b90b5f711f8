from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from helpers import literal_artpedia as literal
from helpers.corpora import assert_resumes, make_pages
from helpers.small_models import SMALL_ARTPEDIA as SMALL
from torch.nn import functional as F

from vse_lessons.common.files import DataError
from vse_lessons.data.sparse import sparsify
from vse_lessons.data.word_vectors import WordVectors
from vse_lessons.evaluation.pages import average_precision, page_criterion, score_pages
from vse_lessons.evaluation.retrieval import embed, evaluate_embedded
from vse_lessons.models.artpedia import (
    Artpedia,
    ArtpediaConfig,
    intra_page_loss,
    page_cross_entropy,
)
from vse_lessons.models.base import Batch, Optimization, Pairs
from vse_lessons.training.batches import BatchSchedule
from vse_lessons.training.loop import fit

VARIANTS = [(s, p) for s in ("cross_attention", "global") for p in ("intra", "bce")]


@pytest.fixture
def training():
    return sparsify(make_pages(), 1.0, None)


def variant(similarity, page_loss, **more):
    return replace(SMALL, similarity=similarity, page_loss=page_loss, **more)


def first_batch(training, size=10):
    return Batch(next(BatchSchedule(training, size, 0).epoch(0))[0], None, 0.5)


def test_published_hyper_parameters():
    config = ArtpediaConfig.paper()
    assert (config.dimensions, config.word_dimensions, config.regions) == (512, 300, 20)
    assert (config.margin, config.temperature) == (0.2, 6.0)
    chosen = config.optimization
    assert (chosen.learning_rate, chosen.batch_size, chosen.clip, chosen.decay_after) == (
        1e-6,
        128,
        2.0,
        15,
    )
    how = config.attention
    assert how.directions == ("t2i", "i2t") and how.pool == "mean" and not how.normalized


def test_similarity_is_equations_1_to_5(training):
    model = Artpedia.build(SMALL, training).eval()
    images = model.encode_images(training.corpus.regions.batch(training.annotated[:5]))
    sentences = model.encode_sentences(training.training_sentences[:4])
    expected = literal.similarities(images, sentences)
    torch.testing.assert_close(model.similarity(images, sentences), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        model.pair_similarity(images[:4], sentences), expected.diagonal(), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("lambda_w", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("similarity", ["cross_attention", "global"])
def test_the_objective_is_equations_6_and_7(training, similarity, lambda_w):
    model = Artpedia.build(variant(similarity, "intra", lambda_w=lambda_w), training).eval()
    batch = first_batch(training)
    pairs = batch.pairs
    images = model.encode_images(pairs.images)
    if similarity == "global":
        compare = lambda a, b: F.cosine_similarity(a, b, dim=0)  # noqa: E731
        entities = list(images)
        read = lambda texts: list(model.encode_sentences(texts))  # noqa: E731
    else:
        compare = literal.similarity
        entities = [v[m] for v, m in zip(images.values, images.mask)]

        def read(texts):
            found = model.encode_sentences(texts)
            return [e[m] for e, m in zip(found.values, found.mask)]

    told = read(pairs.sentences)
    scores = [[compare(v, e) for e in told] for v in entities]
    rows = [b for b, text in enumerate(pairs.contextual) if text is not None]
    assert 0 < len(rows) < len(pairs.contextual), "a page without contextual sentences takes part"
    wrong = [compare(entities[b], e) for b, e in zip(rows, read([pairs.contextual[b] for b in rows]))]
    expected = lambda_w * literal.inter(scores, pairs.owners.tolist()) + (1 - lambda_w) * literal.intra(
        [scores[b][b] for b in rows], wrong
    )
    torch.testing.assert_close(model.loss(batch).total, torch.as_tensor(expected), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("similarity", ["cross_attention", "global"])
def test_cross_entropy_stands_in_for_the_intra_page_loss(training, similarity):
    """Section 5.2: two fully-connected layers of H and 1 on the mean region and the last states."""
    model = Artpedia.build(variant(similarity, "bce", lambda_w=0.0), training).eval()
    batch = first_batch(training)
    first, _, second = model.classifier
    assert first.out_features == SMALL.dimensions and second.out_features == 1

    def odds(image, text):
        seen = model.encode_images(training.corpus.regions.batch([image]))
        seen = seen if similarity == "global" else seen.values[seen.mask].mean(0, keepdim=True)
        words = model.vocabulary.encode([text], 82)[0]
        embedded, gru = model.text_encoder.embedding(words), model.text_encoder.gru
        last = gru(embedded)[1].mean(0)  # h_n of both directions, without padding
        return second(first(torch.cat([seen, last], 1)).relu())[0, 0]

    terms = []
    for b, image in enumerate(batch.pairs.owners.tolist()):
        terms.append(-F.logsigmoid(odds(image, batch.pairs.sentences[b])))
        if batch.pairs.contextual[b] is not None:
            terms.append(-F.logsigmoid(-odds(image, batch.pairs.contextual[b])))
    torch.testing.assert_close(model.loss(batch).total, torch.stack(terms).mean())


def test_two_visual_sentences_of_a_page_are_no_negatives(training):
    """They are of one image; the hardest negative comes from another page."""
    model = Artpedia.build(variant("cross_attention", "intra", lambda_w=1.0), training).eval()
    corpus = training.corpus
    image = next(int(i) for i in training.annotated if len(corpus.visual_of[i]) > 1)
    rows = corpus.visual_of[image][:2]
    pairs = Pairs(corpus.regions.batch([image, image]), [corpus.sentences[s] for s in rows])
    assert model.loss(Batch(pairs, None, 0.0)).total.item() == 0


def test_the_losses_by_hand():
    visual, contextual = torch.tensor([0.9, 0.3, 0.5]), torch.tensor([0.1, 0.4, 0.4])
    torch.testing.assert_close(intra_page_loss(visual, contextual, 0.2), torch.tensor((0 + 0.3 + 0.1) / 3))
    assert float(intra_page_loss(visual[:0], contextual[:0], 0.2)) == 0
    odds = page_cross_entropy(torch.tensor([2.0, -1.0]), torch.tensor([0.5]))
    expected = (
        -(np.log(1 / (1 + np.exp(-2))) + np.log(1 / (1 + np.exp(1))) + np.log(1 - 1 / (1 + np.exp(-0.5)))) / 3
    )
    assert float(odds) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("similarity", "page_loss"), VARIANTS)
def test_each_variant_learns_to_rank_pages_and_to_find_paintings(training, similarity, page_loss):
    optimization = Optimization(epochs=14, batch_size=16, learning_rate=1e-2, warmup_epochs=14)
    config = variant(similarity, page_loss, optimization=optimization)
    model = Artpedia.build(config, training)
    corpus = training.corpus
    before = average_precision(score_pages(model, corpus, corpus.images("test")))
    run = fit(model, training, optimization, device="cpu", progress=False, criterion=page_criterion(0.5))
    after = average_precision(score_pages(run.model, corpus, corpus.images("test")))
    assert after > max(before, 80)
    found = evaluate_embedded(run.model, embed(run.model, corpus, corpus.images("test")))
    assert found.rsum > 250, "chance is about 160"


@pytest.mark.parametrize(("similarity", "page_loss"), VARIANTS)
def test_company_never_changes_a_score(training, similarity, page_loss):
    model = Artpedia.build(variant(similarity, page_loss), training).eval()
    texts = ["w3 w1", "w1 w2 w3 w4 w5 w6 w7 w8", "in w2"]
    regions = training.corpus.regions
    together = model.pair_scores(regions.batch([0, 1, 2]), texts)
    alone = [model.pair_scores(regions.batch([i]), [texts[i]])[0] for i in range(3)]
    torch.testing.assert_close(together, torch.stack(alone))


def test_attention_is_equation_3(training):
    model = Artpedia.build(SMALL, training).eval()
    batch, texts = (
        training.corpus.regions.batch(training.annotated[:3]),
        training.training_sentences[:3],
    )
    over_words, over_regions = model.attention(batch, texts)
    images, sentences = model.encode_images(batch), model.encode_sentences(texts)
    for b in range(3):
        v = F.normalize(images.values[b, images.mask[b]], dim=-1)
        e = F.normalize(sentences.values[b, sentences.mask[b]], dim=-1)
        for i in range(len(v)):
            weights = [torch.exp(6.0 * v[i] @ e[j]) for j in range(len(e))]
            for j in range(len(e)):
                torch.testing.assert_close(over_words[b, i, j], weights[j] / sum(weights))
        for j in range(len(e)):
            weights = [torch.exp(6.0 * v[i] @ e[j]) for i in range(len(v))]
            for i in range(len(v)):
                torch.testing.assert_close(over_regions[b, i, j], weights[i] / sum(weights))
        assert (over_words[b, len(v) :] == 0).all() and (over_regions[b, :, len(e) :] == 0).all()
    with pytest.raises(DataError, match="has no attention"):
        Artpedia.build(variant("global", "intra"), training).attention(batch, texts)


def test_only_the_surest_regions_are_looked_at(training):
    model = Artpedia.build(replace(SMALL, regions=2), training).eval()
    batch = training.corpus.regions.batch(training.annotated[:6])
    assert model.encode_images(batch).mask.shape[1] == 2
    batch.confidences = torch.rand(batch.mask.shape, generator=torch.Generator().manual_seed(1))
    found = model.encode_images(batch)
    for b in range(6):
        kept = batch.confidences[b, batch.mask[b]].topk(min(2, int(batch.mask[b].sum()))).indices
        expected = model.image_encoder(batch.features[b, batch.mask[b]][kept])
        torch.testing.assert_close(found.values[b, found.mask[b]], expected)


def test_a_run_is_repeated_and_resumed_bit_for_bit(training, tmp_path):
    optimization = Optimization(epochs=5, batch_size=16, learning_rate=5e-3, warmup_epochs=1)
    config = replace(SMALL, optimization=optimization, word_dropout=0.1, region_dropout=0.1)

    def run(*where, **options):
        return fit(
            Artpedia.build(config, training),
            training,
            optimization,
            *where,
            device="cpu",
            progress=False,
            criterion=page_criterion(0.5),
            **options,
        )

    assert_resumes(run, tmp_path)


def test_words_start_from_vectors_of_unlabelled_text(training):
    vectors = WordVectors({"w1": 0, "w2": 1}, torch.eye(2, 4))
    given, fresh = (Artpedia.build(SMALL, training, seed=0, word_vectors=v) for v in (vectors, None))
    row = given.vocabulary.index["w1"]
    started, random = (m.text_encoder.embedding.weight[row] for m in (given, fresh))
    assert started[0] != 0 and (started[1:4] == 0).all() and not torch.equal(started, random)
    other = given.vocabulary.index["w3"]
    torch.testing.assert_close(
        given.text_encoder.embedding.weight[other], fresh.text_encoder.embedding.weight[other]
    )


def test_vectors_wider_than_the_words_are_refused(training):
    with pytest.raises(DataError, match=r"300\) do not fit a matrix .* raise word_dimensions"):
        Artpedia.build(SMALL, training, seed=0, word_vectors=WordVectors({"w1": 0}, torch.ones(1, 300)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"lambda_w": 1.1}, r"lambda_w is 1.1: a weight in \[0, 1\]"),
        ({"lambda_w": -0.1}, "lambda_w is -0.1"),
        ({"lambda_w": float("nan")}, "lambda_w is nan"),
        ({"similarity": "cosine"}, "unknown similarity 'cosine'"),
        ({"page_loss": "hinge"}, "unknown page_loss 'hinge'"),
    ],
)
def test_bad_configurations(wrong, message):
    with pytest.raises(DataError, match=message):
        ArtpediaConfig(**{**asdict(ArtpediaConfig.smoke()), **wrong})


def test_a_corpus_without_contextual_sentences_can_only_find_paintings(corpus):
    training = sparsify(corpus, 1.0, None)
    with pytest.raises(DataError, match="toy has no contextual sentence to learn from"):
        Artpedia.build(SMALL, training)
    config = replace(SMALL, lambda_w=1.0)
    run = fit(
        Artpedia.build(config, training),
        training,
        Optimization(1, 8, 1e-3),
        device="cpu",
        progress=False,
        criterion=page_criterion(1.0),
    )
    assert run.best_score == pytest.approx(run.history[0]["rsum"] / 6)

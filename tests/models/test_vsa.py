import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import literal_vsa
from helpers.corpora import assert_resumes, batch_of, make_corpus, shuffled_pairs
from helpers.small_models import SMALL_VSA as SMALL
from helpers.small_models import VSA_OPTIMIZATION as OPTIMIZATION
from helpers.small_models import vsa_setup as setup
from torch.nn import functional as F

from vse_lessons.blocks.adversarial import domain_objective, reversal_strength
from vse_lessons.blocks.losses import triplet_loss
from vse_lessons.blocks.mmd import mmd2
from vse_lessons.blocks.similarity import cosine
from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionBatch
from vse_lessons.data.sparse import sparsify
from vse_lessons.data.text import PAD, UNKNOWN
from vse_lessons.data.unpaired import Unpaired, unpair
from vse_lessons.evaluation.retrieval import evaluate
from vse_lessons.models.base import Batch, UnpairedBatch
from vse_lessons.models.vsa import VSA, VSAConfig
from vse_lessons.training.batches import BatchSchedule
from vse_lessons.training.loop import fit


def batch(training, count=10, warmup=False, progress=0.5):
    target = training.target
    apart = UnpairedBatch(target.regions.batch(target.images[:9]), list(target.sentences[3:12]))
    return replace(batch_of(training, count, progress=progress, warmup=warmup), target=apart)


def weights(model):
    return torch.cat([value.flatten() for value in model.state_dict().values()])


# --- equations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("warmup", [False, True])
def test_the_objective_is_the_sum_of_its_equations(warmup):
    model, training = setup(
        reconstruct_images=0.7, reconstruct_sentences=0.3, align_images=2.0, align_sentences=3.0
    )
    model.eval()
    given = batch(training, warmup=warmup)
    found = model.loss(given)
    images = [model.encode_images(side.images) for side in (given.pairs, given.target)]
    sentences = [model.encode_sentences(side.sentences) for side in (given.pairs, given.target)]
    ranking = triplet_loss(
        cosine(images[0], sentences[0]), given.pairs.owners, 0.2, "mean" if warmup else "hardest"
    )
    errors = []
    for embeddings, side in zip(images, (given.pairs, given.target)):
        standard = model.image_encoder.standardize(side.images.mean())
        errors.append(literal_vsa.image_error(model.image_decoder(embeddings), standard))
    words = [
        model.vocabulary.encode([text], 30)[0][0].tolist()
        for side in (given.pairs, given.target)
        for text in side.sentences
    ]
    told = literal_vsa.sentence_error(model, torch.cat(sentences), words)
    expected = {
        "pairs": ranking,
        "reconstruct_images": 0.7 * sum(errors) / 2,
        "reconstruct_sentences": 0.3 * told,
        "align_images": 2.0 * mmd2(*images),
        "align_sentences": 3.0 * mmd2(*sentences),
    }
    assert set(found.terms) == set(expected)
    for name, value in expected.items():
        assert float(found.terms[name]) == pytest.approx(float(value), abs=2e-5), name
    assert float(found.monitors["mmd2_images"]) == pytest.approx(float(mmd2(*images)), abs=1e-5)


def test_adversarial_alignment_is_a3vse_s_between_source_and_target():
    model, training = setup("VSA-AE-ADV")
    model.eval()
    given = batch(training, progress=0.3)
    found = model.loss(given)
    weight = VSAConfig.variants["VSA-AE-ADV"]["adversarial"]
    sides = (given.pairs, given.target)
    for side, encode in (("images", model.encode_images), ("sentences", model.encode_sentences)):
        parts = [getattr(domain, side) for domain in sides]
        logits = [model.discriminators[side](encode(part)) for part in parts]
        expected = -weight * float(domain_objective(*logits))
        assert float(found.terms[f"adversarial_{side}"]) == pytest.approx(expected, abs=1e-6)
    assert not [name for name in found.terms if name.startswith("align")]
    # behind gradient reversal the encoder climbs where the discriminator descends
    found.terms["adversarial_images"].backward()
    reversed_gradient = model.image_encoder.layer.weight.grad.clone()
    model.zero_grad()
    plain = -weight * domain_objective(
        *(model.discriminators["images"](model.encode_images(s.images)) for s in (given.pairs, given.target))
    )
    plain.backward()
    gamma = reversal_strength(0.3, model.config.eta)
    torch.testing.assert_close(
        reversed_gradient, -gamma * model.image_encoder.layer.weight.grad, rtol=1e-4, atol=1e-8
    )


@pytest.mark.parametrize(
    ("variant", "terms"),
    [
        ("source", {"pairs"}),
        ("VSA-AE", {"pairs", "reconstruct_images", "reconstruct_sentences"}),
        ("VSA-E-MMD", {"pairs", "align_images", "align_sentences"}),
        (
            "VSA-AE-MMD",
            {"pairs", "reconstruct_images", "reconstruct_sentences", "align_images", "align_sentences"},
        ),
        (
            "VSA-AE-ADV",
            {
                "pairs",
                "reconstruct_images",
                "reconstruct_sentences",
                "adversarial_images",
                "adversarial_sentences",
            },
        ),
    ],
)
def test_a_variant_is_a_set_of_terms(variant, terms):
    model, training = setup(variant)
    assert set(model.loss(batch(training)).terms) == terms
    assert hasattr(model, "image_decoder") == hasattr(model, "text_decoder") == ("AE" in variant)
    # every parameter that a variant has learns from its objective
    model.loss(batch(training)).total.backward()
    assert all(p.grad is not None for p in model.parameters())


def test_every_term_reaches_the_encoders():
    for name in ("reconstruct", "align"):
        for side, encoder in (("images", "image_encoder"), ("sentences", "text_encoder")):
            model, training = setup()
            model.loss(batch(training)).terms[f"{name}_{side}"].backward()
            gradient = sum(float(p.grad.abs().sum()) for p in getattr(model, encoder).parameters())
            assert gradient > 0, (name, side)


def test_embeddings_are_of_unit_length_and_do_not_depend_on_padding():
    model, training = setup()
    model.eval()
    texts = ["w1 w2", "w3", "w1 w2 w3 w4"]
    read = model.encode_sentences(texts)
    torch.testing.assert_close(read.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(read[:1], model.encode_sentences(texts[:1]))
    images = training.corpus.regions.batch([0, 1])
    wider = RegionBatch(F.pad(images.features, (0, 0, 0, 3)), F.pad(images.mask, (0, 3)), images.index)
    torch.testing.assert_close(model.encode_images(images), model.encode_images(wider))


def test_the_error_of_a_sentence_does_not_depend_on_padding():
    model, _ = setup()
    words = model.vocabulary.encode(["w1 w2 w3", "w4"], 30)[0]
    z = F.normalize(torch.randn(2, 12), dim=1)
    both = model.sentence_error(z, words)
    padded = model.sentence_error(z, F.pad(words, (0, 4)))
    torch.testing.assert_close(both, padded)
    one = model.sentence_error(z[1:], words[1:, :1])
    first = model.sentence_error(z[:1], words[:1])
    torch.testing.assert_close(both, (4 * first + 2 * one) / 6)  # words and ends count alike


def test_decoding_is_greedy_ends_itself_and_never_says_unknown():
    model, _ = setup(reconstruct_sentences=1.0)
    model.eval()
    z = F.normalize(torch.randn(5, 12), dim=1)
    said = model.decode(z, max_words=6)
    decoder, table = model.text_decoder, model.text_encoder.embedding.weight
    for row, text in zip(z, said):
        state, before, words = torch.tanh(decoder.start(row)), torch.zeros(table.shape[1]), []
        while len(words) < 6:
            state = literal_vsa.gru_step(decoder.gru, before, state)
            logits = decoder.line(state)
            logits[UNKNOWN] = -torch.inf
            word = int(logits.argmax())
            if word == PAD:
                break
            words.append(model.vocabulary.words[word - 2])
            before = table[word]
        assert text == " ".join(words)
    with pytest.raises(DataError, match="no sentence decoder"):
        setup("VSA-E-MMD")[0].decode(z)


# --- training -------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["VSA-AE-MMD", "VSA-AE-ADV"])
def test_training_never_sees_the_pairs_of_the_target(variant):
    target = make_corpus(80, seed=5)
    runs = []
    for corpus in (target, shuffled_pairs(target)):
        model, training = setup(variant, corpus)
        run = fit(model, training, OPTIMIZATION, device="cpu", progress=False)
        runs.append((weights(run.model), [entry["rsum"] for entry in run.history]))
    assert not np.array_equal(target.image_of, shuffled_pairs(target).image_of)
    torch.testing.assert_close(runs[0][0], runs[1][0], rtol=0, atol=0)
    assert runs[0][1] == runs[1][1]


def test_source_only_never_sees_the_target_at_all():
    plain = sparsify(make_corpus(80), 0.5, 2)
    config = SMALL.with_variant("source")
    alone = fit(VSA.build(config, plain, seed=0), plain, OPTIMIZATION, device="cpu", progress=False)
    beside = plain.with_target(unpair(make_corpus(80, seed=5)))
    model = VSA.build(config, plain, seed=0)
    also = fit(model, beside, OPTIMIZATION, device="cpu", progress=False)
    torch.testing.assert_close(weights(alone.model), weights(also.model), rtol=0, atol=0)


def test_it_resumes_bit_for_bit(tmp_path):
    def run(folder=None, **options):
        model, training = setup()
        return fit(model, training, OPTIMIZATION, folder, device="cpu", progress=False, **options)

    assert_resumes(run, tmp_path)


def test_a_checkpoint_of_another_target_is_refused(tmp_path):
    model, training = setup()
    fit(model, training, replace(OPTIMIZATION, epochs=1), tmp_path, device="cpu", progress=False)
    model, training = setup()
    other = replace(training.target, sentences=(*training.target.sentences[:-1], "w1 w1"))
    with pytest.raises(DataError, match="other parameters"):
        fit(
            model,
            training.with_target(other),
            replace(OPTIMIZATION, epochs=1),
            tmp_path,
            device="cpu",
            progress=False,
        )


def test_alignment_brings_shifted_domains_together():
    target = make_corpus(80, seed=5)
    moved = replace(target.regions, features=(target.regions.features + 1.5).astype(np.float16))
    target = replace(target, regions=moved)
    distances = {}
    for variant in ("VSA-AE", "VSA-AE-MMD"):
        model, training = setup(variant, target, align_images=3.0 * (variant != "VSA-AE"))
        optimization = replace(OPTIMIZATION, epochs=12)
        model = fit(model, training, optimization, device="cpu", progress=False).model
        sides = [model.encode_images(c.regions.batch(c.images("train"))) for c in (training.corpus, target)]
        distances[variant] = float(mmd2(*sides))
    assert distances["VSA-AE-MMD"] < 0.3 * distances["VSA-AE"]


# --- bad input ------------------------------------------------------------------------------------


def test_a_variant_that_adapts_needs_a_target():
    training = sparsify(make_corpus(80), 0.5, 2)
    with pytest.raises(DataError, match=r"there is none.*with_target"):
        VSA.build(SMALL, training)
    assert evaluate(VSA.build(SMALL.with_variant("source"), training), training.corpus, "test").rsum >= 0


def test_an_unknown_variant_is_refused():
    with pytest.raises(DataError, match=r"unknown variant 'VSA'.*VSA-AE-MMD"):
        SMALL.with_variant("VSA")


def test_an_empty_vocabulary_overlap_is_warned_of_with_the_figure():
    training = sparsify(make_corpus(80), 0.5, 2)
    foreign = Unpaired("foreign", training.corpus.regions, np.arange(9), ("uno due", "tre uno", "due"))
    with pytest.warns(UserWarning, match=r"toy holds 0.0 % of the running words of foreign \(0.0 %"):
        VSA.build(SMALL, training.with_target(foreign))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        setup()


def test_a_batch_of_one_is_refused_by_the_alignment():
    model, training = setup()
    target = training.target
    one = UnpairedBatch(target.regions.batch(target.images[:1]), [target.sentences[0]])
    given = Batch(batch_of(training, 4).pairs, None, 0.5, target=one)
    with pytest.raises(DataError, match=r"a sample of 1.*larger batch_size"):
        model.loss(given)


def test_streams_and_model_agree_on_what_a_step_is():
    model, training = setup()
    pairs, weak, target = next(iter(BatchSchedule(training, 8, 0).epoch(0)))
    losses = model.loss(Batch(pairs, weak, 0.0, True, target))
    assert torch.isfinite(losses.total)


def test_statistics_are_those_of_both_domains_as_one_sample():
    target = make_corpus(80, seed=5)
    moved = replace(target.regions, features=(target.regions.features + 1.5).astype(np.float16))
    model, training = setup("VSA-E-MMD", replace(target, regions=moved))
    means = [
        torch.cat([batch.mean() for batch in store.batches(rows)])
        for store, rows in (
            (training.corpus.regions, training.seen),
            (training.target.regions, training.target.images),
        )
    ]
    # each domain counts one half, however many images it has
    mean = sum(m.mean(0) for m in means) / 2
    standard = model.image_encoder.standardize
    torch.testing.assert_close(standard.mean, mean, rtol=1e-4, atol=1e-4)
    spread = sum((m - mean).square().mean(0) + m.var(0) - m.var(0, correction=0) for m in means) / 2
    torch.testing.assert_close(standard.deviation, spread.sqrt(), rtol=1e-4, atol=1e-4)

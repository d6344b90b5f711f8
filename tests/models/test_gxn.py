from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers.corpora import make_corpus
from helpers.corpora import make_pixel_corpus as corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors import safe_open

from vse_lessons.blocks import decoders, generators
from vse_lessons.blocks.caption_metrics import END, Cider
from vse_lessons.blocks.decoders import DecoderInput, log_probabilities, sentence_error
from vse_lessons.blocks.losses import triplet_loss
from vse_lessons.blocks.similarity import order_similarity
from vse_lessons.common.files import DataError
from vse_lessons.data.pictures import Pictures
from vse_lessons.data.pixels import read_pixels
from vse_lessons.data.sparse import sparsify
from vse_lessons.data.text import tokenize
from vse_lessons.models.base import Batch, Optimization
from vse_lessons.models.gxn import GXN, GXNConfig
from vse_lessons.sources.catalogue import Opened, open_corpus, with_pixels
from vse_lessons.sources.detectors.base import Thumbnails
from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.storybook.truth import mentions, share_named
from vse_lessons.sources.storybook.world import sample_scenes
from vse_lessons.training.batches import BatchSchedule
from vse_lessons.training.checkpoints import TrainingState, parameters_of
from vse_lessons.training.conditions import TrainingError
from vse_lessons.training.loop import _descend, fit

OPTIMIZATION = Optimization(epochs=2, batch_size=8, learning_rate=5e-3, warmup_epochs=1, averaging=0.9)
SMALL = replace(GXNConfig.smoke(), min_count=1, reward_after=0.3, drawn=5, optimization=OPTIMIZATION)


def setup(variant="both", config=SMALL, data=None):
    data = corpus() if data is None else data
    data = replace(data, splits=np.array(["train"] * 30 + ["val"] * 10))
    training = sparsify(data, 1.0, 3, 0)
    return GXN.build(config.with_variant(variant), training, seed=0), training


def spoken():
    """The same corpus with three sentences of each image."""
    data = corpus()
    told = [data.sentences[data.sentences_of[image][0]].split() for image in range(40)]
    texts = [" ".join(order) for w in told for order in (w, w[::-1], [*w, w[0]])]
    return replace(
        data,
        sentences=texts,
        image_of=np.repeat(np.arange(40), 3),
        kinds=None,
        splits=np.array(["train"] * 30 + ["val"] * 10),
    )


def batch(training, progress=0.9, warmup=False):
    pairs, _, _ = next(BatchSchedule(training, 8, 0, pixels=True).epoch(0))
    return Batch(pairs, None, progress, warmup)


def test_batch_comes_with_the_pixels_of_its_own_images():
    _, training = setup()
    pairs = batch(training).pairs
    assert pairs.pixels.shape == (8, 3, 64, 64)
    for row, image in enumerate(pairs.owners.tolist()):
        raw = training.corpus.pixels.features[image].astype(np.float32).reshape(64, 64, 3)
        expected = torch.from_numpy(raw / 127.5 - 1).permute(2, 0, 1)
        torch.testing.assert_close(pairs.pixels[row], expected)
    without = next(BatchSchedule(training, 8, 0).epoch(0))[0]
    assert without.pixels is None and without.sentences == pairs.sentences


# --- look -----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 5), st.integers(0, 5), st.integers(1, 6), st.integers(0, 99))
def test_order_violation_is_its_equation(images, sentences, width, seed):
    rng = torch.Generator().manual_seed(seed)
    v = torch.rand(images, width, generator=rng)
    t = torch.rand(sentences, width, generator=rng)
    expected = torch.zeros(images, sentences)
    for i in range(images):
        for j in range(sentences):
            expected[i, j] = -sum(max(0.0, float(a - b)) ** 2 for a, b in zip(v[i], t[j]))
    torch.testing.assert_close(order_similarity(v, t), expected)
    torch.testing.assert_close(order_similarity(v, t, block=2), expected)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 9), st.integers(1, 4), st.integers(1, 11), st.integers(0, 99))
def test_order_in_blocks_is_the_order_of_the_whole(images, sentences, block, seed):
    rng = torch.Generator().manual_seed(seed)
    v, t = torch.randn(images, 5, generator=rng), torch.randn(sentences, 5, generator=rng)
    whole = order_similarity(v, t, block=1000)
    torch.testing.assert_close(order_similarity(v, t, block), whole, rtol=0, atol=0)
    assert whole.shape == (images, sentences) and (whole <= 0).all()
    assert (order_similarity(v.abs().neg(), t.abs()) == 0).all()  # nowhere above the sentence


def test_order_is_computed_in_float32_also_under_autocast():
    v, t = torch.rand(3, 5), torch.rand(2, 5)
    with torch.autocast("cpu", torch.bfloat16):
        found = order_similarity(v.bfloat16(), t.bfloat16())
    assert found.dtype == torch.float32
    expected = order_similarity(v.bfloat16().float(), t.bfloat16().float())
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


@pytest.mark.parametrize("nonnegative", [True, False])
@pytest.mark.parametrize("kind", ["order", "cosine"])
def test_similarity_is_the_sum_of_both_levels(kind, nonnegative):
    model, training = setup(config=replace(SMALL, similarity=kind, nonnegative=nonnegative, high=0.3))
    model.eval()
    pairs = batch(training).pairs
    with torch.no_grad():
        v = model.look(pairs.images)
        t = model.read(model._words(pairs.sentences))
        found = model.similarity(model.encode_images(pairs.images), model.encode_sentences(pairs.sentences))
    for i in range(3):
        for j in range(3):
            if kind == "order":
                level = [-float((a[i] - b[j]).clamp(min=0).pow(2).sum()) for a, b in zip(v, t)]
            else:
                level = [float(a[i] @ b[j]) for a, b in zip(v, t)]
            assert float(found[i, j]) == pytest.approx(0.3 * level[0] + 0.7 * level[1], abs=1e-5)
    for side in (*v, *t):
        torch.testing.assert_close(side.norm(dim=-1), torch.ones(8))
        assert (side >= 0).all() == nonnegative


def test_an_unknown_similarity_or_variant_is_refused():
    with pytest.raises(ValueError, match="order or cosine"):
        GXNConfig(similarity="dot")
    with pytest.raises(DataError, match="unknown variant 'all'"):
        SMALL.with_variant("all")


# --- match ----------------------------------------------------------------------------------------

TERMS = {
    "ranking": set(),
    "t2i": {"pictures", "kl"},
    "i2t xe": {"captions"},
    "i2t mix": {"captions", "reward"},
    "both": {"captions", "reward", "pictures", "kl"},
}


@pytest.mark.parametrize("variant", GXNConfig.variants)
def test_each_row_has_its_terms(variant):
    model, training = setup(variant)
    assert set(model.loss(batch(training)).terms) == TERMS[variant] | {"pairs"}
    early = set(model.loss(batch(training, progress=0.1)).terms)
    assert early == TERMS[variant] - {"reward"} | {"pairs"}
    assert model.reads_pixels == ("pictures" in TERMS[variant])


def written_from(model, images):
    """The subject as the model has it."""
    v, mask = model._look(images)
    return model._subject(images, v[1], mask)


def subject(model, images):
    """What sentences are written from, image by image and region by region."""
    low = model.look(images)[1] * SMALL.dimensions**0.5
    if not model.config.attends:
        return DecoderInput(low)
    regions, prior = torch.zeros(*images.mask.shape, SMALL.dimensions), images.mask.float()
    for b, row in enumerate(images.mask.tolist()):
        for r, there in enumerate(row):
            v = model.image_low(images.features[b : b + 1, r : r + 1])[0, 0]
            v = v.abs() if model.config.nonnegative else v
            label = model.classes.weight[images.classes[b, r]]
            regions[b, r] = v / v.norm() * SMALL.dimensions**0.5 + label
            sure = max(float(images.confidences[b, r]), 1e-4)
            prior[b, r] = np.log(sure) if there else -torch.inf
    return DecoderInput(low, regions, prior)


@pytest.mark.parametrize("attends", [True, False])
@pytest.mark.parametrize("nonnegative", [True, False])
def test_sentences_are_written_from_the_grounded_embeddings(attends, nonnegative):
    config = replace(SMALL, attends=attends, nonnegative=nonnegative)
    model, training = setup("i2t xe", config=config)
    model.eval()
    images = batch(training).pairs.images
    with torch.no_grad():
        found, expected = written_from(model, images), subject(model, images)
    for part in ("embeddings", "regions", "prior"):
        own, other = getattr(found, part), getattr(expected, part)
        if attends or part == "embeddings":
            torch.testing.assert_close(own, other)
        else:
            assert own is None


def test_regions_without_classes_or_confidences_are_attended_to_alike():
    model, training = setup("i2t xe", data=make_corpus(40))
    model.eval()
    images = training.corpus.regions.batch(np.arange(8))
    found = written_from(model, images)
    assert model.classes is None and images.confidences is None
    assert (found.prior[images.mask] == 0).all() and (found.prior[~images.mask] < -1e9).all()
    assert len(model.describe(images)) == 8


def test_sentences_need_the_classes_that_were_learnt_but_matching_does_not():
    model, training = setup("i2t xe")
    model.eval()
    images = training.corpus.regions.batch(np.arange(8))
    expected = model.encode_images(images)
    images.classes = None
    torch.testing.assert_close(model.encode_images(images), expected)
    with pytest.raises(DataError, match="another detector's classes"):
        model.describe(images)
    images.classes = torch.full(images.mask.shape, 3)  # the detector knows 0, 1 and 2
    with pytest.raises(DataError, match="another detector's classes"):
        model.describe(images)


def test_names_of_classes_without_classes_are_no_classes():
    data = make_corpus(40)
    data = replace(data, regions=replace(data.regions, class_names=("a", "b")))
    model, training = setup("i2t xe", data=data)
    assert model.classes is None and torch.isfinite(
        model.loss(Batch(next(BatchSchedule(training, 8, 0).epoch(0))[0], None, 0.1)).total
    )


def test_words_are_drawn_and_scored_in_float32_under_autocast(monkeypatch):
    model, training = setup("i2t mix")
    images = training.corpus.regions.batch(np.arange(8))
    seen = []
    monkeypatch.setattr(
        model.decoder.line,
        "forward",
        lambda x, own=model.decoder.line.forward: seen.append(x.dtype) or own(x),
    )
    with torch.autocast("cpu", torch.bfloat16):
        model.reward_error(written_from(model, images), images.index)
    assert set(seen) == {torch.float32} and len(seen) > 2


@pytest.mark.parametrize(("progress", "warmup"), [(0.1, True), (0.9, False)])
def test_the_objective_is_the_sum_of_its_equations(progress, warmup):
    config = replace(SMALL, captions=0.7, reward=0.4, pictures=0.3, kl=5.0, margin=0.15)
    model, training = setup(config=config)
    model.eval()  # no dropout, and the condition is its mean
    given_ = batch(training, progress, warmup)
    pairs = given_.pairs
    torch.manual_seed(4)
    found = model.loss(given_).terms
    torch.manual_seed(4)
    with torch.no_grad():
        v, words = model.look(pairs.images), model._words(pairs.sentences)
        t = model.read(words)
        scores = 0.5 * v[0] @ t[0].T + 0.5 * v[1] @ t[1].T
        ranking = triplet_loss(scores, pairs.owners, 0.15, "mean" if warmup else "hardest")
        seen = subject(model, pairs.images)
        xe = sentence_error(model.decoder, model.text_low.embedding, seen, words)
        gamma = 0.4 if progress >= 0.3 else 0.0
        expected = {"pairs": ranking, "captions": 0.7 * (1 - gamma) * xe}
        if gamma:
            expected["reward"] = 0.7 * gamma * model.reward_error(seen, pairs.owners)[0]
        # the pictures of the first `drawn` = 5 pairs only
        few = t[1][:5] * config.dimensions**0.5
        mean, log_variance, condition = model.augment(few)
        fake = model.generator(torch.cat([condition, torch.randn(5, config.noise)], -1))
        logits = model.discriminator(fake, few)
        expected["pictures"] = -0.3 * logits.sigmoid().log().mean()
        each = (mean**2 + log_variance.exp() - 1 - log_variance) / 2
        expected["kl"] = 0.3 * 5.0 * each.mean()
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert float(found[name].detach()) == pytest.approx(float(value), abs=1e-5), name


@pytest.mark.parametrize("variant", GXNConfig.variants)
def test_a_row_has_no_parameters_but_those_it_trains(variant):
    model, training = setup(variant)
    given_ = batch(training)
    model.loss(given_).total.backward()
    if model.config.pictures:
        model.adversary_loss(given_).total.backward()
    assert all(p.grad is not None for p in model.parameters())
    assert hasattr(model, "decoder") == ("captions" in TERMS[variant])
    assert hasattr(model, "discriminator") == ("pictures" in TERMS[variant])
    assert (model.reward is not None) == ("reward" in TERMS[variant])


def moved(model, value):
    model.zero_grad()
    value.backward()
    return {
        name.split(".")[0]
        for name, p in model.named_parameters()
        if p.grad is not None and p.grad.abs().sum() > 0
    }


def test_each_term_moves_what_it_should():
    model, training = setup()
    given_ = batch(training)
    terms = model.loss(given_).terms
    shared = {"text_low"}  # its word vectors are also the decoder's
    assert moved(model, terms["captions"]) == {"image_low", "classes", "decoder"} | shared
    terms = model.loss(given_).terms
    assert moved(model, terms["reward"]) == {"image_low", "classes", "decoder"} | shared
    terms = model.loss(given_).terms
    assert {"text_low", "augment", "generator"} <= moved(model, terms["pictures"])
    terms = model.loss(given_).terms
    assert moved(model, terms["kl"]) == {"text_low", "augment"}
    found = model.adversary_loss(given_)
    assert moved(model, found.total) == {"discriminator"}
    adversary = [p for group in model.parameter_groups() if group.adversary for p in group.parameters]
    assert [id(p) for p in adversary] == [id(p) for p in model.discriminator.parameters()]


def parameters(model):
    return {name: value.detach().clone() for name, value in model.named_parameters()}


def changed(before, model):
    return {name for name, value in model.named_parameters() if not torch.equal(before[name], value)}


def test_each_optimiser_moves_its_own_side_only():
    config = replace(SMALL, decoder_rate=4.0, adversary_rate=0.1, momentum=0.4)
    model, training = setup(config=config)
    state = TrainingState(model, OPTIMIZATION, "")
    own, others = (
        {n for n, p in model.named_parameters() if any(p is q for q in parameters_of(optimizer))}
        for optimizer in (state.adversary, state.optimizer)
    )
    everything = {name for name, _ in model.named_parameters()}
    assert own == {name for name in everything if name.startswith("discriminator.")}
    assert others == everything - own
    factors = {group["factor"] for group in state.optimizer.param_groups}
    assert factors == {1.0, 4.0, 0.1}
    assert {group["factor"] for group in state.adversary.param_groups} == {0.1}
    assert {group["betas"] for group in state.adversary.param_groups} == {(0.4, 0.999)}
    playing = {
        n.split(".")[0]
        for n, p in model.named_parameters()
        for group in state.optimizer.param_groups
        if group["betas"] == (0.4, 0.999)
        if any(p is q for q in group["params"])
    }
    assert playing == {"generator", "augment"}
    assert {g["betas"] for g in state.optimizer.param_groups} == {(0.4, 0.999), (0.9, 0.999)}
    given_ = batch(training)
    before = parameters(model)
    _descend(state, state.adversary, model.adversary_loss, given_, 1e-2, 0)
    assert changed(before, model) == own
    before = parameters(model)
    gradients = [p.grad.clone() for p in state.adversary_parameters]
    found = _descend(state, state.optimizer, model.loss, given_, 1e-2, 0)
    # the model's own step computes none of the adversary's
    assert all(torch.equal(p.grad, g) for p, g in zip(state.adversary_parameters, gradients))
    assert {"pictures", "kl", "reward", "captions", "pairs"} <= set(found)
    after = changed(before, model)
    assert not after & own
    assert {n.split(".")[0] for n in after} == {n.split(".")[0] for n in others}
    # the rates: of what is multiplied, too
    assert {group["lr"] for group in state.optimizer.param_groups} == {1e-2, 4e-2, 1e-3}
    assert TrainingState(setup("i2t mix")[0], OPTIMIZATION, "").adversary is None


def test_a_batch_of_one_image_has_nothing_mismatched():
    model, training = setup(data=spoken())
    pairs = batch(training).pairs
    own = training.pairs[training.corpus.image_of[training.pairs] == training.annotated[0]][:2]
    data = training.corpus
    images = data.regions.batch(data.image_of[own])
    one = replace(
        pairs,
        images=images,
        sentences=[data.sentences[row] for row in own],
        pixels=read_pixels(data, data.image_of[own]),
    )
    with pytest.raises(DataError, match="all pairs of a batch are of one image"):
        model.adversary_loss(Batch(one, None, 0.5))


def test_the_discriminator_sees_real_mismatched_and_drawn_pairs(monkeypatch):
    model, training = setup()
    given_ = batch(training)
    seen = {}

    def spy(*logits):
        seen["sizes"] = [len(one) for one in logits]
        seen["logits"] = logits
        return sum(one.sum() for one in logits)

    monkeypatch.setattr(generators, "discriminator_error", spy)
    model.eval()  # spectral norms and dropout then stand still
    model.adversary_loss(given_)
    owners = given_.pairs.owners[:5]
    wrong = owners != owners.roll(1)
    assert seen["sizes"] == [5, int(wrong.sum()), 5]
    t = model.read(model._words(given_.pairs.sentences[:5]))[1] * SMALL.dimensions**0.5
    x = given_.pairs.pixels[:5]
    torch.testing.assert_close(seen["logits"][0], model.discriminator(x, t))
    expected = torch.cat(
        [model.discriminator(x[i : i + 1], t[i - 1 : i] if i else t[-1:]) for i in range(5) if wrong[i]]
    )
    torch.testing.assert_close(seen["logits"][1], expected)


# --- imagine --------------------------------------------------------------------------------------


def test_the_reward_is_that_of_the_equation(monkeypatch):
    model, training = setup("i2t mix")
    pairs = batch(training).pairs
    seen = written_from(model, pairs.images)
    drawn = model._words(pairs.sentences)  # as if it had drawn these
    likeliest = drawn.roll(1, 0)
    answers = iter([drawn, likeliest])
    monkeypatch.setattr(decoders, "write", lambda *_: next(answers))
    monkeypatch.setattr(
        decoders,
        "log_probabilities",
        lambda decoder, table, seen, words: -(words != 0).float() - seen.embeddings.sum() * 0,
    )
    found, baseline = model.reward_error(seen, pairs.owners)
    of = {}
    for row in training.pairs:  # training sentences, and no others
        image = int(training.corpus.image_of[row])
        of.setdefault(image, []).append([*tokenize(training.corpus.sentences[row]), END])
    scorer, place = Cider(list(of.values())), list(of)
    total, greedy = 0.0, 0.0
    for row, image in enumerate(pairs.owners.tolist()):
        texts = [model.vocabulary.decode(words[row : row + 1])[0].split() for words in (drawn, likeliest)]
        r = [scorer.score([*text, END], place.index(image)) for text in texts]
        greedy += r[1] / 8
        total -= (r[0] - r[1]) * -len(texts[0]) / (len(texts[0]) + 1) / 8
    assert float(found.detach()) == pytest.approx(total, abs=1e-5)
    assert baseline == pytest.approx(greedy)


def test_the_reward_s_gradient_is_that_of_the_drawn_sentences(monkeypatch):
    model, training = setup("i2t mix")
    pairs = batch(training).pairs
    seen = written_from(model, pairs.images)
    drawn = model._words(pairs.sentences)
    answers = iter([drawn, drawn.roll(1, 0)])
    monkeypatch.setattr(decoders, "write", lambda *_: next(answers))
    found, _ = model.reward_error(seen, pairs.owners)
    images = pairs.owners.tolist()
    better = np.subtract(
        *(model.reward.of(model.vocabulary.decode(w), images) for w in (drawn, drawn.roll(1, 0)))
    )
    assert np.abs(better).max() > 0.1
    total = 0.0
    for row, advantage in enumerate(better):
        words = drawn[row : row + 1, : int((drawn[row] != 0).sum())]
        one, table = seen[torch.tensor([row])], model.text_low.embedding
        chance = log_probabilities(model.decoder, table, one, words).sum()
        total = total - float(advantage) * chance / (words.shape[1] + 1) / 8
    assert float(found.detach()) == pytest.approx(float(total.detach()), abs=1e-5)
    weight = model.decoder.line.weight
    torch.testing.assert_close(
        *(torch.autograd.grad(value, weight)[0] for value in (found, total)), rtol=1e-4, atol=1e-6
    )


def test_nothing_drawn_is_a_sentence_too(monkeypatch):
    model, training = setup("i2t mix")
    pairs = batch(training).pairs
    none = torch.zeros(8, 0, dtype=torch.int64)
    monkeypatch.setattr(decoders, "write", lambda *_: none)
    found, baseline = model.reward_error(written_from(model, pairs.images), pairs.owners)
    assert float(found.detach()) == 0.0 and baseline >= 0
    first = next(iter(model.reward.place))
    ended = model.reward.of(model.vocabulary.decode(none), [first] * 8)
    assert ended == [model.reward.cider.score([END], 0)] * 8


def test_the_reward_s_references_are_the_training_sentences_of_the_image_only():
    data = spoken()  # three sentences an image
    training = sparsify(data, 0.5, 1, 0)
    model = GXN.build(SMALL.with_variant("i2t mix"), training, seed=0)
    assert set(model.reward.place) == set(training.annotated.tolist())
    assert [len(of) for of in model.reward.cider.references] == [1] * len(training.annotated)
    row = training.pairs[0]
    image = int(data.image_of[row])
    # all other sentences, also the image's own that training may not see, say something else
    told = [
        text if n in set(training.pairs.tolist()) else "w0 w0 w0 w0" for n, text in enumerate(data.sentences)
    ]
    other = GXN.build(SMALL.with_variant("i2t mix"), replace(training, corpus=replace(data, sentences=told)))
    for text in (data.sentences[row], "w0 w0 w0 w0", "w1 w2"):
        words = [*tokenize(text), END]
        score = model.reward.cider.score(words, model.reward.place[image])
        assert score == other.reward.cider.score(words, other.reward.place[image])
        expected = Cider([[[*tokenize(data.sentences[pair]), END]] for pair in training.pairs]).score(
            words, 0
        )
        assert score == pytest.approx(expected)
    assert model.reward.cider.score([*tokenize(data.sentences[row]), END], model.reward.place[image]) > 5


def test_describing_and_drawing_need_their_paths():
    model, training = setup("t2i")
    with pytest.raises(DataError, match="writes no sentences"):
        model.describe(training.corpus.regions.batch([0]))
    model, training = setup("i2t xe")
    with pytest.raises(DataError, match="draws no pictures"):
        model.draw(["w1"])
    for width in (1, 2):
        assert len(model.describe(training.corpus.regions.batch([0, 1, 2]), width)) == 3


def test_the_same_seed_draws_the_same_picture_and_leaves_chance_alone():
    model, _ = setup()
    model.eval()
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    first, second, third = (
        model.draw(["w1 w2"], 1),
        model.draw(["w1 w2"], 1),
        model.draw(["w1 w2"], 2),
    )
    torch.testing.assert_close(torch.rand(2), expected)
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    assert not torch.equal(first, third)


# --- training -------------------------------------------------------------------------------------


class Killed(Exception):
    pass


def test_a_stopped_run_goes_on_bit_for_bit_with_both_optimisers(tmp_path):
    def run(folder, stop=False):
        model, training = setup()

        def after(epoch, _):
            if stop and epoch == 1:
                raise Killed

        return fit(model, training, OPTIMIZATION, folder, device="cpu", progress=False, after_epoch=after)

    whole = run(tmp_path / "whole")
    with pytest.raises(Killed):
        run(tmp_path / "parts", stop=True)
    resumed = run(tmp_path / "parts")
    paths = [tmp_path / name / "checkpoint.safetensors" for name in ("whole", "parts")]
    with safe_open(paths[0], "pt") as a, safe_open(paths[1], "pt") as b:
        assert set(a.keys()) == set(b.keys())
        assert any(name.startswith("optimizer/exp_avg/discriminator.") for name in a.keys())  # noqa: SIM118
        for name in a.keys():  # noqa: SIM118
            torch.testing.assert_close(a.get_tensor(name), b.get_tensor(name), rtol=0, atol=0)
    drop = {"seconds"}
    assert [{k: v for k, v in e.items() if k not in drop} for e in whole.history] == [
        {k: v for k, v in e.items() if k not in drop} for e in resumed.history
    ]
    assert {"discriminator", "accuracy_fake", "spread_drawn", "cider_greedy"} <= set(whole.history[1])


def test_nan_from_the_discriminator_stops_with_its_name_and_keeps_the_checkpoint(tmp_path, monkeypatch):
    model, training = setup()
    error, steps = generators.discriminator_error, BatchSchedule(training, 8, 0).steps
    calls = []

    def broken(*logits):
        calls.append(1)
        return error(*logits) * (float("nan") if len(calls) > steps + 1 else 1)

    monkeypatch.setattr(generators, "discriminator_error", broken)
    with pytest.raises(TrainingError, match="the term 'discriminator' became nan in epoch 1, step 1"):
        fit(model, training, OPTIMIZATION, tmp_path, device="cpu", progress=False)
    with safe_open(tmp_path / "checkpoint.safetensors", "pt") as file:
        assert '"epoch": 1' in file.metadata()["state"]
        assert all(torch.isfinite(file.get_tensor(name)).all() for name in file.keys())  # noqa: SIM118


@pytest.fixture(scope="module")
def storybook(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("VSE_LESSONS_HOME", str(tmp_path_factory.mktemp("home")))
    opened = with_pixels(open_corpus("storybook", preset="smoke", progress=False), progress=False)
    patch.undo()
    return opened


def test_storybook_runs_repeats_and_resumes_bit_for_bit(storybook, tmp_path):
    config = GXNConfig.smoke().with_variant("both")

    def run(folder=None, **options):
        training = sparsify(storybook.corpus, 0.15, 5, 0)
        model = GXN.build(config, training, seed=0)
        return fit(model, training, config.optimization, folder, device="cpu", progress=False, **options)

    def stop(epoch, _):
        if epoch == 1:
            raise Killed

    whole, again = run(), run()
    with pytest.raises(Killed):
        run(tmp_path, after_epoch=stop)
    resumed = run(tmp_path)
    weights = dict(whole.model.state_dict())
    assert all(torch.isfinite(value).all() for value in weights.values())
    for other in (again, resumed):
        torch.testing.assert_close(dict(other.model.state_dict()), weights, rtol=0, atol=0)
        for name in ("rsum", "discriminator", "pictures", "captions", "pairs"):
            assert [e[name] for e in other.history] == [e[name] for e in whole.history], name
    assert len(whole.history) == 2 and "reward" in whole.history[1]
    assert len(resumed.model.describe(storybook.corpus.regions.batch([0, 1]))) == 2
    assert resumed.model.draw(["a red boat"]).abs().max() <= 1


def test_storybook_s_pixels_are_its_pictures(storybook):
    image = storybook.corpus.images("val")[3]
    small = storybook.picture(image).resize((64, 64), Image.Resampling.BICUBIC, reducing_gap=3)
    expected = torch.from_numpy(np.asarray(small, np.float32)).permute(2, 0, 1) / 127.5 - 1
    torch.testing.assert_close(read_pixels(storybook.corpus, np.array([image]))[0], expected)


# --- bad input ------------------------------------------------------------------------------------


def test_pixels_are_asked_for_by_name():
    data = make_corpus(40)
    with pytest.raises(DataError, match=r"has no pixels.*with_pixels"):
        setup(data=data)
    with pytest.raises(DataError, match="has no pixels"):
        read_pixels(data, np.array([0]))
    setup("i2t mix", data=data)  # needs none
    with pytest.raises(DataError, match="not those of 64x64 pixels"):
        setup(data=corpus(side=32))
    pixels = corpus().pixels
    with pytest.raises(DataError, match=r"its pixels .* are of other images"):
        replace(data, pixels=replace(pixels, ids=tuple(reversed(pixels.ids))))


def test_a_sentence_that_is_too_long_is_named():
    with pytest.raises(DataError, match=r"sentence \d+ of image 'i\d+' has 3 words .*max_words=2"):
        setup(config=replace(SMALL, max_words=2))
    setup("ranking", config=replace(SMALL, max_words=2))  # encoders cut


def test_the_row_of_a_sentence_that_is_too_long_is_its_own():
    data = spoken()
    data = replace(data, sentences=[*data.sentences[:50], "w1 " * 41, *data.sentences[51:]])
    with pytest.raises(DataError, match=r"sentence 50 of image 'i16' has 41 words .*max_words=40"):
        setup(data=data)
    # of the validation split, or not annotated, it does not matter
    GXN.build(SMALL, replace(sparsify(data, 1.0, 3, 0), pairs=np.arange(50)))


def test_an_empty_vocabulary_is_refused():
    with pytest.raises(DataError, match="the vocabulary is empty"):
        setup(config=replace(SMALL, min_count=10_000))


# --- pixels ---------------------------------------------------------------------------------------


def pictures(sizes, broken=()):
    rng = np.random.Generator(np.random.PCG64(1))
    made = [Image.fromarray(rng.integers(0, 256, (h, w, 3)).astype(np.uint8)) for w, h in sizes]

    def load(n):
        if n in broken:
            raise DataError(f"p{n} is damaged")
        return made[n]

    return Pictures(tuple(f"i{n}" for n in range(len(sizes))), load, "x"), made


def test_thumbnails_are_the_middle_square_and_exact_in_the_store(tmp_path):
    shown, made = pictures([(64, 64), (100, 64), (64, 90)])
    store = extract_regions(shown, Thumbnails(), tmp_path, progress=False)
    for n, box in enumerate([(0, 0, 64, 64), (18, 0, 82, 64), (0, 13, 64, 77)]):
        expected = np.asarray(made[n].crop(box), np.float32).reshape(-1)
        np.testing.assert_array_equal(store.batch([n]).features[0, 0].numpy(), expected)


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from([1, 16, 64]), st.integers(0, 9))
def test_thumbnails_of_any_picture_are_whole_numbers_of_a_byte(width, height, side, seed):
    rng = np.random.Generator(np.random.PCG64(seed))
    image = Image.fromarray(rng.integers(0, 256, (height, width, 3)).astype(np.uint8))
    (found,) = Thumbnails(side)([image])
    values = found.features
    assert values.shape == (1, Thumbnails(side).feature_dim)
    assert (values == values.astype(np.uint8)).all()  # 0 ... 255
    assert (values == values.astype(np.float16)).all()  # kept exactly
    if width == height == side:
        np.testing.assert_array_equal(values.reshape(side, side, 3), np.asarray(image))


def test_pixels_are_made_once(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path))
    shown, _ = pictures([(64, 64)] * 5)
    opened = Opened(make_corpus(5), shown)
    first = with_pixels(opened, progress=False).corpus.pixels
    monkeypatch.setattr(Thumbnails, "__call__", lambda *_: pytest.fail("made again"))
    again = with_pixels(opened, progress=False).corpus.pixels
    np.testing.assert_array_equal(first.features, again.features)
    assert opened.corpus.pixels is None


def test_with_pixels_goes_by_id_and_names_what_is_lost(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path))
    shown, made = pictures([(64, 64)] * 5)
    data = make_corpus(5)
    data = replace(data, regions=data.regions.select([3, 1, 0, 2, 4]))
    found = with_pixels(Opened(data, shown), progress=False).corpus
    assert tuple(found.pixels.ids) == tuple(data.image_ids)
    first = np.asarray(made[3], np.float32).reshape(-1)
    np.testing.assert_array_equal(found.pixels.batch([0]).features[0, 0].numpy(), first)
    with pytest.raises(DataError, match="features only, no pictures"):
        with_pixels(Opened(data, None))
    shown, _ = pictures([(64, 64)] * 5, broken=(2,))
    with (
        pytest.warns(UserWarning, match="1 pictures were skipped"),
        pytest.raises(
            DataError, match=r"1 images have regions but no pixels; the first is i2 \(p2 is damaged"
        ),
    ):
        with_pixels(Opened(data, replace(shown, fingerprint="y")), progress=False)


# --- what a sentence names ------------------------------------------------------------------------


def test_a_kind_is_named_by_any_of_its_words_and_by_no_part_of_one():
    assert mentions("Two hounds play", "dog") and mentions("A Dog .", "dog") and mentions("a puppy", "dog")
    assert not mentions("a hotdog stand", "dog") and not mentions("a cat", "dog")
    assert mentions("on a couch", "sofa") and mentions("stuffed bears", "teddy")


def test_only_what_all_voices_name_counts():
    scene = next(s for s in sample_scenes("photo", "smoke") if len({t.kind for t in s.things}) >= 2)
    first, second = sorted({thing.kind for thing in scene.things})[:2]
    words = {kind: gxn_word(kind) for kind in (first, second)}
    voices = [f"a {words[first]} and a {words[second]}", f"a {words[first]}"]
    assert share_named([f"a {words[first]}"], [scene], [voices]) == (100.0, 1)
    assert share_named([f"a {words[second]}"], [scene], [voices])[1] == 1
    assert share_named(["nothing"], [scene], [voices]) == (0.0, 1)


def gxn_word(kind):
    from vse_lessons.sources.storybook.writing.lexicons.general import NOUNS

    return NOUNS[kind][0][0]


def test_training_leaves_the_adversary_ready_to_learn(tmp_path):
    model, training = setup()
    fit(model, training, OPTIMIZATION, device="cpu", progress=False)
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert moved(model, model.adversary_loss(batch(training)).total) == {"discriminator"}


def test_a_checkpoint_of_other_pixels_is_refused(tmp_path):
    model, training = setup()
    fit(model, training, OPTIMIZATION, tmp_path, device="cpu", progress=False)
    other = replace(training.corpus, pixels=replace(training.corpus.pixels, source="/other/pixels64-1"))
    model, _ = setup()
    with pytest.raises(DataError, match="other parameters"):
        fit(
            model,
            replace(training, corpus=other),
            OPTIMIZATION,
            tmp_path,
            device="cpu",
            progress=False,
        )


def test_a_term_that_sets_in_late_is_the_mean_of_the_steps_that_have_it(monkeypatch):
    model, training = setup("i2t mix", config=replace(SMALL, reward_after=0.75))
    given = []
    error = GXN.reward_error

    def spy(*parts):
        found = error(*parts)
        given.append(found[1])
        return found

    monkeypatch.setattr(GXN, "reward_error", spy)
    run = fit(model, training, OPTIMIZATION, device="cpu", progress=False)
    steps = BatchSchedule(training, 8, 0).steps
    assert 0 < len(given) < steps, "it should set in within the second epoch"
    assert "cider_greedy" not in run.history[0]
    assert run.history[1]["cider_greedy"] == pytest.approx(np.mean(given))


def test_pixels_lie_beside_the_regions_and_need_only_their_own_room(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path))
    shown, _ = pictures([(64, 64)] * 5)
    data = make_corpus(5)
    monkeypatch.setattr(
        "vse_lessons.sources.detectors.extraction.shutil.disk_usage",
        lambda _: SimpleNamespace(free=300_000),
    )
    inside = replace(data, regions=replace(data.regions, source=str(tmp_path / "world" / "regions")))
    assert Path(with_pixels(Opened(inside, shown)).corpus.pixels.source).parent == tmp_path / "world"
    outside = replace(data, regions=replace(data.regions, source="/data/regions"))
    found = with_pixels(Opened(outside, shown)).corpus.pixels
    assert Path(found.source).parent == tmp_path / data.name
    monkeypatch.setattr(
        "vse_lessons.sources.detectors.extraction.shutil.disk_usage",
        lambda _: SimpleNamespace(free=200_000),
    )
    with pytest.raises(DataError, match="needs about 0 MB"):
        with_pixels(Opened(inside, replace(shown, fingerprint="other")))

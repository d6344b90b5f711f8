from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import make_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors import safe_open

from vse_lessons.batches import Streams, read_pixels
from vse_lessons.caption_metrics import Cider
from vse_lessons.corpora import Opened, with_pixels
from vse_lessons.detectors import Thumbnails
from vse_lessons.extraction import extract_regions
from vse_lessons.files import DataError
from vse_lessons.models import gxn
from vse_lessons.models.gxn import END, GXN, VARIANTS, GXNConfig, vary
from vse_lessons.pictures import Pictures
from vse_lessons.regions import RegionStore
from vse_lessons.retrieval import Batch, Optimisation
from vse_lessons.similarity import order_similarity
from vse_lessons.sparse import sparsify
from vse_lessons.storybook.truth import names, share_named
from vse_lessons.storybook.world import scenes
from vse_lessons.text import tokenize
from vse_lessons.training import TrainingError, fit

OPTIMISATION = Optimisation(
    epochs=2, batch_size=8, learning_rate=5e-3, warmup_epochs=1, averaging=0.9
)
SMALL = replace(
    GXNConfig.smoke(), min_count=1, reward_after=0.3, drawn=5, optimisation=OPTIMISATION
)


def corpus(side=64, images=40):
    """A learnable corpus with pixels of chance."""
    data = make_corpus(images)
    rng = np.random.Generator(np.random.PCG64(7))
    values = rng.integers(0, 256, (images, 3 * side * side)).astype(np.float16)
    rows = np.arange(images)
    return replace(data, pixels=RegionStore(data.image_ids, values, rows, np.ones_like(rows)))


def setup(variant="both", config=SMALL, data=None):
    data = corpus() if data is None else data
    data = replace(data, splits=np.array(["train"] * 30 + ["val"] * 10))
    training = sparsify(data, 1.0, 3, 0)
    return GXN.build(vary(config, variant), training, 0), training


def batch(training, progress=0.9, warmup=False):
    pairs, _, _ = next(Streams(training, 8, 0, pixels=True).epoch(0))
    return Batch(pairs, None, progress, warmup)


def test_batch_comes_with_the_pixels_of_its_own_images():
    _, training = setup()
    pairs = batch(training).pairs
    assert pairs.pixels.shape == (8, 3, 64, 64)
    for row, image in enumerate(pairs.owners.tolist()):
        raw = training.corpus.pixels.features[image].astype(np.float32).reshape(64, 64, 3)
        expected = torch.from_numpy(raw / 127.5 - 1).permute(2, 0, 1)
        torch.testing.assert_close(pairs.pixels[row], expected)
    without = next(Streams(training, 8, 0).epoch(0))[0]
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


@pytest.mark.parametrize("kind", ["order", "cosine"])
def test_similarity_is_the_sum_of_both_levels(kind):
    model, training = setup(config=replace(SMALL, similarity=kind, high=0.3))
    model.eval()
    pairs = batch(training).pairs
    with torch.no_grad():
        v = model.look(pairs.images)
        t = model.read(model._words(pairs.sentences))
    found = model.similarity(
        model.encode_images(pairs.images), model.encode_sentences(pairs.sentences)
    )
    for i in range(3):
        for j in range(3):
            if kind == "order":
                level = [-float((a[i] - b[j]).clamp(min=0).pow(2).sum()) for a, b in zip(v, t)]
            else:
                level = [float(a[i] @ b[j]) for a, b in zip(v, t)]
            assert float(found[i, j]) == pytest.approx(0.3 * level[0] + 0.7 * level[1], abs=1e-5)
    for side in (*v, *t):
        torch.testing.assert_close(side.norm(dim=-1), torch.ones(8))
        assert (side >= 0).all() == (kind == "order")


def test_an_unknown_similarity_or_variant_is_refused():
    with pytest.raises(ValueError, match="order or cosine"):
        GXNConfig(similarity="dot")
    with pytest.raises(DataError, match="unknown variant 'all'"):
        vary(SMALL, "all")


# --- match ----------------------------------------------------------------------------------------

TERMS = {"ranking": set(), "t2i": {"pictures", "kl"}, "i2t xe": {"captions"},
         "i2t mix": {"captions", "reward"}, "both": {"captions", "reward", "pictures", "kl"}}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_row_has_its_terms(variant):
    model, training = setup(variant)
    assert set(model.loss(batch(training)).terms) == TERMS[variant] | {"pairs"}
    early = set(model.loss(batch(training, progress=0.1)).terms)
    assert early == TERMS[variant] - {"reward"} | {"pairs"}
    assert model.reads_pixels == ("pictures" in TERMS[variant])


def moved(model, value):
    model.zero_grad()
    value.backward()
    return {name.split(".")[0] for name, p in model.named_parameters()
            if p.grad is not None and p.grad.abs().sum() > 0}  # fmt: skip


def test_each_term_moves_what_it_should():
    model, training = setup()
    given_ = batch(training)
    terms = model.loss(given_).terms
    shared = {"text_low"}  # its word vectors are also the decoder's
    assert moved(model, terms["captions"]) == {"image_low", "decoder"} | shared
    terms = model.loss(given_).terms
    assert moved(model, terms["reward"]) == {"image_low", "decoder"} | shared
    terms = model.loss(given_).terms
    assert {"text_low", "augment", "generator"} <= moved(model, terms["pictures"])
    terms = model.loss(given_).terms
    assert moved(model, terms["kl"]) == {"text_low", "augment"}
    found = model.adversary_loss(given_)
    assert moved(model, found.total) == {"discriminator"}
    assert {name for name, _ in model.named_parameters() if model.is_adversary(name)} == {
        name for name, _ in model.named_parameters() if name.startswith("discriminator.")
    }


def test_the_discriminator_sees_real_mismatched_and_drawn_pairs(monkeypatch):
    model, training = setup()
    given_ = batch(training)
    seen = {}

    def spy(*logits):
        seen["sizes"] = [len(one) for one in logits]
        seen["logits"] = logits
        return sum(one.sum() for one in logits)

    monkeypatch.setattr(gxn, "discriminator_error", spy)
    model.eval()  # spectral norms and dropout then stand still
    model.adversary_loss(given_)
    owners = given_.pairs.owners[:5]
    wrong = owners != owners.roll(1)
    assert seen["sizes"] == [5, int(wrong.sum()), 5]
    t = model.read(model._words(given_.pairs.sentences[:5]))[1]
    x = given_.pairs.pixels[:5]
    torch.testing.assert_close(seen["logits"][0], model.discriminator(x, t))
    expected = torch.cat([model.discriminator(x[i : i + 1], t[i - 1 : i] if i else t[-1:])
                          for i in range(5) if wrong[i]])  # fmt: skip
    torch.testing.assert_close(seen["logits"][1], expected)


# --- imagine --------------------------------------------------------------------------------------


def test_the_reward_is_that_of_the_equation(monkeypatch):
    model, training = setup("i2t mix")
    pairs = batch(training).pairs
    v = model.look(pairs.images)[1]
    drawn = model._words(pairs.sentences)  # as if it had drawn these
    likeliest = drawn.roll(1, 0)
    answers = iter([drawn, likeliest])
    monkeypatch.setattr(gxn, "write", lambda *_: next(answers))
    monkeypatch.setattr(
        gxn,
        "log_probabilities",
        lambda decoder, table, v, words: -(words != 0).float() - v.sum() * 0,
    )
    found, baseline = model.reward_error(v, pairs.owners)
    of = {}
    for row in training.pairs:  # training sentences, and no others
        image = int(training.corpus.image_of[row])
        of.setdefault(image, []).append([*tokenize(training.corpus.sentences[row]), END])
    scorer, place = Cider(list(of.values())), list(of)
    total, greedy = 0.0, 0.0
    for row, image in enumerate(pairs.owners.tolist()):
        texts = [
            model.vocabulary.decode(words[row : row + 1])[0].split() for words in (drawn, likeliest)
        ]
        r = [scorer.score([*text, END], place.index(image)) for text in texts]
        greedy += r[1] / 8
        total -= (r[0] - r[1]) * -len(texts[0]) / (len(texts[0]) + 1) / 8
    assert float(found) == pytest.approx(total, abs=1e-5)
    assert baseline == pytest.approx(greedy)


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

        return fit(
            model, training, OPTIMISATION, folder, device="cpu", progress=False, after_epoch=after
        )

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
    assert {"discriminator", "accuracy_fake", "spread_drawn", "cider_greedy"} <= set(
        whole.history[1]
    )


def test_nan_from_the_discriminator_stops_with_its_name_and_keeps_the_checkpoint(
    tmp_path, monkeypatch
):
    model, training = setup()
    error, steps = gxn.discriminator_error, Streams(training, 8, 0).steps
    calls = []

    def broken(*logits):
        calls.append(1)
        return error(*logits) * (float("nan") if len(calls) > steps + 1 else 1)

    monkeypatch.setattr(gxn, "discriminator_error", broken)
    with pytest.raises(
        TrainingError, match="the term 'discriminator' became nan in epoch 1, step 1"
    ):
        fit(model, training, OPTIMISATION, tmp_path, device="cpu", progress=False)
    with safe_open(tmp_path / "checkpoint.safetensors", "pt") as file:
        assert '"epoch": 1' in file.metadata()["state"]
        assert all(torch.isfinite(file.get_tensor(name)).all() for name in file.keys())  # noqa: SIM118


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
    assert names("Two hounds play", "dog") and names("A Dog .", "dog") and names("a puppy", "dog")
    assert not names("a hotdog stand", "dog") and not names("a cat", "dog")
    assert names("on a couch", "sofa") and names("stuffed bears", "teddy")


def test_only_what_all_voices_name_counts():
    scene = next(s for s in scenes("photo", "smoke") if len({t.kind for t in s.things}) >= 2)
    first, second = sorted({thing.kind for thing in scene.things})[:2]
    words = {kind: gxn_word(kind) for kind in (first, second)}
    voices = [f"a {words[first]} and a {words[second]}", f"a {words[first]}"]
    assert share_named([f"a {words[first]}"], [scene], [voices]) == (100.0, 1)
    assert share_named([f"a {words[second]}"], [scene], [voices])[1] == 1
    assert share_named(["nothing"], [scene], [voices]) == (0.0, 1)


def gxn_word(kind):
    from vse_lessons.storybook.lexicon import NOUNS

    return NOUNS[kind][0][0]

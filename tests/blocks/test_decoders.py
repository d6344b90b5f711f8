import itertools

import pytest
import torch
from torch import nn

from vse_lessons.blocks.decoders import (
    DecoderInput,
    SentenceDecoder,
    beam_search,
    draw_word,
    log_probabilities,
    sentence_error,
    write,
)
from vse_lessons.data.text import PAD, UNKNOWN

V, E, H, C = 6, 3, 4, 5


@pytest.fixture(params=[False, True], ids=["plain", "attends"])
def made(request):
    torch.manual_seed(0)
    table = nn.Embedding(V, E, padding_idx=PAD)
    decoder = SentenceDecoder(V, E, H, C, request.param)
    with torch.no_grad():
        decoder.line.weight.mul_(4)  # so that words differ in probability
        decoder.start.weight.mul_(3)
        table.weight.mul_(2)
    return decoder, table


def of(decoder, e):
    """What sentences are written from: embeddings (B, H) and, for a decoder that attends, three regions that
    follow from them, of which some images have only two."""
    if not decoder.attends:
        return DecoderInput(e)
    prior = torch.tensor([0.0, -0.5, -1.0]).repeat(len(e), 1)
    prior[:, 2] = torch.where(e[:, 0] > 0, prior[:, 2], -torch.inf)
    return DecoderInput(e, torch.stack([e.roll(1, -1), 2 * e, -e], 1), prior)


def attended(decoder, e, h):
    """h~ of one state, as the docstring has it."""
    seen = of(decoder, e.unsqueeze(0))
    regions, prior = seen.regions[0], seen.prior[0]
    weights = [(h @ decoder.score.weight.T @ v + p).exp().item() for v, p in zip(regions, prior)]
    context = sum(w / sum(weights) * v for w, v in zip(weights, regions))
    return h + decoder.combine.weight @ torch.cat([context, h]) + decoder.combine.bias


def step(decoder, table, e, state, word):
    """Logits of the next word after one word, and the state: one cell of the GRU, written out."""
    x, w = table.weight[word], dict(decoder.gru.named_parameters())
    own = w["weight_ih_l0"] @ x + w["bias_ih_l0"]
    old = w["weight_hh_l0"] @ state + w["bias_hh_l0"]
    r, z = (torch.sigmoid(a + b) for a, b in zip(own.chunk(3)[:2], old.chunk(3)[:2]))
    new = torch.tanh(own.chunk(3)[2] + r * old.chunk(3)[2])
    state = (1 - z) * new + z * state
    h = attended(decoder, e, state) if decoder.attends else state
    return decoder.line.weight @ h + decoder.line.bias, state


def literal(decoder, table, embedding, words, unwritten=True):
    """ln p of each of some words and of the end."""
    state = torch.tanh(decoder.start.weight @ embedding + decoder.start.bias)
    found, last = [], PAD
    for word in [*words, PAD]:
        logits, state = step(decoder, table, embedding, state, last)
        if unwritten:
            logits[UNKNOWN] = -torch.inf
        found.append(logits.log_softmax(0)[word])
        last = word
    return torch.stack(found)


def test_log_probabilities_and_error_are_those_of_single_steps(made):
    e = torch.randn(3, H)
    words = torch.tensor([[2, 3, 4], [5, PAD, PAD], [4, 4, PAD]])
    real = [[2, 3, 4], [5], [4, 4]]
    with torch.no_grad():
        found = log_probabilities(*made, of(made[0], e), words)
        for row, (own, sentence) in enumerate(zip(found, real)):
            expected = literal(*made, e[row], sentence)
            torch.testing.assert_close(own[: len(sentence) + 1], expected, atol=1e-5, rtol=1e-5)
            assert (own[len(sentence) + 1 :] == 0).all()
        each = torch.cat([literal(*made, e[r], s, unwritten=False) for r, s in enumerate(real)])
        torch.testing.assert_close(sentence_error(*made, of(made[0], e), words), -each.mean())


def test_write_is_the_likeliest_word_by_word(made):
    e = torch.randn(8, H)
    words = write(*made, of(made[0], e), 5)
    for row in range(8):
        state = torch.tanh(made[0].start.weight @ e[row] + made[0].start.bias)
        chosen, last = [], PAD
        for _ in range(5):
            logits, state = step(*made, e[row], state, last)
            logits[UNKNOWN] = -torch.inf
            last = int(logits.argmax())
            if last == PAD:
                break
            chosen.append(last)
        found = words[row].tolist()
        assert found[: len(chosen)] == chosen
        assert not any(found[len(chosen) :])
    assert UNKNOWN not in words


def test_nothing_is_written_where_the_end_comes_first(made):
    with torch.no_grad():
        made[0].line.bias[PAD] = 100.0
    assert write(*made, of(made[0], torch.randn(2, H)), 5).shape == (2, 0)
    assert beam_search(*made, of(made[0], torch.randn(2, H)), 5).shape == (2, 0)


def test_words_are_drawn_by_their_probability():
    torch.manual_seed(0)
    logits = torch.tensor([0.1, 0.2, 0.7]).log().expand(20_000, 3)
    shares = draw_word(logits).bincount(minlength=3) / 20_000
    torch.testing.assert_close(shares, torch.tensor([0.1, 0.2, 0.7]), atol=0.015, rtol=0)


def test_an_exhaustive_beam_finds_the_best_of_all_sentences(made):
    e = torch.randn(4, H)
    words = [word for word in range(V) if word not in (PAD, UNKNOWN)]
    every = [s for n in range(4) for s in itertools.product(words, repeat=n)]
    with torch.no_grad():
        found = beam_search(*made, of(made[0], e), 3, width=len(words) ** 3)
        for row in range(4):
            means = [float(literal(*made, e[row], s).mean()) for s in every]
            best = every[means.index(max(means))]
            assert [word for word in found[row].tolist() if word != PAD] == list(best)


def test_a_narrow_beam_is_a_sentence_of_the_vocabulary(made):
    found = beam_search(*made, of(made[0], torch.randn(5, H)), 4, width=2)
    assert found.shape[0] == 5 and found.shape[1] <= 4
    assert UNKNOWN not in found
    for row in found.tolist():
        end = row.index(PAD) if PAD in row else len(row)
        assert not any(row[end:])


def test_probabilities_of_all_sentences_are_shares(made):
    e = torch.randn(1, H)
    words = [word for word in range(V) if word not in (PAD, UNKNOWN)]
    with torch.no_grad():
        short = [s for n in range(3) for s in itertools.product(words, repeat=n)]
        ended = sum(float(literal(*made, e[0], s).sum().exp()) for s in short)
        going_on = sum(
            float(literal(*made, e[0], s)[:3].sum().exp()) for s in itertools.product(words, repeat=3)
        )
    assert ended + going_on == pytest.approx(1, abs=1e-5)


def every(longest, words):
    """All sentences of at most so many words, padded to as many: (n, longest), and their lengths."""
    made = [s for n in range(longest + 1) for s in itertools.product(words, repeat=n)]
    rows = [[*s, *[PAD] * (longest - len(s))] for s in made]
    return torch.tensor(rows), torch.tensor([len(s) for s in made])


WRITTEN = [word for word in range(V) if word not in (PAD, UNKNOWN)]


def test_log_probabilities_of_all_sentences_sum_to_one(made):
    e = torch.randn(1, H)
    words, lengths = every(3, WRITTEN)
    with torch.no_grad():
        found = log_probabilities(*made, of(made[0], e.expand(len(words), -1)), words)
    short = float(found[lengths <= 2].sum(1).exp().sum())  # each ends within two words
    going_on = float(found[lengths == 3, :3].sum(1).exp().sum())  # whatever comes after three words
    assert 0 < short < 1
    assert short + going_on == pytest.approx(1, abs=1e-5)


def test_padding_and_other_sentences_do_not_matter(made):
    e, words = torch.randn(2, H), torch.tensor([[2, 3, 4], [5, PAD, PAD]])
    wide = torch.cat([words, torch.full((2, 4), PAD)], 1)
    with torch.no_grad():
        both, wider = (
            log_probabilities(*made, of(made[0], e), words),
            log_probabilities(*made, of(made[0], e), wide),
        )
        assert wider.shape == (2, 8) and (wider[:, 4:] == 0).all()
        torch.testing.assert_close(wider[:, :4], both)
        alone = log_probabilities(*made, of(made[0], e[1:]), words[1:, :1])
        torch.testing.assert_close(both[1:, :2], alone)
        torch.testing.assert_close(
            sentence_error(*made, of(made[0], e), words),
            sentence_error(*made, of(made[0], e), wide),
        )


def test_the_unknown_word_is_learnt_but_has_no_probability(made):
    e, words = torch.randn(1, H), torch.tensor([[2, UNKNOWN]])
    with torch.no_grad():
        expected = -literal(*made, e[0], [2, UNKNOWN], unwritten=False).mean()
        torch.testing.assert_close(sentence_error(*made, of(made[0], e), words), expected)
        assert log_probabilities(*made, of(made[0], e), words)[0, 1] == -torch.inf


def test_no_way_to_write_says_the_unknown_word(made):
    with torch.no_grad():
        made[0].line.bias[UNKNOWN] = 100.0
    e = torch.randn(200, H)
    for words in (
        write(*made, of(made[0], e), 6),
        write(*made, of(made[0], e), 6, draw_word),
        beam_search(*made, of(made[0], e), 6),
    ):
        assert UNKNOWN not in words and words.any()


def test_a_sentence_ends_at_its_padding_and_all_at_the_last_end(made):
    # what is chosen next for the sentences that have not ended
    told = iter([[2, 3, PAD], [PAD, 4], [PAD], [4, 4, 4]])
    found = write(*made, of(made[0], torch.randn(3, H)), 9, lambda logits: torch.tensor(next(told)))
    # a step a list; the fourth is never taken
    assert found.tolist() == [[2, PAD], [3, 4], [PAD, PAD]]
    assert next(told) == [4, 4, 4]


def test_sentences_are_drawn_by_their_probability(made):
    torch.manual_seed(0)
    e = torch.randn(1, H)
    n = 20_000
    words = write(*made, of(made[0], e.expand(n, -1)), 2, draw_word)
    sentences, lengths = every(2, WRITTEN)
    with torch.no_grad():
        each = log_probabilities(*made, of(made[0], e.expand(len(sentences), -1)), sentences)
    for row, length, chances in zip(sentences, lengths, each):
        # a sentence of two words is cut there, whether it ends or not
        p = float(chances[: min(int(length) + 1, 2)].sum().exp())
        share = float((words == row).all(1).float().mean())
        assert share == pytest.approx(p, abs=4.5 * (p / n) ** 0.5 + 1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_finds_the_best_of_five_words(seed):
    torch.manual_seed(seed)
    table, decoder = nn.Embedding(5, E, padding_idx=PAD), SentenceDecoder(5, E, H, C)
    with torch.no_grad():
        decoder.line.weight.mul_(5)
        decoder.line.bias[PAD] -= seed  # so that some sentences are long
    e = torch.randn(6, H)
    sentences, lengths = every(3, [2, 3, 4])
    found = beam_search(decoder, table, DecoderInput(e), 3, width=27)
    for row in range(6):
        with torch.no_grad():
            sums = log_probabilities(
                decoder, table, DecoderInput(e[row].expand(len(sentences), -1)), sentences
            )
        best = sentences[(sums.sum(1) / (lengths + 1)).argmax()]
        assert found[row].tolist() == best[: found.shape[1]].tolist()
        assert not best[found.shape[1] :].any()


def test_no_embeddings_give_no_sentences(made):
    for words in (
        write(*made, of(made[0], torch.zeros(0, H)), 3),
        beam_search(*made, of(made[0], torch.zeros(0, H)), 3),
    ):
        assert words.shape == (0, 0)


def test_a_region_that_no_detector_is_sure_of_is_hardly_looked_at():
    torch.manual_seed(0)
    decoder, states = SentenceDecoder(V, E, H, C, attends=True), torch.randn(2, 3, C)
    regions = torch.randn(2, 4, H)
    sure = torch.tensor([[0.0, -torch.inf, -torch.inf, -torch.inf], [0.0, -50.0, 0.0, -50.0]])
    found = decoder.attend(states, DecoderInput(torch.zeros(2, H), regions, sure))
    one = decoder.attend(states[:1], DecoderInput(torch.zeros(1, H), regions[:1, :1], torch.zeros(1, 1)))
    two = decoder.attend(states[1:], DecoderInput(torch.zeros(1, H), regions[1:, ::2], torch.zeros(1, 2)))
    torch.testing.assert_close(found, torch.cat([one, two]))


def test_some_subjects_are_theirs_and_repeated_ones_follow_each_other():
    e = torch.randn(3, H)
    decoder = SentenceDecoder(V, E, H, C, attends=True)
    whole = of(decoder, e)
    some = whole[torch.tensor([True, False, True])]
    twice = whole.repeat(2)
    for part, own, doubled in zip(vars(whole), vars(some).values(), vars(twice).values()):
        value = getattr(whole, part)
        assert torch.equal(own, value[[0, 2]])
        assert torch.equal(doubled, value[[0, 0, 1, 1, 2, 2]])
    assert DecoderInput(e)[torch.tensor([1])].regions is None


def test_a_word_of_no_probability_is_never_drawn():
    torch.manual_seed(0)
    logits = torch.tensor([-torch.inf, 0.0, -torch.inf, 3.0, -torch.inf]).expand(5_000, 5)
    assert set(draw_word(logits).tolist()) == {1, 3}


def test_a_word_of_no_probability_is_not_drawn_by_a_zero_either(monkeypatch):
    logits = torch.tensor([[-torch.inf, 0.0, 3.0], [0.0, -torch.inf, 0.0]])
    monkeypatch.setattr(torch, "rand", lambda *shape, **_: torch.zeros(shape))
    assert draw_word(logits).tolist() == [1, 0]
    monkeypatch.setattr(torch, "rand", lambda *shape, **_: torch.ones(shape))  # by rounding
    assert draw_word(logits).tolist() == [2, 2]

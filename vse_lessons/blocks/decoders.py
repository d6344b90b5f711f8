"""From an embedding back to words: a recurrent decoder, how it is trained, and three ways to let it write.

Sentences are word indices (B, M), padded at the end with PAD. The padding, whose vector is 0, also starts a
sentence and ends it: there are no other signs for that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vse_lessons.data.text import PAD, UNKNOWN


@dataclass
class DecoderInput:
    """Embeddings and regions of B images, from which sentences are written.

    Args:
        embeddings: (B, H), from which the first state follows.
        regions: (B, R, H), for a decoder that attends.
        prior: (B, R), ln of the confidence of each region, for a decoder that attends; -inf where there is no
            region.
    """

    embeddings: Tensor
    regions: Tensor | None = None
    prior: Tensor | None = None

    def repeat(self, times: int) -> DecoderInput:
        """Repeat each image several times in a row, (B * times)."""
        rows = torch.arange(len(self.embeddings), device=self.embeddings.device)
        return self[rows.repeat_interleave(times)]

    def __getitem__(self, rows: Tensor) -> DecoderInput:
        """Some of the images, by their numbers or by a mask."""
        chosen: dict[str, Any] = {name: None if p is None else p[rows] for name, p in vars(self).items()}
        return DecoderInput(**chosen)


class SentenceDecoder(nn.Module):
    """Decoder of sentences: a GRU whose first state follows from the embedding, and a line to words.

    A decoder that attends looks at the regions after each word. Of states h_m, and regions v_r with a
    detector's confidence p_r,

        a_mr = softmax_r (h_m^T W_a v_r + ln p_r),    h~_m = h_m + W_c [sum_r a_mr v_r; h_m] + b_c

    and the line reads h~_m in place of h_m (Luong et al., EMNLP 2015, Eq. 5, 7 and 8, *general* score).
    Supplied here: the sum with h_m in place of tanh, and the prior ln p_r, without which the many regions
    that show nothing often keep the words from finding theirs.

    Args:
        words: The size V of the vocabulary.
        word_dimensions: The width E of a word's vector.
        dimensions: The width H of embeddings and regions.
        states: The width C of a state.
        attends: Whether the decoder looks at regions.
    """

    def __init__(self, words: int, word_dimensions: int, dimensions: int, states: int, attends: bool = False):
        super().__init__()
        self.start = nn.Linear(dimensions, states)
        self.gru = nn.GRU(word_dimensions, states, batch_first=True)
        self.attends = attends
        if attends:
            self.score = nn.Linear(states, dimensions, bias=False)  # W_a, transposed
            self.combine = nn.Linear(dimensions + states, states)  # W_c
        self.line = nn.Linear(states, words)

    def first(self, subject: DecoderInput) -> Tensor:
        """Compute the state (1, B, C) before the first word."""
        with _exact(subject.embeddings):
            return torch.tanh(self.start(subject.embeddings.float())).unsqueeze(0)

    def attend(self, states: Tensor, subject: DecoderInput) -> Tensor:
        """Compute h~ of states (B, M, C), of the same shape; without attention the states themselves."""
        if not self.attends:
            return states
        assert subject.regions is not None and subject.prior is not None, (
            "a decoder that attends reads regions"
        )
        regions = subject.regions.float()
        logits = self.score(states) @ regions.transpose(1, 2)  # (B, M, R)
        shares = (logits + subject.prior.unsqueeze(1)).softmax(-1)
        return states + self.combine(torch.cat([shares @ regions, states], -1))

    def next(self, vectors: Tensor, state: Tensor, subject: DecoderInput) -> tuple[Tensor, Tensor]:
        """Take one step.

        Args:
            vectors: (B, E), of the last words.
            state: (1, B, C), before these words.
            subject: What the sentences are written from.

        Returns:
            Logits (B, V) of the next words, -inf for the unknown word, which is never written; and the state
            after.
        """
        with _exact(vectors):
            states, state = self.gru(vectors.unsqueeze(1), state)
            logits = self.line(self.attend(states, subject).squeeze(1))
        logits[:, UNKNOWN] = -torch.inf
        return logits, state

    def forward(self, subject: DecoderInput, before: Tensor, real: Tensor) -> Tensor:
        """Read whole sentences.

        Args:
            subject: What the sentences are written from.
            before: (B, M, E), the vector of the word before each word.
            real: (B, M) bool; True for the n words that are not padding.

        Returns:
            Logits (n, V) of these words.
        """
        with _exact(before):
            states = self.gru(before, self.first(subject))[0]
            return self.line(self.attend(states, subject)[real])


def _exact(like: Tensor) -> torch.autocast:
    """A block in float32, so that words are drawn by the probabilities by which they are then scored."""
    return torch.autocast(like.device.type, enabled=False)


def teach(
    decoder: SentenceDecoder, table: nn.Embedding, subject: DecoderInput, words: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Let the decoder read given sentences (teacher forcing).

    Args:
        decoder: The decoder.
        table: The vectors (V, E) of words.
        subject: What B sentences are written from.
        words: (B, M) word indices.

    Returns:
        Logits (n, V) of all words and ends; the n words and ends themselves; and their places (B, M + 1), a
        mask.
    """
    before, wanted = F.pad(words, (1, 0)), F.pad(words, (0, 1))  # PAD starts and ends
    lengths = (words != PAD).sum(1, keepdim=True)
    real = torch.arange(wanted.shape[1], device=words.device) <= lengths
    return decoder(subject, table(before), real), wanted[real], real


def sentence_error(
    decoder: SentenceDecoder, table: nn.Embedding, subject: DecoderInput, words: Tensor
) -> Tensor:
    """Compute the cross-entropy of given sentences.

        -1/n sum_m ln p(w_m | w_1 ... w_{m-1}, subject)

    Args:
        decoder: The decoder.
        table: The vectors (V, E) of words.
        subject: What B sentences are written from.
        words: (B, M) word indices; a sentence that was cut ends where it was cut.

    Returns:
        A scalar in nats, the mean over all n words and ends.
    """
    logits, wanted, _ = teach(decoder, table, subject, words)
    return F.cross_entropy(logits, wanted)


def log_probabilities(
    decoder: SentenceDecoder, table: nn.Embedding, subject: DecoderInput, words: Tensor
) -> Tensor:
    """Compute ln p of each word of given sentences and of their ends.

    Args:
        decoder: The decoder.
        table: The vectors (V, E) of words.
        subject: What B sentences are written from.
        words: (B, M) word indices.

    Returns:
        (B, M + 1), 0 after the end. The unknown word, which is never written, has no probability.
    """
    logits, wanted, real = teach(decoder, table, subject, words)
    unwritten = torch.arange(logits.shape[1], device=logits.device) == UNKNOWN
    chosen = logits.masked_fill(unwritten, -torch.inf).log_softmax(-1).gather(1, wanted.unsqueeze(1))
    return torch.zeros(real.shape, device=words.device).masked_scatter(real, chosen.squeeze(1))


Choose = Callable[[Tensor], Tensor]  # logits (B, V) -> word indices (B,)


@torch.no_grad()
def write(
    decoder: SentenceDecoder,
    table: nn.Embedding,
    subject: DecoderInput,
    longest: int,
    choose: Choose = lambda logits: logits.argmax(-1),
) -> Tensor:
    """Write sentences word by word.

    Args:
        decoder: The decoder.
        table: The vectors (V, E) of words.
        subject: What B sentences are written from.
        longest: The largest number of words.
        choose: From logits (B, V) to words (B,); by default the likeliest.

    Returns:
        Word indices (B, M), M <= `longest`, none of them unknown.
    """
    B, device = len(subject.embeddings), subject.embeddings.device
    words = torch.full((B, longest), PAD, device=device)
    rows, last = torch.arange(B, device=device), torch.full((B,), PAD, device=device)
    state = decoder.first(subject)
    for place in range(longest):
        logits, state = decoder.next(table(last), state, subject)
        last = choose(logits)
        words[rows, place] = last
        going = last != PAD  # sentences that have ended cost nothing more
        rows, last, state, subject = rows[going], last[going], state[:, going], subject[going]
        if not len(rows):
            break
    return words[:, : int((words != PAD).sum(1).max()) if B else 0]


def draw_word(logits: Tensor) -> Tensor:
    """Draw words by their probabilities.

    A word is the first whose sum with those before it exceeds a number drawn between 0 and 1, which is
    several times as fast as torch.multinomial on a CPU.

    Args:
        logits: (B, V).

    Returns:
        Word indices (B,).
    """
    sums = logits.softmax(-1).cumsum(-1)
    drawn = torch.rand(len(sums), 1, device=sums.device) * sums[:, -1:]
    return torch.searchsorted(sums, drawn, right=True).squeeze(1).clamp(max=sums.shape[1] - 1)


@torch.no_grad()
def beam_search(
    decoder: SentenceDecoder, table: nn.Embedding, subject: DecoderInput, longest: int, width: int = 3
) -> Tensor:
    """Search the sentence with the highest mean ln p of its words and its end.

    Args:
        decoder: The decoder.
        table: The vectors (V, E) of words.
        subject: What B sentences are written from.
        longest: The largest number of words.
        width: The number K of unfinished sentences that are kept at each length.

    Returns:
        Word indices (B, M), M <= `longest`, none of them unknown.
    """
    B, device = len(subject.embeddings), subject.embeddings.device
    subject = subject.repeat(width)
    state = decoder.first(subject)  # (1, B * K, C)
    words = torch.zeros(B, width, 0, dtype=torch.int64, device=device)
    last = torch.full((B * width,), PAD, device=device)
    scores = torch.full((B, width), -torch.inf, device=device)
    scores[:, 0] = 0  # at first all K are the same sentence
    best = torch.full((B,), -torch.inf, device=device)
    sentences = torch.zeros(B, longest, dtype=torch.int64, device=device)
    for length in range(longest + 1):
        logits, state = decoder.next(table(last), state, subject)
        total = scores.unsqueeze(2) + logits.log_softmax(-1).unflatten(0, (B, width))  # (B, K, V)
        ends, which = (total[..., PAD] / (length + 1)).max(1)
        better = ends > best
        best = torch.where(better, ends, best)
        finished = words[torch.arange(B, device=device), which]  # (B, length)
        sentences[better] = F.pad(finished, (0, longest - length))[better]
        if length == longest:
            break
        total[..., PAD] = -torch.inf
        scores, flat = total.flatten(1).topk(width)  # (B, K)
        parent, last = flat // total.shape[2], flat % total.shape[2]
        words = torch.cat([words.gather(1, parent.unsqueeze(2).expand(-1, -1, length)), last.unsqueeze(2)], 2)
        rows = (parent + width * torch.arange(B, device=device).unsqueeze(1)).flatten()
        state, last = state[:, rows], last.flatten()
        # a longer sentence's mean is at most its sum so far over the longest length
        if (scores[:, 0] / (longest + 1) <= best).all():
            break
    return sentences[:, : int((sentences != PAD).sum(1).max()) if B else 0]


def self_critical_error(
    decoder: SentenceDecoder,
    table: nn.Embedding,
    subject: DecoderInput,
    longest: int,
    reward_of: Callable[[Tensor], list[float]],
) -> tuple[Tensor, list[float]]:
    """Compute the error of self-critical sequence training (Rennie et al. 2017, Eq. 8).

        L = -mean (r(c~) - r(c^)) ln P(c~) / |c~|,

    with a drawn sentence c~ and the likeliest c^ as its baseline, for B subjects.

    Args:
        decoder: writes sentences.
        table: its word embeddings (V, E).
        subject: what B sentences are written from.
        longest: words after which a sentence is cut.
        reward_of: from words (B, M) to their rewards.

    Returns:
        L, and r(c^) of each.
    """
    drawn = write(decoder, table, subject, longest, draw_word)
    likeliest = write(decoder, table, subject, longest)
    reward, baseline = (reward_of(words) for words in (drawn, likeliest))
    device = drawn.device
    advantage = torch.tensor(reward, device=device) - torch.tensor(baseline, device=device)
    chances = log_probabilities(decoder, table, subject, drawn)
    lengths = (drawn != PAD).sum(1) + 1
    return -(advantage * chances.sum(1) / lengths).mean(), baseline

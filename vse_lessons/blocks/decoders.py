"""From an embedding back to words: a recurrent decoder, how it is trained, and three ways to let it write.

Sentences are word indices (B, M), padded at the end with PAD.  Nothing comes before the first word and
nothing after the last: the padding, whose vector is 0, starts a sentence and ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vse_lessons.data.text import PAD, UNKNOWN


@dataclass
class DecoderInput:
    """What B sentences are written from."""

    embeddings: Tensor  # (B, H), from which the first state follows
    # for a decoder that attends
    regions: Tensor | None = None  # (B, R, H)
    prior: Tensor | None = None  # (B, R): ln of how sure each region is; -inf where there is none

    def repeat(self, times: int) -> DecoderInput:
        """(B * times): each of them several times in a row."""
        rows = torch.arange(len(self.embeddings), device=self.embeddings.device)
        return self[rows.repeat_interleave(times)]

    def __getitem__(self, rows: Tensor) -> DecoderInput:
        """Those at some rows, given as numbers or as a mask."""
        parts = (self.embeddings, self.regions, self.prior)
        return DecoderInput(*(None if p is None else p[rows] for p in parts))


class SentenceDecoder(nn.Module):
    """A GRU whose first state follows from the embedding, and a line from its states to words.

    One that attends looks at the regions after each word.  Of states h_m, and regions v_r of which a detector
    is as sure as p_r,

        a_mr = softmax_r (h_m^T W_a v_r + ln p_r),    h~_m = h_m + W_c [sum_r a_mr v_r; h_m] + b_c

    and the line reads h~_m in place of h_m (Luong et al., EMNLP 2015, Eq. 5, 7 and 8, *general* score).
    Supplied here: the sum with h_m in place of tanh, and the prior ln p_r, without which the many regions
    that show nothing often keep the words from finding theirs."""

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
        """(1, B, C): the state before the first word."""
        with _exact(subject.embeddings):
            return torch.tanh(self.start(subject.embeddings.float())).unsqueeze(0)

    def attend(self, states: Tensor, subject: DecoderInput) -> Tensor:
        """h~ of states (B, M, C), of the same shape; the states themselves without attention."""
        if not self.attends:
            return states
        regions = subject.regions.float()
        logits = self.score(states) @ regions.transpose(1, 2)  # (B, M, R)
        shares = (logits + subject.prior.unsqueeze(1)).softmax(-1)
        return states + self.combine(torch.cat([shares @ regions, states], -1))

    def next(self, vectors: Tensor, state: Tensor, subject: DecoderInput) -> tuple[Tensor, Tensor]:
        """One step: after words with the vectors (B, E) and a state, the logits (B, V) of the next words,
        -inf for the unknown one, which is never written, and the state after."""
        with _exact(vectors):
            states, state = self.gru(vectors.unsqueeze(1), state)
            logits = self.line(self.attend(states, subject).squeeze(1))
        logits[:, UNKNOWN] = -torch.inf
        return logits, state

    def forward(self, subject: DecoderInput, before: Tensor, real: Tensor) -> Tensor:
        """Logits (n, V) of the n words that are `real` (B, M), and not padding, from the vectors (B, M, E) of
        the word before each."""
        with _exact(before):
            states = self.gru(before, self.first(subject))[0]
            return self.line(self.attend(states, subject)[real])


def _exact(like: Tensor) -> torch.autocast:
    """A block in float32: words are drawn by the same probabilities by which they are then scored."""
    return torch.autocast(like.device.type, enabled=False)


def teach(
    decoder: SentenceDecoder, table: nn.Embedding, subject: DecoderInput, words: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """What the decoder makes of given sentences (teacher forcing): logits (n, V) of the words and ends, the n
    words and ends themselves, and which places (B, M + 1) they are at."""
    before, wanted = F.pad(words, (1, 0)), F.pad(words, (0, 1))  # PAD starts and ends
    lengths = (words != PAD).sum(1, keepdim=True)
    real = torch.arange(wanted.shape[1], device=words.device) <= lengths
    return decoder(subject, table(before), real), wanted[real], real


def sentence_error(
    decoder: SentenceDecoder, table: nn.Embedding, subject: DecoderInput, words: Tensor
) -> Tensor:
    """The cross-entropy of each word (B, M) and of the end (of a longer sentence, where it was cut), given
    the words before and what B sentences are written from, in nats, a mean over all words and ends."""
    logits, wanted, _ = teach(decoder, table, subject, words)
    return F.cross_entropy(logits, wanted)


def log_probabilities(
    decoder: SentenceDecoder, table: nn.Embedding, subject: DecoderInput, words: Tensor
) -> Tensor:
    """(B, M + 1): ln p of each word and of the end, 0 after it; the unknown word, which is never written, has
    no probability."""
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
    """(B, M), M <= `longest`: B sentences, word by word, always the likeliest unless `choose` does otherwise;
    never an unknown word."""
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
    """(B, V) -> (B,): a word by its probability, the first whose sum with those before it exceeds a number
    drawn between 0 and 1 (several times as fast as torch.multinomial on a CPU)."""
    sums = logits.softmax(-1).cumsum(-1)
    drawn = torch.rand(len(sums), 1, device=sums.device) * sums[:, -1:]
    return torch.searchsorted(sums, drawn, right=True).squeeze(1).clamp(max=sums.shape[1] - 1)


@torch.no_grad()
def beam_search(
    decoder: SentenceDecoder, table: nn.Embedding, subject: DecoderInput, longest: int, width: int = 3
) -> Tensor:
    """(B, M): of each subject the sentence with the highest mean ln p of its words and its end that a beam of
    `width` unfinished sentences finds; never an unknown word."""
    B, device = len(subject.embeddings), subject.embeddings.device
    subject = subject.repeat(width)
    state = decoder.first(subject)  # (1, B * K, C)
    words = torch.zeros(B, width, 0, dtype=torch.int64, device=device)
    last = torch.full((B * width,), PAD, device=device)
    scores = torch.full((B, width), -torch.inf, device=device)
    scores[:, 0] = 0  # at first all K are the same sentence
    best = torch.full((B,), -torch.inf, device=device)
    found = torch.zeros(B, longest, dtype=torch.int64, device=device)
    for length in range(longest + 1):
        logits, state = decoder.next(table(last), state, subject)
        total = scores.unsqueeze(2) + logits.log_softmax(-1).unflatten(0, (B, width))  # (B, K, V)
        ends, which = (total[..., PAD] / (length + 1)).max(1)
        better = ends > best
        best = torch.where(better, ends, best)
        finished = words[torch.arange(B, device=device), which]  # (B, length)
        found[better] = F.pad(finished, (0, longest - length))[better]
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
    return found[:, : int((found != PAD).sum(1).max()) if B else 0]


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

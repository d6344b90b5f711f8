"""From an embedding back to words: a recurrent decoder, how it is trained, and three ways to let it write.

Sentences are word indices (B, M), padded at the end with PAD.  Nothing comes before the first word and
nothing after the last: the padding, whose vector is 0, starts a sentence and ends it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vse_lessons.text import PAD, UNKNOWN


class SentenceDecoder(nn.Module):
    """A GRU whose first state follows from the embedding, and a line from its states to words."""

    def __init__(self, words: int, word_dimensions: int, dimensions: int, states: int):
        super().__init__()
        self.start = nn.Linear(dimensions, states)
        self.gru = nn.GRU(word_dimensions, states, batch_first=True)
        self.line = nn.Linear(states, words)

    def first(self, embeddings: Tensor) -> Tensor:
        """(B, H) -> (1, B, C): the state before the first word."""
        return torch.tanh(self.start(embeddings.float())).unsqueeze(0)

    def forward(self, embeddings: Tensor, before: Tensor, real: Tensor) -> Tensor:
        """Logits (n, V) of the n words that are `real` (B, M), and not padding, from embeddings (B, H) and
        the vectors (B, M, E) of the word before each."""
        with torch.autocast(embeddings.device.type, enabled=False):
            return self.line(self.gru(before, self.first(embeddings))[0][real])


def teach(
    decoder: SentenceDecoder, table: nn.Embedding, embeddings: Tensor, words: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """What the decoder makes of given sentences (teacher forcing): logits (n, V) of the words and ends, the n
    words and ends themselves, and which places (B, M + 1) they are at."""
    before, wanted = F.pad(words, (1, 0)), F.pad(words, (0, 1))  # PAD starts and ends
    lengths = (words != PAD).sum(1, keepdim=True)
    real = torch.arange(wanted.shape[1], device=words.device) <= lengths
    return decoder(embeddings, table(before), real), wanted[real], real


def sentence_error(
    decoder: SentenceDecoder, table: nn.Embedding, embeddings: Tensor, words: Tensor
) -> Tensor:
    """The cross-entropy of each word (B, M) and of the end (of a longer sentence, where it was cut), given
    the words before and embeddings (B, H), in nats, a mean over all words and ends."""
    logits, wanted, _ = teach(decoder, table, embeddings, words)
    return F.cross_entropy(logits, wanted)


def log_probabilities(
    decoder: SentenceDecoder, table: nn.Embedding, embeddings: Tensor, words: Tensor
) -> Tensor:
    """(B, M + 1): ln p of each word and of the end, 0 after it; the unknown word, which is never written, has
    no probability."""
    logits, wanted, real = teach(decoder, table, embeddings, words)
    unwritten = torch.arange(logits.shape[1], device=logits.device) == UNKNOWN
    chosen = (
        logits.masked_fill(unwritten, -torch.inf).log_softmax(-1).gather(1, wanted.unsqueeze(1))
    )
    return torch.zeros(real.shape, device=words.device).masked_scatter(real, chosen.squeeze(1))


Choose = Callable[[Tensor], Tensor]  # logits (B, V) -> word indices (B,)


@torch.no_grad()
def write(decoder: SentenceDecoder, table: nn.Embedding, embeddings: Tensor, longest: int,
          choose: Choose = lambda logits: logits.argmax(-1)) -> Tensor:  # fmt: skip
    """(B, M), M <= `longest`: sentences from embeddings (B, H), word by word, always the likeliest unless
    `choose` does otherwise; never an unknown word."""
    state = decoder.first(embeddings)
    word = torch.full((len(embeddings),), PAD, device=embeddings.device)
    ended = torch.zeros_like(word, dtype=torch.bool)
    chosen = []
    for _ in range(longest):
        output, state = decoder.gru(table(word).unsqueeze(1), state)
        logits = decoder.line(output.squeeze(1))
        logits[:, UNKNOWN] = -torch.inf
        word = choose(logits).masked_fill(ended, PAD)
        ended |= word == PAD
        if ended.all():
            break
        chosen.append(word)
    return torch.stack(chosen, 1) if chosen else word.new_zeros((len(embeddings), 0))


def draw_word(logits: Tensor) -> Tensor:
    """(B, V) -> (B,): a word by its probability."""
    return torch.multinomial(logits.softmax(-1), 1).squeeze(1)


@torch.no_grad()
def beam_search(decoder: SentenceDecoder, table: nn.Embedding, embeddings: Tensor, longest: int,
                width: int = 3) -> Tensor:  # fmt: skip
    """(B, M): of each embedding (B, H) the sentence with the highest mean ln p of its words and its end
    that a beam of `width` unfinished sentences finds; never an unknown word."""
    B, device = len(embeddings), embeddings.device
    state = decoder.first(embeddings).repeat_interleave(width, 1)  # (1, B * K, C)
    words = torch.zeros(B, width, 0, dtype=torch.int64, device=device)
    last = torch.full((B * width,), PAD, device=device)
    scores = torch.full((B, width), -torch.inf, device=device)
    scores[:, 0] = 0  # at first all K are the same sentence
    best = torch.full((B,), -torch.inf, device=device)
    found = torch.zeros(B, longest, dtype=torch.int64, device=device)
    for length in range(longest + 1):
        output, state = decoder.gru(table(last).unsqueeze(1), state)
        logits = decoder.line(output.squeeze(1))
        logits[:, UNKNOWN] = -torch.inf
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
        words = torch.cat(
            [words.gather(1, parent.unsqueeze(2).expand(-1, -1, length)), last.unsqueeze(2)], 2
        )
        rows = (parent + width * torch.arange(B, device=device).unsqueeze(1)).flatten()
        state, last = state[:, rows], last.flatten()
        # a longer sentence's mean is at most its sum so far over the longest length
        if (scores[:, 0] / (longest + 1) <= best).all():
            break
    return found[:, : int((found != PAD).sum(1).max()) if B else 0]

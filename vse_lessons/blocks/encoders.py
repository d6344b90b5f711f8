"""From region features and words to the joint space."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from vse_lessons.common.files import DataError
from vse_lessons.data.region_batch import RegionBatch
from vse_lessons.data.text import PAD, UNKNOWN


def dropout_mask(shape: tuple[int, ...], rate: float, like: Tensor) -> Tensor:
    """Draw a mask of dropout.

    One mask (B, 1, D) for all regions of an image is noise; drawn anew for each of 36 regions, it would
    average out in their pooling.

    Args:
        shape: The shape of the mask.
        rate: The probability of a 0.
        like: A tensor on the device of the mask.

    Returns:
        Numbers that are 0 or 1 / (1 - rate).
    """
    return torch.full(shape, 1 - rate, device=like.device).bernoulli() / (1 - rate)


def drop_mean(images: RegionBatch, rate: float, training: bool) -> tuple[Tensor, Tensor | None]:
    """Average the regions of each image and, in training, draw a mask of dropout.

    Args:
        images: The regions of B images.
        rate: The rate of dropout.
        training: Whether a mask is drawn.

    Returns:
        The mean region (B, 1, D) of each image, and a mask of the same shape or None.
    """
    mean = images.mean().unsqueeze(1)
    return mean, dropout_mask(tuple(mean.shape), rate, mean) if training and rate else None


def sample_regions(features: Tensor, mask: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Draw some of the regions, the same places in all images.

    The first region is always among them: every image has it, so that no image is left with none.

    Args:
        features: (B, R, D).
        mask: (B, R) bool; True where there is a region.
        count: The number n of regions that are kept.

    Returns:
        The kept regions (B, n, D) and their mask (B, n).
    """
    rest = 1 + torch.randperm(mask.shape[1] - 1, device=mask.device)
    chosen = torch.cat([rest.new_zeros(1), rest[: count - 1]])
    return features[:, chosen], mask[:, chosen]


class Standardize(nn.Module):
    """Standardization by the mean and the deviation of the training images.

    Args:
        width: The number D of dimensions.
        statistics: Mean and deviation (D,); None: features stay as they are.
    """

    def __init__(self, width: int, statistics: tuple[Tensor, Tensor] | None):
        super().__init__()
        mean, deviation = statistics or (torch.zeros(width), torch.ones(width))
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation.clamp(min=1e-6))

    def forward(self, features: Tensor) -> Tensor:
        """Standardize features (..., D)."""
        return (features - self.mean) / self.deviation


class RegionEncoder(nn.Module):
    """F^v, a fully-connected layer from detector features to H dimensions (A3VSE, section 3.2).

    Supplied here: standardization by the statistics of the training images; the published model takes raw
    features.

    Args:
        width: The width D of a detector's feature.
        dimensions: H.
        statistics: Mean and deviation (D,) of the training images; None: raw features.
    """

    def __init__(self, width: int, dimensions: int, statistics: tuple[Tensor, Tensor] | None = None):
        super().__init__()
        self.standardize = Standardize(width, statistics)
        self.layer = nn.Linear(width, dimensions)
        nn.init.xavier_uniform_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Encode features (B, R, D), times a `mask` (B, 1, D) of dropout, to V (B, R, H)."""
        features = self.standardize(features)
        return self.layer(features if mask is None else features * mask)


class SentenceEncoder(nn.Module):
    """F^t, a word embedding matrix and a recurrent network whose states are the encoded words.

    The network is an LSTM that reads forwards (A3VSE, section 3.2), a GRU (VSE++), or a GRU in both
    directions whose states are averaged (SCAN, section 3.4; Artpedia). Padding at the end never reaches the
    states before it.

    Args:
        words: The size V of the vocabulary.
        word_dimensions: The width of a word's vector.
        dimensions: The width H of a state.
        vectors: (V, <= word_dimensions), with which the embeddings start; a row of zeros is none.
        cell: "lstm" or "gru".
        both_ways: Whether the network reads in both directions.
        initialization: "xavier", or "uniform" as in the code of VSE++ and SCAN: embeddings from U(-0.1, 0.1),
            and the network as PyTorch starts it.
    """

    def __init__(
        self,
        words: int,
        word_dimensions: int,
        dimensions: int,
        vectors: Tensor | None = None,
        *,
        cell: str = "lstm",
        both_ways: bool = False,
        initialization: str = "xavier",
    ):
        super().__init__()
        self.both_ways = both_ways
        self.embedding = nn.Embedding(words, word_dimensions, padding_idx=PAD)
        kind = {"lstm": nn.LSTM, "gru": nn.GRU}[cell]
        network = kind(word_dimensions, dimensions, batch_first=True, bidirectional=both_ways)
        self.cell = cell
        setattr(self, cell, network)  # `lstm` or `gru`, as its weights are called in a checkpoint
        if initialization == "xavier":
            nn.init.xavier_uniform_(self.embedding.weight)
        else:
            nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        if vectors is not None:
            copy_vectors(self.embedding.weight, vectors)
        with torch.no_grad():
            self.embedding.weight[PAD] = 0
        for name, parameter in network.named_parameters() if initialization == "xavier" else ():
            if name.startswith("weight"):
                nn.init.xavier_uniform_(parameter)
            else:
                nn.init.zeros_(parameter)

    def forward(self, words: Tensor) -> Tensor:
        """Encode word indices (B, M) to T (B, M, H)."""
        if self.both_ways:
            return self.read_both_ways(words)[0]
        # autocast would run cuDNN's LSTM in float16, whose gradients underflow without scaling
        with torch.autocast(words.device.type, enabled=False):
            return getattr(self, self.cell)(self.embedding(words))[0]

    def read_both_ways(self, words: Tensor) -> tuple[Tensor, Tensor]:
        """Average the states of both directions.

        Args:
            words: (B, M) word indices.

        Returns:
            The mean of both states at each word, (B, M, H), and the mean (B, H) of the last states, which are
            that of the last word forwards and that of the first word backwards.
        """
        with torch.autocast(words.device.type, enabled=False):
            lengths = (words != PAD).sum(1).cpu()  # backwards, padding would be read first
            packed = pack_padded_sequence(
                self.embedding(words), lengths, batch_first=True, enforce_sorted=False
            )
            packed_states, last = getattr(self, self.cell)(packed)
            states, _ = pad_packed_sequence(packed_states, batch_first=True, total_length=words.shape[1])
            last = last[0] if self.cell == "lstm" else last  # the LSTM's memory cells are not read
            return states.unflatten(-1, (2, -1)).mean(-2), last.mean(0)


def last_state(states: Tensor, words: Tensor) -> Tensor:
    """Select the state after the last word.

    Args:
        states: (B, M, H).
        words: (B, M) word indices.

    Returns:
        (B, H).
    """
    last = (words != PAD).sum(1).clamp(min=1) - 1
    return states[torch.arange(len(states), device=states.device), last]


def copy_vectors(weight: Tensor, vectors: Tensor) -> None:
    """Copy pre-trained vectors into a word embedding matrix.

    They are scaled to the deviation of its random rows, so that words with and without a vector start alike.

    Args:
        weight: (V, E), changed in place.
        vectors: (V, D), D <= E; a row of zeros (no vector) keeps its random start.

    Raises:
        DataError: The vectors do not fit the matrix.
    """
    if vectors.shape[0] != weight.shape[0] or vectors.shape[1] > weight.shape[1]:
        raise DataError(
            f"word vectors {tuple(vectors.shape)} do not fit a matrix {tuple(weight.shape)}: "
            "raise word_dimensions, or take narrower vectors"
        )
    known = vectors.abs().sum(1) > 0
    scale = weight.std() / vectors[known].std() if known.any() else 1.0
    with torch.no_grad():
        weight[known, : vectors.shape[1]] = vectors[known] * scale


def drop_words(words: Tensor, rate: float, training: bool) -> Tensor:
    """Replace words by the unknown word at random, in training; padding stays.

    Args:
        words: (B, M) word indices.
        rate: The share of the words that is replaced, in [0, 1].
        training: Whether anything is replaced.

    Returns:
        Word indices (B, M).
    """
    if not training or rate == 0:
        return words
    dropped = torch.rand(words.shape, device=words.device) < rate
    return words.masked_fill(dropped & (words != PAD), UNKNOWN)


def bag_of_words(words: Tensor, weights: Tensor) -> Tensor:
    """Count the words of sentences, each times its weight.

    Args:
        words: (B, M) word indices.
        weights: (V,), such as IDF.

    Returns:
        (B, V).
    """
    counts = torch.zeros(len(words), len(weights), device=words.device)
    counts.scatter_add_(1, words, torch.ones_like(words, dtype=counts.dtype))
    return counts * weights

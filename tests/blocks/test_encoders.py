import pytest
import torch

from vse_lessons.blocks.encoders import (
    RegionEncoder,
    SentenceEncoder,
    bag_of_words,
    drop_words,
    dropout_mask,
)
from vse_lessons.data.text import PAD, UNKNOWN


def test_bag_counts_words_and_weighs_them():
    words = torch.tensor([[2, 3, 2, PAD], [4, PAD, PAD, PAD]])
    weights = torch.tensor([0.0, 0.0, 1.0, 0.5, 2.0])
    assert bag_of_words(words, weights).tolist() == [[0, 0, 2, 0.5, 0], [0, 0, 0, 0, 2]]


def test_dropped_words_become_unknown_and_padding_stays():
    words = torch.randint(2, 50, (40, 30))
    words[:, 20:] = PAD
    dropped = drop_words(words, 0.3, training=True)
    assert (dropped[:, 20:] == PAD).all()
    changed = dropped[:, :20] != words[:, :20]
    assert (dropped[:, :20][changed] == UNKNOWN).all()
    assert changed.float().mean() == pytest.approx(0.3, abs=0.06)
    assert torch.equal(drop_words(words, 0.3, training=False), words)


def test_dropout_mask_keeps_the_mean():
    mask = dropout_mask((200, 1, 50), 0.7, torch.zeros(1))
    torch.testing.assert_close(mask.unique(), torch.tensor([0, 1 / 0.3]))
    assert mask.mean() == pytest.approx(1, abs=0.1)


def test_one_mask_hides_a_dimension_from_all_regions():
    encoder = RegionEncoder(6, 4)
    features = torch.randn(2, 5, 6)
    mask = torch.ones(2, 1, 6)
    mask[0, 0, 3] = 0
    changed = features.clone()
    changed[0, :, 3] = 99
    torch.testing.assert_close(encoder(features, mask), encoder(changed, mask))


def test_features_are_standardized():
    features = 3 + 2 * torch.randn(50, 4, 6)
    flat = features.flatten(0, 1)
    encoder = RegionEncoder(6, 4, (flat.mean(0), flat.std(0)))
    standard = encoder.standardize(features).flatten(0, 1)
    torch.testing.assert_close(standard.mean(0), torch.zeros(6), atol=1e-5, rtol=0)
    torch.testing.assert_close(standard.std(0), torch.ones(6))


def test_padding_behind_a_sentence_does_not_reach_its_words():
    encoder = SentenceEncoder(20, 5, 4)
    short, long = torch.tensor([[3, 4]]), torch.tensor([[3, 4, PAD, PAD]])
    torch.testing.assert_close(encoder(long)[:, :2], encoder(short))


def test_pretrained_vectors_start_the_embeddings():
    vectors = torch.zeros(6, 3)
    vectors[2:5] = torch.randn(3, 3)
    encoder = SentenceEncoder(6, 3, 4, vectors)
    found = encoder.embedding.weight.detach()
    torch.testing.assert_close(
        torch.nn.functional.normalize(found[2:5]), torch.nn.functional.normalize(vectors[2:5])
    )
    assert (found[PAD] == 0).all() and (found[5] != 0).any(), "no vector: a random start"
    with pytest.raises(ValueError, match="do not fit"):
        SentenceEncoder(6, 2, 4, vectors)

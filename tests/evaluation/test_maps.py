import numpy as np
import torch
from helpers.corpora import make_corpus
from helpers.embedders import Oracle

from vse_lessons.blocks.similarity import normalize
from vse_lessons.evaluation.maps import compress_groups, compress_pairs
from vse_lessons.evaluation.retrieval import embed


def test_what_is_not_centred_keeps_its_cosines():
    torch.manual_seed(0)
    groups = {"image": torch.randn(5, 8), "sentence": 3 * torch.randn(7, 8)}
    kept = compress_groups(groups, dimensions=8, centred=False)
    points = {name: torch.tensor(rows) / 1000 for name, rows in kept.items()}
    before = normalize(groups["image"]) @ normalize(groups["sentence"]).T
    assert torch.allclose(points["image"] @ points["sentence"].T, before, atol=5e-3)


def test_what_is_centred_has_the_mean_zero_and_whole_numbers():
    torch.manual_seed(0)
    kept = compress_groups({"a": torch.randn(6, 20), "b": torch.randn(6, 20)}, dimensions=4)
    rows = np.array(kept["a"] + kept["b"])
    assert rows.shape == (12, 4) and rows.dtype.kind == "i"
    assert abs(rows.mean(0)).max() <= 0.5


def test_pairs_are_images_with_their_first_sentence():
    corpus = make_corpus()
    model = Oracle(corpus)
    images = corpus.images("train")
    kept = compress_pairs(embed(model, corpus, images), images=2, dimensions=2)
    assert len(kept["image"]) == len(kept["sentence"]) == 2

"""Models that need no training."""

import torch

from vse_lessons.models.base import Embedder, Losses


class Oracle(Embedder):
    """Knows the corpus by heart."""

    def __init__(self, corpus):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.owner = dict(zip(corpus.sentences, corpus.image_of.tolist()))
        self.size = len(corpus.image_ids)

    def encode_images(self, images):
        return torch.nn.functional.one_hot(images.index, self.size).float()

    def encode_sentences(self, sentences):
        return torch.nn.functional.one_hot(
            torch.tensor([self.owner[s] for s in sentences]), self.size
        ).float()

    def loss(self, batch):
        return Losses({"none": self.weight.sum()})

"""Small corpora that several tests share."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from vse_lessons.data.corpus import Corpus
from vse_lessons.data.regions import RegionStore
from vse_lessons.models.base import Batch, Pairs

SHARED = Path(__file__).resolve().parents[3] / "shared"


def shared_data(folder: str) -> Path:
    """A folder of real data beside the checkout; the test is skipped, by name, where it is absent."""
    path = SHARED / "data" / folder
    if not path.exists():
        pytest.skip(f"real data are not here: {path}")
    return path


def make_store(images: int, regions: int = 4, width: int = 12, seed: int = 0) -> RegionStore:
    rng = np.random.Generator(np.random.PCG64(seed))
    counts = rng.integers(1, regions + 1, images)
    features = rng.standard_normal((counts.sum(), width)).astype(np.float16)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return RegionStore(tuple(f"i{n}" for n in range(images)), features, starts, counts)


def make_corpus(images: int = 60, seed: int = 0) -> Corpus:
    """A corpus whose sentences name the largest directions of their image: it can be learnt."""
    store = make_store(images, seed=seed)
    rng = np.random.Generator(np.random.PCG64(seed + 1))
    sentences, image_of = [], []
    for image in range(images):
        mean = store.batch([image]).mean()[0].numpy()
        for _ in range(int(rng.integers(1, 4))):
            best = np.argsort(-mean + rng.normal(0, 0.1, len(mean)))[:3]
            sentences.append(" ".join(f"w{j}" for j in best))
            image_of.append(image)
    third = images // 3
    splits = ["train"] * (images - 2 * (third // 2)) + ["val"] * (third // 2) + ["test"] * (third // 2)
    return Corpus("toy", store, tuple(sentences), np.asarray(image_of), np.asarray(splits))


def make_pages(images: int = 90, seed: int = 0) -> Corpus:
    """The same with contextual sentences, which tell nothing about the image.  Of the first images every
    fifth page lacks them, every seventh has nothing else, and one has no sentence at all."""
    corpus = make_corpus(images, seed)
    rng = np.random.Generator(np.random.PCG64(seed + 2))
    told = [
        (text, int(owner), "visual")
        for text, owner in zip(corpus.sentences, corpus.image_of)
        if owner >= 40 or owner % 7
    ]
    for image in range(images):
        if image >= 40 or (image % 5 and image != 14):
            told += [
                (f"in c{rng.integers(4)} by w{rng.integers(12)} c{rng.integers(4)}", image, "contextual")
                for _ in range(int(rng.integers(1, 4)))
            ]
    texts, owners, kinds = zip(*told)
    return Corpus("pages", corpus.regions, texts, np.asarray(owners), corpus.splits, np.asarray(kinds))


def make_pixel_corpus(side: int = 64, images: int = 40) -> Corpus:
    """A learnable corpus with pixels, classes and confidences of chance."""
    data = make_corpus(images)
    rng = np.random.Generator(np.random.PCG64(7))
    found = len(data.regions.features)
    data = replace(
        data,
        regions=replace(
            data.regions,
            classes=rng.integers(0, 3, found).astype(np.int16),
            class_confidences=rng.random(found).astype(np.float16),
            class_names=("a", "b", "c"),
        ),
    )
    values = rng.integers(0, 256, (images, 3 * side * side)).astype(np.float16)
    rows = np.arange(images)
    return replace(data, pixels=RegionStore(data.image_ids, values, rows, np.ones_like(rows)))


def shuffled_pairs(corpus: Corpus, seed: int = 0) -> Corpus:
    """The same images and sentences; within each split the sentences belong to other images."""
    owners = corpus.image_of.copy()
    rng = np.random.Generator(np.random.PCG64(seed))
    for split in set(corpus.splits):
        mine = np.flatnonzero(corpus.splits[owners] == split)
        owners[mine] = owners[rng.permutation(mine)]
    return replace(corpus, image_of=owners)


def batch_of(training, count: int = 12, weak=None, progress: float = 0.5, warmup: bool = False) -> Batch:
    """The first annotated pairs of a sparse corpus."""
    corpus, rows = training.corpus, training.pairs[:count]
    images = corpus.regions.batch(corpus.image_of[rows])
    return Batch(Pairs(images, [corpus.sentences[row] for row in rows]), weak, progress, warmup)


def assert_resumes(run, folder: Path) -> None:
    """`run(*where, **options)` is `fit` of a fresh model.  Stopped after its third epoch it goes on as if
    nothing had happened."""

    def stop(epoch, model):
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(folder, after_epoch=stop)
    resumed, whole = run(folder), run()
    torch.testing.assert_close(
        dict(resumed.model.state_dict()), dict(whole.model.state_dict()), rtol=0, atol=0
    )
    assert [e["rsum"] for e in resumed.history] == [e["rsum"] for e in whole.history]

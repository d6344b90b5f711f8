"""Embeddings that were made elsewhere: their files, and the model that looks them up."""

import importlib.util

import numpy as np
import pytest
import torch
from helpers import ROOT
from PIL import Image

from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.region_writer import write_store
from vse_lessons.data.regions import Detections, RegionStore
from vse_lessons.evaluation.retrieval import evaluate
from vse_lessons.models.baselines.zero_shot import ZeroShot
from vse_lessons.sources.readers.features import embeddings
from vse_lessons.training.loop import fit

N, EACH, WIDE = 12, 2, 8


class Spelling:
    """Embeds a sentence as the mean of random vectors of its letters."""

    feature_dim = WIDE

    def encode_sentences(self, sentences):
        letters = torch.randn(256, WIDE, generator=torch.Generator().manual_seed(3))
        return torch.stack([letters[list(text.encode())].mean(0) for text in sentences])


SENTENCES = tuple(f"picture {chr(97 + n // EACH) * 6} seen {n}" for n in range(N * EACH))


@pytest.fixture
def corpus(tmp_path):
    """Pictures whose one region is the mean of their sentences' embeddings: they can be found."""
    read = Spelling().encode_sentences(SENTENCES).numpy().reshape(N, EACH, WIDE)
    ids = [f"{n}.jpg" for n in range(N)]
    rows = [[Detections(np.float32(one.mean(0, keepdims=True))) for one in read]]
    store = write_store(tmp_path / "regions", ids, rows, detector="clip", class_names=(), attribute_names=())
    owners = np.arange(N * EACH) // EACH
    return Corpus("tiny", store, SENTENCES, owners, np.repeat(["train", "test"], N // 2))


@pytest.fixture
def written(corpus, tmp_path):
    embeddings.write(tmp_path / "clip", corpus, Spelling(), batch_size=5)
    return tmp_path / "clip"


def test_what_was_written_is_read(corpus, written):
    again = embeddings.read(written, name="tiny")
    assert again.corpus.image_ids == corpus.image_ids and again.corpus.sentences == SENTENCES
    assert again.corpus.image_of.tolist() == corpus.image_of.tolist()
    assert again.corpus.splits.tolist() == corpus.splits.tolist()
    everything = np.arange(N)
    mine, theirs = (one.regions.batch(everything).mean() for one in (again.corpus, corpus))
    torch.testing.assert_close(mine, theirs)
    asked = [SENTENCES[7], SENTENCES[2], SENTENCES[7]]
    torch.testing.assert_close(again.encode_sentences(asked), Spelling().encode_sentences(asked))
    with pytest.raises(DataError, match="tiny has no embedding of 'another'"):
        again.encode_sentences(["another"])


def test_similarity_is_the_cosine(corpus):
    model = ZeroShot(Spelling(), corpus.regions)
    images = model.encode_images(corpus.regions.batch(np.arange(3)))
    sentences = model.encode_sentences(SENTENCES[:4])
    found = model.similarity(images, sentences)
    for i in range(3):
        for j in range(4):
            dot = sum(float(a * b) for a, b in zip(images[i], sentences[j]))
            norms = float(images[i].norm() * sentences[j].norm())
            assert found[i, j].item() == pytest.approx(dot / norms, abs=1e-5)


def test_stored_and_asked_embeddings_give_one_row(corpus, written):
    """The zero-shot row of a table, from the checkpoint and from its files."""
    asked = evaluate(ZeroShot(Spelling(), corpus.regions), corpus, "test")
    stored = embeddings.read(written, name="tiny")
    looked_up = evaluate(ZeroShot(stored, stored.corpus.regions), stored.corpus, "test")
    assert asked.rsum == looked_up.rsum
    chance = 100 * (1 + 5 + 6) / (N // 2) + 100 * (1 + 5 + 6) / (N // 2)
    assert asked.rsum > chance


def test_images_are_found_by_name_with_their_sentences(corpus, written):
    stored = embeddings.read(written)
    assert stored.match_images(corpus, np.array([7, 2])).tolist() == [7, 2]
    other = Corpus("other", corpus.regions, (*SENTENCES[:-1], "else"), corpus.image_of, corpus.splits)
    assert stored.match_images(other, np.array([3])).tolist() == [3]
    with pytest.raises(DataError, match=r"hold no 11\.jpg, or other sentences of it than other"):
        stored.match_images(other, np.array([3, 11]))


def test_it_is_not_trained_and_wants_one_space(corpus):
    model = ZeroShot(Spelling(), corpus.regions)
    with pytest.raises(DataError, match="evaluate it without fit"):
        fit(model, None, None)
    narrow = Spelling()
    narrow.feature_dim = 4
    with pytest.raises(DataError, match="8 wide, but sentences have 4"):
        ZeroShot(narrow, corpus.regions)


def test_without_splits_they_are_drawn(written):
    (written / embeddings.PARTS).unlink()
    assert set(embeddings.read(written).corpus.splits.tolist()) == {"train", "val", "test"}


def _array(name, array):
    return lambda folder: np.save(folder / name, array)


def _line(name, number, text):
    def change(folder):
        lines = (folder / name).read_text().splitlines()
        lines[number - 1] = text
        (folder / name).write_text("\n".join(lines) + "\n")

    return change


ROWS, NAN = np.ones((N * EACH, WIDE), np.float32), np.ones((N, WIDE), np.float32)
NAN[7, 2] = np.nan
BROKEN = {
    "narrow": (_array("sentences.npy", ROWS[:, :4]), "sentences.npy is 4 wide, images.npy 8"),
    "NaN": (_array("images.npy", NAN), "images.npy: row 7 holds NaN"),
    "objects": (_array("images.npy", np.array([{}, {}])), "images.npy is not there, damaged"),
    "integers": (_array("images.npy", np.ones((N, WIDE), int)), "holds int64 of shape"),
    "flat": (_array("images.npy", np.ones(N, np.float32)), r"of shape \(12,\)"),
    "rows": (_array("sentences.npy", ROWS[:-1]), "sentences.tsv has 24 lines for 23 rows"),
    "twice": (_line("images.txt", 3, "0.jpg"), "images.txt, line 3: '0.jpg' is empty or occurs"),
    "unknown": (_line("sentences.tsv", 5, "99.jpg\ta dog"), "sentences.tsv, line 5: no sentence, or '99"),
    "empty": (_line("sentences.tsv", 5, "2.jpg\t "), "sentences.tsv, line 5: no sentence"),
    "split": (_line("splits.txt", 2, "tset"), "splits.txt, line 2: unknown split 'tset'"),
    "gone": (lambda folder: (folder / "images.txt").unlink(), "images.txt cannot be read"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_files_are_named(written, kind):
    change, message = BROKEN[kind]
    change(written)
    with pytest.raises(DataError, match=message):
        embeddings.read(written)


def test_nothing_is_left_of_what_could_not_be_written(corpus, tmp_path):
    class Failing(Spelling):
        def encode_sentences(self, sentences):
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        embeddings.write(tmp_path / "clip", corpus, Failing())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["regions"]


def test_the_script_embeds_a_corpus(tmp_path, monkeypatch, capsys):
    pytest.importorskip("transformers")
    from helpers.checkpoints import clip

    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    path = ROOT / "data_scripts" / "embed_corpus.py"
    script = importlib.util.module_from_spec(spec := importlib.util.spec_from_file_location("e", path))
    spec.loader.exec_module(script)
    checkpoint = str(clip(tmp_path / "clip"))
    how = ["--checkpoint", checkpoint, "--preset", "smoke", "--device", "cpu"]
    assert script.main(["storybook", *how, "--to", str(tmp_path / "out")]) == 0
    stored = embeddings.read(tmp_path / "out")
    assert stored.feature_dim == 16 and "sentences, 16 dimensions" in capsys.readouterr().out
    assert script.main(["storybook", *how, "--to", str(tmp_path / "out")]) == 1
    assert "is there already" in capsys.readouterr().err
    assert script.main(["coco", *how, "--to", str(tmp_path / "coco")]) == 1
    assert "coco is not built in" in capsys.readouterr().err

    (tmp_path / "Images").mkdir()
    Image.new("RGB", (80, 60)).save(tmp_path / "Images" / "a.png")
    (tmp_path / "captions.csv").write_text("image,caption\na.png,a dog\n")
    given = ["captions_csv", str(tmp_path), *how, "--to", str(tmp_path / "csv")]
    assert script.main(given) == 0
    assert embeddings.read(tmp_path / "csv").corpus.sentences == ("a dog",)


def test_from_pictures_by_a_checkpoint_to_its_row(tmp_path):
    """CLIP's and SigLIP's whole way: pictures, one region each, sentences, files, recall."""
    transformers = pytest.importorskip("transformers")
    from helpers.checkpoints import clip, siglip

    from vse_lessons.data.pictures import pictures_from_files
    from vse_lessons.sources.detectors.extraction import extract_regions
    from vse_lessons.sources.detectors.hub import HubEmbedder

    assert transformers
    paths = [tmp_path / f"{n}.png" for n in range(4)]
    for n, path in enumerate(paths):
        Image.new("RGB", (80, 60), (60 * n, 250 - 60 * n, 90)).save(path)
    for make in (clip, siglip):
        folder = tmp_path / make.__name__
        embedder = HubEmbedder(str(make(folder / "checkpoint")))
        pictures = pictures_from_files(paths, [path.name for path in paths])
        store = extract_regions(pictures, embedder, folder / "store", progress=False)
        assert isinstance(store, RegionStore) and store.counts.tolist() == [1] * 4
        corpus = Corpus(
            "four", store, ("a dog", "a cat", "a tree", "a house"), np.arange(4), np.array(["test"] * 4)
        )
        stored = embeddings.write(folder / "embedded", corpus, embedder)
        asked = evaluate(ZeroShot(embedder, store), corpus, "test")
        assert evaluate(ZeroShot(stored, stored.corpus.regions), corpus, "test").rsum == asked.rsum

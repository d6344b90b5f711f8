import numpy as np
import pytest
from conftest import shared_data

from vse_lessons.corpora import open_corpus
from vse_lessons.files import DataError
from vse_lessons.results import figure_folder, lesson_folder, write_results
from vse_lessons.semantics import describe
from vse_lessons.sparse import sparsify
from vse_lessons.storybook.world import SIZES


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("VSE_LESSONS_HOME", str(tmp_path_factory.mktemp("home")))
    yield
    patch.undo()


@pytest.mark.parametrize("name", ["storybook", "storybook-fashion", "storybook-pages"])
def test_storybook_opens_in_every_domain(name):
    opened = open_corpus(name, preset="smoke", progress=False)
    data = opened.corpus
    assert len(data.image_ids) == sum(SIZES["smoke"])
    assert [len(data.images(split)) for split in ("train", "val", "test")] == list(SIZES["smoke"])
    assert opened.picture(3).size == (128, 128)
    kinds = set(data.kinds.tolist())
    assert kinds == ({"visual", "contextual"} if name.endswith("pages") else {"visual"})
    again = open_corpus(name, preset="smoke", progress=False).corpus
    assert again.sentences == data.sentences
    np.testing.assert_array_equal(again.regions.features, data.regions.features)


def test_splits_share_no_picture_and_semantics_are_of_the_unannotated():
    data = open_corpus("storybook", preset="smoke", progress=False).corpus
    training = sparsify(data, 0.2)
    said = describe(training)
    assert len(said) == len(training.unannotated)
    words = {word for text in said for word in text.split()}
    assert words <= {*data.regions.class_names, *data.regions.attribute_names}
    assert all(said), "every picture has at least one detection"


@pytest.mark.parametrize(("arguments", "message"), [
    (("mars",), "unknown corpus 'mars': one of storybook"),
    (("flickr8k",), "pass corpus_dir"),
    (("flickr8k", "/nowhere/at/all"), "is not a folder"),
    (("storybook", None, "huge"), "unknown preset 'huge'")])  # fmt: skip
def test_bad_requests(arguments, message):
    with pytest.raises(DataError, match=message):
        open_corpus(*arguments)


def test_real_precomputed_arrays_open_through_the_front_door(tmp_path):
    folder = shared_data("flickr8k")
    np.save(tmp_path / "train_ims.npy", np.ones((4, 36, 8), np.float32))
    np.save(tmp_path / "dev_ims.npy", np.ones((2, 36, 8), np.float32))
    with open(folder / "captions.txt", encoding="utf-8") as file:
        captions = [line.split(",", 1)[1] for line in list(file)[1:31]]
    (tmp_path / "train_caps.txt").write_text("".join(captions[:20]))
    (tmp_path / "dev_caps.txt").write_text("".join(captions[20:]))
    opened = open_corpus("precomputed", tmp_path)
    assert len(opened.corpus.images("val")) == 2 and len(opened.corpus.sentences) == 30
    with pytest.raises(DataError, match="features only"):
        opened.picture(0)
    with pytest.raises(DataError, match="no regional semantics"):
        describe(sparsify(opened.corpus, 0.5))


def test_results_hold_what_repeats_a_run(tmp_path):
    folder = lesson_folder(tmp_path / "new", "lesson")
    found = write_results(folder, "lesson", {"seed": 3, "corpus": "x"}, rsum=1.5)
    assert (folder / "results.json").exists()
    assert {"lesson", "seed", "corpus", "rsum", "seconds", "peak_memory_mb", "versions"} <= set(
        found
    )
    with pytest.raises(DataError, match="both parameters and measurements"):
        write_results(folder, "lesson", {"rsum": 3}, rsum=1)


def test_figures_stay_out_of_the_checkout_unless_built(tmp_path, monkeypatch):
    monkeypatch.delenv("VSE_LESSONS_FIGURES", raising=False)
    assert figure_folder(tmp_path) == tmp_path / "figures"
    monkeypatch.setenv("VSE_LESSONS_FIGURES", "/elsewhere")
    assert str(figure_folder(tmp_path)) == "/elsewhere"

"""Training, evaluating and searching from the command line, on the built-in corpus."""

import json

import pytest

from vse_lessons.__main__ import main
from vse_lessons.sources.catalogue import open_corpus

SMALL = ("--preset", "smoke")


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VSE_LESSONS_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A linear model that a command has trained and saved."""
    to = tmp_path_factory.mktemp("models") / "my model"
    words = ["train", "linear", "storybook", *SMALL, "--share", "0.5", "--seed", "1", "--to", str(to)]
    assert main(words) == 0
    return to


def answers(capsys):
    """The answers that a search has printed, without their scores."""
    return [line.split(maxsplit=1)[1] for line in capsys.readouterr().out.splitlines()]


def test_training_saves_the_model_with_its_figures_and_nothing_else(folder):
    names = {path.name for path in folder.iterdir()}
    assert names == {"README.md", "config.json", "model.safetensors", "results.json", "vocabulary.json"}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    results = json.loads((folder / "results.json").read_text("utf-8"))
    assert results["model"] == "linear"
    assert (results["corpus"], results["seed"], results["share"]) == ("storybook", 1, 0.5)
    assert {"rsum", "versions", "machine", "seconds", "best_epoch", "annotated_images"} <= set(results)
    assert "run" not in results


def test_a_saved_model_gives_the_figures_that_training_printed(folder, tmp_path, capsys):
    written = tmp_path / "again.json"
    assert main(["evaluate", str(folder), "storybook", *SMALL, "--json", str(written)]) == 0
    results = json.loads((folder / "results.json").read_text("utf-8"))
    again = json.loads(written.read_text("utf-8"))
    assert (again["t2i"], again["i2t"]) == (results["t2i"], results["i2t"])
    assert f"sum {results['rsum']:.1f}" in capsys.readouterr().out


def test_words_find_images_and_a_picture_file_finds_sentences(folder, tmp_path, capsys):
    opened = open_corpus("storybook", preset="smoke")
    assert main(["search", str(folder), "a boat", "--corpus", "storybook", *SMALL, "-k", "3"]) == 0
    found = answers(capsys)
    assert len(found) == 3
    assert set(found) <= set(opened.corpus.image_ids)
    image = int(opened.corpus.images("test")[0])
    opened.picture(image).save(tmp_path / "one.png")
    assert (
        main(["search", str(folder), "--image", str(tmp_path / "one.png"), "--corpus", "storybook", *SMALL])
        == 0
    )
    assert set(answers(capsys)) <= set(opened.corpus.sentences)


def test_words_find_the_pictures_of_a_folder_in_the_order_of_the_corpus(folder, tmp_path, capsys):
    opened = open_corpus("storybook", preset="smoke")
    images = opened.corpus.images("test")
    for image in images:
        opened.picture(int(image)).save(tmp_path / f"{image:04d}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    assert main(["search", str(folder), "a red boat", "--pictures", str(tmp_path), "-k", "5"]) == 0
    in_folder = [int(path.rpartition("/")[2].rpartition("\\")[2][:4]) for path in answers(capsys)]
    assert main(["search", str(folder), "a red boat", "--corpus", "storybook", *SMALL]) == 0
    ids = list(opened.corpus.image_ids)
    assert in_folder == [ids.index(name) for name in answers(capsys)]


def test_a_model_that_adapts_is_reported_on_its_target_and_read_back_with_it(tmp_path, capsys):
    to = tmp_path / "transfer"
    words = ["train", "CORAL", "storybook", *SMALL, "--share", "1", "--sentences", "2", "--to", str(to)]
    assert main([*words, "--target", "storybook-art"]) == 0
    trained = capsys.readouterr().out
    assert "test split of storybook-art" in trained
    assert main(["evaluate", str(to), "storybook-art", *SMALL]) == 0
    recalls = [line for line in trained.splitlines() if line.startswith(("sentence to", "image to"))]
    again = capsys.readouterr().out.splitlines()
    assert len(recalls) == 2
    assert set(recalls) <= set(again)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "scan", "storybook", "--to", "new"], "unknown model 'scan': one of A3VSE, SCAN"),
        (["train", "SCAN", "mars", "--to", "new"], "unknown corpus 'mars': one of storybook"),
        (["train", "SCAN", "flickr8k", "--to", "new"], "flickr8k is not built in: pass corpus_dir"),
        (
            ["train", "A3VSE", "storybook", "--variant", "x", "--to", "new"],
            "unknown variant 'x': one of full",
        ),
        (["train", "VSA", "storybook", "--to", "new"], "name it with --target"),
        (["train", "SCAN", "storybook", "--target", "storybook-art", "--to", "new"], "leave --target out"),
        (["train", "zero-shot", "storybook", "--to", "new"], "vse-lessons embed"),
        (["train", "SCAN", "storybook", "--device", "gpu0", "--to", "new"], "auto, cpu or cuda"),
        (["train", "SCAN", "storybook", "--to", "."], "is there already"),
        (["train", "SCAN", "storybook", "--share", "0", "--to", "new", *SMALL], "must be in (0, 1]"),
        (["train", "SCAN", "storybook", "--word-vectors", "no.txt", "--to", "new", *SMALL], "no.txt"),
        (["train", "SCAN", "storybook", "--to", "here.txt/new", *SMALL], "a file stands where a folder"),
        (["evaluate", "MODEL", "storybook", "--json", "here.txt/x.json"], "a file stands where a folder"),
        (["evaluate", "MODEL", "storybook", "--json", "."], "it is a folder: name a file"),
        (["evaluate", "nowhere", "storybook"], "holds no model"),
        (
            ["evaluate", "MODEL", "storybook", "--domain", "target", *SMALL],
            "knows no domain 'target': use source",
        ),
        (["search", "MODEL", "--corpus", "storybook"], "name what to look for"),
        (["search", "MODEL", " ", "--corpus", "storybook", *SMALL], "the query is empty"),
        (["search", "MODEL", "boat", "-k", "0", "--corpus", "storybook"], "use at least 1"),
        (["search", "MODEL", "boat", "--pictures", "nowhere"], "is not a folder"),
        (["search", "MODEL", "boat", "--pictures", "."], "holds no picture"),
        (["search", "MODEL", "--image", "one.png", "--pictures", "."], "has no sentences for --image"),
        (["search", "MODEL", "--image", "no.png", "--corpus", "storybook", *SMALL], "no.png does not exist"),
        (["embed", "nope", "--checkpoint", "none", "--to", "new"], "unknown corpus 'nope': one of storybook"),
        (["embed", "storybook", "--checkpoint", "none", "--to", "."], "is there already"),
    ],
)
def test_what_cannot_be_is_one_line_that_says_what_to_do(
    words, message, folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.txt").write_text("so that this folder is not empty")
    assert main([str(folder) if word == "MODEL" else word for word in words]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "new").exists()

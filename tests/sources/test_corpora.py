import base64
import json

import numpy as np
import pytest
from helpers.corpora import shared_data
from PIL import Image

from vse_lessons.common.files import DataError
from vse_lessons.data.sparse import sparsify
from vse_lessons.sources.catalogue import SOURCES, open_corpus, read_listing, save_prepared
from vse_lessons.sources.readers.features import bottom_up
from vse_lessons.sources.semantics import describe
from vse_lessons.sources.storybook.world import SIZES


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
    assert opened.picture(3).size == (128, 128) and data.built_in and data.lexicon == "storybook"
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mars",), "unknown corpus 'mars': one of storybook"),
        (("flickr8k",), "pass corpus_dir"),
        (("flickr8k", "/nowhere/at/all"), "is not a folder"),
        (("storybook", None, "huge"), "unknown preset 'huge'"),
    ],
)
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


# --- listings, with regions that are extracted here or elsewhere ---------------------------------

NUMBERS = (11, 4, 7, 30)  # of the pictures, in the order of the lists
SPLITS = ("train", "val", "test", "train")


def name_of(number, name="flickr30k"):
    return f"COCO_val2014_{number:012d}.jpg" if name == "coco" else f"{number}.jpg"


def karpathys(folder, name):
    images = [
        {"filename": name_of(n, name), "split": split, "sentences": [{"raw": f"picture {n} says"}]}
        for n, split in zip(NUMBERS, SPLITS)
    ]
    (folder / f"dataset_{name}.json").write_text(json.dumps({"images": images}))


def listed(folder, kind, pictures=True):
    """A corpus of four pictures as it is published; a picture's number is its red.  Gives its name."""
    folder.mkdir(exist_ok=True)
    name, below = kind.partition(" ")[0], "val2014" if kind.startswith("coco") else "images"
    if pictures:
        (folder / below).mkdir()
        for n in NUMBERS:
            Image.new("RGB", (40, 30), (n, 90, 200)).save(folder / below / name_of(n, name), "PNG")
    if kind == "coco":
        images = [{"id": n, "file_name": name_of(n, "coco")} for n in NUMBERS]
        said = [{"image_id": n, "caption": f"picture {n} says"} for n in NUMBERS]
        records = {"images": images, "annotations": said}
        (folder / "captions_val2014.json").write_text(json.dumps(records))
        karpathys(folder, "coco")
    elif "list" in kind:
        karpathys(folder, name)
    elif kind.startswith("flickr"):
        tokens = [f"{n}.jpg#0\tpicture {n} says\n" for n in NUMBERS]
        (folder / "results_20130124.token").write_text("".join(tokens))
        for split in set(SPLITS):
            names = [f"{n}\n" for n, own in zip(NUMBERS, SPLITS) if own == split]
            (folder / f"flickr30k_{split}.txt").write_text("".join(names))
    elif name == "captions_csv":
        end, comma = ("tsv", "\t") if "tsv" in kind else ("csv", ",")
        rows = [f"{n}.jpg,{split},picture {n} says" for n, split in zip(NUMBERS, SPLITS)]
        table = "\n".join(["image,split,caption", *rows]).replace(",", comma)
        (folder / f"captions.{end}").write_text(table)
    else:
        (folder / "texts").mkdir()
        for n in NUMBERS:
            (folder / "texts" / f"{n}.txt").write_text(f"picture {n} says\n")
    return name


def extracted(folder, how):
    """Regions of the pictures and of two others, in another order and by other names.  Their first number is
    the picture's."""
    numbers = sorted([*NUMBERS, 5, 99], reverse=True)
    features = {n: np.full((2, 3), n, np.float32) for n in numbers}
    (folder / "features").mkdir(exist_ok=True)
    if how == "npz":
        for n, found in features.items():
            np.savez(folder / "features" / f"{n:012d}.npz", features=found)
        return
    boxes = base64.b64encode(np.float32([[0, 0, 40, 30]] * 2).tobytes()).decode()
    rows = [
        f"{n}\t40\t30\t2\t{boxes}\t{base64.b64encode(found.tobytes()).decode()}\n"
        for n, found in features.items()
    ]
    place = folder if how == "tsv" else folder / "features"
    (place / "r.tsv.0").write_text("".join(rows[:3]))
    (place / "r.tsv.1").write_text("".join(rows[3:]))


def assert_holds_together(opened, numbers=NUMBERS, splits=SPLITS):
    """Sentences, splits, names, pictures and regions that were extracted elsewhere are each other's."""
    corpus = opened.corpus
    assert [int(image.split(".")[0].split("_")[-1]) for image in corpus.image_ids] == list(numbers)
    assert splits is None or corpus.splits.tolist() == list(splits)
    for i, number in enumerate(numbers):
        assert [corpus.sentences[s] for s in corpus.sentences_of[i]] == [f"picture {number} says"]
        if opened.pictures is not None:
            assert opened.picture(i).getpixel((3, 3)) == (number, 90, 200)
        if corpus.regions.detector in ("bottom-up", "npz-folder"):
            assert set(corpus.regions.batch([i]).features.flatten().tolist()) == {number}


KINDS = ["coco", "coco list", "flickr30k", "flickr30k list", "captions_csv", "captions_csv tsv"]


@pytest.mark.parametrize("kind", ["coco", "flickr30k", "captions_csv tsv", "text_files"])
def test_a_corpus_of_pictures_is_extracted_and_prepared(tmp_path, kind):
    name = listed(tmp_path / "f", kind)
    opened = open_corpus(name, tmp_path / "f", progress=False)
    splits = None if name == "text_files" else SPLITS
    numbers = NUMBERS
    if name == "text_files":
        numbers = [int(path.stem) for path in sorted((tmp_path / "f" / "images").iterdir())]
    if name == "flickr30k":  # in the order of its split lists
        numbers, splits = (11, 30, 4, 7), ("train", "train", "val", "test")
    assert opened.corpus.name == name and opened.corpus.regions.detector.startswith("efficientnet")
    assert_holds_together(opened, numbers, splits)
    save_prepared(opened, read_listing(name, tmp_path / "f"), tmp_path / "p")
    again = open_corpus("prepared", tmp_path / "p")
    assert again.corpus.name == name
    assert_holds_together(again, numbers, splits)
    np.testing.assert_array_equal(again.corpus.regions.features, opened.corpus.regions.features)
    (tmp_path / "p" / "pictures.json").unlink()
    again = open_corpus("prepared", tmp_path / "p")
    assert again.corpus.sentences == opened.corpus.sentences
    with pytest.raises(DataError, match=f"{name} holds features only, no pictures to show"):
        again.picture(0)


@pytest.mark.parametrize("how", ["npz", "tsv", "features/tsv"])
@pytest.mark.parametrize("kind", KINDS)
def test_regions_from_elsewhere_need_no_picture(tmp_path, kind, how):
    name = listed(tmp_path / "f", kind, pictures=False)
    extracted(tmp_path / "f", how)
    numbers, splits = NUMBERS, SPLITS
    if kind == "flickr30k":
        numbers, splits = (11, 30, 4, 7), ("train", "train", "val", "test")
    opened = open_corpus(name, tmp_path / "f", progress=False)
    assert opened.pictures is None
    assert opened.corpus.regions.detector == ("npz-folder" if how == "npz" else "bottom-up")
    assert (opened.corpus.regions.boxes is None) == (how == "npz")
    assert_holds_together(opened, numbers, splits)
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "pictures.json").write_text("[]")  # of what was prepared there before
    save_prepared(opened, read_listing(name, tmp_path / "f"), tmp_path / "p")
    again = open_corpus("prepared", tmp_path / "p")
    assert again.pictures is None
    assert_holds_together(again, numbers, splits)


@pytest.mark.parametrize("kind", ["coco", "captions_csv", "flickr30k list"])
def test_pictures_are_shown_beside_regions_from_elsewhere(tmp_path, kind):
    name = listed(tmp_path / "f", kind)
    extracted(tmp_path / "f", "tsv")
    opened = open_corpus(name, tmp_path / "f", progress=False)
    assert opened.pictures is not None
    assert_holds_together(opened)
    save_prepared(opened, read_listing(name, tmp_path / "f"), tmp_path / "p")
    again = open_corpus("prepared", tmp_path / "p")
    assert again.pictures is not None
    assert_holds_together(again)


def test_texts_beside_regions_from_elsewhere(tmp_path):
    listed(tmp_path / "f", "text_files")
    extracted(tmp_path / "f", "npz")
    numbers = [int(path.stem) for path in sorted((tmp_path / "f" / "images").iterdir())]
    assert_holds_together(open_corpus("text_files", tmp_path / "f", progress=False), numbers, None)


def test_karpathys_list_goes_before_others(tmp_path):
    listed(tmp_path / "f", "flickr30k")
    other = read_listing("flickr30k", tmp_path / "f")
    assert other.ids == ("11.jpg", "30.jpg", "4.jpg", "7.jpg")
    karpathys(tmp_path / "f", "coco")  # of another corpus, in the same archive
    assert read_listing("flickr30k", tmp_path / "f").ids == other.ids
    karpathys(tmp_path / "f", "flickr30k")
    assert read_listing("flickr30k", tmp_path / "f").ids == tuple(f"{n}.jpg" for n in NUMBERS)


def test_what_is_left_out_is_told(tmp_path, capsys):
    listed(tmp_path / "f", "captions_csv")
    (tmp_path / "f" / "images" / "7.jpg").unlink()
    with pytest.raises(DataError, match=r"captions\.csv, line 4: '7\.jpg' is not in"):
        open_corpus("captions_csv", tmp_path / "f", progress=False)
    assert capsys.readouterr().out == ""
    listing = read_listing("captions_csv", tmp_path / "f", on_bad="skip")
    assert listing.ids == ("11.jpg", "4.jpg", "30.jpg") and "7" not in " ".join(listing.sentences)
    said = capsys.readouterr().out
    assert said.startswith("captions_csv: 1 records or sentences are left out; the first: ")
    assert "captions.csv, line 4: '7.jpg' is not in" in said


def without(number):
    def harm(folder):
        (folder / "features" / f"{number:012d}.npz").unlink()

    return harm


def spoilt(content):
    return lambda folder: (folder / "features" / "000000000007.npz").write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (
            without(7),
            r"captions_csv: .*npz-folder-\w+ has no regions of 7\.jpg, and of 1 of 4 pict",
        ),
        (spoilt(b"x"), r"000000000007\.npz: File is not a zip file; extract the image again"),
        (lambda f: np.savez(f / "features" / "7", x=np.ones((1, 3))), r"7\.jpg may be .* or "),
        (
            lambda f: [path.unlink() for path in (f / "features").iterdir()],
            r"features holds no \.npz",
        ),
        (lambda f: (f / "r.tsv").write_bytes(b"1\t2\n"), r"r\.tsv, line 1: 2 fields, not 6 or 10"),
    ],
)
def test_regions_from_elsewhere_that_do_not_suit(tmp_path, harm, message):
    listed(tmp_path / "f", "captions_csv", pictures=False)
    extracted(tmp_path / "f", "npz")
    harm(tmp_path / "f")
    with pytest.raises(DataError, match=message):
        open_corpus("captions_csv", tmp_path / "f", progress=False)


def change(**changes):
    def harm(folder):
        content = json.loads((folder / "corpus.json").read_text())
        (folder / "corpus.json").write_text(json.dumps({**content, **changes}))

    return harm


def rewrite(text, name="corpus.json"):
    return lambda folder: (folder / name).write_text(text)


IDS = [f"{n}.jpg" for n in NUMBERS]


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (
            lambda f: (f / "corpus.json").unlink(),
            "has no corpus.json: run vse-lessons prepare",
        ),
        (rewrite("{"), "corpus.json is not JSON"),
        (rewrite("[]"), "corpus.json is not a corpus"),
        (change(sentences=4), "corpus.json is damaged"),
        (change(image_of=["x"]), "corpus.json is damaged"),
        (change(image_of=[0, 1, 2]), "4 sentences, 3 owners"),
        (change(store=3), "corpus.json is damaged"),
        (change(store="/nowhere"), "/nowhere/meta.json does not exist"),
        (change(images=7), "corpus.json is damaged"),
        (change(images={"ids": IDS}), "corpus.json lacks 'rows'"),
        (change(images={"ids": IDS, "rows": [0, 1, 2, 6]}), "corpus.json is damaged"),
        (change(images={"ids": IDS, "rows": [0, 1, 2, "x"]}), "corpus.json is damaged"),
        (change(images={"ids": IDS, "rows": [0, 1, 2, -1]}), "corpus.json is damaged"),
        (change(images={"ids": IDS, "rows": [0, 1, 2]}), "4 ids, 3 starts"),
        (change(images={"ids": IDS[:3] * 2, "rows": [0] * 6}), "'11.jpg' occurs more than once"),
        (
            rewrite("[]", "pictures.json"),
            "pictures.json does not name 4 pictures: prepare it again",
        ),
        (rewrite("[1, 2, 3, 4]", "pictures.json"), "pictures.json does not name 4 pictures"),
        (rewrite('{"a": 1}', "pictures.json"), "pictures.json does not name 4 pictures"),
        (rewrite("x", "pictures.json"), "pictures.json is not JSON"),
    ],
)
def test_prepared_folders_that_are_damaged(tmp_path, harm, message):
    name = listed(tmp_path / "f", "captions_csv")
    extracted(tmp_path / "f", "npz")
    opened = open_corpus(name, tmp_path / "f", progress=False)
    save_prepared(opened, read_listing(name, tmp_path / "f"), tmp_path / "p")
    open_corpus("prepared", tmp_path / "p")
    harm(tmp_path / "p")
    with pytest.raises(DataError, match=message):
        open_corpus("prepared", tmp_path / "p")


def test_a_corpus_is_saved_with_its_own_regions_only(tmp_path):
    listed(tmp_path / "f", "captions_csv", pictures=False)
    extracted(tmp_path / "f", "npz")
    corpus = open_corpus("captions_csv", tmp_path / "f", progress=False).corpus
    for n in NUMBERS[1:]:
        without(n)(tmp_path / "f")
    (tmp_path / "f" / "captions.csv").write_text("image,caption\n11.jpg,picture 11 says\n")
    other = open_corpus("captions_csv", tmp_path / "f", progress=False).corpus
    with pytest.raises(DataError, match="captions_csv: its regions are not those in "):
        corpus.save(tmp_path / "corpus.json", other.regions.source)
    assert not (tmp_path / "corpus.json").exists()


def test_real_regions_join_the_sentences_of_coco(tmp_path):
    folder = shared_data("bottom_up")
    for path in folder.iterdir():
        if path.is_file():
            (tmp_path / path.name).symlink_to(path.resolve())
    names = sorted(path.name for path in (folder / "images").iterdir())
    records = {
        "images": [{"id": n, "file_name": name} for n, name in enumerate(names)],
        "annotations": [{"image_id": n, "caption": name} for n, name in enumerate(names)],
    }
    (tmp_path / "captions_train2014.json").write_text(json.dumps(records))
    splits = ["train"] * 8 + ["val", "test"]
    images = [{"filename": name, "split": split} for name, split in zip(names, splits)]
    (tmp_path / "dataset_coco.json").write_text(json.dumps({"images": images}))
    corpus = open_corpus("coco", tmp_path, progress=False).corpus
    assert tuple(corpus.image_ids) == corpus.sentences == tuple(names)
    assert corpus.splits.tolist() == splits
    regions = bottom_up.read(bottom_up.find_files(folder), tmp_path / "kept", progress=False)
    for i, name in enumerate(names):
        row = regions.ids.index(name.removesuffix(".jpg"))
        np.testing.assert_array_equal(corpus.regions.batch([i]).features, regions.batch([row]).features)
    said = describe(sparsify(corpus, 0.2))
    assert all(said) and {word for text in said for word in text.split()} <= {
        word for name in (*regions.class_names, *regions.attribute_names) for word in name.split()
    }


PUBLISHED = [n for n, one in SOURCES.items() if not one.built_in and n not in ("precomputed", "prepared")]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_folder_without_the_corpus_says_what_is_missing(tmp_path, name):
    with pytest.raises(DataError, match=f"{tmp_path} ?.*(has no|has neither|holds)"):
        open_corpus(name, tmp_path, progress=False)

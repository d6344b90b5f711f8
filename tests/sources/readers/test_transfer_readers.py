"""Fashion tables, JSON captions, and folders without any pairing."""

from pathlib import Path

import numpy as np
import pytest
from helpers.corpora import make_store, shared_data
from helpers.layouts import captions_folder as captions
from helpers.layouts import picture

from vse_lessons.common.files import DataError
from vse_lessons.sources.catalogue import open_corpus, open_target
from vse_lessons.sources.readers import captions_json, fashion_table, unpaired
from vse_lessons.sources.readers.listing import draw_splits

HEADER = "id,productDisplayName,gender,year"


def table(folder: Path, *rows: str, header: str = HEADER, pictures=range(1, 6)) -> Path:
    (folder / "styles.csv").write_text("\n".join((header, *rows)) + "\n", "utf-8")
    for number in pictures:
        picture(folder / "images" / f"{number}.jpg")
    return folder


# --- the fashion table ----------------------------------------------------------------------------


def test_a_product_is_a_picture_with_its_name(tmp_path):
    folder = table(tmp_path, "3,Puma Men Black Shirt,Men,2011", '1,"Nike Red, White Tee",Men,2012')
    found = fashion_table.read(folder)
    assert found.ids == ("3", "1") and found.sentences == (
        "Puma Men Black Shirt",
        "Nike Red, White Tee",
    )
    assert found.image_of.tolist() == [0, 1] and found.paths[0].name == "3.jpg"
    assert found.name == tmp_path.name and fashion_table.read(folder, name="x").name == "x"


BAD_ROWS = {
    "4,Too few": ("line 3", "2 columns, not 4"),
    "4,A name, with a comma,Men,2011": ("line 3", "5 columns, not 4"),
    "4,  ,Men,2011": ("line 3", "product 4 has no name"),
    "1,Puma Blue Shirt,Men,2011": ("line 3", "product 1 is listed twice"),
    "99,Puma Blue Shirt,Men,2011": ("line 3", "99.jpg is not in"),
}


@pytest.mark.parametrize("row", BAD_ROWS)
def test_a_bad_row_is_named_or_skipped(tmp_path, row):
    where, reason = BAD_ROWS[row]
    folder = table(tmp_path, "1,Puma Men Black Shirt,Men,2011", row, "2,Puma Tee,Men,2011")
    with pytest.raises(DataError, match=rf"styles.csv, {where}: .*{reason}.*on_bad"):
        fashion_table.read(folder)
    found = fashion_table.read(folder, on_bad="skip")
    assert found.ids == ("1", "2") and len(found.skipped) == 1 and reason in found.skipped[0]["reason"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda f: None, "styles.csv is not there"),
        (lambda f: (f / "styles.csv").write_text(HEADER), "images is not there"),
        (lambda f: table(f, "1,a,b,c", header="id,name,x,y"), "no column 'productDisplayName'"),
        (lambda f: table(f), "lists no product"),
        (
            lambda f: (table(f), (f / "styles.csv").write_bytes(HEADER.encode() + b"\n1,caf\xe9,a,b")),
            "not UTF-8",
        ),
    ],
)
def test_a_folder_that_is_no_fashion_table_is_refused(tmp_path, make, said):
    make(tmp_path)
    with pytest.raises(DataError, match=said):
        fashion_table.read(tmp_path)


def test_splits_are_drawn_once_and_for_all():
    splits = draw_splits(4000)
    counts = {split: int((splits == split).sum()) for split in ("train", "val", "test")}
    assert counts == {"train": 3200, "val": 400, "test": 400}
    assert np.array_equal(splits, draw_splits(4000))
    assert set(draw_splits(1)) <= {"train", "val", "test"}


def test_what_is_left_out_moves_no_other_product(tmp_path):
    rows = [f"{n},Brand Men Red Shirt number {n},Men,2011" for n in range(1, 31)]
    whole = fashion_table.read(table(tmp_path, *rows, pictures=range(1, 31)))
    (tmp_path / "images" / "7.jpg").unlink()
    less = fashion_table.read(table(tmp_path, "4,too few", *rows[1:], pictures=()), on_bad="skip")
    splits = dict(zip(whole.ids, whole.splits))
    assert len(less.ids) == 28
    assert all(splits[product] == split for product, split in zip(less.ids, less.splits))


def test_the_real_table_is_read():
    found = fashion_table.read(shared_data("fashion_products"))
    assert len(found.ids) == len(found.sentences) == 4000 and not found.skipped
    assert min(len(text.split()) for text in found.sentences) >= 6


# --- JSON captions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        {"a.jpg": "one", "sub/c.jpg": ["two", " three "]},
        [{"image": "a.jpg", "caption": "one"}, {"file_name": "sub/c.jpg", "sentences": ["two", "three"]}],
        [{"filename": "a.jpg", "captions": ["one"]}, {"img": "sub/c.jpg", "captions": ["two", "three"]}],
    ],
)
def test_the_public_forms_of_captions_are_one(tmp_path, content):
    found = captions_json.read(captions(tmp_path, content))
    assert found.ids == ("a.jpg", "sub/c.jpg") and found.sentences == ("one", "two", "three")
    assert found.image_of.tolist() == [0, 1, 1] and all(path.is_file() for path in found.paths)


def test_splits_of_the_file_are_kept(tmp_path):
    records = [
        {"image": name, "caption": "x", "split": split}
        for name, split in (("a.jpg", "test"), ("b.jpg", "train"), ("sub/c.jpg", "val"))
    ]
    assert captions_json.read(captions(tmp_path, records)).splits.tolist() == [
        "test",
        "train",
        "val",
    ]
    del records[1]["split"]
    captions(tmp_path, records)
    with pytest.raises(DataError, match="some pictures have a split and some have none"):
        captions_json.read(tmp_path)


BAD_RECORDS = [
    ({"image": "lost.jpg", "caption": "x"}, "'lost.jpg' is not in"),
    ({"image": "../captions.json", "caption": "x"}, "is not in"),
    ({"image": "/etc/hostname", "caption": "x"}, "is not in"),
    ({"image": "a.jpg", "caption": "x"}, "'a.jpg' is listed twice"),
    ({"image": "b.jpg"}, "no name of a picture"),
    ({"caption": "x"}, "no name of a picture"),
    ({"image": "b.jpg", "captions": 7}, "no name of a picture"),
    ("b.jpg", "no name of a picture"),
    ({"image": "b.jpg", "caption": "x", "split": "dev"}, "unknown split 'dev'"),
    ({"image": "b.jpg", "captions": ["x", " "]}, "the sentence is ' ', not text"),
    ({"image": "b.jpg", "captions": [None]}, "the sentence is None, not text"),
]


@pytest.mark.parametrize(("record", "said"), BAD_RECORDS)
def test_a_bad_record_is_named_or_skipped(tmp_path, record, said):
    captions(tmp_path, [{"image": "a.jpg", "caption": "fine"}, record])
    with pytest.raises(DataError, match=rf"captions.json, record 2: .*{said}"):
        captions_json.read(tmp_path)
    found = captions_json.read(tmp_path, on_bad="skip")
    assert found.ids[0] == "a.jpg" and found.sentences[0] == "fine" and len(found.skipped) == 1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda f: None, "has no file of sentences"),
        (lambda f: (f / "captions.json").write_text("{}"), "has no folder of pictures"),
        (lambda f: captions(f, {}), "names no picture"),
        (lambda f: captions(f, "text"), "holds a str"),
        (lambda f: (captions(f, {}), (f / "captions.json").write_text("{")), "captions.json"),
    ],
)
def test_a_folder_without_captions_is_refused(tmp_path, make, said):
    make(tmp_path)
    with pytest.raises(DataError, match=said):
        captions_json.read(tmp_path)


# --- no pairing at all ----------------------------------------------------------------------------


def test_pictures_and_sentences_without_pairs(tmp_path):
    for name in ("b.png", "a.jpg", "deep/c.jpeg"):
        picture(tmp_path / "images" / name)
    (tmp_path / "sentences.txt").write_text("\ufeffA saint.\n\n A ship at sea. \r\nA saint.\n", "utf-8")
    (tmp_path / "licence.txt").write_text("CC0")
    found = unpaired.read(tmp_path, name="gallery")
    assert found.pictures.ids == ("a.jpg", "b.png", "deep/c.jpeg")
    assert found.sentences == ("A saint.", "A ship at sea.")
    target = found.with_regions(make_named_store(found.pictures.ids))
    assert target.name == "gallery" and target.images.tolist() == [0, 1, 2]


def make_named_store(ids):
    store = make_store(len(ids))
    store.ids = tuple(ids)
    return store


def test_pictures_may_lie_beside_the_only_text_file(tmp_path):
    picture(tmp_path / "a.jpg")
    (tmp_path / "titles.txt").write_text("A saint.")
    assert unpaired.read(tmp_path).sentences == ("A saint.",)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda f: picture(f / "a.jpg"), "holds 0 .txt files"),
        (lambda f: [(f / n).write_text("x") for n in ("a.txt", "b.txt")], "holds 2 .txt files"),
        (lambda f: (f / "sentences.txt").write_text("x"), "holds no picture"),
        (lambda f: (picture(f / "a.jpg"), (f / "sentences.txt").write_text("\n \n")), "holds no sentence"),
        (lambda f: (picture(f / "a.jpg"), (f / "sentences.txt").write_bytes(b"caf\xe9")), "not UTF-8"),
    ],
)
def test_a_folder_without_a_domain_is_refused(tmp_path, make, said):
    make(tmp_path)
    with pytest.raises(DataError, match=said):
        unpaired.read(tmp_path)
    with pytest.raises(DataError, match="is not a folder"):
        unpaired.read(tmp_path / "lost")


# --- the front door -------------------------------------------------------------------------------


def test_a_target_is_opened_without_its_pairs(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    rows = [f"{n},Brand Men {['Red', 'Blue'][n % 2]} Shirt number {n},Men,2011" for n in range(1, 21)]
    folder = table(tmp_path, *rows, pictures=range(1, 21))
    opened = open_target("fashion_products", folder, progress=False)
    assert len(opened.unpaired.images) == len(opened.unpaired.sentences) == 16
    assert opened.corpus.image_ids[3] == "4" and opened.pictures.load(3).size == (30, 40)


def test_an_unpaired_target_has_no_corpus(tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    for name in "abc":
        picture(tmp_path / "images" / f"{name}.jpg")
    (tmp_path / "sentences.txt").write_text("A saint.\nA ship.\n")
    opened = open_target("unpaired", tmp_path, progress=False)
    assert opened.corpus is None and len(opened.unpaired.images) == 3
    assert opened.unpaired.sentences == ("A saint.", "A ship.")


def test_captions_that_are_left_out_are_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    captions(tmp_path, {"a.jpg": "one", "b.jpg": "two", "lost.jpg": "three"})
    corpus = open_corpus("esteartworks", tmp_path, progress=False).corpus
    assert list(corpus.image_ids) == ["a.jpg", "b.jpg"]
    assert "1 records or sentences are left out" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "said"), [(None, "pass target_dir"), ("lost", "target_dir lost is not a folder")]
)
def test_a_target_needs_its_folder(given, said):
    with pytest.raises(DataError, match=said):
        open_target("unpaired", given)

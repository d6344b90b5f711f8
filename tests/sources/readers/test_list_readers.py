"""Lists of pictures and sentences: Karpathy's, MS-COCO's, CSV, text files, Flickr30K's, and joining their
pictures to regions that somebody else has extracted."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from helpers.corpora import shared_data
from hypothesis import given, settings
from hypothesis import strategies as st

from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionStore
from vse_lessons.sources.readers import captions_csv, coco, flickr, karpathy, text_files
from vse_lessons.sources.readers.listing import Listing, draw_splits


def touch(*paths):
    """Pictures that are there, for readers that do not look into them."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def told(listing):
    """Who owns which sentence."""
    found = {image: [] for image in listing.ids}
    for text, owner in zip(listing.sentences, listing.image_of):
        found[listing.ids[owner]].append(text)
    return found


def stops_or_skips(read, folder, message, skipped=1, **options):
    """What is left when bad input is skipped; otherwise it stops, and says where and what to do."""
    with pytest.raises(DataError, match=message) as caught:
        read(folder, **options)
    assert str(caught.value).startswith(str(folder))
    assert str(caught.value).endswith(', or pass on_bad="skip"')
    listing = read(folder, on_bad="skip", **options)
    assert len(listing.skipped) == skipped, listing.skipped
    said = ["{where}: {reason}; ".format(**one) for one in listing.skipped]
    assert any(str(caught.value).startswith(one) for one in said)
    return listing


def stops_anyway(read, folder, message, **options):
    for on_bad in ("error", "skip"):
        with pytest.raises(DataError, match=message) as caught:
            read(folder, on_bad=on_bad, **options)
        assert str(folder) in str(caught.value)


WORDS = st.text(st.characters(exclude_categories=["C"]), min_size=1).filter(str.strip)
NAMES = st.text(st.characters(categories=["L", "N"]) | st.sampled_from(" ._-"), min_size=1).filter(
    lambda text: text.strip(" .")
)

# ------------------------------------------------------------------------------ Karpathy's lists


def entry(name, split, *texts, **more):
    return {"filename": name, "split": split, "sentences": [{"raw": t} for t in texts], **more}


THREE = [
    entry("c.jpg", "test", "A cat ."),
    entry("a.jpg", "train", "A dog runs .", "Two  dogs\nrun ."),
    entry("b.jpg", "val"),
]


def karpathy_folder(folder, images=THREE, name="dataset_flickr30k.json", there=None, below="images"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps({"images": images, "dataset": "x"}), "utf-8")
    for image in [one["filename"] for one in images] if there is None else there:
        touch(folder / below / image)
    return folder


@pytest.mark.parametrize("name", karpathy.NAMES)
def test_each_of_karpathys_lists(tmp_path, name):
    listing = karpathy.read(karpathy_folder(tmp_path / "f", name=name))
    assert listing.name == "f" and karpathy.read(tmp_path / "f", name="mine").name == "mine"
    assert listing.ids == ("c.jpg", "a.jpg", "b.jpg")
    assert listing.splits.tolist() == ["test", "train", "val"]
    assert told(listing) == {"c.jpg": ["A cat ."], "a.jpg": ["A dog runs .", "Two dogs run ."], "b.jpg": []}
    assert [str(path.relative_to(tmp_path)) for path in listing.paths] == [
        "f/images/c.jpg",
        "f/images/a.jpg",
        "f/images/b.jpg",
    ]
    assert listing.unannotated == 1 and listing.skipped == [] and listing.kinds is None


def test_the_left_over_validation_images_are_for_training(tmp_path):
    images = [entry("a.jpg", "restval", "one"), entry("b.jpg", "val", "two")]
    listing = karpathy.read(karpathy_folder(tmp_path, images, "dataset_coco.json"))
    assert listing.splits.tolist() == ["train", "val"]


def test_what_a_person_wrote_goes_before_tokens(tmp_path):
    sentences = [{"raw": "A dog!", "tokens": ["a", "dog"]}, {"tokens": ["a", "cat"]}, "plain"]
    image = {**entry("a.jpg", "train"), "sentences": sentences}
    assert karpathy.read(karpathy_folder(tmp_path, [image])).sentences == ("A dog!", "a cat", "plain")


@pytest.mark.parametrize("below", [*karpathy.FOLDERS, "."])
def test_pictures_lie_where_the_release_has_them(tmp_path, below):
    listing = karpathy.read(karpathy_folder(tmp_path, below=below))
    assert listing.paths[1] == tmp_path / below / "a.jpg" and listing.has_pictures


@pytest.mark.parametrize("below", ["val2014", "images/val2014", "coco/val2014", "images", ""])
def test_pictures_of_coco_lie_in_their_filepath(tmp_path, below):
    name = "COCO_val2014_000000000042.jpg"
    images = [entry(name, "restval", "A cat .", filepath="val2014")]
    listing = karpathy.read(karpathy_folder(tmp_path, images, "dataset_coco.json", below=below))
    assert listing.paths == (tmp_path / below / name,) and listing.ids == (name,)


def test_a_picture_that_is_not_there(tmp_path):
    folder = karpathy_folder(tmp_path / "f", there=["c.jpg", "b.jpg"])
    listing = stops_or_skips(karpathy.read, folder, r"json, image 2: 'a\.jpg' is not in .*images")
    assert told(listing) == {"c.jpg": ["A cat ."], "b.jpg": []}
    assert listing.splits.tolist() == ["test", "val"]
    everything = karpathy.read(folder, pictures=False)
    assert everything.ids == ("c.jpg", "a.jpg", "b.jpg") and len(everything.sentences) == 3
    assert karpathy.read(karpathy_folder(tmp_path / "g", there=[]), pictures=False).ids == everything.ids


GOOD = entry("z.jpg", "train", "Fine .")
BAD_ENTRIES = [  # an entry, what is said of it, how many of its sentences stay
    (None, "image 1: it has no filename", 0),
    ({"split": "train", "sentences": []}, "image 1: it has no filename", 0),
    (entry(7, "train", "x"), "image 1: it has no filename", 0),
    (entry(" ", "train", "x"), "image 1: it has no filename", 0),
    (entry("a.jpg", "train", "x", filepath=3), "image 1: it has no filename", 0),
    (entry("a.jpg", "dev", "x"), "image 1: unknown split 'dev'; write one of train, restval", 0),
    (entry("a.jpg", None, "x"), "image 1: unknown split None", 0),
    (entry("a.jpg", ["train"], "x"), "image 1: unknown split", 0),
    ({**GOOD, "filename": "a.jpg", "sentences": "x"}, "image 1: its sentences are no list", 0),
    (entry("a.jpg", "train", "x", " "), "image 1: the sentence is ' ', not text", 1),
    (entry("a.jpg", "train", 5, "x"), "image 1: the sentence is 5, not text", 1),
    (entry("a.jpg", "train", "x", "\ud83d"), r"image 1: the sentence is '\\ud83d', not text", 1),
    (
        {**GOOD, "filename": "a.jpg", "sentences": [{"tokens": [1]}]},
        "image 1: the sentence is N",
        0,
    ),
    (entry("../a.jpg", "train", "x"), r"image 1: '\.\./a\.jpg' is not in", 0),
    (entry("/etc/passwd", "train", "x"), "image 1: '/etc/passwd' is not in", 0),
    (entry("a\0.jpg", "train", "x"), "image 1: .* is not in", 0),
    (entry("\ud83d.jpg", "train", "x"), "image 1: .* is not in", 0),
    (entry("a.jpg" * 99, "train", "x"), "image 1: .* is not in", 0),
]


@pytest.mark.parametrize(("bad", "message", "kept"), BAD_ENTRIES)
def test_bad_entries_stop_or_are_skipped(tmp_path, bad, message, kept):
    folder = karpathy_folder(tmp_path, [bad, GOOD], there=["a.jpg", "z.jpg"])
    listing = stops_or_skips(karpathy.read, folder, message)
    assert told(listing)["z.jpg"] == ["Fine ."] and len(listing.sentences) == kept + 1
    json.dumps(listing.skipped, ensure_ascii=False).encode()  # may be printed and stored


@pytest.mark.parametrize("name", ["a.jpg", "./a.jpg"])
def test_a_picture_is_listed_twice(tmp_path, name):
    images = [entry("a.jpg", "train", "one"), entry(name, "test", "two"), GOOD]
    folder = karpathy_folder(tmp_path, images)
    listing = stops_or_skips(karpathy.read, folder, "image 2: .* is listed twice")
    assert told(listing) == {"a.jpg": ["one"], "z.jpg": ["Fine ."]}
    assert listing.splits.tolist() == ["train", "train"]  # no test image is trained on


@pytest.mark.parametrize("content", ["[]", '{"images": {}}', '{"images": []}', "{}", "3"])
def test_json_that_is_no_list_of_karpathys(tmp_path, content):
    (tmp_path / "dataset_flickr8k.json").write_text(content)
    stops_anyway(karpathy.read, tmp_path, 'has no list "images"')


def test_files_that_are_no_lists(tmp_path):
    stops_anyway(karpathy.read, tmp_path, "has none of Karpathy's lists: dataset_flickr30k")
    (tmp_path / "dataset_flickr8k.json").write_text('{"images": [')
    stops_anyway(karpathy.read, tmp_path, r"flickr8k\.json is not JSON")
    karpathy_folder(tmp_path, name="dataset_flickr8k.json", there=[])
    with pytest.raises(DataError, match="names no picture that is there"):
        karpathy.read(tmp_path, on_bad="skip")
    with pytest.raises(DataError, match="on_bad is 'ignore'"):
        karpathy.read(tmp_path, on_bad="ignore")


SPLITS = st.sampled_from(sorted(karpathy.SPLITS))


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(NAMES, SPLITS, st.lists(WORDS, max_size=3)),
        min_size=1,
        max_size=6,
        unique_by=lambda one: one[0],
    )
)
def test_karpathys_lists_round_trip(tmp_path_factory, images):
    folder = karpathy_folder(
        tmp_path_factory.mktemp("k"), [entry(name, split, *texts) for name, split, texts in images], there=[]
    )
    listing = karpathy.read(folder, pictures=False)
    assert told(listing) == {name: [" ".join(t.split()) for t in texts] for name, _, texts in images}
    assert list(listing.splits) == [karpathy.SPLITS[split] for _, split, _ in images]


# --------------------------------------------------------------------------------------- MS-COCO


def coco_name(number, split="val"):
    return f"COCO_{split}2014_{number:012d}.jpg"


def coco_records(*numbers, split="val", each=2):
    return {
        "images": [{"id": n, "file_name": coco_name(n, split)} for n in numbers],
        "annotations": [
            {"id": 1000 + 10 * n + i, "image_id": n, "caption": f"sentence {i} of {n}"}
            for i in range(each)
            for n in reversed(numbers)  # not in the images' order
        ],
    }


def coco_folder(folder, below="annotations", pictures=True, change=None):
    """Three validation images, of which the list takes one each for validation and for test, and two
    training images."""
    content = {"train": coco_records(1, 2, split="train"), "val": coco_records(3, 4, 5)}
    (folder / below).mkdir(parents=True, exist_ok=True)
    for split, records in content.items():
        for image in records["images"] if pictures else ():
            touch(folder / f"{split}2014" / image["file_name"])
    if change is not None:
        change(content["val"])
    for split, records in content.items():
        path = folder / below / f"captions_{split}2014.json"
        path.write_text(json.dumps(records), "utf-8")
    return folder


def coco_list(folder, splits=(("train", 1), ("train", 2), ("val", 3), ("restval", 4), ("test", 5)), **more):
    images = [entry(coco_name(n, "val" if n > 2 else "train"), split, "tokens only") for split, n in splits]
    (folder / coco.LIST).write_text(json.dumps({"images": images, **more}), "utf-8")
    return folder


def coco_told(*numbers):
    return {
        coco_name(n, "val" if n > 2 else "train"): [f"sentence {i} of {n}" for i in range(2)] for n in numbers
    }


@pytest.mark.parametrize("below", ["annotations", "."])
def test_coco_as_papers_split_it(tmp_path, below):
    listing = coco.read(coco_list(coco_folder(tmp_path / "coco", below)))
    assert listing.name == "coco" and told(listing) == coco_told(1, 2, 3, 4, 5)
    assert dict(zip(listing.ids, listing.splits)) == {
        coco_name(1, "train"): "train",
        coco_name(2, "train"): "train",
        coco_name(3): "val",
        coco_name(4): "train",
        coco_name(5): "test",
    }
    assert [path.parent.name for path in listing.paths] == ["train2014"] * 2 + ["val2014"] * 3
    assert listing.skipped == [] and all(path.is_file() for path in listing.paths)


def test_coco_without_the_list_is_split_as_published(tmp_path):
    listing = coco.read(coco_folder(tmp_path))
    assert listing.splits.tolist() == ["train"] * 2 + ["val"] * 3
    assert told(listing) == coco_told(1, 2, 3, 4, 5)


def test_images_that_the_list_does_not_name_are_unused(tmp_path):
    listing = coco.read(coco_list(coco_folder(tmp_path), [("train", 1), ("test", 4)]))
    assert listing.splits.tolist() == ["train", "unused", "unused", "test", "unused"]


def test_coco_with_the_list_alone(tmp_path):
    karpathy_folder(tmp_path, there=[])  # published together
    coco_list(tmp_path)
    listing = coco.read(tmp_path, pictures=False)
    assert listing.name == tmp_path.name and coco.read(tmp_path, pictures=False, name="x").name == "x"
    assert listing.splits.tolist() == ["train", "train", "val", "train", "test"]
    assert told(listing)[coco_name(3)] == ["tokens only"]
    with pytest.raises(DataError, match=r"dataset_coco\.json, image 1: .* is not in"):
        coco.read(tmp_path)
    with pytest.raises(DataError, match="names no picture that is there"):
        coco.read(tmp_path, on_bad="skip")


@pytest.mark.parametrize("below", ["images/{}2014", "images", "."])
def test_other_places_of_cocos_pictures(tmp_path, below):
    folder = coco_folder(tmp_path, pictures=False)
    assert len(coco.read(folder, pictures=False).ids) == 5
    for n in range(1, 6):
        split = "val" if n > 2 else "train"
        touch(folder / below.format(split) / coco_name(n, split))
    assert all(path.is_file() for path in coco.read(folder).paths)


def test_a_year_of_coco_at_a_time(tmp_path):
    folder = coco_folder(tmp_path)
    content = json.loads((folder / "annotations/captions_val2014.json").read_text())
    (folder / "annotations/captions_train2017.json").write_text(json.dumps(content))
    stops_anyway(coco.read, folder, "captions_train2014.json, .*captions_train2017.json.*several years")
    for year in ("train2014", "val2014"):
        (folder / f"annotations/captions_{year}.json").unlink()
    touch(*(folder / "train2017" / coco_name(n) for n in (3, 4, 5)))
    assert coco.read(folder).splits.tolist() == ["train"] * 3
    # the same file in both places is read once; other files of the same folder are no sentences
    (folder / "captions_train2017.json").write_text(json.dumps(content))
    (folder / "captions_test2017.json").write_text("[]")
    assert told(coco.read(folder)) == coco_told(3, 4, 5)


def put(part, row, **record):
    return lambda content: content[part][row].update(record)


def add(part, *records):
    return lambda content: content[part].extend(records)


def take(part, row, key):
    return lambda content: content[part][row].pop(key)


FOUR, FIVE = coco_name(4), coco_name(5)
SAID = "captions_val2014.json, "
BAD_COCO = [  # a change, what is said, how many entries are skipped, images and sentences left
    (put("annotations", 0, image_id=99), "annotations 1: its image 99 is not there", 1, 5, 9),
    (put("annotations", 1, image_id="4"), "annotations 2: its image '4' is not there", 1, 5, 9),
    (put("annotations", 1, image_id=True), "annotations 2: its image True is not", 1, 5, 9),
    (put("annotations", 1, image_id=[4]), r"annotations 2: its image \[4\] is not", 1, 5, 9),
    (put("annotations", 1, image_id=4.0), r"annotations 2: its image 4\.0 is not", 1, 5, 9),
    (put("annotations", 1, caption=" \n"), r"annotations 2: the sentence is ' \\n'", 1, 5, 9),
    (put("annotations", 1, caption=None), "annotations 2: the sentence is None", 1, 5, 9),
    (take("annotations", 1, "caption"), "annotations 2: no record with image_id and", 1, 5, 9),
    (add("annotations", 7), "annotations 7: no record", 1, 5, 10),
    (take("images", 2, "file_name"), "images 3: no record with id and file_name", 3, 4, 8),
    (put("images", 2, id="5"), "images 3: its id is no number", 3, 4, 8),
    (put("images", 2, id=True), "images 3: its id is no number", 3, 4, 8),
    (put("images", 2, file_name=5), "images 3: its id is no number or its file_name", 3, 4, 8),
    (put("images", 2, file_name="gone.jpg"), r"images 3: 'gone\.jpg' is not in .*val2014", 3, 4, 8),
    (put("images", 2, file_name="../val2014/" + FIVE), "images 3: .* is not in", 3, 4, 8),
    (put("images", 2, file_name=FOUR), "images 3: .*4.jpg' is listed twice", 3, 4, 8),
    (put("images", 2, id=4), "images 3: the id 4 is another image's, too", 3, 4, 8),
    (add("images", None), "images 4: no record", 1, 5, 10),
]


@pytest.mark.parametrize(("change", "message", "skipped", "images", "sentences"), BAD_COCO)
def test_bad_records_of_coco(tmp_path, change, message, skipped, images, sentences):
    folder = coco_folder(tmp_path, change=change)
    listing = stops_or_skips(coco.read, folder, SAID + message, skipped)
    assert (len(listing.ids), len(listing.sentences)) == (images, sentences)
    # owners: whatever is left belongs to the picture that it tells of
    for image, texts in told(listing).items():
        assert {int(text.split()[-1]) for text in texts} == {int(image[-16:-4])}


def test_an_image_of_coco_without_sentences(tmp_path):
    def silence(content):
        content["annotations"] = [one for one in content["annotations"] if one["image_id"] != 4]

    listing = coco.read(coco_list(coco_folder(tmp_path, change=silence)))
    assert listing.unannotated == 1 and told(listing) == {**coco_told(1, 2, 3, 4, 5), FOUR: []}


def test_a_picture_of_the_list_that_no_captions_file_has(tmp_path):
    folder = coco_list(coco_folder(tmp_path))
    (folder / "annotations" / "captions_train2014.json").unlink()
    message = rf"{coco.LIST}: '{coco_name(1, 'train')}' is in no captions_\*\.json"
    listing = stops_or_skips(coco.read, folder, message, 2)
    assert told(listing) == coco_told(3, 4, 5)


def test_a_lost_picture_of_coco_is_told_once(tmp_path):
    folder = coco_list(coco_folder(tmp_path))
    (folder / "val2014" / FOUR).unlink()
    listing = stops_or_skips(coco.read, folder, "images 2: .* is not in", 1 + 2)  # and its sentences
    assert told(listing) == coco_told(1, 2, 3, 5)


def test_two_splits_for_a_picture_of_coco(tmp_path):
    splits = [("train", 1), ("train", 2), ("val", 3), ("test", 4), ("restval", 4), ("test", 5)]
    listing = stops_or_skips(
        coco.read,
        coco_list(coco_folder(tmp_path), splits),
        "json, image 5: .* is in 'test' and in 'train'; choose one",
    )
    assert listing.splits.tolist() == ["train", "train", "val", "test", "test"]


@pytest.mark.parametrize("content", ["[]", '{"images": []}', '{"images": 3, "annotations": []}'])
def test_json_that_is_no_captions_file(tmp_path, content):
    (tmp_path / "captions_val2014.json").write_text(content)
    stops_anyway(coco.read, tmp_path, r'val2014\.json has no lists "images" and "annotations"')


def test_a_folder_without_coco(tmp_path):
    stops_anyway(coco.read, tmp_path, "has neither captions_train2014")
    (tmp_path / "captions_test2014.json").write_text("{}")
    stops_anyway(coco.read, tmp_path, "has neither captions_train2014")


# ------------------------------------------------------------------------------- captions in CSV

TABLE = '''image,caption
b.jpg,A dog runs.
a.jpg,"Two men, one says ""hi"""
b.jpg,"A dog
in the snow"
c.jpg,A cat sleeps.
'''
TOLD = {
    "b.jpg": ["A dog runs.", "A dog in the snow"],
    "a.jpg": ['Two men, one says "hi"'],
    "c.jpg": ["A cat sleeps."],
}


def csv_folder(folder, table=TABLE, name="captions.csv", pictures="abcd", below="images"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(table if isinstance(table, bytes) else table.encode())
    touch(*(folder / below / f"{one}.jpg" for one in pictures))
    return folder


@pytest.mark.parametrize(
    ("table", "name"),
    [
        (TABLE, "captions.csv"),
        (TABLE, "mine.csv"),
        (b"\xef\xbb\xbf" + TABLE.encode(), "captions.csv"),
        (TABLE.replace("\n", "\r\n"), "captions.csv"),
        (TABLE.replace("image,caption", ' Image , "Caption"'.replace(' "', '"')), "captions.csv"),
        (TABLE.replace("image,caption", "file_name,sentence"), "captions.csv"),
        (TABLE.replace("image,caption", "path,text"), "captions.csv"),
        (TABLE + "\n\n", "captions.csv"),
        (TABLE.replace(".jpg,", ".jpg\t").replace("image,", "image\t"), "mine.tsv"),
    ],
)
def test_tables_of_captions(tmp_path, table, name):
    listing = captions_csv.read(csv_folder(tmp_path / "t", table, name))
    assert listing.name == "t" and told(listing) == TOLD and listing.skipped == []
    assert [path.parent.name for path in listing.paths] == ["images"] * 3


@pytest.mark.parametrize("below", ["Images", "img", "."])
def test_pictures_of_a_table_lie_beside_it_or_in_a_folder(tmp_path, below):
    listing = captions_csv.read(csv_folder(tmp_path, below=below))
    assert all(path.is_file() for path in listing.paths)


def test_other_columns_and_splits_of_a_table(tmp_path):
    table = "id,Split,image,lang,caption\n1,train,a.jpg,en,one\n2,test,b.jpg,en,two\n3, train,a.jpg,de,3\n"
    listing = captions_csv.read(csv_folder(tmp_path, table))
    assert listing.ids == ("a.jpg", "b.jpg") and listing.sentences == ("one", "two", "3")
    assert listing.splits.tolist() == ["train", "test"] and listing.image_of.tolist() == [0, 1, 0]


HEAD = "image,caption\n"
BAD_TABLES = [  # a table, what is said, how many entries are skipped, what is left
    (
        HEAD + "a.jpg,x\nb.jpg,one, two\n",
        "line 3: 3 columns, not 2; put captions",
        1,
        {"a.jpg": ["x"]},
    ),
    (HEAD + "a.jpg,x\nb.jpg\n", "line 3: 1 columns, not 2", 1, {"a.jpg": ["x"]}),
    (HEAD + "a.jpg,x\n ,one\n", "line 3: it names no picture", 1, {"a.jpg": ["x"]}),
    (HEAD + "a.jpg,x\nb.jpg, \n", "line 3: the sentence is ' '", 1, {"a.jpg": ["x"], "b.jpg": []}),
    (HEAD + "z.jpg,x\na.jpg,y\n", r"line 2: 'z\.jpg' is not in .*images", 1, {"a.jpg": ["y"]}),
    (HEAD + "z.jpg,x\na.jpg,y\nz.jpg,w\n", "line 2: 'z", 2, {"a.jpg": ["y"]}),
    (HEAD + "../t/images/a.jpg,x\na.jpg,y\n", r"line 2: '\.\./", 1, {"a.jpg": ["y"]}),
    # after a caption of two lines and an empty line the numbers are still an editor's
    (HEAD + 'a.jpg,"x\ny"\n\nb.jpg\n', "line 5: 1 columns", 1, {"a.jpg": ["x y"]}),
    (HEAD + 'a.jpg,x\nz.jpg,"x\ny"\n', "line 3: 'z", 1, {"a.jpg": ["x"]}),
]


@pytest.mark.parametrize(("table", "message", "skipped", "left"), BAD_TABLES)
def test_bad_rows_of_a_table(tmp_path, table, message, skipped, left):
    folder = csv_folder(tmp_path / "t", table)
    assert told(stops_or_skips(captions_csv.read, folder, rf"captions\.csv, {message}", skipped)) == left


BAD_SPLITS = [
    ("a.jpg,train,x\nb.jpg,dev,y\n", "line 3: unknown split 'dev'; write one of train", 1),
    ("a.jpg,train,x\nb.jpg,,y\n", "line 3: unknown split ''", 1),
    ("a.jpg,train,x\nb.jpg,dev,y\nb.jpg,test,z\n", "line 3: unknown split", 2),
    ("a.jpg,train,x\na.jpg,test,y\n", r"line 3: 'a\.jpg' is in 'train' and in 'test'", 1),
]


@pytest.mark.parametrize(("rows", "message", "skipped"), BAD_SPLITS)
def test_bad_splits_of_a_table(tmp_path, rows, message, skipped):
    folder = csv_folder(tmp_path, "image,split,caption\n" + rows)
    listing = stops_or_skips(captions_csv.read, folder, message, skipped)
    assert told(listing) == {"a.jpg": ["x"]} and listing.splits.tolist() == ["train"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            'image,caption\na.jpg,x\nb.jpg,"one\nc.jpg,two\n',
            r"captions\.csv, line 3: unexpected end",
        ),
        ('image,caption\na.jpg,"x"y\n', r"captions\.csv, line 2: ',' expected"),
        (
            b"\xef\xbb\xbfimage,caption\na.jpg,x\nb.jpg,caf\xe9\n",
            r"captions\.csv, line 3: not UTF-8",
        ),
        ("", r"captions\.csv, line 1: no column called image or"),
        ("image;caption\na.jpg;x\n", r"captions\.csv, line 1: no column called image or"),
        ("image,label\na.jpg,x\n", r"captions\.csv, line 1: no column called caption or"),
        ("image,caption\n", r"captions\.csv names no picture that is there"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, table, message):
    stops_anyway(captions_csv.read, csv_folder(tmp_path, table), message)


def test_which_table_is_meant(tmp_path):
    with pytest.raises(DataError, match=r"holds 0 tables.*call the one to read captions\.csv"):
        captions_csv.read(tmp_path)
    csv_folder(tmp_path, name="one.csv")
    (tmp_path / "regions.tsv").write_bytes(b"42\t640\t480\t2\tAAAA\tAAAA\n")  # none of captions
    assert told(captions_csv.read(tmp_path)) == TOLD
    csv_folder(tmp_path, HEAD + "a.jpg,other\n", name="two.csv")
    stops_anyway(captions_csv.read, tmp_path, "holds 2 tables")
    csv_folder(tmp_path, HEAD + "a.jpg,this\n")
    assert captions_csv.read(tmp_path).sentences == ("this",)


def test_what_is_left_out_moves_no_picture_to_another_split(tmp_path):
    rows = [f"{n}.jpg,number {n}\n" for n in range(40)]
    folder = csv_folder(tmp_path, HEAD + "".join(rows), pictures=map(str, range(40)))
    before = captions_csv.read(folder)
    assert before.splits.tolist() == draw_splits(40).tolist()
    (folder / "images" / "3.jpg").unlink()
    after = captions_csv.read(folder, on_bad="skip")
    assert dict(zip(after.ids, after.splits)) == {
        image: split for image, split in zip(before.ids, before.splits) if image != "3.jpg"
    }
    assert captions_csv.read(folder, pictures=False).ids == before.ids


@pytest.mark.parametrize(("count", "wanted"), [(1, (1, 0, 0)), (10, (8, 1, 1)), (95, (76, 10, 9))])
def test_the_shares_of_drawn_splits(count, wanted):
    drawn = draw_splits(count)
    assert tuple((drawn == split).sum() for split in ("train", "val", "test")) == wanted
    np.testing.assert_array_equal(drawn, draw_splits(count))


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from("abcd"), WORDS), min_size=1, max_size=8),
    st.sampled_from(["captions.csv", "captions.tsv"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_tables_round_trip(tmp_path_factory, rows, name, end):
    folder = csv_folder(tmp_path_factory.mktemp("t"), "", name)
    with open(folder / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, "excel-tab" if name.endswith("tsv") else "excel", lineterminator=end)
        writer.writerows([("image", "caption"), *((f"{image}.jpg", text) for image, text in rows)])
    wanted = {}
    for image, text in rows:
        wanted.setdefault(f"{image}.jpg", []).append(" ".join(text.split()))
    assert told(captions_csv.read(folder)) == wanted


# ------------------------------------------------------------------ a folder of pictures and texts


def text_folder(folder, texts, pictures=("a.jpg", "b.png", "sub/c.JPEG"), images="images", said="texts"):
    touch(*(folder / images / one for one in pictures))
    for name, content in texts.items():
        path = folder / said / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


TEXTS = {"a.txt": "A dog.\n\n  Two   dogs. \n", "sub/c.TXT": "\ufeffA cat.\r\nAnother.\r\n"}
TEXTS_TOLD = {"a.jpg": ["A dog.", "Two dogs."], "b.png": [], "sub/c.JPEG": ["A cat.", "Another."]}


@pytest.mark.parametrize(
    ("images", "said"),
    [("images", "texts"), ("Images", "captions"), (".", "sentences"), ("img", "img"), (".", ".")],
)
def test_pictures_and_texts_of_the_same_names(tmp_path, images, said):
    listing = text_files.read(text_folder(tmp_path / "mine", TEXTS, images=images, said=said))
    assert listing.name == "mine" and told(listing) == TEXTS_TOLD and listing.skipped == []
    assert listing.unannotated == 1 and all(path.is_file() for path in listing.paths)
    assert set(listing.splits) <= {"train", "val", "test"}


def test_folders_can_be_splits(tmp_path):
    pictures = [f"{split}/{n}.jpg" for split in ("train", "val", "test") for n in "ab"]
    texts = {f"{name[:-4]}.txt": f"of {name}" for name in pictures}
    listing = text_files.read(text_folder(tmp_path, texts, pictures))
    assert dict(zip(listing.ids, listing.splits)) == {name: name.split("/")[0] for name in pictures}
    assert told(listing) == {name: [f"of {name}"] for name in pictures}


BAD_TEXTS = [
    ({"z.txt": "A dog."}, (), r"texts/z\.txt: there is no picture of this name in .*images", 1),
    ({"sub/a.txt": "A dog."}, (), r"texts/sub/a\.txt: there is no picture", 1),
    ({}, ("b.jpg",), r"images/b\.png: there is another picture of this name", 1),
    ({"b.txt": b"caf\xe9\n"}, (), r"texts/b\.txt: .*b\.txt, line 1: not UTF-8", 1),
    ({"b.txt": b"\xef\xbb\xbffine\ncaf\xe9"}, (), r"texts/b\.txt: .*b\.txt, line 2: not UTF-8", 1),
]


@pytest.mark.parametrize(("texts", "pictures", "message", "skipped"), BAD_TEXTS)
def test_texts_and_pictures_that_do_not_pair(tmp_path, texts, pictures, message, skipped):
    folder = text_folder(tmp_path, {**TEXTS, **texts})
    touch(*(folder / "images" / one for one in pictures))
    left = told(stops_or_skips(text_files.read, folder, message, skipped))
    assert [said for said in left.values() if said] == [
        TEXTS_TOLD["a.jpg"],
        TEXTS_TOLD["sub/c.JPEG"],
    ]


def test_names_that_are_no_utf8_can_be_told(tmp_path):
    folder = text_folder(tmp_path, TEXTS)
    try:
        (folder / "images" / "caf\udce9.jpg").write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes no such name")
    with pytest.raises(DataError, match=r"caf\\\\?udce9\.jpg' is not in") as caught:
        text_files.read(folder)
    str(caught.value).encode()
    listing = text_files.read(folder, on_bad="skip")
    assert told(listing) == TEXTS_TOLD
    json.dumps(listing.skipped, ensure_ascii=False).encode()


def test_folders_without_texts_or_pictures(tmp_path):
    stops_anyway(text_files.read, tmp_path, r"holds no \.txt file; put a picture's sentences")
    touch(tmp_path / "images" / "a.jpg")
    stops_anyway(text_files.read, tmp_path, r"holds no \.txt file")
    listing = text_files.read(text_folder(tmp_path, {"a.txt": ""}))  # an empty one is no sentence
    assert listing.sentences == () and listing.unannotated == 3
    text_folder(tmp_path / "t", {"a.txt": "x"}, pictures=())
    with pytest.raises(DataError, match="names no picture that is there"):
        text_files.read(tmp_path / "t", on_bad="skip")


# ------------------------------------------------------------------------------ Flickr30K's files

TOKENS = "b.jpg#0\tA dog .\nb.jpg#1\tTwo | dogs .\na.jpg#0\tA cat .\n"
RESULTS = (
    "image_name| comment_number| comment\n2199200615.jpg| 3| A dog .\n"
    "2199200615.jpg| 4   A dog runs across the grass .\na.jpg| 0| A cat | on a wall .\n"
)


def flickr30k(folder, name, content, pictures=("a", "b"), **lists):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(content)
    touch(*(folder / "flickr30k_images" / f"{one}.jpg" for one in pictures))
    for split, names in (lists or {"train": "b\n", "test": "a\n"}).items():
        (folder / f"flickr30k_{split}.txt").write_text(names)
    return folder


def test_flickr30ks_token_file(tmp_path):
    listing = flickr.read(flickr30k(tmp_path, "results_20130124.token", TOKENS))
    assert told(listing) == {"b.jpg": ["A dog .", "Two | dogs ."], "a.jpg": ["A cat ."]}
    assert listing.splits.tolist() == ["train", "test"]


def test_the_row_of_results_csv_that_lost_its_separator(tmp_path):
    folder = flickr30k(tmp_path, "results.csv", RESULTS, ("a", "2199200615"), train="2199200615\na\n")
    listing = flickr.read(folder)
    assert told(listing) == {
        "2199200615.jpg": ["A dog .", "A dog runs across the grass ."],
        "a.jpg": ["A cat | on a wall ."],
    }
    assert listing.skipped == []


@pytest.mark.parametrize("row", ["a.jpg| four   A dog", "a.jpg| 4", "a.jpg 4 A dog", "|| A dog"])
def test_other_rows_without_separators_are_bad(tmp_path, row):
    folder = flickr30k(
        tmp_path, "results.csv", f"{RESULTS}{row}\n", ("a", "2199200615"), train="2199200615\na\n"
    )
    listing = stops_or_skips(flickr.read, folder, r"results\.csv, line 5: unreadable row")
    assert len(listing.sentences) == 3


def test_a_picture_that_was_never_published_is_noted(tmp_path):
    name = "2258277193_586949ec62.jpg.1"
    folder = flickr30k(tmp_path, "Flickr8k.token.txt", f"{TOKENS}{name}#0\tPeople wait .\n")
    for on_bad in ("error", "skip"):
        listing = flickr.read(folder, on_bad=on_bad)
        assert len(listing.sentences) == 3 and listing.skipped == [
            {
                "where": f"{folder}/Flickr8k.token.txt, line 4",
                "reason": f"{name} was never published",
            }
        ]
    (folder / "Flickr8k.token.txt").write_text(f"{TOKENS}other.jpg.1#0\tPeople wait .\n")
    stops_or_skips(flickr.read, folder, r"line 4: the sentence's picture other\.jpg\.1 is not in")


def test_flickr30k_without_pictures(tmp_path):
    content = f"{TOKENS}2258277193_586949ec62.jpg.1#0\tx\n../e.jpg#0\ty\n"
    folder = flickr30k(tmp_path, "results_20130124.token", content, ())
    with pytest.raises(DataError, match="has no folder of pictures"):
        flickr.read(folder)
    listing = stops_or_skips(flickr.read, folder, r"line 5: .*\.\./e\.jpg is not in", 2, pictures=False)
    assert told(listing) == {"b.jpg": ["A dog .", "Two | dogs ."], "a.jpg": ["A cat ."]}
    assert listing.splits.tolist() == ["train", "test"] and not listing.has_pictures
    (folder / "flickr30k_test.txt").write_text("a.jpg\nz.jpg\n")
    with pytest.raises(DataError, match=r"test\.txt, line 2: z\.jpg is not in .*results_20130124\.token"):
        flickr.read(folder, pictures=False)


def test_flickr8k_without_pictures_is_the_same(tmp_path):
    folder = shared_data("flickr8k")
    for path in folder.glob("*.txt"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with_, without = flickr.read(folder), flickr.read(tmp_path, pictures=False)
    assert told(with_) == told(without) and not without.has_pictures
    assert dict(zip(with_.ids, with_.splits)) == dict(zip(without.ids, without.splits))


# ------------------------------------------------------------------ regions that somebody extracted


def store(*ids, skipped=()):
    """Regions whose single number is their row."""
    features = np.arange(len(ids), dtype=np.float32)[:, None]
    return RegionStore(
        ids,
        features,
        np.arange(len(ids)),
        np.ones(len(ids), np.int64),
        source="elsewhere",
        skipped=[{"id": one, "where": "x", "reason": "y"} for one in skipped],
    )


def listing_of(*ids):
    """Two sentences for the first picture, then one each; from the third on for testing."""
    owners = np.asarray([0, *range(len(ids))])
    splits = np.asarray(["train", "train", *["test"] * len(ids)])[: len(ids)]
    return Listing("tiny", ids, tuple(map(Path, ids)), tuple(f"of {ids[i]}" for i in owners), owners, splits)


def joined(listing, regions):
    """From a picture to its row in `regions`, after a look at the sentences."""
    corpus = listing.with_features(regions)
    for text, owner in zip(corpus.sentences, corpus.image_of):
        assert text == f"of {corpus.image_ids[owner]}"
    assert {image: str(split) for image, split in zip(corpus.image_ids, corpus.splits)}.items() <= (
        dict(zip(listing.ids, listing.splits.tolist())).items()
    )
    rows = corpus.regions.batch(range(len(corpus.image_ids))).features[:, 0, 0]
    return {image: int(row) for image, row in zip(corpus.image_ids, rows)}


V42, T7 = "COCO_val2014_000000000042", "COCO_train2014_000000000007"


@pytest.mark.parametrize(
    ("ids", "regions", "rows"),
    [
        (("a.jpg", "b.jpg"), ("b.jpg", "a.jpg"), (1, 0)),
        (("a.jpg", "b.jpg"), ("b", "z", "a"), (2, 0)),
        (("a", "b"), ("b.jpg", "a.png"), (1, 0)),
        (("x/a.jpg", "x/b.jpg"), ("b", "a"), (1, 0)),
        ((f"{V42}.jpg", f"{T7}.jpg"), ("7", "42"), (1, 0)),
        ((f"{V42}.jpg", f"{T7}.jpg"), (T7, V42), (1, 0)),
        ((f"{V42}.jpg", f"{T7}.jpg"), ("000000000007.jpg", "000000000042.jpg"), (1, 0)),
        (("000000000042.jpg", "000000000007.jpg"), ("7", "42"), (1, 0)),
        (("42", "7"), (T7, V42), (1, 0)),
        # a whole name goes before a part of one
        (("7", "x"), ("7", "img/7.jpg", "x"), (0, 2)),
        (("a.jpg", "a.png"), ("a.png", "a.jpg"), (1, 0)),
        (("a_1.jpg", "b_1.jpg"), ("b_1", "a_1"), (1, 0)),
    ],
)
def test_pictures_are_found_by_their_names(ids, regions, rows):
    assert joined(listing_of(*ids), store(*regions)) == dict(zip(ids, rows))


@pytest.mark.parametrize("regions", [("cat_1", "b"), ("img_7", "b"), ("7_img", "b"), ("aa.jpg", "b")])
def test_names_that_only_look_alike_are_others(regions):
    for image in ("dog_1.jpg", "7.jpg", "a.jpg"):
        with pytest.raises(
            DataError,
            match=f"tiny: elsewhere has no regions of {image}, and of 1 of 2 .*"
            f"'{regions[0]}': are they those of this corpus",
        ):
            listing_of(image, "b").with_features(store(*regions))


@pytest.mark.parametrize(
    ("ids", "regions", "message"),
    [
        (("a.jpg",), ("x/a.png", "a"), r"a\.jpg may be 'x/a\.png' or 'a' of elsewhere; call its"),
        (("7.jpg",), ("7.png", "x/7.jpg"), r"7\.jpg may be '7\.png' or 'x/7\.jpg'"),
        ((f"{V42}.jpg",), ("42", "000000000042"), f"{V42}.jpg may be '42' or '000000000042'"),
        (("a.jpg", "a.png"), ("a",), r"a\.jpg and a\.png would both be 'a'"),
        (("x/a.jpg", "y/a.jpg"), ("a", "b"), r"x/a\.jpg and y/a\.jpg would both be 'a'"),
        (("001.jpg", "1.jpg"), ("1.jpg",), r"001\.jpg and 1\.jpg would both be '1\.jpg'"),
    ],
)
def test_names_that_tell_no_picture_from_another(ids, regions, message):
    with pytest.raises(DataError, match=f"tiny: {message}"):
        listing_of(*ids).with_features(store(*regions))


def test_pictures_that_the_store_skipped_leave_with_their_sentences():
    listing = listing_of("a.jpg", "b.jpg", "c.jpg", "d.jpg")
    assert joined(listing, store("d", "b", "c", skipped=["a", ""])) == {
        "b.jpg": 1,
        "c.jpg": 2,
        "d.jpg": 0,
    }
    with pytest.raises(DataError, match=r"no regions of a\.jpg, and of 1 of 4"):
        listing.with_features(store("d", "b", "c", skipped=["", "z"]))
    # one that is bad in one file and good in another is there
    assert joined(listing, store("d", "b", "c", "a", skipped=["a"]))["a.jpg"] == 3
    # the picture of that name was skipped; another in a folder of its own is not taken for it
    with pytest.raises(DataError, match="may be"):
        listing.with_features(store("d", "b", "c", "x/a.png", skipped=["a"]))


@settings(deadline=None, max_examples=100)
@given(st.permutations(range(7)), st.integers(0, 6))
def test_any_order_joins(order, left_out):
    names = [f"img{n}.jpg" for n in range(7)]
    stems = [f"img{n}" for n in order if n != left_out]
    rows = joined(listing_of(*names), store(*stems, skipped=[f"img{left_out}"]))
    assert rows == {f"{stem}.jpg": row for row, stem in enumerate(stems)}

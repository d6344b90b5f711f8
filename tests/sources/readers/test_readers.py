import csv
import json

import numpy as np
import pytest
from helpers.corpora import shared_data
from helpers.detectors import Quadrants
from helpers.layouts import CAPTIONS, RECORD, artpedia_folder, flickr_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionStore, StackedRows
from vse_lessons.data.text import tokenize
from vse_lessons.models.artpedia import ArtpediaConfig
from vse_lessons.sources.detectors.extraction import extract_regions
from vse_lessons.sources.readers import artpedia, flickr
from vse_lessons.sources.readers.features import precomputed

# --------------------------------------------------------------------------- Flickr8k, Flickr30K

SENTENCES = ("A dog , running .", 'Two men , one says "hi"', 'A "good" dog', "A cat")


def test_the_common_layout(tmp_path):
    listing = flickr.read(flickr_folder(tmp_path / "tiny"))
    assert listing.name == "tiny"
    assert listing.ids == ("b.jpg", "a.jpg", "c.jpg", "d.jpg", "e.jpg")
    assert listing.sentences == SENTENCES
    assert listing.image_of.tolist() == [0, 1, 0, 2]
    assert listing.splits.tolist() == ["train", "train", "val", "val", "unused"]
    assert listing.unannotated == 2 and listing.skipped == []
    assert [path.name for path in listing.paths] == list(listing.ids)


@pytest.mark.parametrize(
    ("name", "captions"),
    [
        (
            "Flickr8k.token.txt",
            'b.jpg#0\tA dog , running .\na.jpg#0\tTwo men , one says "hi"\n'
            'b.jpg#1\tA "good" dog\nc.jpg#0\tA cat\n',
        ),
        (
            "results.csv",
            "image_name| comment_number| comment\nb.jpg| 0| A dog , running .\n"
            'a.jpg| 0| Two men , one says "hi"\nb.jpg| 1| A "good" dog\nc.jpg| 0| A cat\n',
        ),
        ("captions.txt", CAPTIONS.replace("\n", "\r\n")),
        ("captions.txt", b"\xef\xbb\xbf" + CAPTIONS.encode()),
    ],
)
def test_other_spellings_of_the_same(tmp_path, name, captions):
    folder = flickr_folder(tmp_path / "f", captions, name, "flickr30k_images")
    listing = flickr.read(folder)
    assert listing.sentences == SENTENCES and listing.image_of.tolist() == [0, 1, 0, 2]


def caption_lines():
    letters = st.characters(exclude_categories=["C", "Z"]) | st.just(" ")
    return st.lists(st.text(letters, min_size=1).map(str.strip).filter(bool), min_size=1)


@settings(deadline=None, max_examples=50)
@given(captions=caption_lines())
def test_captions_round_trip(tmp_path_factory, captions):
    folder = flickr_folder(tmp_path_factory.mktemp("f") / "f")
    with open(folder / "captions.txt", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([["image", "caption"], *(["a.jpg", caption] for caption in captions)])
    assert list(flickr.read(folder).sentences) == captions


def test_official_lists_come_before_others(tmp_path):
    folder = flickr_folder(tmp_path / "f")
    (folder / "Flickr_8k.trainImages.txt").write_text("e.jpg\n")
    assert flickr.read(folder).splits.tolist() == ["train", "val", "val", "unused", "unused"]


LISTS = {"train": "b.jpg\na.jpg\n", "val": "c.jpg\n"}
BAD = [  # caption file, lists, message, sentences and pictures left when skipped
    ("image,caption\nc.jpg,A cat\na.jpg\n", LISTS, r"captions\.txt, line 3: unreadable", 1),
    ("image,caption\nc.jpg,A cat\n,A dog\n", LISTS, r"captions\.txt, line 3: unreadable", 1),
    ('image,caption\nc.jpg,"A cat\na.jpg,A dog\n', LISTS, r"captions\.txt, line 2: unread", 1),
    ("image,caption\nc.jpg,A cat\n\na.jpg,A dog\n", LISTS, r"captions\.txt, line 3: unre", 2),
    ("image,caption\nc.jpg,A cat\na.jpg, \n", LISTS, r"line 3: a\.jpg has an empty caption", 1),
    ("image,caption\nc.jpg,A cat\nz.jpg,A dog\n", LISTS, r"line 3: the sentence's picture z", 1),
    ("c.jpg#0\tA cat\nc.jpg\tA dog\n", LISTS, r"captions\.txt, line 2: unreadable row", 1),
    (CAPTIONS, {"train": "b.jpg\nz.jpg\n"}, r"train\.txt, line 2: z\.jpg is not in", 4),
    (CAPTIONS, {"train": "b.jpg\n\nb.jpg\n"}, r"train\.txt, line 3: b\.jpg is listed twice", 4),
]


@pytest.mark.parametrize(("captions", "lists", "message", "kept"), BAD)
def test_bad_rows_stop_or_are_skipped_and_listed(tmp_path, captions, lists, message, kept):
    folder = flickr_folder(tmp_path / "f", captions, **lists)
    with pytest.raises(DataError, match=f'{message}.*on_bad="skip"'):
        flickr.read(folder)
    listing = flickr.read(folder, on_bad="skip")
    assert len(listing.skipped) == 1 and len(listing.sentences) == kept
    assert listing.skipped[0]["where"].startswith(str(folder))


def test_a_missing_file_takes_its_sentences_along(tmp_path):
    folder = flickr_folder(tmp_path / "f")
    (folder / "Images" / "b.jpg").unlink()
    with pytest.raises(DataError, match=r"train\.txt, line 1: b\.jpg is not in"):
        flickr.read(folder)
    listing = flickr.read(folder, on_bad="skip")
    assert listing.sentences == (SENTENCES[1], SENTENCES[3]) and len(listing.skipped) == 3


@pytest.mark.parametrize(
    ("captions", "lists", "message"),
    [
        (CAPTIONS, {"train": "b.jpg\n", "val": "c.jpg\nb.jpg\n"}, r"val\.txt, line 2: .*'train'"),
        (CAPTIONS, {"train": "b.jpg\n", "val": "\n"}, r"val\.txt lists no picture"),
        (CAPTIONS, {"notes": "b.jpg\n"}, "has no split list"),
        ("image,caption\n", LISTS, "holds no caption"),
        ("", LISTS, "line 1: '' is not the header"),
        ("file;text\nb.jpg;A dog\n", LISTS, "line 1: 'file;text' is not the header"),
        (b"image,caption\nb.jpg,caf\xe9\n", LISTS, "line 2: not UTF-8"),
        (None, LISTS, "has no caption file"),
    ],
)
def test_what_cannot_be_skipped(tmp_path, captions, lists, message):
    folder = flickr_folder(tmp_path / "f", captions, **lists)
    for on_bad in ("error", "skip"):
        with pytest.raises(DataError, match=message):
            flickr.read(folder, on_bad=on_bad)


def test_folders_that_are_something_else(tmp_path):
    with pytest.raises(DataError, match="has no caption file"):
        flickr.read(tmp_path)
    folder = flickr_folder(tmp_path / "f", pictures="photos")
    with pytest.raises(DataError, match="has no folder of pictures"):
        flickr.read(folder)
    (folder / "Images").mkdir()
    with pytest.raises(DataError, match="holds no picture"):
        flickr.read(folder)
    with pytest.raises(DataError, match="on_bad"):
        flickr.read(folder, on_bad="ignore")


def test_regions_join_their_sentences_and_bad_pictures_leave(tmp_path):
    folder = flickr_folder(tmp_path / "f")
    (folder / "Images" / "b.jpg").write_bytes(b"")
    listing = flickr.read(folder)
    with pytest.warns(UserWarning, match="1 pictures were skipped"):
        store = extract_regions(
            listing.pictures(), Quadrants(), tmp_path / "s", on_bad="skip", progress=False
        )
    corpus = listing.with_regions(store)
    assert corpus.image_ids == ("a.jpg", "c.jpg", "d.jpg", "e.jpg")
    assert corpus.sentences == (SENTENCES[1], SENTENCES[3])
    assert corpus.image_of.tolist() == [0, 1]
    assert corpus.splits.tolist() == ["train", "val", "val", "unused"]


def test_regions_of_other_pictures_are_refused(tmp_path):
    listing = flickr.read(flickr_folder(tmp_path / "f"))
    other = RegionStore(("x",), np.ones((1, 2)), np.array([0]), np.array([1]), source="elsewhere")
    with pytest.raises(DataError, match="store elsewhere holds 1 other pictures than the 5 listed"):
        listing.with_regions(other)


def test_flickr8k_as_it_is():
    listing = flickr.read(shared_data("flickr8k"))
    assert (len(listing.ids), len(listing.sentences)) == (7000, 35000)
    assert np.unique(listing.splits, return_counts=True)[1].tolist() == [6000, 1000]
    assert np.bincount(listing.image_of).tolist() == [5] * 7000
    number = listing.ids.index("1012212859_01547e3f17.jpg")
    said = [listing.sentences[i] for i in np.flatnonzero(listing.image_of == number)]
    assert "A dog shakes its head near the shore , a red ball next to it ." in said
    assert not any(sentence.startswith('"') for sentence in listing.sentences)
    assert all(path.is_file() for path in listing.paths[::500])


# ------------------------------------------------------------------------ SCAN, VSE++ arrays


def arrays(folder, split="train", shape=(4, 3, 6), captions=None, dtype=np.float32, repeat=1):
    folder.mkdir(exist_ok=True)
    features = np.random.default_rng(len(split)).normal(size=shape).astype(dtype)
    np.save(folder / f"{split}_ims.npy", np.repeat(features, repeat, axis=0))
    number = 5 * shape[0] if captions is None else captions
    text = "".join(f"{split} {i}\n" for i in range(number))
    (folder / f"{split}_caps.txt").write_text(text)
    return features


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("repeat", [1, 5])
def test_arrays_of_scan(tmp_path, dtype, repeat):
    folder = tmp_path / "f30k_precomp"
    given_ = {
        split: arrays(folder, split, (n, 3, 6), dtype=dtype, repeat=repeat)
        for split, n in [("train", 4), ("dev", 2), ("test", 3)]
    }
    corpus = precomputed.read(folder)
    assert corpus.name == "f30k_precomp" and len(corpus.image_ids) == 9
    assert {split: len(corpus.images(split)) for split in ("train", "val", "test")} == {
        "train": 4,
        "val": 2,
        "test": 3,
    }
    everything = np.concatenate(list(given_.values())).astype(np.float32)
    np.testing.assert_array_equal(corpus.regions.batch(range(9)).features, everything)
    image = corpus.images("val")[1]
    assert [corpus.sentences[i] for i in corpus.sentences_of[image]] == [f"dev {i}" for i in range(5, 10)]
    # lazily: every part is a view of a file, none is in memory
    assert isinstance(corpus.regions.features, StackedRows)
    assert all(isinstance(part.base, np.memmap) for part in corpus.regions.features.parts)


def test_one_caption_a_row_and_one_split(tmp_path):
    features = arrays(tmp_path / "a", shape=(10, 3, 6), captions=10)
    corpus = precomputed.read(tmp_path / "a", name="mine")
    assert corpus.name == "mine" and corpus.image_of.tolist() == list(range(10))
    np.testing.assert_array_equal(corpus.regions.batch([9]).features[0], features[9])


def test_one_feature_an_image(tmp_path):
    features = arrays(tmp_path / "a", shape=(4, 6))
    batch = precomputed.read(tmp_path / "a").regions.batch([1, 2])
    np.testing.assert_array_equal(batch.features[:, 0], features[1:3])


def rewrite(folder, change, split="train"):
    path = folder / f"{split}_ims.npy"
    np.save(path, change(np.load(path)))


def spoil(row):
    def change(features):
        features[row, 1, 2] = np.nan
        return features

    return change


def edit_captions(folder, old, new):
    path = folder / "train_caps.txt"
    path.write_bytes(path.read_bytes().replace(old, new))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda f: rewrite(f, lambda x: x[:3]), r"train_ims.npy has 3 rows for 20 captions"),
        (lambda f: edit_captions(f, b"train 19\n", b""), "has 4 rows for 19 captions"),
        (lambda f: rewrite(f, lambda x: x[..., :5], "dev"), "dev_ims.npy: features 5 wide, but"),
        (lambda f: rewrite(f, spoil(0)), "row 0 holds NaN"),
        (lambda f: rewrite(f, spoil(3)), "row 3 holds NaN"),
        (lambda f: rewrite(f, lambda x: x[0, 0]), r"has shape \(6,\), not"),
        (lambda f: rewrite(f, lambda x: x[None]), r"has shape \(1, 4, 3, 6\), not"),
        (lambda f: rewrite(f, lambda x: x[:0]), r"has shape \(0, 3, 6\), not"),
        (lambda f: rewrite(f, lambda x: x.astype(int)), "holds int64 numbers"),
        (lambda f: rewrite(f, np.asfortranarray), "Fortran order"),
        (lambda f: (f / "train_ims.npy").write_bytes(b"\x93NUMPY"), "is damaged"),
        (lambda f: edit_captions(f, b"train 3\n", b"b'train 3'\n"), "line 4: .* bytes object"),
        (lambda f: edit_captions(f, b"train 3\n", b" \n"), "train_caps.txt, line 4: it is empty"),
        (lambda f: edit_captions(f, b"train 3\n", b"\xff\n"), "not UTF-8"),
        (lambda f: (f / "train_caps.txt").unlink(), r"train_caps\.txt cannot be read"),
    ],
)
def test_bad_arrays(tmp_path, harm, message):
    folder = tmp_path / "a"
    arrays(folder)
    arrays(folder, "dev", (2, 3, 6))
    precomputed.read(folder)
    harm(folder)
    with pytest.raises(DataError, match=message) as caught:
        precomputed.read(folder)
    assert str(folder) in str(caught.value)


def test_a_cut_feature_file(tmp_path):
    arrays(tmp_path / "a")
    path = tmp_path / "a" / "train_ims.npy"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="is damaged"):
        precomputed.read(tmp_path / "a")


def test_nan_in_the_middle_is_found_when_it_is_read(tmp_path):
    arrays(tmp_path / "a")
    rewrite(tmp_path / "a", spoil(2))
    corpus = precomputed.read(tmp_path / "a")
    with pytest.raises(DataError, match=r"image train-000002 \(row 2\) hold NaN"):
        corpus.regions.batch([0, 1, 2])


def test_a_folder_without_arrays(tmp_path):
    with pytest.raises(DataError, match=r"has no region features: one of train_ims\.npy"):
        precomputed.read(tmp_path)


# --- artpedia -------------------------------------------------------------------------------------


def test_artpedia_as_it_is_published(tmp_path):
    listing = artpedia.read(artpedia_folder(tmp_path / "a"))
    assert listing.ids == ("2", "7") and [path.name for path in listing.paths] == ["2.jpg", "7.png"]
    assert listing.sentences == (
        "A red boat sails .",
        "It was sold.",
        "Lost.",
        "A red boat sails .",
    )
    assert listing.image_of.tolist() == [0, 0, 0, 1] and listing.splits.tolist() == ["train", "val"]
    assert listing.kinds.tolist() == ["visual", "contextual", "contextual", "visual"]


def test_pictures_are_found_by_id_or_by_the_name_in_the_address(tmp_path):
    folder = artpedia_folder(tmp_path / "a", {"2": RECORD}, ())
    for name in ("A_Boat,_at_sea.JPG", "2.png"):
        Image.new("RGB", (4, 4)).save(folder / "images" / name)
        assert artpedia.read(folder).paths[0].name == name  # the id goes before the address


def test_the_real_records_of_artpedia():
    found = artpedia.read_pages(shared_data("artpedia_text") / "artpedia_sample.json")
    assert len(found.pages) == 7 and found.counts()["train"] == (7, 22, 68)
    assert found.lacking() == {"visual": 0, "contextual": 1} and not found.skipped
    page = next(page for page in found.pages if page.id == "7873")
    assert page.year == 1680 and "a yellow jacket trimmed" in page.visual[0]  # a line break in the file
    assert artpedia.file_name(page) == "7873.jpg"
    longest = max(len(s.split()) for p in found.pages for s in (*p.visual, *p.contextual))
    assert longest <= ArtpediaConfig.paper().max_words, "the model cuts no sentence"
    told = (shared_data("artpedia_text") / "train_visual.jsonl").read_text("utf-8").splitlines()
    sentences = [s for line in told for s in json.loads(line)["visual_sentences"]]
    assert len(told) == 2147 and len(sentences) == 7028  # of 2,252 and 7,109 in Table 2
    assert max(len(tokenize(s)) for s in sentences) <= ArtpediaConfig.paper().max_words
    rows = artpedia.compare_with_table_2(found.counts())
    assert rows[0] == ("train", "paintings", 7, 2252) and len(rows) == 9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": "dev"}, "record '2': unknown split 'dev'; write one of train, val"),
        ({"split": None}, "unknown split None"),
        ({"visual_sentences": ["a", " "]}, "visual_sentences 1: the sentence is empty"),
        ({"contextual_sentences": [3]}, "contextual_sentences 0: the sentence is empty or no text"),
        ({"contextual_sentences": "one"}, "contextual_sentences is a str"),
        ({"year": "1712"}, "the year is '1712'"),
        ({"title": None}, "title and img_url must be text"),
    ],
)
def test_bad_records(tmp_path, change, message):
    folder = artpedia_folder(tmp_path / "a", {"2": {**RECORD, **change}, "7": RECORD})
    with pytest.raises(DataError, match=message):
        artpedia.read(folder)
    listing = artpedia.read(folder, on_bad="skip")
    assert "7" in listing.ids and len(listing.skipped) == 1
    said = f"{listing.skipped[0]['where']}: {listing.skipped[0]['reason']}"
    assert message.split("; ")[0] in said


def test_pages_without_pictures_or_sentences(tmp_path):
    bare = {**RECORD, "visual_sentences": [], "contextual_sentences": []}
    folder = artpedia_folder(tmp_path / "a", {"2": RECORD, "5": RECORD, "7": bare})
    with pytest.raises(DataError, match=r"record '5': its picture 5.jpg is not in .*prepare artpedia"):
        artpedia.read(folder)
    listing = artpedia.read(folder, on_bad="skip")
    assert listing.ids == ("2", "7") and len(listing.skipped) == 1 and listing.unannotated == 1
    with pytest.raises(DataError, match="has no folder images of pictures: run vse-lessons prepare"):
        artpedia.read(artpedia_without_images(tmp_path / "b"))
    with pytest.raises(DataError, match=r"has no artpedia\.json"):
        artpedia.read(tmp_path)
    (tmp_path / "artpedia.json").write_text("[]")
    with pytest.raises(DataError, match=r"holds a list; artpedia\.json is an object"):
        artpedia.read(tmp_path)
    (tmp_path / "artpedia.json").write_text('{"2": {')
    with pytest.raises(DataError, match=r"artpedia\.json"):
        artpedia.read(tmp_path)


def artpedia_without_images(folder):
    artpedia_folder(folder, pictures=())
    (folder / "images").rmdir()
    return folder


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=4)
JSONS = st.recursive(
    LEAVES, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=3), x, max_size=3)
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(sorted(RECORD)), JSONS), st.sampled_from(["error", "skip"]))
def test_any_record_is_read_or_refused(tmp_path, change, on_bad):
    path = tmp_path / "artpedia.json"
    path.write_text(json.dumps({"1": {**RECORD, **change}, "2": change or None}), "utf-8")
    try:
        found = artpedia.read_pages(path, on_bad=on_bad)
    except DataError as error:
        assert str(path) in str(error)
    else:
        assert all(s.strip() for page in found.pages for s in (*page.visual, *page.contextual))

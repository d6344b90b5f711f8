"""Regions that somebody else has extracted: bottom-up TSV files, a feature file an image, SCAN's arrays."""

import base64
import csv
import io
import os
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from helpers.corpora import make_store, shared_data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from vse_lessons.common.files import DataError
from vse_lessons.data.regions import RegionStore, StackedRows
from vse_lessons.sources.readers.features import bottom_up, npz_folder, precomputed

HALF = 2e-3  # half precision keeps 11 bits


def left_in(folder):
    """The names in a folder that need not be there, hidden ones too."""
    return sorted(os.listdir(folder)) if folder.exists() else []


def peak(call):
    """Bytes that a call allocates at most at a time."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# ------------------------------------------------------------------------------- bottom-up TSV

OBJECTS, ATTRIBUTES = "cat\ntv,television\nsky\n", "red\nblue\n"
TYPES = {"objects_id": np.int64, "attrs_id": np.int64}


def b64(array, kind="<f4"):
    return base64.b64encode(np.ascontiguousarray(array, kind).tobytes())


def regions(count=3, width=6, size=(640, 480), seed=0):
    """Boxes in pixels, features, and what LXMERT's order adds, of one image."""
    rng = np.random.default_rng(seed)
    corners = np.sort(rng.random((count, 2, 2)), axis=1).reshape(count, 4)
    return {
        "size": size,
        "boxes": (corners * [*size, *size]).astype("<f4"),
        "features": rng.normal(size=(count, width)).astype("<f4"),
        "objects_id": rng.integers(0, 3, count),
        "objects_conf": rng.random(count).astype("<f4"),
        "attrs_id": rng.integers(0, 2, count),
        "attrs_conf": rng.random(count).astype("<f4"),
    }


def line(image, found, fields, **changes):
    """A row; `changes` are raw fields."""
    width, height = found["size"]
    values = {
        "image_id": image,
        "image_w": width,
        "image_h": height,
        "num_boxes": len(found["boxes"]),
    }
    values |= {"img_id": image, "img_w": width, "img_h": height}
    values = {key: str(value).encode() for key, value in values.items()}
    for key in (*bottom_up.LXMERT[3:7], "boxes", "features"):
        values[key] = b64(found[key], "<i8" if key.endswith("_id") else "<f4")
    return b"\t".join({**values, **changes}[key] for key in fields) + b"\n"


def tsv(path, *lines, names=True):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(lines))
    if names:
        (path.parent / bottom_up.OBJECTS).write_text(OBJECTS)
        (path.parent / bottom_up.ATTRIBUTES).write_text(ATTRIBUTES)
    return path


def read_tsv(*paths, to=None, **options):
    return bottom_up.read(paths, to or paths[0].parent / "kept", progress=False, **options)


def literal_loop(path, fields):
    """As the public scripts read it."""
    limit = csv.field_size_limit(sys.maxsize)
    found = {}
    try:
        with open(path) as file:
            for item in csv.DictReader(file, fields, delimiter="\t"):
                count = int(item["num_boxes"])
                width, height = (int(item.get(f"image_{s}") or item[f"img_{s}"]) for s in "wh")
                for key in set(fields) & {"boxes", "features", *bottom_up.LXMERT[3:7]}:
                    array = np.frombuffer(base64.b64decode(item[key]), TYPES.get(key, np.float32))
                    item[key] = array.reshape(count, -1)
                item["boxes"] = item["boxes"] / np.array([width, height, width, height])
                found[item[fields[0]]] = item
    finally:
        csv.field_size_limit(limit)
    return found


def assert_equals_literal(store, literal, fields):
    assert list(store.ids) == list(literal)
    for i, item in enumerate(literal.values()):
        rows = store.rows(i)
        assert rows.stop - rows.start == int(item["num_boxes"])
        np.testing.assert_array_equal(store.features[rows], item["features"].astype(np.float16))
        np.testing.assert_allclose(store.boxes[rows], item["boxes"], atol=1e-6)
        if fields == bottom_up.LXMERT:
            found = store.detections(i)
            for what, ours in (("objects", "class"), ("attrs", "attribute")):
                plural = {"class": "classes", "attribute": "attributes"}[ours]
                np.testing.assert_array_equal(getattr(found, plural), item[f"{what}_id"][:, 0])
                np.testing.assert_allclose(
                    getattr(found, f"{ours}_confidences"), item[f"{what}_conf"][:, 0], atol=1e-3
                )


ORDERS = [bottom_up.OURS, bottom_up.LXMERT]


@pytest.fixture(params=["pybase64", "base64"])
def _decoder(request, monkeypatch):
    if request.param == "base64":
        monkeypatch.setattr(bottom_up, "decode", bottom_up.decode_plainly)
    else:
        pytest.importorskip(request.param)


@pytest.mark.usefixtures("_decoder")
@pytest.mark.parametrize("fields", ORDERS)
@pytest.mark.parametrize("counts", [(36, 36, 36), (10, 100, 37, 1)])
def test_both_orders_of_fields_equal_the_public_loop(tmp_path, fields, counts):
    lines = [line(n, regions(count, seed=n), fields) for n, count in enumerate(counts)]
    path = tsv(tmp_path / "r.tsv", *lines)
    store = read_tsv(path)
    assert_equals_literal(store, literal_loop(path, fields), fields)
    assert (store.dimensions, store.counts.tolist(), store.skipped) == (6, list(counts), [])
    assert store.class_names == ("cat", "tv", "sky") and store.attribute_names == ("red", "blue")
    if fields == bottom_up.OURS:  # boxes, but no classes
        assert store.classes is None and store.attributes is None
        with pytest.raises(DataError, match="features only, no boxes or class names"):
            store.detections(0)


NUMBERS = st.floats(-65000, 65000, width=32)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_random_regions_round_trip(tmp_path_factory, data):
    count = st.integers(1, 5)
    rows = {}
    for image in data.draw(st.lists(st.text("ab0_.é ", min_size=1), min_size=1, max_size=3, unique=True)):
        found = regions(data.draw(count), size=data.draw(st.tuples(*[st.integers(1, 2000)] * 2)))
        found["features"] = data.draw(arrays("<f4", (len(found["boxes"]), 3), elements=NUMBERS))
        rows[image] = found
    fields = data.draw(st.sampled_from(ORDERS))
    path = tsv(tmp_path_factory.mktemp("b") / "r.tsv", *(line(*row, fields) for row in rows.items()))
    store = read_tsv(path)
    assert store.ids == tuple(rows)
    for i, found in enumerate(rows.values()):
        np.testing.assert_array_equal(store.features[store.rows(i)], found["features"].astype(np.float16))
        shares = found["boxes"] / np.array([*found["size"]] * 2)
        np.testing.assert_allclose(store.boxes[store.rows(i)], shares, atol=1e-6)


@pytest.mark.parametrize("fields", ORDERS)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_header_and_empty_lines_are_no_images(tmp_path, fields, end):
    lines = [line("a", regions(), fields), b"\n", line("b", regions(2), fields), b"\n\n"]
    header = "\t".join(fields).encode() + b"\n"
    path = tsv(tmp_path / "r.tsv", *(one.replace(b"\n", end) for one in (header, *lines)))
    assert read_tsv(path).ids == ("a", "b")
    path.write_bytes(
        header.replace(b"img_h\timg_w", b"img_w\timg_h").replace(b"image_w\timage_h", b"image_h\timage_w")
        + b"".join(lines)
    )
    for on_bad in ("error", "skip"):
        with pytest.raises(DataError, match=r"r\.tsv, line 1: the fields are in another order than"):
            read_tsv(path, on_bad=on_bad)


def test_units_of_boxes(tmp_path):
    found = regions(4, size=(200, 100))
    # the whole picture, a point, a pixel's overhang on every side, a box without height
    found["boxes"] = np.float32(
        [[0, 0, 200, 100], [50, 50, 50, 50], [-0.9, -0.9, 200.9, 100.9], [20, 5, 40, 5]]
    )
    store = read_tsv(tsv(tmp_path / "r.tsv", line("a", found, bottom_up.OURS)))
    wanted = [[0, 0, 1, 1], [0.25, 0.5, 0.25, 0.5], [0, 0, 1, 1], [0.1, 0.05, 0.2, 0.05]]
    np.testing.assert_allclose(store.boxes, wanted, atol=1e-6)
    sides = line("a", found, bottom_up.LXMERT).split(b"\t")[1:3]
    assert sides == [b"100", b"200"]  # LXMERT has the height first
    store = read_tsv(tsv(tmp_path / "l.tsv", line("a", found, bottom_up.LXMERT)))
    np.testing.assert_allclose(store.boxes, wanted, atol=1e-6)


def with_box(*box):
    return {"boxes": b64([box, box, box])}


def with_feature(value):
    features = np.ones((3, 6), np.float32)
    features[1, 2] = value
    return {"features": b64(features)}


DAMAGED = bytearray(b64(np.ones((3, 6))))
DAMAGED[40] = ord("*")
BOTH = [  # raw fields, what is said of them
    ({"image_id": b"", "img_id": b""}, "it names no image"),
    ({"features": bytes(DAMAGED)}, "the base64 of features is damaged"),
    ({"features": b64(np.ones((3, 6)))[:-3]}, "the base64 of features is damaged"),
    ({"features": b64(np.ones((3, 6)))[:40]}, "features holds 30 bytes, which are not 3 regions"),
    ({"features": b64(np.ones(17))}, "features holds 68 bytes, which are not 3 regions"),
    ({"features": b""}, "features holds 0 bytes"),
    (
        {"features": b64(np.ones((3, 5)))},
        "image bad: features 5 wide, but those before it are 6 wide",
    ),
    (with_feature(np.nan), "image bad: a feature is NaN, infinite or larger than 65504"),
    (with_feature(-np.inf), "image bad: a feature is NaN, infinite or larger than 65504"),
    (with_feature(70000), "image bad: a feature is NaN, infinite or larger than 65504"),
    ({"boxes": bytes(DAMAGED[:64])}, "the base64 of boxes is damaged"),
    ({"boxes": b64(np.ones((3, 5)))}, "boxes are not four finite numbers each"),
    ({"boxes": b64(np.ones((2, 4)))}, "boxes holds 32 bytes, which are not 3 regions"),
    (with_box(0, 0, np.nan, 9), "boxes are not four finite numbers each"),
    (with_box(0, 0, np.inf, 9), "boxes are not four finite numbers each"),
    (with_box(0, 0, 641.1, 9), "a box lies outside the picture of 640 x 480 pixels"),
    (with_box(0, 0, 9, 600), "a box lies outside the picture of 640 x 480 pixels"),
    (with_box(-2, 0, 9, 9), "a box lies outside the picture of 640 x 480 pixels"),
    (with_box(9, 0, 8, 9), "a box ends before it begins: boxes are x0, y0, x1, y1"),
    (with_box(0, 9, 8, 8), "a box ends before it begins"),
    ({"image_w": b"0", "img_w": b"0"}, "im[age]+_w is b'0', not a number from 1 on"),
    ({"image_h": b"-4", "img_h": b"-4"}, "im[age]+_h is b'-4', not a number"),
    ({"image_h": b"4.5", "img_h": b"4.5"}, r"im[age]+_h is b'4\.5', not a number"),
    ({"image_h": "٤٨٠".encode(), "img_h": "٤٨٠".encode()}, r"im[age]+_h is b'\\xd9"),
    ({"num_boxes": b"0"}, "num_boxes is b'0', not a number from 1 on"),
    ({"num_boxes": b"three"}, "num_boxes is b'three'"),
    ({"num_boxes": b"2"}, "boxes holds 48 bytes|boxes are not four|objects"),
    ({"num_boxes": b"1001"}, "num_boxes is 1001"),
    ({"num_boxes": b"1000000000000"}, "num_boxes is b'1000000000000'"),
    ({"num_boxes": b"999999999"}, "num_boxes is 999999999"),
]
ONLY_LXMERT = [
    ({"objects_id": b64([0, 1, 3], "<i8")}, "objects_id leads from 0 to 3, but 3 are named"),
    ({"attrs_id": b64([0, -1, 1], "<i8")}, "attrs_id leads from -1 to 1, but 2 are named"),
    ({"objects_id": b64([0, 1, 1 << 60], "<i8")}, "objects_id leads from 0 to 1152921504606846976"),
    ({"objects_id": b64([0, 1, 2], "<i4")}, "objects_id holds 12 bytes"),
    (
        {"objects_id": b64([0] * 6, "<i8")},
        "objects are not one id and one confidence for each of 3",
    ),
    ({"attrs_conf": b64(np.ones(6))}, "attrs are not one id and one confidence for each of 3"),
    ({"objects_conf": b64([0.1, 1.1, 0.1])}, "objects_conf is not between 0 and 1"),
    ({"attrs_conf": b64([0.1, np.nan, 0.1])}, "attrs_conf is not between 0 and 1"),
    ({"attrs_conf": b"AAA"}, "the base64 of attrs_conf is damaged"),
]
BAD_FIELDS = [(fields, *bad) for fields in ORDERS for bad in BOTH]
BAD_FIELDS += [(bottom_up.LXMERT, *bad) for bad in ONLY_LXMERT]


def stops_or_skips(read, where, message, skipped=1):
    """What is left when bad input is skipped; otherwise it stops, and nothing is left on disk."""
    with pytest.raises(DataError, match=message) as caught:
        read(on_bad="error")
    assert str(caught.value).startswith(f"{where}: ")
    assert str(caught.value).endswith(', or pass on_bad="skip"')
    store = read(on_bad="skip")
    assert len(store.skipped) == skipped
    assert str(caught.value).startswith("{where}: {reason}; ".format(**store.skipped[0]))
    return store


@pytest.mark.usefixtures("_decoder")
@pytest.mark.parametrize(("fields", "bad", "message"), BAD_FIELDS)
def test_bad_fields_stop_or_are_skipped(tmp_path, fields, bad, message):
    first, second = regions(seed=1), regions(5, seed=2)
    lines = (
        line("a", first, fields),
        line("bad", regions(), fields, **bad),
        line("b", second, fields),
    )
    path, kept = tsv(tmp_path / "r.tsv", *lines), tmp_path / "kept"
    with pytest.raises(DataError):
        read_tsv(path)
    assert left_in(kept) == []
    store = stops_or_skips(lambda **how: read_tsv(path, **how), f"{path}, line 2", message)
    assert store.ids == ("a", "b") and store.skipped[0]["id"] in ("bad", "")
    for i, found in enumerate((first, second)):
        np.testing.assert_allclose(store.features[store.rows(i)], found["features"], rtol=HALF, atol=HALF)
    assert left_in(kept) == [Path(store.source).name]
    assert read_tsv(path, on_bad="skip").skipped == store.skipped  # also when it is opened again


@pytest.mark.parametrize("fields", ORDERS)
@pytest.mark.parametrize("share", [0.001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_a_truncated_last_line(tmp_path, fields, share):
    last = line("b", regions(30), fields)
    path = tsv(tmp_path / "r.tsv", line("a", regions(), fields), last[: int(len(last) * share)])
    store = stops_or_skips(lambda **how: read_tsv(path, **how), f"{path}, line 2", "line 2: ")
    assert store.ids == ("a",)


def test_a_last_line_without_its_end_is_whole(tmp_path):
    path = tsv(tmp_path / "r.tsv", line("a", regions(), bottom_up.OURS).rstrip(b"\n"))
    assert read_tsv(path).ids == ("a",)


@pytest.mark.parametrize(
    "bad", [b"\t\t\t\n", b"a\tb\n", b"\x00\xff" * 500 + b"\n", b"a" + b"\t1" * 6 + b"\n"]
)
def test_lines_of_other_fields(tmp_path, bad):
    good = line("a", regions(), bottom_up.OURS)
    path = tsv(tmp_path / "r.tsv", bad, good)
    store = stops_or_skips(lambda **how: read_tsv(path, **how), f"{path}, line 1", r"\d fields, not 6 or 10")
    assert store.ids == ("a",)


def test_lines_in_the_other_order_of_fields(tmp_path):
    one, other = (line(image, regions(), fields) for image, fields in zip("ab", ORDERS))
    for number, lines in enumerate([(one, other), (other, one)]):
        path = tsv(tmp_path / f"{number}.tsv", *lines)
        store = stops_or_skips(
            lambda path=path, **how: read_tsv(path, **how),
            f"{path}, line 2",
            "its fields are in the other order",
        )
        assert store.ids == ("ab"[number],)


def test_an_image_that_occurs_twice_also_in_another_file(tmp_path):
    fields = bottom_up.OURS
    first = tsv(tmp_path / "r.tsv.0", line("a", regions(seed=1), fields), line("b", regions(), fields))
    other = tsv(tmp_path / "r.tsv.1", line("c", regions(), fields), line("a", regions(seed=2), fields))
    assert bottom_up.find_files(tmp_path) == [first, other]
    store = stops_or_skips(
        lambda **how: read_tsv(first, other, **how),
        f"{other}, line 2",
        "image a occurs a second time; remove the line",
    )
    assert store.ids == ("a", "b", "c") and store.skipped[0]["id"] == ""  # "a" itself is there
    np.testing.assert_array_equal(
        store.features[store.rows(0)], regions(seed=1)["features"].astype(np.float16)
    )


def test_a_damaged_image_may_come_again_whole(tmp_path):
    fields = bottom_up.OURS
    bad = line("a", regions(), fields, num_boxes=b"0")
    path = tsv(tmp_path / "r.tsv", bad, line("a", regions(), fields))
    assert read_tsv(path, on_bad="skip").ids == ("a",)


def test_names_of_classes(tmp_path):
    path = tsv(tmp_path / "r.tsv", line("a", regions(), bottom_up.LXMERT), names=False)
    for missing in (bottom_up.OBJECTS, bottom_up.ATTRIBUTES):
        for on_bad in ("error", "skip"):
            with pytest.raises(DataError, match=f"line 1: .*{missing} is not beside it: get it from"):
                read_tsv(path, on_bad=on_bad)
        (tmp_path / missing).write_text(OBJECTS if missing == bottom_up.OBJECTS else ATTRIBUTES)
    assert left_in(tmp_path / "kept") == []
    assert read_tsv(path).class_names == ("cat", "tv", "sky")
    (tmp_path / bottom_up.OBJECTS).write_text("dog\nbird\nriver\n")  # mended: the old names must go
    assert read_tsv(path).class_names == ("dog", "bird", "river")
    # no ids, no names needed
    other = tsv(tmp_path / "o" / "r.tsv", line("a", regions(), bottom_up.OURS), names=False)
    assert read_tsv(other).class_names == ()


def test_a_tsv_is_converted_once_and_again_when_it_changes(tmp_path, monkeypatch):
    path = tsv(tmp_path / "r.tsv", line("a", regions(), bottom_up.OURS))
    read_tsv(path)
    with monkeypatch.context() as patch:
        patch.setattr(bottom_up, "_rows", None)  # is not asked
        assert read_tsv(path).ids == ("a",)
    tsv(path, line("a", regions(), bottom_up.OURS), line("b", regions(), bottom_up.OURS))
    assert read_tsv(path).ids == ("a", "b")


def test_which_files_are_regions(tmp_path):
    row = line("a", regions(), bottom_up.OURS)
    for name in ("z.tsv", "x.tsv.1", "x.tsv.0"):
        tsv(tmp_path / name, row)
    for name in ("y.tsv.gz", "y.tsv.part", "y.tsv.0.md5", ".tsv", "y.csv"):
        (tmp_path / name).write_bytes(row)
    (tmp_path / "captions.tsv").write_text("image\tcaption\na.jpg\tA dog\n")
    (tmp_path / "d.tsv").mkdir()
    assert [path.name for path in bottom_up.find_files(tmp_path)] == ["x.tsv.0", "x.tsv.1", "z.tsv"]


def test_files_without_a_good_row(tmp_path):
    with pytest.raises(DataError, match="there is no TSV file to read"):
        bottom_up.read([], tmp_path / "kept")
    with pytest.raises(DataError, match=r"gone\.tsv cannot be read \(No such file"):
        read_tsv(tmp_path / "gone.tsv")
    path = tsv(tmp_path / "r.tsv", b"")
    with pytest.raises(DataError, match="no line of the TSV files holds regions"):
        read_tsv(path)
    tsv(path, b"a\tb\n")
    with pytest.raises(DataError, match=r"holds regions; .*r\.tsv, line 1: 2 fields"):
        read_tsv(path, on_bad="skip")
    with pytest.raises(DataError, match="on_bad is 'ignore'"):
        read_tsv(path, on_bad="ignore")
    assert left_in(tmp_path / "kept") == []


def test_a_line_without_end_is_no_line(tmp_path, monkeypatch):
    monkeypatch.setattr(bottom_up, "LONGEST", 1 << 20)
    good = line("b", regions(), bottom_up.OURS)
    path = tsv(tmp_path / "r.tsv", line("a", regions(), bottom_up.OURS), b"x" * (5 << 20) + b"\n", good)
    store = stops_or_skips(lambda **how: read_tsv(path, **how), f"{path}, line 2", "longer than 1 MB")
    assert store.ids == ("a", "b")
    tsv(path, good, b"\0" * (2 << 20))  # the end of the file falls on the end of a block
    assert read_tsv(path, on_bad="skip").ids == ("b",)


@pytest.mark.parametrize("count", [b"1000000000000", b"999999999", b"1000", b"9" * 500_000])
def test_a_huge_count_allocates_nothing(tmp_path, count):
    path = tsv(tmp_path / "r.tsv", line("a", regions(), bottom_up.OURS, num_boxes=count))

    def read():
        with pytest.raises(DataError, match="line 1: ") as caught:
            read_tsv(path)
        assert len(str(caught.value)) < 400

    read()  # what is imported on the way does not count
    assert peak(read) < 10e6


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_is_refused_or_skipped(tmp_path, data):
    fields = data.draw(st.sampled_from(ORDERS))
    content = bytearray(b"".join(line(image, regions(2, 3), fields) for image in "abc"))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path = tsv(tmp_path / "r.tsv", bytes(content))
    try:
        store = read_tsv(path, on_bad=data.draw(st.sampled_from(["error", "skip"])))
    except DataError as error:
        assert "r.tsv" in str(error)
    else:
        assert np.isfinite(store.features).all() and 0 <= store.boxes.min() <= store.boxes.max() <= 1


# what is to be seen in the real pictures, by their last three digits, in these words among the surest
SEEN = {
    "002": "bed pillow curtain window",
    "486": "helmet sky ski jacket",
    "417": "sky tree field",
    "446": "carrot onion cutting board",
    "647": "helmet pants shirt",
    "661": "man woman couch",
    "267": "truck door sky",
    "628": "tree sky horse",
    "195": "cat car window",
    "174": "tree van man",
}
COLORS = {"yellow jacket": (1, 1, 0), "orange carrot": (1, 0.5, 0), "red truck": (1, 0, 0)}


@pytest.mark.usefixtures("_decoder")
def test_the_real_regions_are_what_the_public_loop_reads_and_describe_their_pictures(tmp_path):
    folder = shared_data("bottom_up")
    store = bottom_up.read(bottom_up.find_files(folder), tmp_path, progress=False)
    literal = literal_loop(folder / "train2014_obj36.tsv", bottom_up.LXMERT)
    assert_equals_literal(store, literal, bottom_up.LXMERT)
    assert (len(store), store.dimensions, set(store.counts)) == (10, 2048, {36})
    assert (len(store.class_names), len(store.attribute_names)) == (1600, 400)
    assert 0.95 < store.boxes.max() <= 1 and store.features[:36].min() >= 0  # after a ReLU
    seen = set()
    for i, image in enumerate(store.ids):
        found = store.detections(i)
        surest = np.argsort(-found.class_confidences)[:14]
        named = {store.class_names[c] for c in found.classes[surest]}
        words = {word for name in named for word in name.split()}
        assert set(SEEN[image[-3:]].split()) <= words, f"{image}: {sorted(named)}"
        picture = np.asarray(Image.open(folder / "images" / f"{image}.jpg").convert("RGB"), float)
        height, width, _ = picture.shape
        for row in range(36):
            told = f"{store.attribute_names[found.attributes[row]]} {store.class_names[found.classes[row]]}"
            if told in COLORS and found.class_confidences[row] > 0.6:
                x0, y0, x1, y1 = (found.boxes[row] * [width, height, width, height]).astype(int)
                inner = picture[y0:y1, x0:x1].reshape(-1, 3)
                lean = inner.mean(0) - inner.mean()  # where its colour leans from grey
                wanted = np.array(COLORS[told]) - np.mean(COLORS[told])
                cosine = lean @ wanted / np.linalg.norm(lean) / np.linalg.norm(wanted)
                assert cosine > 0.7, f"{image}: {told} has mean colour {inner.mean(0)}"
                seen.add(told)
    assert seen == set(COLORS)


# ------------------------------------------------------------------------- a feature file an image

RNG = np.random.default_rng(5)
FEATURES = RNG.normal(size=(4, 6)).astype(np.float32)
OTHER = RNG.normal(size=(2, 6)).astype(np.float32)
BOXES = np.float32([[0, 0, 100, 50], [10, 10, 60, 20], [5, 5, 5, 5], [-0.9, 0, 100.9, 50.9]])
SHARES = np.float32([[0, 0, 1, 1], [0.1, 0.2, 0.6, 0.4], [0.05, 0.1, 0.05, 0.1], [0, 0, 1, 1]])
SIZE = {"image_w": 100, "image_h": 50}


def put(folder, **files):
    """NAME=arrays: an .npz file of several, an .npy file of one."""
    for name, content in files.items():
        path = folder / f"{name}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            np.savez(path, **content)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            np.save(path.with_suffix(".npy"), content)
    return folder


def read_npz(folder, **options):
    return npz_folder.read(folder, folder.with_name("kept"), progress=False, **options)


@pytest.mark.parametrize("key", [*npz_folder.FEATURES, "anything"])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, ">f4"])
def test_the_names_that_features_go_by(tmp_path, key, kind):
    folder = put(tmp_path / "f", b={key: OTHER.astype(kind)}, a={key: FEATURES.astype(kind)})
    store = read_npz(folder)
    assert store.ids == ("a", "b") and store.counts.tolist() == [4, 2]
    np.testing.assert_allclose(store.features, np.concatenate([FEATURES, OTHER]), rtol=HALF, atol=HALF)
    assert store.boxes is None and store.detector == "npz-folder"


def test_npy_files_single_rows_and_folders_below(tmp_path):
    folder = put(tmp_path / "f", **{"val/b.jpg": OTHER, "a": FEATURES[0], "train/c": {"x": OTHER}})
    (folder / "b_info.npy").write_bytes(b"pickled by mmf")
    (folder / "c_info.npz").write_bytes(b"")
    (folder / "notes.txt").write_text("x")
    store = read_npz(folder)
    assert store.ids == ("a", "c", "b.jpg") and store.counts.tolist() == [1, 2, 2]
    np.testing.assert_array_equal(store.features[:1], FEATURES[:1].astype(np.float16))


def test_features_before_other_arrays(tmp_path):
    arrays_ = {
        "noise": OTHER * 9,
        "features": FEATURES,
        "cls_prob": np.ones((4, 3)),
        "names": np.array(["a"]),
    }
    np.testing.assert_array_equal(
        read_npz(put(tmp_path / "f", a=arrays_)).features, FEATURES.astype(np.float16)
    )


@pytest.mark.parametrize(
    "boxes",
    [
        {"bbox": BOXES, **SIZE},
        {"boxes": BOXES, **SIZE},
        {
            "bbox": BOXES.astype(np.float64),
            "image_w": np.array([100]),
            "image_h": np.array([[50.0]]),
        },
        {"bbox": SHARES},
    ],
)
def test_boxes_in_pixels_or_shares(tmp_path, boxes):
    store = read_npz(put(tmp_path / "f", a={"features": FEATURES, **boxes}))
    np.testing.assert_allclose(store.boxes, SHARES, atol=1e-6)


def test_integer_boxes_are_pixels_of_a_known_picture(tmp_path):
    boxes = np.array([[0, 0, 100, 50]] * 4, np.uint16)
    store = read_npz(put(tmp_path / "f", a={"features": FEATURES, "bbox": boxes, **SIZE}))
    np.testing.assert_array_equal(store.boxes, [[0, 0, 1, 1]] * 4)


def test_boxes_of_a_picture_of_unknown_size_are_left_out(tmp_path):
    assert read_npz(put(tmp_path / "f", a={"features": FEATURES, "bbox": BOXES})).boxes is None


@pytest.mark.parametrize("count", [3, np.array([3]), np.array(3.0)])
@pytest.mark.parametrize("key", npz_folder.COUNTS)
def test_padding_does_not_count(tmp_path, key, count):
    found = {"x": FEATURES, "bbox": BOXES, key: count, **SIZE}
    store = read_npz(put(tmp_path / "f", a=found))
    assert store.counts.tolist() == [3]
    np.testing.assert_array_equal(store.features, FEATURES[:3].astype(np.float16))
    np.testing.assert_allclose(store.boxes, SHARES[:3], atol=1e-6)


def test_features_that_stand_across_are_turned_as_the_boxes_say(tmp_path):
    found = {"x": FEATURES.T, "bbox": BOXES, "num_bbox": 4, **SIZE}
    store = read_npz(put(tmp_path / "f", a=found, b={"x": FEATURES, "bbox": BOXES, **SIZE}))
    np.testing.assert_array_equal(store.features, np.concatenate([FEATURES, FEATURES]).astype(np.float16))


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def pickled(path):
    array = np.empty(1, object)
    array[0] = Bomb(path)
    return array


def header(shape, kind="<f4", body=b"", order="False"):
    text = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + text.encode() + body


def literal(text):
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def zipped(member, name="features.npy"):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, member)
    return stream.getvalue()


def spoilt(**changes):
    return {"features": FEATURES, "bbox": BOXES, **SIZE, **changes}


def poked(value):
    features = FEATURES.astype(np.float64)
    features[1, 2] = value
    return features


HOSTILE = {
    "terabytes": header((10**12, 2048)),
    "overflow": header((2**62, 4)),
    "negative": header((-1, 6), body=bytes(24)),
    "no room": header((10**12,), "|V0"),
    "long strings": header((2,), "<U500000000"),
    "a torn header": literal("{'descr': (3,"),
    "an empty type": literal("{'descr': (), 'fortran_order': False, 'shape': (2, 2), }"),
    "deep": literal("(" * 2000),
    "no dictionary": literal("[1, 2]"),
    "unhashable": literal("{[]: 1}"),
    "version": b"\x93NUMPY\x09\x00" + bytes(20),
    "nothing": b"",
    "short": header((4, 6), body=bytes(95)),
    "complex": header((2, 2), "<c8", bytes(32)),
    "records": literal("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }") + bytes(8),
}
BAD_FILES = [  # a file, what is said of it
    (b"no zip", "File is not a zip file"),
    (b"", "File is not a zip file"),
    (zipped(b"no array"), "magic string"),
    (
        {"noise": FEATURES, "more": OTHER},
        "no array called features or feat or x or z among more, noise",
    ),
    ({"features": FEATURES[None]}, r"features is float32 of shape \(1, 4, 6\), not \(regions, dim"),
    ({"features": FEATURES[:0]}, r"of shape \(0, 6\)"),
    ({"features": FEATURES[0, 0]}, r"of shape \(\)"),
    ({"features": FEATURES.astype(int)}, "features is int64 of shape"),
    ({"features": FEATURES.astype(complex)}, "features is complex128"),
    ({"features": np.array([["a"]])}, "features is <U1"),
    ({"features": OTHER[:, :5]}, "image bad: features 5 wide, but those before it are 6 wide"),
    (spoilt(features=poked(np.nan)), "a feature is NaN, infinite or larger than 65504"),
    (spoilt(features=poked(-np.inf)), "a feature is NaN, infinite or larger than 65504"),
    (spoilt(features=poked(65600)), "a feature is NaN, infinite or larger than 65504"),
    (spoilt(features=poked(1e300)), "a feature is NaN, infinite or larger than 65504"),
    (spoilt(bbox=BOXES[:3]), r"3 boxes for features of shape \(4, 6\)"),
    (spoilt(bbox=BOXES[:, :3]), r"boxes are float32 of shape \(4, 3\), not \(regions, 4\)"),
    (spoilt(bbox=BOXES[0]), r"boxes are float32 of shape \(4,\)"),
    (spoilt(bbox=BOXES.astype(str)), "boxes are <U"),
    (spoilt(bbox=BOXES * np.nan), "a box is NaN or infinite"),
    (spoilt(bbox=BOXES.astype(float) * 1e300), "a box is NaN or infinite"),
    (spoilt(bbox=BOXES[:, [2, 1, 0, 3]]), "a box ends before it begins"),
    (spoilt(bbox=BOXES * 2), "a box lies outside the picture of 100 x 50 pixels"),
    (spoilt(image_w=0), "a picture of 0 x 50 pixels"),
    (spoilt(image_h=np.nan), "a picture of 100 x nan pixels"),
    (spoilt(image_h=np.array([50, 50])), r"image_h is int64 of shape \(2,\), not a number"),
    (spoilt(image_w=np.array("100")), "image_w is <U3 of shape"),
    (spoilt(num_bbox=5), "5 regions should count of 4"),
    (spoilt(num_bbox=0), "0 regions should count of 4"),
    (spoilt(num_bbox=2.5), r"2\.5 regions should count of 4"),
    (spoilt(num_bbox=np.nan), "nan regions should count of 4"),
    (spoilt(num_boxes=10**12), r"1e\+12 regions should count of 4"),
    (spoilt(num_bbox=np.array([1, 2])), r"num_bbox is int64 of shape \(2,\), not a number"),
    ({"features": FEATURES}, "boxes are known of some images only"),
    ({"features": FEATURES, "bbox": BOXES}, "boxes are known of some images only"),
    *((zipped(content), ".") for content in HOSTILE.values()),
]


@pytest.mark.parametrize(("bad", "message"), BAD_FILES)
def test_bad_files_stop_or_are_skipped(tmp_path, bad, message):
    folder = put(tmp_path / "f", a=spoilt(), bad=bad, c=spoilt(features=FEATURES[::-1].copy()))
    with pytest.raises(DataError, match=message):
        read_npz(folder)
    assert left_in(tmp_path) == ["f", "kept"] and left_in(tmp_path / "kept") == []
    path = folder / "bad.npz"
    store = stops_or_skips(lambda **how: read_npz(folder, **how), path, message)
    assert store.ids == ("a", "c") and store.skipped[0]["id"] == "bad"
    np.testing.assert_array_equal(store.features[:4], FEATURES.astype(np.float16))
    np.testing.assert_array_equal(store.features[4:], FEATURES[::-1].astype(np.float16))
    np.testing.assert_allclose(store.boxes, np.concatenate([SHARES, SHARES]), atol=1e-6)


@pytest.mark.parametrize("what", ["npz", "npy", "npy as npz", "beside features"])
def test_nothing_pickled_is_run(tmp_path, what):
    trap, folder = tmp_path / "trap", tmp_path / "f"
    put(folder, a=FEATURES)
    if what == "npy":
        np.save(folder / "bad.npy", pickled(trap), allow_pickle=True)
    elif what == "npy as npz":
        np.save(folder / "bad.npy", pickled(trap), allow_pickle=True)
        (folder / "bad.npy").rename(folder / "bad.npz")
    elif what == "npz":
        np.savez(folder / "bad.npz", features=pickled(trap))
    else:  # not asked for, not read
        np.savez(folder / "bad.npz", features=FEATURES, info=pickled(trap))
        assert read_npz(folder).ids == ("a", "bad") and not trap.exists()
        return
    with pytest.raises(DataError, match=r"bad\.np[yz]: "):
        read_npz(folder)
    assert read_npz(folder, on_bad="skip").ids == ("a",) and not trap.exists()


def test_two_files_of_one_name(tmp_path):
    folder = put(tmp_path / "f", **{"train/a": FEATURES, "val/a": OTHER, "val/b": OTHER})
    path = folder / "val" / "a.npy"
    store = stops_or_skips(lambda **how: read_npz(folder, **how), path, "there is another file of this name")
    assert store.ids == ("a", "b") and store.counts.tolist() == [4, 2]
    assert store.skipped[0]["id"] == ""  # the first one is there


@pytest.mark.parametrize("kind", ["npz", "npy"])
@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_headers_that_claim_too_much_allocate_nothing(tmp_path, what, kind):
    folder = put(tmp_path / "f", a=FEATURES)
    content = HOSTILE[what] if kind == "npy" else zipped(HOSTILE[what])
    (folder / f"bad.{kind}").write_bytes(content)

    def read():
        with pytest.raises(DataError, match=rf"bad\.{kind}: "):
            read_npz(folder)

    read()
    assert peak(read) < 10e6 and left_in(tmp_path / "kept") == []


def test_a_file_that_unpacks_to_gigabytes(tmp_path, monkeypatch):
    monkeypatch.setattr(npz_folder, "LARGEST", 1 << 20)
    folder = tmp_path / "f"
    put(folder, a=FEATURES, b=np.zeros((1 << 10, 1 << 9), np.float32))
    with pytest.raises(DataError, match=r"b\.npy: it is larger than 1 MB"):
        read_npz(folder)
    (folder / "b.npy").unlink()
    with zipfile.ZipFile(folder / "b.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("features.npy", header((1 << 18, 80)) + bytes(80 << 20))
    assert (folder / "b.npz").stat().st_size < 1 << 20

    def read():
        with pytest.raises(DataError, match=r"b\.npz: its arrays are larger than 1 MB"):
            read_npz(folder)

    assert peak(read) < 10e6


def test_a_zip_file_called_npy(tmp_path):
    folder = put(tmp_path / "f", a={"features": FEATURES})
    (folder / "a.npz").rename(folder / "a.npy")
    with pytest.raises(DataError, match=r"a\.npy: "):
        read_npz(folder)


def test_folders_without_a_feature(tmp_path):
    folder = tmp_path / "f"
    folder.mkdir()
    with pytest.raises(DataError, match=r"f holds no \.npz or \.npy file; put NAME\.npz there"):
        read_npz(folder)
    put(folder, a=b"x")
    with pytest.raises(DataError, match=r"no feature file holds regions; .*a\.npz: File is not"):
        read_npz(folder, on_bad="skip")
    with pytest.raises(DataError, match="on_bad is 'ignore'"):
        read_npz(folder, on_bad="ignore")
    assert left_in(tmp_path / "kept") == []


def test_a_folder_is_converted_once_and_again_when_it_changes(tmp_path, monkeypatch):
    folder = put(tmp_path / "f", a=FEATURES)
    read_npz(folder)
    with monkeypatch.context() as patch:
        patch.setattr(npz_folder, "_read", None)  # is not asked
        assert read_npz(folder).ids == ("a",)
    put(folder, b=OTHER)
    assert read_npz(folder).ids == ("a", "b")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_to_a_feature_file_is_refused(tmp_path, data):
    stream = io.BytesIO()
    if data.draw(st.booleans()):
        name = "a.npz"
        save = np.savez_compressed if data.draw(st.booleans()) else np.savez
        save(stream, **spoilt())
    else:
        name = "a.npy"
        np.save(stream, FEATURES)
    content = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    folder = tmp_path / "f"
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    (folder / name).write_bytes(bytes(content))
    try:
        store = read_npz(folder)
    except DataError as error:
        assert name in str(error)
    else:
        assert store.ids == ("a",) and np.isfinite(store.features).all()


# -------------------------------------------------------------------------------- SCAN's arrays


def part(folder, split, images, shape=(3, 6), dtype=np.float32, repeat=1, each=5):
    """One split of random features; `repeat` rows an image, `each` captions an image."""
    folder.mkdir(exist_ok=True)
    features = np.random.default_rng(images).normal(size=(images, *shape)).astype(dtype)
    np.save(folder / f"{split}_ims.npy", np.repeat(features, repeat, axis=0))
    captions = "".join(f"{split} {i // each} says {i}\n" for i in range(each * images))
    (folder / f"{split}_caps.txt").write_text(captions)
    return features


def harm(folder, split, row, value=np.nan):
    path = folder / f"{split}_ims.npy"
    features = np.load(path)
    features[row].flat[-1] = value
    np.save(path, features)


def owners_are_right(corpus):
    """Each sentence says which image of which split it belongs to."""
    ours = {"train": "train", "dev": "val", "test": "test", "testall": "test"}
    for text, owner in zip(corpus.sentences, corpus.image_of):
        split, number, *_ = text.split()
        assert corpus.image_ids[owner] == f"{split}-{int(number):06d}"
        assert corpus.splits[owner] == ours[split]


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("shape", [(3, 6), (6,)])
@pytest.mark.parametrize("repeat", [1, 5])
def test_converted_arrays_are_those_that_are_read(tmp_path, dtype, shape, repeat):
    folder = tmp_path / "f30k_precomp"
    for split, images in (("train", 130), ("dev", 3), ("test", 2)):  # more than two blocks
        part(folder, split, images, shape, dtype, repeat)
    before = precomputed.read(folder)
    after = precomputed.convert(folder, tmp_path / "new" / "corpus", progress=False)
    assert (after.name, after.sentences, tuple(after.image_ids)) == (
        "f30k_precomp",
        before.sentences,
        tuple(before.image_ids),
    )
    np.testing.assert_array_equal(after.image_of, before.image_of)
    np.testing.assert_array_equal(after.splits, before.splits)
    owners_are_right(after)
    ours, theirs = (c.regions.batch(range(135)) for c in (after, before))
    np.testing.assert_array_equal(ours.mask, theirs.mask)
    np.testing.assert_array_equal(ours.features, theirs.features.numpy().astype(np.float16))
    assert isinstance(before.regions.features, StackedRows)
    assert isinstance(after.regions.features, np.memmap) and after.regions.skipped == []
    assert left_in(tmp_path / "new") == ["corpus"]
    assert left_in(tmp_path / "new" / "corpus") == ["corpus.json", "regions"]


def test_all_five_thousand_test_images_go_before_the_first_thousand(tmp_path):
    folder = tmp_path / "coco"
    for split, images in (("train", 3), ("test", 1), ("testall", 5)):
        part(folder, split, images)
    for corpus in (
        precomputed.read(folder),
        precomputed.convert(folder, tmp_path / "c", progress=False),
    ):
        assert len(corpus.images("test")) == 5 and len(corpus.image_ids) == 8
        assert {image.split("-")[0] for image in corpus.image_ids} == {"train", "testall"}
        owners_are_right(corpus)


def test_a_caption_a_row_and_five_images_are_not_one_repeated(tmp_path):
    folder = tmp_path / "a"
    part(folder, "train", 10, each=1)
    assert precomputed.read(folder).image_of.tolist() == list(range(10))
    part(folder, "train", 2, repeat=5)
    assert precomputed.read(folder).image_of.tolist() == [0] * 5 + [1] * 5


@pytest.mark.parametrize("repeat", [1, 5])
@pytest.mark.parametrize("value", [np.nan, np.inf, -1e30, 65520.0])
@pytest.mark.parametrize("image", [0, 3, 6])
def test_bad_rows_leave_with_their_sentences(tmp_path, repeat, value, image):
    folder, target = tmp_path / "a", tmp_path / "new"
    features = part(folder, "train", 7, repeat=repeat)
    part(folder, "dev", 2, repeat=repeat)
    row = image * repeat
    harm(folder, "train", row, value)
    with pytest.raises(DataError, match=rf"train_ims\.npy: row {row} ?.*; extract it again"):
        precomputed.convert(folder, target, progress=False)
    assert left_in(tmp_path) == ["a"]
    corpus = precomputed.convert(folder, target, on_bad="skip", progress=False)
    gone = f"train-{image:06d}"
    assert len(corpus.image_ids) == 8 and gone not in corpus.image_ids
    assert len(corpus.sentences) == 40
    owners_are_right(corpus)
    kept = np.delete(features, image, axis=0).astype(np.float16)
    np.testing.assert_array_equal(corpus.regions.batch(range(6)).features, kept)
    (entry,) = corpus.regions.skipped
    assert entry["id"] == gone and entry["where"].endswith(f"train_ims.npy: row {row}")


@pytest.mark.parametrize("image", [0, 1, 3, 6])
@pytest.mark.parametrize("extent", ["a number", "a row", "an image"])
def test_damage_does_not_hide_that_rows_repeat(tmp_path, image, extent):
    folder = tmp_path / "a"
    part(folder, "train", 7, repeat=5)
    features = np.load(folder / "train_ims.npy")
    rows = features[5 * image : 5 * image + (5 if extent == "an image" else 1)]
    rows[0, 0, 0] = np.nan
    if extent != "a number":
        rows[:] = np.nan
    np.save(folder / "train_ims.npy", features)
    corpus = precomputed.convert(folder, tmp_path / "new", on_bad="skip", progress=False)
    assert len(corpus.image_ids) == 6 and len(corpus.sentences) == 30
    owners_are_right(corpus)


CAPTIONS = [  # the bytes of line 4, what is said of it, the sentences that are left of image 0
    (b"", "line 4: it is empty", 4, None),
    (b" \t ", "line 4: it is empty", 4, None),
    (b"b'train 0 dog\\n'", r"line 4: .* is a printed bytes object of Python", 5, "train 0 dog"),
    (b'b"train 0 it\'s"', "line 4: .* is a printed bytes object", 5, "train 0 it's"),
    (b"b'train 0 caf\\xc3\\xa9'", "line 4: .* is a printed bytes", 5, "train 0 café"),
    (b"b'train 0 \\xff'", "line 4: .* is a printed bytes", 5, None),  # what it says cannot be known
    (b"b''", "line 4: .* is a printed bytes", 4, None),
    (b"b' \\n'", "line 4: .* is a printed bytes", 4, None),
]


@pytest.mark.parametrize(("content", "message", "sentences", "text"), CAPTIONS)
def test_captions_that_are_none(tmp_path, content, message, sentences, text):
    folder = tmp_path / "a"
    part(folder, "train", 3)
    path = folder / "train_caps.txt"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:3], content, *lines[4:]]))
    for read in (precomputed.read, lambda f, **how: precomputed.convert(f, tmp_path / "x", **how)):
        with pytest.raises(DataError, match=rf"train_caps\.txt, {message}.*, or pass on_bad"):
            read(folder)
    assert left_in(tmp_path) == ["a"]
    for corpus in (
        precomputed.read(folder, on_bad="skip"),
        precomputed.convert(folder, tmp_path / "new", on_bad="skip", progress=False),
    ):
        (entry,) = corpus.regions.skipped
        assert entry["where"] == f"{path}, line 4"
        own = [corpus.sentences[i] for i in corpus.sentences_of[0]]
        assert len(own) == sentences and len(corpus.sentences) == 10 + sentences
        assert text is None or own[3] == text
        assert [corpus.sentences[i].split()[1] for i in corpus.sentences_of[1]] == ["1"] * 5


@pytest.mark.parametrize("captions", [14, 16, 3 * 4, 2, 0])
def test_captions_that_do_not_count_up(tmp_path, captions):
    folder = tmp_path / "a"
    part(folder, "train", 3)
    (folder / "train_caps.txt").write_text("".join(f"c {i}\n" for i in range(captions)) or "x")
    for on_bad in ("error", "skip"):
        with pytest.raises(DataError, match=rf"train_ims\.npy has 3 rows for {captions or 1} captions"):
            precomputed.convert(folder, tmp_path / "new", on_bad=on_bad, progress=False)
    assert left_in(tmp_path) == ["a"]


@pytest.mark.parametrize("what", sorted({*HOSTILE, "cut", "zip", "pickled"}))
def test_arrays_that_are_not_what_they_say(tmp_path, what):
    folder, trap = tmp_path / "a", tmp_path / "trap"
    part(folder, "train", 3)
    path = folder / "train_ims.npy"
    content = {"cut": path.read_bytes()[:-1], "zip": zipped(path.read_bytes()), **HOSTILE}
    if what == "pickled":
        np.save(path, pickled(trap), allow_pickle=True)
    else:
        path.write_bytes(content[what])

    def read():
        for on_bad in ("error", "skip"):
            with pytest.raises(DataError, match=r"train_ims\.npy "):
                precomputed.convert(folder, tmp_path / "new", on_bad=on_bad, progress=False)

    read()
    assert peak(read) < 10e6 and left_in(tmp_path) == ["a"]


def test_a_target_that_is_there_is_not_touched(tmp_path):
    part(tmp_path / "a", "train", 3)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="new is there already; delete it, or choose another folder"):
        precomputed.convert(tmp_path / "a", tmp_path / "new", progress=False)
    assert left_in(tmp_path / "new") == ["mine.txt"]


def test_a_failure_half_way_leaves_nothing(tmp_path):
    part(tmp_path / "a", "train", 130)
    part(tmp_path / "a", "dev", 70)
    harm(tmp_path / "a", "dev", 66)  # in the second block of the second file
    with pytest.raises(DataError, match=r"dev_ims\.npy: row 66: NaN, infinity or beyond 65504; extract"):
        precomputed.convert(tmp_path / "a", tmp_path / "new", progress=False)
    assert left_in(tmp_path) == ["a"]


# ---------------------------------------------------------------------- regions known in part


def test_selected_images_keep_all_that_is_known_of_them():
    plain = make_store(6, regions=3, width=4)
    rows = len(plain.features)
    rng = np.random.default_rng(3)
    store = RegionStore(
        plain.ids,
        plain.features,
        plain.starts,
        plain.counts,
        boxes=rng.random((rows, 4), np.float32),
        classes=np.arange(rows, dtype=np.int16),
        class_confidences=rng.random(rows).astype(np.float16),
        attributes=rng.integers(-1, 2, rows).astype(np.int16),
        attribute_confidences=rng.random(rows).astype(np.float16),
        tags=rng.random((6, 2)).astype(np.float16),
        class_names=tuple(map(str, range(rows))),
        attribute_names=("red", "blue"),
        tag_names=("x", "y"),
        skipped=[{"id": "z"}],
    )
    chosen = [4, 0, 3]
    part_ = store.select(chosen)
    assert part_.ids == ("i4", "i0", "i3") and len(part_) == 3 and part_.skipped == store.skipped
    assert part_.features is store.features and part_.boxes is store.boxes  # nothing is copied
    for new, old in enumerate(chosen):
        ours, theirs = part_.detections(new), store.detections(old)
        for name, value in vars(theirs).items():
            np.testing.assert_array_equal(getattr(ours, name), value, err_msg=name)
    ours, theirs = part_.batch([2, 0]), store.batch([3, 4])
    np.testing.assert_array_equal(ours.features, theirs.features)
    np.testing.assert_array_equal(ours.confidences, theirs.confidences)
    again = part_.select(np.array([2]))
    assert again.ids == ("i3",) and again.rows(0) == store.rows(3)
    assert len(store.select([])) == 0
    with pytest.raises(IndexError):
        store.select([6])


@pytest.mark.parametrize("known", [(), ("boxes",), ("boxes", "classes", "class_confidences")])
def test_what_is_not_known_of_regions_stays_unknown(known):
    plain = make_store(3)
    rows = len(plain.features)
    columns = {
        "boxes": np.ones((rows, 4), np.float32),
        "classes": np.ones(rows, np.int16),
        "class_confidences": np.ones(rows, np.float16),
    }
    store = RegionStore(
        plain.ids,
        plain.features,
        plain.starts,
        plain.counts,
        source="here",
        **{key: columns[key] for key in known},
    )
    for one in (store, store.select([2, 0])):
        with pytest.raises(DataError, match="here holds features only, no boxes or class names"):
            one.detections(0)
        assert [key for key in columns if getattr(one, key) is not None] == list(known)
        assert (one.batch([0]).confidences is not None) == ("class_confidences" in known)

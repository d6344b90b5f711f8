# ruff: noqa: E501  (the layouts are data)
"""Every reader on files that are nearly right: a corpus or a `DataError`, soon, and nothing left behind.

A tiny corpus in each layout is damaged at random: bytes and pieces changed, files lost or turned into folders,
tokens replaced by hostile ones, nodes of JSON by others.  By default a hundred inputs a reader, always the same;

    VSE_LESSONS_FUZZ=5000 python -m pytest -s tests/test_fuzz_readers.py    that many, others each time"""

import base64
import io
import json
import os
import shutil
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vse_lessons.common.files import DataError
from vse_lessons.data.corpus import Corpus
from vse_lessons.data.regions import RegionStore
from vse_lessons.sources.acquire import archives
from vse_lessons.sources.readers import (
    artpedia,
    captions_csv,
    captions_json,
    coco,
    fashion_table,
    flickr,
    karpathy,
    text_files,
    unpaired,
)
from vse_lessons.sources.readers.features import bottom_up, embeddings, npz_folder, precomputed

COUNT = int(os.environ.get("VSE_LESSONS_FUZZ", "0"))
TOKENS = (
    b"",
    b"NaN",
    b"-1",
    b"1e999",
    b"9" * 400,
    b"null",
    b"[[[]]]",
    b"[" * 3000,
    b"{}",
    b"\x00",
    b"../../x",
    b"/x",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"\r",
    b"\n\n",
    b"\t",
    b",",
    b'"',
    b"|",
    b"#",
    b"=",
    b"\\ud800",
    "\u2028".encode(),
    b"a" * 5000,
    b"b'x'",
    b"True",
    b"{'descr': '|O', 'shape': (9999999999,)}",
)
VALUES = (
    None,
    True,
    -1,
    0,
    10**30,
    1e308,
    "",
    "x",
    "../x",
    "\x00",
    "\ud800",
    [],
    {},
    [[[]]],
    {"a": {"b": []}},
    "a" * 300,
)


def npy(array):
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def npz(**given):
    content = io.BytesIO()
    np.savez(content, **given)
    return content.getvalue()


def zipped(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def text(*lines):
    return "".join(f"{line}\n" for line in lines).encode()


def b64(array):
    return base64.b64encode(array.tobytes()).decode()


BOX = np.array([[0, 0, 5, 5], [1, 2, 9, 8]], np.float32)
WIDE = np.arange(8, dtype=np.float32).reshape(2, 4)
IDS, SURE = np.array([0, 1]), np.array([0.5, 0.25], np.float32)
LXMERT = [
    f"{n}\t10\t10\t{b64(IDS)}\t{b64(SURE)}\t{b64(IDS)}\t{b64(SURE)}\t2\t{b64(BOX)}\t{b64(WIDE)}"
    for n in (3, 4)
]
OURS = [f"{n}\t10\t10\t2\t{b64(BOX)}\t{b64(WIDE)}" for n in (3, 4)]
LIST = [
    {"filename": f"{n}.jpg", "split": s, "sentences": [{"raw": f"dog {n}"}, {"tokens": ["a", "dog"]}]}
    for n, s in enumerate(("train", "restval", "val", "test"))
]
COCO_NAMES = {n: f"COCO_train2014_{n:012d}.jpg" for n in (1, 2)}
PAGE = {
    "title": "A",
    "year": 1500,
    "img_url": "http://x.org/a.png",
    "split": "train",
    "visual_sentences": ["A dog."],
    "contextual_sentences": ["It is old."],
}
PICTURES = {f"images/{n}.jpg": b"" for n in range(4)}
SCAN = {
    "train_ims.npy": npy(np.ones((2, 3, 4), np.float32)),
    "train_caps.txt": text(*"abcdefghij"),
    "dev_ims.npy": npy(np.ones((1, 3, 4), np.float32)),
    "dev_caps.txt": text(*"abcde"),
}


def stored():
    """A corpus and its store as they lie on disk."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for name, content in SCAN.items():
            (place / name).write_bytes(content)
        precomputed.convert(place, place / "c", progress=False)
        return {
            str(path.relative_to(place / "c")): path.read_bytes()
            for path in (place / "c").rglob("*")
            if path.is_file()
        }


def listing(read):
    return lambda folder, on_bad, _: read(folder, on_bad=on_bad)


def from_tsv(folder, on_bad, kept):
    return bottom_up.read(bottom_up.find_files(folder), kept, on_bad=on_bad, progress=False)


READERS = {  # files, and how they are read: folder, on_bad, a folder to write to
    "flickr csv": (
        {
            "captions.txt": text("image,caption", "0.jpg,a dog", '1.jpg,"a, cat"'),
            "train.txt": text("0.jpg"),
            "test.txt": text("1"),
            **PICTURES,
        },
        listing(flickr.read),
    ),
    "flickr token": (
        {
            "results_20130124.token": text("0.jpg#0\ta dog", "1.jpg#1\ta cat"),
            "train.txt": text("0.jpg", "1.jpg"),
            **PICTURES,
        },
        listing(flickr.read),
    ),
    "flickr results": (
        {
            "results.csv": text("image_name| comment_number| comment", "0.jpg| 0| a dog", "1.jpg| 4   A dog"),
            "train.txt": text("0.jpg"),
            **PICTURES,
        },
        listing(flickr.read),
    ),
    "karpathy": (
        {"dataset_flickr8k.json": json.dumps({"images": LIST}).encode(), **PICTURES},
        listing(karpathy.read),
    ),
    "coco": (
        {
            "annotations/captions_train2014.json": json.dumps(
                {
                    "images": [{"id": n, "file_name": name} for n, name in COCO_NAMES.items()],
                    "annotations": [{"id": n, "image_id": n, "caption": "dog"} for n in COCO_NAMES],
                }
            ).encode(),
            "dataset_coco.json": json.dumps(
                {
                    "images": [
                        {"filename": name, "split": "train", "sentences": []} for name in COCO_NAMES.values()
                    ]
                }
            ).encode(),
            **{f"train2014/{name}": b"" for name in COCO_NAMES.values()},
        },
        listing(coco.read),
    ),
    "captions_csv": (
        {"captions.csv": text("image,caption,split", '0.jpg,"a, dog",train', "1.jpg,cat,test"), **PICTURES},
        listing(captions_csv.read),
    ),
    "text_files": (
        {"texts/0.txt": text("a dog", "a cat"), "texts/1.txt": b"", **PICTURES},
        listing(text_files.read),
    ),
    "captions_json": (
        {"captions.json": json.dumps({"0.jpg": "a dog", "1.jpg": ["a", "b"]}).encode(), **PICTURES},
        listing(captions_json.read),
    ),
    "captions_json records": (
        {
            "captions.json": json.dumps([{"image": "0.jpg", "sentences": ["a"], "split": "train"}]).encode(),
            **PICTURES,
        },
        listing(captions_json.read),
    ),
    "artpedia": (
        {"artpedia.json": json.dumps({"0": PAGE, "1": {**PAGE, "split": "test"}}).encode(), **PICTURES},
        listing(artpedia.read),
    ),
    "fashion_table": (
        {
            "styles.csv": text("id,gender,productDisplayName", "0,Men,Nike, shoe", "1,Men,Red shirt"),
            **PICTURES,
        },
        listing(fashion_table.read),
    ),
    "unpaired": (
        {"sentences.txt": text("a dog", "a cat"), **PICTURES},
        lambda folder, *_: unpaired.read(folder),
    ),
    "bottom_up lxmert": (
        {
            "a.tsv": text(*LXMERT),
            "objects_vocab.txt": text("dog", "cat"),
            "attributes_vocab.txt": text("red", "blue"),
        },
        from_tsv,
    ),
    "bottom_up ours": ({"a.tsv": text(*OURS)}, from_tsv),
    "npz_folder": (
        {
            "features/a.npz": npz(
                x=WIDE, bbox=BOX, num_bbox=np.array(2), image_w=np.array(10), image_h=np.array(10)
            ),
            "features/b.npz": npz(features=WIDE, boxes=BOX / 10),
        },
        lambda folder, on_bad, kept: npz_folder.read(
            folder / "features", kept, on_bad=on_bad, progress=False
        ),
    ),
    "precomputed": (SCAN, listing(precomputed.read)),
    "precomputed convert": (
        SCAN,
        lambda folder, on_bad, kept: precomputed.convert(folder, kept / "new", on_bad=on_bad, progress=False),
    ),
    "embeddings": (
        {
            "images.npy": npy(WIDE),
            "sentences.npy": npy(WIDE),
            "images.txt": text("a", "b"),
            "sentences.tsv": text("a\tdog", "b\tcat"),
            "splits.txt": text("train", "test"),
        },
        lambda folder, *_: embeddings.read(folder),
    ),
    "corpus": (stored(), lambda folder, *_: Corpus.load(folder / "corpus.json")),
    "store": (stored(), lambda folder, *_: RegionStore.open(folder / "regions")),
    "zip": (
        {"a.zip": zipped(**{"a/b.txt": "dog", "c.txt": "cat" * 400})},
        lambda folder, _, kept: archives.unpack(folder / "a.zip", kept, largest=1 << 20, progress=False),
    ),
}


@st.composite
def damaged(draw, files):
    """The files of a corpus, some of them changed."""
    files = dict(files)
    names = sorted(name for name in files if files[name]) or sorted(files)
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(names))
        if files.get(name) is None:
            continue
        kind = draw(
            st.sampled_from(("bytes", "token", "cut", "double", "json", "json", "lost", "folder", "drop"))
        )
        content = files[name]
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 40)))
        if kind == "bytes":
            content = content[:start] + draw(st.binary(max_size=12)) + content[end:]
        elif kind == "token":
            content = content[:start] + draw(st.sampled_from(TOKENS)) + content[end:]
        elif kind == "cut":
            content = content[:start]
        elif kind == "drop":
            content = content[:start] + content[end:]
        elif kind == "double":
            content = content[:end] + content[start:]
        elif kind == "json" and name.endswith(".json"):
            content = changed_node(draw, content)
        elif kind == "lost":
            content = None
        elif kind == "folder":
            content = ...
        files[name] = content
        if content is ...:
            names = [one for one in names if one != name] or names
            files = {**files, name: None, f"{name}/x": b""}
    return files


def changed_node(draw, content):
    """JSON with one node replaced, removed or renamed."""
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        return content
    places = [(None, None)]
    stack = [whole]
    while stack:
        node = stack.pop()
        inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in inner:
            places.append((node, key))
            stack.append(value)
    node, key = draw(st.sampled_from(places))
    value = draw(st.sampled_from(VALUES))
    if node is None:
        whole = value
    elif draw(st.booleans()):
        node[key] = value
    else:
        del node[key]
    return json.dumps(whole).encode()


def below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def build(folder, files):
    for name, content in files.items():
        path = folder / name
        if content is None or any(parent.is_file() for parent in path.parents):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_dir():
            path.write_bytes(content)


TRIED = {}


@pytest.fixture(scope="module", autouse=True)
def tell():
    yield
    if COUNT:
        print(f"\n{sum(TRIED.values()):,} inputs: {TRIED}")


@pytest.mark.parametrize("name", READERS)
def test_a_corpus_or_a_clear_error(name):
    files, read = READERS[name]
    root = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))

    @settings(
        max_examples=COUNT or 100,
        deadline=None,
        derandomize=not COUNT,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(damaged(files), st.sampled_from(("error", "skip")))
    def check(changed, on_bad):
        TRIED[name] = TRIED.get(name, 0) + 1
        shutil.rmtree(root)
        folder, kept = root / "corpus", root / "kept"
        folder.mkdir(parents=True)
        kept.mkdir()
        build(folder, changed)
        before, began = below(folder), time.process_time()
        try:
            assert read(folder, on_bad, kept) is not None
        except DataError as error:
            assert str(error)
            assert below(kept) == []
        finally:
            assert time.process_time() - began < 1
            assert below(folder) == before
            assert not [path for path in below(root) if ".tmp" in path or "/." in path]

    try:
        check()
    finally:
        shutil.rmtree(root, ignore_errors=True)


@pytest.mark.parametrize("name", READERS)
def test_undamaged_they_are_read(name, tmp_path):
    files, read = READERS[name]
    (tmp_path / "kept").mkdir()
    build(tmp_path / "corpus", files)
    assert read(tmp_path / "corpus", "error", tmp_path / "kept") is not None

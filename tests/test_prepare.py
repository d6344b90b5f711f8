"""From archives, folders and a server that misbehaves to corpora, by the scripts of data_scripts/."""

import hashlib
import importlib.util
import io
import json
import shutil
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from conftest import shared_data
from PIL import Image

from vse_lessons.corpora import open_corpus
from vse_lessons.prepare import File, Release, run

SCRIPTS = Path(__file__).resolve().parents[1] / "data_scripts"
NAMES = sorted(path.stem for path in SCRIPTS.glob("prepare_*.py"))


def script(name):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def jpeg(colour="red"):
    content = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(content, "JPEG")
    return content.getvalue()


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


PHOTOS = {f"Flicker8k_Dataset/{n}.jpg": jpeg() for n in range(6)}
PHOTOS["Flicker8k_Dataset/large.bin"] = np.random.default_rng(0).bytes(3 << 20)
CUT = 1 << 20
REST = f"bytes={CUT}-"
TEXTS = {
    "Flickr8k.token.txt": "".join(f"{n}.jpg#{k}\tdog {n} runs {k}\n" for n in range(6) for k in range(5)),
    "Flickr_8k.trainImages.txt": "0.jpg\n1.jpg\n2.jpg\n3.jpg\n",
    "Flickr_8k.devImages.txt": "4.jpg\n",
    "Flickr_8k.testImages.txt": "5.jpg\n",
    "__MACOSX/._Flickr8k.token.txt": "junk",
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.strip("/")
        asked = self.headers.get("Range")
        self.server.asked.append((name, asked))
        troubles = self.server.troubles.get(name, [])
        trouble = troubles.pop(0) if troubles else None
        if trouble == "drop":
            self.connection.close()
            return
        if isinstance(trouble, int) or trouble == "redirect" or name not in self.server.content:
            self.send_response(302 if trouble == "redirect" else trouble or 404)
            if trouble == "redirect":
                self.send_header("Location", f"/{name}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = self.server.content[name]
        if trouble == "page":
            body = b"<!DOCTYPE html><title>sorry</title>"
        if trouble == "wrong":
            body = bytes(len(body))
        mark = f'"{hashlib.md5(body).hexdigest()}"'
        start = 0
        if asked and self.headers.get("If-Range") == mark:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("ETag", mark)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        end = min(CUT, len(body) // 2) if trouble == "cut" else len(body)
        self.wfile.write(body[start : start + end])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)  # waits between tries, and politeness
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.troubles, running.asked = {}, []
    running.content = {"photos.zip": zipped(PHOTOS), "texts.zip": zipped(TEXTS)}
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def release(server, tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))

    def file(name, gives):
        content = server.content[name]
        return File(name, f"http://127.0.0.1:{server.server_address[1]}/{name}", len(content),
                    f"sha256:{hashlib.sha256(content).hexdigest()}", "this test", (gives,))  # fmt: skip

    return Release(
        corpus="flickr8k",
        title="Flickr8k, small",
        licence="for tests",
        files=(file("photos.zip", "Flicker8k_Dataset"), file("texts.zip", "Flickr8k.token.txt")),
        published={"train": (4, 20), "val": (1, 5), "test": (2, 10)},
        published_by="this test",
    )


def prepare(release, folder, *given):
    return run(release, "a description", [str(folder), *given])


ACCEPT = ("--accept-licence", "--no-regions")


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_dry_run_says_all_and_writes_nothing(release, server, tmp_path, capsys):
    large = replace(release.files[0], size=6_000_000_000)
    told = replace(release, files=(large, replace(release.files[1], checksum="", size=0)))
    assert prepare(told, tmp_path / "f", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "photos.zip (6,000 MB, about 10 min at 10 MB/s)" in said and "(from this test)" in said
    assert "size not published" in said and "checksum not published: recorded" in said
    assert "licence: for tests" in said and server.asked == [] and not (tmp_path / "f").exists()


def test_nothing_is_done_before_the_licence_is_accepted(release, server, tmp_path, capsys):
    assert prepare(release, tmp_path / "f", "--download", "--no-regions") == 1
    assert "pass --accept-licence" in capsys.readouterr().err
    assert server.asked == [] and not (tmp_path / "f").exists()


def test_from_a_download_to_regions(release, server, tmp_path, capsys):
    folder = tmp_path / "flickr8k"
    to = tmp_path / "ready"
    given = ("--accept-licence", "--download", "--to", str(to))
    assert prepare(release, folder, *given) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "train 4 4 20 20" in said and "test 1 2 5 10" in said and "differs" in said
    assert "6 images with regions" in said
    corpus = open_corpus("prepared", to).corpus
    assert len(corpus.image_ids) == 6 and corpus.sentences[7] == "dog 1 runs 2"
    assert open_corpus("prepared", to).picture(0).size == (40, 30)
    assert not any("MACOSX" in name for name in everything(folder))
    asked = len(server.asked)
    assert prepare(release, folder, *given) == 0 and len(server.asked) == asked  # nothing twice
    assert "unpacked" not in capsys.readouterr().out


@pytest.mark.parametrize("trouble", ["cut", "drop", 503, "redirect", "wrong", "page"])
def test_what_passes_is_overcome(release, server, tmp_path, capsys, trouble):
    server.troubles["photos.zip"] = [trouble]
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download") == 0, capsys.readouterr().err
    whole = (tmp_path / "f" / "photos.zip").read_bytes()
    assert whole == server.content["photos.zip"]
    assert not list((tmp_path / "f").glob(".*"))
    ranges = [asked for name, asked in server.asked if name == "photos.zip" and asked]
    assert ranges == ([REST] if trouble == "cut" else [])


@pytest.mark.parametrize("trouble", [404, 403, 503, "cut", "drop", "wrong", "page"])
def test_what_stays_is_said_and_leaves_no_half(release, server, tmp_path, capsys, trouble):
    server.troubles["texts.zip"] = [trouble] * 40
    given = (*ACCEPT, "--download", "--retries", "1")
    assert prepare(release, tmp_path / "f", *given) == 1
    said = capsys.readouterr().err
    assert "texts.zip cannot be had" in said and "what came is kept" in said
    left = everything(tmp_path / "f")
    assert "texts.zip" not in left and "photos.zip" in left
    server.troubles.clear()
    assert prepare(release, tmp_path / "f", *given) == 0, capsys.readouterr().err
    assert [name for name, _ in server.asked].count("photos.zip") == 1
    assert not list((tmp_path / "f").glob(".*"))


def test_an_interrupted_download_goes_on_in_the_next_run(release, server, tmp_path):
    server.troubles["photos.zip"] = ["cut"]
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download", "--retries", "0") == 1
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download", "--retries", "0") == 0
    assert [a for name, a in server.asked if name == "photos.zip"] == [None, REST]


def test_room_is_looked_for_first(release, server, tmp_path, monkeypatch, capsys):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download") == 1
    assert "to fetch and unpack, but that disk has" in capsys.readouterr().err
    assert server.asked == [] and not (tmp_path / "f").exists()


def test_archives_that_one_has_need_no_network(release, server, tmp_path, capsys):
    for name, content in server.content.items():
        (tmp_path / name).write_bytes(content)
    archives = [str(tmp_path / name) for name in server.content]
    assert prepare(release, tmp_path / "f", *ACCEPT, "--from", *archives) == 0
    assert server.asked == [] and (tmp_path / "f" / "Flicker8k_Dataset" / "3.jpg").is_file()
    assert prepare(release, tmp_path / "g", *ACCEPT, "--from", str(tmp_path / "none.zip")) == 1
    assert "none.zip is not there" in capsys.readouterr().err
    # those that lie in the folder already are found
    shutil.copytree(tmp_path / "f", tmp_path / "h", ignore=lambda *_: ["Flicker8k_Dataset"])
    shutil.copy(tmp_path / "photos.zip", tmp_path / "h")
    assert prepare(release, tmp_path / "h", *ACCEPT) == 0


def test_without_a_download_it_says_what_is_missing(release, tmp_path, capsys):
    assert prepare(release, tmp_path / "f", *ACCEPT) == 1
    said = capsys.readouterr()
    assert "not here: photos.zip, texts.zip (--download fetches it)" in said.out
    assert "f is not there" in said.err


def test_bad_records_are_counted_if_asked(release, tmp_path, capsys):
    folder = tmp_path / "f"
    for name, content in {**PHOTOS, **TEXTS}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "Flicker8k_Dataset" / "3.jpg").unlink()
    assert prepare(release, folder, *ACCEPT) == 1
    assert "3.jpg" in capsys.readouterr().err
    assert prepare(release, folder, *ACCEPT, "--on-bad", "skip") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "train 3 4 15 20" in said and "6 records or sentences left out" in said


@pytest.mark.parametrize("name", NAMES)
def test_every_script_explains_itself(name, capsys):
    module = script(name)
    with pytest.raises(SystemExit) as stopped:
        if hasattr(module, "RELEASE"):
            run(module.RELEASE, module.__doc__, ["--help"])
        else:
            module.main(["--help"])
    said = capsys.readouterr().out
    assert stopped.value.code == 0
    for option in ("--dry-run", "--on-bad", "--accept-licence", "--no-regions"):
        assert option in said
    addresses = [
        file.url for file in getattr(module, "RELEASE", Release("", "", "")).files if file.url
    ]
    assert not addresses or "never reached" in " ".join(said.split())


@pytest.mark.parametrize("name", [n for n in NAMES if hasattr(script(n), "RELEASE")])
def test_every_dry_run_writes_nothing(name, tmp_path, capsys):
    module = script(name)
    assert run(module.RELEASE, module.__doc__, [str(tmp_path / "f"), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert module.RELEASE.licence in said and everything(tmp_path) == []
    for file in module.RELEASE.files:
        assert file.optional or file.name in said


def fill(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def listed(*names, **more):
    """One of Karpathy's lists."""
    images = [
        {"filename": n, "split": s, "sentences": [{"raw": f"a {n}"}], **more} for n, s in names
    ]
    return json.dumps({"images": images})


def coco_captions(part, ids):
    return json.dumps({
        "images": [{"id": n, "file_name": f"COCO_{part}_{n:012d}.jpg"} for n in ids],
        "annotations": [{"id": 9 * n, "image_id": n, "caption": f"dog {n}"} for n in ids],
    })  # fmt: skip


def arrays(folder):
    folder.mkdir()
    for split, images in (("train", 4), ("dev", 2), ("test", 2)):
        np.save(folder / f"{split}_ims.npy", np.ones((images, 3, 8), np.float32))
        lines = (f"{split} picture {n}\n" for n in range(5 * images))
        (folder / f"{split}_caps.txt").write_text("".join(lines))
    return folder


FLICKR30K = {"dataset_flickr30k.json": listed(("1.jpg", "train"), ("2.jpg", "val"), ("3.jpg", "test")),
             "dataset_flickr8k.json": listed(("other.jpg", "train"))}  # fmt: skip
COCO = {
    "annotations/captions_train2014.json": coco_captions("train2014", [1, 2]),
    "annotations/captions_val2014.json": coco_captions("val2014", [3, 4, 5]),
    "dataset_coco.json": listed(
        *((f"COCO_train2014_{n:012d}.jpg", "train") for n in (1, 2)),
        *((f"COCO_val2014_{n:012d}.jpg", s) for n, s in ((3, "val"), (4, "test"), (5, "restval"))),
    ),
}
TINY = {
    "prepare_flickr30k": {**FLICKR30K, **{f"flickr30k-images/{n}.jpg": jpeg() for n in (1, 2, 3)}},
    "prepare_coco": {**COCO, **{f"{p}/COCO_{p}_{n:012d}.jpg": jpeg() for p, n in (
        ("train2014", 1), ("train2014", 2), ("val2014", 3), ("val2014", 4), ("val2014", 5))}},
    "prepare_fashion_products": {"styles.csv": "id,productDisplayName\n" + "".join(
        f"{n},Nike Men Black Running Shoes {n}\n" for n in range(12)),
        **{f"images/{n}.jpg": jpeg() for n in range(12)}},
    "prepare_captions_csv": {"captions.csv": "image,caption,split\na.jpg,a dog,train\n",
                             "images/a.jpg": jpeg()},
    "prepare_text_files": {"images/a.jpg": jpeg(), "texts/a.txt": "a dog\n"},
}  # fmt: skip


@pytest.mark.parametrize("name", TINY)
def test_each_script_on_its_layout(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    folder, module = fill(tmp_path / "corpus", TINY[name]), script(name)
    before = everything(folder)
    given = [str(folder), "--accept-licence"]
    assert run(module.RELEASE, module.__doc__, [*given, "--no-regions"]) == 0, (
        capsys.readouterr().err
    )
    said = " ".join(capsys.readouterr().out.split())
    assert everything(folder) == before and "0 records or sentences left out" in said
    expected = {"prepare_flickr30k": "train 1 29,000 1", "prepare_coco": "train 3 113,287 3"}
    assert expected.get(name, "train") in said
    assert run(module.RELEASE, module.__doc__, given) == 0
    assert "ready:" in capsys.readouterr().out
    assert len(open_corpus(module.RELEASE.corpus, folder, progress=False).corpus.image_ids) >= 1


def test_precomputed_arrays_are_checked_and_written(tmp_path, capsys):
    module, folder = script("prepare_precomputed"), arrays(tmp_path / "f30k_precomp")
    given = [str(folder), "--accept-licence"]
    assert run(module.RELEASE, module.__doc__, given) == 1
    assert "say with --to" in capsys.readouterr().err
    assert run(module.RELEASE, module.__doc__, [*given, "--to", str(tmp_path / "ready")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "train 4 - 20 -" in said and "val 2 - 10" in said and "written" in said
    corpus = open_corpus("prepared", tmp_path / "ready").corpus
    assert corpus.regions.features.dtype == np.float16 and len(corpus.sentences) == 40
    assert run(module.RELEASE, module.__doc__, [*given, "--to", str(tmp_path / "ready")]) == 1
    assert "is there already" in capsys.readouterr().err


def test_bottom_up_features_come_without_a_photograph(tmp_path, monkeypatch, capsys):
    """The ten real rows, with sentences of ours and one image of theirs for each split."""
    real = shared_data("bottom_up")
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    module, folder = script("prepare_bottom_up"), tmp_path / "coco"
    ids = sorted(int(path.stem.rsplit("_", 1)[1]) for path in (real / "images").iterdir())
    splits = ["train"] * 8 + ["val", "test"]
    fill(folder, {
        "annotations/captions_train2014.json": coco_captions("train2014", ids),
        "dataset_coco.json": listed(*((f"COCO_train2014_{n:012d}.jpg", s) for n, s in zip(ids, splits))),
    })  # fmt: skip
    for name in ("objects_vocab.txt", "attributes_vocab.txt"):
        shutil.copy(real / name, folder / name)
    archive = tmp_path / "train2014_obj36.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.write(real / "train2014_obj36.tsv", "mscoco_imgfeat/train2014_obj36.tsv")
    given = [str(folder), "--accept-licence", "--from", str(archive)]
    assert run(module.RELEASE, module.__doc__, given) == 0, capsys.readouterr().err
    assert "10 images with regions" in capsys.readouterr().out
    assert (folder / "features" / "train2014_obj36.tsv").is_file()
    corpus = open_corpus("coco", folder, progress=False).corpus
    assert corpus.regions.counts.tolist() == [36] * 10
    assert len(corpus.images("train")) == 8 and len(corpus.regions.class_names) == 1600

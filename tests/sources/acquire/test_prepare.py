# ruff: noqa: F811  (a fixture by its name)
"""From archives, folders and a server that misbehaves to corpora, by the scripts of data_scripts/."""

import base64
import hashlib
import importlib.util
import io
import json
import shutil
import tarfile
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from helpers import ROOT
from helpers.corpora import shared_data
from helpers.misbehaving import server  # noqa: F401
from PIL import Image

from vse_lessons.commands.prepare import run_script
from vse_lessons.common.files import read_json
from vse_lessons.sources.acquire.release import File, Release
from vse_lessons.sources.catalogue import SOURCES, open_corpus

SCRIPTS = ROOT / "data_scripts"
NAMES = sorted(path.stem for path in SCRIPTS.glob("prepare_*.py"))


def script(name):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def jpeg(color="red"):
    content = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(content, "JPEG")
    return content.getvalue()


def tarred(files):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            data = data if isinstance(data, bytes) else data.encode()
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


PHOTOS = {f"Flicker8k_Dataset/{n}.jpg": jpeg() for n in range(6)}
PHOTOS["Flicker8k_Dataset/large.bin"] = np.random.default_rng(0).bytes(300_000)
TEXTS = {
    "Flickr8k.token.txt": "".join(f"{n}.jpg#{k}\tdog {n} runs {k}\n" for n in range(6) for k in range(5)),
    "Flickr_8k.trainImages.txt": "0.jpg\n1.jpg\n2.jpg\n3.jpg\n",
    "Flickr_8k.devImages.txt": "4.jpg\n",
    "Flickr_8k.testImages.txt": "5.jpg\n",
    "__MACOSX/._Flickr8k.token.txt": "junk",
}


@pytest.fixture(autouse=True)
def _content(server):
    server.content.update({"photos.zip": zipped(PHOTOS), "texts.zip": zipped(TEXTS)})


@pytest.fixture
def release(server, tmp_path, monkeypatch):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))

    def file(name, gives):
        content = server.content[name]
        return File(
            name,
            server.url(name),
            len(content),
            f"sha256:{hashlib.sha256(content).hexdigest()}",
            "this test",
            (gives,),
        )

    return Release(
        title="Flickr8k, small",
        licence="for tests",
        files=(file("photos.zip", "Flicker8k_Dataset"), file("texts.zip", "Flickr8k.token.txt")),
        published={"train": (4, 20), "val": (1, 5), "test": (2, 10)},
        published_by="this test",
    )


def prepare(release, folder, *given):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SOURCES, "flickr8k", replace(SOURCES["flickr8k"], release=release))
        return run_script("flickr8k", "a description", [str(folder), *given])


ACCEPT = ("--accept-licence", "--no-regions")


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_dry_run_says_all_and_writes_nothing(release, server, tmp_path, capsys):
    large = replace(release.files[0], size=6_000_000_000)
    told = replace(release, files=(large, replace(release.files[1], checksum="", size=0)))
    assert prepare(told, tmp_path / "f", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "in all 6,000 MB to fetch" in said
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


@pytest.mark.parametrize("trouble", ["cut", "drop", 503, "redirect", "wrong", "html"])
def test_what_passes_is_overcome(release, server, tmp_path, capsys, trouble):
    server.troubles["photos.zip"] = [trouble]
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download") == 0, capsys.readouterr().err
    whole = (tmp_path / "f" / "photos.zip").read_bytes()
    assert whole == server.content["photos.zip"]
    assert not list((tmp_path / "f").glob(".*"))
    went_on = [first for first in server.ranges if first]
    assert len(went_on) == (trouble == "cut")


@pytest.mark.parametrize("trouble", [404, 403, 503, "cut", "drop", "wrong", "html"])
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
    assert server.asked.count("photos.zip") == 1
    assert not list((tmp_path / "f").glob(".*"))


def test_an_interrupted_download_goes_on_in_the_next_run(release, server, tmp_path):
    server.troubles["photos.zip"] = ["cut"]
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download", "--retries", "0") == 1
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download", "--retries", "0") == 0
    (again,) = [first for first in server.ranges if first]
    assert 100_000 < again < 200_000  # nearly half
    assert server.asked.count("photos.zip") == 2 and server.asked.count("texts.zip") == 1


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


def test_stopped_by_hand_it_says_how_to_go_on(release, tmp_path, monkeypatch, capsys):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("vse_lessons.sources.acquire.obtain.fetch_all", stop)
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download") == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_is_said(release, tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    assert prepare(release, tmp_path / "file" / "f", *ACCEPT, "--download") == 1
    assert "a file stands where a folder is needed" in capsys.readouterr().err


def test_regions_that_are_to_be_written_must_be_found(release, tmp_path, capsys):
    given = (*ACCEPT, "--to", str(tmp_path / "to"))
    assert prepare(release, tmp_path / "f", *given) == 1
    assert "leave out --no-regions" in capsys.readouterr().err and everything(tmp_path) == []


# --- archives that one has --------------------------------------------------------------------------


def test_an_archive_by_another_name_and_one_that_is_not_needed(release, server, tmp_path, capsys):
    """What it is called does not matter, as long as something is missing."""
    for name, other in (("photos.zip", "mine.zip"), ("texts.zip", "texts.zip")):
        (tmp_path / other).write_bytes(server.content[name])
    archives = ("--from", str(tmp_path / "mine.zip"), str(tmp_path / "texts.zip"))
    folder = tmp_path / "f"
    assert prepare(release, folder, "--dry-run", *archives) == 0
    assert capsys.readouterr().out.count("would unpack") == 2 and not folder.exists()
    assert prepare(release, folder, *ACCEPT, "--download", *archives) == 0
    assert "mine.zip into" in capsys.readouterr().out and server.asked == []
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert prepare(release, folder, *ACCEPT, *archives) == 0
    assert capsys.readouterr().out.count("is not needed") == 2
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_tar_file_in_place_of_a_zip_file_is_found_in_the_folder(release, server, tmp_path, capsys):
    packed = {"texts.zip": server.content["texts.zip"], "photos.tar.gz": tarred(PHOTOS)}
    folder = fill(tmp_path / "f", packed)
    assert prepare(release, folder, *ACCEPT) == 0 and server.asked == []
    assert "photos.tar.gz into" in capsys.readouterr().out


def test_an_archive_that_holds_something_else_is_told(release, server, tmp_path, capsys):
    (tmp_path / "photos.zip").write_bytes(zipped({"wrapped/Flicker8k_Dataset/0.jpg": jpeg()}))
    assert prepare(release, tmp_path / "f", *ACCEPT, "--from", str(tmp_path / "photos.zip")) == 1
    said = capsys.readouterr()
    size = len(server.content["photos.zip"])
    assert f"not {size:,} as published" in said.out and "held none of Flicker8k_Dataset" in said.out
    assert "not here: photos.zip, texts.zip (--download fetches it)" in said.out


@pytest.mark.parametrize("evil", ["../evil.txt", "/evil.txt"])
def test_an_evil_archive_stops_the_script(release, tmp_path, capsys, evil):
    (tmp_path / "photos.zip").write_bytes(zipped({**PHOTOS, evil: b"evil"}))
    assert prepare(release, tmp_path / "f", *ACCEPT, "--from", str(tmp_path / "photos.zip")) == 1
    assert "would leave the folder" in capsys.readouterr().err
    assert everything(tmp_path) == ["photos.zip"]


def test_of_a_damaged_archive_no_checksum_is_kept(release, server, tmp_path, capsys):
    """Without a published checksum nobody knows before it is unpacked; a mended one must not be refused."""
    release = replace(release, files=tuple(replace(file, checksum="") for file in release.files))
    whole = server.content["photos.zip"]
    server.content["photos.zip"] = whole[:-30]
    folder = tmp_path / "f"
    assert prepare(release, folder, *ACCEPT, "--download") == 1
    assert "photos.zip could not be unpacked" in capsys.readouterr().err
    assert not (folder / "Flicker8k_Dataset").exists()
    server.content["photos.zip"] = whole
    (folder / "photos.zip").unlink()  # as the message says
    assert prepare(release, folder, *ACCEPT, "--download") == 0, capsys.readouterr().err
    assert set(read_json(folder / "checksums.json")) == {"photos.zip", "texts.zip"}


def test_a_web_page_in_place_of_an_archive(release, server, tmp_path, capsys):
    release = replace(release, files=tuple(replace(file, checksum="") for file in release.files))
    server.troubles["texts.zip"] = ["html"]
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download") == 1
    assert "texts.zip cannot be had (it is a web page, not the file)" in capsys.readouterr().err
    server.content["texts.zip"] = b"sorry"
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download") == 1
    assert "texts.zip cannot be had (it is no zip file)" in capsys.readouterr().err
    assert not (tmp_path / "f" / "texts.zip").exists()


def test_optional_files_are_fetched_if_asked(release, server, tmp_path):
    more = replace(
        release.files[1],
        name="more.zip",
        url=server.url("more.zip"),
        checksum="",
        holds=("more.txt",),
        optional=True,
    )
    server.content["more.zip"] = zipped({"more.txt": "1"})
    release = replace(release, files=(*release.files, more))
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download") == 0
    assert "more.zip" not in server.asked
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download", "--optional") == 0
    assert server.asked.count("more.zip") == 1 and (tmp_path / "f" / "more.txt").is_file()


def test_what_came_before_counts_when_room_is_looked_for(release, server, tmp_path, monkeypatch):
    usage, size = shutil.disk_usage(tmp_path), sum(file.size for file in release.files)
    server.troubles["photos.zip"] = ["cut"]
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download", "--retries", "0") == 1
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2 * size - 100_000))
    release = replace(release, files=(release.files[0], replace(release.files[1], size=0)))
    assert prepare(release, tmp_path / "f", *ACCEPT, "--download") == 0


# --- every script -----------------------------------------------------------------------------------


def start(module, *given):
    return module.main(list(map(str, given)))


@pytest.mark.parametrize("name", NAMES)
def test_every_script_explains_itself(name, capsys):
    module = script(name)
    with pytest.raises(SystemExit) as stopped:
        start(module, "--help")
    said = " ".join(capsys.readouterr().out.split())
    assert stopped.value.code == 0
    for option in ("--dry-run", "--on-bad", "--accept-licence", "--no-regions"):
        assert option in said
    assert f"data_scripts/{name}.py FOLDER" in said
    assert "untested" in said or name == "prepare_captions"


def release_of(name):
    """What a script prepares."""
    if name == "prepare_bottom_up":
        return SOURCES["coco"].other_releases["bottom_up"]
    return SOURCES[corpus_of(name)].release


def corpus_of(name):
    return "captions_csv" if name == "prepare_captions" else name.removeprefix("prepare_")


@pytest.mark.parametrize("name", NAMES)
def test_every_dry_run_writes_nothing(name, tmp_path, capsys):
    module, release = script(name), release_of(name)
    assert start(module, tmp_path / "f", "--dry-run") == 0
    said = capsys.readouterr().out
    assert release.licence in said and everything(tmp_path) == []
    for file in release.files:
        assert file.optional or file.name in said
        assert file.optional or not file.url or file.url in said
        assert file.checksum in said or file.optional
    assert start(module, tmp_path / "f") == 1 and everything(tmp_path) == []
    assert "--accept-licence" in capsys.readouterr().err


def fill(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def listed(*names, **more):
    """One of Karpathy's lists."""
    images = [{"filename": n, "split": s, "sentences": [{"raw": f"a {n}"}], **more} for n, s in names]
    return json.dumps({"images": images})


def coco_captions(part, ids):
    return json.dumps(
        {
            "images": [{"id": n, "file_name": f"COCO_{part}_{n:012d}.jpg"} for n in ids],
            "annotations": [{"id": 9 * n, "image_id": n, "caption": f"dog {n}"} for n in ids],
        }
    )


def arrays(folder):
    folder.mkdir()
    for split, images in (("train", 4), ("dev", 2), ("test", 2)):
        np.save(folder / f"{split}_ims.npy", np.ones((images, 3, 8), np.float32))
        lines = (f"{split} picture {n}\n" for n in range(5 * images))
        (folder / f"{split}_caps.txt").write_text("".join(lines))
    return folder


FLICKR30K = {
    "dataset_flickr30k.json": listed(("1.jpg", "train"), ("2.jpg", "val"), ("3.jpg", "test")),
    "dataset_flickr8k.json": listed(("other.jpg", "train")),
}
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
    "prepare_coco": {
        **COCO,
        **{
            f"{p}/COCO_{p}_{n:012d}.jpg": jpeg()
            for p, n in (("train2014", 1), ("train2014", 2), ("val2014", 3), ("val2014", 4), ("val2014", 5))
        },
    },
    "prepare_fashion_products": {
        "styles.csv": "id,productDisplayName\n"
        + "".join(f"{n},Nike Men Black Running Shoes {n}\n" for n in range(12)),
        **{f"images/{n}.jpg": jpeg() for n in range(12)},
    },
    "prepare_captions": {"captions.csv": "image,caption,split\na.jpg,a dog,train\n", "images/a.jpg": jpeg()},
    "prepare_flickr8k": {**PHOTOS, **TEXTS},
    "prepare_deepfashion": {
        "captions.json": json.dumps({"a.jpg": "The lady wears a shirt."}),
        "images/a.jpg": jpeg(),
    },
    "prepare_esteartworks": {
        "captions.json": json.dumps({"a.jpg": ["A saint.", "A man."]}),
        "images/a.jpg": jpeg(),
    },
}


@pytest.mark.parametrize("name", TINY)
def test_each_script_on_its_layout(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    folder, module = fill(tmp_path / "corpus", TINY[name]), script(name)
    before = everything(tmp_path)
    expected = {
        "prepare_flickr30k": "train 1 29,000 1",
        "prepare_coco": "train 3 113,287 3 566,747",
        "prepare_flickr8k": "train 4 6,000 20 30,000",
        "prepare_esteartworks": "all 1 553 2 1,278",
        "prepare_fashion_products": "all 12 44,446 12 44,446",
    }
    for given in (["--dry-run"], ["--accept-licence", "--no-regions"]):
        assert start(module, folder, *given) == 0, capsys.readouterr().err
        said = " ".join(capsys.readouterr().out.split())
        assert everything(tmp_path) == before and "0 records or sentences left out" in said
        assert expected.get(name, "train") in said and "not here" not in said
    assert start(module, folder, "--accept-licence") == 0
    assert "ready:" in capsys.readouterr().out
    assert len(open_corpus(corpus_of(name), folder, progress=False).corpus.image_ids) >= 1


PACKED = {  # script: {archive: what of TINY begins with this}
    "prepare_flickr8k": {"Flickr8k_Dataset.zip": "Flicker8k_Dataset", "Flickr8k_text.zip": ("Flickr", "__")},
    "prepare_flickr30k": {"flickr30k-images.tar.gz": "flickr30k-images", "caption_datasets.zip": "dataset"},
    "prepare_coco": {
        "train2014.zip": "train2014",
        "val2014.zip": "val2014",
        "annotations_trainval2014.zip": "annotations",
        "caption_datasets.zip": "dataset",
    },
    "prepare_fashion_products": {"archive.zip": ""},
    "prepare_captions": {"whatever.zip": ""},
    "prepare_deepfashion": {"images.zip": "images", "more.zip": "captions"},
    "prepare_esteartworks": {"from the authors.tar": ""},
}


@pytest.mark.parametrize("name", PACKED)
def test_each_script_from_its_archives(name, tmp_path, capsys):
    archives, module, folder = [], script(name), tmp_path / "corpus"
    for archive, start_of in PACKED[name].items():
        files = {n: content for n, content in TINY[name].items() if n.startswith(start_of)}
        archives.append(tmp_path / archive)
        archives[-1].write_bytes((zipped if archive.endswith("zip") else tarred)(files))
    given = [folder, "--from", *archives]
    assert start(module, *given, "--dry-run") == 0 and not folder.exists()
    assert capsys.readouterr().out.count("would unpack") == len(archives)
    assert start(module, *given, "--accept-licence", "--no-regions") == 0, capsys.readouterr().err
    said = " ".join(capsys.readouterr().out.split())
    assert "0 records or sentences left out" in said and "held none" not in said
    assert "not here" not in said
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
        entry for entry in TINY[name] if not entry.startswith("__MACOSX")
    }
    assert start(module, *given, "--accept-licence", "--no-regions") == 0
    said = capsys.readouterr().out
    assert said.count("is not needed") == len(archives) and "unpacked" not in said


def test_captions_in_text_files(tmp_path, capsys):
    module = script("prepare_captions")
    fill(tmp_path, {"images/a.jpg": jpeg(), "texts/a.txt": "a dog\na black dog\n"})
    given = (tmp_path, "--accept-licence", "--no-regions")
    assert start(module, *given) == 1 and "0 tables" in capsys.readouterr().err
    assert start(module, *given, "--form", "text_files") == 0
    assert "all 1 - 2 - 3" in " ".join(capsys.readouterr().out.split())


def test_products_with_a_comma_too_many_are_counted(tmp_path, capsys):
    module, folder = (
        script("prepare_fashion_products"),
        fill(tmp_path, TINY["prepare_fashion_products"]),
    )
    with open(folder / "styles.csv", "a") as file:
        file.write("99,Nike, red, too many\n")
    given = (folder, "--accept-licence", "--no-regions")
    assert start(module, *given) == 1 and "styles.csv, line 14" in capsys.readouterr().err
    assert start(module, *given, "--on-bad", "skip") == 0
    assert "1 records or sentences left out" in capsys.readouterr().out


def test_precomputed_arrays_are_checked_and_written(tmp_path, capsys):
    module, folder = script("prepare_precomputed"), arrays(tmp_path / "f30k_precomp")
    to = tmp_path / "ready"
    before = everything(tmp_path)
    for given in (["--dry-run"], ["--accept-licence"], ["--dry-run", "--to", to]):
        assert start(module, folder, *given) == 0 and everything(tmp_path) == before
        assert f"-p corpus precomputed -p corpus_dir {folder}" in capsys.readouterr().out
    given = (folder, "--accept-licence", "--to", to)
    assert start(module, *given) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "train 4 29,000 20 145,000" in said and "val 2 1,014 10 5,070" in said
    assert f"written: {to}; -p corpus prepared" in said
    corpus = open_corpus("prepared", to).corpus
    assert corpus.regions.features.dtype == np.float16 and len(corpus.sentences) == 40
    before = (to / "corpus.json").stat().st_mtime_ns
    assert start(module, *given) == 0 and "is there already" in capsys.readouterr().out
    assert (to / "corpus.json").stat().st_mtime_ns == before


def test_precomputed_arrays_in_an_archive_of_two_corpora(tmp_path, capsys, monkeypatch):
    module = script("prepare_precomputed")
    made = {
        f"data/{corpus}/{path.name}": path.read_bytes()
        for corpus in ("f30k_precomp", "coco_precomp")
        for path in arrays(tmp_path / corpus).iterdir()
    }
    (tmp_path / "data.zip").write_bytes(zipped(made))
    folder = tmp_path / "scan"
    given = ("--accept-licence", "--from", tmp_path / "data.zip")
    assert start(module, folder, *given) == 1
    assert "coco_precomp" in (said := capsys.readouterr().err) and "choose one as FOLDER" in said
    to = ("--to", tmp_path / "ready")
    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100))
        assert start(module, folder / "data" / "coco_precomp", "--accept-licence", *to) == 1
        assert "for the numbers in half precision, but that disk has" in capsys.readouterr().err
    assert start(module, folder / "data" / "coco_precomp", "--accept-licence", *to) == 0
    assert "113,287" in capsys.readouterr().out
    shutil.rmtree(folder / "data" / "f30k_precomp")
    assert start(module, folder, "--dry-run") == 0  # the only one


def tsv(ids, predictions):
    """Rows of bottom-up attention, three regions each: LXMERT's with predictions, the authors' without."""

    def packed(values, kind):
        return base64.b64encode(np.asarray(values, kind).tobytes()).decode()

    boxes = packed([[0, 0, 20, 20], [5, 5, 30, 25], [0, 0, 40, 30]], np.float32)
    features = packed(np.ones((3, 8)), np.float32)
    said = (packed([0, 1, 1], np.int64), packed([0.9, 0.8, 0.1], np.float32)) * 2
    rows = [
        (f"COCO_train2014_{n:012d}", 30, 40, *said, 3, boxes, features)
        if predictions
        else (n, 40, 30, 3, boxes, features)
        for n in ids
    ]
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


LXMERT = {
    f"{part}_obj36.zip": {f"{part}_obj36.tsv": tsv(ids, True)}
    for part, ids in (("train2014", [1, 2]), ("val2014", [3, 4, 5]))
}
VOCABULARY = {"objects_vocab.txt": "dog\ncat\n", "attributes_vocab.txt": "red\nblue\n"}
AUTHORS = {
    "trainval_36.zip": {
        "trainval_36/trainval_resnet101_faster_rcnn_genome_36.tsv": tsv([1, 2, 3, 4, 5], False)
    }
}


@pytest.mark.parametrize("archives", [LXMERT, AUTHORS], ids=["LXMERT's", "the authors'"])
def test_bottom_up_archives_become_features(tmp_path, monkeypatch, capsys, archives):
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    module, folder = script("prepare_bottom_up"), fill(tmp_path / "coco", COCO)
    fill(folder, VOCABULARY if archives is LXMERT else {})
    fill(tmp_path, {name: zipped(content) for name, content in archives.items()})
    given = (folder, "--accept-licence", "--from", *(tmp_path / name for name in archives))
    left = folder / "features" / ".train2014_obj36.zip.unpacking"  # of a run that was killed
    fill(left, {"train2014_obj36.tsv": "half a ro"})
    assert start(module, *given, "--dry-run") == 0
    assert capsys.readouterr().out.count("would unpack") == len(archives)
    assert start(module, *given) == 0, capsys.readouterr().err
    said = " ".join(capsys.readouterr().out.split())
    assert "5 images with regions" in said and "train 3 113,287 3" in said and "not here" not in said
    corpus = open_corpus("coco", folder, progress=False).corpus
    assert corpus.regions.counts.tolist() == [3] * 5
    assert list(corpus.regions.class_names) == (["dog", "cat"] if archives is LXMERT else [])
    before = everything(tmp_path)
    assert start(module, *given) == 0 and everything(tmp_path) == before
    assert "unpacked from" not in capsys.readouterr().out


def test_bottom_up_features_come_without_a_photograph(tmp_path, monkeypatch, capsys):
    """The ten real rows, with sentences of ours and one image of theirs for each split."""
    real = shared_data("bottom_up")
    monkeypatch.setenv("VSE_LESSONS_HOME", str(tmp_path / "home"))
    module, folder = script("prepare_bottom_up"), tmp_path / "coco"
    ids = sorted(int(path.stem.rsplit("_", 1)[1]) for path in (real / "images").iterdir())
    splits = ["train"] * 8 + ["val", "test"]
    fill(
        folder,
        {
            "annotations/captions_train2014.json": coco_captions("train2014", ids),
            "dataset_coco.json": listed(*((f"COCO_train2014_{n:012d}.jpg", s) for n, s in zip(ids, splits))),
        },
    )
    for name in ("objects_vocab.txt", "attributes_vocab.txt"):
        shutil.copy(real / name, folder / name)
    archive = tmp_path / "train2014_obj36.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.write(real / "train2014_obj36.tsv", "mscoco_imgfeat/train2014_obj36.tsv")
    assert start(module, folder, "--accept-licence", "--from", archive) == 0, capsys.readouterr().err
    assert "10 images with regions" in capsys.readouterr().out
    assert (folder / "features" / "train2014_obj36.tsv").is_file()
    corpus = open_corpus("coco", folder, progress=False).corpus
    assert corpus.regions.counts.tolist() == [36] * 10
    assert len(corpus.images("train")) == 8 and len(corpus.regions.class_names) == 1600

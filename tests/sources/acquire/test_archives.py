"""Archives as other people make them, careless or bad ones too."""

import gzip
import io
import os
import shutil
import stat
import tarfile
import zipfile
from collections import namedtuple

import pytest

from vse_lessons.common.files import DataError
from vse_lessons.sources.acquire import archives
from vse_lessons.sources.acquire.archives import is_archive, unpack

FILES = {"images/a.jpg": b"a" * 3000, "images/b/c.jpg": b"c", "captions.txt": b"image,caption\n"}
ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
MODES = {".zip": "zip", ".tar": "", ".gz": "gz", ".tgz": "gz", ".bz2": "bz2", ".xz": "xz"}


def make(path, entries, **changes):
    """An archive of {name: bytes}, or of pairs; `changes` are set in every entry."""
    pairs = entries.items() if isinstance(entries, dict) else entries
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            for name, content in pairs:
                entry = zipfile.ZipInfo(name)
                entry.compress_type = zipfile.ZIP_DEFLATED
                for key, value in changes.items():
                    setattr(entry, key, value)
                target.writestr(entry, content)
    else:
        with tarfile.open(path, f"w:{MODES[path.suffix]}") as target:
            for name, content in pairs:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                for key, value in changes.items():
                    setattr(entry, key, value)
                target.addfile(entry, io.BytesIO(content))
    return path


def content_of(folder):
    """Everything in a folder, hidden or not."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if not path.is_dir()
    }


def refuse(archive, tmp_path, match, **options):
    """Unpacking fails, says why, names the archive, and leaves what was there and nothing else."""
    folder = tmp_path / "target"
    folder.mkdir()
    (folder / "mine.txt").write_bytes(b"mine")
    with pytest.raises(DataError, match=match) as caught:
        unpack(archive, folder, progress=False, **options)
    assert str(archive) in str(caught.value)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    assert content_of(folder) == {"mine.txt": b"mine"}
    with pytest.raises(DataError):
        unpack(archive, tmp_path / "new", progress=False, **options)
    assert not (tmp_path / "new").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted({archive.name, "target"})


# --- what is good ---------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_archive_gives_its_files(tmp_path, ending):
    archive = make(tmp_path / f"a{ending}", FILES)
    assert is_archive(archive) and is_archive(tmp_path / f"A{ending.upper()}")
    assert unpack(archive, tmp_path / "new" / "folder", progress=False) == 3
    assert content_of(tmp_path / "new" / "folder") == FILES


def test_the_content_decides_how_a_tar_file_is_compressed(tmp_path):
    """A browser may have unpacked a .tar.gz on the way, and keep its name."""
    plain = make(tmp_path / "a.tar", {"BZh/x": b"1"}).rename(tmp_path / "a.tar.gz")
    packed = make(tmp_path / "b.tar.bz2", {"y": b"2"}).rename(tmp_path / "b.tar")
    assert unpack(plain, tmp_path / "t", progress=False) == 1
    assert unpack(packed, tmp_path / "t", progress=False) == 1
    assert content_of(tmp_path / "t") == {"BZh/x": b"1", "y": b"2"}


@pytest.mark.parametrize("ending", ENDINGS)
def test_files_are_replaced_and_others_stay(tmp_path, ending):
    folder = tmp_path / "t"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "a.jpg").write_bytes(b"old")
    (folder / "images" / "mine.jpg").write_bytes(b"mine")
    archive = make(tmp_path / f"a{ending}", FILES)
    for _ in range(2):
        assert unpack(archive, folder, progress=False) == 3
        assert content_of(folder) == {**FILES, "images/mine.jpg": b"mine"}


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
def test_what_file_managers_add_and_empty_folders_are_left_out(tmp_path, ending):
    junk = ("__MACOSX/images/._a.jpg", "images/.DS_Store", "images/Thumbs.db", "images/._a.jpg")
    archive = make(tmp_path / f"a{ending}", {**FILES, **dict.fromkeys(junk, b"junk")})
    with_folders(archive)
    assert unpack(archive, tmp_path / "t", progress=False) == 3
    assert content_of(tmp_path / "t") == FILES and not (tmp_path / "t" / "empty").exists()


def with_folders(archive):
    """Packs an archive once more, with folders as archivers add them."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "a") as target:
            target.writestr("images/", b"")
            entry = zipfile.ZipInfo("empty")  # marked as a folder, but not by its name
            entry.external_attr = (stat.S_IFDIR | 0o755) << 16
            target.writestr(entry, b"")
        return
    with tarfile.open(archive) as source, tarfile.open(archive.with_suffix(".new"), "w:gz") as new:
        for name in (".", "images", "empty"):
            entry = tarfile.TarInfo(name)
            entry.type = tarfile.DIRTYPE
            new.addfile(entry)
        for entry in source:
            new.addfile(entry, source.extractfile(entry))
    archive.with_suffix(".new").replace(archive)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("a/./b.jpg", "a/b.jpg"),
        ("./b.jpg", "b.jpg"),
        ("a//b.jpg", "a/b.jpg"),
        ("a\\b.jpg", "a/b.jpg"),
        ("Großes Bild 日本.jpg", "Großes Bild 日本.jpg"),
        ("..a/b..jpg", "..a/b..jpg"),
    ],
)
@pytest.mark.parametrize("ending", [".zip", ".tar"])
def test_odd_names_that_stay_inside(tmp_path, name, place, ending):
    assert unpack(make(tmp_path / f"a{ending}", {name: b"1"}), tmp_path / "t", progress=False) == 1
    assert content_of(tmp_path / "t") == {place: b"1"}


def test_backslashes_of_an_old_windows_archiver(tmp_path):
    archive = make(tmp_path / "a.zip", [("images\\", b""), ("images\\a.jpg", b"1")])
    assert unpack(archive, tmp_path / "t", progress=False) == 1
    assert content_of(tmp_path / "t") == {"images/a.jpg": b"1"}


def test_a_run_that_was_killed_leaves_no_trace_in_the_next(tmp_path):
    archive = make(tmp_path / "a.zip", FILES)
    left = tmp_path / "t" / ".a.zip.unpacking" / "images"
    left.mkdir(parents=True)
    (left / "half.jpg").write_bytes(b"half")
    unpack(archive, tmp_path / "t", progress=False)
    assert content_of(tmp_path / "t") == FILES and len(list((tmp_path / "t").iterdir())) == 2


# --- what is bad ----------------------------------------------------------------------------------

OUTSIDE = (
    "../evil.txt",
    "a/../../evil.txt",
    "/tmp/evil.txt",
    "C:/evil.txt",
    "c:evil.txt",
    "..\\evil.txt",
    "\\\\server\\evil.txt",
    "\\evil.txt",
    "..",
    ".",
)


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_leads_out_is_refused(tmp_path, ending, name):
    archive = make(tmp_path / f"a{ending}", {"good.txt": b"1", name: b"evil"})
    refuse(archive, tmp_path, "which would leave the folder: refused")
    assert not os.path.exists("/tmp/evil.txt")


def test_a_name_with_a_nul_is_refused(tmp_path):
    """Python's zipfile cuts such names, so that a.txt would come of it."""
    archive = make(tmp_path / "a.zip", {"a.txt-.jpg": b"1"})
    archive.write_bytes(archive.read_bytes().replace(b"a.txt-.jpg", b"a.txt\0.jpg"))
    refuse(archive, tmp_path, r"holds 'a\.txt\\x00\.jpg', which would leave")
    tar = tmp_path / "t" / "a.tar"
    tar.parent.mkdir()
    with tarfile.open(tar, "w", format=tarfile.PAX_FORMAT) as target:
        entry = tarfile.TarInfo("a")
        entry.pax_headers = {"path": "a.txt\0.jpg"}
        target.addfile(entry)
    refuse(tar, tar.parent, r"which would leave")


LINKS = {
    "symbolic link": (tarfile.SYMTYPE, "/etc/passwd"),
    "hard link": (tarfile.LNKTYPE, "good.txt"),
    "character device": (tarfile.CHRTYPE, ""),
    "block device": (tarfile.BLKTYPE, ""),
    "pipe": (tarfile.FIFOTYPE, ""),
}


@pytest.mark.parametrize("kind", LINKS)
def test_links_and_devices_in_a_tar_file_are_refused(tmp_path, kind):
    entry_type, target_name = LINKS[kind]
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as target:
        target.addfile(tarfile.TarInfo("good.txt"))
        entry = tarfile.TarInfo("evil")
        entry.type, entry.linkname = entry_type, target_name
        target.addfile(entry)
    refuse(archive, tmp_path, "holds 'evil', no plain file: refused")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_in_a_zip_file_are_refused(tmp_path, kind):
    archive = make(tmp_path / "a.zip", {"evil": b"/etc/passwd"}, external_attr=(kind | 0o777) << 16)
    refuse(archive, tmp_path, "holds 'evil', no plain file: refused")


def test_an_encrypted_file_is_refused(tmp_path):
    archive = make(tmp_path / "a.zip", {"secret.txt": b"1234"})
    data = bytearray(archive.read_bytes())
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + at] |= 1
    archive.write_bytes(data)
    refuse(archive, tmp_path, r"holds 'secret\.txt', which is encrypted: refused")


@pytest.mark.parametrize("ending", [".zip", ".tar.xz"])
def test_too_many_files(tmp_path, ending):
    many = {f"{n}.txt": b"" for n in range(20)}
    archive = make(tmp_path / f"a{ending}", many)
    refuse(archive, tmp_path, "holds more than 19 files", most_files=19)
    assert unpack(archive, tmp_path / "t", most_files=20, progress=False) == 20


@pytest.mark.parametrize("ending", ENDINGS)
def test_too_large_as_it_comes_out(tmp_path, ending):
    archive = make(tmp_path / f"a{ending}", {"a": bytes(3 << 20), "b": bytes(3 << 20)})
    refuse(archive, tmp_path, "unpacks to more than 5 MB: refused", largest=5 << 20)
    assert unpack(archive, tmp_path / "t", largest=6 << 20, progress=False) == 2


def test_a_zip_file_that_claims_less_than_it_holds(tmp_path):
    archive = make(tmp_path / "a.zip", {"a": bytes(3 << 20)})
    size, claimed = (3 << 20).to_bytes(4, "little"), (10).to_bytes(4, "little")
    assert archive.read_bytes().count(size) == 2
    archive.write_bytes(archive.read_bytes().replace(size, claimed))
    refuse(archive, tmp_path, "could not be unpacked", largest=1 << 20)


def test_a_tar_file_with_a_name_longer_than_memory(tmp_path):
    entry = tarfile.TarInfo("././@LongLink")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
    (tmp_path / "a.tar").write_bytes(entry.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20))
    refuse(tmp_path / "a.tar", tmp_path, r"a header of 8,589,934,592 bytes")


def test_what_does_not_fit_on_the_disk(tmp_path, monkeypatch):
    archive = make(tmp_path / "a.zip", {"a": bytes(3 << 20)})
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(9 << 20, 7 << 20, 2 << 20))
    refuse(archive, tmp_path, "unpacks to 3 MB, but that disk has 2 MB free: choose another")


def test_a_disk_that_fills_up(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    archive = make(tmp_path / "a.tar", FILES)
    monkeypatch.setattr(archives, "_create", full)
    refuse(archive, tmp_path, "No space left.*nothing was left. Make room")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_truncated_archive(tmp_path, ending, share):
    noise = {f"{n}.bin": os.urandom(5000) for n in range(20)}
    archive = make(tmp_path / f"a{ending}", noise)
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * share)])
    refuse(archive, tmp_path, "could not be unpacked.*nothing was left. Delete it and fetch it again")


@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
def test_a_tar_file_that_ends_after_a_file(tmp_path, ending):
    """Python's tarfile takes that for the end, and a damaged header too."""
    whole = make(tmp_path / "b.tar", {"a.txt": b"1" * 512, "b.txt": b"2" * 512}).read_bytes()
    (tmp_path / "b.tar").unlink()
    archive = tmp_path / f"a{ending}"
    damaged = whole[:1024] + b"x" + whole[1025:]
    for number, data in enumerate((whole[:1024], damaged, whole[:1024] + bytes(512) + whole[1536:])):
        archive.write_bytes(gzip.compress(data) if ending.endswith("gz") else data)
        at = tmp_path / str(number)
        at.mkdir()
        refuse(archive.rename(at / archive.name), at, "could not be unpacked.*(damaged|after its end)")


@pytest.mark.parametrize("ending", [".zip", ".tar.gz", ".tar.bz2", ".tar.xz"])
def test_a_damaged_byte(tmp_path, ending):
    archive = make(tmp_path / f"a{ending}", {"a.bin": os.urandom(20_000)})
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 255
    archive.write_bytes(data)
    refuse(archive, tmp_path, "could not be unpacked")


def test_the_checksum_of_a_gzip_file_counts(tmp_path):
    archive = make(tmp_path / "a.tar.gz", FILES)
    data = bytearray(archive.read_bytes())
    data[-8] ^= 255
    archive.write_bytes(data)
    refuse(archive, tmp_path, "CRC")


def test_endless_zeros_after_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "TAIL", 2)
    whole = make(tmp_path / "b.tar", {"a.txt": b"1"}).read_bytes()
    (tmp_path / "b.tar").unlink()
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(whole + bytes(4 << 20)))
    refuse(tmp_path / "a.tar.gz", tmp_path, "goes on after its end")


@pytest.mark.parametrize("ending", [".zip", ".tar"])
@pytest.mark.parametrize("names", [("a", "a"), ("a", "a/b"), ("a", "a/b/c"), ("a/b", "a"), ("a/b", "./a//b")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice(tmp_path, ending, names):
    archive = make(tmp_path / f"a{ending}", [(name, b"1") for name in names])
    refuse(archive, tmp_path, f"holds '{names[1]}' twice, or as a file and as a folder")


@pytest.mark.parametrize("ending", [".zip", ".tar"])
@pytest.mark.parametrize("name", ["x" * 300, "a/" * 1500 + "x"])
def test_a_name_that_the_system_does_not_take(tmp_path, ending, name):
    refuse(make(tmp_path / f"a{ending}", {name: b"1"}), tmp_path, "could not be unpacked")


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_archive_without_a_file(tmp_path, ending):
    refuse(make(tmp_path / f"a{ending}", {"__MACOSX/a": b"1"}), tmp_path, "holds no file")


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
@pytest.mark.parametrize("content", [b"", b"<!doctype html><p>404</p>", b"\x1f\x8b", b"PK\x03\x04"])
def test_something_else_by_that_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    refuse(tmp_path / name, tmp_path, "could not be unpacked.*Delete it and fetch it again")


def test_other_endings(tmp_path):
    (tmp_path / "a.rar").write_bytes(b"Rar!")
    assert not is_archive(tmp_path / "a.rar")
    refuse(tmp_path / "a.rar", tmp_path, r"is no archive that is known: \.zip, \.tar")


def test_an_archive_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        unpack(tmp_path / "a.zip", tmp_path / "t", progress=False)
    assert list(tmp_path.iterdir()) == []


# --- what is in the way ---------------------------------------------------------------------------


def test_a_link_in_the_folder_is_not_followed(tmp_path):
    archive = make(tmp_path / "a.zip", FILES)
    folder, elsewhere = tmp_path / "t", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "images").symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(DataError, match=r"images is in the way of what .*a\.zip holds"):
        unpack(archive, folder, progress=False)
    assert list(elsewhere.iterdir()) == [] and [p.name for p in folder.iterdir()] == ["images"]


def test_a_link_that_is_a_file_is_replaced_and_not_written_through(tmp_path):
    archive = make(tmp_path / "a.zip", {"captions.txt": b"new"})
    (tmp_path / "mine.txt").write_bytes(b"mine")
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "captions.txt").symlink_to(tmp_path / "mine.txt")
    unpack(archive, tmp_path / "t", progress=False)
    assert content_of(tmp_path / "t") == {"captions.txt": b"new"}
    assert (tmp_path / "mine.txt").read_bytes() == b"mine"
    assert not (tmp_path / "t" / "captions.txt").is_symlink()


@pytest.mark.parametrize("place", ["images", "images/a.jpg"])
def test_a_file_and_a_folder_of_one_name(tmp_path, place):
    """`images` is a file and should be a folder; `images/a.jpg` is a folder and should be a file."""
    archive, folder = make(tmp_path / "a.tar", {"0.txt": b"0", **FILES}), tmp_path / "t"
    mine = folder / (place if place == "images" else f"{place}/mine.txt")
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    with pytest.raises(DataError, match=f"{place} is in the way"):
        unpack(archive, folder, progress=False)
    assert content_of(folder) == {mine.relative_to(folder).as_posix(): b"mine"}


def test_a_folder_that_is_a_file(tmp_path):
    archive = make(tmp_path / "a.tar", FILES)
    (tmp_path / "t").write_bytes(b"mine")
    with pytest.raises(DataError, match="could not be unpacked"):
        unpack(archive, tmp_path / "t", progress=False)
    assert (tmp_path / "t").read_bytes() == b"mine"


def test_an_interrupted_run_leaves_nothing(tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    archive = make(tmp_path / "a.zip", FILES)
    monkeypatch.setattr(archives, "_move", stop)
    with pytest.raises(KeyboardInterrupt):
        unpack(archive, tmp_path / "t", progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]

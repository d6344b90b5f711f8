# ruff: noqa: F811  (a fixture by its name)
"""Against a server on this machine that misbehaves as real ones do."""

import hashlib
import random

import pytest
from helpers.misbehaving import APOLOGY, server  # noqa: F401

from vse_lessons.common.files import DataError, read_json
from vse_lessons.sources.acquire import fetch
from vse_lessons.sources.acquire.fetch import CHECKSUMS, LOST, fetch_all, forget

NAMES = ("a.jpg", "b.jpg", "slow.jpg", "wrong.jpg")
CONTENT = {name: name.encode() * 500 for name in NAMES}
LARGE = random.Random(0).randbytes(300_000)  # several blocks


@pytest.fixture(autouse=True)
def _content(server):
    server.content.update({**CONTENT, "large.zip": LARGE})


def get(server, folder, *names, **options):
    urls = {name: server.url(name) for name in names}
    return fetch_all(urls, folder, **{"pause": 0.0, "progress": False, **options})


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_are_fetched_once_with_their_checksums(server, tmp_path):
    first = get(server, tmp_path, "a.jpg", "b.jpg", agent="me")
    assert first.fetched == ["a.jpg", "b.jpg"] and not first.gone and server.agents == {"me"}
    for name in ("a.jpg", "b.jpg"):
        assert (tmp_path / name).read_bytes() == CONTENT[name]
        expected = f"sha256:{hashlib.sha256(CONTENT[name]).hexdigest()}"
        assert read_json(tmp_path / CHECKSUMS)[name] == expected
    again = get(server, tmp_path, "a.jpg", "b.jpg")
    assert again.there == ["a.jpg", "b.jpg"] and not again.fetched and len(server.asked) == 2


@pytest.mark.parametrize("trouble", [503, 429, 500, 202, 304, "drop", "cut", "redirect"])
def test_passing_troubles_are_got_over(server, tmp_path, trouble):
    server.troubles["a.jpg"] = [trouble]
    assert get(server, tmp_path, "a.jpg").fetched == ["a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT["a.jpg"] and len(server.asked) == 2


@pytest.mark.parametrize("status", [404, 409, 410, 403])
def test_what_is_gone_is_asked_for_once_and_stops_nothing(server, tmp_path, status):
    server.troubles["a.jpg"] = [status] * 9
    made = get(server, tmp_path, "a.jpg", "b.jpg")
    assert made.gone == {"a.jpg": f"the server answered {status}"} and made.fetched == ["b.jpg"]
    assert server.asked == ["a.jpg", "b.jpg"] and left(tmp_path) == ["b.jpg", CHECKSUMS, LOST]
    assert read_json(tmp_path / LOST) == made.gone
    server.troubles.clear()  # it is there again
    assert get(server, tmp_path, "a.jpg").fetched == ["a.jpg"] and read_json(tmp_path / LOST) == {}


@pytest.mark.parametrize("trouble", [503, "cut", "drop"])
def test_lasting_troubles_end_after_the_retries_and_leave_no_half_file(server, tmp_path, trouble):
    server.mark = None
    server.troubles["a.jpg"] = [trouble] * 9
    made = get(server, tmp_path, "a.jpg", retries=2)
    assert list(made.gone) == ["a.jpg"] and len(server.asked) == 3 and left(tmp_path) == [LOST]


def test_a_file_cut_short_on_disk_is_fetched_again(server, tmp_path):
    get(server, tmp_path, "a.jpg")
    (tmp_path / "a.jpg").write_bytes(b"half")
    assert get(server, tmp_path, "a.jpg").fetched == ["a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT["a.jpg"]


def test_a_file_that_a_person_put_there_is_kept(server, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"mine")
    assert get(server, tmp_path, "a.jpg").there == ["a.jpg"] and server.asked == []
    assert (tmp_path / "a.jpg").read_bytes() == b"mine" and list(read_json(tmp_path / CHECKSUMS)) == ["a.jpg"]


def test_a_changed_file_stays_until_the_first_bytes_have_come_again(server, tmp_path):
    get(server, tmp_path, "a.jpg")
    (tmp_path / "a.jpg").write_bytes(b"half")
    server.troubles["a.jpg"] = [404] * 9
    assert list(get(server, tmp_path, "a.jpg").gone) == ["a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == b"half"


def test_what_is_not_accepted_is_removed_and_listed(server, tmp_path):
    made = get(
        server,
        tmp_path,
        "a.jpg",
        "b.jpg",
        check=lambda path: "too red" if path.stem == "a" else None,
    )
    assert made.gone == {"a.jpg": "too red"} and left(tmp_path) == ["b.jpg", CHECKSUMS, LOST]
    assert list(read_json(tmp_path / CHECKSUMS)) == ["b.jpg"]


def test_a_server_that_refuses_us_is_left_in_peace(server, tmp_path):
    names = [f"{n}.jpg" for n in range(9)]
    server.troubles.update({name: [403] * 9 for name in names})
    with pytest.raises(DataError, match="refuses one file after the other"):
        get(server, tmp_path, *names)
    assert len(server.asked) == 5 and len(read_json(tmp_path / LOST)) == 5


def test_an_address_that_is_none_is_listed(tmp_path):
    made = fetch_all({"a.jpg": "", "b.jpg": "file:///etc/passwd"}, tmp_path, progress=False)
    assert made.gone == dict.fromkeys(("a.jpg", "b.jpg"), "it has no http or https address")


def test_other_bytes_than_at_first_are_not_taken(server, tmp_path):
    get(server, tmp_path, "wrong.jpg")
    (tmp_path / "wrong.jpg").unlink()
    server.troubles["wrong.jpg"] = ["wrong"] * 9
    made = get(server, tmp_path, "wrong.jpg", retries=1)
    assert "hash" in made.gone["wrong.jpg"].lower() and left(tmp_path) == [CHECKSUMS, LOST]


def test_an_interrupted_run_goes_on_where_it_stopped(server, tmp_path, monkeypatch):
    real = fetch._Polite.__call__

    def stop(self, url, *rest):
        if "slow" in url:
            raise KeyboardInterrupt
        return real(self, url, *rest)

    monkeypatch.setattr(fetch._Polite, "__call__", stop)
    with pytest.raises(KeyboardInterrupt):
        get(server, tmp_path, "a.jpg", "slow.jpg", "b.jpg")
    monkeypatch.setattr(fetch._Polite, "__call__", real)
    made = get(server, tmp_path, "a.jpg", "slow.jpg", "b.jpg")
    assert made.there == ["a.jpg"] and made.fetched == ["slow.jpg", "b.jpg"]
    assert server.asked.count("a.jpg") == 1


# --- going on in the middle of a file ---------------------------------------------------------------


def parts(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix in (".part", ".mark"))


@pytest.mark.parametrize("mark", ["etag", "date"])
def test_a_cut_connection_is_gone_on_with_where_it_was(server, tmp_path, mark):
    server.mark = mark
    server.troubles["large.zip"] = ["cut", "drop", 503, "cut"]
    assert get(server, tmp_path, "large.zip", retries=4).fetched == ["large.zip"]
    assert (tmp_path / "large.zip").read_bytes() == LARGE and left(tmp_path) == [
        CHECKSUMS,
        "large.zip",
    ]
    whole, first, second, third, last = server.ranges
    assert whole is None and 0 < first == second == third < last < len(LARGE)
    lost = 2 * fetch.BLOCK  # of each cut connection, at most
    assert server.sent <= len(LARGE) + 2 * lost


def test_the_next_run_goes_on_where_the_last_was_cut_off(server, tmp_path):
    server.troubles["large.zip"] = ["cut"]
    made = get(server, tmp_path, "large.zip", retries=0)
    assert "large.zip" in made.gone and not (tmp_path / "large.zip").exists()
    assert parts(tmp_path) == [".large.zip.mark", ".large.zip.part"]
    come = (tmp_path / ".large.zip.part").read_bytes()
    assert come and come == LARGE[: len(come)]
    assert get(server, tmp_path, "large.zip").fetched == ["large.zip"]
    assert (tmp_path / "large.zip").read_bytes() == LARGE and parts(tmp_path) == []
    assert server.ranges == [None, len(come)] and read_json(tmp_path / LOST) == {}


def test_a_run_that_a_person_stops_goes_on_too(server, tmp_path, monkeypatch):
    def stop(self, answer, part, total):
        part.write_bytes(LARGE[:1000])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(fetch._Resuming, "_receive", stop)
        get(server, tmp_path, "large.zip")
    assert get(server, tmp_path, "large.zip").fetched == ["large.zip"]
    assert (tmp_path / "large.zip").read_bytes() == LARGE and server.ranges == [None, 1000]


def begin(server, folder, mark="etag"):
    """A first run that is cut off."""
    server.mark = mark
    server.troubles["large.zip"] = ["cut"]
    assert get(server, folder, "large.zip", retries=0).gone
    server.ranges.clear()


@pytest.mark.parametrize("mark", ["weak", None])
def test_without_a_mark_that_is_exact_all_of_it_comes_again(server, tmp_path, mark):
    begin(server, tmp_path, mark)
    assert parts(tmp_path) == []
    assert get(server, tmp_path, "large.zip").fetched and server.ranges == [None]
    assert (tmp_path / "large.zip").read_bytes() == LARGE


def test_a_server_that_cannot_go_on_sends_all_of_it(server, tmp_path):
    begin(server, tmp_path)
    server.resumes = False
    assert get(server, tmp_path, "large.zip").fetched and len(server.ranges) == 1
    assert (tmp_path / "large.zip").read_bytes() == LARGE and parts(tmp_path) == []


def test_a_file_that_has_changed_in_between_comes_whole(server, tmp_path):
    begin(server, tmp_path)
    server.content["large.zip"] = LARGE[::-1]
    server.troubles["large.zip"] = ["cut"]  # and is cut off again
    assert get(server, tmp_path, "large.zip").fetched
    assert (tmp_path / "large.zip").read_bytes() == LARGE[::-1]
    assert server.ranges[0] and server.ranges[1] and len(server.ranges) == 2


def test_more_than_there_is_starts_anew(server, tmp_path):
    begin(server, tmp_path)
    (tmp_path / ".large.zip.part").write_bytes(bytes(len(LARGE)))
    assert get(server, tmp_path, "large.zip").fetched  # after a 416
    assert (tmp_path / "large.zip").read_bytes() == LARGE and server.ranges == [len(LARGE), None]


def test_a_range_that_begins_elsewhere_is_not_taken(server, tmp_path):
    begin(server, tmp_path)
    server.troubles["large.zip"] = ["elsewhere"]
    assert get(server, tmp_path, "large.zip").fetched
    assert (tmp_path / "large.zip").read_bytes() == LARGE and server.ranges[1] is None


def test_a_server_may_send_less_than_the_rest(server, tmp_path):
    begin(server, tmp_path)
    server.troubles["large.zip"] = ["partly", "partly"]
    assert get(server, tmp_path, "large.zip").fetched and len(server.ranges) == 3
    assert (tmp_path / "large.zip").read_bytes() == LARGE
    assert server.ranges == sorted(server.ranges)


def test_what_a_server_packs_on_the_way_is_not_gone_on_with(server, tmp_path):
    server.troubles["large.zip"] = ["packed"]
    assert get(server, tmp_path, "large.zip").fetched == ["large.zip"]
    assert (tmp_path / "large.zip").read_bytes() == LARGE and parts(tmp_path) == []


# --- checksums that are known beforehand ------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_a_published_checksum_is_held_against_what_comes(server, tmp_path, kind):
    published = {"large.zip": f"{kind}:{hashlib.new(kind, LARGE).hexdigest()}"}
    server.troubles["large.zip"] = ["wrong", "html"]
    made = get(server, tmp_path, "large.zip", retries=1, published=published)
    assert "does not match" in made.gone["large.zip"] and left(tmp_path) == [LOST]
    made = get(server, tmp_path, "large.zip", published=published)
    assert made.fetched == ["large.zip"] and (tmp_path / "large.zip").read_bytes() == LARGE
    assert server.ranges == [None] * 3
    assert get(server, tmp_path, "large.zip", published=published).there == ["large.zip"]


def test_nothing_goes_on_from_what_was_rotten(server, tmp_path):
    """The first half of other bytes, by the same date, and then the second half of the right ones."""
    server.mark = "date"
    published = {"large.zip": f"sha256:{hashlib.sha256(LARGE).hexdigest()}"}
    server.content["large.zip"] = LARGE[::-1]
    server.troubles["large.zip"] = ["cut"]
    assert get(server, tmp_path, "large.zip", retries=0, published=published).gone
    server.content["large.zip"] = LARGE
    made = get(server, tmp_path, "large.zip", retries=0, published=published)
    assert "does not match" in made.gone["large.zip"] and left(tmp_path) == [LOST]
    assert get(server, tmp_path, "large.zip", retries=0, published=published).fetched
    assert (tmp_path / "large.zip").read_bytes() == LARGE and server.ranges[-1] is None


def test_an_apology_is_not_gone_on_with(server, tmp_path):
    server.troubles["large.zip"] = ["html"]

    def check(path):
        return "it is a web page" if path.read_bytes() == APOLOGY else None

    made = get(server, tmp_path, "large.zip", check=check)
    assert made.gone == {"large.zip": "it is a web page"} and left(tmp_path) == [LOST]
    assert get(server, tmp_path, "large.zip", check=check).fetched and server.ranges == [None] * 2


def test_a_file_with_another_checksum_than_the_published_is_fetched(server, tmp_path):
    (tmp_path / "large.zip").write_bytes(LARGE[:1000])
    published = {"large.zip": f"sha256:{hashlib.sha256(LARGE).hexdigest()}"}
    assert get(server, tmp_path, "large.zip", published=published).fetched == ["large.zip"]


def test_a_checksum_can_be_forgotten(server, tmp_path):
    get(server, tmp_path, "a.jpg", "b.jpg")
    forget(tmp_path / "a.jpg")
    assert list(read_json(tmp_path / CHECKSUMS)) == ["b.jpg"]
    (tmp_path / "a.jpg").unlink()
    server.content["a.jpg"] = b"mended"
    assert get(server, tmp_path, "a.jpg").fetched == ["a.jpg"]
    forget(tmp_path / "never seen")
    forget(tmp_path / "elsewhere" / "a.jpg")
    assert not (tmp_path / "elsewhere").exists()


# --- manners ----------------------------------------------------------------------------------------


def test_requests_are_apart_and_a_server_that_asks_for_more_gets_it(server, monkeypatch):
    waits = []
    monkeypatch.setattr(fetch.time, "sleep", waits.append)
    monkeypatch.setattr(fetch.time, "monotonic", lambda: 100.0)

    class Answer:
        status_code, headers = 429, {"Retry-After": "30"}

    def refuse(*_):
        error = OSError("busy")
        error.response = Answer
        raise error

    polite = fetch._Polite(lambda *_: None, 2.0)
    polite("u", "f", None)
    polite("u", "f", None)
    polite.download = refuse
    with pytest.raises(OSError, match="busy"):
        polite("u", "f", None)
    polite.download = lambda *_: None
    polite("u", "f", None)
    assert waits == [0.0, 2.0, 2.0, 30.0]


@pytest.mark.parametrize("name", ["../a.jpg", "a/b.jpg", "", CHECKSUMS, LOST])
def test_names_are_checked_before_anything_is_asked_for(tmp_path, name):
    with pytest.raises(DataError, match="no plain file name: nothing is written outside"):
        fetch_all({name: "http://x/a"}, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_without_pooch_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(DataError, match=r"pip install -e \"\.\[data\]\""):
        fetch_all({}, tmp_path)

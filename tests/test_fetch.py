"""Against a server on this machine that misbehaves as real ones do."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from vse_lessons import fetch
from vse_lessons.fetch import CHECKSUMS, LOST, fetch_all
from vse_lessons.files import DataError, read_json

CONTENT = {
    name: name.encode() * 500 for name in ("a.jpg", "b.jpg", "slow.jpg", "cut.jpg", "wrong.jpg")
}


class Server(ThreadingHTTPServer):
    """Serves CONTENT; `troubles[path]` are answers to give first."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.troubles, self.asked, self.agents = {}, [], set()

    def url(self, name):
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.strip("/")
        self.server.asked.append(name)
        self.server.agents.add(self.headers["User-Agent"])
        troubles = self.server.troubles.get(name, [])
        trouble = troubles.pop(0) if troubles else None
        if isinstance(trouble, int):
            self.send_response(trouble)
            self.send_header("Content-Length", "0")
            if trouble == 503:
                self.send_header("Retry-After", "0")
            self.end_headers()
            return
        if trouble == "redirect":
            self.send_response(302)
            self.send_header("Location", f"/{name}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = b"other bytes" if trouble == "wrong" else CONTENT[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:100] if trouble == "cut" else body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)  # its waits between tries
    running = Server()
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


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


@pytest.mark.parametrize("trouble", [503, 429, 500, "cut", "redirect"])
def test_passing_troubles_are_got_over(server, tmp_path, trouble):
    server.troubles["a.jpg"] = [trouble]
    assert get(server, tmp_path, "a.jpg").fetched == ["a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT["a.jpg"] and len(server.asked) == 2


@pytest.mark.parametrize("status", [404, 410, 403])
def test_what_is_gone_is_asked_for_once_and_stops_nothing(server, tmp_path, status):
    server.troubles["a.jpg"] = [status] * 9
    made = get(server, tmp_path, "a.jpg", "b.jpg")
    assert made.gone == {"a.jpg": f"the server answered {status}"} and made.fetched == ["b.jpg"]
    assert server.asked == ["a.jpg", "b.jpg"] and left(tmp_path) == ["b.jpg", CHECKSUMS, LOST]
    assert read_json(tmp_path / LOST) == made.gone
    server.troubles.clear()  # it is there again
    assert get(server, tmp_path, "a.jpg").fetched == ["a.jpg"] and read_json(tmp_path / LOST) == {}


@pytest.mark.parametrize("trouble", [503, "cut"])
def test_lasting_troubles_end_after_the_retries_and_leave_no_half_file(server, tmp_path, trouble):
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
    assert (tmp_path / "a.jpg").read_bytes() == b"mine" and list(
        read_json(tmp_path / CHECKSUMS)
    ) == ["a.jpg"]


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

"""A web server on this machine that misbehaves as real ones do."""

import gzip
import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

APOLOGY = b"<!DOCTYPE html><html><body>Sorry, too many people want this file.</body></html>"
DATE = "Thu, 01 Jan 2015 00:00:00 GMT"


class Server(ThreadingHTTPServer):
    """Serves `content`, {name: bytes}.  `troubles[name]` are answers to give first: a status, or

    drop      no answer at all              cut        half of what was asked for, then the line is cut
    redirect  to the same address           html       an apology with status 200
    wrong     other bytes                   elsewhere  a range that begins somewhere else
    partly    half of a range, rightly so   packed     with Content-Encoding: gzip"""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.troubles, self.agents = {}, {}, set()
        self.asked = []  # names, in order
        self.ranges = []  # the first byte that was asked for, each time; None: the whole file
        self.sent = 0  # bytes of bodies
        self.resumes = True  # understands Range and If-Range
        self.mark = "etag"  # or "date", "weak", None: what it says of which bytes these are

    def url(self, name):
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, name = self.server, self.path.strip("/")
        server.asked.append(name)
        server.agents.add(self.headers["User-Agent"])
        said = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        server.ranges.append(int(said[1]) if said else None)
        troubles = server.troubles.get(name, [])
        trouble = troubles.pop(0) if troubles else None
        if trouble == "drop":
            self.close_connection = True
        elif isinstance(trouble, int):
            self.answer(trouble, b"", {"Retry-After": "0"} if trouble == 503 else {})
        elif trouble == "redirect":
            self.answer(302, b"", {"Location": f"/{name}"})
        elif name not in server.content:
            self.answer(404, b"")
        else:
            self.give(name, trouble, int(said[1]) if said else 0)

    def give(self, name, trouble, start):
        body = self.server.content[name]
        body = {"wrong": body[::-1] + b"!", "html": APOLOGY}.get(trouble, body)
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        headers = {
            "etag": {"ETag": etag},
            "date": {"Last-Modified": DATE},
            "weak": {"ETag": f"W/{etag}"},
        }
        headers = dict(headers.get(self.server.mark, {}))
        known = self.headers.get("If-Range") in headers.values()
        if start and self.server.resumes and known:
            if start >= len(body):
                self.answer(416, b"", {"Content-Range": f"bytes */{len(body)}"})
                return
            start -= 5 if trouble == "elsewhere" else 0
            stop = (start + len(body)) // 2 if trouble == "partly" else len(body)
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
            self.answer(206, body[start:stop], headers, trouble == "cut")
            return
        if trouble == "packed":
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
        self.answer(200, body, headers, trouble == "cut")

    def answer(self, status, body, headers=None, cut=False):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.end_headers()
        body = body[: len(body) // 2] if cut else body
        self.server.sent += len(body)
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    """Running until the test ends."""
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)  # its waits between tries
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()

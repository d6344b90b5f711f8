"""Many files from other people's servers, politely: one at a time, with a pause, and none of them twice.

pooch writes to a temporary name, renames, holds checksums against each other and tries again.  Going on in
the middle of a file, waiting as long as a server asks, and listing what is gone are not in it and are written
here.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from tqdm.auto import tqdm

from vse_lessons.common.files import DataError, read_json, write_json
from vse_lessons.common.system import install_line
from vse_lessons.sources.paths import inside

CHECKSUMS = "checksums.json"  # file name -> sha256, of what was fetched first
AGENT = "vse_lessons (a course; fetches each picture once, one at a time)"
LOST = "gone.json"  # file name -> why it could not be had
FINAL = (400, 401, 403, 404, 409, 410, 451)  # answers that asking again does not change
REFUSED = ("401", "403")  # the server refuses us, not a file, if these come
PATIENCE = 5  # times in a row
LONGEST_WAIT = 120.0  # seconds, whatever a server asks for
BLOCK = 1 << 16  # bytes; of a connection that breaks the last block may be lost
LARGE = 50_000_000  # bytes of a file that gets a progress bar of its own


Check = Callable[[Path], "str | None"]  # why a file is not what it should be, or None


@dataclass
class Fetched:
    """What became of the files asked for."""

    there: list[str] = field(default_factory=list)  # were there before, with the right checksum
    fetched: list[str] = field(default_factory=list)  # came now
    gone: dict[str, str] = field(default_factory=dict)  # file name -> why it cannot be had


def fetch_all(
    urls: Mapping[str, str],
    folder: Path,
    *,
    pause: float = 1.0,
    retries: int = 3,
    timeout: float = 30.0,
    agent: str = AGENT,
    check: Check | None = None,
    published: Mapping[str, str] | None = None,
    progress: bool = True,
) -> Fetched:
    """Fetch files one after the other, each once.

    - The checksum of a file is written to `checksums.json` when it is first fetched, or first seen: a file
      that is there without one is taken as it is.  A file with another checksum (cut short, or changed) is
      replaced when the first bytes have come again.
    - An interrupted run goes on where it stopped, also in the middle of a file if the server can: what has
      come is kept beside it, as `.NAME.part`.
    - What cannot be had stops nothing.  It is listed in `.gone` and in `gone.json`: files without an http(s)
      address, those that a server refuses for good or does not give after all tries, and those that `check`
      refuses.

    Args:
        urls: From file names to addresses.
        folder: Where the files go.
        pause: Seconds between two requests.
        retries: How often a file is asked for again.
        timeout: Seconds to wait for an answer.
        agent: What the servers see as the sender.
        check: Returns why a file that came is not taken, or None.
        published: Checksums that are known beforehand, from file names to "sha256:..." or "md5:...".
        progress: Whether to show progress bars.

    Returns:
        What became of each file.

    Raises:
        DataError: Without pooch, for a file name with a folder in it, and where the server refuses 5 files
            one after the other.
    """
    pooch = _pooch()
    folder = Path(folder)
    for name in urls:
        path = inside(folder, name)
        if path is None or path.name != name or name in (CHECKSUMS, LOST):
            raise DataError(f"{name!r} is no plain file name: nothing is written outside {folder}")
    recorded, lost = (_read(folder / name) for name in (CHECKSUMS, LOST))
    known = {**recorded, **(published or {})}
    download = _Polite(_Resuming(folder, timeout, agent, progress), pause)
    made, refused = Fetched(), 0
    for name, url in tqdm(urls.items(), desc="fetching", unit="file", disable=not progress):
        path = folder / name
        kind = known.get(name, "sha256:").partition(":")[0]
        there = _checksum(pooch, path, kind)
        reason = None
        if there is None or known.get(name, there) != there:
            reason = _fetch(pooch, path, url, known.get(name), retries, download)
            there = known.get(name) or _checksum(pooch, path, kind)
            if reason is None and check is not None and (reason := check(path)) is not None:
                path.unlink()
            if reason is None:
                made.fetched.append(name)
            else:
                made.gone[name] = reason
        else:
            made.there.append(name)
        if reason is None and there is not None and known.get(name) != there:
            recorded[name] = known[name] = there
            write_json(folder / CHECKSUMS, recorded)
        if lost.get(name) != reason:
            lost = {**lost, name: reason} if reason else {k: v for k, v in lost.items() if k != name}
            write_json(folder / LOST, lost)
        refused = refused + 1 if (reason or "").endswith(REFUSED) else 0
        if refused == PATIENCE:
            raise DataError(
                f"{url}: the server refuses one file after the other ({reason}); say who asks, "
                "wait, or look at the address"
            )
    return made


def forget(path: Path) -> None:
    """Drop the checksum of a file that turned out to be damaged, so that another one will be taken.

    Args:
        path: The file, beside `checksums.json`.
    """
    known = _read(path.parent / CHECKSUMS)
    if known.pop(path.name, None):
        write_json(path.parent / CHECKSUMS, known)


def _checksum(pooch, path: Path, kind: str) -> str | None:  # noqa: ANN001
    """The checksum of a file, "sha256:..." or by another algorithm; None if it is not there."""
    return f"{kind}:{pooch.file_hash(str(path), alg=kind)}" if path.exists() else None


def _fetch(
    pooch: ModuleType,
    path: Path,
    url: str,
    known: str | None,
    retries: int,
    download: _Polite,
) -> str | None:
    """Fetch one file, whole or not at all; why it could not be had, or None."""
    if not url.startswith(("http://", "https://")):
        return "it has no http or https address"
    store = pooch.create(
        path.parent, base_url="", registry={path.name: known}, urls={path.name: url}, retry_if_failed=retries
    )
    try:
        store.fetch(path.name, downloader=download)
    except (_Gone, OSError, ValueError) as error:  # requests' errors, and a wrong checksum
        return _reason(error)
    return None


def _read(path: Path) -> dict[str, str]:
    return read_json(path) if path.exists() else {}


class _Gone(Exception):
    """A refusal that pooch must not try again: it does so for requests' errors and wrong checksums."""


class _Resuming:
    """A downloader for pooch that goes on where an earlier try, or an earlier run, was cut off."""

    def __init__(self, folder: Path, timeout: float, agent: str, progress: bool):
        self.folder, self.timeout, self.progress = folder, timeout, progress
        # packed bytes could not be counted, and of a .tar.gz requests would unpack them
        self.headers = {"User-Agent": agent, "Accept-Encoding": "identity"}

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        name = next(name for name, address in pooch.urls.items() if address == url)
        part, mark = self.folder / f".{name}.part", self.folder / f".{name}.mark"
        come = part.stat().st_size if part.exists() and mark.exists() else 0
        headers = dict(self.headers)
        if come:  # the mark says of which bytes this is the beginning; of others all will come
            headers |= {"Range": f"bytes={come}-", "If-Range": mark.read_text("utf-8")}
        import requests

        with requests.get(url, headers=headers, stream=True, timeout=self.timeout) as answer:
            begun, total = _begins(answer, come)
            if begun is None:
                part.unlink(missing_ok=True)
            if answer.status_code not in (200, 206) or begun is None:
                raise requests.HTTPError(f"{url}: {answer.status_code}", response=answer)
            if not begun:
                part.unlink(missing_ok=True)  # before the mark of others is written
                if which := _mark(answer):
                    mark.write_text(which, "utf-8")
                else:
                    mark.unlink(missing_ok=True)
            try:
                self._receive(answer, part, total)
            except BaseException:
                if not mark.exists():
                    part.unlink(missing_ok=True)
                raise
        os.replace(part, output_file)
        mark.unlink(missing_ok=True)

    def _receive(self, answer, part: Path, total: int | None) -> None:  # noqa: ANN001
        """Add what comes to what has come."""
        import requests

        with (
            open(part, "ab") as file,
            tqdm(
                desc=part.name[1:-5],
                total=total,
                initial=file.tell(),
                unit="B",
                unit_scale=True,
                leave=False,
                disable=not self.progress or (total or 0) < LARGE,
            ) as bar,
        ):
            for block in answer.iter_content(BLOCK):
                file.write(block)
                bar.update(len(block))
            # a server may give less than was asked for
            if total is not None and file.tell() != total:
                raise requests.ConnectionError(f"{file.tell()} of {total} bytes came")


def _begins(answer, begun: int) -> tuple[int | None, int | None]:  # noqa: ANN001
    """With which byte an answer begins and how many the whole file has.

    None for the length where it is not given; no first byte where the answer does not go on from `begun`.
    """
    said = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
    if answer.status_code == 206 and said and int(said[1]) == begun:
        return begun, int(said[2]) if said[2].isdigit() else None
    if answer.status_code in (206, 416):  # 416: there is no byte at `begun`
        return None, None
    length = answer.headers.get("Content-Length", "")
    packed = answer.headers.get("Content-Encoding")  # then that is the length of something else
    return 0, int(length) if length.isdigit() and not packed else None


def _mark(answer) -> str | None:  # noqa: ANN001
    """By what a server tells these bytes from others, for If-Range."""
    if answer.headers.get("Content-Encoding"):
        return None
    etag = answer.headers.get("ETag", "")
    exact = etag.startswith('"')  # W/"..." is none of bytes
    return etag if exact else answer.headers.get("Last-Modified")


class _Polite:
    """A downloader for pooch with a pause between requests, as long as a server asks for."""

    def __init__(self, download, pause: float):  # noqa: ANN001
        self.download, self.pause, self.next = download, pause, 0.0

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        time.sleep(max(0.0, self.next - time.monotonic()))
        self.next = time.monotonic() + self.pause
        try:
            self.download(url, output_file, pooch)
        except OSError as error:
            response = getattr(error, "response", None)
            if response is None:
                raise
            if response.status_code in FINAL:
                raise _Gone(_reason(error)) from error
            asked = response.headers.get("Retry-After", "")
            wait = min(float(asked), LONGEST_WAIT) if asked.isdigit() else 0.0
            self.next = time.monotonic() + max(wait, self.pause)
            raise
        self.next = time.monotonic() + self.pause


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    return str(error).partition("\n")[0]


def _pooch():
    try:
        import pooch  # and with it requests
    except ImportError as error:
        raise DataError(f"fetching needs one more package: {install_line('data')}") from error
    pooch.get_logger().setLevel("WARNING")
    return pooch

"""Many files from other people's servers, politely: one at a time, with a pause, and none of them twice.

Built on pooch, which writes to a temporary name, renames, checks checksums and tries again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tqdm.auto import tqdm

from vse_lessons.files import DataError, read_json, write_json

CHECKSUMS = "checksums.json"  # file name -> sha256, of what was fetched first
AGENT = "vse_lessons (a course; fetches each picture once, one at a time)"
GONE = (400, 401, 403, 404, 410, 451)  # answers that asking again does not change
LONGEST_WAIT = 120.0  # seconds, whatever a server asks for


@dataclass
class Fetched:
    """What became of the files asked for."""

    there: list[str] = field(default_factory=list)  # were there before, with the right checksum
    fetched: list[str] = field(default_factory=list)
    gone: dict[str, str] = field(default_factory=dict)  # file name -> why it cannot be had


def fetch_all(urls: Mapping[str, str], folder: Path, *, pause: float = 1.0, retries: int = 3,
              timeout: float = 30.0, agent: str = AGENT, progress: bool = True) -> Fetched:  # fmt: skip
    """Fetches {file name: address} into `folder`, `pause` seconds apart.

    The checksum of each file is written to `checksums.json` when it is first fetched; a file whose checksum
    is another one (cut short, or changed by hand) is fetched again, and what comes must then have the
    first one.  An interrupted run goes on where it stopped.  What a server refuses for good, or does not
    give after `retries` more tries, is listed in `.gone` and stops nothing.  `DataError` without pooch,
    for a file name with a folder in it or an address that is not http(s)."""
    pooch = _pooch()
    folder = Path(folder)
    for name, url in urls.items():
        if Path(name).name != name or name in ("", ".", "..", CHECKSUMS):
            raise DataError(f"{name!r} is no plain file name: nothing is written outside {folder}")
        if not url.startswith(("http://", "https://")):
            raise DataError(
                f"{name}: {url!r} is no http or https address; correct it in the file it is from"
            )
    known: dict[str, str] = read_json(folder / CHECKSUMS) if (folder / CHECKSUMS).exists() else {}
    download = _Polite(pooch.HTTPDownloader(timeout=timeout, headers={"User-Agent": agent}), pause)
    made = Fetched()
    for name, url in tqdm(urls.items(), desc="fetching", unit="file", disable=not progress):
        path = folder / name
        if path.exists() and known.get(name) == f"sha256:{pooch.file_hash(str(path))}":
            made.there.append(name)
            continue
        path.unlink(missing_ok=True)  # of no known checksum, or of another one than the first
        store = pooch.create(folder, base_url="", registry={name: known.get(name)}, urls={name: url},
                             retry_if_failed=retries)  # fmt: skip
        try:
            store.fetch(name, downloader=download)
        # requests' errors are OSErrors, a wrong checksum is a ValueError
        except (_Gone, OSError, ValueError) as error:
            made.gone[name] = _reason(error)
            continue
        known[name] = f"sha256:{pooch.file_hash(str(path))}"
        write_json(folder / CHECKSUMS, known)
        made.fetched.append(name)
    return made


class _Gone(Exception):
    """A refusal that pooch must not try again: it does so for requests' errors and wrong checksums."""


class _Polite:
    """Pooch's downloader with a pause between requests, as long as a server asks for."""

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
            if response.status_code in GONE:
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
        import pooch
    except ImportError as error:
        raise DataError('fetching needs one more package: pip install -e ".[data]"') from error
    pooch.get_logger().setLevel("WARNING")
    return pooch

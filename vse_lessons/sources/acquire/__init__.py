"""Releases of corpora: what they consist of, fetching and unpacking it."""

# ruff: noqa: F401 - type checkers read these imports, Python imports a name when it is first used
from typing import TYPE_CHECKING

from vse_lessons.common.lazy import attach

if TYPE_CHECKING:
    from vse_lessons.sources.acquire.archives import is_archive, unpack
    from vse_lessons.sources.acquire.fetch import Fetched, fetch_all, forget
    from vse_lessons.sources.acquire.obtain import (
        download,
        free_space,
        print_plan,
        require_space,
        unpack_archive,
    )
    from vse_lessons.sources.acquire.release import File, Release, Request, missing_files, needed_archives
    from vse_lessons.sources.acquire.summary import describe_written, summarize

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "archives": (
            "is_archive",
            "unpack",
        ),
        "fetch": (
            "Fetched",
            "fetch_all",
            "forget",
        ),
        "obtain": (
            "download",
            "free_space",
            "print_plan",
            "require_space",
            "unpack_archive",
        ),
        "release": (
            "File",
            "Release",
            "Request",
            "missing_files",
            "needed_archives",
        ),
        "summary": (
            "describe_written",
            "summarize",
        ),
    },
)

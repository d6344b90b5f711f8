"""Runs work in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, TypeVar

from vse_lessons.common.errors import DataError

PARENT = "VSE_LESSONS_PARENT"  # the process that waits for what `run_command` runs
T = TypeVar("T")
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}


def run_command(*words: str) -> Any:
    """Run a subcommand of `vse-lessons` in a fresh process with one thread.

    Args:
        *words: The words of the command line, such as "study", "a3vse".

    Returns:
        What the last line that it prints holds as JSON.

    Raises:
        DataError: It failed, or printed something else.
    """
    done = subprocess.run(
        [sys.executable, "-m", "vse_lessons", *words],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, **ENVIRONMENT, PARENT: str(os.getpid())},
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise DataError(f"exit status {done.returncode}: {last}")
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, json.JSONDecodeError) as error:
        raise DataError(f"it printed no result ({error})") from error


def end_with_parent(seconds: float = 2.0) -> None:
    """End this process once the process that ran it by `run_command` has ended, however that ended.

    Args:
        seconds: How often to look.
    """
    parent = int(os.environ.get(PARENT, 0))
    if parent:
        threading.Thread(target=_watch, args=(parent, seconds), daemon=True).start()


def _watch(parent: int, seconds: float) -> None:
    while _is_alive(parent):
        time.sleep(seconds)
    os._exit(1)  # the main thread may be deep inside a computation


def _is_alive(parent: int) -> bool:
    if sys.platform != "win32":
        return os.getppid() == parent  # of an orphan it is another
    import psutil

    return psutil.pid_exists(parent)


def in_parallel(
    work: Callable[[T], Any], items: Iterable[T], workers: int
) -> Iterator[tuple[T, Any | DataError]]:
    """Work on items in some threads at a time, which wait for processes.

    Args:
        work: What is done with an item.
        items: The items.
        workers: Threads at a time.

    Yields:
        Each item with its answer, as soon as that is there; a `DataError` that was raised is the answer.
    """
    with ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(work, item): item for item in items}
        try:
            for done in as_completed(running):
                error = done.exception()
                yield running[done], error if isinstance(error, DataError) else done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

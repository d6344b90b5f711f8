"""What the machine is and has, asked in ways that every operating system answers."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vse_lessons.common.errors import DataError

if TYPE_CHECKING:
    import torch

PACKAGES = ("vse_lessons", "torch", "numpy", "pillow", "scikit-learn", "safetensors")


def choose_device(device: str = "auto") -> torch.device:
    """Choose the device that a model runs on.

    Args:
        device: "auto" for CUDA where PyTorch sees it and the CPU elsewhere, or a device of PyTorch: "cpu",
            "cuda", "cuda:1", "mps", "xpu".

    Returns:
        The device of PyTorch.

    Raises:
        DataError: The device is unknown, or PyTorch cannot compute on it here; the message names those
        that are there.
    """
    import torch

    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise DataError(f"unknown device {device!r}: auto, cpu or cuda") from error
    there = _devices()
    if chosen.type not in there or (chosen.index or 0) >= there[chosen.type]:
        names = [
            name if number == 1 else f"{name}:0 to {name}:{number - 1}" for name, number in there.items()
        ]
        raise DataError(f"PyTorch cannot compute on device {device!r} here: use auto, {', '.join(names)}")
    return chosen


def _devices() -> dict[str, int]:
    """Count the devices that PyTorch can compute on here, by their kind."""
    import torch

    there = {"cpu": 1}
    if torch.cuda.is_available():
        there["cuda"] = torch.cuda.device_count()
    if torch.backends.mps.is_available():
        there["mps"] = 1
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        there["xpu"] = torch.xpu.device_count()
    return there


def peak_memory_mb() -> float | None:
    """Measure the largest resident memory that this process has had.

    Returns:
        Mebibytes, or None where the operating system keeps no such figure.
    """
    try:
        import resource
    except ImportError:
        import psutil

        peak = getattr(psutil.Process().memory_info(), "peak_wset", None)  # Windows
        return None if peak is None else peak / (1 << 20)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / (1 << 10)


def free_disk(path: str | Path) -> int:
    """Count the free bytes of the disk on which a path is or would be made.

    Args:
        path: A file or a folder, which need not exist yet.

    Returns:
        Bytes.
    """
    place = Path(path).expanduser().resolve()
    while not place.exists() and place != place.parent:
        place = place.parent
    return shutil.disk_usage(place).free


def versions() -> dict[str, str]:
    """List the versions that can change a number.

    Returns:
        Python, the platform, and each of `PACKAGES` that is installed.
    """
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # the folder is on the path without being installed
            continue
    return found


def machine() -> dict[str, str | int]:
    """Describe the processor.

    Returns:
        "processor", the model as the system names it, and "cores", the logical cores this process may use.
    """
    allowed = getattr(os, "sched_getaffinity", None)  # Linux
    cores = len(allowed(0)) if allowed is not None else os.cpu_count() or 1
    return {"processor": _processor(), "cores": cores}


def _processor() -> str:
    """Name the processor's model; its architecture where the system does not name it."""
    if sys.platform == "darwin":
        name = _output("sysctl", "-n", "machdep.cpu.brand_string")
    elif sys.platform == "win32":
        name = os.environ.get("PROCESSOR_IDENTIFIER")
    else:
        try:
            lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
        except OSError:
            lines = []
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)
    return name or platform.processor() or platform.machine() or "unknown"


def commit() -> str | None:
    """Name the commit of the checkout that the library is imported from.

    Returns:
        Twelve hexadecimal digits, with "-dirty" where a Python file of the library differs from the commit;
        None for an installed wheel, or where git is not there.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    head = _output("git", "-C", str(root), "rev-parse", "--short=12", "HEAD")
    changed = _output("git", "-C", str(root), "status", "--porcelain", "--", "vse_lessons/*.py")
    return f"{head}-dirty" if head and changed else head


def is_checkout() -> bool:
    """Tell whether the library is imported from a checkout of its repository.

    Returns:
        Whether `pyproject.toml` lies beside the package.
    """
    return (Path(__file__).resolve().parents[2] / "pyproject.toml").is_file()


def install_line(extra: str = "") -> str:
    """Write the command that installs the library with an extra.

    Args:
        extra: "lessons", "photos", "hub", "data" or "test"; empty for the library alone.

    Returns:
        The command for this installation: of a checkout by its folder, of a wheel by its name.
    """
    what = "." if is_checkout() else "vse_lessons"
    command = "python -m pip install -e" if is_checkout() else "python -m pip install"
    return f'{command} "{what}[{extra}]"' if extra else f"{command} {what}"


def cost(started: float) -> dict[str, Any]:
    """Say what a run took, and on what it ran.

    Args:
        started: `time.perf_counter()` at its start.

    Returns:
        "threads", "seconds" and "peak_memory_mb", and what `machine`, `versions` and `commit` return.
    """
    import torch

    return {
        "threads": torch.get_num_threads(),
        "seconds": round(time.perf_counter() - started, 1),
        "peak_memory_mb": round(peak_memory_mb() or 0) or None,
        "machine": machine(),
        "versions": versions(),
        "commit": commit(),
    }


def _output(*command: str) -> str | None:
    """Run a program and return the line it prints; None where it is missing or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def tolerate_encoding() -> None:
    """Let this process print any text, also where its output cannot hold it.

    A pipe under the C locale and a redirected Windows console take ASCII or a national alphabet. What they
    lack is printed as a question mark in place of an error.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not what a notebook or a test puts in their place
            stream.reconfigure(errors="replace")

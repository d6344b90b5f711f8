"""What the machine has: device, cores, memory, and room in `VSE_LESSONS_HOME`."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from vse_lessons.common.files import home
from vse_lessons.common.system import choose_device
from vse_lessons.lessons.doctor.findings import Finding


def check_machine() -> tuple[dict[str, Any], list[Finding]]:
    """Look at device, cores, memory, home and the free disk there.

    Returns:
        The facts, sizes in MB and None where the system does not say; and a finding if nothing can be written
        to home, or to its nearest parent where it is not there yet.
    """
    device = choose_device("auto")
    facts: dict[str, Any] = {
        "device": str(device),
        "cores": os.cpu_count() or 1,
        "memory_mb": None,
        "available_memory_mb": None,
    }
    with suppress(RuntimeError):  # another process may hold the card for itself
        if device.type == "cuda":
            card = torch.cuda.get_device_properties(device)
            facts["device"] = f"{device}: {card.name}, {card.total_memory >> 20:,} MB"
    with suppress(ImportError, OSError, RuntimeError):  # a system that psutil does not know
        import psutil

        memory = psutil.virtual_memory()
        facts |= {"memory_mb": memory.total >> 20, "available_memory_mb": memory.available >> 20}
    chosen = os.environ.get("VSE_LESSONS_HOME")
    facts |= {
        "home": chosen or "unknown",
        "home_writable": False,
        "free_disk_mb": None,
        "home_is_from": "VSE_LESSONS_HOME" if chosen else "the platform's default",
    }
    try:
        facts["home"] = str(home().absolute())
        paths = (Path(facts["home"]), *Path(facts["home"]).parents)
        nearest = next(path for path in paths if os.path.lexists(path))
        if not os.path.isdir(nearest):
            raise NotADirectoryError(f"{nearest} is not a folder")
        facts["free_disk_mb"] = shutil.disk_usage(nearest).free >> 20
        tempfile.TemporaryFile(dir=nearest).close()
        return facts | {"home_writable": True}, []
    except (OSError, RuntimeError) as error:  # RuntimeError: ~nobody, of no such user
        return facts, [
            Finding(
                "a home",
                f"{facts['home']} cannot be written to: {error}",
                "set VSE_LESSONS_HOME to a folder that you can write to",
            )
        ]

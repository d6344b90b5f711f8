"""Attributes of a package that import their module when they are first asked for (PEP 562)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def attach(
    package: str, submodules: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Makes the public names of a package available without importing its modules.

    Args:
        package: The package's `__name__`.
        submodules: For each module of the package the public names that are taken from it.

    Returns:
        `__getattr__`, `__dir__` and `__all__` for the package's `__init__.py`.
    """
    module_of = {name: module for module, names in submodules.items() for name in names}

    def get(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{module_of[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: sorted(module_of), sorted(module_of)

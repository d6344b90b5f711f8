"""Public names of a package that are imported when they are first used.

`import vse_lessons` must not wait for PyTorch: the command line shows its help, and a notebook its first
cell, before anything heavy is needed.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from vse_lessons.common.errors import DataError
from vse_lessons.common.system import install_line

OPTIONAL = ("IPython", "ipywidgets", "matplotlib", "pandas", "seaborn")  # of the extra "lessons"


class _LazyPackage(ModuleType):
    """A package whose public names go before submodules of the same spelling."""

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and name in self.__all__:
            value = getattr(value, name, value)
        super().__setattr__(name, value)


def _import(module: str) -> ModuleType:
    """Import a module; where an optional package is missing, say how to install it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in OPTIONAL:
            raise
        raise DataError(f"{module} needs {missing}, which is missing: {install_line('lessons')}") from error


def attach(
    package: str, submodules: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Make the public names of a package importable without importing its submodules.

    Use it in an `__init__.py` as
    `__getattr__, __dir__, __all__ = attach(__name__, {"search": ("SearchIndex", "search")})`.

    Args:
        package: The full name of the package, its `__name__`.
        submodules: For each submodule (relative to the package, dots allowed) the names it defines.

    Returns:
        The functions `__getattr__` and `__dir__` of the package, and the sorted list `__all__`.

    Raises:
        ValueError: Two submodules define the same name.
    """
    place: dict[str, str] = {}
    for submodule, names in submodules.items():
        for name in names:
            if name in place:
                raise ValueError(f"{name} is in {place[name]} and in {package}.{submodule}")
            place[name] = f"{package}.{submodule}"
    public = sorted(place)
    if any(submodule in place for submodule in submodules):
        sys.modules[package].__class__ = _LazyPackage

    def get(name: str) -> Any:
        if name in place:
            value = getattr(_import(place[name]), name)
            setattr(sys.modules[package], name, value)
            return value
        if name in submodules:
            return _import(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def listing() -> list[str]:
        return sorted({*vars(sys.modules[package]), *public, *submodules})

    return get, listing, public

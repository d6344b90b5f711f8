"""The scripts of data_scripts/ as modules."""

import importlib.util
from types import ModuleType

from helpers import ROOT


def load_script(name: str) -> ModuleType:
    """A script by its name; nothing of it runs."""
    path = ROOT / "data_scripts" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"data_scripts_{name}", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script

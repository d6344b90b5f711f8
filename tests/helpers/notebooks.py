"""notebooks/build.py as a module."""

import importlib.util

from helpers import ROOT

NOTEBOOKS = ROOT / "notebooks"


def load_builder():
    """Loads the script, which is in no package."""
    spec = importlib.util.spec_from_file_location("build", NOTEBOOKS / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


builder = load_builder()

"""Puts the notebooks into the wheel; the rest is in pyproject.toml.

The notebooks have one home, the folder notebooks/ of the checkout: a wheel gets a copy while it is built, and
an editable installation reads them from where they are.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithNotebooks(build_py):
    def run(self):
        super().run()
        if self.editable_mode:
            return
        source = Path(__file__).parent / "notebooks"
        for notebook in sorted([*source.glob("*.ipynb"), *source.glob("assignments/**/*.ipynb")]):
            target = Path(self.build_lib, "vse_lessons", "lessons", "notebooks", notebook.relative_to(source))
            self.mkpath(str(target.parent))
            self.copy_file(str(notebook), str(target))


setup(cmdclass={"build_py": BuildWithNotebooks})

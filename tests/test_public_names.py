"""What a reader of help() sees: every public name has a docstring with all of its parameters."""

import importlib
import inspect
import pkgutil
import re
from dataclasses import fields, is_dataclass

import pytest

import vse_lessons

PACKAGES = [
    "vse_lessons",
    *(m.name for m in pkgutil.walk_packages(vse_lessons.__path__, "vse_lessons.") if m.ispkg),
]
PUBLIC = [
    (package, name)
    for package in PACKAGES
    for name in getattr(importlib.import_module(package), "__all__", ())
]
SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises):$", re.M)


def sections(text):
    """A docstring in Google's form, cut at its sections: {"": the text before, "Args": ..., ...}."""
    parts = SECTION.split(text)
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2]))


def named(section):
    """The parameters that a section describes."""
    return set(re.findall(r"^    \*{0,2}(\w+)(?: \([^)]*\))?:", section, re.M))


def parameters(thing):
    """The parameters that a caller passes; of classes without those that only forward to a base."""
    try:
        signature = inspect.signature(thing)
    except ValueError:  # a class written in C
        return set()
    forwarded = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {
        name
        for name, parameter in signature.parameters.items()
        if not (inspect.isclass(thing) and parameter.kind in forwarded)
    }


def commented(data_class):
    """The fields of a dataclass that a comment describes, on their line or on the line above."""
    lines = []
    for base in data_class.__mro__:
        if is_dataclass(base):
            lines += inspect.getsource(base).splitlines()
    found = set()
    for above, line in zip(["", *lines], lines):
        field = re.match(r"\s+(\w+):", line)
        if field and ("  # " in line or above.strip().startswith("#")):
            found.add(field[1])
    return found


@pytest.mark.parametrize(("package", "name"), PUBLIC, ids=[".".join(pair) for pair in PUBLIC])
def test_a_public_name_is_documented(package, name):
    thing = getattr(importlib.import_module(package), name)
    if not (inspect.isclass(thing) or inspect.isroutine(thing)):
        return  # a constant: its comment stands where it is defined
    text = inspect.cleandoc(thing.__doc__ or "")
    assert text, f"{package}.{name} has no docstring"
    assert text.partition("\n")[0].endswith("."), f"the first line of {package}.{name} is no sentence"
    parts = sections(text)
    described = named(parts.get("Args", "")) | named(parts.get("Attributes", ""))
    missing = parameters(thing) - described
    if is_dataclass(thing):
        missing -= commented(thing) | {field.name for field in fields(thing) if not field.init}
    assert not missing, f"the docstring of {package}.{name} does not name {sorted(missing)}"
    if inspect.isfunction(thing):
        wanted = inspect.signature(thing).return_annotation
        silent = wanted in (None, "None", "NoReturn", inspect.Signature.empty)
        assert silent or {"Returns", "Yields"} & set(parts), f"{package}.{name} does not say what it returns"


def test_every_name_of_the_package_is_there():
    assert len(vse_lessons.__all__) >= 20
    for name in vse_lessons.__all__:
        assert getattr(vse_lessons, name) is not None

import sys

import pytest

from vse_lessons.common.errors import DataError
from vse_lessons.common.lazy import attach


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "lazy_shop"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from vse_lessons.common.lazy import attach\n"
        "__getattr__, __dir__, __all__ = attach(__name__, {'till': ('pay', 'till'), 'shelf': ('Apple',)})\n"
    )
    (folder / "till.py").write_text("def pay():\n    return 1\n\n\ndef till():\n    return 'open'\n")
    (folder / "shelf.py").write_text("class Apple:\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "lazy_shop"
    for name in [name for name in sys.modules if name.split(".")[0] == "lazy_shop"]:
        del sys.modules[name]


def test_a_name_loads_only_its_own_module(package):
    shop = __import__(package)
    assert shop.__all__ == ["Apple", "pay", "till"]
    assert "lazy_shop.till" not in sys.modules
    assert shop.pay() == 1
    assert "lazy_shop.shelf" not in sys.modules
    assert {"Apple", "pay", "shelf"} <= set(dir(shop))


@pytest.mark.parametrize("first", ["import lazy_shop.till", "from lazy_shop.till import pay", "pass"])
def test_a_name_goes_before_the_submodule_of_its_spelling(package, first):
    names = {}
    exec(f"{first}\nfrom lazy_shop import till\nfrom lazy_shop.till import till as same", names)
    assert names["till"]() == "open"
    assert names["same"] is names["till"]


def test_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="has no attribute 'bread'"):
        _ = __import__(package).bread
    with pytest.raises(ImportError, match="bread"):
        exec("from lazy_shop import bread")


def test_a_name_has_one_place():
    with pytest.raises(ValueError, match=r"pay is in shop\.till and in shop\.shelf"):
        attach("shop", {"till": ("pay",), "shelf": ("pay",)})


def test_a_missing_optional_package_is_answered_with_the_line_to_install(package, tmp_path, monkeypatch):
    (tmp_path / package / "shelf.py").write_text("import seaborn.palettes\n")
    monkeypatch.setitem(sys.modules, "seaborn", None)
    with pytest.raises(DataError, match=r"lazy_shop\.shelf needs seaborn, .*pip install .*\[lessons\]"):
        _ = __import__(package).Apple

"""Names from other people's lists stay inside their folder, on every operating system."""

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from vse_lessons.sources.paths import inside

OUTSIDE = (
    *("C:/Users/me/x.jpg", "c:x.jpg", "C:\\x.jpg", "./C:/x.jpg", "a/C:/x.jpg", "a\\..\\C:x.jpg"),
    *("/etc/passwd", "\\x.jpg", "//server/share/x.jpg", "\\\\server\\share\\x.jpg", "\\\\?\\C:\\x.jpg"),
    *("..", "../x.jpg", "a/../../x.jpg", "..\\x.jpg", "a/..", ".. /x.jpg", "a/... /x.jpg"),
    *("", ".", "./", "a\0.jpg", "\ud800.jpg"),
)
INSIDE = {
    "x.jpg": "x.jpg",
    "a/./b.jpg": "a/b.jpg",
    "a//b.jpg": "a/b.jpg",
    "a\\b.jpg": "a/b.jpg",
    "..a/b..jpg": "..a/b..jpg",
    ".hidden": ".hidden",
    "File: a picture.jpg": "File: a picture.jpg",
    "Großes Bild 日本.jpg": "Großes Bild 日本.jpg",
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_leads_out_has_no_place(name):
    assert inside(Path("images"), name) is None


@pytest.mark.parametrize("name", INSIDE)
def test_a_name_below_the_folder_has_its_place(name):
    assert inside(Path("images"), name) == Path("images") / INSIDE[name]


@pytest.mark.parametrize("kind", [PurePosixPath, PureWindowsPath])
@pytest.mark.parametrize("name", [*OUTSIDE, *INSIDE])
def test_whatever_is_accepted_is_below_the_folder_of_either_system(kind, name):
    """Joins what was accepted as the other system would."""
    place = inside(Path("images"), name)
    if place is not None:
        folder = kind("D:/data/images") if kind is PureWindowsPath else kind("/data/images")
        joined = folder.joinpath(*place.relative_to("images").parts)
        assert joined.is_relative_to(folder) and ".." not in joined.parts

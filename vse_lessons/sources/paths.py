"""Names of files that others wrote down, on every operating system."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath


def inside(folder: Path, name: str) -> Path | None:
    r"""Find the place of a file in or below a folder by a name from someone else's list or archive.

    The answer is the same on every operating system: a list that is harmless here may be read on Windows.

    Args:
        folder: The folder.
        name: A relative path with `/` or `\` between its parts.

    Returns:
        The path below `folder`; None for a name that may lead out of it (an absolute path, a drive letter, a
        UNC path, `..`), and for one that no file can have (empty, a NUL, half a surrogate pair).
    """
    name = name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or name.startswith("/") or "\0" in name or not is_encodable(name):
        return None
    # Windows drops blanks and dots at the end of a part, and takes C:x in any place for another drive
    if any(not part.strip(". ") or PureWindowsPath(part).drive for part in parts):
        return None
    return Path(folder).joinpath(*parts)


def is_encodable(text: str) -> bool:
    """Whether text can be written as UTF-8: half of a surrogate pair, which JSON can spell, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_file(path: Path | None) -> bool:
    """Whether there is a file of that name; also where the system takes the name for none."""
    try:
        return path is not None and path.is_file()
    except (OSError, ValueError):
        return False

"""Errors that a user can mend."""

from __future__ import annotations

from collections.abc import Iterable


class DataError(ValueError):
    """A file, a corpus or a request that cannot be used.

    The message names the place, the cause and the remedy.
    """


def check_known(what: str, value: str, known: Iterable[str]) -> None:
    """Refuse a name that is not one of the known ones.

    Args:
        what: What is named, such as "preset".
        value: The name.
        known: The names that exist.

    Raises:
        DataError: The name is another; the message lists those that exist.
    """
    if value not in known:
        raise DataError(f"unknown {what} {value!r}: one of {', '.join(known)}")

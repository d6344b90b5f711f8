"""Errors that a user can mend."""

from __future__ import annotations


class DataError(ValueError):
    """A file, a corpus or a request that cannot be used.

    The message names the place, the cause and the remedy.
    """

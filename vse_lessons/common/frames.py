"""Makes pandas frames, where pandas is installed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from vse_lessons.common.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a frame of rows.

    Args:
        rows: The columns of each row by name; a row may lack some.

    Returns:
        The frame, one row a row.

    Raises:
        DataError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise DataError("frames need pandas: python -m pip install 'vse_lessons[lessons]'") from error
    return pd.DataFrame([dict(row) for row in rows])

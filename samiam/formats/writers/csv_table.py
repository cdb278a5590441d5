"""Tables as CSV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from samiam.storage.csv_cells import inert_table
from samiam.storage.files import replacing

if TYPE_CHECKING:
    import pandas as pd


def write_table(path: str | Path, table: pd.DataFrame) -> Path:
    """Write a table as CSV, with as many digits as give the same numbers when read back.

    Returns:
        The file written.
    """
    with replacing(path) as partial:
        inert_table(table).to_csv(partial, index=False)
    return Path(path)

"""Tables of several images below one another."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from samiam.storage.csv_cells import inert
from samiam.storage.files import replacing

IMAGE = "image"
"""The column that says whose row it is."""


def write_below_one_another(path: Path, folders: Sequence[Path]) -> Path:
    """Write the tables of that name of several folders as one; cells are taken over as they are.

    Args:
        path: the file, .csv.
        folders: those of images; their names are in the column `image`, which is the first. One without such a table
            has no rows.

    Returns:
        The file written. Its columns are those of all tables: `area_px` stays empty where another has `area_nm2`.
    """
    columns, rows = {IMAGE: None}, []
    for table in (folder / path.name for folder in folders):
        if table.is_file():
            with table.open(newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file)
                columns |= dict.fromkeys(reader.fieldnames or ())
                rows += [{IMAGE: inert(table.parent.name), **row} for row in reader]
    with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns), restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path

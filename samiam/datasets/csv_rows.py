"""Rows of a CSV that somebody wrote by hand."""

from __future__ import annotations

import csv
from pathlib import Path

from samiam.errors import InputError
from samiam.storage.csv_cells import read_back


def csv_rows(path: Path) -> list[list[str]]:
    """The cells of each line, none for an empty one.

    Raises:
        InputError: if the file cannot be read as CSV.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            return [[read_back(cell) for cell in row] for row in csv.reader(file)]
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error}).") from error

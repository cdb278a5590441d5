"""What annotators noted of each image in a CSV: how difficult it was, and how long they took."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from samiam.datasets.csv_rows import csv_rows
from samiam.errors import InputError
from samiam.formats import READABLE_SUFFIXES


class Note(NamedTuple):
    """A line of the notes.

    Attributes:
        level: difficulty from 1 to 5.
        labelling_s: how long the labelling took in s, None where that is not noted.
    """

    level: int
    labelling_s: float | None


def read_notes(path: Path) -> Iterator[tuple[str, Note]]:
    """Each image's name without suffix, from the second column, with its difficulty and seconds from the next two.

    Raises:
        InputError: if the file cannot be read as CSV, or a line below the first has no difficulty.
    """
    for number, row in enumerate(csv_rows(path), start=1):
        if not any(cell.strip() for cell in row):
            continue
        level = re.fullmatch(r"\s*([1-5])(\.0*)?\s*", row[2]) if len(row) > 2 else None
        if level:
            yield _stem(row[1].strip()), Note(int(level[1]), _seconds(row[3]) if len(row) > 3 else None)
        elif number > 1:  # the first line may be a heading
            raise InputError(f"{path}: line {number} has no difficulty from 1 to 5 in its third column.")


def _stem(file: str) -> str:
    """A file's name without its suffix; what follows a point elsewhere, as in `0.5nm`, is none."""
    path = Path(file)
    return path.stem if path.suffix.lower() in READABLE_SUFFIXES else path.name


def _seconds(cell: str) -> float | None:
    try:
        seconds = float(cell)
    except ValueError:
        return None
    return seconds if 0 <= seconds < math.inf else None

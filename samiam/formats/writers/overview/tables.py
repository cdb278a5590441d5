"""Tables of several images below one another."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from samiam.formats.writers.earlier import PROVENANCE
from samiam.storage.csv_cells import inert
from samiam.storage.files import replacing
from samiam.storage.strict_json import parse_json

IMAGE = "image"
"""The column that says whose row it is."""


FRAME = "frame"
"""The column that says which of a stack, from 0, where there is one."""


def frame_of(folder: Path) -> int | None:
    """The frame of a stack that the results in a folder are of; None where they are of a single image."""
    try:
        noted: Any = parse_json((folder / PROVENANCE).read_text(encoding="utf-8"))
        frame = noted["input"]["frame"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return frame if isinstance(frame, int) else None


def write_below_one_another(path: Path, folders: Sequence[Path]) -> Path:
    """Write the tables of that name of several folders as one; cells are taken over as they are.

    Args:
        path: the file, .csv.
        folders: those of images; their names are in the column `image`, which is the first; frames of stacks are
            in `frame`. One without such a table has no rows.

    Returns:
        The file written. Its columns are those of all tables: `area_px` stays empty where another has `area_nm2`.
    """
    frames = {folder: frame_of(folder) for folder in folders}
    columns: dict[str, None] = {IMAGE: None}
    if any(frame is not None for frame in frames.values()):
        columns[FRAME] = None
    rows = []
    for folder, table in ((folder, folder / path.name) for folder in folders):
        if table.is_file():
            with table.open(newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file)
                columns |= dict.fromkeys(reader.fieldnames or ())
                rows += [{IMAGE: inert(folder.name), FRAME: frames[folder], **row} for row in reader]
    with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns), restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path

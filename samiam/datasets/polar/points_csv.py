"""Points of frames as a table that people and programs write: a row for each."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from samiam.datasets.csv_rows import csv_rows
from samiam.datasets.polar.kinds import kind_of
from samiam.errors import InputError
from samiam.records import Micrograph
from samiam.records.polar_scene import Points, Sign
from samiam.storage.files import replacing

COLUMNS = ("frame", "row_px", "column_px", "kind", "score", "sign")
_PLACES = {
    **{f"{name}{unit}": (0, unit == "_nm") for name in ("row", "y") for unit in ("", "_px", "_nm")},
    **{f"{name}{unit}": (1, unit == "_nm") for name in ("column", "x") for unit in ("", "_px", "_nm")},
}
"""What columns with a place may be called: which axis it is along, and whether it is in nm."""


@dataclass
class MarkedPoints:
    """Points of one frame as they were written.

    Attributes:
        places: of each, row and column; the middle of the first pixel is at (0, 0).
        is_junction: of each.
        scores: of each.
        in_nm: whether places along rows and columns are in nm, else in pixels.
    """

    places: list[tuple[float, float]] = field(default_factory=list)
    is_junction: list[bool] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    in_nm: bool = False

    def on(self, micrograph: Micrograph) -> Points:
        """On the pixels of the frame.

        Raises:
            InputError: if places are in nm and the size of its pixels is not known.
        """
        height, width = micrograph.pixel_height_nm, micrograph.pixel_size_nm
        if self.in_nm and (height is None or width is None):
            raise InputError("its points are in nm and its pixel size is unknown; give the pixel size.")
        sides = (height, width) if self.in_nm and height and width else (1.0, 1.0)
        places = [(row / sides[0], column / sides[1]) for row, column in self.places]
        return Points(places, self.is_junction, self.scores)


def read_points_csv(path: str | Path) -> tuple[dict[int, MarkedPoints], Sign | None]:
    r"""Read the points of frames.

    Columns, in any order, others are overlooked: `frame` (from 0); `row_px` and `column_px`, or `y_px` and `x_px`, with
    the middle of the first pixel at 0 (`row_nm` …: in nm from there; pixels count where both are there, or no unit is);
    `kind` ("end" or "meron", "junction" or "antimeron"); where there are such, `score` (0 to 1) and `sign` ("bright" or
    "dark", the same in all rows). A row with a frame and nothing else says that the frame was looked at and has no
    point.

    Returns:
        The points of each frame that has a row, by its number, and the sign; None where that is not said.

    Raises:
        InputError: if a column is missing or a cell is not as said: one line with the number of the row.

    Example:
        >>> path = Path(tempfile.mkdtemp()) / "points.csv"
        >>> _ = path.write_text("frame,y,x,kind\n3,10.5,20,end\n4,,,\n")
        >>> marked, sign = read_points_csv(path)
        >>> {frame: len(points.places) for frame, points in marked.items()}
        {3: 1, 4: 0}
    """
    path = Path(path)
    rows = [(number, row) for number, row in enumerate(csv_rows(path), start=1) if any(cell.strip() for cell in row)]
    if not rows:
        raise InputError(f"{path}: is empty; give {', '.join(COLUMNS[:4])}.")
    header = [cell.strip().lower() for cell in rows[0][1]]
    columns, in_nm = _columns(path, header)
    marked: dict[int, MarkedPoints] = {}
    signs: set[str] = set()
    for number, row in rows[1:]:
        cells = {name: row[at].strip() if at < len(row) else "" for name, at in columns.items()}
        try:
            _add(marked, cells, in_nm)
        except (InputError, ValueError) as error:
            raise InputError(f"{path}: row {number}: {error}") from error
        signs |= {cells["sign"].lower()} - {""} if "sign" in cells else set()
    if len(signs) > 1 or signs - {"bright", "dark"}:
        raise InputError(f"{path}: the sign is {' and '.join(sorted(signs)):.80}; give bright or dark, one of them.")
    return marked, _sign(signs)


def write_points_csv(path: str | Path, frames: Iterable[tuple[int, Points]], sign: Sign | None = None) -> Path:
    """Write the points of frames as `read_points_csv` reads them, with the same numbers; a frame without any too.

    Returns:
        The file written.
    """
    with replacing(path) as partial, open(partial, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for frame, points in frames:
            writer.writerows(_rows(frame, points, sign or ""))
    return Path(path)


def _rows(frame: int, points: Points, sign: str) -> Sequence[Sequence[object]]:
    each = zip(points.positions_px.tolist(), points.is_junction.tolist(), points.scores.tolist(), strict=True)
    rows = [(frame, *place, "junction" if junction else "end", score, sign) for place, junction, score in each]
    return rows or [(frame, "", "", "", "", sign)]


def _columns(path: Path, header: Sequence[str]) -> tuple[dict[str, int], bool]:
    """Where each column is, those of places called 0 and 1; and whether these are in nm."""
    named = [(name, *_PLACES[name]) for name in header if name in _PLACES]
    in_px = [one for one in named if not one[2]]
    named = in_px or named  # results have both
    lacking = [name for name in ("frame", "kind") if name not in header]
    if sorted(axis for _, axis, _ in named) != [0, 1] or len({is_nm for _, _, is_nm in named}) != 1:
        lacking.append("row_px and column_px (or y_px and x_px, or both in nm), one of each")
    if lacking:
        raise InputError(f"{path}: has the columns {', '.join(header):.200}; it needs {' and '.join(lacking)}.")
    columns = {name: header.index(name) for name in ("frame", "kind", "score", "sign") if name in header}
    return {**columns, **{"01"[axis]: header.index(name) for name, axis, _ in named}}, named[0][2]


def _add(marked: dict[int, MarkedPoints], cells: Mapping[str, str], in_nm: bool) -> None:
    if not cells["frame"].isdecimal():
        raise InputError(f"frame={cells['frame']!r:.40}: give a whole number, from 0.")
    points = marked.setdefault(int(cells["frame"]), MarkedPoints(in_nm=in_nm))
    if not (cells["0"] or cells["1"] or cells["kind"]):
        return
    place = (_number("row", cells["0"]), _number("column", cells["1"]))
    score = _number("score", cells["score"]) if cells.get("score") else 1.0
    if not 0 <= score <= 1:
        raise InputError(f"score={score:g}: give a number from 0 to 1.")
    points.is_junction.append(kind_of(cells["kind"]) == "junction")
    points.places.append(place)
    points.scores.append(score)


def _number(name: str, cell: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{name}={cell!r:.40}: give a number.")
    return number


def _sign(signs: set[str]) -> Sign | None:
    return "dark" if "dark" in signs else "bright" if signs else None

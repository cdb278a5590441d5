"""What has been found so far, frame by frame: a run that was ended goes on from there."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.errors import InputError
from samiam.formats.frames.frame import Frame
from samiam.formats.writers.strict_json import plain
from samiam.polar.result import PolarPoints
from samiam.records import Micrograph
from samiam.records.polar_scene import Points, Sign
from samiam.storage.line_log import LineLog, whole_lines
from samiam.storage.strict_json import parse_json

JOURNAL = "journal.jsonl"
"""A line that says what the run is of, then one for each frame."""
_FORMAT = 2  # of the lines; a journal of another is not gone on with


@dataclass(frozen=True, eq=False)
class FrameNote:
    """One frame as the journal has it.

    Attributes:
        index: its place in time.
        name: by which people find it.
        sha256: of its file.
        fault: why it could not be used; None where it could. Then all that follows is empty.
        points: what was found, on its pixels.
        dropped: see `PolarPoints`.
        period_px: from one stripe to the next.
        remark: what was said of the frame.
        profile: uint8 (W,), what a line across the middle shows, one period high; for the kymograph.
    """

    index: int
    name: str
    sha256: str | None = None
    fault: str | None = None
    points: Points = Points([], [])  # noqa: RUF009
    dropped: Points = Points([], [])  # noqa: RUF009
    period_px: float | None = None
    remark: str | None = None
    profile: NDArray[np.uint8] | None = None

    @classmethod
    def of(cls, frame: Frame, found: PolarPoints) -> FrameNote:
        """What was found in a frame."""
        sha256 = found.micrograph.metadata.get("sha256")
        profile = _profile(found.micrograph, found.period_px / found.micrograph.pixel_aspect)
        return cls(
            frame.index, frame.name, sha256, None, found.points, found.dropped, found.period_px, found.remark, profile
        )

    def on(self, micrograph: Micrograph, sign: Sign) -> PolarPoints:
        """The result again, given the frame that it is of."""
        return PolarPoints(micrograph, self.points, sign, float(self.period_px or 0), self.remark, self.dropped)

    def line(self) -> str:
        """As JSON, from which the same note is read."""
        facts = {"frame": self.index, "name": self.name, "sha256": self.sha256, "fault": self.fault}
        if self.fault is None and self.profile is not None:
            facts |= {
                "points": _rows(self.points),
                "dropped": _rows(self.dropped),
                "period_px": self.period_px,
                "remark": self.remark,
                "profile": base64.b64encode(self.profile.tobytes()).decode("ascii"),
            }
        return json.dumps(plain(facts), ensure_ascii=False)

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> FrameNote:
        """From what `line` wrote."""
        head = (int(facts["frame"]), str(facts["name"]), facts["sha256"], facts["fault"])
        if facts["fault"] is not None:
            return cls(*head)
        profile = np.frombuffer(base64.b64decode(facts["profile"]), np.uint8)
        points, dropped = _points(facts["points"]), _points(facts["dropped"])
        return cls(*head, points, dropped, float(facts["period_px"]), facts["remark"], profile)


def _profile(micrograph: Micrograph, n_rows: float) -> NDArray[np.uint8]:
    """The mean of so many rows in the middle."""
    middle, half = micrograph.shape_hw[0] // 2, max(1, round(n_rows / 2))
    rows = micrograph.filled[max(0, middle - half) : middle + half]
    return np.asarray(np.rint(255 * rows.mean(axis=0)), np.uint8)


def _rows(points: Points) -> list[list[float]]:
    each = zip(points.positions_px.tolist(), points.is_junction.tolist(), points.scores.tolist(), strict=True)
    return [[*place, int(junction), score] for place, junction, score in each]


def _points(rows: list[list[float]]) -> Points:
    table = np.array(rows, np.float64).reshape(-1, 4)
    return Points(table[:, :2], table[:, 2] == 1, table[:, 3])


class Journal:
    """The journal of a folder of results.

    Args:
        folder: made if missing.
        about: what the run is of and how it is made; a journal of anything else is not gone on with.

    Attributes:
        notes: of the frames that are done, in their order.

    Raises:
        InputError: if the folder holds a journal of another run, or one that cannot be read.
    """

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        self._path = folder / JOURNAL
        self.notes: list[FrameNote] = []
        head = {"samiam_polar_journal": _FORMAT, **{name: plain(value) for name, value in about.items()}}
        lines = whole_lines(self._path)
        if lines:
            self._check(head, lines[0])
            self.notes = [self._note(line) for line in lines[1:]]
        self._log = LineLog(self._path, [json.dumps(head, ensure_ascii=False), *(note.line() for note in self.notes)])

    @staticmethod
    def places_in(folder: Path) -> dict[str, int]:
        """The frames that a journal in a folder has by their names, with their places in time; none without one."""
        places = {}
        for line in whole_lines(folder / JOURNAL)[1:]:
            with suppress(LookupError, TypeError, ValueError):
                facts = parse_json(line)
                places[str(facts["name"])] = int(facts["frame"])
        return places

    def _check(self, head: Mapping[str, Any], line: str) -> None:
        try:
            theirs = parse_json(line)
            other = [name for name, value in head.items() if theirs.get(name) != value]
        except (AttributeError, ValueError):
            other = ["text"]
        if other:
            raise InputError(
                f"{self._path.parent}: holds the results of another run (other {', '.join(other)}); choose another "
                "folder with -o, or replace them by --overwrite."
            )

    def _note(self, line: str) -> FrameNote:
        try:
            return FrameNote.read(parse_json(line))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise InputError(f"{self._path}: damaged; replace the results by --overwrite.") from error

    def add(self, note: FrameNote) -> None:
        """Note a frame; it is on disk when this returns.

        Raises:
            InputError: if somebody else has written into the journal meanwhile.
        """
        self._log.add(note.line())
        self.notes.append(note)

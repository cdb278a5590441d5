"""What became of the ends and junctions of a video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

from samiam.records.polar_scene import Sign
from samiam.records.showing import counted

Event = Literal[
    "annihilation",
    "pair creation",
    "joining",
    "breaking",
    "attachment",
    "detachment",
    "bridging",
    "bridge breaking",
    "birth",
    "death",
    "entry",
    "exit",
]
"""What begins or ends tracks:

- annihilation: an end and a junction vanish together, as an arm shrinks into the stripe that it left;
- pair creation: they appear together, as an arm grows;
- joining, breaking: two ends vanish, as two stripes become one, or appear, as one becomes two;
- attachment, detachment: an end becomes a junction, as a stripe reaches another's side, or a junction an end;
- bridging, bridge breaking: two junctions appear or vanish together;
- birth, death: one point appears or vanishes alone;
- entry, exit: likewise, within half a period of where points are looked for.
"""
EVENTS: tuple[Event, ...] = get_args(Event)
POINT_COLUMNS = ("frame", "track", "kind", "row", "column", "score", "drift_row", "drift_column")
EVENT_COLUMNS = ("frame", "event", "row", "column", "track", "other_track")
LIFETIME_COLUMNS = ("track", "kind", "first_frame", "last_frame", "frames_seen", "begins_with", "ends_with")
COUNT_COLUMNS = ("frame", "ends", "junctions")


@dataclass(frozen=True, eq=False)
class Tracks:
    """The points of a video, frame by frame, each with its track; and what begins and ends tracks.

    A track is of one kind. Where it is not seen for a frame or two it has no row there. All tables are ordered.

    Attributes:
        points: a row for each point: the frame's number, the track's (from 1), "end" or "junction", row and column in
            pixels of the frame, the score, and by how many pixels the frame shows the specimen lower (`drift_row`) and
            farther right (`drift_column`) than the first frame did: row − drift_row stays where the specimen is.
        events: a row for each: the first frame that shows it, its name (one of `EVENTS`), where it is in that frame,
            the track, and the other track where two take part, else missing.
        lifetimes: a row for each track: its kind, its first and last frame, in how many it is seen, and the events
            that begin and end it; missing where it was there in the first frame, or is in the last.
        counts: a row for each frame: its number, and how many ends and junctions it shows.
        sign: of the stripes.
        period_px: from one of them to the next.
    """

    points: pd.DataFrame
    events: pd.DataFrame
    lifetimes: pd.DataFrame
    counts: pd.DataFrame
    sign: Sign
    period_px: float

    def __repr__(self) -> str:
        frames, tracks, events = len(self.counts), len(self.lifetimes), len(self.events)
        return f"Tracks({counted(frames, 'frame')}, {counted(tracks, 'track')}, {counted(events, 'event')})"

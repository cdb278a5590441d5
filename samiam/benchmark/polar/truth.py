"""The tracks of true points, linked in small steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from samiam.benchmark.polar.rows import TRUTHS, Truth
from samiam.metrics.points import matches_within
from samiam.metrics.tracks import Numbers, Places, TrackCounts, count_right
from samiam.polar.linking.linker import Linker
from samiam.polar.linking.tracks import Event, Tracks
from samiam.polar.settings import LinkingOptions
from samiam.records.polar_scene import Kind, PolarScene

LATE = 2  # frames that an event may be found before or after it happened
OF_TWO: Sequence[Event] = (
    *("annihilation", "pair creation", "joining", "breaking"),
    *("attachment", "detachment", "bridging", "bridge breaking"),
)
"""Events in which two points take part: where a point that is overlooked seems to come or go, none is seen."""


class TrueTracks:
    """True points linked in small steps, and what the same tracks look like in those frames that methods see.

    Tracks begin and end in small steps, where hardly two changes are near each other in place and time. What lies
    between two frames that methods see is left out, as nobody could say a word of it. What else is a change is settled
    twice:

    - *lasting*: as the methods' linker has it. A point that is away for as many frames as a track may be unseen has not
      gone, and what is seen in fewer than a track must be is flicker: a neck that is hardly closed opens and closes
      again, and nobody would call that two events.
    - *strict*: a point that is away in one frame has gone, and flicker has met something too.

    Args:
        first: frame of the video.
        between: steps from one frame that methods see to the next.
        options: of the methods' linker.
    """

    def __init__(self, first: PolarScene, between: int, options: LinkingOptions) -> None:
        self._between = between
        chosen = {"lasting": options, "strict": replace(options, most_missed=0, flicker=1.0)}
        self._linkers: Mapping[Truth, Linker] = {
            truth: Linker(first.micrograph.shape_hw, first.period_px, first.sign, chosen[truth]) for truth in TRUTHS
        }

    def add(self, scene: PolarScene) -> None:
        """The next step."""
        for linker in self._linkers.values():
            linker.add(scene.points, drift_px=offset_of(scene))

    def seen(self) -> dict[Truth, Tracks]:
        """The tracks of the points in the frames that methods see, by either truth."""
        return {truth: linker.tracks(every=self._between) for truth, linker in self._linkers.items()}


def offset_of(scene: PolarScene) -> tuple[float, float]:
    """Rows and columns by which a simulated frame shows the specimen farther on than the first one."""
    down, across = scene.parameters["offset_px"]
    return float(down), float(across)


def lasting(tracks: Tracks, options: LinkingOptions) -> Tracks:
    """Tracks without the points of those that are flicker."""
    own = tracks.points.groupby("track")["score"]
    lasts = (own.transform("size") >= options.least_seen) & (own.transform("max") >= options.sure)
    return replace(tracks, points=tracks.points[lasts])


def counts_of(true: Tracks, found: Tracks, kind: Kind) -> TrackCounts:
    """Points of one kind on the track that is theirs, within half a period."""
    return count_right(_of(true, kind), _of(found, kind), true.period_px / 2)


def _of(tracks: Tracks, kind: Kind) -> tuple[Numbers, Numbers, Places]:
    rows = tracks.points[tracks.points["kind"] == kind]
    frames, numbers = (rows[name].to_numpy(np.int64) for name in ("frame", "track"))
    return frames, numbers, rows[["row", "column"]].to_numpy(np.float64)


def events_found(true: Tracks, found: Tracks, names: Iterable[Event]) -> tuple[int, int, int]:
    """True events of some names, those found, and how many of both are the same: of one name, near in place and time.

    Args:
        true: tracks.
        found: tracks.
        names: of the events.
    """
    counts = np.zeros(3, np.int64)
    for name in names:
        one, other = (_places(tracks, name) for tracks in (true, found))
        counts += len(one), len(other), len(matches_within(other, one, 1.0)[0])
    n_true, n_found, n_same = counts.tolist()
    return n_true, n_found, n_same


def _places(tracks: Tracks, name: Event) -> Places:
    """Row and column in periods and frame in twos of events of one name; 1 apart at most they may be the same."""
    rows: pd.DataFrame = tracks.events[tracks.events["event"] == name]
    places = rows[["row", "column", "frame"]].to_numpy(np.float64)
    return places / [tracks.period_px, tracks.period_px, LATE + 1e-6]

"""What begins and ends tracks: which of them meet, and which come and go alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from samiam.polar.linking.tracks import EVENT_COLUMNS, Event
from samiam.polar.settings import LinkingOptions
from samiam.records.polar_scene import Kind

_AT_BORDER = 1.5
"""Periods from the border of the frame: points are looked for from one on, and may come or go by half of one more."""
_MEETINGS: Mapping[frozenset[tuple[Kind, bool]], Event] = {
    frozenset({("end", False), ("junction", False)}): "annihilation",
    frozenset({("end", True), ("junction", True)}): "pair creation",
    frozenset({("end", False)}): "joining",
    frozenset({("end", True)}): "breaking",
    frozenset({("end", False), ("junction", True)}): "attachment",
    frozenset({("junction", False), ("end", True)}): "detachment",
    frozenset({("junction", True)}): "bridging",
    frozenset({("junction", False)}): "bridge breaking",
}
"""By the kinds of two tracks and whether they begin; one of them where both are alike."""

Place = NDArray[np.float64]


@dataclass(eq=False)
class Life:
    """A track as it is linked.

    Attributes:
        track: its number.
        kind: of its points.
        first: frame.
        last: frame.
        first_px: place on the specimen (2,), row and column, as the first frame of the video shows it.
        last_px: likewise.
        n_seen: in how many frames.
    """

    track: int
    kind: Kind
    first: int
    last: int
    first_px: Place
    last_px: Place
    n_seen: int = 1

    @classmethod
    def begin(cls, track: int, kind: Kind, frame: int, place_px: Place) -> Life:
        """A track that is seen for the first time."""
        return cls(track, kind, frame, frame, place_px, place_px)

    def seen(self, frame: int, place_px: Place) -> None:
        """Go on."""
        self.last, self.last_px, self.n_seen = frame, place_px, self.n_seen + 1


@dataclass(frozen=True, eq=False)
class _Change:
    """A beginning or an end, and the first frame that shows it."""

    life: Life
    begins: bool
    frame: int
    place_px: Place


Names = dict[int, Event]


def events_of(
    lives: Sequence[Life],
    drifts: Mapping[int, Place],
    shape_hw: tuple[int, int],
    period_px: float,
    options: LinkingOptions,
) -> tuple[pd.DataFrame, Names, Names]:
    """The events of a video, and by the number of each track what begins and what ends it.

    Beginnings and ends that are near each other are paired, the nearest first; those that are alone are births and
    deaths, or entries and exits at the border.

    Args:
        lives: all tracks.
        drifts: of each frame, rows and columns.
        shape_hw: of the frames.
        period_px: of the stripes.
        options: what a meeting is.
    """
    changes = list(_changes(lives, sorted(drifts), options))
    partner = _partners(changes, period_px, options)
    rows: list[tuple[Any, ...]] = []
    begins, ends = Names(), Names()
    for index, change in enumerate(changes):
        other = changes[partner[index]] if index in partner else None
        place = change.place_px + drifts[change.frame]
        name = _alone(change, place, shape_hw, period_px) if other is None else _MEETINGS[_key(change, other)]
        (begins if change.begins else ends)[change.life.track] = name
        if other is None:
            rows.append((change.frame, name, *place, change.life.track, None))
        elif index < partner[index]:
            frame = max(change.frame, other.frame)
            middle = (change.place_px + other.place_px) / 2 + drifts[frame]
            first, second = sorted((change.life, other.life), key=lambda life: (life.kind, life.track))
            rows.append((frame, name, *middle, first.track, second.track))
    table = pd.DataFrame(sorted(rows, key=lambda row: (row[0], row[4])), columns=list(EVENT_COLUMNS))
    return table.astype({"other_track": "Int64"}), begins, ends


def _changes(lives: Iterable[Life], frames: Sequence[int], options: LinkingOptions) -> Iterable[_Change]:
    """All beginnings and ends that are seen: not those before the first frame, nor perhaps after the last."""
    for life in lives:
        if life.n_seen < options.least_seen:
            continue
        if life.first > frames[0]:
            yield _Change(life, True, life.first, life.first_px)
        if frames[-1] - life.last > options.most_missed:
            yield _Change(life, False, frames[bisect_right(frames, life.last)], life.last_px)


def _partners(changes: Sequence[_Change], period_px: float, options: LinkingOptions) -> dict[int, int]:
    """By the index of each change, that of the one it meets; those that are nearer to each other first."""
    if not changes:
        return {}
    tree = KDTree(np.array([change.place_px for change in changes]))
    near = tree.query_pairs(options.meeting * period_px, output_type="ndarray")
    pairs = [
        (float(np.hypot(*(changes[i].place_px - changes[j].place_px))), int(i), int(j))
        for i, j in near
        if _may_meet(changes[i], changes[j], options)
    ]
    partner: dict[int, int] = {}
    for _, i, j in sorted(pairs):
        if i not in partner and j not in partner:
            partner[i], partner[j] = j, i
    return partner


def _may_meet(one: _Change, other: _Change, options: LinkingOptions) -> bool:
    is_own = one.life is other.life
    return not is_own and abs(one.frame - other.frame) <= options.together and _key(one, other) in _MEETINGS


def _key(one: _Change, other: _Change) -> frozenset[tuple[Kind, bool]]:
    return frozenset({(one.life.kind, one.begins), (other.life.kind, other.begins)})


def _alone(change: _Change, place_px: Place, shape_hw: tuple[int, int], period_px: float) -> Event:
    margin = float(min(*place_px, *(np.array(shape_hw) - 1 - place_px)))
    if margin < _AT_BORDER * period_px:
        return "entry" if change.begins else "exit"
    return "birth" if change.begins else "death"

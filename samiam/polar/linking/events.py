"""What begins and ends tracks: which of them meet, and which come and go alone."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from samiam.polar.linking.lives import Change, Life, Place, changes_of, stretch_with, stretches_of, wholes_of
from samiam.polar.linking.reactions import Partners, meeting_of, missed_at_most, partners_of
from samiam.polar.linking.tracks import EVENT_COLUMNS, Event
from samiam.polar.settings import LinkingOptions

_AT_BORDER = 1.5
"""Periods from the border of the frame: points are looked for from one on, and may come or go by half of one more."""
_BORDER_ALONE = 0.4  # what it costs to leave alone what comes or goes there, where elsewhere it is 1


@dataclass(frozen=True, eq=False)
class Watched:
    """How a video was seen, on square pixels: rows and columns are in widths of a pixel.

    Attributes:
        drifts: of each frame (2,), in the order of the frames.
        every: frames from one that is told of to the next.
        n_seen: by the number of each track, in how many of those that are told of.
        last_place: the last row and column (2,) of a frame; the first are at 0.
        period: of the stripes.
        options: what a meeting is.
    """

    drifts: Mapping[int, Place]
    every: int
    n_seen: Mapping[int, int]
    last_place: Place
    period: float
    options: LinkingOptions


@dataclass(eq=False)
class Told:
    """What is told of tracks.

    Attributes:
        rows: of the table of events, see `Tracks`.
        begins: what begins each track, by its number.
        ends: likewise.
        same: by the number of a track, that of an earlier one that it is; of most there is none.
        numbers: what tracks are called in the end, by the number of the earliest that each goes on from.
    """

    rows: list[tuple[int, Event, float, float, int, int | None]] = field(default_factory=list)
    begins: dict[int, Event] = field(default_factory=dict)
    ends: dict[int, Event] = field(default_factory=dict)
    same: dict[int, int] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)

    def number_of(self, track: int) -> int:
        """The number of the earliest track that one goes on from."""
        while track in self.same:
            track = self.same[track]
        return track

    def final(self, track: int) -> int:
        """What a track is called in the end."""
        return self.numbers[self.number_of(track)]

    def events(self) -> pd.DataFrame:
        """The table."""
        rows = [
            (*row, self.final(track), None if other is None else self.final(other)) for *row, track, other in self.rows
        ]
        table = pd.DataFrame(rows, columns=list(EVENT_COLUMNS)).sort_values(["frame", "track"], ignore_index=True)
        return table.astype({"other_track": "Int64"})


class Telling:
    """Tells the events of a video: what changed for good.

    Beginnings and ends of tracks are paired twice (see `reactions`). First all of them, which tells what goes on after
    a while in which it is not seen, as an end that was a junction for a moment. What is flicker then, too short or
    never sure, is left out, and what lasts is paired again: where an end became a junction for a moment, which met
    another end, two ends have joined.

    Args:
        lives: all tracks.
        watched: how they were seen.
    """

    def __init__(self, lives: Sequence[Life], watched: Watched) -> None:
        self._watched, self._frames = watched, list(watched.drifts)
        self._told_of = [frame for frame in self._frames if frame % watched.every == 0]
        self._most_missed = missed_at_most(watched.options, watched.every)
        self._stretches = stretches_of(self._frames, self._most_missed)
        self._n_seen, self._told = Counter(watched.n_seen), Told()
        self._pair(lives)
        for track in self._told.same:
            self._n_seen[self._told.number_of(track)] += watched.n_seen.get(track, 0)
        wholes = wholes_of(lives, self._told.number_of)
        self._changes, self._partner = self._pair([one for one in wholes if self._lasts(one) or self._may_last(one)])

    def told(self) -> Told:
        """All events."""
        told, done = self._told, set[int]()
        for index, change in enumerate(self._changes):
            if index in done:
                continue
            both = (change, self._changes[self._partner[index]]) if index in self._partner else (change,)
            done |= {index, self._partner.get(index, index)}
            if not all(self._lasts(one.life) for one in both):
                continue
            if len(both) == 1:
                self._tell_alone(told, change)
            elif (name := meeting_of(*both)) is not None:
                self._tell_both(told, name, both)
        return told

    def _pair(self, lives: Sequence[Life]) -> tuple[list[Change], Partners]:
        """All beginnings and ends, and those that belong together; tracks that go on from one another are the same."""
        changes = changes_of(lives, self._stretches)
        alone = [self._cost_alone(change) for change in changes]
        partner = partners_of(changes, alone, self._watched.period, self._watched.options, self._watched.every)
        for index, other in partner.items():
            end, begin = changes[index], changes[other]
            if begin.begins and not end.begins and meeting_of(end, begin) is None:
                self._told.same[begin.life.track] = end.life.track
        return changes, partner

    def _tell_both(self, told: Told, name: Event, both: tuple[Change, ...]) -> None:
        ordered = tuple(sorted(both, key=lambda change: (change.life.kind, change.life.track)))
        place = np.mean([change.place for change in both], axis=0)
        self._tell(told, name, max(change.frame for change in both), place, ordered)

    def _tell_alone(self, told: Told, change: Change) -> None:
        """Tell what comes or goes alone, unless the track may be seen again after the video, or in a pause of it."""
        not_seen = stretch_with(change.life.last, self._stretches).stop - 1 - change.life.last
        if change.begins or not_seen > self._most_missed:
            names: tuple[Event, Event] = ("entry", "exit") if self._is_at_border(change) else ("birth", "death")
            self._tell(told, names[0 if change.begins else 1], change.frame, change.place, (change,))

    def _tell(self, told: Told, name: Event, frame: int, place: Place, changes: tuple[Change, ...]) -> None:
        shown = bisect_left(self._told_of, frame)
        if shown == len(self._told_of):
            return
        seen_in = self._told_of[shown]
        row, column = (place + self._watched.drifts[seen_in]).tolist()
        tracks = [change.life.track for change in changes]
        told.rows.append((seen_in // self._watched.every, name, row, column, tracks[0], (*tracks, None)[1]))
        for change in changes:
            (told.begins if change.begins else told.ends)[change.life.track] = name

    def _lasts(self, life: Life) -> bool:
        chosen = self._watched.options
        return self._n_seen[life.track] >= chosen.least_seen and life.surest >= chosen.sure

    def _may_last(self, life: Life) -> bool:
        """Whether it is there at the beginning or the end of a stretch, so that nobody can say how long it lasts."""
        stretch = stretch_with(life.last, self._stretches)
        return life.first == stretch.start or life.last == stretch.stop - 1

    def _cost_alone(self, change: Change) -> float:
        cost = 1.0 if self._lasts(change.life) else self._watched.options.flicker
        return min(cost, _BORDER_ALONE) if self._is_at_border(change) else cost

    def _is_at_border(self, change: Change) -> bool:
        drift = self._watched.drifts[self._frames[bisect_right(self._frames, change.frame) - 1]]
        place = change.place + drift
        margin = float(min(*place, *(self._watched.last_place - place)))
        return margin < _AT_BORDER * self._watched.period

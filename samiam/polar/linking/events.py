"""What begins and ends tracks: which of them meet, and which come and go alone."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from samiam.polar.linking.lives import Change, Life, Place, changes_of, stretch_with, stretches_of
from samiam.polar.linking.reactions import meeting_of, partners_of
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
    """Tells the events of a video.

    All beginnings and ends of tracks are paired (see `reactions`), those of flicker as well: of tracks that are seen in
    too few frames. Flicker is then left out: where an end became a junction for a moment, which met another end, two
    ends have joined. What is told is therefore what changed for good.

    Args:
        lives: all tracks.
        watched: how they were seen.
    """

    def __init__(self, lives: Sequence[Life], watched: Watched) -> None:
        self._watched, self._frames = watched, list(watched.drifts)
        self._told_of = [frame for frame in self._frames if frame % watched.every == 0]
        self._stretches = stretches_of(self._frames, watched.options.most_missed)
        self._changes = changes_of(lives, self._stretches)
        self._n_seen, self._told = Counter(watched.n_seen), Told()
        alone = [self._cost_alone(change) for change in self._changes]
        self._partner = partners_of(self._changes, alone, watched.period, watched.options)
        self._join()
        own = [(self._told.number_of(change.life.track), change.begins) for change in self._changes]
        self._at = {key: index for index, key in enumerate(own) if index not in self._joined}

    def told(self) -> Told:
        """All events."""
        told, done = self._told, set(self._joined)
        for index, change in enumerate(self._changes):
            if index in done or not self._lasts(change):
                continue
            other, is_known = self._met(index)
            if other is None:
                if is_known:
                    self._tell_alone(told, change)
            else:
                done.add(other)
                self._tell_both(told, change, self._changes[other])
        return told

    def _join(self) -> None:
        """Make one track of those that go on after a while in which they are not seen."""
        self._joined = set[int]()
        for index, other in self._partner.items():
            one, another = self._changes[index], self._changes[other]
            if another.begins and not one.begins and meeting_of(one, another) is None:
                self._told.same[another.life.track] = one.life.track
                self._joined |= {index, other}
        for track in self._told.same:
            self._n_seen[self._told.number_of(track)] += self._watched.n_seen.get(track, 0)

    def _met(self, index: int) -> tuple[int | None, bool]:
        """What a change of a track that lasts meets, through flicker; and whether that can be known.

        It cannot where the flicker was there before the video or is after it, and may last.
        """
        passed = {index}
        while index in self._partner:
            other = self._partner[index]
            met = self._changes[other]
            if self._lasts(met):
                return other, True
            across = self._at.get((self._told.number_of(met.life.track), not met.begins))
            if across is None:
                return None, False
            if across in passed:
                break
            passed.add(across)
            index = across
        return None, True

    def _tell_both(self, told: Told, one: Change, other: Change) -> None:
        name = meeting_of(one, other)
        if name is None:
            end, begin = (other, one) if one.begins else (one, other)
            if begin.life.first > end.life.last:
                told.same[begin.life.track] = end.life.track
            else:
                self._tell_alone(told, end)
                self._tell_alone(told, begin)
            return
        first, second = sorted([one, other], key=lambda change: (change.life.kind, change.life.track))
        place = (one.place + other.place) / 2
        self._tell(told, name, max(one.frame, other.frame), place, (first, second))

    def _tell_alone(self, told: Told, change: Change) -> None:
        """Tell what comes or goes alone, unless the track may be seen again after the video, or in a pause of it."""
        not_seen = stretch_with(change.life.last, self._stretches).stop - 1 - change.life.last
        if change.begins or not_seen > self._watched.options.most_missed:
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

    def _lasts(self, change: Change) -> bool:
        return self._n_seen[self._told.number_of(change.life.track)] >= self._watched.options.least_seen

    def _cost_alone(self, change: Change) -> float:
        cost = 1.0 if self._lasts(change) else self._watched.options.flicker
        return min(cost, _BORDER_ALONE) if self._is_at_border(change) else cost

    def _is_at_border(self, change: Change) -> bool:
        drift = self._watched.drifts[self._frames[bisect_right(self._frames, change.frame) - 1]]
        place = change.place + drift
        margin = float(min(*place, *(self._watched.last_place - place)))
        return margin < _AT_BORDER * self._watched.period

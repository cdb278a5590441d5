"""Points of one frame after the other become tracks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from samiam.errors import InputError
from samiam.polar.linking.assignment import nearest_pairs
from samiam.polar.linking.drift import Registration, are_unlike
from samiam.polar.linking.events import Telling, Told, Watched
from samiam.polar.linking.lives import Life, stretches_of
from samiam.polar.linking.tracks import COUNT_COLUMNS, LIFETIME_COLUMNS, POINT_COLUMNS, Tracks
from samiam.polar.settings import LinkingOptions
from samiam.records.polar_scene import Kind, Points, Sign

KINDS: tuple[Kind, Kind] = ("end", "junction")


@dataclass(frozen=True, eq=False)
class _Frame:
    """What is kept of a frame."""

    number: int
    points: Points
    drift_px: NDArray[np.float64]
    tracks: NDArray[np.int64]


class Linker:
    """Links points of a video, frame by frame, to tracks; it keeps one frame and all points.

    Ends are linked with ends, junctions with junctions, after the drift is taken out, so that the distances of all
    links add up to least (Jonker and Volgenant, see `scipy.optimize.linear_sum_assignment`). A track that is not seen
    in a few frames goes on where it is seen again.

    Args:
        shape_hw: of all frames.
        period_px: from one stripe to the next, in widths of a pixel.
        sign: of the stripes.
        options: what a link is.
        pixel_aspect: height of a pixel over its width; distances are those on the specimen, in widths.

    Example:
        >>> linker = Linker((100, 100), period_px=10.0)
        >>> for step in range(3):
        ...     drift = linker.add(Points([[50.0 + step, 40.0], [20.0, 60.0]], [False, True]))
        >>> linker.tracks()
        Tracks(3 frames, 2 tracks, 0 events)
    """

    def __init__(
        self,
        shape_hw: tuple[int, int],
        period_px: float,
        sign: Sign = "bright",
        options: LinkingOptions = LinkingOptions(),
        *,
        pixel_aspect: float = 1.0,
    ) -> None:
        self.shape_hw, self.period_px, self.sign, self.options = shape_hw, period_px, sign, options
        self._registration = Registration(period_px, pixel_aspect)
        self._widths = np.array([pixel_aspect, 1.0])  # of a pixel, to one row and one column
        self._frames: list[_Frame] = []
        self._lives: dict[int, Life] = {}
        self._likenesses: dict[int, tuple[float, bool]] = {}  # by frame: to the one before, and whether it has moved

    def add(
        self,
        points: Points,
        pixels: NDArray[np.floating] | None = None,
        *,
        frame: int | None = None,
        drift_px: ArrayLike | None = None,
    ) -> tuple[float, float]:
        """Link the points of the next frame.

        Args:
            points: of the frame.
            pixels: real (H, W), by which drift is measured; a frame without them has not drifted.
            frame: its number, one more than that of the frame before where None; more where frames are missing.
            drift_px: rows and columns by which it shows the specimen farther on than the first frame, if that is known.

        Returns:
            The drift.

        Raises:
            InputError: if the frame is of another size than those before, or does not come after them; it can be left
                out then, and the next one added.
        """
        number = self._number_of(frame)
        if pixels is not None and pixels.shape != self.shape_hw:
            (height, width), (rows, columns) = self.shape_hw, pixels.shape
            raise InputError(
                f"frame {number}: {columns} × {rows} px, and the frames before have {width} × {height}; "
                "link frames of one size."
            )
        drift = self._drift_of(pixels, drift_px)
        likeness = self._registration.likeness
        if pixels is not None and drift_px is None and likeness is not None:
            self._likenesses[number] = likeness, self._registration.has_moved
        on_specimen = (points.positions_px - drift) * self._widths
        own = self._linked(points, on_specimen, number)
        seen = zip(own.tolist(), on_specimen, points.is_junction.tolist(), points.scores.tolist(), strict=True)
        for track, place, is_junction, score in seen:
            self._go_on(track, KINDS[is_junction], number, place, score)
        self._frames.append(_Frame(number, points, drift, own))
        return float(drift[0]), float(drift[1])

    @property
    def pauses(self) -> list[tuple[int, int]]:
        """The frames before and after each pause that no track reaches over, and of which nothing is told."""
        stretches = stretches_of((frame.number for frame in self._frames), self.options.most_missed)
        return [(before.stop - 1, after.start) for before, after in pairwise(stretches)]

    @property
    def jumps(self) -> list[int]:
        """The frames that are so unlike the one before that their drift is not to be trusted, nor what it links.

        The second frame is compared with those that come next; of two frames none is.
        """
        unlike = are_unlike([likeness for likeness, _ in self._likenesses.values()])
        frames = zip(self._likenesses.items(), unlike, strict=True)
        return [number for (number, (_, has_moved)), is_unlike in frames if has_moved and is_unlike]

    @property
    def _last(self) -> int:
        return self._frames[-1].number if self._frames else -1

    def _number_of(self, frame: int | None) -> int:
        number = self._last + 1 if frame is None else frame
        if number <= self._last:
            raise InputError(f"frame {number} comes after frame {self._last}; link frames in their order.")
        return number

    def _drift_of(self, pixels: NDArray[np.floating] | None, given_px: ArrayLike | None) -> NDArray[np.float64]:
        if given_px is None:
            before = self._frames[-1].drift_px if self._frames else np.zeros(2)
            return before if pixels is None else self._registration.drift_of(pixels)
        drift = np.asarray(given_px, np.float64)
        if pixels is not None:
            self._registration.start_from(pixels, drift)
        return drift

    def _linked(self, points: Points, on_specimen: NDArray[np.float64], number: int) -> NDArray[np.int64]:
        """The number of the track of each point."""
        tracks = np.zeros(len(points), np.int64)
        is_near = number - self._last <= self.options.most_missed + 1
        going_on = [life for life in self._lives.values() if life.last == self._last] if is_near else []
        for kind in KINDS:
            of_kind = np.flatnonzero(points.is_junction == (kind == "junction"))
            waiting = [life for life in going_on if life.kind == kind]
            before = np.array([life.last_place for life in waiting]).reshape(-1, 2)
            reach = self.options.reach * self.period_px * np.sqrt(number - self._last)
            for old, new in zip(*nearest_pairs(before, on_specimen[of_kind], reach), strict=True):
                tracks[of_kind[new]] = waiting[old].track
        is_new = tracks == 0
        tracks[is_new] = max(self._lives, default=0) + 1 + np.arange(np.count_nonzero(is_new))
        return tracks

    def _go_on(self, track: int, kind: Kind, number: int, place: NDArray[np.float64], score: float) -> None:
        if track in self._lives:
            self._lives[track].seen(number, place, score)
        else:
            self._lives[track] = Life.begin(track, kind, number, place, score)

    def tracks(self, every: int = 1) -> Tracks:
        """The tracks of all frames that were added, and what happened to them.

        Args:
            every: frames from one that is told of to the next, from number 0 on; all help to link and to pair. How many
                frames a track may not be seen in, and how many may lie between two points that meet, counts in those
                that are told of.
        """
        told_of = [frame for frame in self._frames if frame.number % every == 0]
        watched = Watched(
            drifts={frame.number: frame.drift_px * self._widths for frame in self._frames},
            every=every,
            n_seen=Counter(track for frame in told_of for track in frame.tracks.tolist()),
            last_place=(np.array(self.shape_hw) - 1) * self._widths,
            period=self.period_px,
            options=self.options,
        )
        told = Telling(list(self._lives.values()), watched).told()
        points = _numbered(_table_of_points(told_of, every), told)
        counts = [
            (frame.number // every, *(np.count_nonzero(frame.points.is_junction == own) for own in (False, True)))
            for frame in told_of
        ]
        events = told.events()
        return Tracks(
            points=points,
            events=events.assign(row=events["row"] / self._widths[0]),
            lifetimes=_table_of_lifetimes(points, told),
            counts=pd.DataFrame(counts, columns=list(COUNT_COLUMNS)),
            sign=self.sign,
            period_px=self.period_px,
        )


def _table_of_points(frames: Sequence[_Frame], every: int) -> pd.DataFrame:
    rows = [
        (frame.number // every, track, KINDS[int(junction)], *place, score, *frame.drift_px)
        for frame in frames
        for track, junction, place, score in zip(
            frame.tracks.tolist(),
            frame.points.is_junction.tolist(),
            frame.points.positions_px.tolist(),
            frame.points.scores.tolist(),
            strict=True,
        )
    ]
    return pd.DataFrame(rows, columns=list(POINT_COLUMNS))


def _numbered(points: pd.DataFrame, told: Told) -> pd.DataFrame:
    """The table with the final numbers of tracks, from 1 in the order in which they begin; of whole tracks."""
    whole = points.assign(track=points["track"].map(told.number_of))
    firsts = whole.sort_values(["frame", "kind", "row", "column"]).drop_duplicates("track")["track"]
    told.numbers = {track: number for number, track in enumerate(firsts.tolist(), start=1)}
    numbers = whole["track"].map(told.numbers).astype(np.int64)
    return whole.assign(track=numbers).sort_values(["frame", "track"], ignore_index=True)


def _table_of_lifetimes(points: pd.DataFrame, told: Told) -> pd.DataFrame:
    """From when to when each track is seen; a track that goes on from another ends as the last of them does."""
    begins = {told.final(track): name for track, name in told.begins.items()}
    ends = {told.final(track): name for track, name in told.ends.items()}
    tracks = points.groupby("track")
    table = tracks.agg(kind=("kind", "first"), first_frame=("frame", "min"), last_frame=("frame", "max"))
    table = table.assign(frames_seen=tracks.size()).reset_index()
    for column, names in (("begins_with", begins), ("ends_with", ends)):
        table[column] = [names.get(track) for track in table["track"].tolist()]
    return table[list(LIFETIME_COLUMNS)]

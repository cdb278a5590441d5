"""Points of one frame after the other become tracks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from samiam.errors import InputError
from samiam.polar.linking.assignment import nearest_pairs
from samiam.polar.linking.drift import Registration
from samiam.polar.linking.events import Life, events_of
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
        period_px: from one stripe to the next.
        sign: of the stripes.
        options: what a link is.

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
    ) -> None:
        self.shape_hw, self.period_px, self.sign, self.options = shape_hw, period_px, sign, options
        self._registration = Registration(period_px)
        self._frames: list[_Frame] = []
        self._lives: list[Life] = []

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
        tracks = self._linked(points, points.positions_px - drift, number)
        self._frames.append(_Frame(number, points, drift, tracks))
        return float(drift[0]), float(drift[1])

    def _number_of(self, frame: int | None) -> int:
        last = self._frames[-1].number if self._frames else -1
        number = last + 1 if frame is None else frame
        if number <= last:
            raise InputError(f"frame {number} comes after frame {last}; link frames in their order.")
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
        for kind in KINDS:
            of_kind = np.flatnonzero(points.is_junction == (kind == "junction"))
            waiting = [life for life in self._lives if life.kind == kind and self._may_go_on(life, number)]
            before = np.array([life.last_px for life in waiting]).reshape(-1, 2)
            steps = np.array([number - life.last for life in waiting])
            reach = self.options.reach * self.period_px * np.sqrt(steps)
            for old, new in zip(*nearest_pairs(before, on_specimen[of_kind], reach), strict=True):
                tracks[of_kind[new]] = waiting[old].track
                waiting[old].seen(number, on_specimen[of_kind[new]])
            for new in of_kind[tracks[of_kind] == 0]:
                self._lives.append(Life.begin(len(self._lives) + 1, kind, number, on_specimen[new]))
                tracks[new] = len(self._lives)
        return tracks

    def _may_go_on(self, life: Life, number: int) -> bool:
        return number - life.last <= self.options.most_missed + 1

    def tracks(self) -> Tracks:
        """The tracks of all frames that were added, and what happened to them."""
        drifts = {frame.number: frame.drift_px for frame in self._frames}
        events, begins, ends = events_of(self._lives, drifts, self.shape_hw, self.period_px, self.options)
        lifetimes = [
            (life.track, life.kind, life.first, life.last, life.n_seen, begins.get(life.track), ends.get(life.track))
            for life in self._lives
        ]
        counts = [
            (frame.number, *(np.count_nonzero(frame.points.is_junction == junction) for junction in (False, True)))
            for frame in self._frames
        ]
        return Tracks(
            points=self._table_of_points(),
            events=events,
            lifetimes=pd.DataFrame(lifetimes, columns=list(LIFETIME_COLUMNS)),
            counts=pd.DataFrame(counts, columns=list(COUNT_COLUMNS)),
            sign=self.sign,
            period_px=self.period_px,
        )

    def _table_of_points(self) -> pd.DataFrame:
        rows = [
            (frame.number, track, KINDS[int(junction)], *place, score, *frame.drift_px)
            for frame in self._frames
            for track, junction, place, score in zip(
                frame.tracks.tolist(),
                frame.points.is_junction.tolist(),
                frame.points.positions_px.tolist(),
                frame.points.scores.tolist(),
                strict=True,
            )
        ]
        return pd.DataFrame(rows, columns=list(POINT_COLUMNS)).sort_values(["frame", "track"], ignore_index=True)

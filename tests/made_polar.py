"""Videos of a few bright blobs, with a finder and a linker that take no time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError
from samiam.polar.linking.tracks import COUNT_COLUMNS, EVENT_COLUMNS, LIFETIME_COLUMNS, POINT_COLUMNS, Tracks
from samiam.polar.result import PolarPoints
from samiam.records import Micrograph
from samiam.records.polar_scene import Points, Sign

SHAPE_HW = (48, 64)
PERIOD_PX = 8.0
Blob = tuple[int, int, bool]
"""Row and column of its middle, and whether it is a junction."""


def blobs_of(frame: int) -> list[Blob]:
    """Two ends and a junction that wander to the right; from frame 2 on there is one end less."""
    found = [(12, 10 + frame, False), (30, 20 + frame, True), (24, 44 + frame, False)]
    return found if frame < 2 else found[:-1]


def made_frame(blobs: Sequence[Blob], seed: int = 0) -> NDArray[np.uint8]:
    """Blobs of 5 px on a ground that is never twice the same."""
    pixels = np.random.default_rng(seed).integers(20, 40, SHAPE_HW).astype(np.uint8)
    for row, column, is_junction in blobs:
        pixels[row - 2 : row + 3, column - 2 : column + 3] = 160 if is_junction else 250
    return pixels


def made_video(n: int) -> NDArray[np.uint8]:
    """Frames (n, H, W)."""
    return np.stack([made_frame(blobs_of(frame), frame) for frame in range(n)])


def find_blobs(micrograph: Micrograph) -> PolarPoints:
    """The blobs; frames without any are refused, as those without stripes are."""
    labels, n = ndimage.label(micrograph.pixels > 0.4)
    if micrograph.pixels.mean() > 0.3:
        raise InputError("no stripes stand out; give a frame that shows some.")
    middles = ndimage.center_of_mass(labels > 0, labels, range(1, n + 1))
    levels = ndimage.maximum(micrograph.pixels, labels, range(1, n + 1))
    points = Points(middles, np.asarray(levels) < 0.9, np.asarray(levels))
    return PolarPoints(micrograph, points, "bright", PERIOD_PX)


class MadeLinker:
    """Every point goes on with the nearest of its kind in the frame before, if that is no farther than 6 px."""

    def __init__(self, shape_hw: tuple[int, int], period_px: float, sign: Sign, *, pixel_aspect: float = 1.0) -> None:
        self.pixel_aspect = pixel_aspect
        assert (shape_hw, period_px, sign) == (SHAPE_HW, PERIOD_PX, "bright")
        self.rows: list[tuple[int, int, str, float, float, float, float, float]] = []
        self.events: list[tuple[int, str, float, float, int, None]] = []
        self.before: list[tuple[int, str, float, float]] = []
        self.frames: list[tuple[int, int, int]] = []
        self.n_tracks = 0
        self.pauses: list[tuple[int, int]] = []
        self.jumps: list[int] = []

    def add(self, points: Points, pixels: NDArray[Any] | None = None, *, frame: int | None = None) -> None:
        assert pixels is not None
        assert pixels.shape == SHAPE_HW
        assert frame is not None
        now = []
        for (row, column), junction, score in zip(
            points.positions_px.tolist(), points.is_junction, points.scores.tolist(), strict=True
        ):
            kind = "junction" if junction else "end"
            near = [one for one in self.before if one[1] == kind and np.hypot(one[2] - row, one[3] - column) < 6]
            if near:
                track = near[0][0]
            else:
                self.n_tracks += 1
                track = self.n_tracks
                if self.frames:
                    self.events.append((frame, "birth", row, column, track, None))
            now.append((track, kind, row, column))
            self.rows.append((frame, track, kind, row, column, score, 0.0, 0.0))
        gone = [one for one in self.before if one[0] not in {track for track, *_ in now}]
        self.events += [(frame, "death", row, column, track, None) for track, _, row, column in gone]
        n_junctions = int(points.is_junction.sum())
        self.frames.append((frame, len(points) - n_junctions, n_junctions))
        self.before = now

    def tracks(self) -> Tracks:
        points = pd.DataFrame(self.rows, columns=list(POINT_COLUMNS))
        lifetimes = pd.DataFrame(
            [
                (track, rows["kind"].iloc[0], rows["frame"].min(), rows["frame"].max(), len(rows), None, None)
                for track, rows in points.groupby("track")
            ],
            columns=list(LIFETIME_COLUMNS),
        )
        events = pd.DataFrame(self.events, columns=list(EVENT_COLUMNS)).astype({"other_track": "Int64"})
        counts = pd.DataFrame(self.frames, columns=list(COUNT_COLUMNS))
        return Tracks(points, events, lifetimes, counts, "bright", PERIOD_PX)

"""Tracks while they are linked, and where they begin and end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.records.polar_scene import Kind

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
    """

    track: int
    kind: Kind
    first: int
    last: int
    first_px: Place
    last_px: Place

    @classmethod
    def begin(cls, track: int, kind: Kind, frame: int, place_px: Place) -> Life:
        """A track that is seen for the first time."""
        return cls(track, kind, frame, frame, place_px, place_px)

    def seen(self, frame: int, place_px: Place) -> None:
        """Go on."""
        self.last, self.last_px = frame, place_px


@dataclass(frozen=True, eq=False)
class Change:
    """A beginning or an end of a track.

    Attributes:
        life: the track.
        begins: or ends.
        frame: the first that shows it.
        place_px: where the track is seen first, or last, on the specimen (2,).
    """

    life: Life
    begins: bool
    frame: int
    place_px: Place


def changes_of(lives: Iterable[Life], frames: range) -> list[Change]:
    """All beginnings and ends between the first frame and the last one.

    Args:
        lives: all tracks.
        frames: of the video, those that are missing among them.
    """
    found: list[Change] = []
    for life in lives:
        if life.first > frames.start:
            found.append(Change(life, True, life.first, life.first_px))
        if life.last < frames.stop - 1:
            found.append(Change(life, False, life.last + 1, life.last_px))
    return found

"""Tracks while they are linked, and where they begin and end."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

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
        first_place: on the specimen (2,): row and column as the first frame of the video shows it, in widths of a
            pixel.
        last_place: likewise.
        surest: the highest score of its points, [0, 1].
    """

    track: int
    kind: Kind
    first: int
    last: int
    first_place: Place
    last_place: Place
    surest: float

    @classmethod
    def begin(cls, track: int, kind: Kind, frame: int, place: Place, score: float) -> Life:
        """A track that is seen for the first time."""
        return cls(track, kind, frame, frame, place, place, score)

    def seen(self, frame: int, place: Place, score: float) -> None:
        """Go on."""
        self.last, self.last_place, self.surest = frame, place, max(self.surest, score)


@dataclass(frozen=True, eq=False)
class Change:
    """A beginning or an end of a track.

    Attributes:
        life: the track.
        begins: or ends.
        frame: the first that shows it.
        place: where the track is seen first, or last, likewise.
    """

    life: Life
    begins: bool
    frame: int
    place: Place


def stretches_of(frames: Iterable[int], most_missed: int) -> list[range]:
    """The stretches of a video over which tracks reach: between two of them more frames in a row are not seen.

    Args:
        frames: the numbers of those that are seen, rising.
        most_missed: frames in a row in which a track may not be seen.

    Returns:
        From the first frame of each to its last one, those that are missing in between among them.

    Example:
        >>> stretches_of([0, 1, 4, 8, 9], most_missed=2)
        [range(0, 5), range(8, 10)]
    """
    found: list[range] = []
    for frame in frames:
        if found and frame - found[-1].stop <= most_missed:
            found[-1] = range(found[-1].start, frame + 1)
        else:
            found.append(range(frame, frame + 1))
    return found


def changes_of(lives: Iterable[Life], stretches: Sequence[range]) -> list[Change]:
    """All beginnings and ends but those at the beginnings and ends of stretches, of which nothing is known.

    Args:
        lives: all tracks.
        stretches: of the video, see `stretches_of`.
    """
    found: list[Change] = []
    for life in lives:
        stretch = stretch_with(life.last, stretches)
        if life.first > stretch.start:
            found.append(Change(life, True, life.first, life.first_place))
        if life.last < stretch.stop - 1:
            found.append(Change(life, False, life.last + 1, life.last_place))
    return found


def wholes_of(lives: Iterable[Life], whole_of: Callable[[int], int]) -> list[Life]:
    """Tracks of which some go on from others, as one each.

    Args:
        lives: all tracks; those of one whole are seen one after the other.
        whole_of: by the number of a track, that of the earliest that it goes on from.
    """
    wholes: dict[int, Life] = {}
    for life in sorted(lives, key=lambda life: life.first):
        track = whole_of(life.track)
        before = wholes.get(track, life)
        surest = max(before.surest, life.surest)
        wholes[track] = replace(life, track=track, first=before.first, first_place=before.first_place, surest=surest)
    return list(wholes.values())


def stretch_with(frame: int, stretches: Sequence[range]) -> range:
    """The stretch that a frame is in."""
    return stretches[bisect_right(stretches, frame, key=lambda stretch: stretch.start) - 1]

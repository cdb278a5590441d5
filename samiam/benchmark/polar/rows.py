"""What is kept of a method on a video: one line for each kind of point, and one for its tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from samiam.benchmark.caching.plain_rows import PlainRow

TRUE_POINTS = "true points"
"""Of the tracks that come of linking the true points of those frames that methods see: what only linking costs."""

Truth = Literal["lasting", "strict"]
"""What counts as a change of the true tracks, see `truth.TrueTracks`."""
TRUTHS: tuple[Truth, ...] = get_args(Truth)


@dataclass(frozen=True)
class PointRow(PlainRow):
    """A method on the points of one kind in a video.

    Attributes:
        video: of the labyrinth.
        noise: of a pixel, in σ of the stripes.
        method: that found them.
        kind: "end" or "junction".
        frames: how many.
        n_true: points in all of them.
        n_found: likewise.
        matched: pairs of both within each of the radii that were asked for.
        places: squares of one period a side in which points are looked for and there is none.
    """

    video: str
    noise: float
    method: str
    kind: str
    frames: int
    n_true: int
    n_found: int
    matched: Sequence[int]
    places: float


@dataclass(frozen=True)
class TrackRow(PlainRow):
    """A method on the tracks and events of a video.

    Attributes:
        video: of the labyrinth.
        noise: of a pixel, in σ of the stripes.
        method: that found the points.
        truth: against which.
        frames: how many.
        right: of ends and junctions, points on the track that is theirs.
        true: likewise all true points.
        found: likewise all that are found.
        annihilations: true ones, those found, and those of both that are the same.
        events: likewise of all events in which two points take part.
    """

    video: str
    noise: float
    method: str
    truth: Truth
    frames: int
    right: Sequence[int]
    true: Sequence[int]
    found: Sequence[int]
    annihilations: Sequence[int]
    events: Sequence[int]

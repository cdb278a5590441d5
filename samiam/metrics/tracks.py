"""How many points of a video are found and given to the right track."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

Numbers = NDArray[np.int64]
Places = NDArray[np.float64]


class TrackCounts(NamedTuple):
    """Points of a video that are on the track they should be on, and all points.

    Attributes:
        right: points of the true tracks that the found track lies on that is theirs.
        true: points of all true tracks.
        found: points of all found tracks.
    """

    right: int
    true: int
    found: int

    @property
    def idf1(self) -> float:
        """F1 of identities (Ristani et al. 2016, arXiv:1609.01775); NaN where there is nothing to find or found."""
        return 2 * self.right / (self.true + self.found) if self.true + self.found else float("nan")


def count_right(
    true: tuple[Numbers, Numbers, Places], found: tuple[Numbers, Numbers, Places], radius: float
) -> TrackCounts:
    """Give each true track one found track, so that as many points as possible are on theirs.

    Args:
        true: frame (n,), track (n,) and place (n, 2) of each point; a track is once in a frame at most.
        found: likewise (m,).
        radius: up to which a point of a track lies on another.
    """
    (frames, tracks, places), (found_frames, found_tracks, found_places) = true, found
    names, own = np.unique(tracks, return_inverse=True)
    found_names, others = np.unique(found_tracks, return_inverse=True)
    together = np.zeros((len(names), len(found_names)), np.int64)
    for frame in np.intersect1d(frames, found_frames):
        here, there = np.flatnonzero(frames == frame), np.flatnonzero(found_frames == frame)
        near = np.argwhere(cdist(places[here], found_places[there]) <= radius)
        np.add.at(together, (own[here[near[:, 0]]], others[there[near[:, 1]]]), 1)
    right = int(together[linear_sum_assignment(together, maximize=True)].sum()) if together.size else 0
    return TrackCounts(right, len(frames), len(found_frames))

"""How well points are found: one to one with those of the truth, within half a period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samiam.polar.linking.assignment import nearest_pairs
from samiam.records.polar_scene import Points

REACH = 0.5  # of a period
_AS_GOOD = 0.001  # of F: less than what another draw of frames changes


@dataclass(frozen=True, eq=False)
class Peaks:
    """What may be points of one kind in one frame, beside the truth.

    Attributes:
        places_px: (n, 2), a period or more from the border.
        heights: (n,).
        truth_px: (m, 2).
        period_px: of the stripes, on the same pixels.
    """

    places_px: NDArray[np.float64]
    heights: NDArray[np.float32]
    truth_px: NDArray[np.float64]
    period_px: float

    @classmethod
    def of(cls, found: Points, truth_px: NDArray[np.float64], period_px: float, shape_hw: tuple[int, ...]) -> Peaks:
        """Those of a map of this shape."""
        places = found.positions_px
        inside = ((places >= period_px) & (places <= np.array(shape_hw) - 1 - period_px)).all(axis=1)
        return cls(places[inside], found.scores[inside], truth_px, period_px)

    def hits(self, least: float) -> tuple[int, int, int]:
        """Pairs, peaks as high as this, points of the truth."""
        places = self.places_px[self.heights >= least]
        pairs, _ = nearest_pairs(places, self.truth_px, REACH * self.period_px)
        return len(pairs), len(places), len(self.truth_px)


def f_score(hits: Iterable[tuple[int, int, int]]) -> float:
    """Of the pairs, the peaks and the points of many frames together; 1 where there is neither peak nor point.

    Example:
        >>> f_score([(3, 4, 4), (0, 1, 1)])
        0.6
    """
    pairs, found, true = np.array(list(hits)).reshape(-1, 3).sum(axis=0)
    return float(2 * pairs / (found + true)) if found + true else 1.0


def best_height(frames: Sequence[Peaks], tried: Sequence[float]) -> tuple[float, float]:
    """The height from which peaks are best taken for points, and their F then.

    Of heights that are as good the lowest is taken: a false point seldom has a track, one that is missed breaks one.

    Args:
        frames: which have all that is as high as the lowest tried.
        tried: heights, rising.
    """
    scores = [f_score(frame.hits(least) for frame in frames) for least in tried]
    enough = max(scores) - _AS_GOOD
    best = next(place for place, score in enumerate(scores) if score >= enough)
    return tried[best], scores[best]

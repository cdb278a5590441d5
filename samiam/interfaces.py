"""Where regions of a label image meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.measure import approximate_polygon, find_contours

_TOLERANCE_PX = 1.0
"""How far a line may run beside the edges of the pixels, whose stairs would make it longer than it is."""


@dataclass(frozen=True, eq=False)
class Interface:
    """A line on either side of which are two labels.

    Attributes:
        labels: the two, the smaller one first.
        line_xy: (N, 2), its corners in pixels from the centre of the top left one, in order along it; where it is
            closed, the last is the first.
    """

    labels: tuple[int, int]
    line_xy: NDArray[np.float64]

    def length(self, sides_xy: tuple[float, float] = (1.0, 1.0)) -> float:
        """How long it is, where a pixel is so wide and so high."""
        steps = np.diff(self.line_xy, axis=0) * sides_xy
        return float(np.hypot(*steps.T).sum())


def interfaces(labels: NDArray[np.integer]) -> list[Interface]:
    """The lines between the regions of a label image, without those to where nothing is segmented.

    Args:
        labels: (H, W), 0 where nothing is segmented.

    Returns:
        Lines, each as long as the two labels beside it are the same.

    Example:
        >>> halves = np.repeat([[1, 1, 2, 2]], 4, axis=0)
        >>> [(line.labels, line.line_xy.tolist()) for line in interfaces(halves)]
        [((1, 2), [[1.5, 0.0], [1.5, 3.0]])]
    """
    found = []
    for label in np.unique(labels[labels > 0]).tolist():
        for contour in find_contours(labels == label, 0.5):  # type: ignore[no-untyped-call]
            found += [
                Interface((label, other), straightened(line))
                for other, line in _runs(contour, label, labels)
                if other > label
            ]
    return found


def straightened(contour_yx: NDArray[np.float64]) -> NDArray[np.float64]:
    """A contour (N, 2), y and x, with fewer corners, as x and y: without the stairs of the pixels."""
    return np.asarray(approximate_polygon(contour_yx[:, ::-1], _TOLERANCE_PX), np.float64)  # type: ignore[no-untyped-call]


def _runs(
    contour_yx: NDArray[np.float64],
    label: int,
    labels: NDArray[np.integer],
) -> list[tuple[int, NDArray[np.float64]]]:
    """The parts of a contour of a label, each with the one label that is on its other side."""
    low, high = np.floor(contour_yx).astype(int), np.ceil(contour_yx).astype(int)  # the pixels on either side
    below, above = labels[*low.T], labels[*high.T]
    others = np.where(below == label, above, below).astype(np.int64)
    ends = np.flatnonzero(np.diff(others)) + 1
    runs = [
        (int(others[start]), contour_yx[start:end]) for start, end in zip([0, *ends], [*ends, len(others)], strict=True)
    ]
    is_closed = np.array_equal(contour_yx[0], contour_yx[-1])
    if is_closed and len(runs) > 1 and runs[0][0] == runs[-1][0]:  # it began within a run
        other, last = runs.pop()
        runs[0] = (other, np.concatenate([last, runs[0][1][1:]]))
    return [(other, run) for other, run in runs if len(run) > 1]

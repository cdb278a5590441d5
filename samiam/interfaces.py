"""Where regions of a label image meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from skimage.measure import find_contours

from samiam.records.arrays import numbers_in

Contours = Mapping[int, Sequence[NDArray[np.float64]]]

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


def interfaces(labels: NDArray[np.integer], around: Contours | None = None) -> list[Interface]:
    """The lines between the regions of a label image, without those to where nothing is segmented.

    Args:
        labels: (H, W), 0 where nothing is segmented.
        around: `contours(labels)`, where they are known already.

    Returns:
        Lines, each as long as the two labels beside it are the same.

    Example:
        >>> halves = np.repeat([[1, 1, 2, 2]], 4, axis=0)
        >>> [(line.labels, line.line_xy.tolist()) for line in interfaces(halves)]
        [((1, 2), [[1.5, 0.0], [1.5, 3.0]])]
    """
    framed = np.pad(labels, 1)
    return [
        Interface((label, other), straightened(line))
        for label, closed in (contours(labels) if around is None else around).items()
        for contour in closed
        for other, line in _runs(contour, label, framed)
        if other > label
    ]


def contours(labels: NDArray[np.integer]) -> Contours:
    """Closed lines halfway between pixels around each region of a label image, and around its holes.

    Args:
        labels: (H, W), 0 where nothing is segmented.

    Returns:
        By label, lines (N, 2), y and x from the centre of the top left pixel; the last point is the first.
    """
    return {label: _around(labels == label) for label in numbers_in(labels)}


def _around(inside: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Closed lines around the pixels of a mask that has some."""
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    box = inside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    found = find_contours(np.pad(box, 1).astype(np.float32), 0.5)  # type: ignore[no-untyped-call]
    return [contour + np.array([rows[0] - 1, columns[0] - 1]) for contour in found]


def straightened(contour_yx: NDArray[np.float64]) -> NDArray[np.float64]:
    """A contour (N, 2), y and x, with fewer corners, as x and y: without the stairs of the pixels."""
    line = shapely.linestrings(contour_yx[:, ::-1])
    return np.asarray(shapely.get_coordinates(shapely.simplify(line, _TOLERANCE_PX, preserve_topology=False)))


def _runs(
    contour_yx: NDArray[np.float64], label: int, framed: NDArray[np.integer]
) -> list[tuple[int, NDArray[np.float64]]]:
    """The parts of a closed contour of a label, each with the one label that is on its other side.

    Args:
        contour_yx: (N, 2), y and x.
        label: what it is around.
        framed: (H + 2, W + 2), the labels, and 0 around the image.
    """
    low, high = 1 + np.floor(contour_yx).astype(int), 1 + np.ceil(contour_yx).astype(int)  # the pixels on either side
    below, above = framed[*low.T], framed[*high.T]
    others = np.where(below == label, above, below).astype(np.int64)
    ends = np.flatnonzero(np.diff(others)) + 1
    runs = [
        (int(others[start]), contour_yx[start:end]) for start, end in zip([0, *ends], [*ends, len(others)], strict=True)
    ]
    if len(runs) > 1 and runs[0][0] == runs[-1][0]:  # it began within a run
        other, last = runs.pop()
        runs[0] = (other, np.concatenate([last, runs[0][1][1:]]))
    return [(other, run) for other, run in runs if len(run) > 1]

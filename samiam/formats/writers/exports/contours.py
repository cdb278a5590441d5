"""Where the parts of a mask end, along the edges of its pixels: polygons that hold exactly these pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Ring = NDArray[np.int64]
"""Corners (K, 2) as (x, y), the first not repeated; pixel (0, 0) reaches from 0 to 1."""
# Directions clockwise, y running down: to the right, down, to the left, up; as steps of (x, y).
_STEPS = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)])


@dataclass(frozen=True, eq=False)
class Contour:
    """One connected part of a mask.

    Attributes:
        outer: around the part, clockwise on the screen, which is counter-clockwise where y runs up.
        holes: around what is not of the part within it, the other way round.
        area_px: its pixels.
    """

    outer: Ring
    holes: Sequence[Ring]
    area_px: int


def contours_of(mask: NDArray[np.bool_]) -> list[Contour]:
    """The contour of each part of a mask, the largest part first.

    Pixels that share a side are of one part; those that touch at a corner are not, or its ring would cross itself.

    Args:
        mask: bool (H, W).

    Example:
        >>> [part.outer.tolist() for part in contours_of(np.array([[True, True, False]]))]
        [[[0, 0], [2, 0], [2, 1], [0, 1]]]
    """
    parts, _ = ndimage.label(mask)
    found = [
        _contour(parts[box] == number, (box[1].start, box[0].start))
        for number, box in enumerate(ndimage.find_objects(parts), start=1)
    ]
    return sorted(found, key=lambda contour: -contour.area_px)


def _contour(part: NDArray[np.bool_], left_top: tuple[int, int]) -> Contour:
    """That of one part, from a box around it."""
    rings = [ring + np.array(left_top) for ring in _rings(np.pad(part, 1))]
    outer = next(index for index, ring in enumerate(rings) if _signed_area(ring) > 0)
    return Contour(rings.pop(outer), rings, int(np.count_nonzero(part)))


def _rings(padded: NDArray[np.bool_]) -> list[Ring]:
    """All rings of a part that touches no border, with the part on the right of whoever walks along them.

    Where four edges meet, the way goes on to the left, around the pixel outside: that outside is then never passed
    twice by one ring, since the part, being connected through sides, lies between.
    """
    width = padded.shape[1] + 1  # of the grid of corners
    edge = _edges(padded)  # by corner and direction, whether one begins there
    starts = np.flatnonzero(edge)
    corner, direction = np.divmod(starts, 4)
    ends = corner + _step_of(width)[direction]
    onward = np.zeros(edge.size, np.int64)
    for turn in (1, 0, -1):  # the last that there is counts: to the left before straight on before to the right
        candidate = 4 * ends + (direction + turn) % 4
        is_there = edge[candidate]
        onward[starts[is_there]] = candidate[is_there]
    return [_corners(ring, width) for ring in _cycles(starts, onward)]


def _step_of(width: int) -> NDArray[np.int64]:
    """How far the next corner lies in each direction, on a flat grid of corners that is so wide."""
    return np.asarray(_STEPS[:, 0] + _STEPS[:, 1] * width)


def _edges(padded: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Flat, 4 for each corner: whether an edge of the part begins there in each direction."""
    height, width = padded.shape
    edges = np.zeros((height + 1, width + 1, 4), np.bool_)
    inside = padded[1:-1, 1:-1]
    rows, columns = np.s_[1 : height - 1], np.s_[1 : width - 1]
    edges[rows, columns, 0] = inside & ~padded[:-2, 1:-1]  # along the upper side
    edges[rows, 2:width, 1] = inside & ~padded[1:-1, 2:]  # down the right one
    edges[2:height, 2:width, 2] = inside & ~padded[2:, 1:-1]  # back along the lower one
    edges[2:height, columns, 3] = inside & ~padded[1:-1, :-2]  # up the left one
    return edges.ravel()


def _cycles(starts: NDArray[np.int64], onward: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The edges in the order in which one leads to the next, ring by ring."""
    left = dict.fromkeys(starts.tolist())
    following, cycles = dict(zip(starts.tolist(), onward[starts].tolist(), strict=True)), []
    while left:
        edge, ring = next(iter(left)), []
        while edge in left:
            del left[edge]
            ring.append(edge)
            edge = following[edge]
        cycles.append(np.array(ring))
    return cycles


def _corners(ring: NDArray[np.int64], width: int) -> Ring:
    """Where a ring turns, as (x, y) of the part without its padding."""
    corner, direction = np.divmod(ring, 4)
    y, x = np.divmod(corner[direction != np.roll(direction, 1)], width)
    return np.stack([x, y], axis=1) - 1


def _signed_area(ring: Ring) -> float:
    """The area within a ring, negative around a hole."""
    x, y = ring.T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2

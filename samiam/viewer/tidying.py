"""Answers of a network, drawn from a coarse grid, without the specks that they would leave."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from samiam.viewer.areas import Area

_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
_SPECK = 1e-4
"""Share of the image below which a connected part is a speck: 15 px of 384 × 384, as fine as the network's grid."""


def tidied(area: Area, labels: NDArray[np.uint32]) -> Area:
    """An area without its own specks, and with those that it would cut off what is there.

    What it cuts off is a connected part of one region, or of what is in none, that touches the area and is a speck only
    because of it. An area that is all specks stays as it is.

    Args:
        area: pixels that are to become one region.
        labels: (H, W), the regions so far, 0 for none.
    """
    least = _SPECK * labels.size
    solid = area.inside & ~_specks(area.inside, least)
    if not solid.any():
        return area
    (top, left), (height, width) = (max(area.top - 1, 0), max(area.left - 1, 0)), labels.shape
    rows, columns = slice(top, min(area.box[0].stop + 1, height)), slice(left, min(area.box[1].stop + 1, width))
    before = labels[rows, columns]
    inside = np.zeros(before.shape, np.bool_)
    inside[area.top - top :, area.left - left :][: solid.shape[0], : solid.shape[1]] = solid
    left_over = np.zeros(before.shape, np.bool_)
    beside = cv2.dilate(inside.view(np.uint8), _CROSS).view(np.bool_)
    for label in np.unique(before[inside]).tolist():
        rest = (before == label) & ~inside
        goes_on = rest & _frame_beside(label, labels, rows, columns)
        left_over |= _specks(rest, least) & _reached(rest, beside & rest) & ~_reached(rest, goes_on)
    return Area.of(inside | left_over, top, left)


def _specks(mask: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    """The connected parts of fewer pixels, by their sides."""
    _, parts, found, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(mask).view(np.uint8), connectivity=4)
    small = found[:, cv2.CC_STAT_AREA] < least
    small[0] = False  # all that is outside
    return np.asarray(small[parts])


def _reached(mask: NDArray[np.bool_], seeds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected parts that have a seed, by their sides."""
    _, parts = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    has_seed = np.zeros(int(parts.max()) + 1, np.bool_)
    has_seed[parts[seeds]] = True
    return np.asarray(has_seed[parts] & mask)


def _frame_beside(label: int, labels: NDArray[np.uint32], rows: slice, columns: slice) -> NDArray[np.bool_]:
    """The pixels at the frame of a window beyond which there is a region."""
    beyond = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.bool_)
    height, width = labels.shape
    if rows.start > 0:
        beyond[0] |= labels[rows.start - 1, columns] == label
    if rows.stop < height:
        beyond[-1] |= labels[rows.stop, columns] == label
    if columns.start > 0:
        beyond[:, 0] |= labels[rows, columns.start - 1] == label
    if columns.stop < width:
        beyond[:, -1] |= labels[rows, columns.stop] == label
    return beyond

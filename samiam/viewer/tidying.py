"""Answers of a network, drawn from a coarse grid, without the specks that they would leave."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.morphology import dilated
from samiam.parts import Parts
from samiam.viewer.areas import Area

_SPECK = 1e-4
"""Share of the image below which a connected part is a speck: 15 px of 384 × 384, as fine as the network's grid."""


def tidied(area: Area, labels: NDArray[np.uint32]) -> Area:
    """An area without its own specks, and with those that it would cut off what is there.

    What it cuts off is a connected part of one region, or of what is in none, that touches the area and is a speck. An
    area that is all specks stays as it is.

    Args:
        area: pixels that are to become one region.
        labels: (H, W), the regions so far, 0 for none.
    """
    least = _SPECK * labels.size
    own = Parts.of(area.inside)
    is_solid = own.reached_by(area.inside) & (own.sizes >= least)
    if not is_solid.any():
        return area
    solid = own.drawn(is_solid)
    (top, left), (height, width) = (max(area.top - 1, 0), max(area.left - 1, 0)), labels.shape
    rows, columns = slice(top, min(area.box[0].stop + 1, height)), slice(left, min(area.box[1].stop + 1, width))
    before = labels[rows, columns]
    inside = np.zeros(before.shape, np.bool_)
    inside[area.top - top :, area.left - left :][: solid.shape[0], : solid.shape[1]] = solid
    drawn = before.copy()
    np.copyto(drawn, before.max() + np.uint32(1), where=inside)
    after = Parts.of(drawn)
    beside = dilated(inside) & ~inside
    cut_off = (after.sizes < least) & after.reached_by(beside) & ~after.reached_by(_going_on(labels, rows, columns))
    return Area.of(inside | after.drawn(cut_off), top, left)


def _going_on(labels: NDArray[np.uint32], rows: slice, columns: slice) -> NDArray[np.bool_]:
    """The pixels at the frame of a window whose region goes on beyond it."""
    before, (height, width) = labels[rows, columns], labels.shape
    beyond = np.zeros(before.shape, np.bool_)
    if rows.start > 0:
        beyond[0] |= labels[rows.start - 1, columns] == before[0]
    if rows.stop < height:
        beyond[-1] |= labels[rows.stop, columns] == before[-1]
    if columns.start > 0:
        beyond[:, 0] |= labels[rows, columns.start - 1] == before[:, 0]
    if columns.stop < width:
        beyond[:, -1] |= labels[rows, columns.stop] == before[:, -1]
    return beyond

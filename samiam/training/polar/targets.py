"""What the network is to say of a frame whose points are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.records.polar_scene import Points

_REACH = 4.0  # standard deviations from a point, beyond which its Gaussian is nothing
BORDER = 1.0  # periods from the border, within which nobody can tell and nothing is learnt of points


def heat_maps(points: Points, shape_hw: tuple[int, int], sigma_px: float) -> NDArray[np.float32]:
    """Gaussians of height 1 about the ends and about the junctions; where two overlap the nearer point counts.

    Args:
        points: of the frame.
        shape_hw: of it.
        sigma_px: standard deviation.

    Returns:
        float32 (2, H, W).
    """
    maps = np.zeros((2, *shape_hw), np.float32)
    reach = int(np.ceil(_REACH * sigma_px))
    for (row, column), kind in zip(points.positions_px, points.is_junction.astype(int), strict=True):
        rows, columns = (
            slice(max(0, round(place) - reach), max(0, round(place) + reach + 1)) for place in (row, column)
        )
        part = maps[kind, rows, columns]
        down, across = (
            np.exp(-((span.start + np.arange(length) - place) ** 2) / (2 * sigma_px**2))
            for span, length, place in zip((rows, columns), part.shape, (row, column), strict=True)
        )
        np.maximum(part, np.outer(down, across), out=part)
    return maps


def counted_px(shape_hw: tuple[int, int], period_px: float) -> NDArray[np.bool_]:
    """Which pixels (H, W) are learnt from: those a period or more from the border."""
    margin = int(np.ceil(BORDER * period_px))
    counted = np.zeros(shape_hw, np.bool_)
    counted[margin : shape_hw[0] - margin, margin : shape_hw[1] - margin] = True
    return counted

"""From a heat map to points, finer than its pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.feature import peak_local_max

from samiam.period import refined_peaks

_BLUR = 1 / 12
"""Standard deviation in periods, a pixel of our maps: enough that the steps of a map that is half as fine make no
peaks, and no more."""
APART = 0.25
"""Periods between two peaks of one map at least: two ends that face each other are as near as that, and no nearer."""


def peaks_of(
    heat: NDArray[np.float32], least: float, period_px: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Places (n, 2), row and column, and heights (n,) of the peaks of a map, the highest first.

    Args:
        heat: (h, w) in [0, 1].
        least: height of a peak, [0, 1].
        period_px: of the stripes, on the pixels of the map.
    """
    blur = _BLUR * period_px
    smooth = cv2.GaussianBlur(heat, (0, 0), blur, borderType=cv2.BORDER_REFLECT) if blur > 0 else heat
    apart = max(1, round(APART * period_px))
    found = peak_local_max(smooth, min_distance=apart, threshold_abs=least, exclude_border=1)  # type: ignore[no-untyped-call]
    places, heights = refined_peaks(np.asarray(smooth, np.float64), found)
    return places, np.clip(heights, 0, 1).astype(np.float32)

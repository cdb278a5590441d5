"""Blurs of what is measured of a region."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_REACHES = 4.0  # standard deviations


def blurred(values: Floats, sigma_px: float) -> Floats:
    """A Gaussian blur; what lies beyond the frame is mirrored in it. (SciPy has the same, at three times the cost.)

    Args:
        values: float64 (h, w), or up to 128 maps (h, w, n).
        sigma_px: standard deviation.
    """
    if not values.size:
        return values
    side = 2 * round(_REACHES * sigma_px) + 1
    found = cv2.GaussianBlur(values, (side, side), sigma_px, borderType=cv2.BORDER_REFLECT)
    return np.asarray(found, np.float64).reshape(values.shape)

"""A Gaussian blur whose reach is told."""

from __future__ import annotations

from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

_Array = TypeVar("_Array", NDArray[np.float32], NDArray[np.float64])


def blurred(values: _Array, sigma_px: float, reaches: float = 4.0) -> _Array:
    """A Gaussian blur; what lies beyond the frame is mirrored in it. (SciPy has the same, at three times the cost.)

    Args:
        values: float32 or float64 (h, w), or up to 128 maps (h, w, n).
        sigma_px: standard deviation.
        reaches: how many standard deviations it looks at on either side.
    """
    if not values.size:
        return values
    side = 2 * round(reaches * sigma_px) + 1
    found = cv2.GaussianBlur(values, (side, side), sigma_px, borderType=cv2.BORDER_REFLECT)
    return cast("_Array", found.reshape(values.shape))  # OpenCV drops an axis of one map

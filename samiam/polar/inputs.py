"""What networks see of a frame: its stripes at a fixed period, and however bright it was."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WORKING_PERIOD_PX = 12.0
"""Of the stripes on the pixels that our network sees: a stripe is 6 px wide then, 3 px of its first maps."""
CLIPPED = (5.0, 95.0)  # percentiles between which values are told apart (Lin et al.)
_BACKGROUND = 1.0  # standard deviation, in periods, of the blur that leaves no stripes
_MEDIAN_PX = 5  # of the paper's blur, whose size is not published; the largest that OpenCV has for real numbers

Floats = NDArray[np.float32]


def clipped(pixels: NDArray[np.floating]) -> Floats:
    """Pixels from 0, the 5 % darkest, to 1, the 5 % brightest; ½ where these are equal.

    Args:
        pixels: real (H, W).
    """
    low, high = np.percentile(pixels, CLIPPED)
    if not low < high:
        return np.full(pixels.shape, 0.5, np.float32)
    return np.clip((pixels - low) / (high - low), 0, 1).astype(np.float32)


def flattened(pixels: NDArray[np.floating], period_px: float) -> Floats:
    """Pixels without what changes over more than a period.

    Args:
        pixels: real (H, W).
        period_px: of the stripes.
    """
    exact = np.asarray(pixels, np.float32)
    return np.asarray(exact - cv2.GaussianBlur(exact, (0, 0), _BACKGROUND * period_px, borderType=cv2.BORDER_REFLECT))


def striped(pixels: NDArray[np.floating]) -> Floats:
    """What our network sees of a frame at its working period, within ±1: the same for a·I + b, a > 0.

    Args:
        pixels: real (H, W).
    """
    return 2 * clipped(flattened(pixels, WORKING_PERIOD_PX)) - 1


def as_in_paper(pixels: NDArray[np.floating]) -> Floats:
    """What the paper's networks see of a frame at its full size: clipped, scaled, and blurred by a median."""
    return np.asarray(cv2.medianBlur(clipped(pixels), _MEDIAN_PX), np.float32)


def working_shape(shape_hw: tuple[int, ...], period_px: float) -> tuple[int, int]:
    """Height and width of a frame at the working period, one at least."""
    scale = WORKING_PERIOD_PX / period_px
    return max(1, round(shape_hw[0] * scale)), max(1, round(shape_hw[1] * scale))

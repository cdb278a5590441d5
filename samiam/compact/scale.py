"""What an image is magnified by before the network sees it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.period import lattice_period

_USUAL_SIDE_PX = 512
"""Long side of what the network sees: the size of scene that the calibration that ships was fitted on."""
_LARGEST_SIDE_PX = 2048
"""No image is seen larger, for the sake of memory."""
_MOST_MAGNIFIED = 2.0
"""A small image is magnified by no more: interpolation shows nothing new. Chosen by hand on procedural scenes."""
_LEAST_PERIOD_PX = 3.0
"""Below this, columns of a reduced image run together: two pixels a period are the limit of Nyquist."""


def known_scale(pixels: NDArray[np.float32]) -> float:
    """What to magnify an image by so that it is about as large, and its lattice about as fine, as those trained on.

    An image is brought to about 512 px, or to as much more as its lattice needs to be seen, up to 2048 px.

    Args:
        pixels: float32 (H, W).
    """
    long = max(pixels.shape)
    scale = _USUAL_SIDE_PX / long
    if scale < 1:
        period_px = lattice_period(pixels, shorter_than=_LEAST_PERIOD_PX / scale)
        scale = min(1.0, _LEAST_PERIOD_PX / period_px) if period_px else scale
    return float(min(scale, _MOST_MAGNIFIED, _LARGEST_SIDE_PX / long))

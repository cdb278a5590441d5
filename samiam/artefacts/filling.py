"""What is not shown, filled with what lies beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mirrored_in(pixels: NDArray[np.float32], shown: NDArray[np.bool_]) -> NDArray[np.float32]:
    """An image with each pixel that is not shown replaced by its mirror image in the nearest pixel that is.

    Where the mirror image is not shown either, that nearest pixel stands in.

    Args:
        pixels: (H, W).
        shown: (H, W), at least one pixel.
    """
    from scipy import ndimage  # only where something is not shown

    y, x = np.nonzero(~shown)
    nearest_y, nearest_x = ndimage.distance_transform_edt(~shown, return_distances=False, return_indices=True)[:, y, x]
    mirrored_y, mirrored_x = 2 * nearest_y - y, 2 * nearest_x - x
    height, width = shown.shape
    within = (mirrored_y >= 0) & (mirrored_y < height) & (mirrored_x >= 0) & (mirrored_x < width)
    within[within] = shown[mirrored_y[within], mirrored_x[within]]
    filled = pixels.copy()
    filled[y, x] = pixels[np.where(within, mirrored_y, nearest_y), np.where(within, mirrored_x, nearest_x)]
    return filled

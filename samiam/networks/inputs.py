"""What goes into a network, on pixels of the size that it knows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def resampled(
    pixels: NDArray[np.floating], shape_hw: tuple[int, int], how: Image.Resampling = Image.Resampling.BICUBIC
) -> NDArray[np.float32]:
    """An image on other pixels; on coarser ones it is smoothed first, so that nothing finer appears as something else.

    Args:
        pixels: real (H, W).
        shape_hw: to have.
        how: values between pixels are found.
    """
    if pixels.shape == shape_hw:
        return np.asarray(pixels, np.float32)
    image = Image.fromarray(np.asarray(pixels, np.float32))
    return np.asarray(image.resize(shape_hw[::-1], how), np.float32)

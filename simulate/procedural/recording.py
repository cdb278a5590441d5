"""Line shifts and counts of an image whose scale is its pixels, as the procedural scenes need them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from samiam.errors import InputError


def scan_jitter(rng: np.random.Generator, image: NDArray[np.float64], jitter_px: float) -> NDArray[np.float64]:
    """Shift each scan line along x by a random amount, as unstable scan coils do.

    Args:
        rng: source of the shifts.
        image: float64 (H, W); rows are scan lines.
        jitter_px: standard deviation of a line's shift; 0 leaves the image as it is.

    Raises:
        InputError: if `jitter_px` is negative.
    """
    if jitter_px < 0:
        raise InputError(f"a scan jitter of {jitter_px} px is impossible; give 0 or more.")
    if jitter_px == 0:
        return image
    height, width = image.shape
    y, x = np.mgrid[:height, :width].astype(np.float64)
    shifted = ndimage.map_coordinates(image, [y, x + rng.normal(0, jitter_px, (height, 1))], order=1, mode="nearest")
    return np.asarray(shifted)


def count_electrons(
    rng: np.random.Generator, image: NDArray[np.float64], counts_per_pixel: float
) -> NDArray[np.float64]:
    """Poisson counts of an image whose mean pixel receives `counts_per_pixel`.

    Args:
        rng: source of the counts.
        image: float64 (H, W), ≥ 0, not all zero.
        counts_per_pixel: mean number of detected electrons in a pixel, > 0.

    Raises:
        InputError: if the dose is not positive or the image is negative or dark.
    """
    if not counts_per_pixel > 0:
        raise InputError(f"a dose of {counts_per_pixel} counts a pixel is impossible; give a positive number.")
    if image.min() < 0 or not image.mean() > 0:
        raise InputError("an image must be nowhere negative and not all dark to be counted.")
    return np.asarray(rng.poisson(image * (counts_per_pixel / image.mean())), np.float64)

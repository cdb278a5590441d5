"""Scan, counts and storage of an image whose scale is its pixels, as the procedural scenes need them."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
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


def row_offsets(rng: np.random.Generator, image: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Scan lines (rows) of an image (H, W) that differ in brightness by so much, some of it shared by a few rows."""
    offsets = rng.normal(size=len(image))
    shared = ndimage.gaussian_filter1d(rng.normal(size=len(image)), 3.0)
    both = offsets + rng.uniform(0, 1) * shared / shared.std()
    return np.asarray(image + sigma * both[:, None] / both.std())


def charged(rng: np.random.Generator, image: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    """Stripes along rows of an image (H, W), bright or dark, that begin at once and fade along the scan line."""
    rows, columns = image.shape
    image = image.copy()
    for _ in range(int(rng.integers(2, 9))):
        top, thick = int(rng.integers(rows)), int(rng.integers(1, max(2, rows // 24)))
        begin, length = rng.uniform(-0.3, 0.8) * columns, rng.uniform(0.2, 1.5) * columns
        along = np.arange(columns) - begin
        stripe = np.where(along > 0, np.exp(-np.clip(along, 0, None) / length), 0)
        image[top : top + thick] += height * rng.choice([-1, 1]) * rng.uniform(0.3, 1) * stripe
    return image


def stored_as_jpeg(pixels: NDArray[np.float32], quality: int) -> NDArray[np.float32]:
    """Pixels (H, W) in [0, 1] after JPEG of a quality from 1 to 100."""
    file = io.BytesIO()
    Image.fromarray((pixels * 255 + 0.5).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return (np.asarray(Image.open(file)) / 255).astype(np.float32)

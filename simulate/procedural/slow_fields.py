"""What changes slowly over a micrograph: brightness, contrast and sharpness, as thickness, tilt and dirt make them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def slow_field(rng: np.random.Generator, shape_hw: tuple[int, ...]) -> NDArray[np.float64]:
    """A field from 0 to 1 that a few waves over the image describe: a wedge in any direction, bent and blotched.

    Args:
        rng: source of the draws.
        shape_hw: of the image.
    """
    y, x = np.mgrid[-1 : 1 : shape_hw[0] * 1j, -1 : 1 : shape_hw[1] * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x + np.sin(angle) * y
    bent = along + rng.uniform(0, 0.6) * along**2 + rng.uniform(0, 1.2) * _blotches(rng, shape_hw)
    return np.asarray((bent - bent.min()) / max(float(np.ptp(bent)), 1e-12))


def _blotches(rng: np.random.Generator, shape_hw: tuple[int, ...]) -> NDArray[np.float64]:
    """Random values a third to an eighth of the image apart, joined smoothly; standard deviation about 0.5."""
    coarse = rng.normal(0, 0.5, rng.integers(4, 9, size=2))
    factors = np.array(shape_hw) / coarse.shape
    return np.asarray(ndimage.zoom(coarse, factors, order=3, mode="nearest", grid_mode=True))[
        : shape_hw[0], : shape_hw[1]
    ]


def graded(rng: np.random.Generator, image: NDArray[np.float64], ratio: float) -> NDArray[np.float64]:
    """An image (H, W) as many times as bright in one place as in another."""
    return np.asarray(image * ratio ** (slow_field(rng, image.shape) - 0.5))


def hazed(rng: np.random.Generator, image: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    """An image (H, W) with a slow background: so many times its range between its 1st and 99th percentile at most."""
    low, high = np.percentile(image, (1, 99))
    return np.asarray(image + height * (high - low) * slow_field(rng, image.shape))


def faded(rng: np.random.Generator, image: NDArray[np.float64], ratio: float, length_px: float) -> NDArray[np.float64]:
    """An image (H, W) whose detail is so many times as strong in one place as in another; its brightness stays.

    Args:
        rng: source of the draws.
        image: what is faded.
        ratio: of the strongest detail to the weakest, 1 or more.
        length_px: what is finer than this is detail.
    """
    around = ndimage.gaussian_filter(image, length_px)
    return np.asarray(around + (image - around) * ratio ** -slow_field(rng, image.shape))


def defocused(rng: np.random.Generator, image: NDArray[np.float64], sigma_px: float) -> NDArray[np.float64]:
    """An image (H, W) that is sharp in one place and blurred by a Gaussian of this standard deviation in another."""
    half, whole = (ndimage.gaussian_filter(image, share * sigma_px) for share in (0.5, 1.0))
    field = 2 * slow_field(rng, image.shape)
    nearer, farther = np.clip(field, 0, 1), np.clip(field - 1, 0, 1)
    return np.asarray(image * (1 - nearer) + half * (nearer - farther) + whole * farther)

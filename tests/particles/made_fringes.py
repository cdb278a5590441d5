"""Images with lattice fringes of known spacings, on noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Pixels = NDArray[np.float32]


def support(shape_hw: tuple[int, int], seed: int = 0) -> NDArray[np.float64]:
    """Grainy noise of an amorphous film, of standard deviation 1."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape_hw), 1.2)
    return np.asarray(noise / noise.std())


def waves(shape_hw: tuple[int, int], *planes: tuple[float, float]) -> NDArray[np.float64]:
    """Sets of planes, each a period in pixels and a direction in degrees."""
    y, x = np.mgrid[: shape_hw[0], : shape_hw[1]]
    found = np.zeros(shape_hw)
    for period, degrees in planes:
        turn = np.deg2rad(degrees)
        found += np.cos(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / period)
    return found


def with_discs(
    shape_hw: tuple[int, int], *discs: tuple[float, float, float, tuple[tuple[float, float], ...]], seed: int = 0
) -> Pixels:
    """Discs (y, x, radius, planes) with fringes of their own on a support, in [0, 1]."""
    image = support(shape_hw, seed)
    rows, columns = np.ogrid[: shape_hw[0], : shape_hw[1]]
    for y, x, radius, planes in discs:
        inside = (rows - y) ** 2 + (columns - x) ** 2 < radius**2
        image += inside * (2.0 * waves(shape_hw, *planes) - 1.0)
    low, high = np.percentile(image, (0.1, 99.9))
    return np.clip((image - low) / (high - low), 0, 1).astype(np.float32)


def gold(pixel_size_nm: float, turn_deg: float = 0.0) -> tuple[tuple[float, float], ...]:
    """Planes of gold along ⟨110⟩: two {111} 70.5° apart and {200} between them."""
    wide, narrow = 0.23548 / pixel_size_nm, 0.20393 / pixel_size_nm
    return (wide, turn_deg), (wide, turn_deg + 70.53), (narrow, turn_deg + 125.26)

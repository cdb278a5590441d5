"""Segmented images whose layers and lattices are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.records import Masks, Micrograph, Segmentation


def segmented(labels: NDArray[np.integer], micrograph: Micrograph, names: tuple[str | None, ...] = ()) -> Segmentation:
    labels = np.asarray(labels, np.uint32)
    n = int(labels.max())
    return Segmentation(labels, [], n, True, Masks.empty(labels.shape), names, micrograph)


def places(shape: tuple[int, int], sides_xy: tuple[float, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y of each pixel, from the middle of the image."""
    y, x = np.indices(shape).astype(float)
    return (x - (shape[1] - 1) / 2) * sides_xy[0], (y - (shape[0] - 1) / 2) * sides_xy[1]


def columns_of(
    shape: tuple[int, int], sides_xy: tuple[float, float], vectors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The brightness of columns on the lattice of two vectors (2, 2), about 0."""
    x, y = places(shape, sides_xy)
    first, second = np.linalg.inv(vectors).T
    waves = ((first, 1.0), (second, 0.8), (first + second, 0.4), (first - second, 0.3), (2 * first, 0.3))
    return sum(strength * np.cos(2 * np.pi * (wave[0] * x + wave[1] * y)) for wave, strength in waves)

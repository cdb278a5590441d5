"""Images as a dark-field detector of STEM gives them: electrons that heavy atoms scatter, on next to nothing."""

from __future__ import annotations

import numpy as np
from made_fringes import gold, waves
from numpy.typing import NDArray

from samiam.records import Masks

Disc = tuple[float, float, float, float]


def dark_field(
    shape_hw: tuple[int, int], *discs: Disc, pixel_size_nm: float = 0.04, electrons: float = 60.0, seed: int = 0
) -> tuple[NDArray[np.float32], Masks]:
    """Spheres of gold (y, x, radius in pixels, turn in degrees), as bright as they are thick, and where they are."""
    y, x = np.ogrid[: shape_hw[0], : shape_hw[1]]
    signal, masks = np.full(shape_hw, 0.06), []
    largest = max(radius for _, _, radius, _ in discs)
    for top, left, radius, turn in discs:
        inside = radius**2 - (y - top) ** 2 - (x - left) ** 2
        thickness = np.sqrt(np.maximum(inside, 0)) / largest
        signal += thickness * (1 + 0.25 * waves(shape_hw, *gold(pixel_size_nm, turn)))
        masks.append(inside > 0)
    counts = np.random.default_rng(seed).poisson(electrons * np.maximum(signal, 0))
    return np.clip(counts / np.percentile(counts, 99.9), 0, 1).astype(np.float32), Masks.from_arrays(masks, shape_hw)

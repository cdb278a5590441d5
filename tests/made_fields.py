"""Fields of vectors made by hand: regions of an image, each with a direction of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.texture import Sameness, TextureField

PX_A_POINT = 4


def field_of(
    materials: NDArray[np.integer], grains: NDArray[np.integer] | None = None, *, noise: float = 0.05, seed: int = 0
) -> TextureField:
    """A field (h, w) whose vectors say the material and the grain of each point, and little else.

    Args:
        materials: (h, w), 0, 1, …; the image has four pixels a point.
        grains: (h, w), numbered over all materials; the materials where None.
        noise: standard deviation of each component of a vector.
        seed: of the noise.
    """
    rng = np.random.default_rng(seed)
    grains = materials if grains is None else grains

    def vectors(numbers: NDArray[np.integer]) -> NDArray[np.float32]:
        directions = np.eye(16)[numbers] + noise * rng.normal(size=(*numbers.shape, 16))
        return (directions / np.linalg.norm(directions, axis=-1, keepdims=True)).astype(np.float32)

    edges = np.zeros(grains.shape, np.float32)
    edges[:, :-1] = grains[:, :-1] != grains[:, 1:]
    height, width = materials.shape
    same = Sameness(10.0, -5.0)
    shape_hw = (height * PX_A_POINT, width * PX_A_POINT)
    return TextureField(vectors(materials), vectors(grains), np.stack([edges, edges]), same, same, shape_hw)


def in_pixels(at_points: NDArray[np.integer]) -> NDArray[np.uint32]:
    """An image of points, four pixels each."""
    return at_points.repeat(PX_A_POINT, axis=0).repeat(PX_A_POINT, axis=1).astype(np.uint32)

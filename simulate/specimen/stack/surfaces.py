"""Surfaces of layers: terraces with steps of whole planes, islands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from simulate.specimen.layers import Layer
from simulate.specimen.stack.cells import PlaneCell

_AMORPHOUS_STEP_A = 1.0  # lateral step of the surface of a film: less than an atom

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Profile:
    """A height as a function of x: `heights_A[k]` from `start_A + k · step_A` on."""

    start_A: float
    step_A: float
    heights_A: Floats

    def at(self, x_A: Floats) -> Floats:
        """Heights at lateral positions."""
        cell = np.floor((x_A - self.start_A) / self.step_A).astype(np.int64)
        return np.asarray(self.heights_A[np.clip(cell, 0, len(self.heights_A) - 1)])


def draw_surface(
    rng: np.random.Generator, layer: Layer, cell: PlaneCell | None, x_origin_A: float, height_A: float, reach_A: float
) -> Profile:
    """Upper surface of a layer about a mean height; −∞ between islands.

    A crystal's steps are whole planes high and stand half-way between columns: both as its lattice has them.
    """
    step_A = cell.a_A if cell else _AMORPHOUS_STEP_A
    n = int(np.ceil(2 * reach_A / step_A)) + 2
    start_A = x_origin_A - step_A * np.ceil((reach_A + x_origin_A) / step_A)
    rough = layer.top.roughness_A * _smooth_noise(rng, n, layer.top.terrace_A / (2 * step_A))
    if cell:
        plane_A = cell.c_A / cell.steps
        rough = plane_A * np.rint(rough / plane_A)
    heights_A = height_A + rough
    if layer.coverage < 1:
        field = _smooth_noise(rng, n, layer.island_A / (2 * step_A))
        heights_A[field < np.quantile(field, 1 - layer.coverage)] = -np.inf
    return Profile(float(start_A), step_A, heights_A)


def _smooth_noise(rng: np.random.Generator, n: int, length: float) -> Floats:
    """Noise of unit variance and zero mean with a correlation length in samples."""
    noise = ndimage.gaussian_filter1d(rng.normal(size=n), length, mode="wrap")
    noise -= noise.mean()
    return np.asarray(noise / max(float(noise.std()), 1e-12))

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
        is_island = field >= np.quantile(field, 1 - layer.coverage)
        heights_A = np.where(is_island, heights_A - _facet_drop_A(layer, cell, is_island, step_A), -np.inf)
    return Profile(float(start_A), step_A, heights_A)


def _facet_drop_A(layer: Layer, cell: PlaneCell | None, is_island: NDArray[np.bool_], step_A: float) -> Floats:
    """By how much islands are lower near their sides, in whole planes; one plane is left everywhere."""
    if layer.facet_deg == 90 or layer.thickness_A is None:
        return np.zeros(len(is_island))
    inside_A = step_A * (ndimage.distance_transform_edt(np.pad(is_island, 1, mode="edge"))[1:-1] - 0.5)
    plane_A = cell.c_A / cell.steps if cell else _AMORPHOUS_STEP_A
    drop_A = np.maximum(layer.thickness_A - inside_A * np.tan(np.deg2rad(layer.facet_deg)), 0)
    return np.asarray(np.minimum(plane_A * np.rint(drop_A / plane_A), layer.thickness_A - plane_A))


def _smooth_noise(rng: np.random.Generator, n: int, length: float) -> Floats:
    """Noise of unit variance and zero mean with a correlation length in samples."""
    noise = ndimage.gaussian_filter1d(rng.normal(size=n), length, mode="wrap")
    noise -= noise.mean()
    return np.asarray(noise / max(float(noise.std()), 1e-12))

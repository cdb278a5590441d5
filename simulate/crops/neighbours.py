"""Pixels of the materials that a crop is imagined beside; black and white are set for all of them together."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulate.crops.grid import MARGIN_A, RASTER_A, Grid
from simulate.crops.parameters import CropParameters
from simulate.crops.spectra import optics, spectrum
from simulate.library.materials import View, material

CRYSTAL_FIELD_A = 30.0  # of a crystalline neighbour: several cells
_FILM_FIELD_A = 100.0  # of a film: several nanocrystals
_THICKNESSES_A = (50.0, 150.0, 300.0, 450.0)  # few enough to be remembered, over the library's range
_FILM_SOURCE_A = 0.95  # the middle of the usual source sizes
_FILM_LEVELS, _MOST_LEVELS = 1024, 2048  # enough for percentiles of 0.1 %

Floats = NDArray[np.float64]


def neighbour_pixels(name: str, thickness_A: float, parameters: CropParameters, largest: Grid) -> Floats:
    """Noise-free pixels of a neighbour, upright: float64 (N,). Between a few thicknesses they are interpolated."""
    nodes_A = _THICKNESSES_A
    upper = int(np.clip(np.searchsorted(nodes_A, thickness_A), 1, len(nodes_A) - 1))
    part = float(np.clip((thickness_A - nodes_A[upper - 1]) / (nodes_A[upper] - nodes_A[upper - 1]), 0, 1))
    where = parameters.view, parameters.energy_kV, parameters.detector
    if material(name).host is None:
        below, above = (_film_levels(name, nodes_A[index], *where) for index in (upper - 1, upper))
        pixels = ((1 - part) * below + part * above).astype(np.float64)
    else:
        small = largest.for_extent(CRYSTAL_FIELD_A / 2 + MARGIN_A)
        lower, higher = (_crystal_spectrum(name, nodes_A[index], *where, small) for index in (upper - 1, upper))
        between = np.float32(1 - part) * lower + np.float32(part) * higher
        pixels = _inner(small.through(between, optics(parameters))).ravel().astype(np.float64)
    n = min(parameters.size_px**2, _MOST_LEVELS)
    return pixels[np.linspace(0, len(pixels) - 1, n).astype(np.int64)]


@lru_cache(maxsize=256)
def _crystal_spectrum(
    name: str, thickness_A: float, view: View, energy_kV: float, detector: str, grid: Grid
) -> NDArray[np.complex64]:
    return spectrum(np.random.default_rng(0), _upright(name, thickness_A, view, energy_kV, detector), grid)


@lru_cache(maxsize=1024)
def _film_levels(name: str, thickness_A: float, view: View, energy_kV: float, detector: str) -> Floats:
    """Intensities in the pixels of what has no columns, float64 (L,), rising; focus hardly changes them."""
    parameters = _upright(name, thickness_A, view, energy_kV, detector)
    grid = Grid.up_to(_FILM_FIELD_A / 2 + MARGIN_A)
    inner = _inner(grid.through(spectrum(np.random.default_rng(0), parameters, grid), optics(parameters)))
    return np.asarray(np.quantile(inner.astype(np.float64), (np.arange(_FILM_LEVELS) + 0.5) / _FILM_LEVELS))


def _inner(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without the margin, where opposite edges meet."""
    margin_px = int(MARGIN_A / RASTER_A)
    return image[margin_px:-margin_px, margin_px:-margin_px]


def _upright(name: str, thickness_A: float, view: View, energy_kV: float, detector: str) -> CropParameters:
    """A neighbour: in focus, on its zone axis, clean."""
    return CropParameters(
        material=name,
        size_px=1,
        view=view,
        thickness_A=thickness_A,
        rotation_deg=0.0,
        origin=(0.0, 0.0),
        pixel_size_A=RASTER_A,
        tilt_mrad=(0.0, 0.0),
        energy_kV=energy_kV,
        detector=detector,
        dose_e_per_A2=1.0,
        readout_e=0.0,
        bits=16,
        probe=0,
        defocus_A=0.0,
        astigmatism_A=0.0,
        astigmatism_deg=0.0,
        coma_A=0.0,
        coma_deg=0.0,
        spherical_A=0.0,
        source_fwhm_A=_FILM_SOURCE_A,
        jitter_A=0.0,
        shear_deg=0.0,
        contamination_A=0.0,
        neighbours=(),
    )

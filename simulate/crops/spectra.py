"""The image of one material with the ideal probe, as its Fourier transform."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from simulate.crops.grid import Grid
from simulate.crops.parameters import CropParameters
from simulate.imaging.stem import Optics
from simulate.library.materials import material
from simulate.scenes.films import deposit_film
from simulate.scenes.raster import deposit_columns
from simulate.specimen.columns import place_columns
from simulate.specimen.layers import Layer, Specimen
from simulate.specimen.stack import Domain, Stack, build_stack


def spectrum(rng: np.random.Generator, parameters: CropParameters, grid: Grid) -> NDArray[np.complex64]:
    """Fourier transform of the material's image with the ideal probe."""
    energy_kV, detector = parameters.energy_kV, parameters.detector
    filling, raster = material(parameters.material), grid.empty()
    if filling.host is not None:
        extent_A = (grid.half_extent_A, grid.half_extent_A)
        columns = place_columns(rng, _crystal(rng, parameters, grid.half_extent_A), extent_A)
        deposit_columns(raster, columns, energy_kV, detector)
    for film, share in filling.films:
        thickness_A = np.full(raster.planes.shape[1:], parameters.thickness_A)
        deposit_film(rng, raster, film, thickness_A, share=share, energy_kV=energy_kV, detector=detector)
    return np.asarray(fft.rfft2(raster.image()))


def optics(parameters: CropParameters) -> Optics:
    """The probe of a crop, source size included."""
    return Optics(
        parameters.energy_kV,
        source_fwhm_A=parameters.source_fwhm_A,
        defocus_A=parameters.defocus_A,
        astigmatism_A=parameters.astigmatism_A,
        astigmatism_deg=parameters.astigmatism_deg,
    )


def _crystal(rng: np.random.Generator, parameters: CropParameters, half_extent_A: float) -> Stack:
    """One layer without end, its crystal moved, turned and tilted."""
    specimen = Specimen(
        (Layer(parameters.material),),
        view=parameters.view,
        thickness_A=parameters.thickness_A,
        tilt_mrad=parameters.tilt_mrad,
    )
    stack = build_stack(rng, specimen, reach_A=2 * half_extent_A)
    cell = stack.cells[0]
    assert cell is not None
    shift_A = (parameters.origin[0] * cell.a_A, parameters.origin[1] * cell.c_A)
    domain = Domain(shift_A, parameters.rotation_deg, (0.0, 0.0), parameters.tilt_mrad)
    return replace(stack, domains=((domain,),))

"""The image of one material with the ideal probe, as its Fourier transform, and whether the library can make it."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from samiam.errors import InputError
from simulate.crops.grid import Grid
from simulate.crops.parameters import CropParameters
from simulate.crops.ranges import CropConditions
from simulate.imaging.stem import Optics
from simulate.library.entries import Entry, entry_name, read_entry
from simulate.library.materials import View, material
from simulate.scenes.films import deposit_film
from simulate.scenes.raster import deposit_columns
from simulate.specimen.columns import place_columns
from simulate.specimen.layers import Layer, Specimen
from simulate.specimen.stack import Domain, Stack, build_stack, plane_cell


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
        coma_A=parameters.coma_A,
        coma_deg=parameters.coma_deg,
        spherical_A=parameters.spherical_A,
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


def check_library(name: str, conditions: CropConditions) -> None:
    """Refuse conditions under which the library has no image of a material, before any crop is drawn.

    Raises:
        InputError: if a crop may be thicker than what it has, or seen by a detector or a voltage that it lacks.
    """
    highest_A = conditions.highest("thickness_A")
    for view in conditions.views:
        for entry, strain in _imaged_by(name, view):
            for energy_kV in conditions.energies_kV:
                for detector in conditions.detectors:
                    entry.detector_index(energy_kV, detector)
            if highest_A > (limit_A := float(entry.arrays["thickness_A"][-1]) * strain):
                raise InputError(
                    f"thickness_A: up to {highest_A:g} Å are asked for, but of {name} the library has 0 to "
                    f"{math.floor(limit_A)} Å; give a range within."
                )


@lru_cache(maxsize=64)
def _imaged_by(name: str, view: View) -> tuple[tuple[Entry, float], ...]:
    """The entries that a material's image is made of, each with how much longer its cell is along the beam."""
    made_of = material(name)
    films = [(read_entry(entry_name(film)), 1.0) for film, _ in made_of.films]
    if (cell := plane_cell(made_of, view)) is None:
        return tuple(films)
    donors = (entry_name(dopant.donor, *made_of.views[view]) for dopant in made_of.dopants)
    return tuple((read_entry(entry), cell.beam_A / cell.simulated_A) for entry in (cell.entry, *donors))

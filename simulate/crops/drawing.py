"""The image of one material under given conditions: the physics of whole scenes, on a field as small as a crop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from samiam.records import Micrograph
from simulate.crops.grid import RASTER_A, Grid
from simulate.crops.parameters import CropParameters, draw_parameters, is_empty
from simulate.crops.ranges import USUAL, CropConditions, check_crop, check_seed
from simulate.imaging import stem
from simulate.imaging.stem import Optics, Scan
from simulate.library.entries import entry_name
from simulate.library.materials import View, material
from simulate.library.responses import thin_film_fraction
from simulate.scenes.films import deposit_film
from simulate.scenes.raster import deposit_columns
from simulate.specimen.columns import place_columns
from simulate.specimen.layers import Layer, Specimen
from simulate.specimen.stack import Domain, Stack, build_stack

_MARGIN_A = 6.0  # three σ of the widest Gaussian
_JITTERS = 5.0  # standard deviations of a line's shift that stay on the raster
_STRUCTURE, _SCAN, _ELECTRONS = 1, 2, 3  # streams of the seed
_EXPOSED_PERCENTILES = (0.1, 99.9)
_LEAST_SPAN = 1e-3  # share of the beam that black and white are apart at least
_NEIGHBOUR_THICKNESSES_A = (50.0, 150.0, 300.0, 450.0)
_CRYSTAL_FIELD_A, _FILM_FIELD_A = 30.0, 100.0  # of a neighbour: several cells, several nanocrystals
_FILM_SOURCE_A = 0.95
_FILM_LEVELS = 1024
_MOST_LEVELS = 2048

Floats = NDArray[np.float64]


def draw_crop(
    of: str,
    conditions: CropConditions = USUAL,
    size_px: int = 60,
    *,
    seed: int | Sequence[int] = 0,
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Draw a crop that one material fills.

    Args:
        of: name of the material in `simulate.library.materials.MATERIALS`.
        conditions: how it may be imaged.
        size_px: side of the crop.
        seed: one or more whole numbers; the same seed and arguments give the same bytes.

    Returns:
        float32 (size_px, size_px) in [0, 1], and its `CropParameters` as a dictionary.

    Raises:
        InputError: if the material is unknown or not in the library under these conditions, or a number is impossible.
    """
    parameters = draw_parameters(of, conditions, size_px, seed)
    return image_crop(parameters, conditions, seed=seed), asdict(parameters)


def image_crop(
    parameters: CropParameters, conditions: CropConditions, *, seed: int | Sequence[int] = 0
) -> NDArray[np.float32]:
    """The crop that parameters describe: float32 (size_px, size_px) in [0, 1].

    Args:
        parameters: as `draw_parameters` gives them.
        conditions: those they were drawn from.
        seed: of atoms that stand at random, of line shifts and of noise.
    """
    check_crop(parameters.material, conditions, parameters.size_px)
    structure, scan_rng, electrons = (
        np.random.default_rng([*check_seed(seed), stream]) for stream in (_STRUCTURE, _SCAN, _ELECTRONS)
    )
    scan = Scan(
        (parameters.size_px, parameters.size_px),
        parameters.pixel_size_A,
        shear_deg=parameters.shear_deg,
        jitter_A=parameters.jitter_A,
    )
    positions_A = stem.scan_positions(scan_rng, scan)
    limit_A = float(np.abs(positions_A).max()) + _JITTERS * parameters.jitter_A
    read_at_A = stem.jittered(scan_rng, positions_A, scan).clip(-limit_A, limit_A)
    largest = Grid.up_to(_widest_A(conditions, parameters.size_px))
    grid = largest.for_extent(limit_A + _MARGIN_A)
    if is_empty(parameters.material):
        signal = np.zeros(scan.shape_hw)
    else:
        image = grid.through(_spectrum(structure, parameters, grid), _optics(parameters))
        signal = stem.sample(image, RASTER_A, grid.origin_xy_A, read_at_A).astype(np.float64)
    neighbours = [_neighbour(name, thickness_A, parameters, largest) for name, thickness_A in parameters.neighbours]
    return _digitised(electrons, signal, neighbours, parameters)


def _widest_A(conditions: CropConditions, size_px: int) -> float:
    """Half extent that a crop may need, its margin included."""
    lean = np.tan(np.deg2rad(max(abs(end) for pair in conditions.intervals("shear_deg") for end in pair)))
    half_A = (size_px - 1) / 2 * conditions.highest("pixel_size_A")
    widest_A = half_A * (1 + lean) + _JITTERS * conditions.highest("jitter_A")
    return float(max(widest_A, _CRYSTAL_FIELD_A / 2) + _MARGIN_A)


def _spectrum(rng: np.random.Generator, parameters: CropParameters, grid: Grid) -> NDArray[np.complex64]:
    """Fourier transform of the material's image with the ideal probe."""
    energy_kV, detector = parameters.energy_kV, parameters.detector
    of, raster = material(parameters.material), grid.empty()
    if of.host is not None:
        extent_A = (grid.half_extent_A, grid.half_extent_A)
        columns = place_columns(rng, _crystal(rng, parameters, grid.half_extent_A), extent_A)
        deposit_columns(raster, columns, energy_kV, detector)
    for film, share in of.films:
        thickness_A = np.full(raster.planes.shape[1:], parameters.thickness_A)
        deposit_film(rng, raster, film, thickness_A, share=share, energy_kV=energy_kV, detector=detector)
    return np.asarray(fft.rfft2(raster.image()))


def _optics(parameters: CropParameters) -> Optics:
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


def _digitised(
    rng: np.random.Generator, signal: Floats, neighbours: list[Floats], parameters: CropParameters
) -> NDArray[np.float32]:
    """Counted and stretched as part of a micrograph that has the neighbours' pixels in it."""
    together = np.concatenate([signal.ravel(), *neighbours])
    carbon = entry_name("amorphous C")
    per_A = thin_film_fraction(carbon, parameters.energy_kV, parameters.detector)
    together += parameters.contamination_A * per_A
    pixel_area_A2 = parameters.pixel_size_A**2
    low, high = (float(level) for level in np.percentile(np.clip(together, 0, 1), _EXPOSED_PERCENTILES))
    detector = stem.exposed(
        parameters.dose_e_per_A2,
        pixel_area_A2,
        low,
        max(high, low + _LEAST_SPAN),
        readout_e=parameters.readout_e,
        bits=parameters.bits,
    )
    counts = stem.detect(rng, together[None], pixel_area_A2, detector)
    pixels = Micrograph.stretched(counts, clip_percentiles=_EXPOSED_PERCENTILES).pixels[0, : signal.size]
    return pixels.reshape(signal.shape)


def _neighbour(name: str, thickness_A: float, parameters: CropParameters, largest: Grid) -> Floats:
    """Noise-free pixels of a neighbour, upright: float64 (N,). Between a few thicknesses they are interpolated."""
    nodes_A = _NEIGHBOUR_THICKNESSES_A
    upper = int(np.clip(np.searchsorted(nodes_A, thickness_A), 1, len(nodes_A) - 1))
    part = float(np.clip((thickness_A - nodes_A[upper - 1]) / (nodes_A[upper] - nodes_A[upper - 1]), 0, 1))
    where = parameters.view, parameters.energy_kV, parameters.detector
    if material(name).host is None:
        below, above = (_film_levels(name, nodes_A[index], *where) for index in (upper - 1, upper))
        pixels = ((1 - part) * below + part * above).astype(np.float64)
    else:
        small = largest.for_extent(_CRYSTAL_FIELD_A / 2 + _MARGIN_A)
        lower, higher = (_crystal_spectrum(name, nodes_A[index], *where, small) for index in (upper - 1, upper))
        spectrum = np.float32(1 - part) * lower + np.float32(part) * higher
        pixels = _inner(small.through(spectrum, _optics(parameters))).ravel().astype(np.float64)
    n = min(parameters.size_px**2, _MOST_LEVELS)
    return pixels[np.linspace(0, len(pixels) - 1, n).astype(np.int64)]


@lru_cache(maxsize=256)
def _crystal_spectrum(
    name: str, thickness_A: float, view: View, energy_kV: float, detector: str, grid: Grid
) -> NDArray[np.complex64]:
    return _spectrum(np.random.default_rng(0), _upright(name, thickness_A, view, energy_kV, detector), grid)


@lru_cache(maxsize=1024)
def _film_levels(name: str, thickness_A: float, view: View, energy_kV: float, detector: str) -> Floats:
    """Intensities in the pixels of what has no columns, float64 (L,), rising; focus hardly changes them."""
    parameters = _upright(name, thickness_A, view, energy_kV, detector)
    grid = Grid.up_to(_FILM_FIELD_A / 2 + _MARGIN_A)
    inner = _inner(grid.through(_spectrum(np.random.default_rng(0), parameters, grid), _optics(parameters)))
    return np.asarray(np.quantile(inner.astype(np.float64), (np.arange(_FILM_LEVELS) + 0.5) / _FILM_LEVELS))


def _inner(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without the margin, where opposite edges meet."""
    margin_px = int(_MARGIN_A / RASTER_A)
    return image[margin_px:-margin_px, margin_px:-margin_px]


def _upright(name: str, thickness_A: float, view: View, energy_kV: float, detector: str) -> CropParameters:
    """A neighbour: in focus, on its zone axis, clean."""
    bits: Literal[8, 16] = 16
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
        bits=bits,
        probe=0,
        defocus_A=0.0,
        astigmatism_A=0.0,
        astigmatism_deg=0.0,
        source_fwhm_A=_FILM_SOURCE_A,
        jitter_A=0.0,
        shear_deg=0.0,
        contamination_A=0.0,
        neighbours=(),
    )

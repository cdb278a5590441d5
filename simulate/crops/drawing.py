"""The image of one material under given conditions: the physics of whole scenes, on a field as small as a crop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.records import Micrograph
from simulate.crops.grid import MARGIN_A, RASTER_A, Grid
from simulate.crops.neighbours import CRYSTAL_FIELD_A, neighbour_pixels
from simulate.crops.parameters import CropParameters, draw_parameters, is_empty
from simulate.crops.ranges import USUAL, CropConditions, check_crop, check_seed
from simulate.crops.spectra import optics, spectrum
from simulate.imaging import stem
from simulate.imaging.stem import Scan
from simulate.imaging.stem.detector import EXPOSED_PERCENTILES
from simulate.library.entries import entry_name
from simulate.library.responses import thin_film_fraction

_JITTERS = 5.0  # standard deviations of a line's shift that stay on the raster
_STRUCTURE, _SCAN, _ELECTRONS = 1, 2, 3  # streams of the seed
_LEAST_SPAN = 1e-3  # share of the beam that black and white are apart at least: vacuum alone stays featureless

Floats = NDArray[np.float64]
Seen = Callable[[np.random.Generator, CropParameters, Grid], NDArray[np.complex64]]
"""What makes the image of a crop with the ideal probe, as its Fourier transform, see `spectrum`."""


def draw_crop(
    name: str,
    conditions: CropConditions = USUAL,
    size_px: int = 60,
    *,
    seed: int | Sequence[int] = 0,
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Draw a crop that one material fills.

    Args:
        name: of the material in `simulate.library.materials.MATERIALS`.
        conditions: how it may be imaged.
        size_px: side of the crop.
        seed: one or more whole numbers; the same seed and arguments give the same bytes.

    Returns:
        float32 (size_px, size_px) in [0, 1], and its `CropParameters` as a dictionary.

    Raises:
        InputError: if the material is unknown or not in the library under these conditions, or a number is impossible.
    """
    parameters = draw_parameters(name, conditions, size_px, seed)
    return image_crop(parameters, conditions, seed=seed), asdict(parameters)


def image_crop(
    parameters: CropParameters,
    conditions: CropConditions,
    *,
    seed: int | Sequence[int] = 0,
    seen_as: Seen | None = None,
) -> NDArray[np.float32]:
    """The crop that parameters describe: float32 (size_px, size_px) in [0, 1].

    Args:
        parameters: as `draw_parameters` gives them.
        conditions: those they were drawn from.
        seed: of atoms that stand at random, of line shifts and of noise.
        seen_as: makes the spectrum of what stands in for the material; the material's own where None.
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
    grid = largest.for_extent(limit_A + MARGIN_A)
    if seen_as is None and is_empty(parameters.material):
        signal = np.zeros(scan.shape_hw)
    else:
        image = grid.through((seen_as or spectrum)(structure, parameters, grid), optics(parameters))
        signal = stem.sample(image, RASTER_A, grid.origin_xy_A, read_at_A).astype(np.float64)
    neighbours = [neighbour_pixels(*neighbour, parameters, largest) for neighbour in parameters.neighbours]
    return _digitised(electrons, signal, neighbours, parameters)


def _widest_A(conditions: CropConditions, size_px: int) -> float:
    """Half extent that a crop may need, its margin included."""
    lean = np.tan(np.deg2rad(max(abs(end) for pair in conditions.intervals("shear_deg") for end in pair)))
    half_A = (size_px - 1) / 2 * conditions.highest("pixel_size_A")
    widest_A = half_A * (1 + lean) + _JITTERS * conditions.highest("jitter_A")
    return float(max(widest_A, CRYSTAL_FIELD_A / 2) + MARGIN_A)


def _digitised(
    rng: np.random.Generator, signal: Floats, neighbours: list[Floats], parameters: CropParameters
) -> NDArray[np.float32]:
    """Counted and stretched as part of a micrograph that has the neighbours' pixels in it."""
    together = np.concatenate([signal.ravel(), *neighbours])
    carbon = entry_name("amorphous C")
    per_A = thin_film_fraction(carbon, parameters.energy_kV, parameters.detector)
    together += parameters.contamination_A * per_A
    pixel_area_A2 = parameters.pixel_size_A**2
    low, high = (float(level) for level in np.percentile(np.clip(together, 0, 1), EXPOSED_PERCENTILES))
    detector = stem.exposed(
        parameters.dose_e_per_A2,
        pixel_area_A2,
        low,
        max(high, low + _LEAST_SPAN),
        readout_e=parameters.readout_e,
        bits=parameters.bits,
    )
    counts = stem.detect(rng, together[None], pixel_area_A2, detector)
    pixels = Micrograph.stretched(counts, clip_percentiles=EXPOSED_PERCENTILES).pixels[0, : signal.size]
    return pixels.reshape(signal.shape)

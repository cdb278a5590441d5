"""Exit waves by multislice (abTEM)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import abtem
import dask
import numpy as np
from abtem.parametrizations import LobatoParametrization
from ase import Atoms
from ase.data import chemical_symbols
from numpy.typing import NDArray
from scipy import fft
from scipy.fft import next_fast_len

from simulate.imaging.hrtem.spectra import Complexes, frequencies_per_A, resized
from simulate.particles.absorption import transmitted
from simulate.particles.settings import WaveSettings

STORED_PIXEL_A = 0.4
"""Of the waves that are kept: what would need a finer one, beyond 1/0.8 Å⁻¹, no lens brings to the camera."""
_ANTIALIAS = 2 / 3  # abTEM keeps this share of the sampled angles
_PLANNING = "FFTW_ESTIMATE"  # the same plan every time, so the same bytes; it costs less than it gains
Device = Literal["cpu", "gpu"]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Placement:
    """Atoms in a box.

    Attributes:
        numbers: atomic number of each.
        positions_A: (n, 3), x to the right, y down, z with the beam.
    """

    numbers: NDArray[np.int64]
    positions_A: Floats


def exit_waves(
    common: Placement,
    variants: Sequence[Placement],
    box_A: tuple[float, float, float],
    rms_A: Floats,
    settings: WaveSettings,
    device: Device = "cpu",
) -> list[Complexes]:
    """The waves behind boxes that differ by some of their atoms; a plane wave of amplitude 1 falls on each.

    Args:
        common: atoms that all boxes have. The beam goes through what of them lies before all others once.
        variants: the other atoms of each box.
        box_A: sides of the periodic box in x, y and z; x and y are alike.
        rms_A: thermal displacement along one axis by atomic number; with no phonons, it smears the potential.
        settings: how to compute.
        device: "gpu" needs CuPy.

    Returns:
        complex64 (N, N) for each, y and x, pixels of about 0.4 Å, frequencies up to 1.25 Å⁻¹.
    """
    n_px = int(next_fast_len(int(np.ceil(box_A[0] / settings.pixel_A)), real=False))
    n_slices = int(np.ceil(box_A[2] / settings.slice_A))
    slice_A = box_A[2] / n_slices
    lowest_A = min(float(variant.positions_A[:, 2].min(initial=box_A[2])) for variant in variants)
    first = min(int(lowest_A / slice_A), n_slices)
    beyond_A = (box_A[0], box_A[1], (n_slices - first) * slice_A)
    known = (box_A[0], settings.energy_kV, _ANTIALIAS * 0.5 * n_px / box_A[0])
    waves = []
    options = {"device": device, "fftw.threads": 1, "fftw.planning_effort": _PLANNING}
    with abtem.config.set(options), dask.config.set(scheduler="single-threaded"):
        shared = _potential(common, box_A, n_px, n_slices, rms_A, settings)
        plane = abtem.PlaneWave(energy=settings.energy_kV * 1e3, extent=box_A[:2], gpts=n_px).build(lazy=False)
        before = _through(plane, shared[:first], slice_A, box_A)
        for variant in variants:
            above = Placement(variant.numbers, variant.positions_A - [0, 0, first * slice_A])
            own = _potential(above, beyond_A, n_px, n_slices - first, rms_A, settings)
            own += shared[first:]
            wave: Any = _through(before, own, slice_A, box_A)
            array = np.asarray(wave.to_cpu().array, np.complex64).T
            waves.append(_band_limited(array, box_A[0]) * _left(common, variant, rms_A, *known))
    return waves


def _potential(
    placement: Placement,
    box_A: tuple[float, float, float],
    n_px: int,
    n_slices: int,
    rms_A: Floats,
    settings: WaveSettings,
) -> NDArray[np.float32]:
    """The projected potential of each slice, (slices, x, y)."""
    if not len(placement.numbers):
        return np.zeros((n_slices, n_px, n_px), np.float32)
    atoms = Atoms(placement.numbers, positions=placement.positions_A, cell=box_A, pbc=True)
    elements = np.unique(placement.numbers)
    sigmas = {} if settings.phonons else {chemical_symbols[number]: float(rms_A[number]) for number in elements}
    potential: Any = abtem.Potential(
        atoms,
        gpts=n_px,
        slice_thickness=box_A[2] / n_slices,
        parametrization=LobatoParametrization(sigmas=sigmas),
    )
    return np.array(potential.build(lazy=False).to_cpu().array, np.float32)


def _through(
    wave: Any,  # noqa: ANN401
    slices: NDArray[np.float32],
    slice_A: float,
    box_A: tuple[float, float, float],
) -> Any:  # noqa: ANN401
    """The wave behind slices of potential; the plane wave itself before any."""
    if not len(slices):
        return wave
    return wave.multislice(abtem.PotentialArray(slices, slice_thickness=slice_A, extent=box_A[:2]))


def _left(
    common: Placement, variant: Placement, rms_A: Floats, extent_A: float, energy_kV: float, known_per_A: float
) -> NDArray[np.float32]:
    numbers = np.concatenate([common.numbers, variant.numbers])
    positions = np.concatenate([common.positions_A, variant.positions_A])
    return transmitted(numbers, positions, rms_A, extent_A, stored_px(extent_A), energy_kV, known_per_A)


def stored_px(extent_A: float) -> int:
    """Side of a wave that is kept, in pixels."""
    return 2 * round(0.5 * extent_A / STORED_PIXEL_A)


def _band_limited(wave: Complexes, extent_A: float) -> Complexes:
    n_px = stored_px(extent_A)
    spectrum = resized(fft.fft2(wave), n_px)
    ky, kx = frequencies_per_A(n_px, extent_A)
    spectrum *= np.hypot(kx, ky) < 0.5 / STORED_PIXEL_A
    return np.asarray(fft.ifft2(spectrum), np.complex64)

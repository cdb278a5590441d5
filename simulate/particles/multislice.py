"""Exit waves by multislice (abTEM)."""

from __future__ import annotations

from typing import Any, Literal

import abtem
import dask
import numpy as np
from abtem.parametrizations import LobatoParametrization
from ase import Atoms
from numpy.typing import NDArray
from scipy import fft
from scipy.fft import next_fast_len

from simulate.imaging.hrtem.spectra import frequencies_per_A, resized
from simulate.particles.settings import WaveSettings

STORED_PIXEL_A = 0.4
"""Of the waves that are kept: what would need a finer one, beyond 1/0.8 Å⁻¹, no lens brings to the camera."""


def exit_wave(
    numbers: NDArray[np.int64],
    positions_A: NDArray[np.float64],
    box_A: tuple[float, float, float],
    rms_A: NDArray[np.float64] | None,
    settings: WaveSettings,
    device: Literal["cpu", "gpu"] = "cpu",
) -> NDArray[np.complex64]:
    """The wave behind a box of atoms that a plane wave of amplitude 1 falls on.

    Args:
        numbers: atomic number of each atom.
        positions_A: (n, 3), x to the right, y down, z with the beam.
        box_A: sides of the periodic box in x, y and z; x and y are alike.
        rms_A: displacement along one axis by which the potential of each element is smeared, by atomic number; None
            for atoms as they are.
        settings: how to compute.
        device: "gpu" needs CuPy.

    Returns:
        complex64 (N, N), y and x, pixels of about 0.4 Å, frequencies up to 1.25 Å⁻¹.
    """
    n_px = int(next_fast_len(int(np.ceil(box_A[0] / settings.pixel_A)), real=False))
    atoms = Atoms(numbers, positions=positions_A, cell=box_A, pbc=True)
    sigmas = {} if rms_A is None else {symbol: float(rms_A[number]) for symbol, number in _elements(atoms)}
    with abtem.config.set({"device": device, "fftw.threads": 1}), dask.config.set(scheduler="single-threaded"):
        potential: Any = abtem.Potential(
            atoms,
            gpts=n_px,
            slice_thickness=settings.slice_A,
            parametrization=LobatoParametrization(sigmas=sigmas),
        )
        wave: Any = abtem.PlaneWave(energy=settings.energy_kV * 1e3).multislice(potential, lazy=False)
        array = np.asarray(wave.to_cpu().array, np.complex64).T
    return _band_limited(array, box_A[0])


def _elements(atoms: Atoms) -> set[tuple[str, int]]:
    return set(zip(atoms.get_chemical_symbols(), atoms.numbers.tolist(), strict=True))


def _band_limited(wave: NDArray[np.complex64], extent_A: float) -> NDArray[np.complex64]:
    n_px = 2 * round(0.5 * extent_A / STORED_PIXEL_A)
    spectrum = resized(fft.fft2(wave), n_px)
    ky, kx = frequencies_per_A(n_px, extent_A)
    spectrum *= np.hypot(kx, ky) < 0.5 / STORED_PIXEL_A
    return np.asarray(fft.ifft2(spectrum), np.complex64)

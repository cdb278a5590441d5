"""What multislice with coarse pixels does not take from the beam: electrons scattered to angles that it does not know.

Pixels of 0.25 Å keep scattering up to 26 mrad (300 kV). Beyond, vibrating atoms scatter incoherently, and what they
scatter is missing from the image: the darkness of particles off axis. A sphere of gold of 5 nm off axis loses 2 % of
the beam with these pixels, 7 % with 0.07 Å, which cost thirteen times as much.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from abtem.parametrizations import LobatoParametrization
from ase.data import chemical_symbols
from numpy.typing import NDArray
from scipy import constants, ndimage

from simulate.imaging.stem.optics import wavelength_A

_SMOOTH_A = 1.0  # of the map of atoms: about the resolution of the image
_FARTHEST_PER_A = 20.0  # beyond, no atom scatters anything
_SHARED = 0.77  # of single scattering that multislice with fine pixels shows; the rest of it is scattered back


def transmitted(
    numbers: NDArray[np.int64],
    positions_A: NDArray[np.float64],
    rms_A: NDArray[np.float64],
    extent_A: float,
    n_px: int,
    energy_kV: float,
    beyond_per_A: float,
) -> NDArray[np.float32]:
    """The amplitude that is left of an exit wave.

    Args:
        numbers: atomic number of each atom.
        positions_A: (n, 3), x, y and z.
        rms_A: thermal displacement along one axis by atomic number.
        extent_A: side of the periodic square.
        n_px: its pixels.
        energy_kV: of the beam.
        beyond_per_A: spatial frequency up to which scattering was taken into account.

    Returns:
        float32 (n_px, n_px), y and x, in [0, 1].
    """
    exponent = np.zeros((n_px, n_px))
    for number in np.unique(numbers):
        xy = positions_A[numbers == number, :2] % extent_A
        atoms, *_ = np.histogram2d(xy[:, 1], xy[:, 0], bins=n_px, range=[(0, extent_A)] * 2)
        lost_A2 = scattered_beyond_A2(int(number), float(rms_A[number]), energy_kV, beyond_per_A)
        exponent += 0.5 * _SHARED * lost_A2 * atoms / (extent_A / n_px) ** 2
    return np.asarray(np.exp(-ndimage.gaussian_filter(exponent, _SMOOTH_A * n_px / extent_A, mode="wrap")), np.float32)


@cache
def scattered_beyond_A2(number: int, rms_A: float, energy_kV: float, beyond_per_A: float) -> float:
    """Cross-section of an atom for incoherent scattering beyond a spatial frequency, in Å².

    Of the elastic scattering, the share that vibrations take out of the reflections: 1 - exp(-4π² u² k²).
    """
    k = np.linspace(beyond_per_A, _FARTHEST_PER_A, 4000)
    amplitude_A = LobatoParametrization().scattering_factor(chemical_symbols[number])(k**2)
    gamma = 1 + energy_kV * 1e3 * constants.e / (constants.m_e * constants.c**2)
    incoherent = 1 - np.exp(-((2 * np.pi * rms_A * k) ** 2))
    density = (gamma * wavelength_A(energy_kV) * amplitude_A) ** 2 * incoherent * 2 * np.pi * k
    return float(np.trapezoid(density, k))

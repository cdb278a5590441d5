"""How far a fault and the fringes of a particle stand out of the noise of a picture.

Both are detectability indices d′ of an observer who knows what to look for, in noise of counting: d′² is the sum over
the pixels of the squared signal over the variance. A fault's signal is the difference between the noise-free picture
and that of the same particle without its fault, after the best rigid shift of the latter. That of fringes is what
stands out, at the particle's reflections, of the power that lies beside them in the spectrum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float32]

VISIBLE = 5.0
"""From this d′ on a fault is called visible, and fringes are."""
_SHIFT_A = 3.0  # within which the best shift is looked for: more than a distance between neighbours
_REACH_A = 4.0  # beyond a particle's outline: what is seen of it lies within
_SPOT = 1.2  # radius of a reflection's spot times the particle's diameter; the first zero of a disc's is at 1.22


def fault_d_prime(
    seen: Floats, fault_free: Floats, mask: NDArray[np.bool_], pixel_A: float, dose_e_per_A2: float
) -> float:
    """How far a fault stands out of the noise.

    Args:
        seen: (h, w), noise-free picture around the particle, as shares of the beam.
        fault_free: likewise of the particle without its fault.
        mask: bool (h, w), the particle; the margin around it must be wider than 3 Å.
        pixel_A: of both.
        dose_e_per_A2: electrons on each Å².
    """
    weight = np.asarray(
        mask / np.maximum(seen, 0.05), np.float32
    )  # the variance of a count is its mean; interference is nowhere darker
    shape = [int(fft.next_fast_len(side, real=True)) for side in mask.shape]

    def correlated(one: Floats, other: Floats) -> Floats:
        product = np.conj(fft.rfft2(one, shape)) * fft.rfft2(other, shape)
        return np.asarray(fft.irfft2(product, shape), np.float32)

    # Of the mean too, which says nothing: doses differ.
    base = float((weight * seen).sum() / weight.sum())
    a, b = seen - base, fault_free - base
    misfit = float((weight * a * a).sum()) - 2 * correlated(weight * a, b) + correlated(weight, b * b)
    reach = int(_SHIFT_A / pixel_A)
    around = np.roll(misfit, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    least = _least_between(around)
    return float(np.sqrt(max(least, 0.0) * dose_e_per_A2 * pixel_A**2))


def _least_between(misfit: Floats) -> float:
    """The minimum of a smooth function between the points of a grid: of a paraboloid through the nearest nine."""
    row, column = np.unravel_index(np.argmin(misfit), misfit.shape)
    if not (0 < row < misfit.shape[0] - 1 and 0 < column < misfit.shape[1] - 1):
        return float(misfit[row, column])
    near = misfit[row - 1 : row + 2, column - 1 : column + 2].astype(np.float64)
    slope = np.array([near[2, 1] - near[0, 1], near[1, 2] - near[1, 0]]) / 2
    mixed = (near[2, 2] - near[2, 0] - near[0, 2] + near[0, 0]) / 4
    curved = np.array(
        [[near[2, 1] - 2 * near[1, 1] + near[0, 1], mixed], [mixed, near[1, 2] - 2 * near[1, 1] + near[1, 0]]]
    )
    if np.linalg.det(curved) <= 0 or curved[0, 0] <= 0:
        return float(near[1, 1])
    return float(near[1, 1] - 0.5 * slope @ np.linalg.solve(curved, slope))


def fringe_d_prime(
    seen: Floats,
    mask: NDArray[np.bool_],
    reflections_per_A: NDArray[np.float64],
    diameter_A: float,
    pixel_A: float,
    dose_e_per_A2: float,
) -> float:
    """How far the fringes stand out of the noise.

    Args:
        seen: (h, w), noise-free picture around the particle, as shares of the beam.
        mask: bool (h, w), the particle.
        reflections_per_A: (m, 2), ky and kx.
        diameter_A: of the particle, which says how large its spots are.
        pixel_A: of the picture.
        dose_e_per_A2: electrons on each Å².
    """
    if not len(reflections_per_A) or not mask.any():
        return 0.0
    n = int(fft.next_fast_len(max(mask.shape), real=True))
    signal = np.where(mask, (seen - seen[mask].mean()) / np.sqrt(np.maximum(seen, 0.05)), 0.0)
    power = np.abs(fft.fft2(signal, (n, n))) ** 2 / n**2
    k = fft.fftfreq(n, pixel_A)
    radius = np.hypot(k[:, None], k)
    spots = np.zeros((n, n), bool)
    for ky, kx in reflections_per_A:
        spots |= np.hypot(k[:, None] - ky, k - kx) < _SPOT / diameter_A
    excess = 0.0
    for k_ring in np.unique(np.round(np.hypot(*reflections_per_A.T), 2)):
        ring = np.abs(radius - k_ring) < max(_SPOT / diameter_A, 0.02)
        own = ring & spots
        # Speckle's power is exponentially distributed: its mean is the median over ln 2, which spots do not lift.
        excess = max(excess, float(power[own].sum() - own.sum() * np.median(power[ring]) / np.log(2)))
    return float(np.sqrt(max(2 * excess, 0.0) * dose_e_per_A2 * pixel_A**2))  # of both opposite spots

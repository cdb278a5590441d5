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
Doubles = NDArray[np.float64]

VISIBLE = 5.0
"""From this d′ on a fault is called visible, and fringes are."""
_SHIFT_A = 3.0  # within which the best shift is looked for: more than a distance between neighbours
_FLAT = 1e-3  # share of the greatest curvature, below which there is none
_SPOT = 1.2  # radius of a reflection's spot times the particle's diameter; the first zero of a disc's is at 1.22


def fault_d_prime(
    seen: Floats, fault_free: Floats, mask: NDArray[np.bool_], pixel_A: float, dose_e_per_A2: float
) -> float:
    """How far a fault stands out of the noise.

    Args:
        seen: (h, w), noise-free picture around the particle, as shares of the beam.
        fault_free: likewise of the particle without its fault.
        mask: bool (h, w), what is shown of the particle; the margin around it must be wider than 3 Å.
        pixel_A: of both.
        dose_e_per_A2: electrons on each Å².
    """
    weight = mask / np.maximum(seen, 0.05, dtype=np.float64)  # the variance of a count is its mean
    base = float((weight * seen).sum() / weight.sum())
    one, other = seen.astype(np.float64) - base, fault_free.astype(np.float64) - base
    shape = [int(fft.next_fast_len(side)) for side in mask.shape]
    # Σ w (a - b)² for every shift of b, but for Σ w a²: a sum of two correlations.
    spectrum = np.conj(fft.fft2(weight, shape)) * fft.fft2(other**2, shape)
    spectrum -= 2 * np.conj(fft.fft2(weight * one, shape)) * fft.fft2(other, shape)
    misfit = float((weight * one**2).sum()) + _least(spectrum, int(_SHIFT_A / pixel_A))
    return float(np.sqrt(max(misfit, 0.0) * dose_e_per_A2 * pixel_A**2))


def _least(spectrum: NDArray[np.complex128], reach_px: int) -> float:
    """The minimum of a smooth function of the shift, between pixels too, from the spectrum of its values."""
    around = np.roll(fft.ifft2(spectrum).real, (reach_px, reach_px), axis=(0, 1))
    around = around[: 2 * reach_px + 1, : 2 * reach_px + 1]
    row, column = np.unravel_index(np.argmin(around[1:-1, 1:-1]), (2 * reach_px - 1, 2 * reach_px - 1))
    shift_px = np.array([row, column]) + 1 - reach_px + _vertex(around[row : row + 3, column : column + 3])
    turns = [fft.fftfreq(side) * shift for side, shift in zip(spectrum.shape, shift_px, strict=True)]
    phases = np.exp(2j * np.pi * (turns[0][:, None] + turns[1]))
    return float((spectrum * phases).real.mean())


def _vertex(near: Doubles) -> Doubles:
    """Where the paraboloid through nine points has its minimum, from the middle one, a pixel away at most."""
    slope = np.array([near[2, 1] - near[0, 1], near[1, 2] - near[1, 0]]) / 2
    mixed = (near[2, 2] - near[2, 0] - near[0, 2] + near[0, 0]) / 4
    curved = np.array(
        [[near[2, 1] - 2 * near[1, 1] + near[0, 1], mixed], [mixed, near[1, 2] - 2 * near[1, 1] + near[1, 0]]]
    )
    curvatures, axes = np.linalg.eigh(curved)
    # Along one set of fringes alone a shift changes nothing: there is no minimum to look for.
    is_curved = curvatures > _FLAT * np.abs(curvatures).max()
    along = np.where(is_curved, -(slope @ axes) / np.where(is_curved, curvatures, 1.0), 0.0)
    return np.asarray(axes @ np.clip(along, -1, 1))


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
        mask: bool (h, w), what is shown of the particle.
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

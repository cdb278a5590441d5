"""The objective lens: from the exit wave to the intensity of the image.

Aberrations have the signs of abTEM: the wave is multiplied by exp(-i χ), χ = 2π/λ · (½ α² (C10 + C12 cos 2(φ - φ12)) +
¼ α⁴ C30), α = λk, C10 = -defocus, so that a positive defocus is underfocus. Partial coherence acts on the wave as its
two envelopes (Frank, Optik 38, 519 (1973); Kirkland, Advanced Computing in Electron Microscopy, §3.2): exact for the
linear part of the image, good where the direct beam is strong. An envelope takes a beam's interference from the image,
not its electrons, which are put back about where they were, blurred: without them crystals on axis are too dark.
"""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import fft

from samiam.errors import InputError
from samiam.settings import NotNegative, settings
from simulate.imaging.hrtem.spectra import Complexes, frequencies_per_A, real_resized, resized
from simulate.imaging.stem.optics import Energy_kV, wavelength_A

_A_PER_MM = 1e7
_BLUR_A = 4.0  # of electrons without interference: aberrations shift a reflection by λ k C10, as 0.02 · 0.7 · 300 Å


@settings
class Lens:
    """An objective lens and the coherence of the beam.

    Attributes:
        energy_kV: of the beam.
        defocus_A: -C10; positive is underfocus.
        spherical_mm: C30; aberration correctors bring it to a few µm of either sign.
        astigmatism_A: C12, twofold.
        astigmatism_deg: φ12, from +x towards +y, which is down.
        focal_spread_A: standard deviation of the defocus, by the spread of energy and lens current.
        convergence_mrad: semi-angle of the illumination, where a Gaussian source has fallen to 1/e.
    """

    energy_kV: Energy_kV = 300.0
    defocus_A: Annotated[float, Field(ge=-1e5, le=1e5)] = 0.0
    spherical_mm: Annotated[float, Field(ge=-10, le=10)] = 0.0
    astigmatism_A: NotNegative = 0.0
    astigmatism_deg: float = 0.0
    focal_spread_A: NotNegative = 30.0
    convergence_mrad: Annotated[float, Field(ge=0, lt=10)] = 0.0


def transfer(n_px: int, extent_A: float, lens: Lens) -> Complexes:
    """What the lens multiplies the spectrum of a wave with: phases and both envelopes.

    Args:
        n_px: side of the square wave in pixels.
        extent_A: side of the square wave.
        lens: the lens.

    Returns:
        complex64 (n_px, n_px), in the order of `fft2`.
    """
    ky, kx = frequencies_per_A(n_px, extent_A)
    wavelength = wavelength_A(lens.energy_kV)
    spherical_A = lens.spherical_mm * _A_PER_MM
    angle = 2 * math.radians(lens.astigmatism_deg)
    astigmatism = lens.astigmatism_A * math.cos(angle), lens.astigmatism_A * math.sin(angle)
    k2 = kx**2 + ky**2
    # k² cos 2(φ - φ12) = (kx² - ky²) cos 2φ12 + 2 kx ky sin 2φ12
    bent = astigmatism[0] * (kx**2 - ky**2) + astigmatism[1] * 2 * kx * ky
    chi = np.pi * wavelength * (bent - lens.defocus_A * k2 + 0.5 * spherical_A * wavelength**2 * k2**2)
    envelope = -0.5 * (np.pi * wavelength * lens.focal_spread_A * k2) ** 2
    if lens.convergence_mrad:
        # Half the source's angle squared times the gradient of χ by the angle, squared.
        along = wavelength * (spherical_A * wavelength**2 * k2 - lens.defocus_A)
        shift_x = (along + wavelength * astigmatism[0]) * kx + wavelength * astigmatism[1] * ky
        shift_y = (along - wavelength * astigmatism[0]) * ky + wavelength * astigmatism[1] * kx
        envelope -= (np.pi * 1e-3 * lens.convergence_mrad / wavelength) ** 2 * (shift_x**2 + shift_y**2)
    return np.asarray(np.exp(envelope - 1j * chi), np.complex64)


def intensity_spectrum(waves: NDArray[np.complex64], extent_A: float, lens: Lens, least_px: int = 0) -> Complexes:
    """The image's intensity, averaged over the configurations of a vibrating specimen, as a spectrum.

    Args:
        waves: complex64 (configurations, N, N), periodic square exit waves.
        extent_A: their side.
        lens: the lens.
        least_px: side of the image that is wanted in pixels; what finer frequencies would alias into is not worked
            out. 0 for all frequencies.

    Returns:
        complex64 (M, M // 2 + 1), as `rfft2` makes it, M ≥ N.

    Raises:
        InputError: if the waves are not of that shape.
    """
    if waves.ndim != 3 or waves.shape[1] != waves.shape[2]:
        raise InputError(f"waves of shape {waves.shape}: give configurations of square waves, (n, N, N).")
    n = waves.shape[-1]
    # The intensity has twice the frequencies of the wave; those beyond the image's own may fall on each other.
    n_fine = int(fft.next_fast_len(n + min(n, max(least_px, 1) // 2) if least_px else 2 * n))
    through = fft.fft2(waves) * transfer(n, extent_A, lens)
    spectrum = fft.rfft2(_intensity(fft.ifft2(resized(through, n_fine), overwrite_x=True)))
    ky, kx = frequencies_per_A(n_fine, extent_A, half=True)
    blur = np.exp(-2 * (np.pi * _BLUR_A) ** 2 * (kx**2 + ky**2))
    before = real_resized(fft.rfft2(_intensity(waves)), n_fine)
    return np.asarray(spectrum + blur * (before - spectrum), np.complex64)


def _intensity(fields: Complexes) -> NDArray[np.float32]:
    return np.asarray(np.mean(fields.real**2 + fields.imag**2, axis=0), np.float32)

"""Spectra of square periodic images, and images of any number of pixels made from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Complexes = NDArray[np.complex64]
Floats = NDArray[np.float32]


def resized(spectrum: Complexes, n_px: int) -> Complexes:
    """A spectrum (…, N, N) as `fft2` makes it, cut to fewer or filled with zeros to more frequencies a side.

    What lies at the highest frequency of an even number is left out: it has no place in another number of pixels.
    """
    old = spectrum.shape[-1]
    half = (min(old, n_px) - 1) // 2
    kept = np.r_[0 : half + 1, -half:0]
    made = np.zeros((*spectrum.shape[:-2], n_px, n_px), spectrum.dtype)
    made[..., kept[:, None], kept] = spectrum[..., kept[:, None], kept]
    return np.asarray(made * np.float32((n_px / old) ** 2), spectrum.dtype)


def real_resized(spectrum: Complexes, n_px: int) -> Complexes:
    """Likewise of a half spectrum (N, N // 2 + 1) as `rfft2` makes it of a real image."""
    old = spectrum.shape[0]
    half = (min(old, n_px) - 1) // 2
    rows = np.r_[0 : half + 1, -half:0]
    made = np.zeros((n_px, n_px // 2 + 1), spectrum.dtype)
    made[rows, : half + 1] = spectrum[rows, : half + 1]
    return np.asarray(made * np.float32((n_px / old) ** 2), spectrum.dtype)


def image_of(spectrum: Complexes, n_px: int) -> Floats:
    """The real image (n_px, n_px) of a half spectrum of any number of pixels."""
    return np.asarray(fft.irfft2(real_resized(spectrum, n_px), s=(n_px, n_px)), np.float32)


def frequencies_per_A(n_px: int, extent_A: float, *, half: bool = False) -> tuple[Floats, Floats]:
    """Spatial frequencies (ky, kx), shaped to be broadcast; `half` for the spectra of real images."""
    ky = fft.fftfreq(n_px, extent_A / n_px)[:, None]
    kx = (fft.rfftfreq if half else fft.fftfreq)(n_px, extent_A / n_px)[None]
    return ky.astype(np.float32), kx.astype(np.float32)

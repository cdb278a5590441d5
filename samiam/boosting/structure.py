"""Whether an image shows anything at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

_LOOKED_AT_FIRST_PX = 256
"""Side of the middle of an image that is looked at first; what has structure mostly shows it there."""
_STRAY = 0.001
"""Share of the pixels that contrast is stretched without; so few are no part of a specimen that has structure."""
_UNSEEN = 0.5 / 255
"""Root mean square of what nobody sees, half of a grey level of 256."""
_NOTICED = 1.02
"""Standard deviation over that of the noise alone from which a slow change is mentioned."""
_BANDS = 24
_UNLIKELY = 12.0
"""A wave of noise is this much stronger than the strongest expected once in e¹² images."""
_SIGMAS = 5.0
_COLOUR = 0.1
"""Relative difference of a band's power that is no structure: detectors blur white noise a little."""


def lack_of_structure(pixels: NDArray[np.float32]) -> str | None:
    """Why there is nothing to segment in an image, or None where there is.

    An image of one value is blank. In white noise no wave stands out and all wavelengths are as strong: the power of
    waves over their mean is distributed as exp(-x) (Priestley 1981, Spectral Analysis and Time Series, §6.1). A slow
    change of brightness, as of uneven light or thickness, is no structure either.

    Args:
        pixels: float32 (H, W), in [0, 1].
    """
    if float(np.ptp(pixels)) < 1e-6:
        return "the image is blank: all pixels have one value"
    middle = tuple(slice(max(0, (side - _LOOKED_AT_FIRST_PX) // 2), None) for side in pixels.shape)
    first = pixels[middle][:_LOOKED_AT_FIRST_PX, :_LOOKED_AT_FIRST_PX]
    n_others = int(np.count_nonzero(pixels != np.median(first)))
    if n_others <= _STRAY * pixels.size:
        return f"the image is blank: all but {n_others} of its pixels have one value"
    if not _is_without_structure(_flattened(first)):
        return None
    flat = _flattened(pixels)
    if not _is_without_structure(flat):
        return None
    if float(flat.std()) < _UNSEEN:
        return "the image shows nothing but a slow change of brightness"
    slow = ", on a slow change of brightness" if pixels.std() > _NOTICED * flat.std() else ""
    return f"the image is pure noise{slow}: no wave in it stands out, and all wavelengths are as strong"


def _is_without_structure(flat: NDArray[np.float32]) -> bool:
    return float(flat.std()) < _UNSEEN or _is_white(flat)


def _flattened(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without the surface, of second order in x and in y, that fits best."""
    along_y, along_x = (np.linalg.qr(np.vander(np.linspace(-1, 1, side), 3))[0] for side in pixels.shape)
    surface = along_y @ (along_y.T @ pixels @ along_x) @ along_x.T
    return np.asarray(pixels - surface, np.float32)


def _is_white(pixels: NDArray[np.float32]) -> bool:
    """Whether an image is independent noise in each pixel, but for rows and columns that differ as independently."""
    power = np.abs(fft.rfft2(pixels - pixels.mean())) ** 2
    qy, qx = fft.fftfreq(pixels.shape[0]), fft.rfftfreq(pixels.shape[1])
    inner = (qx > 0) & (qx < 0.5)  # waves that are there once; the others are their own mirror images
    across_rows, across_columns = power[qy > 0, 0], power[0, inner]
    power, radius = power[1:, inner], np.hypot(qy[1:, None], qx[inner])
    mean = float(power.mean()) if power.size else 0.0
    if mean == 0:
        return False
    relative = power / mean
    band = np.minimum((radius * 2 * _BANDS).astype(np.intp), _BANDS - 1).ravel()
    counts = np.bincount(band, minlength=_BANDS)
    bands = np.bincount(band, relative.ravel(), minlength=_BANDS) / np.maximum(counts, 1)
    even = np.abs(bands - 1) < _COLOUR + _SIGMAS / np.sqrt(np.maximum(counts, 1))
    stands_out = any(map(_stands_out, (power, across_rows, across_columns)))
    return not stands_out and bool((even | (counts == 0)).all())


def _stands_out(power: NDArray[np.float32]) -> bool:
    """Whether a wave is stronger than the strongest that noise as strong as these has."""
    mean = float(power.mean()) if power.size else 0.0
    return mean > 0 and bool(power.max() / mean >= np.log(power.size) + _UNLIKELY)

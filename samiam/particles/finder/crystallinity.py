"""How far lattice fringes stand out of what surrounds them in the spectrum, around each pixel of an image.

Fringes too weak to be seen pixel by pixel add up over a window; a network of small kernels cannot learn to add them up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from samiam.period import window_starts

WINDOWS_PX = (64, 128)
"""Sides of the windows: at 0.04 nm a pixel they hold a particle of 2.5 nm and one of 5."""
_PERIODS_PX = (2.9, 12.5)  # of fringes: planes 0.12 to 0.5 nm apart
_RINGS = 1  # on either side of a frequency, which its power is compared with
_EMPTY = 1e-6  # power beside that of an image of variance 1, below which there is nothing to compare
_USUAL = 2.0  # of noise, and of an amorphous film
_RANGE = (-1.0, 4.0)

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Plan:
    """What is the same for all windows of a size.

    Attributes:
        taper: float32 (side, side), sums up to 1.
        order: places of the frequencies to look at in the flat half plane, ring by ring.
        first: where in that order each ring begins.
        pooled: float32 (rings, rings), from sums over rings to means over each and its neighbours.
    """

    taper: Floats
    order: NDArray[np.int64]
    first: NDArray[np.int64]
    pooled: Floats


def crystallinity(pixels: NDArray[np.floating]) -> Floats:
    """How far the strongest fringes stand out, in windows of 64 and of 128 px around each pixel.

    It is the logarithm of their power over the mean power at frequencies as high, less what that is by chance: about 0
    of noise and of amorphous films, up to 4 of crystals.

    Args:
        pixels: real (H, W) of variance about 1, on pixels of 0.04 nm.

    Returns:
        float32 (2, H, W), within −1 and 4.
    """
    return np.stack([_standing_out(np.asarray(pixels, np.float32), side) for side in WINDOWS_PX])


def _standing_out(pixels: Floats, side: int) -> Floats:
    missing = [max(0, side - length) for length in pixels.shape]
    whole = np.pad(pixels, [(0, missing[0]), (0, missing[1])], mode="symmetric") if any(missing) else pixels
    tops, lefts = (window_starts(length, side) for length in whole.shape)
    windows = np.lib.stride_tricks.sliding_window_view(whole, (side, side))
    rows = np.stack([_of_windows(windows[top, lefts]) for top in tops])
    y, x = (
        np.interp(np.arange(length), np.add(starts, (side - 1) / 2), np.arange(len(starts))).astype(np.float32)
        for length, starts in zip(pixels.shape, (tops, lefts), strict=True)
    )
    at_x, at_y = np.meshgrid(x, y)
    return np.asarray(cv2.remap(rows, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _of_windows(windows: Floats) -> Floats:
    """Of each of some windows (N, side, side)."""
    plan = _plan(windows.shape[-1])
    means = (windows * plan.taper).sum(axis=(1, 2), keepdims=True)
    waves = fft.rfft2((windows - means) * plan.taper).reshape(len(windows), -1)[:, plan.order]
    power = waves.real**2 + waves.imag**2
    usual = np.add.reduceat(power, plan.first, axis=1) @ plan.pooled
    least = _EMPTY * float((plan.taper**2).sum())
    above = (np.maximum.reduceat(power, plan.first, axis=1) + least) / (usual + least)
    return np.asarray(np.clip(np.log(above.max(axis=1)) - _USUAL, *_RANGE), np.float32)


@lru_cache(maxsize=len(WINDOWS_PX))
def _plan(side: int) -> _Plan:
    hann = np.hanning(side + 2)[1:-1]
    taper = np.outer(hann, hann) / hann.sum() ** 2
    ky, kx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    radii = np.hypot(ky, kx)
    is_seen = (radii > 1 / _PERIODS_PX[1]) & (radii < 1 / _PERIODS_PX[0]) & ~((kx == 0) & (ky < 0))
    seen = np.flatnonzero(is_seen)
    rings = np.rint(radii.ravel()[seen] * side).astype(int)
    rings -= rings.min()
    order = np.argsort(rings, kind="stable")
    counts = np.bincount(rings)
    numbers = np.arange(len(counts))
    near = (np.abs(numbers[:, None] - numbers) <= _RINGS).astype(np.float32)
    first = np.searchsorted(rings[order], numbers)
    return _Plan(taper.astype(np.float32), seen[order], first, np.asarray(near / (counts @ near), np.float32))

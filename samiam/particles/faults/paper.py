"""The five numbers that the paper's forest goes by, and the regions that it takes (Groschner et al. 2021)."""

from __future__ import annotations

import numpy as np
from scipy import fft

from samiam.particles.faults.region import Region

_LEAST_AREA_PX = 200
_SIDES_PX = (75, 250)  # of the box around a region, between which it is taken


def is_taken(region: Region) -> bool:
    """Whether the paper's cut keeps a region: by its area, and by both sides of its box."""
    rows, columns = (np.flatnonzero(region.inside.any(axis=axis)) for axis in (1, 0))
    sides = (rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
    low, high = _SIDES_PX
    return bool(np.count_nonzero(region.inside) >= _LEAST_AREA_PX and all(low <= side <= high for side in sides))


def paper_numbers(region: Region) -> dict[str, float]:
    """Mean and standard deviation of the radially summed Fourier transform and of the image, and the former's middle.

    They are of the box around the region. Amplitudes are over the number of pixels, so that they do not grow with it.
    """
    rows, columns = (np.flatnonzero(region.inside.any(axis=axis)) for axis in (1, 0))
    box = region.pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    amplitude = np.abs(fft.fftshift(fft.fft2(box))) / box.size
    from_middle = np.indices(box.shape) - (np.array(box.shape) // 2)[:, None, None]
    radius = np.rint(np.hypot(*from_middle)).astype(np.intp)
    profile = np.bincount(radius.ravel(), amplitude.ravel())
    whole = float(profile.sum())
    return {
        "fft_mean": float(profile.mean()),
        "fft_sd": float(profile.std()),
        "mean": float(box.mean()),
        "sd": float(box.std()),
        "fft_middle": float(profile @ np.arange(len(profile))) / whole if whole else 0.0,
    }

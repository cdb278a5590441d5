"""A noise-free image as high-resolution TEM shows it: without its slow parts, its fine ones turned over by defocus."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft


def in_phase_contrast(
    image: NDArray[np.float64], *, zero_px: float, amplitude: float, limit_px: float
) -> NDArray[np.float64]:
    """The image through a contrast transfer function sin(π (z q)² + arcsin A) (Williams & Carter 2009, ch. 28).

    Spherical aberration and astigmatism are left out: they move the zeros, as another defocus does.

    Args:
        image: float64 (H, W), ≥ 0.
        zero_px: period at which the function is zero for the first time, but for amplitude contrast.
        amplitude: share of amplitude contrast, which slow changes are seen by, [0, 1].
        limit_px: period at which the envelope has fallen to 1/e: nothing much finer is transferred.

    Returns:
        float64 (H, W), ≥ 0, of the mean of the image.
    """
    padding = [(side // 4, side // 4) for side in image.shape]
    padded = np.pad(image, padding, mode="reflect")
    qy, qx = np.meshgrid(*(fft.fftfreq(side) for side in padded.shape), indexing="ij")
    q2 = qy**2 + qx**2
    transfer = np.sin(np.pi * zero_px**2 * q2 + np.arcsin(amplitude)) * np.exp(-(limit_px**2) * q2)
    transfer[0, 0] = 0
    seen = fft.ifft2(fft.fft2(padded) * transfer).real
    seen = seen[tuple(slice(before, before + side) for (before, _), side in zip(padding, image.shape, strict=True))]
    return np.asarray(np.clip(image.mean() + seen, 0, None))

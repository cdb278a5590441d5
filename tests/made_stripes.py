"""Labyrinths of stripes whose ends and junctions are known, made of waves in all directions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from samiam.records import Micrograph


def waves(shape_hw: tuple[int, int], period_px: float, seed: int, spread: float = 0.1) -> Any:
    """A field whose spectrum is a ring: random, of mean 0 and variance 1; stripes are where it is above 0."""
    noise = np.fft.rfft2(np.random.default_rng(seed).normal(size=shape_hw))
    frequency = np.hypot(np.fft.fftfreq(shape_hw[0])[:, None], np.fft.rfftfreq(shape_hw[1]))
    with np.errstate(divide="ignore"):
        ring = np.exp(-((np.log(frequency * period_px) / spread) ** 2) / 2)
    field = np.fft.irfft2(noise * ring, shape_hw)
    return field / field.std()


def labyrinth(
    shape_hw: tuple[int, int] = (192, 192), period_px: float = 12.0, seed: int = 0, noise: float = 0.0
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Pixels in [0, 1] and the stripes in them; noise in standard deviations of the stripes."""
    field = waves(shape_hw, period_px, seed)
    stripes = np.tanh(2 * field)
    noisy = stripes + noise * stripes.std() * np.random.default_rng(seed + 1).normal(size=shape_hw)
    low, high = noisy.min(), noisy.max()
    return ((noisy - low) / (high - low)).astype(np.float32), field > 0


def frame(**given: Any) -> Micrograph:
    """A micrograph of a labyrinth."""
    return Micrograph(labyrinth(**given)[0], name="labyrinth")

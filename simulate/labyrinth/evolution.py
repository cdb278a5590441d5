"""A field on a periodic grid that evolves in time, whatever its equation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

GRID_PERIOD_PX = 10.0
"""Pixels of the grid in 2π, the period at which stripes grow fastest: walls of domains are 2 px wide and more."""

Field = NDArray[np.float32]


@dataclass(frozen=True)
class Equation:
    """∂u/∂t = σ(k) u + f(u), σ the growth rate of a wave.

    Attributes:
        growth: σ on the grid of `wave_vectors`.
        nonlinear: f, of a field.
        step: of time.
        damping: added to the implicit part and taken from the explicit one: without it, f of a saturated field would
            have it oscillate.
    """

    growth: Field
    nonlinear: Callable[[Field], Field]
    step: float
    damping: float = 0.0

    def after(self, field: Field, steps: int = 1) -> Field:
        """A field (n, n) some steps later: implicit in σ, explicit in f (Eyre 1998, doi:10.1557/PROC-529-39)."""
        held = 1 + self.step * self.damping
        divisor = held - self.step * self.growth
        for _ in range(steps):
            sources = fft.rfft2(held * field + self.step * self.nonlinear(field))
            field = fft.irfft2(sources / divisor, field.shape)
        return field


def wave_vectors(n: int) -> tuple[Field, Field]:
    """Along rows (n, 1) and columns (1, n // 2 + 1) of the transform of a grid (n, n), 1 at the period of stripes."""
    down, across = np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None]
    return (GRID_PERIOD_PX * down).astype(np.float32), (GRID_PERIOD_PX * across).astype(np.float32)


def grid_noise(rng: np.random.Generator, n: int, passed: Field) -> Field:
    """White noise (n, n) of which a filter on the grid of `wave_vectors` lets through what it does; of variance 1."""
    noise = fft.irfft2(fft.rfft2(rng.standard_normal((n, n), np.float32)) * passed, (n, n))
    return np.asarray(noise / noise.std(), np.float32)


def mean_period_px(field: Field) -> float:
    """Of the stripes, on the pixels of the grid: that of the mean wave number of its power."""
    down, across = wave_vectors(len(field))
    power = np.abs(fft.rfft2(field - field.mean())) ** 2
    return GRID_PERIOD_PX * float(power.sum() / (power * np.hypot(down, across)).sum())

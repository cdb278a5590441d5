"""Labyrinths that relax, and that a probe disturbs."""

from __future__ import annotations

import numpy as np
from scipy import fft

from simulate.labyrinth.equations import drawn_equation
from simulate.labyrinth.evolution import GRID_PERIOD_PX, Field, grid_noise, mean_period_px, wave_vectors
from simulate.labyrinth.settings import Physics

RELAXED = (60, 400)
"""Steps after which there is a labyrinth full of ends, and one with few."""
_BAND = 0.35  # of the wave numbers that a kick has about that of the stripes: it moves them and makes no speckle
_SATURATED = 1.5  # times the largest value that a field has by itself: nothing is polarised more
_PROBE_PERIODS = (1.5, 4.0)  # standard deviation of where the probe disturbs: its own field reaches a few stripes


def grid_side(length_px: float, period_px: float) -> int:
    """Of a grid that frames of this length fit into without seeing anything twice; 26 periods at least."""
    return int(fft.next_fast_len(max(256, int(np.ceil(length_px / period_px * GRID_PERIOD_PX * 1.1))), real=True))


class Labyrinth:
    """A field (n, n), periodic, bright where it is above 0.

    Args:
        physics: that it obeys.
        rng: source of the draws.
        n: side of the grid.
    """

    def __init__(self, physics: Physics, rng: np.random.Generator, n: int) -> None:
        self._rng, self._equation = rng, drawn_equation(physics, rng, n)
        down, across = wave_vectors(n)
        self._band = np.exp(-(((np.hypot(down, across) - 1) / _BAND) ** 2) / 2).astype(np.float32)
        self.field: Field = 0.1 * grid_noise(rng, n, self._band) + np.float32(rng.uniform(-0.04, 0.04))
        self._radius_px = GRID_PERIOD_PX * float(rng.uniform(*_PROBE_PERIODS))
        self.relax(RELAXED[0])
        self._limit = _SATURATED * float(np.abs(self.field).max())

    @property
    def period_px(self) -> float:
        """Of the stripes, on the pixels of the grid."""
        return mean_period_px(self.field)

    def relax(self, steps: int) -> None:
        """Go on by itself."""
        self.field = self._equation.after(self.field, steps)

    def scan(self, steps: int, kick: float) -> None:
        """Go on under a probe that passes from top to bottom, and disturbs where it is.

        Args:
            steps: of the equation, and places of the probe.
            kick: of the probe, as a share of the field's own amplitude.
        """
        n = len(self.field)
        for number in range(steps):
            place = (number + self._rng.random()) / steps * n, self._rng.random() * n
            self._disturb(place, kick)
            self.relax(1)

    def _disturb(self, place: tuple[float, float], kick: float) -> None:
        n = len(self.field)
        near = [np.exp(-(((np.arange(n) - own + n / 2) % n - n / 2) ** 2) / (2 * self._radius_px**2)) for own in place]
        change = grid_noise(self._rng, n, self._band) * np.outer(*near).astype(np.float32)
        strength = np.float32(kick * self.field.std())
        self.field = np.clip(self.field + strength * change, -self._limit, self._limit)

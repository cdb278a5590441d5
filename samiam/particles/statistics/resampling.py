"""The bootstrap over images, or over the particles of a few."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from samiam.particles.statistics.shares import NOTHING, Estimate

FEWEST_IMAGES = 5
"""With fewer there are not enough different resamples (126 of 5 images, 35 of 4) for an interval of 95 %."""
_MOST_AT_ONCE = 2_000_000  # counts: 16 MB
Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Works out M numbers from how often each of N particles counts: (B, N) to (B, M)."""


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Resamples of N particles: images with all that is in them where enough hold any, else particles.

    An image without a particle says nothing of what particles are like, so it is not drawn.

    Attributes:
        image_of: (N,), a number for each particle's image.
        resamples: how many are drawn.
        seed: of the draws.
    """

    image_of: NDArray[np.int64]
    resamples: int
    seed: int

    @property
    def n_images(self) -> int:
        """How many images hold particles."""
        return len(np.unique(self.image_of))

    @property
    def is_over_images(self) -> bool:
        """Whether images are drawn."""
        return self.n_images >= FEWEST_IMAGES

    def estimates(self, statistic: Statistic) -> list[Estimate]:
        """Numbers worked out from all particles, with the intervals that their resamples give.

        The percentiles are those of Hesterberg (2015, doi.org/10.1080/00031305.2015.1089789), a little further out than
        2.5 and 97.5 as few units ask for. Resamples without a result (NaN) count for nothing.
        """
        n = len(self.image_of)
        with np.errstate(divide="ignore", invalid="ignore"):
            values = statistic(np.ones((1, n)))[0]
            n_units = self.n_images if self.is_over_images else n
            if n_units < 2 or not n:
                return [Estimate(float(value)) for value in values]
            drawn = np.concatenate([statistic(counts) for counts in self._counts()])
        tail = float(norm.cdf(-math.sqrt(n_units / (n_units - 1)) * t.ppf(0.975, n_units - 1)))
        return [_estimate(float(value), column, tail) for value, column in zip(values, drawn.T, strict=True)]

    def _counts(self) -> Iterator[NDArray[np.float64]]:
        """How often each particle is drawn, some resamples at a time."""
        rng = np.random.default_rng(self.seed)
        n = len(self.image_of)
        unit_of = np.unique(self.image_of, return_inverse=True)[1] if self.is_over_images else np.arange(n)
        units = self.n_images if self.is_over_images else n
        at_once = max(1, _MOST_AT_ONCE // max(n, units))
        for first in range(0, self.resamples, at_once):
            drawn = rng.multinomial(units, np.full(units, 1 / units), min(at_once, self.resamples - first))
            yield drawn[:, unit_of].astype(np.float64)


def _estimate(value: float, drawn: NDArray[np.float64], tail: float) -> Estimate:
    drawn = drawn[np.isfinite(drawn)]
    if math.isnan(value):
        return NOTHING
    low, high = np.quantile(drawn, [tail, 1 - tail]) if len(drawn) else (math.nan, math.nan)
    return Estimate(value, float(low), float(high))

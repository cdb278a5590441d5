"""Shares of particles with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from samiam.particles.result import FaultDetection

Z_95 = 1.959963984540054
"""Of a normal distribution, between whose ends lie 95 %."""


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval.

    Attributes:
        value: NaN where nothing could be worked out.
        low: NaN where there is no interval.
        high: likewise.
    """

    value: float
    low: float = math.nan
    high: float = math.nan

    def text(self, form: str = ".3g", unit: str = "") -> str:
        """As a reader wants it: `4.31 nm [4.2, 4.4]`; `–` for nothing.

        Example:
            >>> Estimate(0.25, 0.1, 0.5).text(".0%"), Estimate(3.0).text(unit="nm"), Estimate(float("nan")).text()
            ('25% [10%, 50%]', '3 nm', '–')
        """
        if math.isnan(self.value):
            return "–"
        said = f"{self.value:{form}}" + (f" {unit}" if unit else "")
        return said if math.isnan(self.low) else f"{said} [{self.low:{form}}, {self.high:{form}}]"


NOTHING = Estimate(math.nan)


def wilson(share: float, n: float, z: float = Z_95) -> Estimate:
    """A share with its score interval (Wilson 1927, doi.org/10.1080/01621459.1927.10502953).

    Args:
        share: in [0, 1].
        n: of how many; need not be whole, where some count for more than others (`n_effective`).
        z: how many standard deviations the interval reaches.
    """
    if not n > 0:
        return NOTHING
    shrunk = 1 + z**2 / n
    middle = (share + z**2 / (2 * n)) / shrunk
    half = z / shrunk * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # Rounding must not leave an end on the wrong side of the share where that is 0 or 1.
    return Estimate(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))


def rogan_gladen(apparent: float, n: float, detection: FaultDetection, z: float = Z_95) -> tuple[Estimate, float]:
    """The share of faulty particles behind the share of those that are said to be.

    The estimate is that of Rogan and Gladen (1978, doi.org/10.1093/oxfordjournals.aje.a112510), the interval that of
    Lang and Reiczigel (2014, doi.org/10.1016/j.prevetmed.2013.09.015), which counts in that sensitivity and specificity
    were measured on a number of particles themselves.

    Args:
        apparent: share of the particles that are said to be faulty.
        n: of how many, effectively.
        detection: how often that is right.
        z: how many standard deviations the interval reaches.

    Returns:
        The estimate, within [0, 1], and what it was before it was clipped to that. There is no interval where it would
        lie outside: the classifier errs otherwise here than where its errors were counted.
    """
    raw = (apparent + detection.specificity - 1) / (detection.sensitivity + detection.specificity - 1)
    if not n > 0:
        return NOTHING, math.nan
    sensitivity = (detection.found + 1) / (detection.faulty + 2)
    specificity = (detection.cleared + 1) / (detection.faultless + 2)
    value, gain = min(1.0, max(0.0, raw)), sensitivity + specificity - 1
    if gain <= 0:  # measured on so few that it may be no better than chance
        return Estimate(value, 0.0, 1.0), raw
    share = (n * apparent + z**2 / 2) / (n + z**2)
    middle = (share + specificity - 1) / gain
    of_share = share * (1 - share) / (n + z**2)
    of_sensitivity = sensitivity * (1 - sensitivity) / (detection.faulty + 2)
    of_specificity = specificity * (1 - specificity) / (detection.faultless + 2)
    shift = 2 * z**2 * (middle * of_sensitivity - (1 - middle) * of_specificity)
    half = z / gain * math.sqrt(of_share + middle**2 * of_sensitivity + (1 - middle) ** 2 * of_specificity)
    low, high = middle + shift - half, middle + shift + half
    if high < 0 or low > 1:
        return Estimate(value), raw
    return Estimate(value, max(0.0, min(low, value)), min(1.0, max(high, value))), raw


def n_effective(weights: NDArray[np.float64]) -> float:
    """How many equally weighted particles would say as much (Kish 1965): (Σw)² / Σw²."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def likeness(is_faulty: NDArray[np.bool_], image_of: NDArray[np.int64]) -> float:
    """How alike particles of one image are: the correlation within images, 0 where they are as unlike as any others.

    By analysis of variance (Ridout et al. 1999, doi.org/10.1111/j.0006-341X.1999.00137.x), not below 0.

    Args:
        is_faulty: (N,).
        image_of: (N,), a number for each image.
    """
    _, image_of, sizes = np.unique(image_of, return_inverse=True, return_counts=True)
    n, n_images = len(is_faulty), len(sizes)
    if not 1 < n_images < n:
        return 0.0
    shares = np.bincount(image_of, is_faulty) / sizes
    within = float((sizes * shares * (1 - shares)).sum()) / (n - n_images)
    between = float((sizes * (shares - is_faulty.mean()) ** 2).sum()) / (n_images - 1)
    typical = (n - (sizes**2).sum() / n) / (n_images - 1)
    total = between + (typical - 1) * within
    return max(0.0, (between - within) / total) if total > 0 else 0.0


@dataclass(frozen=True)
class Clusters:
    """What it costs that particles of one image are alike.

    Attributes:
        effect: how many times fewer particles would say as much (Kish 1965), 1 + (m − 1) ρ.
        z: how many standard deviations reach as far as an interval of 95 % has to: more than 1.96 where the difference
            between few images decides, by Satterthwaite's degrees of freedom.
    """

    effect: float
    z: float

    @classmethod
    def of(cls, image_of: NDArray[np.int64], alike: float) -> Clusters:
        """The clusters of particles (N,) with the number of an image each, as alike as `likeness` says."""
        sizes = np.unique(image_of, return_counts=True)[1]
        excess = max(0.0, float((sizes**2).sum() / sizes.sum()) - 1) * alike if len(sizes) else 0.0
        if not excess:
            return cls(1.0, Z_95)
        return cls(1 + excess, float(t.ppf(0.975, (len(sizes) - 1) * ((1 + excess) / excess) ** 2)))

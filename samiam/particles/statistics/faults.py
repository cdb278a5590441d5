"""How many particles are faulty, of which size, and of how many that cannot be told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam.particles.result import FAULT_CLASSES, UNSURE, FaultDetection
from samiam.particles.statistics.resampling import FEWEST_IMAGES, Bootstrap
from samiam.particles.statistics.shares import (
    Clusters,
    Estimate,
    likeness,
    n_effective,
    rogan_gladen,
    wilson,
)
from samiam.particles.statistics.trend import trend

FAULTY, FAULTLESS = "stacking fault", "no fault"
_MOST_BINS = 8  # that can be read off a chart
_OUTER = 0.025  # share of the diameters beyond the round edges at either end; they belong to the outermost bins


@dataclass(frozen=True)
class SizeBin:
    """Particles of like size.

    Attributes:
        low_nm: least diameter.
        high_nm: diameter that is too large; of the last bin the largest that is in it.
        n: whole particles.
        n_told: those of them of which can be told whether they are faulty.
        n_faulty: those of them that are.
        share: of the told that are faulty, with Wilson's interval.
    """

    low_nm: float
    high_nm: float
    n: int
    n_told: int
    n_faulty: int
    share: Estimate


@dataclass(frozen=True)
class Faults:
    """What is known of the faults of whole, single particles.

    Attributes:
        counts: particles of each class that occurs, "unsure" included.
        n_told: particles of which can be told whether they are faulty.
        n_faulty: those of them that are.
        n_images: in which the told ones are.
        share: of the told that are faulty, each weighted as for sizes, with Wilson's interval for as many particles as
            these effectively are.
        corrected: likewise, behind what the classifier gets wrong; None where that is not known.
        before_clipping: what the corrected share was before it was put within 0 and 1; None likewise.
        untold: share of the particles of which it cannot be told: no fringes are seen, or no class is probable.
        alike: correlation of faults within images, by which the intervals of shares are widened; 0 for none.
        by_size: size bins, from small to large.
        spearman: correlation of fault with diameter; the interval is over images, none where these are too few.
        slope_per_nm: what a nanometre of diameter adds to the log odds of a fault, likewise.
    """

    counts: Mapping[str, int]
    n_told: int
    n_faulty: int
    n_images: int
    share: Estimate
    corrected: Estimate | None
    before_clipping: float | None
    untold: Estimate
    alike: float
    by_size: tuple[SizeBin, ...]
    spearman: Estimate
    slope_per_nm: Estimate

    @property
    def has_intervals_of_trend(self) -> bool:
        """Whether enough images hold particles of which can be told whether they are faulty."""
        return self.n_images >= FEWEST_IMAGES


def find_faults(
    table: pd.DataFrame,
    weights: NDArray[np.float64],
    bootstrap: Bootstrap,
    detection: FaultDetection | None,
    bin_edges_nm: Sequence[float] | None,
) -> Faults:
    """The faults of the particles of a table.

    Args:
        table: N rows of `measure_particles`, whole single particles with classes.
        weights: (N,), how much each counts for.
        bootstrap: over the same.
        detection: how often faults are told rightly; None where that is not known.
        bin_edges_nm: between size bins; None for round ones.
    """
    said = table["class"].to_numpy(object)
    is_faulty, is_told = said == FAULTY, (said == FAULTY) | (said == FAULTLESS)
    images, diameters_nm = bootstrap.image_of, table["diameter_nm"].to_numpy(np.float64)
    told = _of(bootstrap, is_told)
    alike = likeness(is_faulty[is_told], told.image_of)
    clusters = Clusters.of(told.image_of, alike)
    share, n = _weighted(is_faulty[is_told], weights[is_told], clusters)
    corrected, raw = None, None
    if detection is not None and n > 0:
        corrected, raw = rogan_gladen(share.value, n, detection, clusters.z)
    untold, _ = _weighted(~is_told, weights, Clusters.of(images, likeness(~is_told, images)))
    edges = round_edges(diameters_nm) if bin_edges_nm is None else bin_edges_nm
    spearman, slope = trend(diameters_nm[is_told], is_faulty[is_told], told)
    names = (*FAULT_CLASSES, UNSURE)
    return Faults(
        counts={name: int((said == name).sum()) for name in names if (said == name).any()},
        n_told=int(is_told.sum()),
        n_faulty=int(is_faulty.sum()),
        n_images=told.n_images,
        share=share,
        corrected=corrected,
        before_clipping=raw,
        untold=untold,
        alike=alike,
        by_size=_by_size(diameters_nm, is_told, is_faulty, images, alike, edges),
        spearman=spearman,
        slope_per_nm=slope,
    )


def _of(bootstrap: Bootstrap, chosen: NDArray[np.bool_]) -> Bootstrap:
    return replace(bootstrap, image_of=bootstrap.image_of[chosen])


def _weighted(is_so: NDArray[np.bool_], weights: NDArray[np.float64], clusters: Clusters) -> tuple[Estimate, float]:
    """A share by weights, and of how many particles it effectively is."""
    n = n_effective(weights) / clusters.effect
    return wilson(float(weights @ is_so / weights.sum()) if n else math.nan, n, clusters.z), n


def _by_size(
    diameters_nm: NDArray[np.float64],
    is_told: NDArray[np.bool_],
    is_faulty: NDArray[np.bool_],
    images: NDArray[np.int64],
    alike: float,
    edges: Sequence[float],
) -> tuple[SizeBin, ...]:
    bins = []
    for low, high in pairwise(edges):
        is_last = high == edges[-1]
        inside = (diameters_nm >= low) & ((diameters_nm <= high) if is_last else (diameters_nm < high))
        told = inside & is_told
        n_told, n_faulty = int(told.sum()), int((told & is_faulty).sum())
        clusters = Clusters.of(images[told], alike)
        share = wilson(n_faulty / n_told if n_told else math.nan, n_told / clusters.effect, clusters.z)
        bins.append(SizeBin(float(low), float(high), int(inside.sum()), n_told, n_faulty, share))
    return tuple(bins)


def round_edges(diameters_nm: NDArray[np.float64]) -> tuple[float, ...]:
    """Edges of size bins: multiples of 1, 2 or 5 · 10ⁿ nm, at most eight bins between the least and the largest.

    Example:
        >>> round_edges(np.linspace(2.1, 8.9, 100))
        (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
    """
    if not len(diameters_nm):
        return ()
    low, high = np.quantile(diameters_nm, [_OUTER, 1 - _OUTER])
    span = max(high - low, 0.1 * high)  # nobody asks for finer bins
    power = math.floor(math.log10(span / _MOST_BINS))
    steps = (digit * 10.0**exponent for exponent in (power, power + 1) for digit in (1, 2, 5))
    step = next(step for step in steps if span / step <= _MOST_BINS - 1)
    inner = np.arange(math.floor(low / step) + 1, math.ceil(high / step)) * step
    ends = math.floor(diameters_nm.min() / step) * step, math.ceil(diameters_nm.max() / step) * step
    return tuple(round(float(edge), 9) for edge in (ends[0], *inner, max(ends[1], ends[0] + step)))

"""Sizes and shapes: means, medians and spreads, without the bias of particles that the edge cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from samiam.particles.statistics.resampling import Bootstrap
from samiam.particles.statistics.shares import NOTHING, Estimate

MEASURES = (
    *("diameter_nm", "feret_max_nm", "feret_min_nm", "area_nm2"),
    *("aspect_ratio", "circularity", "solidity"),
)
"""Columns that are summarised."""


@dataclass(frozen=True)
class Summary:
    """One measure over all particles.

    Attributes:
        measure: a column of `measure_particles`.
        mean: the arithmetic one.
        median: half of the particles are below it.
        sd: how far they scatter.
    """

    measure: str
    mean: Estimate
    median: Estimate
    sd: Estimate


@dataclass(frozen=True)
class LogNormal:
    """A log-normal distribution of diameters, of largest likelihood.

    Attributes:
        median_nm: of the distribution, e^μ; the geometric mean of the diameters.
        geometric_sd: e^σ, 1 or more: two thirds of the particles are within this factor of the median.
    """

    median_nm: Estimate
    geometric_sd: Estimate


def edge_weights(
    extents_xy_nm: NDArray[np.float64], windows_xy_nm: Sequence[tuple[float, float]]
) -> NDArray[np.float64]:
    """How many particles each whole one stands for: the larger it is, the more of its kind were cut by an edge.

    A particle w wide and h high lies whole within an image of W by H in places that fill (W − w)(H − h), so each counts
    for one over that, summed over all images: the correction of Miles and Lantuéjoul (ISO 13322-1). The mean of the
    weights is 1.

    Args:
        extents_xy_nm: (N, 2), widths and heights of the upright boxes around particles.
        windows_xy_nm: width and height of each image.
    """
    if not len(extents_xy_nm):
        return np.zeros(0)
    room = np.maximum(np.array(windows_xy_nm)[None] - extents_xy_nm[:, None], 0.0)  # (N, images, 2)
    weights = 1 / room.prod(axis=2).sum(axis=1)
    return np.asarray(weights / weights.mean())


def summarise(
    table: pd.DataFrame, weights: NDArray[np.float64], bootstrap: Bootstrap
) -> tuple[tuple[Summary, ...], LogNormal]:
    """Summaries of the particles of a table, and the log-normal distribution of their diameters.

    Args:
        table: N rows of `measure_particles`.
        weights: (N,), how much each counts for.
        bootstrap: over the same.
    """
    if not len(table):
        return tuple(Summary(name, NOTHING, NOTHING, NOTHING) for name in MEASURES), LogNormal(NOTHING, NOTHING)

    values = table[list(MEASURES)].to_numpy(np.float64)
    logs = np.log(table[["diameter_nm"]].to_numpy(np.float64))

    def statistic(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        means, sds = _moments(values, counts, weights)
        medians = np.stack([_medians(column, counts * weights) for column in values.T], axis=1)
        log_means, log_sds = _moments(logs, counts, weights)
        return np.concatenate([means, medians, sds, np.exp(log_means), np.exp(log_sds)], axis=1)

    found = bootstrap.estimates(statistic)
    n = len(MEASURES)
    each = zip(MEASURES, found[:n], found[n : 2 * n], found[2 * n : 3 * n], strict=True)
    return tuple(Summary(*fields) for fields in each), LogNormal(*found[3 * n :])


def _moments(
    values: NDArray[np.float64], counts: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means and standard deviations (B, M) of values (N, M); of one particle the deviation is NaN, of none both."""
    weighted = counts * weights  # (B, N)
    total = weighted.sum(axis=1, keepdims=True)
    means = weighted @ values / total
    centred = values - values.mean(axis=0)  # of which squares keep their digits
    squares = weighted @ centred**2 / total - (weighted @ centred / total) ** 2
    unbiased = 1 - (counts @ weights**2)[:, None] / total**2
    return means, np.sqrt(np.maximum(squares, 0) / np.where(unbiased > 0, unbiased, np.nan))


def _medians(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Medians (B,) of values (N,) by weights (B, N): halfway between two values where the weight is equally shared.

    NaN where there is no weight.
    """
    order = np.argsort(values, kind="stable")
    ordered, filled = values[order], np.cumsum(weights[:, order], axis=1)
    half = filled[:, -1:] / 2 * (1 - 1e-12)  # rounding must not decide what is equal
    lower = ordered[(filled < half).sum(axis=1)]
    upper = ordered[(filled <= half * (1 + 2e-12)).sum(axis=1).clip(max=len(values) - 1)]
    return np.where(half[:, 0] > 0, (lower + upper) / 2, np.nan)

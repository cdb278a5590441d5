"""Whether larger particles are faulty more often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from samiam.particles.statistics.resampling import Bootstrap
from samiam.particles.statistics.shares import NOTHING, Estimate

_STEPS = 25  # of Newton; ten are enough unless a fault comes with size without exception
_LONGEST_STEP = 2.0  # in standard deviations of the diameters: what keeps the first steps from overshooting


def trend(
    diameters_nm: NDArray[np.float64], is_faulty: NDArray[np.bool_], bootstrap: Bootstrap
) -> tuple[Estimate, Estimate]:
    """Spearman's correlation of fault with diameter, and the logistic slope: what a nanometre adds to the log odds.

    The slope is that of Firth's regression (1993, doi.org/10.1093/biomet/80.1.27), which is finite even where all large
    particles are faulty and no small one is. Intervals are over images, because particles of one image are alike; with
    too few images there are none.

    Args:
        diameters_nm: (N,).
        is_faulty: (N,).
        bootstrap: over the same.
    """
    if len(np.unique(diameters_nm)) < 2 or len(np.unique(is_faulty)) < 2:
        return NOTHING, NOTHING
    order = np.argsort(diameters_nm, kind="stable")
    ordered, faulty = diameters_nm[order], is_faulty[order].astype(np.float64)

    def statistic(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        counts = counts[:, order]
        return np.stack([_spearman(ordered, faulty, counts), firth_slope(ordered, faulty, counts)], axis=1)

    if bootstrap.is_over_images:
        found: Sequence[Estimate] = bootstrap.estimates(statistic)
    else:
        found = [Estimate(float(value)) for value in statistic(np.ones((1, len(order))))[0]]
    return found[0], found[1]


def _spearman(
    diameters: NDArray[np.float64], faulty: NDArray[np.float64], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Correlations (B,) of ranks, each particle counted (B, N) times; diameters rise."""
    first = np.flatnonzero(np.diff(diameters, prepend=-np.inf))  # of equal ones
    groups = np.add.reduceat(counts, first, axis=1)
    middle = np.cumsum(groups, axis=1) - groups / 2  # the mean rank of a group, but for a constant
    ranks = np.repeat(middle, np.diff(first, append=len(diameters)), axis=1)
    total = counts.sum(axis=1)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((counts * values).sum(axis=1) / total)

    ranks = ranks - mean(ranks)[:, None]
    scatter = faulty - mean(np.broadcast_to(faulty, counts.shape))[:, None]
    return np.asarray(mean(ranks * scatter) / np.sqrt(mean(ranks**2) * mean(scatter**2)))


def firth_slope(
    diameters: NDArray[np.float64], faulty: NDArray[np.float64], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Slopes (B,) of a logistic regression with Firth's penalty, each particle counted (B, N) times.

    NaN where the particles that count have one size.
    """
    centre, scale = diameters.mean(), diameters.std()
    x = (diameters - centre) / scale
    beta = np.zeros((len(counts), 2))
    for _ in range(_STEPS):
        share = 1 / (1 + np.exp(-(beta[:, :1] + beta[:, 1:] * x)))
        information = counts * share * (1 - share)  # (B, N)
        zero, one, two = information.sum(axis=1), information @ x, information @ x**2
        determinant = zero * two - one**2
        leverage = share * (1 - share) * (two[:, None] - 2 * one[:, None] * x + zero[:, None] * x**2)
        score = counts * (faulty - share + leverage / determinant[:, None] * (0.5 - share))
        up, along = score.sum(axis=1), score @ x
        step = np.stack([two * up - one * along, zero * along - one * up], axis=1) / determinant[:, None]
        length = np.abs(step).max(axis=1, keepdims=True)
        beta += step * np.minimum(1.0, _LONGEST_STEP / np.where(length > 0, length, 1.0))
        if np.nanmax(length, initial=0.0) < 1e-10:
            break
    return np.asarray(beta[:, 1] / scale)

"""How sure a difference between two methods on the same images is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import permutation_test

_SWAPS = 9999  # drawn where there are more ways to swap than that: p-values down to 0.0001


def swap_p_value(differences: ArrayLike) -> float:
    """How probable a mean as far from zero would be, were it a matter of chance which of two methods is which.

    The permutation test of pairs, two-sided: exact up to 13 images, otherwise of 9999 draws with a fixed seed. Of n
    images no p-value is below 2^(1-n).

    Args:
        differences: of one method to the other on each image.

    Returns:
        In (0, 1]; NaN for fewer than two images.
    """
    values = np.asarray(differences, np.float64)
    if len(values) < 2:
        return float("nan")
    if not values.any():
        return 1.0
    found = permutation_test(
        (values, np.zeros_like(values)),
        _mean_difference,
        permutation_type="samples",
        vectorized=True,
        n_resamples=_SWAPS,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


def _mean_difference(first: NDArray[np.float64], second: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    return np.asarray(np.mean(first - second, axis=axis))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """P-values of several comparisons, corrected so that their number makes no difference significant (Holm 1979).

    Args:
        p_values: (N,), NaN where there is none, which then counts as no comparison.

    Returns:
        (N,), none smaller than before.
    """
    given = np.asarray(p_values, np.float64)
    corrected = np.full(len(given), np.nan)
    order = np.argsort(given)[: np.isfinite(given).sum()]  # NaN comes last
    steps = given[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected

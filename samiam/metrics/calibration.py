"""Whether what is said with a probability is right as often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BINS = 10  # as is usual (Guo et al., ICML 2017)


def expected_calibration_error(probability: NDArray[np.float64], is_right: NDArray[np.bool_]) -> float:
    """Mean distance between probability and share that is right, over ten bins, each weighted by how many are in it.

    Args:
        probability: (N,), of what is said.
        is_right: (N,), whether it is so.
    """
    return float(calibration_errors(probability, is_right, np.ones((1, len(probability))))[0])


def calibration_errors(
    probability: NDArray[np.float64], is_right: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The same, (B,), with each of the N counting as often as B rows of weights (B, N) say; NaN where none counts."""
    bins = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    in_bin = bins[:, None] == np.arange(_BINS)
    gaps = weights @ np.where(in_bin, (probability - is_right)[:, None], 0.0)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(gaps).sum(axis=1) / weights.sum(axis=1))

"""Dead rows and columns of a detector."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samiam.artefacts.levels import Counts, percentiles, sampled

_MOST, _THICKEST = 3, 2  # lines in all, and side by side; more are a pattern
_LEAST_SIDE = 16  # a shorter line may be of one level by chance


def find_dead_lines(counts: Counts) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of one level, beyond those of the image, between others that are not so.

    Args:
        counts: real (H, W).

    Returns:
        The indices of rows and of columns.
    """
    if min(counts.shape) < _LEAST_SIDE:
        none = np.zeros(0, np.intp)
        return none, none
    # As many dead lines as are looked for leave these percentiles as they are.
    low, high = percentiles(sampled(counts), (3, 97))
    return _dead_rows(counts, low, high), _dead_rows(counts.T, low, high)


def _dead_rows(counts: Counts, low: float, high: float) -> NDArray[np.intp]:
    constant = np.flatnonzero(counts.max(axis=1) == counts.min(axis=1))
    levels = counts[constant, 0]
    dead: NDArray[np.intp] = constant[(levels < low) | (levels > high)]
    if not 0 < len(dead) <= _MOST or len(dead) < len(constant):
        return np.zeros(0, np.intp)
    groups = np.split(dead, np.flatnonzero(np.diff(dead) > 1) + 1)
    inside = dead[0] > 0 and dead[-1] < len(counts) - 1
    return dead if inside and max(map(len, groups)) <= _THICKEST else np.zeros(0, np.intp)

"""Which points of two sets are the same: the pairs, one to one, whose distances add up to least."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

Indices = NDArray[np.intp]


def nearest_pairs(
    first: NDArray[np.float64], second: NDArray[np.float64], reach: NDArray[np.float64] | float
) -> tuple[Indices, Indices]:
    """Pairs of points no farther from each other than these reach; a point that has none costs as much as its reach.

    Args:
        first: (n, 2).
        second: (m, 2).
        reach: one distance, or (n,) those of the first.

    Returns:
        Indices (k,) of the first, rising, and of the second.

    Example:
        >>> nearest_pairs(np.array([[0.0, 0.0], [0.0, 3.0]]), np.array([[0.0, 2.0]]), 2.5)
        (array([1]), array([0]))
    """
    if not len(first) or not len(second):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    shares = cdist(first, second) / np.broadcast_to(reach, len(first))[:, None]
    rows, columns = linear_sum_assignment(np.minimum(shares, 1.0))
    near = shares[rows, columns] < 1
    return rows[near], columns[near]

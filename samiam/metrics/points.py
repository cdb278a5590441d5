"""Points one for one: how many of two sets are the same within a radius."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

Indices = NDArray[np.intp]


def matches_within(found: NDArray[np.float64], true: NDArray[np.float64], radius: float) -> tuple[Indices, Indices]:
    """As many pairs of a point that is found and a true one as lie within a radius of each other; of these the nearest.

    Args:
        found: (n, d).
        true: (m, d).
        radius: up to which two points are the same.

    Returns:
        Indices (k,) of what is found, rising, and of the true ones.

    Example:
        >>> matches_within(np.array([[0.0, 0.0], [0.0, 4.0]]), np.array([[0.0, 1.0]]), 2.0)
        (array([0]), array([0]))
    """
    if not len(found) or not len(true):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    shares = cdist(found, true) / radius
    near = shares <= 1
    # A pair less costs more than all distances together.
    rows, columns = linear_sum_assignment(np.where(near, shares, len(found) + len(true)))
    kept = near[rows, columns]
    return rows[kept], columns[kept]

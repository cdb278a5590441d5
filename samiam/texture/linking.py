"""Which vectors are alike, as a tree of merges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform


def average_linkage(vectors: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Merges by average linkage of the cosine distances between vectors; time and memory grow as the square of n.

    Args:
        vectors: (n, D), at least two, none of length 0.

    Returns:
        Float64 (n - 1, 4), as `scipy.cluster.hierarchy.linkage` has them.
    """
    exact = np.asarray(vectors, np.float64)
    units = exact / np.linalg.norm(exact, axis=1, keepdims=True)
    distances = np.maximum(1 - units @ units.T, 0)  # one product, where scipy's pdist takes pair by pair
    return np.asarray(linkage(squareform(distances, checks=False), "average"), np.float64)

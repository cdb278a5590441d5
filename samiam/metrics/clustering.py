"""How well vectors of crops fall into the materials they are of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from samiam.errors import InputError


def clustering_accuracy(
    vectors: NDArray[np.floating[Any]], materials: NDArray[np.integer[Any]], seed: int = 0
) -> float:
    """Share of crops in the right cluster: KMeans with the true number of clusters, matched one to one to the truth.

    Args:
        vectors: (C, D), one for each crop.
        materials: (C,), the material of each crop.
        seed: of KMeans, 0 to 2³² - 1.

    Returns:
        1 / (number of materials) or a little more for vectors that say nothing, 1 at best.

    Raises:
        InputError: if there are no crops, or not one material for each.
    """
    if not len(vectors) or len(vectors) != len(materials):
        raise InputError(f"{len(vectors)} vectors and {len(materials)} materials: give one of each for every crop.")
    _, truth = np.unique(materials, return_inverse=True)
    k = int(truth.max()) + 1
    with threadpool_limits(1):
        found = KMeans(k, n_init=10, random_state=seed).fit_predict(np.asarray(vectors, np.float64))
    counts = np.zeros((k, k), np.int64)
    np.add.at(counts, (truth, found), 1)
    return float(counts[linear_sum_assignment(-counts)].sum() / len(truth))

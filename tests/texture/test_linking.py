"""Which vectors are alike, as a tree of merges: as SciPy has it."""

from __future__ import annotations

import numpy as np
from scipy.cluster.hierarchy import linkage

from samiam.texture.linking import average_linkage


def test_merges_are_those_of_scipy() -> None:
    vectors = np.random.default_rng(0).normal(size=(60, 16)).astype(np.float32)
    np.testing.assert_allclose(average_linkage(vectors), linkage(vectors, "average", metric="cosine"), atol=1e-6)


def test_vectors_of_one_direction_are_merged_at_no_distance() -> None:
    vectors = np.outer([1.0, 2.0, 0.5, 3.0], np.random.default_rng(1).normal(size=48))
    distances = average_linkage(vectors)[:, 2]
    assert (distances >= 0).all()
    assert distances.max() < 1e-12

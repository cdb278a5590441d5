from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.spatial.distance import cdist

from samiam.metrics.points import matches_within

Place = tuple[float, float]
PLACES = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), max_size=12)


def test_as_many_pairs_as_can_be_and_of_these_the_nearest() -> None:
    found, true = np.array([[0.0, 0.0], [0.0, 2.0]]), np.array([[0.0, 1.9], [0.0, 3.8]])
    # The nearest pair alone would leave the others without one.
    assert [own.tolist() for own in matches_within(found, true, 1.9)] == [[0, 1], [0, 1]]
    assert [own.tolist() for own in matches_within(found, true, 1.0)] == [[1], [0]]
    assert [own.tolist() for own in matches_within(found, found[::-1], 9.0)] == [[0, 1], [1, 0]]


@settings(max_examples=40, deadline=None)
@given(PLACES, PLACES, st.floats(0.1, 5))
def test_no_pairing_within_the_radius_has_more(
    found: list[tuple[float]], true: list[tuple[float]], radius: float
) -> None:
    first, second = (np.array(places).reshape(-1, 2) for places in (found, true))
    own, other = matches_within(first, second, radius)
    assert len(set(own)) == len(own) == len(set(other))
    if len(first) and len(second):
        assert (np.hypot(*(first[own] - second[other]).T) <= radius * (1 + 1e-12)).all()
        most = maximum_bipartite_matching(csr_array((cdist(first, second) / radius <= 1).astype(int)))
        assert len(own) == np.count_nonzero(most >= 0)


@pytest.mark.parametrize("shape", [(0, 2), (3, 2)])
def test_nothing_has_no_pair(shape: tuple[int, int]) -> None:
    assert len(matches_within(np.zeros(shape), np.zeros((0, 2)), 1.0)[0]) == 0

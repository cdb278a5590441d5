"""Parts by runs are those that scipy finds pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from samiam.parts import Parts


@given(hnp.arrays(np.uint32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 3)))
def test_parts_are_those_of_scipy(values: np.ndarray) -> None:
    found = Parts.of(values)
    assert found.sizes.sum() == values.size
    n_parts = 0
    for value in np.unique(values):
        parts, n = ndimage.label(values == value)
        n_parts += n
        for number in range(1, n + 1):
            own = found.reached_by(parts == number)
            assert own.sum() == 1
            np.testing.assert_array_equal(found.drawn(own), parts == number)
            assert found.sizes[own] == (parts == number).sum()
    assert len(found.sizes) == n_parts


@pytest.mark.parametrize("shape", [(0, 0), (0, 5)])
def test_no_pixels(shape: tuple[int, int]) -> None:
    assert len(Parts.of(np.zeros(shape, np.uint32)).sizes) == 0

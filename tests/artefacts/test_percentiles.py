"""Percentiles of counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from samiam.artefacts.levels import percentiles

WANTED = (0, 0.1, 12.5, 50, 99.9, 100)


@given(hnp.arrays(st.sampled_from([np.uint8, np.int8, np.uint16, np.int16]), hnp.array_shapes(max_dims=2, max_side=40)))
def test_percentiles_of_short_integers_are_those_of_numpy(values: np.ndarray) -> None:
    # In double precision: with short ones numpy's differences overflow.
    assert percentiles(values, WANTED) == np.percentile(values.astype(np.float64), WANTED).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint32, np.int64])
def test_percentiles_of_all_else(dtype: type) -> None:
    values = np.random.default_rng(0).normal(1000, 200, 999).astype(dtype)
    assert percentiles(values, WANTED) == [float(value) for value in np.percentile(values, WANTED)]

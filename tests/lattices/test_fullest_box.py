"""The part of a region whose lattice is looked at."""

from __future__ import annotations

import numpy as np
import pytest

from samiam.lattices.spectrum import fullest_box, reflections_within


def test_the_part_that_is_looked_at_is_where_most_of_the_region_is() -> None:
    mask = np.zeros((300, 400), bool)
    mask[20:60, :] = True
    mask[100:290, 10:90] = True
    assert fullest_box(mask, 100) == (slice(20, 120), slice(0, 100))
    assert fullest_box(mask) == (slice(20, 290), slice(0, 400))


@pytest.mark.parametrize("width", [4, 20])
def test_of_a_ring_a_part_of_the_ring_is_looked_at(width: int) -> None:
    ring = np.ones((500, 500), bool)
    ring[width:-width, width:-width] = False
    rows, columns = fullest_box(ring, 384)
    assert ring[rows, columns].any()
    pixels = np.random.default_rng(0).normal(size=ring.shape).astype(np.float32)
    found = reflections_within(pixels, ring, (1.0, 1.0), 384)
    assert found is None or np.isfinite(found.waves).all()

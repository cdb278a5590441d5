"""Masks that grow and shrink: as SciPy has them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from samiam.morphology import dilated, eroded

MASKS = {
    f"{height}x{width}, {share:.0%}": np.random.default_rng(0).random((height, width)) < share
    for height, width in ((1, 1), (1, 7), (2, 2), (30, 41))
    for share in (0, 0.05, 0.5, 0.95, 1)
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("corners", [False, True])
def test_masks_grow_and_shrink_as_in_scipy(mask: NDArray[np.bool_], times: int, corners: bool) -> None:
    square = np.ones((3, 3), np.bool_) if corners else None
    np.testing.assert_array_equal(
        dilated(mask, times, corners=corners), ndimage.binary_dilation(mask, square, iterations=times)
    )
    for beyond in (False, True):
        np.testing.assert_array_equal(
            eroded(mask, times, corners=corners, beyond=beyond),
            ndimage.binary_erosion(mask, square, iterations=times, border_value=int(beyond)),
        )


def test_a_mask_may_be_a_part_of_another_one() -> None:
    mask = np.asfortranarray(MASKS["30x41, 50%"])[::2, 3:]
    np.testing.assert_array_equal(dilated(mask), ndimage.binary_dilation(mask))
    np.testing.assert_array_equal(eroded(mask), ndimage.binary_erosion(mask))

"""An answer leaves no specks: neither its own nor of what it cuts into."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from samiam.viewer.areas import Area
from samiam.viewer.tidying import tidied

SIDE = 300  # a speck has fewer than 9 px
HALVES = np.repeat([[1, 2]], SIDE // 2, axis=1).repeat(SIDE, axis=0).astype(np.uint32)


def box(top: int, bottom: int, left: int, right: int) -> NDArray[np.bool_]:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[top:bottom, left:right] = True
    return mask


def tidy(mask: NDArray[np.bool_], labels: NDArray[np.uint32] = HALVES) -> NDArray[np.bool_]:
    return tidied(Area.of(mask), labels).mask(labels.shape)


def test_what_is_clean_stays() -> None:
    for mask in (box(10, 50, 10, 60), box(0, SIDE, 0, SIDE), box(5, 9, 5, 9)):
        np.testing.assert_array_equal(tidy(mask), mask)


def test_specks_of_its_own_go() -> None:
    np.testing.assert_array_equal(tidy(box(10, 50, 10, 60) | box(80, 82, 90, 94)), box(10, 50, 10, 60))


def test_all_specks_stay() -> None:
    specks = box(80, 82, 90, 94) | box(3, 4, 3, 4)
    np.testing.assert_array_equal(tidy(specks), specks)
    assert tidied(Area.of(box(0, 0, 0, 0)), HALVES).size == 0


@pytest.mark.parametrize(("top", "bottom", "left", "right"), [(0, 2, 0, 3), (20, 21, 30, 34), (298, 300, 146, 150)])
def test_what_it_cuts_off_comes_with_it(top: int, bottom: int, left: int, right: int) -> None:
    mask = box(0, SIDE, 0, 150) & ~box(top, bottom, left, right)
    np.testing.assert_array_equal(tidy(mask), box(0, SIDE, 0, 150))


def test_a_thin_rest_that_goes_on_stays() -> None:
    mask = box(10, 50, 10, 60) & ~box(20, 22, 58, 60)  # a bay: what is in it is one with what is outside
    np.testing.assert_array_equal(tidy(mask), mask)


def test_a_speck_that_was_there_stays() -> None:
    labels = HALVES.copy()
    labels[100:102, 200:203] = 1
    mask = box(0, SIDE, 0, 140)
    np.testing.assert_array_equal(tidy(mask, labels), mask)


@pytest.mark.parametrize("seed", range(20))
def test_no_new_speck_is_left(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = ndimage.zoom(rng.integers(0, 3, (12, 12)), SIDE // 12, order=0).astype(np.uint32)
    mask = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), 6) + 0.01 * rng.normal(size=(SIDE, SIDE)) > 0
    found = tidy(mask, labels)
    after = np.where(found, 9, labels)
    for label in range(3):
        assert not specks(after == label)
    assert not specks(found)
    assert 0 < (found ^ mask).sum() < 0.1 * mask.sum()


def specks(mask: NDArray[np.bool_]) -> bool:
    parts, n = ndimage.label(mask)
    return bool((np.bincount(parts.ravel(), minlength=n + 1)[1:] < 9).any())

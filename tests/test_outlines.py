"""Outlines of masks against what the shapes are known to be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.measure import perimeter

from samiam.outlines import Outline, largest_part

SIDES = pytest.mark.parametrize("sides", [(1.0, 1.0), (1.0, 2.0), (0.5, 0.25)])


def ellipse(
    axes: tuple[float, float],
    sides: tuple[float, float] = (1, 1),
    turn: float = 0,
    offset: tuple[float, float] = (0, 0),
) -> NDArray[np.bool_]:
    """An ellipse with these two diameters on pixels with these sides, both in nm."""
    half = [int(max(axes) / side / 2) + 3 for side in sides]
    y, x = np.mgrid[-half[1] : half[1] + 1, -half[0] : half[0] + 1].astype(float)
    x, y = (x - offset[0]) * sides[0], (y - offset[1]) * sides[1]
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    return np.asarray((2 * along / axes[0]) ** 2 + (2 * across / axes[1]) ** 2 <= 1)


@SIDES
@pytest.mark.parametrize("across_px", [10, 13, 20, 60, 150])
def test_a_disc_is_round_from_ten_pixels_on(across_px: int, sides: tuple[float, float]) -> None:
    diameter = across_px * max(sides)
    for offset in np.random.default_rng(across_px).uniform(-0.5, 0.5, (8, 2)):
        mask = ellipse((diameter, diameter), sides, offset=tuple(offset))
        outline = Outline.of(mask, sides)
        assert outline.circularity == pytest.approx(1, abs=0.01)
        assert outline.solidity == pytest.approx(1, abs=0.005)
        assert outline.area == pytest.approx(np.count_nonzero(mask) * sides[0] * sides[1])
        for feret in outline.feret:
            assert feret == pytest.approx(diameter, abs=0.8 * max(sides))


def test_counting_pixels_would_not_do() -> None:
    """Why contours are used: the usual estimate is off by more than a circularity differs between particles."""
    mask = ellipse((12, 12))
    counted = 4 * np.pi * np.count_nonzero(mask) / perimeter(mask) ** 2
    assert abs(counted - 1) > 0.03 > abs(Outline.of(mask, (1, 1)).circularity - 1)


@pytest.mark.parametrize("turn", [0, 0.4, 1.1])
def test_an_ellipse(turn: float) -> None:
    outline = Outline.of(ellipse((60, 30), turn=turn), (1, 1))
    assert outline.feret == (pytest.approx(30, abs=0.6), pytest.approx(60, abs=0.6))
    around = 4 * 30 * 1.2110560275684596  # by the complete elliptic integral E(√0.75)
    assert outline.perimeter == pytest.approx(around, rel=0.005)


def test_a_square_and_its_corners() -> None:
    outline = Outline.of(np.ones((100, 100), bool), (1, 1))
    assert outline.feret == (pytest.approx(100, abs=0.3), pytest.approx(100 * np.sqrt(2), rel=0.015))
    assert outline.circularity == pytest.approx(np.pi / 4, rel=0.03)


def test_what_is_no_outline_of_the_particle() -> None:
    """Holes and specks of the mask are none of it; a dent is."""
    whole = ellipse((40, 40))
    holed = whole & ~np.pad(ellipse((10, 10)), [((len(whole) - 17) // 2, (len(whole) - 17 + 1) // 2)] * 2)
    holed[0, 0] = True
    np.testing.assert_allclose(Outline.of(holed, (1, 1)).points_xy, Outline.of(whole, (1, 1)).points_xy)
    dented = whole.copy()
    dented[:20, 20:26] = False
    assert Outline.of(dented, (1, 1)).solidity < 0.95


@pytest.mark.parametrize("mask", [[[1]], [[1, 1]], [[1, 0], [0, 1]], [[1] * 9], [[1], [1], [1]]])
def test_the_smallest_particles_have_an_outline(mask: list[list[int]]) -> None:
    outline = Outline.of(np.array(mask, bool), (0.1, 0.1))
    assert outline.area == pytest.approx(np.sum(mask) / 100)
    assert 0 < outline.feret[0] <= outline.feret[1]


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.booleans(), st.floats(0.01, 10))
def test_turned_mirrored_and_scaled(seed: int, quarters: int, is_mirrored: bool, scale: float) -> None:
    rng = np.random.default_rng(seed)
    mask = ellipse((rng.uniform(5, 30), rng.uniform(5, 30)), turn=rng.uniform(0, 3))
    other = np.rot90(mask[::-1] if is_mirrored else mask, quarters)
    first, second = Outline.of(mask, (1, 1)), Outline.of(other, (scale, scale))
    assert second.perimeter == pytest.approx(scale * first.perimeter)
    assert second.feret == pytest.approx([scale * feret for feret in first.feret])
    assert second.solidity == pytest.approx(first.solidity)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (2, 3)])
def test_the_largest_part_of_nothing_is_nothing(shape: tuple[int, int]) -> None:
    assert largest_part(np.zeros(shape, np.bool_)).shape == shape
    assert not largest_part(np.zeros(shape, np.bool_)).any()


def test_the_largest_part_hangs_together_by_corners() -> None:
    mask = np.array([[1, 0, 0, 1, 1], [0, 1, 0, 0, 0], [0, 0, 1, 0, 1]], np.bool_)
    np.testing.assert_array_equal(largest_part(mask), np.eye(3, 5, dtype=np.bool_))

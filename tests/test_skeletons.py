"""Ends and junctions of stripes: by hand, against scikit-image's Euler number, and by symmetry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import euler_number

from samiam.skeletons import Skeleton, skeleton_of, skeleton_points

PERIOD = 10.0


def drawn(*strokes: tuple[slice, slice]) -> NDArray[np.bool_]:
    stripes = np.zeros((80, 80), np.bool_)
    for stroke in strokes:
        stripes[stroke] = True
    return stripes


def blobs(seed: int, sigma: float, level: float, side: int = 64) -> NDArray[np.bool_]:
    field = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(side, side)), sigma)
    return np.asarray(field > level * field.std())


def counted(found: Skeleton) -> tuple[int, int, int]:
    return len(found.ends_px), len(found.junctions_px), len(found.dots_px)


def test_a_stripe_has_two_ends_and_one_out_of_the_image_has_one() -> None:
    assert counted(skeleton_of(drawn((slice(38, 43), slice(20, 60))), PERIOD)) == (2, 0, 0)
    points = skeleton_points(drawn((slice(38, 43), slice(20, 80))), PERIOD)
    assert not points.is_junction.any()
    # The middle of the stripe, and within half its width of where it ends.
    np.testing.assert_allclose(points.positions_px, [[40, 20]], atol=2.5)


def test_a_tee_is_a_junction_in_its_middle() -> None:
    found = skeleton_of(drawn((slice(38, 43), slice(10, 70)), (slice(38, 70), slice(38, 43))), PERIOD)
    assert counted(found) == (3, 1, 0)
    assert found.arms.tolist() == [3]
    np.testing.assert_allclose(found.junctions_px, [[40, 40]], atol=2)


def test_a_bump_shorter_than_half_a_period_is_no_arm() -> None:
    stripe, bump = (slice(38, 43), slice(10, 70)), slice(38, 42)
    assert counted(skeleton_of(drawn(stripe, (slice(43, 45), bump)), PERIOD)) == (2, 0, 0)
    assert counted(skeleton_of(drawn(stripe, (slice(43, 52), bump)), PERIOD)) == (3, 1, 0)


@pytest.mark.parametrize(("between", "junctions"), [(3, [4]), (12, [3, 3])])
def test_junctions_nearer_than_half_a_period_are_one(between: int, junctions: list[int]) -> None:
    along = (slice(40, 41), slice(10, 70))
    up, down = (slice(10, 40), slice(36, 37)), (slice(41, 70), slice(36 + between, 37 + between))
    found = skeleton_of(drawn(along, up, down), PERIOD)
    assert found.arms.tolist() == junctions
    np.testing.assert_allclose(found.junctions_px.mean(axis=0), [40, 36 + between / 2], atol=0.5)


def test_a_dot_and_a_ring_are_pieces_without_points() -> None:
    y, x = np.mgrid[:80, :80]
    distance = np.hypot(y - 40, x - 40)
    ring, dot = (distance > 15) & (distance < 20), distance < 2.5
    assert counted(skeleton_of(ring | dot, PERIOD)) == (0, 0, 1)
    assert skeleton_of(ring | dot, PERIOD).euler_number == 1  # two components, a hole


def test_a_crossing_has_four_arms() -> None:
    crossing = drawn((slice(40, 41), slice(10, 70)), (slice(10, 70), slice(40, 41)))
    assert skeleton_of(crossing, PERIOD).arms.tolist() == [4]
    assert skeleton_of(np.eye(60, dtype=bool) | np.eye(60, dtype=bool)[::-1], PERIOD).arms.tolist() == [4]


def test_nothing_has_no_points() -> None:
    assert len(skeleton_points(np.zeros((30, 40), np.bool_), PERIOD)) == 0


@given(st.integers(0, 2**32 - 1), st.floats(0.3, 4), st.floats(-1, 1), st.floats(1, 30))
def test_pruning_and_merging_keep_the_euler_number(seed: int, sigma: float, level: float, period: float) -> None:
    """Components touch at corners, holes do not, and what lies beyond the border is outside."""
    stripes = blobs(seed, sigma, level, side=40)
    assert skeleton_of(stripes, period).euler_number == euler_number(stripes, connectivity=2)


def test_points_lie_a_period_within_the_border() -> None:
    points = skeleton_points(blobs(1, 2.5, 0.0, side=200), PERIOD)
    assert len(points) > 20
    assert points.positions_px.min() >= PERIOD
    assert points.positions_px.max() <= 199 - PERIOD


@pytest.mark.parametrize("turned", [np.rot90, np.flipud, np.transpose], ids=["turned", "mirrored", "transposed"])
def test_a_turned_image_has_nearly_the_same_points(turned: object) -> None:
    """Thinning is not symmetric, but no point may come or go without reason."""
    stripes = blobs(2, 2.5, 0.0, side=300)
    before, after = skeleton_points(stripes, PERIOD), skeleton_points(turned(stripes), PERIOD)  # type: ignore[operator]
    for kind in ("end", "junction"):
        n, m = len(before.of_kind(kind)), len(after.of_kind(kind))  # type: ignore[arg-type]
        assert abs(n - m) <= 0.06 * n

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samiam.texture.pose import UPRIGHT, Pose, canonical_pose

POSES = [Pose(*flags) for flags in product((False, True), repeat=3)]
poses = pytest.mark.parametrize("pose", POSES, ids=str)


@poses
def test_undo_undoes(pose: Pose) -> None:
    image = np.arange(30).reshape(5, 6)
    assert np.array_equal(pose.undo(pose.apply(image)), image)
    channels = np.arange(60).reshape(5, 6, 2)
    assert np.array_equal(pose.undo(pose.apply(channels)), channels)


@poses
def test_points_go_with_the_pixels(pose: Pose) -> None:
    image = np.arange(30).reshape(5, 6)
    turned = pose.apply(image)
    for y, x in np.ndindex(image.shape):
        there_x, there_y = (int(value) for value in pose.apply_point((x, y), (5, 6)))
        assert turned[there_y, there_x] == image[y, x]
        assert pose.undo_point((there_x, there_y), (turned.shape[0], turned.shape[1])) == (x, y)


@poses
@given(seed=st.integers(0, 1000), height=st.integers(2, 9), width=st.integers(2, 9))
def test_every_turn_of_an_image_has_one_canonical_form(pose: Pose, seed: int, height: int, width: int) -> None:
    image = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    turned = pose.apply(image)
    assert np.array_equal(canonical_pose(turned).apply(turned), canonical_pose(image).apply(image))


@given(seed=st.integers(0, 1000), height=st.integers(2, 9), width=st.integers(2, 9))
def test_an_image_and_its_inverse_have_one_pose(seed: int, height: int, width: int) -> None:
    image = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    assert canonical_pose(1 - image) == canonical_pose(image)


@pytest.mark.parametrize("brightness", [0.25, 1.0])
def test_what_is_rare_comes_last(brightness: float) -> None:
    image = np.full((6, 8), 0.5)
    image[:2, 6:] = brightness
    turned = canonical_pose(image).apply(image)
    assert (turned == brightness).nonzero()[0].min() >= turned.shape[0] // 2
    assert (turned == brightness).nonzero()[1].min() >= turned.shape[1] // 2


def test_how_far_out_is_a_share_of_the_side() -> None:
    image = np.zeros((6, 12))
    image[5, 8] = 1  # 5/12 of the height below the middle, 5/24 of the width beside it
    assert canonical_pose(image) == UPRIGHT
    assert canonical_pose(image.T) == Pose(swapped=True, rows_reversed=False, columns_reversed=False)

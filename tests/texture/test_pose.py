from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from samiam.texture.pose import UPRIGHT, Pose, canonical_pose

POSES = [Pose(*flags) for flags in product((False, True), repeat=3)]
poses = pytest.mark.parametrize("pose", POSES, ids=str)


@poses
def test_undo_undoes(pose: Pose) -> None:
    image = np.arange(30).reshape(5, 6)
    assert np.array_equal(pose.undo(pose.apply(image)), image)
    channels = np.arange(60).reshape(5, 6, 2)
    assert np.array_equal(pose.undo(pose.apply(channels)), channels)


IMAGES = {
    "bool": np.arange(30).reshape(5, 6) % 3 == 0,
    "uint16": np.arange(30, dtype=np.uint16).reshape(5, 6),
    "uint32": np.arange(30, dtype=np.uint32).reshape(5, 6) + 2**31,
    "float64": np.arange(30.0).reshape(5, 6),
    "complex": np.arange(30).reshape(5, 6) * 1j,
    "columns": np.asfortranarray(np.arange(30, dtype=np.float32).reshape(5, 6)),
    "every other": np.arange(120).reshape(10, 12)[::2, ::-2],
    "nothing": np.zeros((0, 6)),
    "one row": np.arange(6)[None],
}


@poses
@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
def test_any_image_is_turned(pose: Pose, image: NDArray[np.generic]) -> None:
    image = image.view()
    image.flags.writeable = False
    rows, columns = (slice(None, None, -1 if back else 1) for back in (pose.rows_reversed, pose.columns_reversed))
    turned = pose.apply(image)
    assert turned.dtype == image.dtype
    assert np.array_equal(turned, (image.T if pose.swapped else image)[rows, columns])
    assert np.array_equal(pose.undo(turned), image)
    some = np.arange(0, turned.shape[0], 2), np.arange(1, turned.shape[1], 2)
    assert np.array_equal(pose.sampled(image, *some), turned[np.ix_(*some)])


def test_a_turned_image_lies_in_memory_row_by_row() -> None:
    image = np.zeros((40, 60), np.float32)
    assert all(pose.apply(image).flags.c_contiguous for pose in POSES)


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

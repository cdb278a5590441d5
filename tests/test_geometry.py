"""Mask algebra against dense arithmetic, OpenCV and pycocotools."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from pycocotools import mask as coco
from scipy import ndimage

from samiam import geometry
from samiam.errors import InputError
from samiam.geometry import boundary, boundary_thickness_px, containment, intersections, iou, pole_of_inaccessibility
from samiam.records import Masks

Bools = NDArray[np.bool_]
quick = settings(max_examples=80)


@st.composite
def two_stacks(draw: st.DrawFn) -> tuple[Bools, Bools]:
    """Two stacks (0 … 5, H, W) of one shape; widths on both sides of whole bytes."""
    shape_hw = draw(st.tuples(st.integers(1, 9), st.integers(1, 19)))
    first, second = (draw(hnp.arrays(bool, (draw(st.integers(0, 5)), *shape_hw))) for _ in range(2))
    return first, second


def dense(first: Bools, second: Bools) -> NDArray[np.int64]:
    """Shared pixels of each pair by a product of integer matrices."""
    columns = first.shape[1] * first.shape[2]
    flat = (stack.reshape(len(stack), columns).astype(np.int64) for stack in (first, second))
    return next(flat) @ next(flat).T


def blobs(shape_hw: tuple[int, int], seed: int, sigma: float, threshold: float = 0.0) -> Bools:
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape_hw), sigma)
    return np.asarray(noise > threshold * noise.std(), bool)


def eroded_by_cv2(mask: Bools, thickness_px: int) -> Bools:
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=thickness_px)[1:-1, 1:-1] > 0


@given(two_stacks())
@quick
def test_intersections_are_those_of_a_dense_product(stacks: tuple[Bools, Bools]) -> None:
    first, second = stacks
    packed = [Masks.from_arrays(stack, stack.shape[1:]) for stack in stacks]
    np.testing.assert_array_equal(intersections(*packed), dense(first, second))
    np.testing.assert_array_equal(intersections(packed[0]), dense(first, first))
    assert intersections(*packed).dtype == np.int64


@given(two_stacks(), st.integers(1, 7), st.integers(0, 20))
@quick
def test_intersections_do_not_depend_on_the_blocks(stacks: tuple[Bools, Bools], runs: int, extra: int) -> None:
    width = stacks[0].shape[2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geometry, "_RUNS_PER_BLOCK", runs)
        patch.setattr(geometry, "_EXACT_IN_FLOAT32", width + extra)  # a run, at most a row, must fit into a block
        packed = [Masks.from_arrays(stack, stack.shape[1:]) for stack in stacks]
        np.testing.assert_array_equal(intersections(*packed), dense(*stacks))


@given(two_stacks(), st.sampled_from([8, 16]))
@quick
def test_intersections_do_not_depend_on_the_tiles(stacks: tuple[Bools, Bools], tile_px: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geometry, "_TILE_PX", tile_px)
        packed = [Masks.from_arrays(stack, stack.shape[1:]) for stack in stacks]
        np.testing.assert_array_equal(intersections(*packed), dense(*stacks))


def test_intersections_are_exact_beyond_float32() -> None:
    height, width = 4099, 4100  # 16.8 million pixels, more than 2^24, in runs that no block may add up
    mask = np.ones((height, width), bool)
    mask[0, 0] = False
    assert intersections(Masks.from_arrays([mask])).item() == height * width - 1


def test_intersections_of_nothing() -> None:
    none, two = Masks.empty((3, 5)), Masks.from_arrays(np.ones((2, 3, 5)))
    assert intersections(none).shape == (0, 0)
    assert intersections(none, two).shape == (0, 2)
    assert intersections(two, none).shape == (2, 0)


def test_intersections_of_different_shapes_are_refused() -> None:
    with pytest.raises(InputError, match=r"shape \(3, 5\) cannot be compared with masks of shape \(3, 6\)"):
        intersections(Masks.empty((3, 5)), Masks.empty((3, 6)))


def test_iou_and_containment_by_hand() -> None:
    # Four columns of 4×4, two of them, and nothing: 8 pixels shared, 16 in the union.
    full, half = np.ones((4, 4)), np.tile([1, 1, 0, 0], (4, 1))
    masks = Masks.from_arrays(np.stack([full, half, np.zeros((4, 4))]))
    overlaps = intersections(masks)
    np.testing.assert_array_equal(overlaps, [[16, 8, 0], [8, 8, 0], [0, 0, 0]])
    np.testing.assert_array_equal(iou(overlaps, masks.areas, masks.areas), [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(containment(overlaps), [[1, 0.5, 0], [1, 1, 0], [0, 0, 0]])


@given(two_stacks())
@quick
def test_iou_is_that_of_pycocotools(stacks: tuple[Bools, Bools]) -> None:
    first, second = stacks
    packed = [Masks.from_arrays(stack, stack.shape[1:]) for stack in stacks]
    encoded = [coco.encode(np.asfortranarray(stack.transpose(1, 2, 0), np.uint8)) for stack in stacks]
    expected = np.asarray(coco.iou(*encoded, [False] * len(second))).reshape(len(first), len(second))
    found = iou(intersections(*packed), packed[0].areas, packed[1].areas)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@given(hnp.arrays(bool, st.tuples(st.integers(1, 20), st.integers(1, 20)), fill=st.just(True)), st.integers(1, 4))
@quick
def test_boundary_is_that_of_boundary_iou(mask: Bools, thickness_px: int) -> None:
    np.testing.assert_array_equal(boundary(mask, thickness_px), mask & ~eroded_by_cv2(mask, thickness_px))


SHAPES: dict[str, Callable[[], Bools]] = {
    "empty": lambda: np.zeros((30, 41), bool),
    "full": lambda: np.ones((30, 41), bool),
    "one pixel": lambda: np.pad(np.ones((1, 1), bool), 7),
    "touching two borders": lambda: np.pad(np.ones((20, 25), bool), ((0, 9), (0, 13))),
    "frame around a hole": lambda: np.pad(np.zeros((12, 12), bool), 9, constant_values=True),
    "many with holes": lambda: blobs((90, 70), seed=3, sigma=5),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("thickness_px", [1, 3, 10])
def test_boundary_of_shapes(shape: str, thickness_px: int) -> None:
    mask = SHAPES[shape]()
    untouched = mask.copy()
    np.testing.assert_array_equal(boundary(mask, thickness_px), mask & ~eroded_by_cv2(mask, thickness_px))
    np.testing.assert_array_equal(mask, untouched)


def test_boundary_at_full_size() -> None:
    mask = blobs((1024, 1024), seed=0, sigma=80, threshold=-0.5)
    edge = boundary(mask, 29)
    np.testing.assert_array_equal(edge, mask & ~eroded_by_cv2(mask, 29))
    assert 0 < edge.sum() < mask.sum()


@pytest.mark.parametrize(
    ("shape_hw", "fraction", "thickness_px"),
    [((1024, 1024), 0.02, 29), ((4, 4), 0.02, 1), ((300, 400), 0.02, 10), ((300, 400), 0.1, 50)],
)
def test_thickness_is_a_share_of_the_diagonal(shape_hw: tuple[int, int], fraction: float, thickness_px: int) -> None:
    assert boundary_thickness_px(shape_hw, fraction) == thickness_px


@pytest.mark.parametrize(
    ("rows", "columns", "place", "depth"),
    [
        ((2, 7), (3, 8), (4, 5), 3),
        ((0, 3), (0, 9), (1, 1), 2),
        ((5, 6), (5, 6), (5, 5), 1),
        ((0, 0), (0, 0), (0, 0), 0),
    ],
)
def test_the_pole_of_inaccessibility(
    rows: tuple[int, int], columns: tuple[int, int], place: tuple[int, int], depth: int
) -> None:
    region = np.zeros((10, 12), np.bool_)
    region[slice(*rows), slice(*columns)] = True
    assert pole_of_inaccessibility(region) == (place, depth)

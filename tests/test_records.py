"""The records: what they hold and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from made_records import (
    FIELDS,
    SHAPE_HW,
    assert_same_masks,
    made_labels,
    made_masks,
    made_micrograph,
    made_scene,
    made_segmentation,
)
from numpy.typing import NDArray
from segment_anything.utils.amg import batched_mask_to_box, box_xyxy_to_xywh
from torch import from_numpy

from samiam.errors import InputError
from samiam.records import Masks, Micrograph, Segmentation
from samiam.records.arrays import areas_in, numbers_in

quick = settings(max_examples=60)
stacks = hnp.arrays(bool, st.tuples(st.integers(0, 4), st.integers(1, 9), st.integers(1, 19)))


@given(stacks)
@quick
def test_packing_keeps_every_pixel(stack: NDArray[np.bool_]) -> None:
    masks = Masks.from_arrays((mask for mask in stack), stack.shape[1:])
    assert len(masks) == len(stack)
    assert masks.packed.shape == (*stack.shape[:2], -(-stack.shape[2] // 8))
    np.testing.assert_array_equal(masks[:], stack)
    np.testing.assert_array_equal(masks[1:3], stack[1:3])
    for mask, expected in zip(masks, stack, strict=True):
        assert mask.dtype == bool
        np.testing.assert_array_equal(mask, expected)


@given(stacks)
@quick
def test_areas_and_boxes(stack: NDArray[np.bool_]) -> None:
    masks = Masks.from_arrays(stack, stack.shape[1:])
    np.testing.assert_array_equal(masks.areas, stack.sum(axis=(1, 2)))
    for mask, box in zip(stack, masks.boxes_xywh.tolist(), strict=True):
        rows, columns = np.nonzero(mask)
        expected = [0, 0, 0, 0]
        if len(rows):
            left, top = columns.min(), rows.min()
            expected = [left, top, columns.max() - left + 1, rows.max() - top + 1]
        assert box == expected


def test_a_box_and_that_of_segment_anything() -> None:
    # SAM's corner is the last pixel inside, not one past it, so its width is one less than the number of columns.
    masks = made_masks()
    theirs = np.stack([box_xyxy_to_xywh(corners) for corners in batched_mask_to_box(from_numpy(masks[:])).numpy()])
    np.testing.assert_array_equal(masks.boxes_xywh - theirs, [[0, 0, 1, 1]] * len(masks))


def test_scores_have_defaults_and_types() -> None:
    masks = Masks.from_arrays(np.ones((2, *SHAPE_HW)))
    expected: list[tuple[str, type, Any]] = [
        ("predicted_iou", np.float32, [np.nan] * 2),
        ("stability_score", np.float32, [np.nan] * 2),
        ("points_xy", np.float32, [[np.nan] * 2] * 2),
        ("crop_boxes_xywh", np.int64, [[0, 0, 13, 11]] * 2),
    ]
    for name, dtype, values in expected:
        assert getattr(masks, name).dtype == dtype
        np.testing.assert_array_equal(getattr(masks, name), values)


def test_integer_masks_are_taken_as_inside_or_outside() -> None:
    np.testing.assert_array_equal(Masks.from_arrays([[[0, 1, 255, -1]]])[0], [[False, True, True, True]])


def test_from_labels_makes_a_mask_for_every_value() -> None:
    labels = np.array([[0, 3], [1, 3]], np.uint32)
    masks = Masks.from_labels(labels)
    np.testing.assert_array_equal(masks[:], [labels == 1, labels == 2, labels == 3])
    assert masks.areas.tolist() == [1, 0, 2]
    assert len(Masks.from_labels(np.zeros((2, 3), np.uint32))) == 0


def test_no_masks() -> None:
    masks = Masks.empty(SHAPE_HW)
    assert (len(masks), list(masks), masks.shape_hw) == (0, [], SHAPE_HW)
    assert masks[:].shape == (0, *SHAPE_HW)
    assert masks.to_records() == []
    assert_same_masks(Masks.from_records([], SHAPE_HW), masks)
    assert_same_masks(masks.select([]), masks)


@pytest.mark.parametrize(
    ("indices", "expected"),
    [
        ([2, 0], [2, 0]),
        (np.array([3, 3, -1]), [3, 3, 3]),
        (np.array([True, False, False, True]), [0, 3]),
        ([False, True, False, False], [1]),
        ([], []),
        (np.array([], bool), []),
    ],
)
def test_select(indices: Any, expected: list[int]) -> None:
    masks = made_masks()
    chosen = masks.select(indices)
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(chosen, field), getattr(masks, field)[np.array(expected, int)])


@pytest.mark.parametrize("parts", [[[0, 1, 2, 3]], [[0, 1], [], [2, 3]], [[3], [1, 3, 0]], [[], []]])
def test_joined(parts: list[list[int]]) -> None:
    masks = made_masks()
    expected = masks.select([index for part in parts for index in part])
    assert_same_masks(Masks.joined(*(masks.select(part) for part in parts)), expected)


def test_the_part_of_masks_within_a_region() -> None:
    masks, region = made_masks(), np.indices(SHAPE_HW).sum(axis=0) % 2 == 0
    assert_same_masks(masks.within(np.ones(SHAPE_HW, bool)), masks)
    inside = masks.within(region)
    np.testing.assert_array_equal(inside[:], masks[:] & region)
    np.testing.assert_array_equal(inside.predicted_iou, masks.predicted_iou)
    assert inside.areas.tolist() == inside[:].sum(axis=(1, 2)).tolist()
    with pytest.raises(InputError, match=r"a region of shape \(2, 3\) does not fit"):
        masks.within(np.ones((2, 3), bool))


def test_records_go_there_and_back() -> None:
    masks = made_masks()
    records = masks.to_records()
    assert set(records[1]) == {
        *("segmentation", "area", "bbox", "predicted_iou", "point_coords", "stability_score", "crop_box")
    }
    x, y, width, height = records[1]["bbox"]
    assert records[1]["segmentation"][y : y + height, x : x + width].sum() == records[1]["area"] == masks.areas[1]
    assert records[1]["point_coords"] == [masks.points_xy[1].tolist()]
    assert_same_masks(Masks.from_records(records, SHAPE_HW), masks)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Masks.from_arrays([np.ones((2, 3)), np.ones((3, 2))]), r"mask 1 has shape \(3, 2\)"),
        (lambda: Masks.from_arrays([np.ones((2, 3))], (2, 4)), r"every mask must be \(2, 4\)"),
        (lambda: Masks.from_arrays([np.ones(3)]), r"every mask must be \(H, W\)"),
        (lambda: Masks.from_arrays([]), "no masks and no shape_hw"),
        (lambda: Masks.joined(*map(Masks.empty, ((2, 3), (2, 4)))), r"masks over \(2, 3\) and \(2, 4\)"),
        (lambda: Masks.from_arrays([np.ones((2, 3))], predicted_iou=[1, 1]), r"predicted_iou has shape \(2,\)"),
        (lambda: Masks.from_arrays([np.ones((2, 3))], points_xy=[1, 1]), r"1 masks need \(1, 2\)"),
        (lambda: made_micrograph(pixel_size_nm=0), "pixel size of 0 nm is impossible"),
        (lambda: made_micrograph(pixel_size_nm=float("nan")), "pixel size of nan nm is impossible"),
        (lambda: Micrograph(np.zeros((2, 3, 3))), r"not an array of shape \(2, 3, 3\)"),
        (lambda: Micrograph(np.zeros((0, 3))), r"not an array of shape \(0, 3\)"),
        (lambda: Micrograph(np.array([[0.0, 1.5]])), "span 0 to 1.5"),
        (lambda: Micrograph(np.array([[0.0, np.nan]])), "span nan to nan"),
        (lambda: Micrograph(np.array([[0.0, np.inf]])), "span 0 to inf"),
        (lambda: made_scene(labels=np.ones((3, 3))), r"labels \(3, 3\)"),
        (lambda: made_scene(grains=np.ones((3, 3))), r"grains \(3, 3\)"),
        (lambda: made_scene(materials=["Ge"]), r"labels \[1, 2\] do not match the 1 named"),
        (lambda: made_scene(labels=made_labels().astype(int) - 1), r"labels \[-1, 1\] do not match"),
        (lambda: made_scene(difficulty=4), "difficulty is 1, 2 or 3, not 4"),
        (lambda: made_scene(weights=[1.0]), "need as many positive weights"),
        (lambda: made_scene(weights=[1.0, 0.0]), "need as many positive weights"),
        (lambda: made_scene(weights=[1.0, float("nan")]), "need as many positive weights"),
        (lambda: made_segmentation(labels=np.ones((3, 3))), r"labels of shape \(3, 3\) do not fit masks"),
        (lambda: made_segmentation(micrograph=Micrograph(np.zeros((2, 3)))), r"do not fit a micrograph of \(2, 3\)"),
        (lambda: made_segmentation(labels=made_labels() * 2), r"without gaps, not \[2, 4\]"),
        (lambda: made_segmentation(labels=made_labels().astype(int) - 1), r"without gaps, not \[-1, 1\]"),
        (lambda: made_segmentation(decisions=[]), "exactly one entry for each generated mask"),
        (lambda: made_segmentation(names=["Ge"]), r"1 names for 2 materials; give one \(or None\) for each"),
        (lambda: made_segmentation(names=["Ge", "Ge"]), r"names \['Ge', 'Ge'\]: each is a text of one material"),
        (lambda: made_segmentation(names=["Ge", " "]), "each is a text"),
        (lambda: made_segmentation(names=[3, None]), "each is a text"),
        (lambda: made_segmentation(name_confidence=[0.5]), r"name_confidence=\[0\.5\]: give one .* each of 2 labels"),
        (
            lambda: made_segmentation(names=["Ge", None], name_confidence=[1.2, None]),
            r"name_confidence=1\.2 of Ge: give a probability",
        ),
        (lambda: made_segmentation(names=["Ge", None], name_confidence=[0.5, 0.5]), "0.5 of None"),
    ],
)
def test_what_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


# The other records


def test_pixels_and_labels_cannot_be_written() -> None:
    images = [made_micrograph().pixels, made_scene().labels, made_scene().grains, made_segmentation().labels]
    for image in images:
        with pytest.raises(ValueError, match="read-only"):
            image[0, 0] = 0


def test_materials_have_no_names_unless_they_are_given() -> None:
    assert made_segmentation(names=()).names == made_segmentation(names=[None, None]).names == (None, None)
    assert made_segmentation(names=["Ge", "SrTiO3"]).names == ("Ge", "SrTiO3")


def test_nobody_is_sure_of_a_name_unless_they_say_so() -> None:
    assert made_segmentation(names=["Ge", None]).name_confidence == (None, None)
    assert made_segmentation(names=["Ge", None], name_confidence=[0.9, None]).name_confidence == (0.9, None)


@pytest.mark.parametrize("grains", [[[2, 2, 3, 0]], [[1, 1, 3, 0]], [[1, 1, 1, 0]], [[1, 1, 2, 3]]])
def test_grains_that_are_not_those_of_the_labels(grains: list[list[int]]) -> None:
    """One is missing, or lies in two labels or outside of all."""
    labels = np.array([[1, 1, 2, 0]])
    with pytest.raises(InputError, match="grains"):
        Segmentation(labels, [], 2, True, Masks.empty((1, 4)), grains=np.array(grains))


def test_grains_as_labels_keep_what_is_known_of_their_material() -> None:
    labels = np.array([[1, 1, 2, 0]], np.uint32)
    whole = Segmentation(
        labels,
        [],
        2,
        True,
        Masks.empty((1, 4)),
        ["Ge", None],
        grains=np.array([[1, 3, 2, 0]]),
        confidences=[0.9, None],
        name_confidence=[0.8, None],
    )
    assert (whole.n_grains, whole.grain_counts, whole.segmented_fraction) == (3, (2, 1), 0.75)
    found = whole.by_grains()
    assert found.labels.tolist() == [[1, 3, 2, 0]]
    assert (found.names, found.material_of, found.confidences) == (("Ge", None, "Ge"), (1, 2, 1), (0.9, None, 0.9))
    assert found.name_confidence == (0.8, None, 0.8)
    assert (found.grain_counts, found.labels_are_grains, whole.labels_are_grains) == ((1, 1, 1), True, False)
    again = found.by_grains()
    assert (again.names, again.material_of, again.labels.tolist()) == (found.names, found.material_of, [[1, 3, 2, 0]])
    with pytest.raises(InputError, match="each is a text of one material"):
        replace(found, names=["Ge", "Ge", "Ge"])


def test_making_a_record_leaves_the_callers_array_alone() -> None:
    labels, pixels = made_labels(), np.zeros(SHAPE_HW, np.float32)
    made_scene(labels=labels), made_segmentation(labels=labels), Micrograph(pixels)
    assert labels.flags.writeable
    assert pixels.flags.writeable
    labels[0, 0] = pixels[0, 0] = 1


def test_pixels_become_float32() -> None:
    assert Micrograph(np.ones(SHAPE_HW, np.int64)).pixels.dtype == np.float32
    assert made_micrograph().shape_hw == SHAPE_HW


@pytest.mark.parametrize("name", ["truth of a scene", "masks of a segmentation"])
def test_masks_from_the_labels_of_a_record(name: str) -> None:
    masks = made_scene().truth if name.startswith("truth") else made_segmentation().masks
    np.testing.assert_array_equal(masks[:], [made_labels() == 1, made_labels() == 2])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint32, np.int64])
@pytest.mark.parametrize("largest", [0, 1, 16, 17, 200])
def test_areas_are_counted(dtype: type, largest: int) -> None:
    labels = np.random.default_rng(largest).integers(0, largest, (30, 41), endpoint=True).astype(dtype)
    labels[0, 0] = largest
    np.testing.assert_array_equal(areas_in(labels), np.bincount(labels.ravel().astype(np.int64)))
    assert numbers_in(labels) == [number for number in np.unique(labels).tolist() if number]


def test_areas_of_negative_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        areas_in(np.array([[1, -1]]))

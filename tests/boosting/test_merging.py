"""One label per pixel: who gets contested pixels, and what becomes of rings, specks and holes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from samiam.boosting import merge_masks
from samiam.boosting.merging import dissolved
from samiam.records import Masks

Bools = NDArray[np.bool_]
Labels = NDArray[np.uint32]
EIGHT = np.ones((3, 3))
quick = settings(max_examples=100)


def box(top: int, left: int, height: int, width: int, shape_hw: tuple[int, int] = (100, 120)) -> Bools:
    mask = np.zeros(shape_hw, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def merged(masks: Any, materials: list[int], smallest_region_px: int = 256) -> tuple[Labels, dict[int, int]]:
    labels, label_of = merge_masks(
        Masks.from_arrays(masks), np.array(materials, np.int64), smallest_region_px=smallest_region_px
    )
    assert labels.dtype == np.uint32
    return labels, label_of


def assert_labels(found: Labels, *regions: Bools) -> None:
    """The labels are 1, 2, … on these regions and 0 elsewhere."""
    expected = np.zeros(found.shape, np.uint32)
    for label, region in enumerate(regions, start=1):
        expected[region] = label
    np.testing.assert_array_equal(found, expected)


# --- union, contested pixels, numbers


def test_a_material_is_the_union_of_its_masks() -> None:
    first, second, far, other = box(0, 0, 40, 40), box(20, 20, 40, 40), box(70, 70, 30, 30), box(0, 80, 20, 20)
    labels, label_of = merged([first, other, far, second], [5, 2, 5, 5])
    assert_labels(labels, first | second | far, other)
    assert label_of == {5: 1, 2: 2}


def test_labels_fall_with_area() -> None:
    # 400, 900 and 600 pixels.
    masks = [box(0, 0, 20, 20), box(0, 40, 30, 30), box(40, 0, 20, 30)]
    labels, label_of = merged(masks, [0, 1, 2])
    assert_labels(labels, masks[1], masks[2], masks[0])
    assert label_of == {1: 1, 2: 2, 0: 3}


@pytest.mark.parametrize("materials", [[0, 1], [1, 0]])
def test_of_equal_areas_the_first_in_reading_order_comes_first(materials: list[int]) -> None:
    masks = [box(50, 0, 20, 20), box(0, 50, 20, 20)]
    labels, label_of = merged(masks, materials)
    assert_labels(labels, masks[1], masks[0])
    assert label_of == {materials[1]: 1, materials[0]: 2}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_contested_pixel_goes_to_the_smallest_mask(order: tuple[int, ...]) -> None:
    large, middle, small = box(0, 0, 100, 100), box(10, 10, 60, 60), box(40, 40, 50, 50)  # 10000, 3600, 2500
    masks, materials = [large, middle, small], [0, 1, 2]
    labels, _ = merged([masks[index] for index in order], [materials[index] for index in order])
    assert_labels(labels, large, middle & ~small, small)  # 4800, 2700, 2500: numbered as they fall


def test_the_smallest_mask_counts_and_not_the_smallest_material() -> None:
    # Material 0 has a far mask beside its small one: 2500 + 2000 pixels in all, more than the 3600 of material 1.
    small, middle, far = box(40, 40, 50, 50), box(10, 10, 60, 60), box(0, 100, 100, 20)
    labels, label_of = merged([far, middle, small], [0, 1, 0])
    assert_labels(labels, far | small, middle & ~small)
    assert label_of == {0: 1, 1: 2}


def test_between_masks_of_equal_areas_the_order_does_not_decide() -> None:
    masks = [box(10, 10, 60, 60), box(40, 40, 60, 60)]
    first, label_of = merged(masks, [0, 1])
    second, label_of_second = merged(masks[::-1], [1, 0])
    np.testing.assert_array_equal(first, second)
    assert label_of == label_of_second


def test_negative_materials_are_left_out() -> None:
    outer, inner = box(0, 0, 80, 80), box(20, 20, 20, 20)
    labels, label_of = merged([outer, inner, box(0, 90, 100, 30)], [3, -1, -1])
    assert_labels(labels, outer)  # the dropped mask takes nothing from it
    assert label_of == {3: 1}


@pytest.mark.parametrize(
    ("masks", "materials"),
    [([], []), ([np.ones((100, 120))], [-1]), ([np.zeros((100, 120))] * 2, [0, 1]), ([box(0, 0, 15, 17)], [0])],
)
@pytest.mark.parametrize("smallest_region_px", [0, 256])
def test_nothing_to_merge(masks: list[Bools], materials: list[int], smallest_region_px: int) -> None:
    packed = Masks.from_arrays(masks, (100, 120))
    labels, label_of = merge_masks(packed, np.array(materials, np.int64), smallest_region_px=smallest_region_px)
    assert labels.shape == (100, 120)
    if smallest_region_px or not masks or not np.any(masks[0]) or materials[0] < 0:
        assert (int(labels.max()), label_of) == (0, {})
    else:
        assert_labels(labels, masks[0])


# --- rings and lines


@pytest.mark.parametrize("thickness", [1, 2])
@pytest.mark.parametrize("smallest_region_px", [1, 256])
def test_no_ring_around_a_child(thickness: int, smallest_region_px: int) -> None:
    # At 1 px the ring has 4 · 69 = 276 pixels, more than the smallest region: it goes because it is thin.
    outer = box(10, 10, 70, 70)
    child = box(10 + thickness, 10 + thickness, 70 - 2 * thickness, 70 - 2 * thickness)
    labels, label_of = merged([outer, child], [0, 1], smallest_region_px)
    assert_labels(labels, outer)
    assert label_of == {1: 1}


def test_three_pixels_are_a_region() -> None:
    outer, child = box(10, 10, 70, 70), box(13, 13, 64, 64)
    labels, label_of = merged([outer, child], [0, 1])
    assert_labels(labels, child, outer & ~child)  # 4096 and 4900 - 4096 = 804
    assert label_of == {1: 1, 0: 2}


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("thickness", [1, 2])
def test_no_line_along_the_image_border(thickness: int, turn: int) -> None:
    # The parent fills an image 300 px wide, the child all but the first row or two: 300 or 600 pixels.
    outer = np.ones((60, 300), bool)
    child = box(thickness, 0, 60 - thickness, 300, (60, 300))
    labels, label_of = merged([np.rot90(outer, turn), np.rot90(child, turn)], [0, 1])
    assert_labels(labels, np.rot90(outer, turn))
    assert label_of == {1: 1}


@pytest.mark.parametrize("turn", range(4))
def test_the_image_border_does_not_thin_a_region(turn: int) -> None:
    strip = box(0, 0, 3, 300, (60, 300))
    labels, _ = merged([np.rot90(strip, turn), np.rot90(~strip, turn)], [0, 1])
    assert_labels(labels, np.rot90(~strip, turn), np.rot90(strip, turn))


def test_a_ring_inside_a_parent_goes_to_what_it_touches() -> None:
    # A child of another material and, 1 px wider, its twin of a third: the ring lies between two solid regions.
    outer, twin, child = np.ones((100, 120), bool), box(30, 30, 40, 40), box(31, 31, 38, 38)
    labels, label_of = merged([outer, twin, child], [0, 1, 2])
    assert label_of == {0: 1, 2: 2}
    np.testing.assert_array_equal(labels[child], 2)
    np.testing.assert_array_equal(labels[~twin], 1)


@pytest.mark.parametrize(
    "lonely",
    [
        box(90, 0, 2, 120),  # 240 pixels
        box(80, 0, 2, 120) | box(62, 119, 38, 1),  # 276 pixels
        box(80, 0, 18, 18) & ~box(81, 1, 16, 16),  # a ring around a hole: 68 + 256
    ],
)
def test_a_thin_line_that_touches_nothing_is_dropped(lonely: Bools) -> None:
    solid = box(0, 0, 60, 60)
    for smallest in (1, 60, 230, 300):
        labels, label_of = merged([solid, lonely], [0, 1], smallest)
        assert_labels(labels, solid)
        assert label_of == {0: 1}


def test_specks_that_touch_only_each_other_are_dropped() -> None:
    # Two of 15 × 15 = 225 pixels; together 450, but of two materials, and far from the third.
    solid = box(0, 0, 60, 60)
    labels, label_of = merged([solid, box(80, 0, 15, 15), box(80, 15, 15, 15)], [0, 1, 2])
    assert_labels(labels, solid)
    assert label_of == {0: 1}


# --- specks and holes, on both sides of 256 pixels


def test_a_region_of_the_smallest_size_stays() -> None:
    stays, goes = box(0, 0, 16, 16), box(50, 50, 15, 17)  # 256 and 255
    labels, label_of = merged([stays, goes], [0, 1])
    assert_labels(labels, stays)
    assert label_of == {0: 1}


def test_a_speck_of_a_material_with_a_large_region_goes_too() -> None:
    large, speck = box(0, 0, 50, 50), box(80, 80, 15, 15)
    assert_labels(merged([large, speck], [0, 0])[0], large)
    assert_labels(merged([large, speck], [0, 0], 225)[0], large | speck)


def test_a_small_image_has_smaller_regions() -> None:
    """Of 20 × 20 px a region of 25 is kept that in a large image would be a speck."""
    for n_px, is_kept in ((25, True), (20, False)):
        labels = np.ones((20, 20), np.uint32)
        labels[4:9, 4 : 4 + n_px // 5] = 2
        assert (dissolved(labels, 256) == 2).any() == is_kept
    labels = np.pad(labels, 50)
    labels[54:59, 54:59] = 2
    assert not (dissolved(labels, 256) == 2).any()


def test_a_speck_is_dissolved_into_what_it_touches() -> None:
    outer = box(0, 0, 60, 60)
    for speck in (box(20, 20, 15, 17), box(0, 0, 15, 17), box(20, 60, 15, 17)):
        labels, label_of = merged([outer, speck], [0, 1])
        assert_labels(labels, outer | speck)
        assert label_of == {0: 1}
    speck = box(20, 20, 16, 16)
    assert_labels(merged([outer, speck], [0, 1])[0], outer & ~speck, speck)


def test_small_holes_are_closed() -> None:
    outer = box(0, 0, 80, 80)
    closed, open_ = box(10, 10, 15, 17), box(40, 40, 16, 16)  # 255 and 256
    assert_labels(merged([outer & ~closed & ~open_], [0])[0], outer & ~open_)


def test_what_touches_at_a_corner_is_one_hole() -> None:
    outer = box(0, 0, 80, 80)
    hole = box(20, 20, 12, 12) | box(32, 32, 12, 12)  # 144 and 144
    assert_labels(merged([outer & ~hole], [0])[0], outer & ~hole)
    apart = box(20, 20, 12, 12) | box(33, 33, 12, 12)
    assert_labels(merged([outer & ~apart], [0])[0], outer)


def test_a_hole_is_shared_by_the_materials_around_it() -> None:
    # Between two materials is a gap of 4 × 50 = 200 unsegmented pixels, closed from outside by a third.
    left, right, lid = box(0, 0, 50, 50), box(0, 54, 50, 50), box(50, 0, 20, 104)
    labels, label_of = merged([left, right, lid], [0, 1, 2])
    assert len(label_of) == 3
    assert (labels > 0).sum() == 2500 + 2500 + 2080 + 200
    # The gap reaches the image border, which closes it as well; each half goes to the nearer side.
    np.testing.assert_array_equal(labels[:45, 50:52], label_of[0])
    np.testing.assert_array_equal(labels[:45, 52:54], label_of[1])


@st.composite
def paintings(draw: st.DrawFn) -> tuple[list[Bools], list[int], int]:
    """Masks, their materials and a smallest region."""
    shape_hw = draw(st.tuples(st.integers(3, 24), st.integers(3, 24)))
    masks = []
    for _ in range(draw(st.integers(0, 6))):
        top, left = draw(st.integers(0, shape_hw[0] - 1)), draw(st.integers(0, shape_hw[1] - 1))
        mask = box(top, left, draw(st.integers(0, 24)), draw(st.integers(1, 24)), shape_hw)
        if draw(st.booleans()):
            hole = box(top + 1, left + 1, draw(st.integers(1, 8)), draw(st.integers(1, 8)), shape_hw)
            mask = mask & ~hole
        masks.append(mask)
    materials = [draw(st.integers(-1, 3)) for _ in masks]
    # Copies of a mask in two materials contest every pixel and nothing decides between them.
    unique = {mask.tobytes(): index for index, mask in enumerate(masks)}
    chosen = sorted(unique.values())
    masks, materials = [masks[index] for index in chosen], [materials[index] for index in chosen]
    return masks or [np.zeros(shape_hw, bool)], materials or [0], draw(st.integers(0, 40))


def painted(masks: list[Bools], materials: list[int]) -> NDArray[np.int64]:
    """Material of each pixel by looking for the smallest mask over it, -1 where there is none."""
    found = np.full(masks[0].shape, -1)
    for y, x in np.ndindex(found.shape):
        covering = [i for i, mask in enumerate(masks) if mask[y, x] and materials[i] >= 0]
        if covering:
            smallest = min(masks[i].sum() for i in covering)
            equal = [i for i in covering if masks[i].sum() == smallest]
            found[y, x] = materials[max(equal, key=lambda i: np.packbits(masks[i], axis=1).tobytes())]
    return found


def regions_of(mask: Bools) -> list[Bools]:
    """Its 4-connected regions."""
    regions, n_regions = ndimage.label(mask)
    return [regions == number for number in range(1, n_regions + 1)]


@given(paintings())
@quick
def test_without_a_smallest_region_every_pixel_is_its_smallest_masks(
    painting: tuple[list[Bools], list[int], int],
) -> None:
    masks, materials, _ = painting
    labels, label_of = merged(masks, materials, 0)
    by_hand = painted(masks, materials)
    assert set(label_of) == set(by_hand[by_hand >= 0].tolist())
    for material, label in label_of.items():
        np.testing.assert_array_equal(labels == label, by_hand == material)
    np.testing.assert_array_equal(labels == 0, by_hand < 0)


@given(paintings())
@quick
def test_what_holds_for_all_labels(painting: tuple[list[Bools], list[int], int]) -> None:
    masks, materials, smallest = painting
    labels, label_of = merged(masks, materials, smallest)
    smallest = min(smallest, labels.size // 16)
    areas = np.bincount(labels.ravel())[1:]
    assert (areas > 0).all()
    assert (np.diff(areas) <= 0).all()
    assert sorted(label_of.values()) == list(range(1, len(areas) + 1))
    assert set(label_of) <= {material for material in materials if material >= 0}
    by_hand = painted(masks, materials)
    holes, _ = ndimage.label(by_hand < 0, EIGHT)
    is_small_hole = (np.bincount(holes.ravel()) < smallest)[holes] & (holes > 0)
    assert not ((labels > 0) & (by_hand < 0) & ~is_small_hole).any()
    for material, label in label_of.items():
        for region in regions_of(labels == label):
            assert region.sum() >= smallest
            assert (by_hand[region] == material).any()


@given(paintings())
@quick
def test_what_is_solid_keeps_its_material(painting: tuple[list[Bools], list[int], int]) -> None:
    masks, materials, smallest = painting
    labels, label_of = merged(masks, materials, smallest)
    by_hand = painted(masks, materials)
    for material in set(by_hand[by_hand >= 0].tolist()):
        # All squares of 3 × 3 pixels of this material, where enough of them hang together.
        squares = np.zeros(by_hand.shape, bool)
        for y, x in np.ndindex(by_hand.shape[0] - 2, by_hand.shape[1] - 2):
            if (by_hand[y : y + 3, x : x + 3] == material).all():
                squares[y : y + 3, x : x + 3] = True
        for region in regions_of(squares):
            if region.sum() >= smallest:
                np.testing.assert_array_equal(labels[region], label_of[material])


@given(paintings(), st.data())
@quick
def test_the_order_of_the_masks_does_not_matter(
    painting: tuple[list[Bools], list[int], int], data: st.DataObject
) -> None:
    masks, materials, smallest = painting
    order = data.draw(st.permutations(range(len(masks))))
    labels, label_of = merged(masks, materials, smallest)
    again, label_of_again = merged([masks[i] for i in order], [materials[i] for i in order], smallest)
    np.testing.assert_array_equal(labels, again)
    assert label_of == label_of_again


def by_definition(labels: Labels, smallest_px: int) -> Labels:
    """What `dissolved` is to do, over the whole image at once."""
    segmented = labels > 0
    holes, _ = ndimage.label(~segmented, EIGHT)
    to_fill = segmented | ((np.bincount(holes.ravel()) < smallest_px)[holes] & (holes > 0))
    solid = np.zeros(labels.shape, bool)
    for label in np.unique(labels[segmented]):
        opened = ndimage.binary_opening(labels == label, EIGHT)
        regions, _ = ndimage.label(opened)
        solid |= (np.bincount(regions.ravel()) >= smallest_px)[regions] & opened
    if not solid.any():
        return np.zeros_like(labels)
    nearest = ndimage.distance_transform_edt(~solid, return_distances=False, return_indices=True)
    found = np.where(to_fill, labels[tuple(nearest)], 0).astype(np.uint32)
    for label in np.unique(found[found > 0]):
        regions, n_regions = ndimage.label(found == label)
        touches_none = np.bincount(regions[solid], minlength=n_regions + 1) == 0
        found[touches_none[regions] & (regions > 0)] = 0
    return found


@pytest.mark.parametrize("seed", range(40))
def test_dissolving_tile_by_tile_is_dissolving_at_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape_hw = rng.integers(20, 300, 2)
    sigmas = rng.uniform(0.8, 9, 4)
    maps = np.stack([ndimage.gaussian_filter(rng.normal(size=shape_hw), sigma) * sigma for sigma in sigmas])
    labels = np.where(maps.max(axis=0) > rng.uniform(-0.2, 0.3), maps.argmax(axis=0) + 1, 0).astype(np.uint32)
    smallest_px = min(int(rng.choice([1, 16, 64, 256])), labels.size // 16)
    np.testing.assert_array_equal(dissolved(labels, smallest_px), by_definition(labels, smallest_px))

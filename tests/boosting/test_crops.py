"""Crops lie in their masks, are as many as fit, and depend on nothing but the mask, the rules and the seed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from samiam.boosting import CropRules, Crops, sample_crops
from samiam.errors import InputError
from samiam.records import Masks, Micrograph

Bools = NDArray[np.bool_]
Placement = Literal["random", "grid"]
PLACEMENTS: list[Placement] = ["random", "grid"]
quick = settings(max_examples=60)


def noise(shape_hw: tuple[int, int] = (200, 220)) -> Micrograph:
    return Micrograph(np.random.default_rng(5).random(shape_hw, np.float32))


def box(top: int, left: int, height: int, width: int, shape_hw: tuple[int, int] = (200, 220)) -> Bools:
    mask = np.zeros(shape_hw, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def disc(y: float, x: float, radius: float, shape_hw: tuple[int, int] = (200, 220)) -> Bools:
    rows, columns = np.ogrid[: shape_hw[0], : shape_hw[1]]
    return np.asarray((rows - y) ** 2 + (columns - x) ** 2 < radius**2)


def crops_of(mask: Bools, **options: Any) -> Crops:
    return sample_crops(noise(mask.shape), Masks.from_arrays([mask]), CropRules(**options))


def sides(crops: Crops) -> set[tuple[int, int]]:
    return {crop.shape for crop in crops.pixels}


def placed(crops: Crops, owner: int) -> list[tuple[int, ...]]:
    """Corners and side of one mask's crops."""
    return [
        (*corner.tolist(), len(crop))
        for crop, corner, index in zip(crops.pixels, crops.corners_xy, crops.owners, strict=True)
        if index == owner
    ]


# --- against trying every place


def ladder(rules: CropRules) -> list[int]:
    found = [rules.crop_px]
    while found[-1] > rules.smallest_crop_px:
        found.append(max(rules.smallest_crop_px, found[-1] * 3 // 4))
    return found


def fits(mask: Bools, x: int, y: int, side: int, inside: float) -> bool:
    window = mask[y : y + side, x : x + side]
    return window.shape == (side, side) and Fraction(int(window.sum()), side**2) >= Fraction(str(inside))


def all_places(mask: Bools, rules: CropRules) -> list[tuple[int, ...]]:
    """Every corner and side at which a crop fits, at the first side at which one does."""
    for side in ladder(rules):
        step = side if rules.placement == "grid" else 1
        corners = [(x, y) for y in range(0, mask.shape[0], step) for x in range(0, mask.shape[1], step)]
        found = [(x, y, side) for x, y in corners if fits(mask, x, y, side, rules.inside)]
        if found:
            return found
    return []


@st.composite
def scenes(draw: st.DrawFn) -> Bools:
    """Masks (N, H, W): rectangles and discs, some reaching over the border, some with holes, some empty."""
    shape_hw = draw(st.tuples(st.integers(3, 26), st.integers(3, 26)))
    centre = st.tuples(st.integers(-2, shape_hw[0]), st.integers(-2, shape_hw[1]))
    masks = []
    for _ in range(draw(st.integers(1, 4))):
        (y, x), size = draw(centre), draw(st.integers(0, 20))
        square = box(max(y, 0), max(x, 0), size, draw(st.integers(1, 26)), shape_hw)
        mask = disc(y, x, size, shape_hw) if draw(st.booleans()) else square
        if draw(st.booleans()):
            mask = mask & ~disc(*draw(centre), 1.5, shape_hw)
        masks.append(mask)
    return np.array(masks)


@given(scenes(), st.data())
@quick
def test_against_trying_every_place(masks: Bools, data: st.DataObject) -> None:
    largest = data.draw(st.integers(1, 12))
    rules = CropRules(
        n_crops=data.draw(st.integers(1, 12)),
        crop_px=largest,
        smallest_crop_px=data.draw(st.integers(1, largest)),
        inside=data.draw(st.sampled_from([0.5, 0.55, 0.9, 1.0])),
        placement=data.draw(st.sampled_from(PLACEMENTS)),
        seed=data.draw(st.integers(0, 3)),
    )
    image = noise(masks.shape[1:])
    crops = sample_crops(image, Masks.from_arrays(masks), rules)
    assert len(crops.pixels) == len(crops.owners) == len(crops.corners_xy)
    assert (np.diff(crops.owners) >= 0).all()
    for crop, (x, y) in zip(crops.pixels, crops.corners_xy, strict=True):
        np.testing.assert_array_equal(crop, image.pixels[y : y + len(crop), x : x + len(crop)])
        assert crop.dtype == np.float32
    for index, mask in enumerate(masks):
        found, possible = placed(crops, index), all_places(mask, rules)
        assert len(found) == len(set(found)) == min(rules.n_crops, len(possible))
        assert set(found) <= set(possible)


# --- how many, and how large


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("n_cells", [9, 10, 11])
def test_a_mask_with_exactly_k_cells_gets_k_crops(n_cells: int, placement: Placement) -> None:
    # Cells of 20 px in one row; nothing else fits on the grid. The released code gives a mask of exactly ten none.
    crops = crops_of(box(20, 0, 20, 20 * n_cells), crop_px=20, smallest_crop_px=20, inside=1.0, placement=placement)
    assert len(crops.pixels) == (min(10, n_cells) if placement == "grid" else 10)
    assert (crops.corners_xy[:, 1] == 20).all()


def test_as_many_crops_as_fit() -> None:
    # A square of 22 px holds 3 × 3 crops of 20 px.
    square = box(50, 60, 22, 22)
    found = placed(crops_of(square, crop_px=20, smallest_crop_px=20, inside=1.0), 0)
    assert set(found) == {(x, y, 20) for x in (60, 61, 62) for y in (50, 51, 52)}
    assert len(crops_of(square, n_crops=4, crop_px=20, smallest_crop_px=20, inside=1.0).pixels) == 4


@pytest.mark.parametrize(
    ("width", "side"),
    [(60, 60), (59, 45), (45, 45), (44, 33), (33, 33), (32, 24), (24, 24), (23, None), (1, None)],
)
def test_crops_shrink_by_quarters_down_to_24_px(width: int, side: int | None) -> None:
    # 60 · 3/4 = 45, 45 · 3/4 = 33.75, 33 · 3/4 = 24.75.
    assert sides(crops_of(box(10, 50, 180, width), inside=1.0)) == ({(side, side)} if side else set())
    assert sides(crops_of(box(10, 50, 180, width).T, inside=1.0)) == ({(side, side)} if side else set())


@pytest.mark.parametrize(("width", "side"), [(54, {(60, 60)}), (53, {(45, 45)}), (22, {(24, 24)}), (21, set())])
def test_nine_tenths_of_a_crop_lie_in_its_mask(width: int, side: set[tuple[int, int]]) -> None:
    # 54/60 = 0.90, 53/60 = 0.883; 22/24 = 0.917, 21/24 = 0.875.
    assert sides(crops_of(box(10, 50, 180, width))) == side


def test_a_share_of_exactly_what_is_asked_for_is_enough() -> None:
    # 92 of 100 pixels; in floating point 0.92 · 10 · 10 is 92.00000000000001.
    mask = box(50, 50, 10, 10)
    mask[50, 50:58] = False
    options = {"crop_px": 10, "smallest_crop_px": 10, "n_crops": 1000}
    assert placed(crops_of(mask, inside=0.92, **options), 0) == [(50, 50, 10)]
    assert placed(crops_of(mask, inside=0.93, **options), 0) == []


def test_the_smallest_side_is_tried_although_no_quarter_leads_to_it() -> None:
    assert sides(crops_of(box(0, 0, 20, 20), crop_px=22, smallest_crop_px=20, inside=1.0)) == {(20, 20)}
    assert sides(crops_of(box(0, 0, 19, 19), crop_px=22, smallest_crop_px=20, inside=1.0)) == set()


def test_only_the_masks_that_are_narrow_get_smaller_crops() -> None:
    masks = Masks.from_arrays([box(0, 0, 100, 30), box(0, 100, 100, 100), box(150, 0, 10, 200), disc(150, 150, 30)])
    crops = sample_crops(noise(), masks, CropRules(inside=1.0))
    found = [{side for _, _, side in placed(crops, index)} for index in range(4)]
    assert found == [{24}, {60}, set(), {33}]  # a disc 59 px wide holds a square of 59 / √2 = 41.7
    assert crops.owners.tolist() == [0] * 10 + [1] * 10 + [3] * 10


def test_nothing_in_nothing() -> None:
    for masks in (Masks.empty((200, 220)), Masks.from_arrays(np.zeros((2, 200, 220)))):
        crops = sample_crops(noise(), masks)
        assert (crops.pixels, crops.owners.shape, crops.corners_xy.shape) == ([], (0,), (0, 2))
        assert crops.owners.dtype == crops.corners_xy.dtype == np.int64


# --- where


def test_a_grid_is_aligned_to_the_side_and_does_not_overlap() -> None:
    rules = CropRules(n_crops=100, crop_px=30, inside=0.9, placement="grid")
    masks = Masks.from_arrays([disc(100, 110, 95), box(7, 31, 180, 29), box(31, 61, 60, 60)])
    crops = sample_crops(noise(), masks, rules)
    for index in range(3):
        found = placed(crops, index)
        assert len({side for _, _, side in found}) == 1
        assert all(x % side == y % side == 0 for x, y, side in found)
    # Of the last, 60 px wide from 61: the cells from 60 (29/30 of them inside) and 90, but not that from 120.
    assert set(placed(crops, 2)) == {(60, 30, 30), (90, 30, 30), (60, 60, 30), (90, 60, 30)}


def test_a_cell_of_a_smaller_grid_is_aligned_to_the_smaller_side() -> None:
    # [6, 18) holds no cell [0, 12) or [12, 24) of side 12, but [9, 18) of side 9.
    crops = crops_of(box(6, 6, 12, 12, (40, 40)), crop_px=12, smallest_crop_px=6, inside=1.0, placement="grid")
    assert placed(crops, 0) == [(9, 9, 9)]


@pytest.mark.parametrize(
    ("top", "left", "on_grid"),
    # The image is 200 × 220: a side of 40 divides 0 and 160 but not 180, which 30 divides; where the rows must be
    # within 160 … 199 and the columns within 180 … 219, the first side that fits is 24, at 168 and 192.
    [(0, 0, (0, 0, 40)), (160, 0, (0, 160, 40)), (0, 180, (180, 0, 30)), (160, 180, (192, 168, 24))],
)
def test_masks_at_the_image_border(top: int, left: int, on_grid: tuple[int, ...]) -> None:
    mask = box(top, left, 40, 40)
    assert placed(crops_of(mask, crop_px=40, inside=1.0), 0) == [(left, top, 40)]
    assert placed(crops_of(mask, crop_px=40, inside=1.0, placement="grid"), 0) == [on_grid]


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_mask_of_the_whole_image(placement: Placement) -> None:
    crops = crops_of(np.ones((200, 220), bool), n_crops=10_000_000, placement=placement)
    assert len(crops.pixels) == (3 * 3 if placement == "grid" else 141 * 161)
    small = crops_of(np.ones((50, 70), bool), placement=placement)
    assert sides(small) == {(45, 45)}
    assert not crops_of(np.ones((23, 70), bool), placement=placement).pixels


def test_crops_are_the_pixels_of_the_image() -> None:
    image = noise()
    crops = sample_crops(image, Masks.from_arrays([disc(100, 110, 95), box(3, 5, 190, 30)]))
    assert len(crops.pixels) == 20
    for crop, (x, y) in zip(crops.pixels, crops.corners_xy.tolist(), strict=True):
        np.testing.assert_array_equal(crop, image.pixels[y : y + len(crop), x : x + len(crop)])


# --- what they depend on


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_one_seed_gives_one_choice(placement: Placement) -> None:
    mask = np.ones((200, 220), bool)
    first, second, third = (placed(crops_of(mask, seed=seed, placement=placement, n_crops=4), 0) for seed in (0, 0, 1))
    assert first == second != third


def test_the_seed_changes_the_choice_and_not_the_number() -> None:
    choices = {tuple(placed(crops_of(disc(100, 110, 60), seed=seed), 0)) for seed in range(5)}
    assert len(choices) == 5
    assert {len(choice) for choice in choices} == {10}


def test_random_crops_reach_all_over_the_mask() -> None:
    found = np.array(placed(crops_of(np.ones((200, 220), bool), n_crops=200), 0))
    assert found[:, :2].min(axis=0).max() < 15  # corners lie in [0, 160] × [0, 140]
    assert found[:, 0].max() > 145
    assert found[:, 1].max() > 125


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3), (1,)])
def test_crops_do_not_depend_on_the_other_masks(order: tuple[int, ...], placement: Placement) -> None:
    masks = Masks.from_arrays([disc(100, 110, 95), box(0, 0, 200, 30), box(0, 0, 10, 10), disc(60, 60, 50)])
    rules = CropRules(placement=placement)
    together, chosen = sample_crops(noise(), masks, rules), sample_crops(noise(), masks.select(order), rules)
    for index, original in enumerate(order):
        assert placed(chosen, index) == placed(together, original)


def test_equal_masks_have_equal_crops() -> None:
    crops = sample_crops(noise(), Masks.from_arrays([disc(100, 110, 60)] * 2, predicted_iou=[0.1, 0.9]))
    assert placed(crops, 0) == placed(crops, 1)


def test_the_image_does_not_decide_where() -> None:
    mask = disc(100, 110, 60)
    flat = sample_crops(Micrograph(np.zeros(mask.shape)), Masks.from_arrays([mask]))
    assert placed(flat, 0) == placed(crops_of(mask), 0)


# --- what is refused


def test_masks_must_fit_the_image() -> None:
    with pytest.raises(InputError, match=r"masks of shape \(200, 200\) do not fit micrograph of \(200, 220\)"):
        sample_crops(noise(), Masks.empty((200, 200)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_crops": 0}, "n_crops=0"),
        ({"crop_px": 20}, "smallest_crop_px=24: give at most crop_px=20"),
        ({"smallest_crop_px": 0}, "smallest_crop_px=0"),
        ({"inside": 0.0}, "inside=0.0"),
        ({"inside": 1.01}, "inside=1.01"),
        ({"inside": float("nan")}, "inside=nan"),
        ({"placement": "spiral"}, "placement='spiral'"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_bad_rules(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        CropRules(**options)
    assert "\n" not in str(caught.value)


# --- as large as the lattice asks for


def stripes(period_px: float, shape_hw: tuple[int, int] = (200, 220)) -> Micrograph:
    """A square lattice of smooth dots."""
    rows, columns = np.ogrid[: shape_hw[0], : shape_hw[1]]
    waves = np.cos(2 * np.pi * rows / period_px) + np.cos(2 * np.pi * columns / period_px)
    return Micrograph((0.5 + 0.25 * waves).clip(0, 1).astype(np.float32))


def side_on(image: Micrograph, **options: Any) -> set[tuple[int, int]]:
    return sides(sample_crops(image, Masks.from_arrays([np.ones(image.shape_hw, bool)]), CropRules(**options)))


@pytest.mark.parametrize(
    ("period_px", "periods", "side"),
    [(20, 4, 80), (10, 2.5, 25), (20, 20, 128), (8, 1, 24)],  # the last two are clipped
)
def test_the_side_is_a_number_of_lattice_periods(period_px: float, periods: float, side: int) -> None:
    assert side_on(stripes(period_px), periods=periods) == {(side, side)}


def test_crop_px_may_be_larger_than_what_periods_give() -> None:
    assert side_on(stripes(20), periods=8, crop_px=150) == {(150, 150)}
    assert side_on(stripes(20), periods=5, crop_px=150) == {(100, 100)}


def test_without_a_lattice_the_side_is_crop_px() -> None:
    assert side_on(noise(), periods=4, crop_px=50) == {(50, 50)}
    assert side_on(stripes(20)) == {(60, 60)}


def test_crops_of_strips_are_told_from_those_of_most_of_the_area() -> None:
    wide, strip = box(0, 0, 100, 150), box(160, 0, 40, 150)  # 15 000 and 6000 px: 0.71 of the area is wide
    for image, options in ((noise(), {}), (stripes(20), {"periods": 3.0, "crop_px": 100})):
        crops = sample_crops(image, Masks.from_arrays([wide, strip]), CropRules(**options))
        np.testing.assert_array_equal(crops.is_large, crops.owners == 0)
        assert [len(crop) == 60 for crop in crops.pixels] == crops.is_large.tolist()


def test_where_wide_masks_hold_less_than_most_of_the_area_smaller_crops_are_large_too() -> None:
    masks = [box(0, 0, 100, 140), box(110, 0, 46, 140), box(160, 0, 30, 30)]  # 14 000, 6440, 900: 0.66 is wide
    crops = sample_crops(noise(), Masks.from_arrays(masks), CropRules())
    assert sorted({len(crop) for crop in crops.pixels}) == [24, 45, 60]
    np.testing.assert_array_equal(crops.is_large, crops.owners < 2)


def test_no_masks_have_no_crops_large_or_small() -> None:
    crops = sample_crops(noise(), Masks.from_arrays([box(0, 0, 100, 100)]).select([]), CropRules())
    assert crops.is_large.shape == (0,)
    assert crops.is_large.dtype == np.bool_


@pytest.mark.parametrize("periods", [0.0, -1.0, float("nan"), float("inf")])
def test_periods_are_positive(periods: float) -> None:
    with pytest.raises(InputError, match="periods="):
        CropRules(periods=periods)

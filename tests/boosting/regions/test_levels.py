"""Materials become the regions that were asked for, and have grains."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.boosting.regions.claiming import claimed, parted_by_grains
from samiam.boosting.regions.division.dividing import Division, divided, is_divided_otherwise
from samiam.boosting.regions.division.splitting import best_split
from samiam.boosting.regions.levels import Levels, _materials_of, _without_specks, levels_of, remark_on
from samiam.texture import Sameness, TextureField
from samiam.texture.confidence import EVIDENCE_OF_REGION, confidences
from tests.made_crystals import SIDE, across, crystal
from tests.made_fields import PX_A_POINT, field_of, in_pixels

HALVES = np.repeat([[0, 1]], 20, axis=1).repeat(40, axis=0)
QUARTERS = np.kron([[0, 1], [2, 3]], np.ones((20, 20), int))


def test_what_no_mask_covers_goes_to_the_material_that_it_looks_like() -> None:
    truth = in_pixels(HALVES + 1)
    labels = truth.copy()
    labels[40:80, 20:60] = 0  # within the first
    labels[100:, 70:90] = 0  # across the interface
    found = claimed(labels, field_of(HALVES))
    assert (found != truth).mean() < 0.01


def test_what_looks_like_no_material_stays_unsegmented() -> None:
    third = HALVES.copy()
    third[:4, 5:10] = 2
    labels = in_pixels(HALVES + 1)
    labels[in_pixels(third) == 2] = 0
    np.testing.assert_array_equal(claimed(labels, field_of(third)), labels)


def test_a_large_part_that_looks_like_no_material_is_one_of_its_own() -> None:
    third = HALVES.copy()
    third[:20, 5:15] = third[30:40, 5:10] = 2
    labels = in_pixels(HALVES + 1)
    labels[in_pixels(third) == 2] = 0
    found = claimed(labels, field_of(third))
    assert (found != in_pixels(third + 1)).mean() < 0.01  # both parts of it are one


def test_a_larger_gap_in_a_material_hides_no_foreign_part() -> None:
    third = HALVES.copy()
    third[30:34, 5:9] = 2
    labels = in_pixels(HALVES + 1)
    labels[in_pixels(third) == 2] = 0
    labels[:80, 100:140] = 0
    expected = np.where(in_pixels(third) == 2, 0, in_pixels(HALVES + 1))
    np.testing.assert_array_equal(claimed(labels, field_of(third)), expected)


def test_a_foreign_speck_is_claimed_all_the_same() -> None:
    third = HALVES.copy()
    third[10:12, 5:7] = 2
    labels = in_pixels(HALVES + 1)
    labels[in_pixels(third) == 2] = 0
    assert claimed(labels, field_of(third)).all()


def test_nothing_is_claimed_for_nothing() -> None:
    empty = np.zeros((160, 160), np.uint32)
    np.testing.assert_array_equal(claimed(empty, field_of(HALVES)), empty)


def test_a_pixel_goes_to_the_material_that_it_looks_like_whatever_mask_it_was_in() -> None:
    truth = in_pixels(HALVES + 1)
    labels = truth.copy()
    labels[:, 60:80] = 2  # a mask that reaches into the first material
    assert (claimed(labels, field_of(HALVES)) != truth).mean() < 0.01


def test_a_material_too_thin_for_a_point_of_the_field_keeps_its_pixels() -> None:
    labels = in_pixels(HALVES + 1)
    labels[0] = 3
    assert (claimed(labels, field_of(HALVES)) == 3).any()


def test_two_grains_are_parted_where_their_lattices_meet() -> None:
    labels = in_pixels(HALVES + 1)
    labels[:, 60:80] = 2
    one_material = np.zeros_like(HALVES)
    drawn = parted_by_grains(labels, field_of(one_material, HALVES))
    assert (drawn != in_pixels(HALVES + 1)).mean() < 0.01


def test_two_materials_are_not_parted_by_their_grains() -> None:
    labels = in_pixels(HALVES + 1)
    upper_and_lower = HALVES.T
    drawn = parted_by_grains(labels, field_of(HALVES, upper_and_lower))
    np.testing.assert_array_equal(drawn, labels)


def test_specks_are_dissolved_again_after_pixels_were_claimed() -> None:
    speck = HALVES.copy()
    speck[4:6, 4:6] = 1
    levels = levels_of(in_pixels(HALVES + 1), field_of(speck), smallest_region_px=256)
    assert len(np.unique(levels.labels[:, :70])) == 1
    kept = levels_of(in_pixels(HALVES + 1), field_of(speck), smallest_region_px=0)
    assert len(np.unique(kept.labels[:, :70])) == 2


@pytest.mark.parametrize("of_materials", [True, False])
def test_what_a_division_leaves_of_one_part_in_another_is_dissolved(*, of_materials: bool) -> None:
    speckled = HALVES.copy()
    speckled[8:10, 5:7] = 1
    field = field_of(speckled) if of_materials else field_of(np.zeros_like(HALVES), speckled)
    as_drawn = levels_of(np.ones(field.shape_hw, np.uint32), field, 2)
    tidy = levels_of(np.ones(field.shape_hw, np.uint32), field, 2, smallest_region_px=256)
    assert len(np.unique(as_drawn.labels[:, : field.shape_hw[1] // 2 - 8])) == 2
    for labels in (tidy.labels, tidy.grains):
        np.testing.assert_array_equal(labels == labels[0, 0], in_pixels(HALVES) == 0)
    assert len(tidy.material_of) == 2


def test_every_pixel_of_a_region_stays_in_a_grain_of_it() -> None:
    grains = HALVES.copy()
    grains[8:10, 5:7] = 1
    field = field_of(np.zeros_like(HALVES), grains)
    labels = np.ones(field.shape_hw, np.uint32)
    labels[60:100] = 0
    labels[80:82] = 1  # too thin to be solid, and far from what is
    found = _without_specks(np.where(labels > 0, 1 + in_pixels(grains), 0).astype(np.uint32), labels, 256)
    np.testing.assert_array_equal(found > 0, labels > 0)
    assert (found[:40, :60] == 1).all()


def test_a_part_of_specks_alone_stays() -> None:
    scattered = np.zeros_like(HALVES)
    scattered[4::8, 4::8] = 1
    field = field_of(scattered)
    found = levels_of(np.ones(field.shape_hw, np.uint32), field, 2, smallest_region_px=256)
    assert len(np.unique(found.labels)) == 2


def test_the_best_split_is_the_real_one() -> None:
    field, everywhere = field_of(QUARTERS[:20]), np.ones((20, 40), bool)
    split = best_split(field.materials, everywhere, field.boundaries, Sameness(10, -5), fewest=4)
    assert split is not None
    assert split.log_odds == pytest.approx(5, abs=0.5)  # orthogonal vectors
    assert split.raggedness == pytest.approx(2 * 20 / 20, rel=0.2)  # two points a row, over the side of a half
    left = split.is_first.reshape(20, 40)[:, :20]
    assert left.mean() in (0, 1)


def test_one_material_is_unlikely_to_be_split() -> None:
    everywhere = np.ones((30, 30), bool)
    field = field_of(np.zeros((30, 30), int))
    split = best_split(field.materials, everywhere, field.boundaries, Sameness(10, -5), fewest=4)
    assert split is None or (split.log_odds < -3 and split.raggedness > 10)


def test_raggedness_tells_noise_from_an_interface() -> None:
    ragged = Sameness(10, -9, by_raggedness=1)
    assert ragged.log_odds(0.9, 0) == 0
    assert ragged.log_odds(0.9, 20) > 2


def test_edges_along_the_line_tell_grains() -> None:
    field, everywhere = field_of(QUARTERS[:20]), np.ones((20, 40), bool)
    boundaries = np.full_like(field.boundaries, 0.01)
    boundaries[1, :, 19:21] = 0.5  # of grains, where the halves meet
    sameness = Sameness(10, -5, by_grain_edge=-1.0)
    with_edges = best_split(field.materials, everywhere, boundaries, sameness, fewest=4)
    assert with_edges is not None
    assert with_edges.edges == pytest.approx((0.0, np.log(0.503 / 0.013)), abs=0.01)
    even = best_split(field.materials, everywhere, np.full_like(boundaries, 0.01), sameness, fewest=4)
    assert even is not None
    assert even.edges == pytest.approx((0.0, 0.0), abs=1e-6)
    assert with_edges.log_odds - even.log_odds == pytest.approx(with_edges.edges[1])


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_too_few_points_make_no_split(n: int) -> None:
    inside = np.arange(16)[None] < n
    even = np.zeros((2, 1, 16), np.float32)
    assert best_split(np.eye(16, dtype=np.float32)[None], inside, even, Sameness(10, -5), fewest=4) is None


def test_twice_the_fewest_points_are_enough() -> None:
    vectors = np.eye(16, dtype=np.float32)[[[0] * 4 + [1] * 4]]
    even = np.zeros((2, 1, 8), np.float32)
    split = best_split(vectors, np.ones((1, 8), bool), even, Sameness(10, -5), fewest=4)
    assert split is not None
    assert sorted(np.bincount(split.is_first)) == [4, 4]


def test_regions_are_divided_until_there_are_as_many_as_asked_for() -> None:
    whole = np.ones((160, 160), np.uint32)
    for n in (1, 2, 3, 4):
        found = divided(whole, field_of(QUARTERS), n)
        assert int(found.labels.max()) == n
        assert found.material_of == list(range(1, n + 1))  # told apart by what tells materials apart
    for quarter in range(4):
        inside = found.labels[in_pixels(QUARTERS) == quarter]
        assert np.bincount(inside).max() > 0.97 * inside.size


def test_materials_are_told_apart_before_grains() -> None:
    grains = QUARTERS
    found = divided(np.ones((160, 160), np.uint32), field_of(QUARTERS // 2, grains), 2)
    upper = found.labels[:80]
    assert (upper == upper[0, 0]).mean() > 0.97
    assert (found.labels[80:] != upper[0, 0]).mean() > 0.97


def test_grains_are_found_within_materials_only() -> None:
    levels = levels_of(in_pixels(QUARTERS // 2 + 1), field_of(QUARTERS // 2, QUARTERS))
    assert int(levels.labels.max()) == 2
    assert int(levels.grains.max()) == 4
    assert levels.material_of == [1, 2]


def test_what_only_differs_in_material_is_no_grain() -> None:
    levels = levels_of(np.ones((160, 160), np.uint32), field_of(HALVES, np.zeros_like(HALVES)))
    assert levels.material_of == [1]
    assert (levels.grains == 1).all()


def test_a_crystal_of_one_grain_has_one() -> None:
    levels = levels_of(in_pixels(HALVES + 1), field_of(HALVES))
    np.testing.assert_array_equal(levels.grains, levels.labels)


def test_more_regions_than_materials_are_grains_of_the_same_material() -> None:
    levels = levels_of(in_pixels(QUARTERS // 2 + 1), field_of(QUARTERS // 2, QUARTERS), n_regions=3)
    assert sorted(levels.material_of) in ([1, 1, 2], [1, 2, 2])
    assert int(levels.labels.max()) == 3


def test_what_masks_did_not_tell_apart_is_a_material_of_its_own() -> None:
    halves = QUARTERS // 2
    levels = levels_of(np.ones((160, 160), np.uint32), field_of(halves, QUARTERS), n_regions=3)
    material_at = np.array([0, *levels.material_of])[levels.labels]
    assert sorted(levels.material_of) in ([1, 1, 2], [1, 2, 2])  # one half in two grains
    for half in (0, 1):
        assert np.bincount(material_at[in_pixels(halves) == half]).max() > 0.97 * 160 * 80


def test_materials_that_were_divided_are_numbered_by_area() -> None:
    labels = in_pixels(np.where(np.arange(40) < 30, 1, 2)[None].repeat(40, axis=0))
    parts = np.where(np.arange(40) < 30, np.arange(40)[:, None] < 10, 2)  # the larger one, by 1 : 2
    levels = levels_of(labels, field_of(parts.astype(int)), n_regions=3)
    areas = np.bincount(np.array([0, *levels.material_of])[levels.labels].ravel())[1:]
    assert levels.material_of == [1, 2, 3]
    assert list(areas) == sorted(areas, reverse=True)


def test_materials_are_renumbered_by_area_with_what_they_claim() -> None:
    labels = in_pixels(HALVES + 1)
    labels[:, 80:] = 2
    labels[:100, :80] = 0  # the first is the smaller one until the rest is claimed
    third = np.where(np.arange(40) < 26, 0, 1)[None].repeat(40, axis=0)
    levels = levels_of(labels, field_of(third))
    assert levels.renumbered[1] in (1, 2)
    areas = np.bincount(levels.labels.ravel())[1:]
    assert list(areas) == sorted(areas, reverse=True)


def test_one_material_in_grains_is_shown_by_its_grains() -> None:
    levels = levels_of(np.ones((160, 160), np.uint32), field_of(np.zeros_like(QUARTERS), QUARTERS))
    assert levels.material_of == [1] * 4
    np.testing.assert_array_equal(levels.labels, levels.grains)
    assert "its 4 grains are the regions" in str(remark_on(levels, None))


def test_grains_that_a_division_tells_apart_as_materials_are_of_several() -> None:
    levels = levels_of(np.ones((160, 160), np.uint32), field_of(HALVES, HALVES))
    assert levels.material_of == [1, 2]
    np.testing.assert_array_equal(levels.labels, levels.grains)
    assert remark_on(levels, None) is None


def test_only_the_same_regions_say_of_which_materials_grains_are() -> None:
    grains = in_pixels(HALVES + 1)
    assert _materials_of(grains, Division(grains, [1, 2])) == [1, 2]
    assert _materials_of(grains, Division(3 - grains, [1, 4])) == [4, 1]
    assert _materials_of(grains, Division(grains.T, [1, 2])) == [1, 1]
    assert _materials_of(grains, Division(np.ones_like(grains), [1])) == [1, 1]


def test_one_is_one_where_one_is_asked_for() -> None:
    levels = levels_of(np.ones((160, 160), np.uint32), field_of(np.zeros_like(QUARTERS), QUARTERS), 1)
    assert levels.labels.max() == 1
    assert levels.grains.max() == 4


def test_regions_are_as_sure_as_the_field_says() -> None:
    labels, rule = in_pixels(HALVES + 1), {**dict.fromkeys(EVIDENCE_OF_REGION, 0.0), "margin": 4.0}
    field = replace(field_of(HALVES), confidence=rule)
    levels = levels_of(labels, field)
    assert list(levels.confidences) == confidences(levels.labels, field, rule)
    assert len(levels.confidences) == 2
    assert levels_of(labels, field_of(HALVES)).confidences == ()


BEND = np.zeros((40, 40), int)
BEND[:, 24:30] = 1  # beside the boundary of two grains, in one of them


def bent_bicrystal(alike: float) -> TextureField:
    """Two grains of one crystal, and a stripe beside their boundary whose vectors of materials have this cosine."""
    field, is_bent = field_of(np.zeros_like(HALVES), HALVES), (BEND == 1)[..., None]
    other = np.eye(16)[0] * alike + np.eye(16)[1] * np.sqrt(1 - alike**2)
    return replace(field, materials=np.where(is_bent, other, field.materials).astype(np.float32))


@pytest.mark.parametrize("n_regions", [2, None])
def test_grains_that_differ_more_surely_than_two_materials_are_the_regions(n_regions: int | None) -> None:
    levels = levels_of(in_pixels(BEND + 1), bent_bicrystal(alike=0.4), n_regions)
    assert levels.material_of == [1, 1]
    assert set(levels.renumbered.values()) == {1}
    expected = in_pixels(HALVES + 1)
    assert max((levels.labels == expected).mean(), (levels.labels == 3 - expected).mean()) > 0.97
    assert remark_on(levels, None) == "one material covers the image; its 2 grains are the regions"


@pytest.mark.parametrize("n_regions", [2, None])
def test_two_materials_stay_that_differ_as_surely(n_regions: int | None) -> None:
    levels = levels_of(in_pixels(BEND + 1), bent_bicrystal(alike=0.1), n_regions)
    assert levels.material_of == [1, 2]
    np.testing.assert_array_equal(levels.labels, in_pixels(BEND + 1))


def test_what_covers_no_point_is_left_alone() -> None:
    thin = np.ones((160, 160), np.uint32)
    thin[:, :2] = 2
    assert not is_divided_otherwise(thin, field_of(np.zeros_like(HALVES), HALVES))


def test_named_materials_are_not_divided() -> None:
    levels = levels_of(in_pixels(QUARTERS // 2 + 1), field_of(QUARTERS // 2, QUARTERS), 4, parts=False)
    assert levels.material_of == [1, 2]


def test_a_shortfall_is_said_in_words() -> None:
    def said(n_regions: int | None, material_of: list[int]) -> str | None:
        empty = np.zeros((2, 2), np.uint32)
        return remark_on(Levels(empty, empty, material_of, {}), n_regions)

    assert said(None, [1]) is None
    assert said(2, [1, 2]) is None
    assert "5 regions were asked for, 2 found" in str(said(5, [1, 2]))


def two_lattices() -> NDArray[np.float32]:
    """A square lattice on the left, a hexagonal one on the right, as bright."""
    y, x = np.mgrid[:160, :160]
    hexagonal = sum(np.cos(2 * np.pi * (x * np.cos(a) + y * np.sin(a)) / 9) for a in np.deg2rad([10, 70, 130]))
    return np.where(x < 80, square_lattice(), hexagonal + noise()).astype(np.float32)


def square_lattice() -> NDArray[np.float32]:
    y, x = np.mgrid[:160, :160]
    waves = ((1, 0), (0, 1), (1, 1), (1, -1))
    return (sum(np.cos(2 * np.pi * (h * x + k * y) / 8) for h, k in waves) + noise()).astype(np.float32)


def noise() -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(0, 0.2, (160, 160))


@pytest.mark.parametrize("n_regions", [None, 2])
def test_grains_with_lattices_of_their_own_are_materials_that_look_alike(n_regions: int | None) -> None:
    field, whole = field_of(np.zeros_like(HALVES), HALVES), np.ones((160, 160), np.uint32)
    told = levels_of(whole, field, n_regions, pixels=two_lattices())
    assert told.material_of == [1, 2]
    assert told.lookalikes == [(1, 2)]
    assert "only their lattices tell materials 1 and 2 apart" in str(remark_on(told, n_regions))
    one = levels_of(whole, field, n_regions, pixels=square_lattice())
    assert one.material_of == [1, 1]
    assert not one.lookalikes


@pytest.mark.parametrize("is_buried", [False, True])
def test_what_only_a_step_tells_is_said(is_buried: bool) -> None:
    _, v = across()
    film = np.abs(v) < 56 if is_buried else v > 0
    points = np.zeros((SIDE // PX_A_POINT,) * 2, np.int64)
    whole, pixels = np.ones((SIDE, SIDE), np.uint32), crystal(0.08 * film)
    told = levels_of(whole, field_of(points), pixels=pixels)
    assert told.faint == [(1, 2)]
    assert np.array_equal(told.grains, told.labels)
    assert "only a faint step along planes of the lattice tells materials 1 and 2 apart" in str(remark_on(told, None))
    assert np.mean((told.labels == np.median(told.labels[film])) == film) > 0.97
    sliver = points.copy()  # what a network sees beside a step
    sliver[len(points) // 2 + 1 : len(points) // 2 + 5] = 1
    in_grains = levels_of(whole, field_of(points, sliver), pixels=pixels)
    assert in_grains.faint == [(1, 2)]
    assert np.array_equal(in_grains.grains, in_grains.labels)
    assert not levels_of(whole, field_of(points), pixels=crystal(0 * v)).faint


def test_a_layer_within_a_crystal_is_cut_along_both_of_its_interfaces() -> None:
    _, v = across()
    pixels = crystal(0.05 * (np.abs(v - 20) < 80))
    flat = field_of(np.zeros([SIDE // PX_A_POINT] * 2, np.int64))
    found = divided(np.ones((SIDE, SIDE), np.uint32), flat, 2, pixels=pixels).labels
    layer = np.abs(v - 20) < 80
    assert np.mean((found == found[SIDE // 2 + 20, 0]) == layer) > 0.97


def test_a_number_that_is_asked_for_is_reached_along_a_step_where_nothing_else_tells_as_much() -> None:
    _, v = across()
    film, whole = v > 0, np.ones((SIDE, SIDE), np.uint32)
    field, pixels = field_of(np.zeros((SIDE // PX_A_POINT,) * 2, np.int64)), crystal(0.08 * film)
    told = divided(whole, field, 2, pixels=pixels)
    assert told.material_of == [1, 2]
    assert told.faint == [(1, 2)]
    assert np.mean((told.labels == np.median(told.labels[film])) == film) > 0.97
    levels = levels_of(whole, field, 2, pixels=pixels)
    assert levels.faint == [(1, 2)]
    assert np.array_equal(levels.grains, levels.labels)
    assert not divided(whole, field, 2).faint


def test_steps_part_no_grains() -> None:
    _, v = across()
    sides = np.repeat([[0, 1]], SIDE // PX_A_POINT // 2, axis=1).repeat(SIDE // PX_A_POINT, axis=0)
    field, whole = field_of(np.zeros_like(sides), sides), np.ones((SIDE, SIDE), np.uint32)
    found = levels_of(whole, field, 2, pixels=crystal(0.1 * (v > 0)), into_grains=True)
    assert (found.labels == in_pixels(sides) + 1).mean() in (pytest.approx(0, abs=0.01), pytest.approx(1, abs=0.01))
    assert not found.faint


def test_what_is_no_step_parts_nothing() -> None:
    field = field_of(np.zeros((SIDE // PX_A_POINT,) * 2, np.int64), noise=0.0)
    assert (
        len(levels_of(np.ones((SIDE, SIDE), np.uint32), field, 2, pixels=crystal(np.zeros((SIDE, SIDE)))).material_of)
        == 1
    )


def test_layers_of_a_crystal_that_are_parted_one_after_the_other_are_told_from_those_beside_them() -> None:
    _, v = across()
    layer, field = 1 * (v > -60) + (v > 40), field_of(np.zeros((SIDE // PX_A_POINT,) * 2, np.int64))
    found = divided(np.ones((SIDE, SIDE), np.uint32), field, 3, pixels=crystal(0.1 * layer))
    numbers = [int(np.median(found.labels[layer == number])) for number in range(3)]
    assert sorted(numbers) == [1, 2, 3]
    assert set(found.faint) == {tuple(sorted(pair)) for pair in pairwise(numbers)}


@pytest.mark.parametrize("wanted", [None, 3])
def test_layers_are_materials_by_falling_area_too(wanted: int | None) -> None:
    """A crystal in two layers above a larger thing than either."""
    v = np.arange(640)[:, None] + np.zeros((1, SIDE))
    points = (np.arange(160)[:, None] >= 88) + np.zeros((1, SIDE // PX_A_POINT), np.int64)
    noise = 0.5 + 0.1 * np.random.default_rng(0).normal(size=v.shape)
    pixels = np.where(v < 352, crystal(0.1 * (v > 160)), noise).astype(np.float32)
    found = levels_of(in_pixels(points + 1), field_of(points), pixels=pixels, wanted=wanted)
    assert found.material_of == [1, 2, 3]
    assert (np.diff(np.bincount(found.labels.ravel())[1:]) < 0).all()
    assert found.renumbered == {1: 2, 2: 1}
    assert found.faint == [(2, 3)]


def test_a_number_below_the_estimate_joins_the_layer_without_a_lattice_rather_than_a_film() -> None:
    v = np.arange(640)[:, None] + np.zeros((1, SIDE))
    rows = np.arange(160)[:, None] + np.zeros((1, SIDE // PX_A_POINT))
    points = np.digitize(rows, [88, 124])
    noise = 0.5 + 0.1 * np.random.default_rng(0).normal(size=v.shape)
    pixels = np.where(v < 352, crystal(0.1 * (v > 160)), noise).astype(np.float32)
    found = levels_of(in_pixels(points + 1), field_of(points), pixels=pixels, wanted=3)
    assert found.material_of == [1, 2, 3]
    assert found.faint == [(2, 3)]
    assert len(np.unique(found.labels[v > 360])) == 1
    assert found.renumbered == {1: 2, 2: 1, 3: 1}


@pytest.mark.parametrize(("wanted", "n_crystals", "n_others"), [(None, 2, 2), (3, 2, 1)])
def test_a_crystal_that_only_its_lattice_tells_counts_before_two_parts_without_one(
    wanted: int | None, n_crystals: int, n_others: int
) -> None:
    points = np.where(np.arange(40)[:, None] < 28, 0, 1 + HALVES)
    kinds = np.where(points == 0, HALVES, 1 + points)
    directions = np.array([[1, 0, 0, 0], [0.6, 0.8, 0, 0], [0, 0, 1, 0], [0, 0, 0.4, 0.92]]) @ np.eye(4, 16)
    vectors = directions[kinds] + np.random.default_rng(0).normal(0, 0.01, (40, 40, 16))
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    field = replace(field_of(points, kinds), materials=vectors.astype(np.float32))
    amorphous = 4 * noise() + np.where(np.arange(160) < 80, 0, 1)
    pixels = np.where(np.arange(160)[:, None] < 112, two_lattices(), amorphous).astype(np.float32)
    found = levels_of(in_pixels(points + 1), field, pixels=pixels, wanted=wanted)
    crystals, others = set(found.labels[:112].flat), set(found.labels[112:].flat)
    assert (len(crystals), len(others)) == (n_crystals, n_others)
    assert not crystals & others
    assert set(found.renumbered) == {1, 2, 3}
    assert {number for pair in found.lookalikes for number in pair} == crystals


def test_a_number_between_materials_and_their_lattices_is_met() -> None:
    """Two materials, each of crystals of two lattices."""
    points = np.repeat([0, 1], 20)[:, None].repeat(40, axis=1)
    pixels = (two_lattices() + np.where(np.arange(160) < 80, 0, 8)[:, None]).astype(np.float32)
    field, labels = field_of(points, 2 * points + HALVES), in_pixels(points + 1)
    assert len(levels_of(labels, field, pixels=pixels).material_of) == 4
    for wanted in (2, 3, 4):
        found = levels_of(labels, field, pixels=pixels, wanted=wanted)
        assert found.material_of == list(range(1, wanted + 1))


def test_what_is_unlike_all_masks_is_a_material_where_a_number_is_met_too() -> None:
    points = np.repeat([0, 1, 2], [14, 14, 12])[:, None].repeat(40, axis=1)
    labels = in_pixels(np.where(points == 2, 0, points + 1))
    for wanted in (None, 3):
        found = levels_of(labels, field_of(points), wanted=wanted)
        assert len(found.material_of) == 3
        assert found.labels.all()


def test_a_speck_unlike_all_masks_goes_to_one_where_nothing_may_be_left() -> None:
    points = np.zeros((40, 40), np.int64)
    points[10:14, 10:14] = 1
    labels = in_pixels(np.where(points == 1, 0, 1))
    assert not levels_of(labels, field_of(points)).labels.all()
    assert levels_of(labels, field_of(points), wanted=1).labels.all()


def test_grains_of_materials_that_look_alike_lie_within_these_with_all_their_specks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grains = in_pixels(HALVES + 1)
    grains[20:22, 20:22] = 2
    grains[90:92, 40:42] = 3  # nothing but a speck, for whose sake no speck is dissolved
    monkeypatch.setattr(
        "samiam.boosting.regions.levels.divided_into_whole", lambda *_, **__: Division(grains, [1, 1, 1])
    )
    field, whole = field_of(np.zeros_like(HALVES), HALVES), np.ones((160, 160), np.uint32)
    told = levels_of(whole, field, pixels=two_lattices(), smallest_region_px=256)
    assert len(told.material_of) == 2
    pairs = np.unique(np.stack([told.grains, told.labels]).reshape(2, -1), axis=1)
    assert pairs[0].tolist() == [1, 2, 3]

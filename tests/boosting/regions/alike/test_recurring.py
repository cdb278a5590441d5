"""What lies on both sides of a layer and looks the same is one material."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from samiam.boosting.regions.alike.recurring import recurring, recurring_grains
from samiam.boosting.regions.levels import levels_of
from tests.made_fields import field_of, in_pixels

SIDE = 256
LAYERS = np.repeat([1, 2, 3], [96, 64, 96])[:, None].repeat(SIDE, axis=1).astype(np.uint32)


def lattice(period_px: float, turn_deg: float = 0.0, seed: int = 0) -> NDArray[np.float64]:
    y, x = np.mgrid[:SIDE, :SIDE]
    turn = np.deg2rad(turn_deg)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    waves = np.cos(2 * np.pi * along / period_px) + np.cos(2 * np.pi * across / period_px)
    return np.asarray(0.1 * waves + 0.05 * np.random.default_rng(seed).normal(size=(SIDE, SIDE)))


def stack(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float32]:
    """Two textures with a bright film between them."""
    return np.choose(LAYERS - 1, [0.4 + top, 0.8 + 0.05 * lattice(5), 0.4 + bottom]).astype(np.float32)


@pytest.mark.parametrize("period_px", [5.0, 9.0, 21.0])
def test_a_crystal_on_both_sides_of_a_layer_is_one(period_px: float) -> None:
    assert recurring(LAYERS, stack(lattice(period_px), lattice(period_px, seed=1))) == {3: 1}


@pytest.mark.parametrize("seed", range(4))
def test_noise_on_both_sides_of_a_needle_is_one_though_it_meets_at_its_tip(seed: int) -> None:
    parts = LAYERS.copy()
    parts[:, 248:] = np.repeat([1, 3], SIDE // 2)[:, None]
    pixels = stack(0.3 * lattice(1e9, seed=2 * seed), 0.3 * lattice(1e9, seed=2 * seed + 1))
    assert recurring(parts, np.where(parts == 2, pixels, np.where(LAYERS == 2, pixels[:1], pixels))) == {3: 1}


@pytest.mark.parametrize(
    "bottom",
    [lattice(11.0), lattice(9.0, 20), lattice(9.0) + 0.1, 0.3 * lattice(1e9)],
    ids=["period", "orientation of two waves alone", "brightness", "noise"],
)
def test_what_differs_is_another(bottom: NDArray[np.float64]) -> None:
    assert recurring(LAYERS, stack(lattice(9.0), bottom)) == {}


def under_uneven_light(bottom_deg: float) -> NDArray[np.float32]:
    """Crystals on both sides of a film under light that is brighter to the right, and below."""
    top, bottom = (
        lattice(9.0, turn, seed) + 0.5 * lattice(9.0 / 2**0.5, turn + 45, seed + 2)
        for seed, turn in enumerate((10, bottom_deg))
    )
    across = np.linspace(-1, 1, SIDE)
    return ((1 + 0.1 * (across + 0.8 * np.sign(across[:, None]))) * stack(top, bottom)).astype(np.float32)


def test_a_crystal_on_both_sides_of_a_layer_is_one_where_light_is_uneven() -> None:
    pixels = under_uneven_light(10)
    brighter = pixels[LAYERS == 3].mean() - pixels[LAYERS == 1].mean()
    assert brighter / pixels.std() > 0.25  # too much for other textures
    assert recurring(LAYERS, pixels) == {3: 1}


def test_under_such_light_one_that_is_turned_is_another() -> None:
    assert recurring(LAYERS, under_uneven_light(14)) == {}


@pytest.mark.parametrize("beyond_px", [1, 2, 5])
def test_no_window_goes_over_the_edge_of_the_image(beyond_px: int) -> None:
    side = 4 * 128 - beyond_px  # windows of 128 px would begin at every 32
    parts = np.repeat([1, 2, 3], [200, 60, side - 260])[:, None].repeat(side, axis=1).astype(np.uint32)
    pixels = np.random.default_rng(0).normal(0.5, 0.1, parts.shape).astype(np.float32)
    assert recurring(parts, np.where(parts == 2, 1, pixels)) == {3: 1}


def test_what_meets_is_not_made_one_by_a_third() -> None:
    parts = np.repeat([1, 2, 3, 4], SIDE // 4)[:, None].repeat(SIDE, axis=1).astype(np.uint32)
    pixels = (0.5 + lattice(9.0)).astype(np.float32)
    assert recurring(parts, pixels) == {3: 1, 4: 2}
    assert recurring(parts, pixels, [(1, 3)]) == {4: 1}
    assert recurring(parts, pixels, [(3, 1), (4, 1), (2, 4)]) == {}


HALVES = np.repeat([1, 2], SIDE // 2)[:, None].repeat(SIDE, axis=1).astype(np.uint32)


def test_what_lies_side_by_side_without_a_lattice_is_left_to_the_network() -> None:
    assert recurring(HALVES, lattice(1e9).astype(np.float32)) == {}


def columns(period_px: float, turn_deg: float = 0.0) -> NDArray[np.float64]:
    """A square lattice of columns that are brighter than round."""
    return lattice(period_px, turn_deg) + lattice(period_px / 2**0.5, turn_deg + 45)


@pytest.mark.parametrize(
    ("lower", "same"),
    [
        (columns(9.0, 20), {2: 1}),
        (0.4 * columns(9.0), {2: 1}),
        (columns(9.4), {}),
        (columns(9.0) + 0.05, {}),
    ],
    ids=["turned", "out of focus", "another lattice", "another brightness"],
)
def test_crystals_side_by_side_of_one_lattice_and_brightness_are_one(
    lower: NDArray[np.float64], same: dict[int, int]
) -> None:
    pixels = np.where(HALVES == 1, columns(9.0), lower).astype(np.float32)
    assert recurring(HALVES, pixels) == same
    assert recurring(HALVES, pixels, [(1, 2)]) == {}


def test_crystals_of_one_lattice_and_brightness_are_one_on_both_sides_of_a_layer_too() -> None:
    assert recurring(LAYERS, stack(columns(9.0), 0.5 * columns(9.0, 20))) == {3: 1}
    assert recurring(LAYERS, stack(columns(9.0), 0.5 * columns(9.4, 20))) == {}


@pytest.mark.parametrize(
    ("bottom", "same"),
    [
        (columns(9.0), {3: 1}),
        (columns(9.0, 5), {}),
        (columns(9.4), {}),
        (0.3 * columns(9.0), {}),
    ],
    ids=["alike", "turned", "another lattice", "fainter"],
)
def test_a_grain_on_both_sides_of_a_layer_is_one(bottom: NDArray[np.float64], same: dict[int, int]) -> None:
    pixels = stack(columns(9.0), bottom)
    assert recurring_grains(LAYERS, [1, 1, 1], pixels) == same
    assert recurring_grains(LAYERS, [1, 1, 2], pixels) == {}


def test_an_image_has_it_as_one_grain() -> None:
    points = np.repeat([0, 1, 2], [24, 16, 24])[:, None].repeat(64, axis=1)
    found = levels_of(in_pixels(0 * points + 1), field_of(0 * points, points), pixels=stack(columns(9.0), columns(9.0)))
    assert found.grains.max() == 2
    assert found.grains[0, 0] == found.grains[-1, 0] != found.grains[SIDE // 2, 0]


def test_parts_of_a_grain_that_meet_are_left_as_they_are() -> None:
    parts = np.repeat([1, 2, 3], [96, 96, 64])[:, None].repeat(SIDE, axis=1).astype(np.uint32)
    pixels = np.where(parts < 3, columns(9.0), columns(9.0, 20)).astype(np.float32)
    assert recurring_grains(parts, [1, 1, 1], pixels) == {}


QUARTERS = np.kron([[1, 2], [3, 4]], np.ones((SIDE // 2, SIDE // 2))).astype(np.uint32)


def rough(grain_px: float, seed: int = 0) -> NDArray[np.float64]:
    """An amorphous film of grains."""
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(SIDE, SIDE)), (0, 0), grain_px)
    return np.asarray(0.1 * noise / noise.std())


@pytest.mark.parametrize(
    ("textures", "same"),
    [
        ([columns(9.0), columns(13.0), rough(3), 0.3 + 0.4 * rough(3, 1)], {4: 3}),
        ([columns(9.0), columns(13.0), rough(3), 0.3 + 0.4 * rough(1, 1)], {}),
        ([columns(9.0), rough(8, 2), rough(3), 0.3 + 0.4 * rough(3, 1)], {}),
        ([columns(9.0), columns(13.0), columns(6.0), 0.3 + 0.4 * rough(3)], {}),
    ],
    ids=["cap", "cap on a film", "one crystal", "no cap"],
)
def test_the_bright_and_the_dark_part_of_a_cap_are_one_beside_two_crystals(
    textures: list[NDArray[np.float64]], same: dict[int, int]
) -> None:
    pixels = np.choose(QUARTERS - 1, textures).astype(np.float32)
    assert recurring(QUARTERS, pixels) == same
    assert recurring(QUARTERS, pixels, [(4, 3)]) == {}


def test_a_sliver_beside_a_crystal_tells_no_lattice() -> None:
    parts = np.repeat([1, 2], [SIDE - 6, 6])[:, None].repeat(SIDE, axis=1).astype(np.uint32)
    assert recurring(parts, columns(9.0).astype(np.float32)) == {}


def test_what_is_too_small_to_tell_is_left_to_the_network() -> None:
    parts = np.where(LAYERS == 3, 2, LAYERS)
    parts[230:250, 20:60] = 3
    assert recurring(parts.astype(np.uint32), stack(lattice(9.0), lattice(9.0))) == {}


@pytest.mark.parametrize(("n_regions", "material_of"), [(None, [1, 2]), (3, [1, 2, 3])])
def test_they_are_one_material_where_no_number_is_given(n_regions: int | None, material_of: list[int]) -> None:
    at_points = LAYERS[::4, ::4].astype(int) - 1
    labels, pixels = in_pixels(at_points + 1), stack(lattice(9.0), lattice(9.0, seed=1))
    found = levels_of(labels, field_of(at_points), n_regions, pixels=pixels)
    assert found.material_of == material_of
    if n_regions is None:
        assert (found.labels == np.where(LAYERS == 2, 2, 1)).mean() > 0.98
        assert found.renumbered == {1: 1, 2: 2, 3: 1}

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from simulate.procedural.layout import assemble, blobs, layers, split_by_line, split_into_grains

Labels = NDArray[np.uint32]
quick = settings(max_examples=25, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


def stacked(seed: int, shape_hw: tuple[int, int], fractions: list[float], **options: Any) -> Labels:
    smooth = {"tilt_deg": 0.0, "roughness_px": 0.0, "roughness_length_px": 10.0, "gap_px": [0.0] * (len(fractions) - 1)}
    return layers(np.random.default_rng(seed), shape_hw, fractions, **{**smooth, **options})


def rows_of(labels: Labels) -> list[int]:
    """The label of each row, which must be the same all along the row."""
    np.testing.assert_array_equal(labels, np.broadcast_to(labels[:, :1], labels.shape))
    return [int(label) for label in labels[:, 0]]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(8, 40))
@quick
def test_smooth_layers_have_exactly_their_rows(rows: list[int], width: int) -> None:
    height = sum(rows)
    labels = stacked(0, (height, width), [count / height for count in rows])
    assert labels.dtype == np.uint32
    expected = [label for label, count in enumerate(rows, start=1) for _ in range(count)]
    # A sum of fractions may miss a row's edge by a rounding error, which moves no pixel's centre across.
    assert rows_of(labels) == expected


@pytest.mark.parametrize(("tilt_deg", "turns"), [(90.0, 1), (180.0, 2), (-90.0, 3)])
def test_turned_stacks_are_turned_images(tilt_deg: float, turns: int) -> None:
    upright, turned = (stacked(0, (40, 40), [0.2, 0.3, 0.5], tilt_deg=tilt) for tilt in (0.0, tilt_deg))
    np.testing.assert_array_equal(turned, np.rot90(upright, turns))


def test_a_tilted_stack_grows_along_its_direction() -> None:
    labels = stacked(0, (120, 200), [0.3, 0.3, 0.4], tilt_deg=30.0)
    y, x = np.mgrid[:120, :200] + 0.5
    along = np.cos(np.pi / 6) * (y - 60) + np.sin(np.pi / 6) * (x - 100)
    extent = np.cos(np.pi / 6) * 120 + np.sin(np.pi / 6) * 200
    np.testing.assert_array_equal(labels, 1 + (along > -0.2 * extent) + (along > 0.1 * extent))


def test_gaps_are_dark_and_as_wide_as_asked() -> None:
    rows = rows_of(stacked(0, (100, 30), [0.25, 0.25, 0.5], gap_px=[6.0, 12.0]))
    # The interfaces lie at 25 and 50; half of each gap is taken from either side.
    assert rows == [1] * 22 + [0] * 6 + [2] * 16 + [0] * 12 + [3] * 44
    np.testing.assert_array_equal(stacked(0, (100, 30), [0.25, 0.75], gap_px=[0.0]) == 0, False)


@given(seeds, st.floats(3, 12), st.floats(-180, 180))
@quick
def test_gaps_of_any_direction_have_their_width(seed: int, gap_px: float, tilt_deg: float) -> None:
    labels = stacked(seed, (200, 200), [0.5, 0.5], gap_px=[gap_px], tilt_deg=tilt_deg)
    chord = 200 / max(abs(np.cos(np.deg2rad(tilt_deg))), abs(np.sin(np.deg2rad(tilt_deg))))
    assert (labels == 0).sum() / chord == pytest.approx(gap_px, abs=1.1)


@pytest.mark.parametrize(("width", "length_px"), [(1000, 5.0), (1000, 20.0), (64, 40.0), (128, 40.0)])
def test_interfaces_are_as_rough_as_asked_about_their_own_height(width: int, length_px: float) -> None:
    heights = []
    for seed in range(8):
        labels = stacked(seed, (80, width), [0.5, 0.5], roughness_px=4.0, roughness_length_px=length_px)
        heights.append((labels == 1).sum(axis=0))
    assert np.mean(heights) == pytest.approx(40, abs=0.5)
    assert np.sqrt(np.mean(np.var(heights, axis=1))) == pytest.approx(4, rel=0.1)


def test_long_waves_are_smoother_than_short_ones() -> None:
    def slope(length_px: float) -> float:
        labels = stacked(3, (80, 800), [0.5, 0.5], roughness_px=4.0, roughness_length_px=length_px)
        return float(np.abs(np.diff((labels == 1).sum(axis=0))).mean())

    assert slope(4.0) > 2 * slope(12.0) > 4 * slope(40.0) > 0


def test_islands() -> None:
    rng = np.random.default_rng(0)
    assert not blobs(rng, (30, 50), 0, (4, 8)).any()
    for radius in (6.0, 12.0):
        island = blobs(rng, (300, 200), 1, (radius, radius))
        assert ndimage.label(island)[1] == 1
        # Lobes of up to 3 · 0.15 of the radius; the mean square of each adds at most 0.15² / 2.
        assert 0.9 * np.pi * radius**2 < island.sum() < 1.1 * np.pi * radius**2
    assert blobs(rng, (300, 200), 5, (6, 6)).sum() > 1.5 * np.pi * 36


@given(seeds, st.integers(1, 8))
@quick
def test_grains_divide_a_region(seed: int, n: int) -> None:
    region = np.zeros((40, 50), bool)
    region[5:35, 3:40] = True
    grains = split_into_grains(np.random.default_rng(seed), region, n)
    np.testing.assert_array_equal(grains > 0, region)
    assert np.unique(grains[region]).tolist() == list(range(1, n + 1))
    # Voronoi cells in a convex region are in one piece, up to corners a pixel thin.
    assert all(ndimage.label(grains == grain, np.ones((3, 3)))[1] == 1 for grain in range(1, n + 1))


def test_no_more_grains_than_pixels() -> None:
    region = np.zeros((6, 6), bool)
    region[2, 2:4] = True
    grains = split_into_grains(np.random.default_rng(0), region, 5)
    assert sorted(grains[region]) == [1, 2]


@given(seeds, st.booleans(), st.sampled_from([0.0, 2.0]))
@quick
def test_a_line_splits_a_region_in_two_across_its_length(seed: int, upright: bool, roughness_px: float) -> None:
    region = np.zeros((90, 240), bool)
    region[20:60, 20:220] = True
    region = region.T if upright else region
    side = split_by_line(np.random.default_rng(seed), region, roughness_px)
    other = region & ~side
    assert not (side & ~region).any()
    assert min(side.sum(), other.sum()) > 0.2 * region.sum()
    # Straight, or rough by 2 px over some 20 px, the line leaves two pieces; specks at a steep place aside.
    for piece in (side, other):
        assert np.bincount(ndimage.label(piece)[0].ravel())[1:].max() > 0.99 * piece.sum()
    centres = np.array([np.argwhere(piece).mean(axis=0) for piece in (side, other)])
    along, across = np.abs(centres[0] - centres[1])[[0, 1] if upright else [1, 0]]
    assert along == pytest.approx(100, abs=5)  # half the length, wherever the line lies
    assert across < 15


def test_assembling_by_hand() -> None:
    # Material 1 has an antiphase boundary, 2 two grains (number 7 of the map lies elsewhere), 3 is whole.
    materials = np.array([[1, 1, 1, 1], [2, 2, 2, 2], [0, 3, 3, 0]], np.uint32)
    side = np.array([[0, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]], bool)
    grain_map = np.array([[7, 7, 7, 7], [4, 2, 2, 2], [0, 0, 0, 0]], np.uint32)
    layout = assemble(materials, {2: grain_map}, {1: side})
    np.testing.assert_array_equal(layout.grains, [[1, 1, 2, 2], [4, 3, 3, 3], [0, 5, 5, 0]])
    np.testing.assert_array_equal(layout.materials, materials)
    assert layout.material_of_grain == (1, 1, 2, 2, 3)
    assert layout.antiphase == {2: 1}
    assert layout.grains.dtype == np.uint32


@pytest.mark.parametrize("whole", [False, True])
def test_empty_pieces_are_no_grains(whole: bool) -> None:
    # One side of the line is empty: no antiphase boundary. Material 2 has no pixel: no grain.
    materials = np.array([[1, 1, 3, 3]], np.uint32)
    layout = assemble(materials, {2: materials}, {1: np.full((1, 4), whole), 3: materials == 3})
    np.testing.assert_array_equal(layout.grains, [[1, 1, 2, 2]])
    assert layout.material_of_grain == (1, 3)
    assert layout.antiphase == {}


def test_antiphase_halves_are_numbered_after_what_stands_before() -> None:
    materials = np.array([[1, 2, 2, 3, 3]], np.uint32)
    side = np.array([[0, 1, 0, 0, 1]], bool)
    assert assemble(materials, {}, {2: side, 3: side}).antiphase == {3: 2, 5: 4}

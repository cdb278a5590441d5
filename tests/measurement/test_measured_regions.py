from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_layers import places, segmented
from skimage.measure import label, regionprops_table

from samiam.measurement import measure
from samiam.records import Micrograph


def ellipse(sides: tuple[float, float]) -> pd.Series:
    """An ellipse with diameters of 6 and 3 nm, turned by 30° counter-clockwise."""
    shape = round(8 / sides[1]), round(8 / sides[0])
    x, y = places(shape, sides)
    angle = np.deg2rad(30)
    along, across = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    labels = (np.hypot(along / 3, across / 1.5) < 1).astype(int)
    micrograph = Micrograph(0.5 * labels, sides[0], pixel_aspect=sides[1] / sides[0])
    return measure(segmented(labels, micrograph)).regions.iloc[0]


@pytest.mark.parametrize("sides", [(0.05, 0.05), (0.05, 0.1), (0.1, 0.05)])
def test_an_ellipse_by_hand(sides: tuple[float, float]) -> None:
    row = ellipse(sides)
    assert row["area_nm2"] == pytest.approx(np.pi * 6 * 3 / 4, rel=0.01)
    assert row["equivalent_diameter_area_nm"] == pytest.approx(np.sqrt(18), rel=0.01)
    assert (row["axis_major_length_nm"], row["axis_minor_length_nm"]) == pytest.approx((6, 3), rel=0.01)
    assert (row["feret_diameter_max_nm"], row["feret_diameter_min_nm"]) == pytest.approx((6, 3), rel=0.02)
    assert row["aspect_ratio"] == pytest.approx(0.5, rel=0.02)
    assert row["perimeter_nm"] == pytest.approx(14.5327, rel=0.01)  # by Ramanujan's formula
    assert row["solidity"] == pytest.approx(1, abs=0.01)
    assert row["orientation_deg"] == pytest.approx(30, abs=1)
    assert (row["intensity_mean"], row["intensity_std"]) == (0.5, 0.0)
    assert not row["touches_edge"]


def test_what_scikit_image_says_of_square_pixels() -> None:
    rng = np.random.default_rng(0)
    labels = np.kron(rng.integers(0, 3, (6, 7)), np.ones((9, 11), int))
    pixels = rng.random(labels.shape).astype(np.float32)
    found = measure(segmented(labels, Micrograph(pixels))).regions
    assert len(found) == found["region"].iloc[-1] > 2
    for name in (1, 2):
        own = found[found["label"] == name]
        assert own["area_px"].sum() == np.count_nonzero(labels == name)
    names = ("area", "centroid", "axis_major_length", "axis_minor_length", "intensity_mean", "intensity_std")
    row = measure(segmented((labels == 1).astype(int), Micrograph(pixels))).regions.nlargest(1, "area_px").iloc[0]
    parts = label(labels == 1, connectivity=2)
    expected = pd.DataFrame(regionprops_table(parts, pixels, properties=names)).nlargest(1, "area").iloc[0]
    for ours, theirs in (
        ("area_px", "area"),
        ("centroid_x_px", "centroid-1"),
        ("centroid_y_px", "centroid-0"),
        ("axis_major_length_px", "axis_major_length"),
        ("axis_minor_length_px", "axis_minor_length"),
        ("intensity_mean", "intensity_mean"),
        ("intensity_std", "intensity_std"),
    ):
        assert row[ours] == pytest.approx(expected[theirs], rel=1e-5), ours


def test_specks_have_no_shape_and_the_edge_is_told() -> None:
    labels = np.zeros((40, 60), int)
    labels[10:13, 10:13] = 1
    labels[20:, 30:50] = 1
    found = measure(segmented(labels, Micrograph(np.full(labels.shape, 0.5)))).regions
    assert found["area_px"].tolist() == [9, 400]
    assert found["touches_edge"].tolist() == [False, True]
    assert np.isnan(found["perimeter_px"].iloc[0])
    assert found["perimeter_px"].iloc[1] == pytest.approx(80, rel=0.05)  # corners are rounded


def test_a_large_region_is_as_long_around_as_a_small_one() -> None:
    x, y = places((1300, 1300), (1, 1))
    row = measure(segmented((np.hypot(x, y) < 600).astype(int), Micrograph(np.zeros((1300, 1300))))).regions.iloc[0]
    assert row["perimeter_px"] == pytest.approx(2 * np.pi * 600, rel=0.005)
    assert row["feret_diameter_max_px"] == pytest.approx(1200, rel=0.003)


def test_a_large_region_finer_than_larger_pixels_keeps_its_outline() -> None:
    x, y = places((2100, 2100), (1, 1))
    ring = np.abs(np.hypot(x, y) - 1000) < 0.75
    cut = ring & (y < 990)  # not closed, so that no hole is filled
    found = measure(segmented(cut.astype(int), Micrograph(np.zeros(cut.shape)))).regions
    assert found["feret_diameter_max_px"].iloc[0] > 500
    row = measure(segmented(ring.astype(int), Micrograph(np.zeros(ring.shape)))).regions.iloc[0]
    assert row["perimeter_px"] == pytest.approx(2 * np.pi * 1000, rel=0.01)

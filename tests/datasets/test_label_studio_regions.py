"""Polygons, rectangles and ellipses of Label Studio as pixels, by shapely and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from shapely import affinity

from samiam.datasets.label_studio.regions import Ellipse, Polygon, Rectangle, filled

SHAPE = (24, 40)
TURNS = [0.0, 17.0, 90.0, 123.4, 180.0, 270.0, -33.0, 725.0]


def by_shapely(geometry: shapely.Geometry) -> NDArray[np.bool_]:
    """The pixels whose centres a geometry contains."""
    rows, columns = np.indices(SHAPE) + 0.5
    return np.asarray(shapely.contains_xy(geometry, columns, rows))


@pytest.mark.parametrize("seed", range(8))
def test_polygons(seed: int) -> None:
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
    radii = rng.uniform(10, 70, 9)
    points = np.stack([50 + radii * np.cos(angles), 50 + radii * np.sin(angles)], axis=1)
    mask = Polygon([(x, y) for x, y in points[:: 1 if seed % 2 else -1].tolist()]).mask(SHAPE)
    expected = by_shapely(shapely.Polygon(points * [0.40, 0.24]))
    assert expected.any()
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("turn", TURNS)
def test_rectangles_turn_clockwise_in_pixels_about_their_corner(turn: float) -> None:
    mask = Rectangle(x=45, y=40, width=33, height=51, rotation=turn).mask(SHAPE)
    corner = (0.45 * 40, 0.40 * 24)
    upright = shapely.box(*corner, corner[0] + 0.33 * 40, corner[1] + 0.51 * 24)
    # y points down, so that what shapely calls counter-clockwise is seen as clockwise.
    np.testing.assert_array_equal(mask, by_shapely(affinity.rotate(upright, turn, origin=corner)))


@pytest.mark.parametrize("turn", TURNS)
def test_ellipses_turn_clockwise_in_pixels_about_their_centre(turn: float) -> None:
    mask = Ellipse(x=45, y=52, radius_x=30, radius_y=21, rotation=turn).mask(SHAPE)
    circle = shapely.Point(0.45 * 40, 0.52 * 24).buffer(1, quad_segs=2000)
    oval = affinity.rotate(affinity.scale(circle, 0.30 * 40, 0.21 * 24), turn)
    np.testing.assert_array_equal(mask, by_shapely(oval))


def test_a_rectangle_along_edges_of_pixels_is_these_pixels() -> None:
    mask = Rectangle(x=25, y=50, width=50, height=25, rotation=0).mask((4, 8))
    expected = np.zeros((4, 8), bool)
    expected[2, 2:6] = True
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("turn", [0, 90, 180, 270, 360])
def test_centres_on_an_outline_count_as_the_pixel_behind_them_would(turn: int) -> None:
    """A square of two pixels whose sides run through centres."""
    corners = {0: (1, 1), 90: (3, 1), 180: (3, 3), 270: (1, 3), 360: (1, 1)}
    x, y = corners[turn]
    mask = Rectangle(12.5 * (x + 0.5), 12.5 * (y + 0.5), 25, 25, turn).mask((8, 8))
    expected = np.zeros((8, 8), bool)
    expected[1:3, 1:3] = True
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("seed", range(6))
def test_shapes_with_common_edges_leave_no_pixel_out_and_share_none(seed: int) -> None:
    """Triangles between the corners of the image, points on its edges and one within, on centres and elsewhere."""
    rng = np.random.default_rng(seed)
    step = 0.5 if seed % 2 else 0.01
    within = np.round(rng.uniform(2, 22, 2) / step) * step
    edge = [(0, 0), (within[0], 0), (40, 0), (40, within[1]), (40, 24), (7, 24), (0, 24), (0, 3.5)]
    count = sum(
        filled(np.array([within, edge[place], edge[place - 1]]), SHAPE).astype(int) for place in range(len(edge))
    )
    np.testing.assert_array_equal(count, 1)


def test_an_outline_that_crosses_itself_is_filled_as_browsers_do() -> None:
    star = [(50 + 48 * np.sin(turn * 0.8 * np.pi), 50 - 48 * np.cos(turn * 0.8 * np.pi)) for turn in range(5)]
    mask = Polygon(star).mask((50, 50))
    assert mask[25, 25]
    outline = shapely.union_all(list(shapely.polygonize([shapely.node(shapely.LinearRing(np.array(star) / 2))]).geoms))
    rows, columns = np.indices((50, 50)) + 0.5
    np.testing.assert_array_equal(mask, shapely.contains_xy(outline, columns, rows))


def test_what_reaches_over_the_edge_is_cut() -> None:
    assert Rectangle(-50, -50, 200, 200, 0).mask(SHAPE).all()
    assert not Polygon([(120, 0), (150, 0), (150, 90)]).mask(SHAPE).any()
    assert Polygon([(-20, -20), (50, -20), (50, 120), (-20, 120)]).mask(SHAPE).sum() == 20 * 24


def test_shapes_of_no_size_are_empty() -> None:
    assert not Rectangle(10, 10, 0, 50, 0).mask(SHAPE).any()
    assert not Ellipse(50, 50, 0, 50, 0).mask(SHAPE).any()
    assert not Ellipse(50, 50, 1e-310, 1e-310, 0).mask(SHAPE).any()

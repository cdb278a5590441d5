from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from made_stripes import frame, labyrinth
from numpy.typing import NDArray
from refusals import refusal

from samiam.errors import InputError
from samiam.polar import PointFinderOptions, PolarPoints, SkeletonFinder, build_point_finder, find_points
from samiam.polar.finder import NetworkFinder
from samiam.polar.linking.assignment import nearest_pairs
from samiam.records import Micrograph
from samiam.records.polar_scene import Points
from samiam.skeletons import skeleton_points
from simulate.labyrinth import read_shipped_video

FINDER = SkeletonFinder()


class Everywhere:
    """Finds an end and a junction on a grid of 4 px."""

    name = "everywhere"
    options: Mapping[str, Any] = {}

    def find(self, pixels: NDArray[np.float32], period_px: float) -> Points:  # noqa: ARG002
        grid = np.argwhere(np.indices(pixels.shape).sum(axis=0) % 4 == 0)
        return Points(grid, grid[:, 0] % 2 == 0)


def alike(first: Points, second: Points, reach_px: float) -> float:
    """F of both kinds together."""
    pairs = 0
    for kind in ("end", "junction"):
        own, other = first.of_kind(kind).positions_px, second.of_kind(kind).positions_px  # type: ignore[arg-type]
        pairs += len(nearest_pairs(own, other, reach_px)[0])
    return 2 * pairs / (len(first) + len(second))


def moved(points: Points, places: NDArray[np.float64]) -> Points:
    return Points(places, points.is_junction, points.scores)


@pytest.mark.parametrize(("noise", "least"), [(0.0, 0.85), (1.0, 0.7)])
def test_the_skeleton_finds_what_the_stripes_have(noise: float, least: float) -> None:
    pixels, stripes = labyrinth((320, 320), 16.0, noise=noise)
    found = find_points(Micrograph(pixels), finder=FINDER)
    truth = skeleton_points(stripes, 16.0)
    assert len(truth) > 60
    assert alike(found.points, truth, 8.0) > least


def dislocation(phase: float) -> Micrograph:
    """Stripes 12 px apart, of which one more lies on the right of the middle than on the left."""
    y, x = np.indices((120, 120)) - 59.5
    return Micrograph(0.5 + 0.45 * np.cos(2 * np.pi * y / 12 + np.arctan2(y, x) + phase), name="dislocation")


@pytest.mark.parametrize("phase", [0.0, np.pi])
def test_a_dislocation_is_an_end_of_one_sign_and_a_junction_of_the_other(phase: float) -> None:
    for sign, kind in zip(("bright", "dark"), ("end", "junction") if phase == 0 else ("junction", "end"), strict=True):
        found = find_points(dislocation(phase), period_px=12.0, sign=sign, finder=FINDER).points  # type: ignore[arg-type]
        assert len(found) == len(found.of_kind(kind)) == 1  # type: ignore[arg-type]
        assert np.hypot(*(found.positions_px[0] - 59.5)) < 6


@pytest.fixture(scope="module")
def found() -> PolarPoints:
    return find_points(frame(shape_hw=(256, 224), noise=0.5), period_px=12.0, finder=FINDER)


def test_inversion_with_the_other_sign_and_brightness_change_nothing(found: PolarPoints) -> None:
    pixels = found.micrograph.pixels
    inverted = find_points(Micrograph(1 - pixels), period_px=12.0, sign="dark", finder=FINDER)
    dim = find_points(Micrograph(0.3 * pixels + 0.2), period_px=12.0, finder=FINDER)
    assert inverted.sign == "dark"
    for other in (inverted, dim):
        assert alike(other.points, found.points, 1.0) > 0.98
    other_stripes = find_points(Micrograph(pixels), period_px=12.0, sign="dark", finder=FINDER)
    assert alike(other_stripes.points, found.points, 3.0) < 0.5


def test_turned_and_mirrored_frames_have_the_same_points(found: PolarPoints) -> None:
    pixels, (rows, columns) = found.micrograph.pixels, found.points.positions_px.T
    width = pixels.shape[1]
    turned = np.stack([width - 1 - columns, rows], axis=1)
    mirrored = np.stack([rows, width - 1 - columns], axis=1)
    for image, places in ((np.rot90(pixels), turned), (pixels[:, ::-1], mirrored)):
        other = find_points(Micrograph(np.ascontiguousarray(image)), period_px=12.0, finder=FINDER)
        assert alike(other.points, moved(found.points, places), 3.0) > 0.9


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_magnified_and_reduced_frames_have_the_same_points(scale: float) -> None:
    reduce = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    clear = find_points(frame(shape_hw=(256, 224), period_px=16.0), finder=FINDER)
    image = cv2.resize(clear.micrograph.pixels, None, fx=scale, fy=scale, interpolation=reduce)
    other = find_points(Micrograph(np.clip(image, 0, 1)), finder=FINDER)
    assert other.period_px == pytest.approx(scale * clear.period_px, rel=0.03)
    places = (clear.points.positions_px + 0.5) * scale - 0.5
    assert alike(other.points, moved(clear.points, places), 8.0 * scale) > 0.85


@pytest.fixture(scope="module")
def shipped() -> NetworkFinder:
    return build_point_finder(PointFinderOptions(device="cpu"))


@pytest.fixture(scope="module")
def by_network(shipped: NetworkFinder) -> PolarPoints:
    pixels = read_shipped_video()[0].micrograph.pixels[:, :230]
    return find_points(Micrograph(pixels), period_px=15.0, finder=shipped)


def turned(places: NDArray[np.float64], shape_hw: tuple[int, int], quarters: int) -> NDArray[np.float64]:
    """Where places, row and column, are once the frame was turned by so many quarters, as `np.rot90` does."""
    for _ in range(quarters):
        places, shape_hw = np.stack([shape_hw[1] - 1 - places[:, 1], places[:, 0]], axis=1), shape_hw[::-1]
    return places


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_the_network_finds_the_same_points_turned_and_mirrored(
    shipped: NetworkFinder, by_network: PolarPoints, quarters: int, is_mirrored: bool
) -> None:
    pixels, places = by_network.micrograph.pixels, by_network.points.positions_px
    if is_mirrored:
        pixels, places = pixels[:, ::-1], places * [1, -1] + [0, pixels.shape[1] - 1]
    image = np.ascontiguousarray(np.rot90(pixels, quarters))
    other = find_points(Micrograph(image), period_px=15.0, finder=shipped).points
    expected = moved(by_network.points, turned(places, (pixels.shape[0], pixels.shape[1]), quarters))
    assert len(expected) > 40
    assert alike(other, expected, 15.0 / 4) > 0.9


def test_the_network_finds_the_same_points_inverted_dim_and_scaled(
    shipped: NetworkFinder, by_network: PolarPoints
) -> None:
    pixels, points = by_network.micrograph.pixels, by_network.points
    inverted = find_points(Micrograph(1 - pixels), period_px=15.0, sign="dark", finder=shipped)
    dim = find_points(Micrograph(0.3 * pixels + 0.2), period_px=15.0, finder=shipped)
    for other in (inverted, dim):
        assert alike(other.points, points, 0.1) > 0.98
    for scale in (0.8, 2.0):
        reduce = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        image = np.clip(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=reduce), 0, 1)
        scaled = find_points(Micrograph(image), period_px=15.0 * scale, finder=shipped)
        places = (points.positions_px + 0.5) * scale - 0.5
        assert alike(scaled.points, moved(points, places), 15.0 * scale / 4) > 0.9


def test_a_period_from_the_border_on_points_are_dropped() -> None:
    result = find_points(frame(shape_hw=(60, 80)), period_px=12.0, finder=Everywhere())
    rows, columns = result.points.positions_px.T
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (12, 47, 12, 67)
    assert len(result.points) + len(result.dropped) == 60 * 80 / 4
    assert repr(result) == f"PolarPoints(labyrinth, {result.points} of bright stripes)"


def test_what_is_not_shown_has_a_border_too() -> None:
    shown = np.zeros((80, 100), np.bool_)
    shown[10:, 20:] = True
    shown[50:, 70:] = False
    micrograph = Micrograph(labyrinth((80, 100))[0], shown=shown)
    rows, columns = find_points(micrograph, period_px=10.0, finder=Everywhere()).points.positions_px.T
    assert rows.min() >= 20
    assert columns.min() >= 30
    assert not ((rows >= 50) & (columns > 60)).any()
    assert ((rows >= 50) & (columns < 60)).any()


def test_oblong_pixels_have_the_period_in_their_widths() -> None:
    pixels, stripes = labyrinth((320, 320), 16.0)
    squeezed = cv2.resize(pixels, (320, 160), interpolation=cv2.INTER_AREA)
    found = find_points(Micrograph(squeezed, pixel_aspect=2.0), finder=FINDER)
    assert found.period_px == pytest.approx(16, rel=0.05)
    places = (found.points.positions_px + 0.5) * [2, 1] - 0.5
    assert alike(moved(found.points, places), skeleton_points(stripes, 16.0), 8.0) > 0.8


def test_frames_without_stripes_are_refused_or_remarked_upon() -> None:
    noise = Micrograph(np.random.default_rng(0).random((128, 128), np.float32), name="noise")
    with pytest.raises(
        InputError, match="noise: no period of stripes stands out from the noise; give a frame that shows"
    ):
        find_points(noise, finder=FINDER)
    result = find_points(noise, period_px=12.0, finder=FINDER)
    assert (len(result.points), len(result.dropped) > 0, result.shows_stripes) == (0, True, False)
    assert result.remark == "no period of stripes stands out from the noise: nothing is taken for a point"
    blank = find_points(Micrograph(np.full((128, 128), 0.5)), period_px=12.0, finder=FINDER)
    assert (len(blank.points), blank.remark) == (0, "the frame is blank: nothing is taken for a point")


def test_a_lattice_is_refused_and_looked_at_if_the_period_is_given() -> None:
    y, x = np.indices((128, 128))
    lattice = Micrograph(np.clip(0.5 + 0.2 * (np.cos(0.7 * x) + np.cos(0.7 * y)), 0, 1), name="lattice")
    with pytest.raises(InputError, match=r"lattice: what repeats after 9.\d* px does so along"):
        find_points(lattice, finder=FINDER)
    looked_at = find_points(lattice, period_px=9.0, finder=FINDER)
    assert ("as a lattice" in str(looked_at.remark), looked_at.shows_stripes) == (True, True)
    another = find_points(lattice, period_px=20.0, finder=FINDER)
    assert str(another.remark).endswith("a labyrinth does not: nothing is taken for a point")
    assert (len(another.points), another.shows_stripes) == (0, False)


def test_a_period_that_is_another_is_doubted() -> None:
    micrograph = frame(shape_hw=(192, 192))
    remark = find_points(micrograph, period_px=24.0, finder=FINDER).remark
    assert str(remark).startswith("stripes seem to be 1")
    assert find_points(micrograph, period_px=11.0, finder=FINDER).remark is None


def test_a_period_that_no_stripes_of_a_frame_can_have() -> None:
    micrograph = Micrograph(labyrinth((48, 96))[0], pixel_aspect=1.5, name="small")
    for wrong in (0.0, -3.0, 1.0, 1.99, 72.1, 1e6, np.inf, np.nan, "12", True):
        said = refusal(lambda given=wrong: find_points(micrograph, period_px=given, finder=FINDER))  # type: ignore[misc]
        assert said.startswith(f"small: period_px={wrong!r}: give a length in pixels, from 2, below which ")
        assert "to 72, the shorter side of the frame" in said
    for right in (2, 72.0, np.float32(12)):
        assert find_points(micrograph, period_px=right, finder=Everywhere()).period_px == right


def test_a_frame_however_it_is_held(tmp_path: Path) -> None:
    pixels = labyrinth((60, 80))[0]
    np.save(tmp_path / "held.npy", pixels)
    known = find_points(Micrograph.from_array(pixels), period_px=12.0, finder=FINDER)
    for held in (pixels, tmp_path / "held.npy", str(tmp_path / "held.npy"), known.micrograph):
        found = find_points(held, period_px=12.0, finder=FINDER)
        np.testing.assert_array_equal(found.points.positions_px, known.points.positions_px)
    assert refusal(lambda: find_points(3, finder=FINDER)).startswith("int: is no image; give a path")  # type: ignore[arg-type]
    assert refusal(lambda: find_points(pixels, sign="x")) == "sign='x': give bright or dark."  # type: ignore[arg-type]

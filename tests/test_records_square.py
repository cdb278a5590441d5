"""Micrographs whose pixels are not square are segmented on square ones, and results come back on their own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from samiam import segment
from samiam.pipeline import Pointer, select
from samiam.records import Cutout, Decision, Masks, Micrograph, Scene, Segmentation
from samiam.records.square import on_square_pixels, square_shape

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("shape_hw", "aspect", "expected"),
    [
        ((100, 200), 1.0, (100, 200)),
        ((100, 200), 1.015, (100, 200)),
        ((100, 200), 1.05, (105, 200)),
        ((100, 200), 2.0, (200, 200)),
        ((100, 200), 0.25, (100, 800)),
        ((100, 200), 8.0, (400, 100)),
        ((200, 100), 1 / 8, (100, 400)),
        ((16384, 16384), 2.0, (16384, 8192)),
    ],
)
def test_shapes(shape_hw: tuple[int, int], aspect: float, expected: tuple[int, int]) -> None:
    assert square_shape(shape_hw, aspect) == expected
    grown, own = (shape[0] / shape[1] for shape in (expected, shape_hw))
    assert grown / own == pytest.approx(aspect, rel=0.03)


def test_scenes_keep_it(tmp_path: Path) -> None:
    labels = np.ones((20, 30), np.uint32)
    scene = Scene(Micrograph(RNG.random((20, 30)), 0.1, pixel_aspect=2.0), labels, ["Ge"], 1, [10.0], labels)
    scene.save(tmp_path / "a.npz")
    assert Scene.load(tmp_path / "a.npz").micrograph.pixel_aspect == 2.0


def test_a_square_stays_itself() -> None:
    square = Micrograph(RNG.random((20, 30)), 0.1)
    assert on_square_pixels(square) is square
    assert Cutout.of(square).micrograph is square


@pytest.mark.parametrize("aspect", [2.0, 0.5])
def test_a_wave_keeps_its_length(aspect: float) -> None:
    """A circular ripple of 10 nm, sampled unequally, is circular on square pixels."""

    def ripple(shape_hw: tuple[int, int], size_hw: tuple[float, float]) -> NDArray[np.float64]:
        y, x = ((np.arange(n) + 0.5) * size for n, size in zip(shape_hw, size_hw, strict=True))
        return 0.5 + 0.4 * np.cos(2 * np.pi * np.hypot(y[:, None] - 60, x - 60) / 10)

    shape_hw = (60, 120) if aspect == 2 else (120, 60)
    width, height = (1.0, 2.0) if aspect == 2 else (2.0, 1.0)
    square = on_square_pixels(Micrograph(ripple(shape_hw, (height, width)), width, pixel_aspect=aspect))
    assert (square.pixel_size_nm, square.pixel_aspect, square.shape_hw) == (1.0, 1.0, (120, 120))
    assert np.abs(square.pixels - ripple((120, 120), (1.0, 1.0)))[8:-8, 8:-8].mean() < 0.04


def oblong(aspect: float, shown: NDArray[np.bool_] | None = None) -> Micrograph:
    return Micrograph(RNG.random((24, 32)), 0.1, "oblong", {}, shown, aspect)


@pytest.mark.parametrize("aspect", [2.0, 0.5, 3.3, 8.0])
@pytest.mark.parametrize("is_framed", [False, True])
def test_there_and_back(aspect: float, is_framed: bool) -> None:
    shown = np.ones((24, 32), np.bool_)
    shown[:4] = shown[:, :6] = not is_framed
    micrograph = oblong(aspect, shown)
    cutout = Cutout.of(micrograph)
    height, width = cutout.micrograph.shape_hw
    on_squares = np.zeros((height, width), np.uint32)
    on_squares[: height // 2] = 1
    on_squares[height // 2 :, : width // 2] = 2
    masks = Masks.from_labels(on_squares)
    decisions = [Decision(index, "kept", "majority_vote", 1.0, 0.0, material=index + 1) for index in range(2)]
    back = cutout.put_back(Segmentation(on_squares, decisions, 2, True, masks, micrograph=cutout.micrograph))
    assert back.labels.shape == back.generated.shape_hw == (24, 32)
    assert back.micrograph is micrograph
    top, left = (4, 6) if is_framed else (0, 0)
    expected = np.zeros((24, 32), np.uint32)
    expected[top : top + (24 - top) // 2, left:] = 1
    expected[top + (24 - top) // 2 :, left : left + (32 - left) // 2] = 2
    assert np.count_nonzero(back.labels != expected) <= 32
    for label in (1, 2):
        np.testing.assert_array_equal(back.generated[label - 1], back.labels == label)


def test_scores_points_and_boxes_of_masks_come_back() -> None:
    cutout = Cutout.of(oblong(2.0))
    masks = Masks.from_arrays(
        np.ones((1, 48, 32)), predicted_iou=[0.5], points_xy=[[3.0, 20.5]], crop_boxes_xywh=[[0, 8, 32, 40]]
    )
    back = cutout.put_back_masks(masks)
    assert back.points_xy.tolist() == [[3.0, 10.0]]
    assert back.crop_boxes_xywh.tolist() == [[0, 4, 32, 20]]
    assert (back.areas.tolist(), back.predicted_iou.tolist()) == ([24 * 32], [0.5])


def test_points_and_boxes_are_pixels_of_the_file() -> None:
    cutout = Cutout.of(oblong(2.0))
    assert cutout.point_inside((3, 10)) == (3.0, 20.5)
    assert cutout.point_inside((0, 0)) == (0.0, 0.5)
    assert cutout.box_inside((1, 2, 30, 24)) == (1.0, 4.0, 30.0, 48.0)
    narrow = Cutout.of(oblong(8.0))
    height, width = narrow.micrograph.shape_hw
    for point in ((0, 0), (31, 23)):
        x, y = narrow.point_inside(point)
        assert 0 <= x < width
        assert 0 <= y < height


def lattices(period_px: float = 9.0) -> NDArray[np.float64]:
    """Columns on a square lattice above, on one of another period below."""
    y, x = np.mgrid[:256, :256]
    upper, lower = (
        np.cos(2 * np.pi * x / period) + np.cos(2 * np.pi * y / period) for period in (period_px, 2 * period_px)
    )
    image = np.where(y < 128, upper, lower)
    image = image + 0.2 * RNG.normal(size=image.shape)
    return (image - image.min()) / np.ptp(image)


@pytest.mark.slow
def test_lattices_on_pixels_twice_as_high() -> None:
    image = lattices().reshape(128, 2, 256).mean(axis=1)
    micrograph = Micrograph(image, 0.02, "high", pixel_aspect=2.0)
    found = segment(micrograph, 2)
    truth = np.repeat([1, 2], 64)[:, None]
    agree = max(np.mean(found.labels == truth), np.mean(found.labels == 3 - truth))
    assert found.labels.shape == (128, 256)
    assert agree > 0.9
    pointed = select(micrograph, [Pointer(point=(128, 32))])
    assert np.mean(pointed.labels[:64] == 1) > 0.8
    assert np.mean(pointed.labels[64:] == 1) < 0.2


def test_what_is_kept_on_square_pixels() -> None:
    pixels = np.repeat(np.linspace(0, 1, 12)[:, None], 16, axis=1)
    square = on_square_pixels(Micrograph(pixels, 0.1, name="a", pixel_aspect=0.5))
    assert (square.shape_hw, square.name, square.pixel_aspect) == ((12, 32), "a", 1.0)
    assert square.pixel_size_nm == pytest.approx(0.05)
    np.testing.assert_allclose(square.pixels, np.repeat(pixels, 2, axis=1), atol=1e-6)


def test_boxes_of_masks_come_back_on_the_pixels_of_the_file() -> None:
    cutout = Cutout.of(Micrograph(RNG.random((20, 30)), 0.1, pixel_aspect=2.0))
    assert cutout.micrograph.shape_hw == (40, 30)
    masks = Masks.from_arrays(np.ones((1, 40, 30), np.bool_), stability_score=[0.75], crop_boxes_xywh=[[6, 8, 12, 20]])
    whole = cutout.put_back_masks(masks)
    assert whole.crop_boxes_xywh.tolist() == [[6, 4, 12, 10]]
    assert whole.stability_score.tolist() == [0.75]


def test_scenes_of_before_have_square_pixels(tmp_path: Path) -> None:
    labels = np.ones((20, 30), np.uint32)
    Scene(Micrograph(RNG.random((20, 30)), 0.1), labels, ["Ge"], 1, [10.0], labels).save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as archive:
        fields = dict(archive)
    header = json.loads(str(fields["header"]))
    del header["pixel_aspect"]
    np.savez(tmp_path / "a.npz", **{**fields, "header": json.dumps(header)})
    assert Scene.load(tmp_path / "a.npz").micrograph.pixel_aspect == 1.0

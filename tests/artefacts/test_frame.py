from __future__ import annotations

import numpy as np
import pytest
from made_images import KINDS, Kind, as_jpeg, recorded, slow, two_lattices
from numpy.typing import NDArray
from scipy import ndimage

from samiam.artefacts.finding import find_artefacts

SIDES = {
    "all": ("top", "right", "bottom", "left"),
    "drift": ("top", "left"),
    "top": ("top",),
    "right": ("right",),
    "bottom": ("bottom",),
    "left": ("left",),
}


def frame(shape_hw: tuple[int, int], sides: tuple[str, ...], px: int) -> NDArray[np.bool_]:
    mask = np.zeros(shape_hw, np.bool_)
    for side in sides:
        turns = ("top", "right", "bottom", "left").index(side)
        np.rot90(mask, turns)[:px] = True
    return mask


def assert_left_out(counts: NDArray[np.generic], truth: NDArray[np.bool_], margin_px: int) -> None:
    """All that is to be left out is, and nothing that is farther from it than a margin."""
    shown = find_artefacts(counts).shown
    assert shown is not None
    assert shown[truth].mean() < 0.01
    near = ndimage.binary_dilation(truth, np.ones((3, 3)), iterations=margin_px)
    assert shown[~near].mean() > 0.995


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("px", [1, 13, *slow(4, 25)])
@pytest.mark.parametrize("kind", KINDS)
def test_black_bands_of_any_width_on_any_side(kind: Kind, px: int, sides: str) -> None:
    counts = recorded(kind, two_lattices())
    truth = frame((240, 320), SIDES[sides], px)
    counts[truth] = 0
    assert_left_out(counts, truth, 1)


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("px", [13, *slow(8, 25)])
@pytest.mark.parametrize("quality", [80, *slow(50, 95)])
def test_bands_in_a_jpeg(sides: str, px: int, quality: int) -> None:
    counts = recorded("uint8", two_lattices())
    truth = frame((240, 320), SIDES[sides], px)
    counts[truth] = 0
    assert_left_out(as_jpeg(counts, quality), truth, 3)


@pytest.mark.parametrize("level", [0, 65535, 30500])
def test_of_any_level(level: int) -> None:
    counts = recorded("narrow", two_lattices())
    counts[frame((240, 320), SIDES["all"], 13)] = level
    found = find_artefacts(counts)
    assert found.words == ("a frame of 13 px",)


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("in_full", [False, True])
@pytest.mark.parametrize("degrees", [7, *slow(2, 20, 45, -12)])
@pytest.mark.parametrize("kind", ["narrow", "jpeg", *slow("uint8", "float")])
def test_corners_of_a_turned_image(kind: str, degrees: float, in_full: bool, order: int) -> None:
    counts = recorded("uint8" if kind == "jpeg" else kind, two_lattices())  # type: ignore[arg-type]
    turned = ndimage.rotate(counts, degrees, reshape=in_full, order=order, mode="constant")
    truth = ndimage.rotate(np.ones(counts.shape), degrees, reshape=in_full, order=1) < 0.5
    assert_left_out(as_jpeg(turned) if kind == "jpeg" else turned, truth, 4)
    assert f"turned by {abs(degrees):.0f}" in find_artefacts(turned).words[0].replace(".0", "") or order == 3


def test_words_name_the_sides() -> None:
    counts = recorded("uint16", two_lattices())
    counts[:5], counts[:, :12] = 0, 0
    assert find_artefacts(counts).words == ("a frame of 5 px at the top and 12 px at the left",)
    counts[-2:] = 0
    assert find_artefacts(counts).words == ("a frame of 5 px at the top, 2 px at the bottom and 12 px at the left",)


@pytest.mark.parametrize("degrees", [5, *slow(2, 20, -9)])
@pytest.mark.parametrize("levels", [32, *slow(16, 64)])
def test_corners_where_few_levels_are_used(levels: int, degrees: float) -> None:
    counts = recorded("uint8", two_lattices()) // (256 // levels)
    turned = ndimage.rotate(counts, degrees, reshape=False, order=1, mode="constant")
    truth = ndimage.rotate(np.ones(counts.shape), degrees, reshape=False, order=1) < 0.5
    assert_left_out(turned, truth, 4)


@pytest.mark.parametrize("kind", ["uint16", "jpeg"])
def test_corners_of_which_a_crop_left_three(kind: str) -> None:
    counts = recorded("uint8" if kind == "jpeg" else "uint16", two_lattices())
    view = np.s_[12:, :]
    turned = ndimage.rotate(counts, 8, reshape=False, order=1, mode="constant")[view]
    truth = (ndimage.rotate(np.ones(counts.shape), 8, reshape=False, order=1) < 0.5)[view]
    assert_left_out(as_jpeg(turned) if kind == "jpeg" else turned, truth, 4)

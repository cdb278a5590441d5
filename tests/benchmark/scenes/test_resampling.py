from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samiam.benchmark.scenes.resampling import resampled

ONE = np.array([[1, 2, 3], [4, 5, 6]], np.uint32)


def labels_of(image: np.ndarray, turn_deg: float = 0.0, magnification: float = 1.0) -> np.ndarray:
    return resampled(image, turn_deg=turn_deg, magnification=magnification, is_label=True)


def image_of(image: np.ndarray, turn_deg: float = 0.0, magnification: float = 1.0) -> np.ndarray:
    return resampled(image.astype(np.float32), turn_deg=turn_deg, magnification=magnification, is_label=False)


@pytest.mark.parametrize(
    ("turn_deg", "expected"),
    [
        (90, [[3, 6], [2, 5], [1, 4]]),
        (-90, [[4, 1], [5, 2], [6, 3]]),
        (180, [[6, 5, 4], [3, 2, 1]]),
        (-270, [[3, 6], [2, 5], [1, 4]]),
        (360, ONE.tolist()),
        (0, ONE.tolist()),
    ],
)
def test_quarter_turns_are_exact(turn_deg: float, expected: list[list[int]]) -> None:
    assert labels_of(ONE, turn_deg).tolist() == expected
    assert (image_of(ONE / 10, turn_deg) * 10).tolist() == pytest.approx(np.array(expected))


def test_types_stay_and_so_do_large_numbers() -> None:
    large = np.full((9, 9), 2**32 - 1, np.uint32)
    assert labels_of(large, 20).dtype == np.uint32
    assert set(np.unique(labels_of(large, 20, 1.3))) == {2**32 - 1}
    assert image_of(large > 0, 20).dtype == np.float32


def test_a_small_turn_goes_the_way_of_a_quarter_turn() -> None:
    """What lies right of the centre moves up."""
    image = np.zeros((101, 101), np.uint32)
    image[48:53, 83:88] = 1
    y, x = np.argwhere(labels_of(image, 20)).mean(axis=0) - (np.array(labels_of(image, 20).shape) - 1) / 2
    assert (x, y) == pytest.approx((35 * np.cos(np.deg2rad(20)), -35 * np.sin(np.deg2rad(20))), abs=0.5)


@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    turn_deg=st.floats(-360, 360),
    magnification=st.floats(0.1, 10),
)
@settings(max_examples=200)
def test_nothing_is_read_from_beyond_the_edges(height: int, width: int, turn_deg: float, magnification: float) -> None:
    """The corners of the view lie between the centres of the image's outermost pixels."""
    found = labels_of(np.ones((height, width), np.uint32), turn_deg, magnification)
    down, right = (np.array(found.shape) - 1) / 2 / magnification
    cos, sin = abs(np.cos(np.deg2rad(turn_deg))), abs(np.sin(np.deg2rad(turn_deg)))
    assert cos * right + sin * down <= (width - 1) / 2 + 1e-6
    assert sin * right + cos * down <= (height - 1) / 2 + 1e-6


@pytest.mark.parametrize(
    ("shape_hw", "turn_deg", "expected"),
    [
        ((101, 101), 45, (71, 71)),
        ((101, 101), 30, (74, 74)),  # 100 / (cos 30° + sin 30°) = 73.2
        ((41, 401), 30, (24, 41)),  # 40 / (2 cos 30°) = 23.1 and 40 / (2 sin 30°) = 40
        ((401, 41), 30, (41, 24)),
        ((401, 41), 120, (24, 41)),
        ((1, 1), 17, (1, 1)),
    ],
)
def test_the_largest_rectangle_is_kept(shape_hw: tuple[int, int], turn_deg: float, expected: tuple[int, int]) -> None:
    assert labels_of(np.ones(shape_hw, np.uint32), turn_deg).shape == expected


@pytest.mark.parametrize(("magnification", "expected"), [(1.5, (41, 81)), (0.5, (21, 41)), (0.7, (29, 57))])
def test_a_magnified_view_keeps_its_size_and_a_reduced_one_is_smaller(
    magnification: float, expected: tuple[int, int]
) -> None:
    assert labels_of(np.ones((41, 81), np.uint32), magnification=magnification).shape == expected


@pytest.mark.parametrize("magnification", [2.0, 0.5])
def test_magnification_is_about_the_centre(magnification: float) -> None:
    """A slope keeps its value in the middle and gets less, or more, steep."""
    slope = np.tile(np.linspace(0, 1, 81, dtype=np.float32), (41, 1))
    found = image_of(slope, magnification=magnification)
    middle = found[found.shape[0] // 2]
    centre = len(middle) // 2
    assert middle[centre] == pytest.approx(0.5, abs=1e-4)
    assert middle[centre + 10] - middle[centre] == pytest.approx(10 / 80 / magnification, abs=1e-3)


def test_waves_that_coarser_pixels_cannot_hold_are_smoothed_away() -> None:
    """Every second of a wave's pixels alone would be as bright as its crests."""
    wave = np.tile(np.array([0.0, 1.0], np.float32), (60, 30))
    found = image_of(wave, magnification=0.5)[3:-3, 3:-3]
    assert np.ptp(found) < 0.7


def test_what_splines_overshoot_is_cut() -> None:
    step = np.zeros((40, 40), np.float32)
    step[:, 20:] = 1
    found = image_of(step, turn_deg=13, magnification=2.3)
    assert (found.min(), found.max()) == (0, 1)

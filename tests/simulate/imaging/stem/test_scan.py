from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from samiam.errors import InputError
from samiam.settings import read_settings
from simulate.imaging.stem import Scan, jittered, sample, scan_positions

PLAIN = Scan((3, 5), 2.0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def positions(scan: Scan, seed: int = 0) -> np.ndarray:
    return scan_positions(rng(seed), scan)


def test_an_undistorted_frame_is_a_grid_about_its_centre() -> None:
    xy_A = positions(PLAIN)
    assert (xy_A.shape, xy_A.dtype) == ((3, 5, 2), np.float64)
    np.testing.assert_allclose(xy_A[..., 0], np.tile([-4, -2, 0, 2, 4], (3, 1)), atol=1e-12)
    np.testing.assert_allclose(xy_A[..., 1], np.tile([[-2], [0], [2]], 5), atol=1e-12)


def test_a_quarter_turn_scans_down_and_leftwards() -> None:
    xy_A = positions(replace(PLAIN, rotation_deg=90.0))
    np.testing.assert_allclose(xy_A[0, 0], [2, -4], atol=1e-12)  # was (-4, -2)
    np.testing.assert_allclose(xy_A[0, 1] - xy_A[0, 0], [0, 2], atol=1e-12)
    np.testing.assert_allclose(xy_A[1, 0] - xy_A[0, 0], [-2, 0], atol=1e-12)


def test_shear_leans_the_slow_axis_and_stretch_lengthens_it() -> None:
    xy_A = positions(replace(PLAIN, shear_deg=30.0, stretch=1.5))
    np.testing.assert_allclose(xy_A[1, 1] - xy_A[1, 0], [2, 0], atol=1e-12)
    np.testing.assert_allclose(xy_A[1, 0] - xy_A[0, 0], [3 * 0.5, 3 * np.sqrt(0.75)], atol=1e-12)
    np.testing.assert_allclose(xy_A[1, 2], [0, 0], atol=1e-12)


def test_shear_turns_with_the_scan() -> None:
    plain, turned = (positions(replace(PLAIN, shear_deg=10.0, rotation_deg=degrees)) for degrees in (0.0, 25.0))
    complex_plain, complex_turned = (xy_A[..., 0] + 1j * xy_A[..., 1] for xy_A in (plain, turned))
    np.testing.assert_allclose(complex_turned, complex_plain * np.exp(1j * np.deg2rad(25)), atol=1e-12)


def test_drift_moves_the_beam_over_the_specimen_the_other_way() -> None:
    # a pixel takes 10 ms, a line 5 · 10 + 30 = 80 ms
    scan = replace(PLAIN, dwell_us=1e4, flyback_us=3e4, drift_A_per_s=(5.0, -2.0), rotation_deg=40.0)
    shift_xy_A = positions(scan) - positions(replace(scan, drift_A_per_s=(0.0, 0.0)))
    seconds = np.array(
        [[-0.1, -0.09, -0.08, -0.07, -0.06], [-0.02, -0.01, 0, 0.01, 0.02], [0.06, 0.07, 0.08, 0.09, 0.1]]
    )
    np.testing.assert_allclose(shift_xy_A[..., 0], -5 * seconds, atol=1e-12)
    np.testing.assert_allclose(shift_xy_A[..., 1], 2 * seconds, atol=1e-12)


def test_flyback_displaces_the_starts_of_lines_along_the_fast_axis() -> None:
    scan = Scan((4, 200), 0.1, rotation_deg=30.0, flyback_A=1.5, flyback_decay_px=10.0, shear_deg=5.0)
    lag_xy_A = positions(scan) - positions(replace(scan, flyback_A=0.0))
    for column, expected_A in ((0, 1.5), (10, 1.5 / np.e), (30, 1.5 / np.e**3), (199, 0.0)):
        expected_xy_A = expected_A * np.array([np.sqrt(0.75), 0.5])
        np.testing.assert_allclose(lag_xy_A[:, column], np.tile(expected_xy_A, (4, 1)), atol=1e-6)


def test_wander_has_its_rms_and_is_slow() -> None:
    scan = Scan((200, 64), 0.1, wander_A=3.0, dwell_us=10.0, flyback_us=200.0)
    wander_xy_A = positions(scan) - positions(replace(scan, wander_A=0.0))
    assert np.sqrt((wander_xy_A**2).sum(axis=-1).mean()) == pytest.approx(3, rel=0.02)
    np.testing.assert_allclose(wander_xy_A.mean(axis=(0, 1)), 0, atol=0.1)
    steps_A = np.linalg.norm(np.diff(wander_xy_A, axis=0), axis=-1)
    assert steps_A.max() < 0.6  # 200 steps
    turns_A = np.linalg.norm(np.diff(wander_xy_A, n=2, axis=0), axis=-1)
    assert turns_A.max() < 0.05
    assert steps_A.mean() > 0.005


def test_wander_goes_on_through_lines_and_flyback() -> None:
    scan = Scan((50, 40), 0.1, wander_A=2.0, dwell_us=10.0, flyback_us=100.0)  # a line takes 50 dwells
    wander_xy_A = positions(scan) - positions(replace(scan, wander_A=0.0))
    line_A = wander_xy_A[1:, 0] - wander_xy_A[:-1, 0]
    np.testing.assert_allclose(wander_xy_A[:-1, 25] - wander_xy_A[:-1, 0], line_A / 2, atol=1e-9)


def test_wander_differs_between_seeds_and_axes() -> None:
    scan = Scan((30, 30), 0.1, wander_A=1.0)
    first, again, other = positions(scan, 1), positions(scan, 1), positions(scan, 2)
    np.testing.assert_array_equal(first, again)
    assert abs(first - other).max() > 0.1
    wander_xy_A = first - positions(replace(scan, wander_A=0.0))
    assert abs(np.corrcoef(wander_xy_A[..., 0].ravel(), wander_xy_A[..., 1].ravel())[0, 1]) < 0.99


def test_jitter_shifts_whole_lines_along_the_turned_fast_axis_only() -> None:
    scan = Scan((2000, 6), 0.1, rotation_deg=90.0, jitter_A=0.4, shear_deg=7.0)
    before_xy_A = positions(scan)
    shift_xy_A = jittered(rng(), before_xy_A, scan) - before_xy_A
    np.testing.assert_allclose(shift_xy_A[..., 0], 0, atol=1e-12)  # the fast axis points down
    down_A = shift_xy_A[..., 1]
    np.testing.assert_allclose(down_A, np.tile(down_A[:, :1], 6), atol=1e-12)
    assert down_A[:, 0].std() == pytest.approx(0.4, rel=0.06)
    assert down_A[:, 0].mean() == pytest.approx(0, abs=0.03)
    assert abs(np.corrcoef(down_A[:-1, 0], down_A[1:, 0])[0, 1]) < 0.08


def test_jitter_is_no_part_of_the_positions_and_wander_no_part_of_the_jitter() -> None:
    np.testing.assert_array_equal(positions(replace(PLAIN, jitter_A=1.0)), positions(PLAIN))
    np.testing.assert_array_equal(jittered(rng(), positions(PLAIN), replace(PLAIN, wander_A=2.0)), positions(PLAIN))


def test_later_draws_do_not_depend_on_the_values_of_the_scan() -> None:
    generators = rng(), rng()
    for generator, scan in zip(generators, (PLAIN, replace(PLAIN, wander_A=1.0, jitter_A=2.0)), strict=True):
        jittered(generator, scan_positions(generator, scan), scan)
    assert generators[0].random() == generators[1].random()


def test_jitter_keeps_the_type_and_the_positions_it_was_given() -> None:
    scan = replace(PLAIN, jitter_A=1.0)
    given_xy_A = positions(scan).astype(np.float32)
    before_xy_A = given_xy_A.copy()
    assert jittered(rng(), given_xy_A, scan).dtype == np.float32
    np.testing.assert_array_equal(given_xy_A, before_xy_A)


def test_jitter_refuses_another_frame() -> None:
    with pytest.raises(InputError, match=r"positions of shape \(3, 5, 2\) are not those of a \(5, 3\) frame"):
        jittered(rng(), positions(PLAIN), replace(PLAIN, shape_hw=(5, 3)))


def test_pixels_are_read_at_their_own_positions_as_they_are() -> None:
    image = rng().random((3, 5))
    np.testing.assert_allclose(sample(image, 2.0, (-4.0, -2.0), positions(PLAIN)), image, atol=1e-12)
    xy_A = np.array([[[-4.0, 2.0], [4.0, -2.0]]])
    np.testing.assert_allclose(sample(image, 2.0, (-4.0, -2.0), xy_A), [[image[2, 0], image[0, 4]]], atol=1e-12)


def test_a_wave_is_read_between_pixels() -> None:
    y, x = np.mgrid[:60, :80] * 0.25 + np.array([3.0, -7.0])[:, None, None]

    def wave(x_A: np.ndarray, y_A: np.ndarray) -> np.ndarray:
        return np.asarray(np.sin(2 * np.pi * (0.5 * x_A + 0.2 * y_A)) + 0.3 * y_A)

    xy_A = rng().uniform((-5, 5), (10, 15), (40, 50, 2))
    read = sample(wave(x, y), 0.25, (-7.0, 3.0), xy_A)
    np.testing.assert_allclose(read, wave(xy_A[..., 0], xy_A[..., 1]), atol=0.01)  # lines between pixels: 0.07


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_reading_keeps_the_type(kind: Any) -> None:
    assert sample(np.ones((9, 9), kind), 1.0, (-4.0, -4.0), positions(PLAIN)).dtype == kind


@pytest.mark.parametrize(("past_A", "side"), [(0.9, 0), (0.9, 1), (-0.9, 0), (-0.9, 1)])
def test_positions_beside_the_image_are_refused(past_A: float, side: int) -> None:
    xy_A = np.array([[[-4.0, -2.0], [4.0, 2.0]]])
    image = np.ones((3, 5))
    read = sample(image, 2.0, (-4.0, -2.0), xy_A + past_A * np.eye(2)[side])  # less than half a pixel
    np.testing.assert_allclose(read, 1, atol=1e-12)
    with pytest.raises(InputError, match=r"the scan reaches 1.8 Å beyond the image; make the image larger"):
        sample(image, 2.0, (-4.0, -2.0), xy_A + 2 * past_A * np.eye(2)[side])


def test_positions_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="beyond the image"):
        sample(np.ones((3, 5)), 2.0, (-4.0, -2.0), np.full((1, 1, 2), np.nan))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pixel_size_A": 0.0}, "pixel_size_A=0.0: give a number above 0"),
        ({"dwell_us": 0.0}, "dwell_us=0.0: give a number above 0"),
        ({"flyback_us": -1.0}, "flyback_us=-1.0: give a number, 0 or more"),
        ({"wander_A": -1.0}, "wander_A=-1.0: give a number, 0 or more"),
        ({"jitter_A": float("nan")}, "jitter_A=nan: give a number, 0 or more"),
        ({"stretch": 0.0}, "stretch=0.0: give a number above 0"),
        ({"flyback_decay_px": 0.0}, "flyback_decay_px=0.0: give a number above 0"),
        ({"flyback_A": float("inf")}, "flyback_A=inf: give a number"),
        ({"rotation_deg": float("nan")}, "rotation_deg=nan: give a number"),
        ({"shear_deg": 45.0}, "shear_deg=45.0: give a number above -45 and below 45"),
        ({"drift_A_per_s": [1.0]}, "drift_A_per_s=[1.0]: give a list of 2, each a number"),
        ({"drift_A_per_s": [1.0, float("nan")]}, "drift_A_per_s=[1.0, nan]: give a list of 2, each a number"),
        ({"shape_hw": [0, 5]}, "shape_hw=[0, 5]: give a list of 2, each a whole number, 1 or more"),
        ({"shape_hw": [5, 5, 5]}, "shape_hw=[5, 5, 5]: give a list of 2, each a whole number"),
    ],
)
def test_impossible_scans(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        Scan(**{"shape_hw": [8, 8], "pixel_size_A": 0.1} | options)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_a_mistyped_setting_of_a_scan_is_told_from_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"scan has no setting 'line_jitter_A'; did you mean 'jitter_A'\?"):
        read_settings(Scan, "scan", {"shape_hw": [8, 8], "pixel_size_A": 0.1, "line_jitter_A": 1.0})


def test_impossible_pixel_sizes_of_the_image() -> None:
    with pytest.raises(InputError, match="pixel_size_A=0"):
        sample(np.ones((3, 5)), 0, (-4.0, -2.0), positions(PLAIN))

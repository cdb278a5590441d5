from __future__ import annotations

import numpy as np
import pytest

from samiam.errors import InputError
from simulate.procedural.recording import count_electrons, scan_jitter


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("dose", [0.5, 10.0, 1000.0])
def test_counts_are_poisson_distributed_at_the_dose(dose: float) -> None:
    image = np.tile([1.0, 3.0], (200, 200))  # of mean 2: half the pixels expect dose / 2, half 3 · dose / 2
    counts = count_electrons(rng(), image, dose)
    np.testing.assert_array_equal(counts, counts.round())
    for column, expected in ((0, dose / 2), (1, 1.5 * dose)):
        pixels = counts[:, column::2]
        standard_error = np.sqrt(expected / pixels.size)
        assert pixels.mean() == pytest.approx(expected, abs=4 * standard_error)
        assert pixels.var() == pytest.approx(expected, rel=4 * np.sqrt(2.5 / pixels.size) + 0.01)


def test_the_dose_does_not_depend_on_the_unit_of_the_image() -> None:
    image = rng().random((20, 30))
    np.testing.assert_array_equal(count_electrons(rng(), image, 50.0), count_electrons(rng(), 4 * image, 50.0))


def test_dark_pixels_count_nothing() -> None:
    image = np.zeros((8, 8))
    image[3, 4] = 1
    assert set(np.flatnonzero(count_electrons(rng(), image, 100.0))) == {3 * 8 + 4}


def test_jitter_moves_each_line_along_x() -> None:
    ramp = np.tile(np.arange(200.0), (400, 1))
    shifts = scan_jitter(rng(), ramp, 0.7) - ramp
    inner = shifts[:, 5:-5]
    np.testing.assert_allclose(inner, np.broadcast_to(inner[:, :1], inner.shape), atol=1e-9)
    assert inner[:, 0].std() == pytest.approx(0.7, rel=0.1)
    assert inner[:, 0].mean() == pytest.approx(0, abs=0.15)
    assert abs(np.corrcoef(inner[:-1, 0], inner[1:, 0])[0, 1]) < 0.15


def test_jitter_leaves_constant_lines_alone() -> None:
    lines = np.tile(rng().random((50, 1)), (1, 30))
    np.testing.assert_allclose(scan_jitter(rng(), lines, 2.0), lines, atol=1e-12)


def test_no_jitter_leaves_the_image_alone() -> None:
    image = rng().random((9, 7))
    np.testing.assert_array_equal(scan_jitter(rng(), image, 0.0), image)


@pytest.mark.parametrize("dose", [0.0, -1.0, float("nan")])
def test_impossible_doses(dose: float) -> None:
    with pytest.raises(InputError, match=f"a dose of {dose} counts a pixel") as caught:
        count_electrons(rng(), np.ones((3, 3)), dose)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("image", [np.zeros((3, 3)), np.array([[1.0, -0.1]]), np.full((2, 2), np.nan)])
def test_images_that_cannot_be_counted(image: np.ndarray) -> None:
    with pytest.raises(InputError, match="nowhere negative and not all dark"):
        count_electrons(rng(), image, 10.0)


def test_impossible_jitter() -> None:
    with pytest.raises(InputError, match=r"a scan jitter of -0.1 px is impossible"):
        scan_jitter(rng(), np.ones((3, 3)), -0.1)

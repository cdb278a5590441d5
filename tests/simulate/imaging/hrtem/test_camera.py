from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import fft

from samiam.errors import InputError
from simulate.imaging.hrtem import Camera, counted, expected_spectrum, image_of

EXTENT_A = 20.0
SHARP = Camera(contrast=1.0, mtf_nyquist=1.0)


def fringes(cycles: int, n_px: int = 100, amplitude: float = 0.5) -> NDArray[np.complex64]:
    """Spectrum of an image of mean 2 with fringes along x."""
    x = np.arange(n_px) / n_px
    return fft.rfft2(np.broadcast_to(2 + 2 * amplitude * np.cos(2 * np.pi * cycles * x), (n_px, n_px))).astype(
        np.complex64
    )


def amplitude_of(image: NDArray[np.float32], cycles: int) -> float:
    return float(2 * abs(fft.rfft(image[0])[cycles]) / image.shape[1])


def test_the_mean_is_one_and_contrast_is_scaled() -> None:
    camera = Camera(contrast=0.3, mtf_nyquist=1.0)
    image = image_of(expected_spectrum(fringes(1), EXTENT_A, 0.2, camera), 100)
    assert image.mean() == pytest.approx(1.0, rel=1e-5)
    assert amplitude_of(image, 1) == pytest.approx(0.3 * 0.5, rel=1e-2)


def test_mtf_at_the_highest_frequency() -> None:
    """At 0.98 of it: 1 / (1 + 3 · 0.98²) = 0.258 of the camera, times sinc 0.49 = 0.649 of its pixels."""
    camera = Camera(contrast=1.0, mtf_nyquist=0.25)
    image = image_of(expected_spectrum(fringes(49), EXTENT_A, 0.2, camera), 100)
    assert amplitude_of(image, 49) == pytest.approx(0.5 * 0.258 * 0.649, rel=0.01)


def test_what_pixels_cannot_show_does_not_alias() -> None:
    image = image_of(expected_spectrum(fringes(30), EXTENT_A, 0.5, SHARP), 40)
    np.testing.assert_allclose(image, 1.0, atol=1e-5)


def test_drift_by_a_period_wipes_fringes_out_along_it_only() -> None:
    for angle, left in ((0.0, 0.0), (90.0, 1.0)):
        camera = Camera(contrast=1.0, mtf_nyquist=1.0, drift_A=2.0, drift_deg=angle)
        image = image_of(expected_spectrum(fringes(10), EXTENT_A, 0.2, camera), 100)
        still = image_of(expected_spectrum(fringes(10), EXTENT_A, 0.2, SHARP), 100)
        assert amplitude_of(image, 10) == pytest.approx(left * amplitude_of(still, 10), abs=1e-4)


def test_vibration_is_a_gaussian() -> None:
    camera = Camera(contrast=1.0, mtf_nyquist=1.0, vibration_A=0.5)
    image = image_of(expected_spectrum(fringes(10), EXTENT_A, 0.2, camera), 100)
    still = image_of(expected_spectrum(fringes(10), EXTENT_A, 0.2, SHARP), 100)
    expected = np.exp(-2 * (np.pi * 0.5 * 10 / EXTENT_A) ** 2)
    assert amplitude_of(image, 10) / amplitude_of(still, 10) == pytest.approx(expected, rel=1e-3)


def test_counts_are_poisson() -> None:
    camera = Camera(dose_e_per_A2=400.0)
    counts = counted(np.random.default_rng(0), np.full((300, 300), 0.5, np.float32), 0.5, camera)
    assert counts.mean() == pytest.approx(50, rel=0.01)
    assert counts.var() == pytest.approx(50, rel=0.02)


def test_readout_adds_its_variance() -> None:
    camera = Camera(dose_e_per_A2=400.0, readout_e=10.0)
    counts = counted(np.random.default_rng(0), np.full((300, 300), 0.5, np.float32), 0.5, camera)
    assert counts.var() == pytest.approx(150, rel=0.02)


def test_neighbours_share_counts() -> None:
    expected = np.ones((200, 200), np.float32)
    counts = counted(np.random.default_rng(0), expected, 0.5, Camera(spread_px=0.6)) - 125
    lag = float((counts[:, 1:] * counts[:, :-1]).mean() / counts.var())
    assert lag == pytest.approx(0.5, abs=0.05)  # exp(-1 / (4 · 0.6²))


def test_same_seed_same_counts() -> None:
    expected = np.ones((20, 20), np.float32)
    one, other = (counted(np.random.default_rng(3), expected, 0.4, Camera(readout_e=1.0)) for _ in range(2))
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("wrong", [{"dose_e_per_A2": -1.0}, {"contrast": 0.0}, {"mtf_nyquist": 1.5}, {"drift_A": -1}])
def test_impossible_cameras(wrong: dict[str, float]) -> None:
    (name,) = wrong
    with pytest.raises(InputError, match=rf"^{name}="):
        Camera(**wrong)


def test_an_impossible_pixel() -> None:
    with pytest.raises(InputError, match="pixel_A=0"):
        expected_spectrum(fringes(1), EXTENT_A, 0.0, SHARP)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import fft

from samiam.errors import InputError
from simulate.imaging.hrtem import Lens, image_of, intensity_spectrum, transfer
from simulate.imaging.hrtem.spectra import real_resized, resized
from simulate.imaging.stem import wavelength_A

EXTENT_A = 40.0


def grating(period_A: float, phase: float, n_px: int = 100) -> NDArray[np.complex64]:
    """A weak phase object along x, (1, n, n)."""
    x = np.arange(n_px) * EXTENT_A / n_px
    wave = np.exp(1j * phase * np.cos(2 * np.pi * x / period_A))
    return np.broadcast_to(wave, (1, n_px, n_px)).astype(np.complex64)


def contrast(waves: NDArray[np.complex64], period_A: float, lens: Lens) -> float:
    """Amplitude of the grating in the image, positive where it is bright at x = 0."""
    spectrum = intensity_spectrum(waves, EXTENT_A, lens)
    n = spectrum.shape[0]
    return float(2 * spectrum[0, round(EXTENT_A / period_A)].real / n**2)


def test_a_weak_phase_object_at_scherzer_defocus_is_dark() -> None:
    """Its contrast is 2 φ sin χ: by hand, -1.889 φ at 3.64 Å for 1.2 mm and 300 kV."""
    wavelength = 0.019687
    defocus = 1.2 * np.sqrt(1.2e7 * wavelength)  # extended Scherzer
    assert defocus == pytest.approx(583.3, abs=0.1)
    k = 11 / EXTENT_A
    chi = np.pi * wavelength * k**2 * (0.5 * 1.2e7 * wavelength**2 * k**2 - defocus)
    lens = Lens(spherical_mm=1.2, defocus_A=defocus, focal_spread_A=0.0)
    found = contrast(grating(1 / k, 0.01), 1 / k, lens) / 0.01
    assert found == pytest.approx(2 * np.sin(chi), rel=1e-3)
    assert found == pytest.approx(-1.889, abs=0.001)


def test_in_focus_a_phase_object_is_invisible() -> None:
    assert contrast(grating(4.0, 0.01), 4.0, Lens(focal_spread_A=0.0)) == pytest.approx(0, abs=1e-6)


def test_over_and_underfocus_are_each_others_negative() -> None:
    waves = grating(4.0, 0.01)
    under, over = (contrast(waves, 4.0, Lens(defocus_A=sign * 200.0)) for sign in (1, -1))
    assert under < 0 < over
    assert under == pytest.approx(-over, rel=1e-3)


def test_focal_spread_is_the_mean_over_defocus() -> None:
    """Of a weak object, whose image is linear: the mean of a Gauss–Hermite sum of sharp images."""
    waves, sigma = grating(2.5, 0.01), 40.0
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    sharp = [contrast(waves, 2.5, Lens(defocus_A=100.0 + sigma * x, focal_spread_A=0.0)) for x in nodes]
    mean = float(np.dot(weights, sharp) / weights.sum())
    assert contrast(waves, 2.5, Lens(defocus_A=100.0, focal_spread_A=sigma)) == pytest.approx(mean, rel=1e-3)


def test_a_crystal_on_axis_is_no_darker_than_the_mean_over_defocus() -> None:
    """A strong grating in a disc, where the direct beam is weak: the envelopes alone would lose a tenth of it."""
    n = 150
    at = (np.arange(n) - n / 2) * EXTENT_A / n
    inside = np.hypot(at, at[:, None]) < 15.0
    waves = np.exp(1j * 1.2 * inside * np.cos(2 * np.pi * at / 1.44)).astype(np.complex64)[None]
    sigma = 40.0
    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    sharp = [intensity_spectrum(waves, EXTENT_A, Lens(defocus_A=sigma * x, focal_spread_A=0.0)) for x in nodes]
    mean = image_of(np.tensordot(weights / weights.sum(), np.array(sharp), 1).astype(np.complex64), n)
    ours = image_of(intensity_spectrum(waves, EXTENT_A, Lens(focal_spread_A=sigma)), n)
    core = np.hypot(at, at[:, None]) < 5.0
    through = fft.ifft2(fft.fft2(waves[0]) * transfer(n, EXTENT_A, Lens(focal_spread_A=sigma)))
    assert (np.abs(through) ** 2)[core].mean() < 0.9
    assert ours[core].mean() == pytest.approx(mean[core].mean(), abs=0.03)


def test_convergence_is_the_mean_over_directions_of_the_beam() -> None:
    """A tilted beam shifts the image by the gradient of χ: the mean of a Gaussian of shifts, in one dimension."""
    defocus, semi_angle, k = 400.0, 0.5e-3, 0.4
    shift_A = defocus * wavelength_A(300.0) * k  # for each rad, over the wavelength
    expected = np.exp(-((np.pi * semi_angle * shift_A / wavelength_A(300.0)) ** 2))
    ratio = transfer(100, EXTENT_A, Lens(defocus_A=defocus, focal_spread_A=0.0, convergence_mrad=0.5))[0, 16]
    assert abs(ratio) == pytest.approx(expected, rel=1e-3)


def test_astigmatism_is_two_foci() -> None:
    """Along φ12 it takes from the defocus, across it adds."""
    bent = transfer(64, EXTENT_A, Lens(defocus_A=100.0, astigmatism_A=30.0, focal_spread_A=0.0))
    along, across = (transfer(64, EXTENT_A, Lens(defocus_A=focus, focal_spread_A=0.0)) for focus in (70.0, 130.0))
    np.testing.assert_allclose(bent[0], along[0], atol=1e-4)
    np.testing.assert_allclose(bent[:, 0], across[:, 0], atol=1e-4)


def test_astigmatism_turns_with_its_angle() -> None:
    turned = transfer(64, EXTENT_A, Lens(astigmatism_A=30.0, astigmatism_deg=90.0))
    straight = transfer(64, EXTENT_A, Lens(astigmatism_A=30.0))
    np.testing.assert_allclose(turned, straight.T, atol=1e-4)


@pytest.mark.slow
def test_transfer_is_that_of_abtem() -> None:
    import abtem

    lens = Lens(
        defocus_A=350.0,
        spherical_mm=0.6,
        astigmatism_A=25.0,
        astigmatism_deg=20.0,
        focal_spread_A=30.0,
        convergence_mrad=0.3,
    )
    theirs = abtem.CTF(
        energy=300e3,
        C30=0.6e7,
        C12=25.0,
        phi12=np.deg2rad(20.0),
        defocus=350.0,
        focal_spread=30.0 * np.sqrt(2),  # theirs is where it has fallen to 1/e
        angular_spread=0.3,
        gpts=128,
        extent=EXTENT_A,
    )
    kernel = np.asarray(theirs._evaluate_kernel())
    np.testing.assert_allclose(transfer(128, EXTENT_A, lens), kernel.T, atol=2e-3)


@pytest.mark.parametrize("focal_spread_A", [0.0, 60.0])
def test_electrons_are_neither_lost_nor_made(focal_spread_A: float) -> None:
    rng = np.random.default_rng(0)
    waves = np.exp(1j * rng.normal(0, 0.3, (2, 51, 51))).astype(np.complex64)
    spectrum = intensity_spectrum(waves, EXTENT_A, Lens(defocus_A=300.0, focal_spread_A=focal_spread_A))
    assert spectrum[0, 0].real / spectrum.shape[0] ** 2 == pytest.approx(1.0, rel=1e-3)


def test_a_coarse_image_is_that_of_all_frequencies() -> None:
    """What is not worked out for few pixels is what they cannot show."""
    rng = np.random.default_rng(1)
    waves = np.exp(1j * rng.normal(0, 0.5, (1, 60, 60))).astype(np.complex64)
    lens = Lens(defocus_A=100.0)
    all_of_it, enough = (intensity_spectrum(waves, EXTENT_A, lens, least) for least in (0, 40))
    assert enough.shape[0] < all_of_it.shape[0]
    np.testing.assert_allclose(image_of(enough, 40), image_of(all_of_it, 40), atol=1e-4)


def test_configurations_are_averaged_as_intensities() -> None:
    one, other = grating(4.0, 0.4), grating(5.0, 0.4)
    lens = Lens(defocus_A=200.0)
    mean = (intensity_spectrum(one, EXTENT_A, lens) + intensity_spectrum(other, EXTENT_A, lens)) / 2
    both = intensity_spectrum(np.concatenate([one, other]), EXTENT_A, lens)
    np.testing.assert_allclose(both, mean, atol=0.02)  # of 40,000 at zero


@given(st.integers(8, 40), st.integers(8, 40))
def test_resizing_there_and_back_loses_what_the_smaller_cannot_hold(n: int, other: int) -> None:
    image = np.random.default_rng(n).normal(size=(n, n)).astype(np.float32)
    there = resized(fft.fft2(image), other)
    if other > n:
        back = fft.ifft2(resized(there, n)).real
        lost = fft.ifft2(resized(fft.fft2(image), n)).real  # the highest frequency of even numbers
        np.testing.assert_allclose(back, lost, atol=1e-4)
    half = real_resized(fft.rfft2(image), other)
    np.testing.assert_allclose(fft.irfft2(half, s=(other, other)), fft.ifft2(there).real, atol=1e-4)


def test_refusals() -> None:
    with pytest.raises(InputError, match=r"give configurations of square waves"):
        intensity_spectrum(np.zeros((4, 4), np.complex64), EXTENT_A, Lens())
    with pytest.raises(InputError, match=r"focal_spread_A=-1"):
        Lens(focal_spread_A=-1.0)

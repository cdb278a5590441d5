from __future__ import annotations

import numpy as np
import pytest
from made_waves import EXTENT_A, FRINGE_A, made_wave

from samiam.errors import InputError
from simulate.particles import ParticleConditions, picture

CLEAR = ParticleConditions(
    defocus_A=(100.0, 100.0),
    spherical_mm=(0.001, 0.001),
    astigmatism_A=(0.0, 0.0),
    focal_spread_A=(15.0, 15.0),
    convergence_mrad=(0.0, 0.0),
    dose_e_per_A2=(1e6, 1e6),
    contrast=(1.0, 1.0),
    mtf_nyquist=(1.0, 1.0),
    drift_A=(0.0, 0.0),
    vibration_A=(0.0, 0.0),
    spread_px=(0.0, 0.0),
    unevenness=(0.0, 0.0),
)


def test_same_seed_same_bytes() -> None:
    one, other, third = (picture(made_wave(), seed=seed, shape_hw=(60, 50)) for seed in (4, 4, 5))
    assert one.micrograph.pixels.tobytes() == other.micrograph.pixels.tobytes()
    assert one.masks.packed.tobytes() == other.masks.packed.tobytes()
    assert one.particles == other.particles
    assert one.micrograph.pixels.tobytes() != third.micrograph.pixels.tobytes()


def test_pictures_of_one_wave_are_of_one_specimen() -> None:
    scenes = [picture(made_wave(), seed=seed) for seed in range(3)]
    assert {scene.specimen for scene in scenes} == {"made"}
    assert len({scene.micrograph.name for scene in scenes}) == 3
    assert len({scene.micrograph.pixel_size_nm for scene in scenes}) == 3


def test_shape_and_pixel_size_are_those_asked_for() -> None:
    scene = picture(made_wave(), seed=1, shape_hw=(70, 64), pixel_size_nm=0.04)
    assert scene.micrograph.shape_hw == (70, 64)
    assert scene.micrograph.pixel_size_nm == pytest.approx(0.04)
    assert scene.micrograph.pixels.dtype == np.float32
    uneven = picture(made_wave(), seed=1, pixel_size_nm=0.0333).micrograph.pixel_size_nm
    assert uneven == pytest.approx(EXTENT_A / 10 / round(EXTENT_A / 0.333))


def test_fringes_are_where_the_mask_is_and_as_wide_as_they_are() -> None:
    """The disc has the area that it was made with; within it the strongest frequency is that of the fringes."""
    scene = picture(made_wave("none", phase=0.1), CLEAR, seed=2, pixel_size_nm=0.04)
    mask, pixels = scene.masks[0], scene.micrograph.pixels
    assert mask.sum() * 0.4**2 == pytest.approx(np.pi * 12.0**2, rel=0.02)
    inside = np.where(mask, pixels - pixels[mask].mean(), 0)
    spectrum = np.abs(np.fft.rfft2(inside, (512, 512)))
    row, column = np.unravel_index(np.argmax(spectrum), spectrum.shape)
    frequency = np.hypot(np.fft.fftfreq(512, 0.4)[row], np.fft.rfftfreq(512, 0.4)[column])
    assert 1 / frequency == pytest.approx(FRINGE_A, rel=0.02)
    assert pixels[mask].std() > 5 * pixels[~mask].std()


def test_a_particle_that_the_window_leaves_out_is_not_in_the_truth() -> None:
    small = made_wave(radius_A=3.0)
    scenes = [picture(small, seed=seed, shape_hw=(8, 8), pixel_size_nm=0.04) for seed in range(12)]
    counts = [len(scene.particles) for scene in scenes]
    assert set(counts) == {0, 1}
    assert all(len(scene.masks) == len(scene.particles) for scene in scenes)


def test_a_fault_is_more_visible_at_a_higher_dose_and_none_where_there_is_none() -> None:
    faint = ParticleConditions(dose_e_per_A2=(100.0, 100.0))
    bright = ParticleConditions(dose_e_per_A2=(1600.0, 1600.0))
    one, other = (picture(made_wave(), conditions, seed=3).particles[0] for conditions in (faint, bright))
    assert other.fault_d_prime == pytest.approx(4 * one.fault_d_prime, rel=1e-3)
    assert other.fringe_d_prime == pytest.approx(4 * one.fringe_d_prime, rel=1e-3)
    assert picture(made_wave("none"), bright, seed=3).particles[0].fault_d_prime == 0.0


def test_what_the_edge_cuts_off_does_not_count() -> None:
    """The part that is shown has less to tell by."""
    conditions = ParticleConditions(dose_e_per_A2=(500.0, 500.0))
    whole = picture(made_wave(), conditions, seed=3, pixel_size_nm=0.04).particles[0]
    cut = [picture(made_wave(), conditions, seed=seed, pixel_size_nm=0.04, shape_hw=(40, 40)) for seed in range(6)]
    shares = [scene.masks.areas[0] / (np.pi * 30.0**2) for scene in cut]
    assert min(shares) < 0.6
    faults = [scene.particles[0].fault_d_prime for scene in cut]
    assert max(faults) < whole.fault_d_prime
    least = int(np.argmin(shares))
    assert cut[least].particles[0].fringe_d_prime < 0.9 * whole.fringe_d_prime


def test_half_the_contrast_is_half_as_visible() -> None:
    """Nearly: the noise is that of the mean, and so slightly of the contrast too."""
    full, half = (ParticleConditions(dose_e_per_A2=(500.0, 500.0), contrast=(c, c)) for c in (0.8, 0.4))
    one, other = (picture(made_wave(), conditions, seed=3).particles[0] for conditions in (full, half))
    assert one.fault_d_prime == pytest.approx(2 * other.fault_d_prime, rel=0.05)


def test_what_is_not_measured_is_not_a_number() -> None:
    (particle,) = picture(made_wave(), seed=0, d_prime=False).particles
    assert np.isnan(particle.fault_d_prime)
    assert np.isnan(particle.fringe_d_prime)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"shape_hw": (500, 20)}, r"shape_hw=\(500, 20\): made shows 80 × 80 pixels of 0.04 nm"),
        ({"shape_hw": (0, 20)}, r"shape_hw=\(0, 20\)"),
        ({"pixel_size_nm": -1.0}, "pixel_size_nm=-1"),
        ({"pixel_size_nm": 2.0}, "pixel_size_nm=2"),
    ],
)
def test_pictures_that_cannot_be(wanted: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        picture(made_wave(), **{"pixel_size_nm": 0.04, **wanted})


@pytest.mark.parametrize("wrong", [{"dose_e_per_A2": (-1, 5)}, {"contrast": (0.5, 1.2)}, {"defocus_A": (600, 20)}])
def test_conditions_that_cannot_be(wrong: dict[str, tuple[float, float]]) -> None:
    (name,) = wrong
    with pytest.raises(InputError, match=f"^{name}="):
        ParticleConditions(**wrong)

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from simulate.imaging.hrtem import Camera, Lens, expected_spectrum, image_of, intensity_spectrum
from simulate.particles import VISIBLE, WaveLibrary, picture, read_waves
from simulate.particles.multislice import stored_px
from simulate.particles.settings import SpecimenRanges, WaveSettings
from simulate.particles.tasks import WaveTask
from simulate.particles.visibility import fault_d_prime
from simulate.particles.waves import SHIPPED

SPLITS = ("train", "val", "test", "materials", "physics", "carbon")


@pytest.fixture(scope="module")
def libraries() -> dict[str, WaveLibrary]:
    return {split: read_waves(split=split) for split in SPLITS}


def test_files_are_small() -> None:
    sizes = [path.stat().st_size for path in SHIPPED.rglob("*.safetensors")]
    assert max(sizes) < 5e6
    assert sum(sizes) < 35e6


def test_no_specimen_is_in_two_splits(libraries: dict[str, WaveLibrary]) -> None:
    names = [wave.specimen for waves in libraries.values() for wave in waves]
    assert len(set(names)) == len(names)
    assert all(wave.split == split for split, waves in libraries.items() for wave in waves)


def test_what_is_called_unseen_is(libraries: dict[str, WaveLibrary]) -> None:
    for split in ("train", "val", "test", "carbon"):
        for wave in libraries[split]:
            assert {particle.material for particle in wave.particles} <= {"Au"}
            assert wave.energy_kV == 300.0
            assert wave.parameters["carbon_nm"] <= 8.0
            assert wave.waves.shape == (1, stored_px(wave.extent_A), stored_px(wave.extent_A))
            assert wave.parameters["settings"] == WaveSettings().__dict__
    others = {particle.material for wave in libraries["materials"] for particle in wave.particles}
    assert "Au" not in others
    assert len(others) >= 2
    for wave in libraries["physics"]:
        assert (wave.energy_kV, len(wave.waves)) == (200.0, 8)
        assert wave.parameters["carbon_nm"] >= 9.0
    assert not any(wave.particles for wave in libraries["carbon"])


def test_what_ships_is_what_the_command_makes(libraries: dict[str, WaveLibrary]) -> None:
    gold, box = SpecimenRanges(), WaveSettings()
    made: dict[str, tuple[SpecimenRanges, WaveSettings]] = {
        **dict.fromkeys(("train", "val", "test"), (gold, box)),
        "materials": (SpecimenRanges(materials=("Ag", "Pt", "CdSe")), box),
        "physics": (
            SpecimenRanges(carbon_nm=(9.0, 13.0)),
            WaveSettings(energy_kV=200.0, phonons=8, box_nm=12.0),
        ),
        "carbon": (SpecimenRanges(n_particles=(0, 0)), box),
    }
    for split, waves in libraries.items():
        for number, wave in enumerate(waves):
            assert wave.parameters["key"] == WaveTask(split, number, *made[split]).key


def test_particles_of_all_kinds_are_there(libraries: dict[str, WaveLibrary]) -> None:
    particles = [particle for waves in libraries.values() for wave in waves for particle in wave.particles]
    assert {particle.stacking for particle in particles} == {"none", "fault", "twin", "several"}
    assert {particle.view for particle in particles} == {"110", "zone", "random"}


def test_pictures_have_visible_and_invisible_faults(libraries: dict[str, WaveLibrary]) -> None:
    waves = [wave for wave in libraries["train"][:4] if wave.differences]
    seen = [
        particle.fault_d_prime
        for wave in waves
        for seed in range(3)
        for particle in picture(wave, seed=seed).particles
        if particle.stacking != "none"
    ]
    assert min(seen) < VISIBLE < max(seen)


def test_d_prime_predicts_what_an_observer_who_knows_both_tells_apart(libraries: dict[str, WaveLibrary]) -> None:
    """Log-likelihoods of counts under the picture with and without the fault are Φ(d′/2) of the time on its side.

    Here by the pictures' own noise: 400 exposures of the noise-free images, at a dose where d′ is 1.5.
    """
    wave = next(wave for wave in libraries["train"] if wave.differences)
    n = stored_px(wave.extent_A) * 2
    pixel_A = wave.extent_A / n
    camera = Camera(dose_e_per_A2=1.0)
    images = [
        image_of(expected_spectrum(intensity_spectrum(w, wave.extent_A, Lens(), n), wave.extent_A, pixel_A, camera), n)
        for w in (wave.waves, wave.fault_free)
    ]
    index = next(i for i, particle in enumerate(wave.particles) if particle.stacking != "none")
    at = (np.arange(n) + 0.5) * pixel_A
    mask = wave.particles[index].outline.sampled(at, at)
    unshifted = np.sqrt((((images[0] - images[1]) ** 2 / images[0])[mask]).sum() * pixel_A**2)
    best = fault_d_prime(*images, mask, pixel_A, 1.0)
    assert best <= unshifted * 1.001
    dose = (1.5 / unshifted) ** 2
    rng = np.random.default_rng(0)
    means = [image[mask].astype(np.float64) * dose * pixel_A**2 for image in images]
    counts = rng.poisson(means[0], (400, mask.sum()))
    likelier = (counts * np.log(means[0] / means[1])).sum(axis=1) - (means[0] - means[1]).sum()
    assert (likelier > 0).mean() == pytest.approx(norm.cdf(1.5 / 2), abs=0.05)

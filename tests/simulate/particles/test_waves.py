from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_waves import made_wave

from samiam.errors import InputError
from simulate.particles import ExitWave, picture, read_waves


@pytest.mark.parametrize(("precision", "off"), [("float16", 1e-3), ("int8", 6e-3)])
def test_what_was_saved_is_read(precision: str, off: float, tmp_path: Path) -> None:
    wave = made_wave()
    wave.save(tmp_path / "wave.safetensors", precision)  # type: ignore[arg-type]
    again = ExitWave.load(tmp_path / "wave.safetensors")
    assert np.abs(again.waves - wave.waves).max() < off
    changed, before = again.waves - again.fault_free, wave.waves - wave.fault_free
    assert np.abs(changed - before).max() < 1e-3  # the difference keeps its digits
    (particle,), (told,) = again.particles, wave.particles
    assert (particle.stacking, particle.tilt_deg, particle.diameter_nm) == ("twin", 0.0, told.diameter_nm)
    np.testing.assert_array_equal(particle.reflections_per_A, told.reflections_per_A)
    np.testing.assert_array_equal(particle.outline.mask, told.outline.mask)
    assert (again.specimen, again.split, again.parameters) == (wave.specimen, wave.split, wave.parameters)


def test_a_particle_without_a_fault(tmp_path: Path) -> None:
    made_wave("none").save(tmp_path / "wave.safetensors")
    again = ExitWave.load(tmp_path / "wave.safetensors")
    assert np.isnan(again.particles[0].tilt_deg)
    assert np.array_equal(again.fault_free, again.waves)


def test_eight_bits_are_enough_for_a_picture(tmp_path: Path) -> None:
    """What they change is less than a tenth of the noise of the largest dose."""
    wave = made_wave(phase=0.5)
    wave.save(tmp_path / "wave.safetensors", "int8")
    seen = [picture(one, seed=3, pixel_size_nm=0.04) for one in (wave, ExitWave.load(tmp_path / "wave.safetensors"))]
    one, other = (scene.particles[0] for scene in seen)
    assert other.fault_d_prime == pytest.approx(one.fault_d_prime, rel=0.01)
    assert other.fringe_d_prime == pytest.approx(one.fringe_d_prime, rel=0.01)


def test_folders_of_splits(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for name in ("b", "a"):
            replace(made_wave(), specimen=name, split=split).save(tmp_path / split / f"{name}.safetensors")
    (tmp_path / "val" / ".c-partial.safetensors").write_bytes(b"half")
    assert [wave.specimen for wave in read_waves(tmp_path, "val")] == ["a", "b"]
    everything = read_waves(tmp_path)
    assert len(everything) == 4
    assert len(everything[1:]) == 3
    assert everything[-1].split == "val"


def test_where_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no exit waves; `python -m simulate particles"):
        read_waves(tmp_path)
    made_wave().save(tmp_path / "train" / "a.safetensors")
    with pytest.raises(InputError, match="has no exit waves of split 'vall'; it has train"):
        read_waves(tmp_path, "vall")


@pytest.mark.parametrize("damage", ["missing", "cut", "foreign"])
def test_what_is_no_wave(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "wave.safetensors"
    if damage == "cut":
        made_wave().save(path)
        path.write_bytes(path.read_bytes()[:2000])
    if damage == "foreign":
        weights = Path(__file__).parents[3] / "samiam" / "weights" / "fenet_lattices.safetensors"
        shutil.copy(weights, path)
    with pytest.raises(InputError, match="no exit wave of particles") as caught:
        ExitWave.load(path)
    assert "\n" not in str(caught.value)

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from made_waves import made_wave
from scipy import ndimage

from samiam.errors import InputError
from simulate.cli import main
from simulate.particles import SpecimenRanges, WaveSettings, build, picture, read_waves
from simulate.particles.build import build_waves
from simulate.particles.tasks import WaveTask, simulate_wave
from simulate.particles.waves import ExitWave

RANGES = SpecimenRanges(n_particles=(1, 2), diameter_nm=(2.0, 2.5), carbon_nm=(1.0, 1.5), faulted=1.0, edge_on=1.0)
SETTINGS = WaveSettings(box_nm=6.4)


def test_a_stopped_run_goes_on(scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = tmp_path / "done"

    def counted(task: WaveTask, *_: object) -> ExitWave:  # pickled on its way to the worker
        with done.open("a") as file:
            file.write(f"{task.number} ")
        return replace(made_wave(), specimen=task.name, parameters={"key": task.key})

    monkeypatch.setattr(build, "simulate_wave", counted)
    build_waves(tmp_path, "val", 2, RANGES, SETTINGS, scheduler=scheduler)
    paths = build_waves(tmp_path, "val", 3, RANGES, SETTINGS, scheduler=scheduler)
    assert sorted(done.read_text().split()) == ["0", "1", "2"]
    assert [path.stem for path in paths] == [f"val-0-{number:05d}" for number in range(3)]
    assert len(read_waves(tmp_path, "val")) == 3
    with pytest.raises(InputError, match="was made with other settings"):
        build_waves(tmp_path, "val", 3, RANGES, WaveSettings(box_nm=7.0), scheduler=scheduler)


def test_splits_and_seeds_make_other_specimens() -> None:
    names = {WaveTask(split, 0, RANGES, WaveSettings(seed=seed)).name for split in ("train", "val") for seed in (0, 1)}
    assert len(names) == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--material", "Xx"], "unknown material 'Xx'"),
        (["--material", "missing.cif"], "missing.cif: no such file"),
        (["--range", "carbon_nm", "9", "x"], "takes a condition and two numbers"),
        (["--range", "carbon", "9", "13"], "has no setting 'carbon'; did you mean 'carbon_nm'?"),
        (["--range", "diameter_nm", "9", "2"], "diameter_nm=(9, 2)"),
        (["--set", "phonon=8"], "has no setting 'phonon'; did you mean 'phonons'?"),
        (["--set", "energy_kV=300000"], "energy_kV=300000"),
        (["--split", "../x"], "split '../x'"),
        pytest.param(
            ["--device", "gpu"], "needs CuPy", marks=pytest.mark.skipif(bool(find_spec("cupy")), reason="has CuPy")
        ),
    ],
)
def test_bad_input_of_the_command(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["particles", str(tmp_path / "waves"), *words]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1
    assert not list(tmp_path.rglob("*.safetensors"))


@pytest.fixture(scope="module")
def simulated() -> ExitWave:
    return simulate_wave(WaveTask("test", 1, RANGES, SETTINGS))


@pytest.mark.slow
def test_a_simulated_wave(simulated: ExitWave) -> None:
    assert simulated.waves.shape == (1, 160, 160)
    intensity = np.abs(simulated.waves[0]) ** 2
    assert 0.9 < intensity.mean() < 1.0
    assert simulated.particles
    at = (np.arange(160) + 0.5) * 0.4
    masks = [particle.outline.sampled(at, at) for particle in simulated.particles]
    strong = ndimage.gaussian_filter(np.abs(np.angle(simulated.waves[0] / simulated.waves[0].mean())), 3)
    inside = np.any(masks, axis=0)
    assert strong[inside].mean() > 1.3 * strong[~inside].mean()


@pytest.mark.slow
def test_the_same_task_makes_the_same_bytes(simulated: ExitWave) -> None:
    again = simulate_wave(WaveTask("test", 1, RANGES, SETTINGS))
    assert again.waves.tobytes() == simulated.waves.tobytes()


@pytest.mark.slow
def test_a_fault_changes_the_wave_in_its_particle_alone(simulated: ExitWave) -> None:
    changed = np.abs(simulated.waves - simulated.fault_free)[0]
    assert changed.max() > 0.1
    at = (np.arange(160) + 0.5) * 0.4
    near = np.zeros((160, 160), bool)
    for particle in simulated.particles:
        near |= ndimage.binary_dilation(particle.outline.sampled(at, at), iterations=16)
    assert (changed[~near] ** 2).sum() < 1e-3 * (changed**2).sum()


@pytest.mark.slow
def test_edge_on_faults_are_seen_in_good_pictures(simulated: ExitWave) -> None:
    scenes = [picture(simulated, seed=seed, pixel_size_nm=0.03) for seed in range(4)]
    assert max(particle.fault_d_prime for scene in scenes for particle in scene.particles) > 5


@pytest.mark.slow
def test_atoms_at_rest_scatter_less_between_reflections() -> None:
    ranges = SpecimenRanges(n_particles=(1, 1), diameter_nm=(3.0, 3.0), carbon_nm=(1.0, 1.0), edge_on=1.0)
    still, moving = (simulate_wave(WaveTask("t", 0, ranges, WaveSettings(box_nm=5.0, phonons=n))) for n in (0, 1))
    fast = [np.abs(np.fft.fft2(wave.waves[0] - wave.waves[0].mean())) ** 2 for wave in (still, moving)]
    k = np.fft.fftfreq(fast[0].shape[0], 0.4)
    beyond = np.hypot(k, k[:, None]) > 0.9
    assert np.median(fast[0][beyond]) < 0.8 * np.median(fast[1][beyond])  # reflections are few: they leave no trace


@pytest.mark.slow
def test_waves_of_vibrating_atoms_differ() -> None:
    settings = WaveSettings(box_nm=4.0, phonons=2)
    wave = simulate_wave(WaveTask("test", 0, RANGES, settings))
    assert wave.waves.shape[0] == 2
    assert not np.allclose(wave.waves[0], wave.waves[1], atol=0.01)

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import abtem
import dask
import numpy as np
import pytest
from ase.build import bulk

from samiam.errors import InputError
from simulate.library import crystals
from simulate.library.multislice import simulate, spread_probe
from simulate.library.scans import CrystalScan
from simulate.library.settings import MultisliceSettings
from simulate.library.tasks import Task

UP = (0, 0, 1)
SMALL = MultisliceSettings(
    energies_kV=(300.0,),
    detectors_mrad=(("ADF", 30.0, 60.0), ("BF", 0.0, 15.0)),
    thickness_step_A=4.0,
    thickness_A=8.0,
    phonons=1,
    width_A=7.0,
)


def task(specimen: str, zone: tuple[Any, ...] = (), growth: tuple[Any, ...] = (), **changes: Any) -> Task:
    return Task(specimen, zone, growth, 300.0, 0, replace(SMALL, **changes))


@pytest.mark.parametrize(
    ("specimen", "zone", "operations"), [("SrTiO3", (1, 0, 0), 8), ("SrTiO3", (1, 1, 0), 8), ("Ge", (1, 1, 0), 8)]
)
def test_irreducible_positions_cover_the_cell(specimen: str, zone: tuple[int, int, int], operations: int) -> None:
    scan = CrystalScan(task(specimen, zone, UP))
    n = int(np.prod(scan.shape_xy))
    assert len(scan._orbits) >= operations / 2
    assert n / 16 <= len(scan.irreducible) <= n / 3
    labels = scan.unfolded(np.arange(len(scan.irreducible), dtype=float)[:, None])[0]
    assert set(labels.ravel()) == set(range(len(scan.irreducible)))


def test_probe_positions_are_at_nyquist() -> None:
    scan = CrystalScan(task("Ge", (1, 1, 0), UP))
    steps = scan.extent_A / scan.shape_xy
    assert (steps <= 0.01969 / (4 * 0.022)).all()
    assert (steps > 0.01969 / (4 * 0.022) * 0.8).all()


@pytest.mark.parametrize(
    ("specimen", "zone"), [("SrTiO3", (1, 0, 0)), pytest.param("Ge", (1, 1, 0), marks=pytest.mark.slow)]
)
def test_unfolded_scan_equals_a_scan_of_the_whole_cell(
    monkeypatch: pytest.MonkeyPatch, specimen: str, zone: tuple[int, int, int]
) -> None:
    still = replace(crystals.CRYSTALS[specimen], rms_A=dict.fromkeys(crystals.CRYSTALS[specimen].rms_A, 0.0))
    monkeypatch.setitem(crystals.CRYSTALS, specimen, still)
    here = task(specimen, zone, UP)
    scan = CrystalScan(here)
    unfolded = scan.unfolded(simulate(here))

    supercell = scan.supercell(np.random.default_rng(0))
    probe = abtem.Probe(energy=300e3, semiangle_cutoff=22)
    grid = abtem.GridScan(start=(0, 0), end=tuple(scan.extent_A), gpts=scan.shape_xy, endpoint=False)
    with dask.config.set(scheduler="single-threaded"):
        potential = abtem.Potential(
            supercell.atoms, sampling=here.settings.pixel_A(300.0), slice_thickness=supercell.slice_A, exit_planes=2
        )
        whole = probe.scan(potential, scan=grid, detectors=abtem.AnnularDetector(30, 60), lazy=False).array
    # Columns that project alike begin at different depths, which so thin a specimen shows.
    assert np.corrcoef(unfolded[-1, 0].ravel(), whole[-1].T.ravel())[0, 1] > 0.99
    assert unfolded[-1, 0].mean() == pytest.approx(whole[-1].mean(), rel=0.1)
    if specimen == "SrTiO3":
        np.testing.assert_allclose(unfolded[-1, 0], whole[-1].T, rtol=0.02, atol=2e-5)


def test_more_thickness_scatters_more() -> None:
    collected = simulate(task("SrTiO3", (1, 0, 0), UP))
    assert collected.shape[1:] == (2, 2)
    adf, bright_field = collected.mean(axis=0).T
    assert 0 < adf[0] < adf[1] < 0.1
    assert 0.3 < bright_field[1] < bright_field[0] < 0.9


def test_heavier_films_scatter_more() -> None:
    carbon, germanium = (simulate(task(film)).mean(axis=0)[-1, 0] for film in ("amorphous C", "amorphous Ge"))
    assert 2 < germanium / carbon < 32 / 6 * 3


def test_a_task_draws_its_own_vibrations() -> None:
    first, again = (simulate(task("Ge", (1, 1, 0), UP)) for _ in range(2))
    np.testing.assert_allclose(first, again, rtol=1e-4)
    other = simulate(replace(task("Ge", (1, 1, 0), UP), phonon=1))
    assert not np.allclose(first, other, rtol=0.05)


def test_keys_tell_parameters_apart() -> None:
    tasks = [
        task("Ge", (1, 1, 0), UP),
        task("Ge", (1, 0, 0), UP),
        task("SrTiO3", (1, 0, 0), UP),
        task("Ge", (1, 1, 0), UP, slice_A=1.0),
        replace(task("Ge", (1, 1, 0), UP), phonon=1),
        replace(task("Ge", (1, 1, 0), UP), energy_kV=200.0),
    ]
    assert len({each.key for each in tasks}) == len(tasks)


def test_another_cif_of_the_same_name_is_another_task(tmp_path: Path) -> None:
    keys = set()
    for lattice_A in (4.0, 4.1, 4.0):
        bulk("Po", "sc", a=lattice_A).write(tmp_path / "mine.cif")
        keys.add(task(str(tmp_path / "mine.cif"), (1, 0, 0), UP).key)
    assert len(keys) == 2


def test_the_spread_probe_is_normalised_and_widens() -> None:
    radii_A = 0.1 * np.arange(300)
    profiles = spread_probe(SMALL, 300.0, radii_A, np.array([10.0, 200.0]))
    rings = 2 * np.pi * radii_A * 0.1
    rings[0] = np.pi * 0.05**2
    total = profiles @ rings
    np.testing.assert_allclose(total, 1, rtol=0.05)
    width = np.sqrt((profiles * radii_A**2) @ rings)
    assert width[1] > 1.5 * width[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sampling_A": 0.2}, "sampling_A=0.2: a detector to 60 mrad lies beyond the"),
        ({"phonons": 0}, "phonons=0: give a whole number, 1 or more"),
        ({"thickness_A": -1.0}, "thickness_A=-1.0: give a number above 0"),
        ({"detectors_mrad": (("ADF", 60.0, 30.0),)}, "detectors_mrad: ADF from 60 to 30 mrad is impossible"),
    ],
)
def test_unusable_settings(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as raised:
        replace(SMALL, **changes)
    assert str(raised.value).startswith(words)

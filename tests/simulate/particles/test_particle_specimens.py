from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

from samiam.errors import InputError
from simulate.particles.atoms.carbon import carbon_film
from simulate.particles.settings import SpecimenRanges, WaveSettings
from simulate.particles.specimens import Specimen, draw_specimen

BOX = WaveSettings(box_nm=7.0)
MANY = SpecimenRanges(n_particles=(4, 6), diameter_nm=(2.0, 3.0), carbon_nm=(1.0, 1.5), touching=1.0)
NO_VIBRATION = np.zeros(120)


@pytest.fixture(scope="module")
def specimen() -> Specimen:
    return draw_specimen("made", MANY, BOX)


def test_carbon_has_its_density_and_distances() -> None:
    atoms = carbon_film(60.0, 30.0, np.random.default_rng(0))
    assert len(atoms) == round(0.100 * 60 * 60 * 30)
    distances, _ = KDTree(atoms, boxsize=[60, 60, 30]).query(atoms, k=2)
    assert distances[:, 1].min() >= 1.35
    layers, _ = np.histogram(atoms[:, 2], 6, (0, 30))
    assert layers.std() < 0.05 * layers.mean()


def test_nothing_is_nearer_than_atoms_can_be(specimen: Specimen) -> None:
    assert len(specimen.particles) >= 3
    atoms = specimen.placement(range(len(specimen.particles) + 1), NO_VIBRATION, None)
    distances, _ = KDTree(atoms.positions_A).query(atoms.positions_A, k=2)
    assert distances[:, 1].min() > 1.3
    metal = atoms.positions_A[atoms.numbers == 79]
    carbon = atoms.positions_A[atoms.numbers == 6]
    assert KDTree(metal).query(carbon)[0].min() > 2.2


def test_particles_sit_on_the_film_and_everything_in_the_box(specimen: Specimen) -> None:
    atoms = specimen.placement(range(len(specimen.particles) + 1), NO_VIBRATION, None)
    assert (atoms.positions_A >= 0).all()
    assert (atoms.positions_A <= specimen.box_A).all()
    low, high = specimen.carbon_A[:, 2].min(), specimen.carbon_A[:, 2].max()
    for index in range(len(specimen.particles)):
        z = specimen.lattice(index).positions[:, 2]
        assert z.min() < high + 3
        assert z.max() > low - 3


def test_without_faults_the_film_and_whole_particles_stay(specimen: Specimen) -> None:
    faulted = [n for n, placed in enumerate(specimen.particles) if placed.body.fault_free]
    assert faulted
    for n in range(len(specimen.particles)):
        one, other = (specimen.lattice(n, fault_free=flag).positions for flag in (False, True))
        assert np.array_equal(one, other) == (n not in faulted)


def test_atoms_beside_the_fault_vibrate_alike_with_and_without_it() -> None:
    ranges = SpecimenRanges(n_particles=(1, 1), diameter_nm=(2.5, 2.5), carbon_nm=(1.0, 1.0), faulted=1.0)
    alone = next(
        one
        for one in (draw_specimen(f"s{n}", ranges, BOX) for n in range(20))
        if one.particles and one.particles[0].body.stacking == "fault"
    )
    rms_A = np.full(120, 0.1)
    rest = [alone.placement([1], NO_VIBRATION, None, fault_free=flag).positions_A for flag in (False, True)]
    moved = [alone.placement([1], rms_A, 5, fault_free=flag).positions_A for flag in (False, True)]
    distances, partner = KDTree(rest[1]).query(rest[0])
    same = distances < 1e-9
    assert 0.2 < same.mean() < 1
    np.testing.assert_allclose(moved[0][same], moved[1][partner[same]], atol=1e-12)
    assert np.std(moved[0] - rest[0]) == pytest.approx(0.1, rel=0.1)


def test_a_name_and_a_seed_make_one_specimen(specimen: Specimen) -> None:
    again = draw_specimen("made", MANY, BOX)
    assert again.carbon_A.tobytes() == specimen.carbon_A.tobytes()
    assert draw_specimen("other", MANY, BOX).carbon_nm != specimen.carbon_nm
    assert draw_specimen("made", MANY, WaveSettings(box_nm=7.0, seed=1)).carbon_nm != specimen.carbon_nm


def test_nothing_but_carbon() -> None:
    empty = draw_specimen("empty", SpecimenRanges(n_particles=(0, 0), carbon_nm=(1.0, 1.0)), WaveSettings(box_nm=5.0))
    assert empty.particles == []
    assert set(empty.placement([0], NO_VIBRATION, None).numbers.tolist()) == {6}


def test_materials_without_close_packed_planes_have_no_faults() -> None:
    ranges = SpecimenRanges(materials=("CdSe",), n_particles=(3, 3), diameter_nm=(2, 3), faulted=1.0)
    assert {p.body.stacking for p in draw_specimen("cdse", ranges, BOX).particles} <= {"fault", "twin", "several"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"materials": ("Xx",)}, "unknown material 'Xx'"),
        ({"n_particles": (3, 1)}, "n_particles="),
        ({"diameter_nm": (0.1, 2.0)}, "diameter_nm="),
        ({"faulted": 1.5}, "faulted=1.5"),
    ],
)
def test_refusals(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw_specimen("x", SpecimenRanges(**wrong), BOX)

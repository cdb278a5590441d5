from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.data import atomic_masses, atomic_numbers, chemical_symbols
from scipy.spatial import KDTree

from samiam.errors import InputError
from simulate.particles.atoms.materials import CUBIC, MATERIALS, AnyCrystal, material_of

ORIGIN = np.zeros(3)


def neighbours(positions: np.ndarray, distance_A: float, inner_A: float) -> np.ndarray:
    """How many nearest neighbours each inner atom has."""
    tree = KDTree(positions)
    inner = np.linalg.norm(positions, axis=1) < inner_A
    return np.array([len(found) - 1 for found in tree.query_ball_point(positions[inner], 1.05 * distance_A)])


@pytest.mark.parametrize("name", ["Au", "Ag", "Pt"])
@pytest.mark.parametrize("steps", [[1] * 12, [-1] * 12, [1] * 5 + [-1] + [1] * 6, [1] * 6 + [-1] * 6])
def test_atoms_of_metals_have_twelve_neighbours_however_planes_lie(name: str, steps: list[int]) -> None:
    metal = MATERIALS[name]
    whole = metal.lattice(14.0, np.array(steps, np.int8), ORIGIN)
    assert set(neighbours(whole.positions, metal.neighbour_A, 9.0)) == {12}


@pytest.mark.parametrize("steps", [[1] * 12, [1] * 5 + [-1] + [1] * 6, [1] * 6 + [-1] * 6])
def test_bonds_of_zinc_blende_are_four_whatever_the_stacking(steps: list[int]) -> None:
    semiconductor = MATERIALS["CdSe"]
    whole = semiconductor.lattice(18.0, np.array(steps, np.int8), ORIGIN)
    inner = np.linalg.norm(whole.positions, axis=1) < 12
    pairs = KDTree(whole.positions).query_ball_point(whole.positions[inner], 1.05 * semiconductor.neighbour_A)
    assert {len(found) for found in pairs} == {5}
    assert all(len({*whole.numbers[found].tolist()}) == 2 for found in pairs)


def test_planes_all_alike_are_the_crystal_of_ase() -> None:
    """Turned by `CUBIC`, which says how the cubic axes lie in the frame of the planes."""
    gold = MATERIALS["Au"]
    ours = gold.lattice(12.0, np.ones(14, np.int8), ORIGIN).positions
    cubic = bulk("Au", "fcc", a=gold.cubic_A, cubic=True) * (8, 8, 8)
    middle = np.argmin(np.linalg.norm(cubic.positions - cubic.positions.mean(axis=0), axis=1))
    theirs = (cubic.positions - cubic.positions[middle]) @ CUBIC.T
    theirs = theirs[np.linalg.norm(theirs, axis=1) < 11.0]
    distances, _ = KDTree(ours).query(theirs)
    assert distances.max() < 1e-6
    assert len(theirs) == (np.linalg.norm(ours, axis=1) < 11.0).sum()


def test_density_is_that_of_the_crystal() -> None:
    whole = MATERIALS["Au"].lattice(25.0, np.ones(30, np.int8), ORIGIN)
    expected = 4 / 4.0782**3 * 4 / 3 * np.pi * 25**3
    assert len(whole.numbers) == pytest.approx(expected, rel=0.02)


G_PER_CM3 = {
    "Au": 19.3, "Ag": 10.5, "Pt": 21.4, "Pd": 12.0, "Cu": 8.94, "Ni": 8.91, "Al": 2.70, "Rh": 12.4, "Pb": 11.3,
    "CdSe": 5.66, "CdTe": 5.85, "ZnS": 4.09, "InP": 4.81, "GaAs": 5.32, "Si": 2.33, "PbS": 7.60, "PbSe": 8.27,
    "MgO": 3.58, "NiO": 6.75, "CeO2": 7.21, "ZrO2": 6.27, "Fe": 7.87, "Co": 8.90, "ZnO": 5.67, "TiO2": 3.89,
    "Fe3O4": 5.20,
}  # fmt: skip
"""Densities as handbooks have them."""


@pytest.mark.parametrize("name", MATERIALS)
def test_every_material_is_as_dense_as_handbooks_say(name: str) -> None:
    material = MATERIALS[name]
    is_cell = isinstance(material, AnyCrystal)
    numbers = material.numbers if is_cell else [atomic_numbers[element] for element, _ in material.motif]
    mean_g = atomic_masses[numbers].mean() / 6.02214e23
    assert mean_g / (material.atom_A3 * 1e-24) == pytest.approx(G_PER_CM3[name], rel=0.015)
    assert set(material.rms_A) == {chemical_symbols[number] for number in np.unique(numbers)}


@pytest.mark.parametrize(
    ("name", "numbers"),
    [("Fe", {8}), ("Co", {12}), ("MgO", {6}), ("PbSe", {6}), ("ZrO2", {4, 8}), ("ZnO", {4}), ("Si", {4})],
)
def test_nearest_neighbours(name: str, numbers: set[int]) -> None:
    material = MATERIALS[name]
    whole = material.lattice(14.0, np.ones(16, np.int8), ORIGIN)
    assert set(neighbours(whole.positions, material.neighbour_A, 9.0)) == numbers


def test_gold_vibrates_as_the_debye_model_says() -> None:
    """B = 8π² u² = 0.62 Å² at room temperature (Peng et al., Acta Cryst. A 52, 456 (1996))."""
    assert 8 * np.pi**2 * MATERIALS["Au"].rms_A["Au"] ** 2 == pytest.approx(0.62, abs=0.05)


CIF = """data_salt
_cell_length_a 5.64
_cell_length_b 5.64
_cell_length_c 5.64
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'F m -3 m'
loop_
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na 0 0 0
Cl 0.5 0.5 0.5
"""


def test_any_cif(tmp_path: Path) -> None:
    path = tmp_path / "salt.cif"
    path.write_text(CIF)
    salt = material_of(str(path))
    assert isinstance(salt, AnyCrystal)
    assert salt.neighbour_A == pytest.approx(2.82)
    whole = salt.lattice(15.0, np.ones(0, np.int8), ORIGIN)
    assert set(neighbours(whole.positions, 2.82, 11.0)) == {6}
    assert (whole.numbers == 11).sum() == pytest.approx(len(whole.numbers) / 2, rel=0.05)


def test_unknown_materials(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown material 'Auu'; did you mean 'Au'\?"):
        material_of("Auu")
    broken = tmp_path / "broken.cif"
    broken.write_text("no crystal")
    with pytest.raises(InputError, match="not a readable CIF"):
        material_of(str(broken))

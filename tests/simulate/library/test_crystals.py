from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import write
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import KDTree

from samiam.errors import InputError
from simulate.library.crystals import (
    CRYSTALS,
    FILMS,
    Crystal,
    Direction,
    amorphous,
    columns,
    crystal,
    from_cif,
    orient,
    sites_in,
    substitute,
)

AVOGADRO_PER_A3 = 0.602214  # mol/cm³ → 1/Å³
VIEWS: tuple[tuple[Direction, Direction], ...] = (((1, 0, 0), (0, 0, 1)), ((1, 1, 0), (0, 0, 1)))


@pytest.mark.parametrize(
    ("name", "g_per_cm3"),
    [
        ("SrTiO3", 5.12),
        ("LaFeO3", 6.64),
        ("LaMnO3", 6.57),
        ("SrNbO3", 5.82),
        ("WO3", 7.28),
        ("Ge", 5.32),
        ("Pt", 21.45),
    ],
)
def test_density_is_that_of_the_textbook(name: str, g_per_cm3: float) -> None:
    atoms = CRYSTALS[name].atoms
    density = atoms.get_masses().sum() / atoms.get_volume() / AVOGADRO_PER_A3
    assert density == pytest.approx(g_per_cm3, rel=0.02)


@pytest.mark.parametrize(("name", "bond_A"), [("Ge", 2.450), ("Pt", 2.774), ("SrTiO3", 1.9525)])
def test_nearest_neighbours(name: str, bond_A: float) -> None:
    distances = (CRYSTALS[name].atoms * (2, 2, 2)).get_all_distances(mic=True)
    assert distances[distances > 0].min() == pytest.approx(bond_A, abs=2e-3)


@pytest.mark.parametrize("name", CRYSTALS)
def test_atoms_lie_in_their_cell(name: str) -> None:
    places = CRYSTALS[name].atoms.get_scaled_positions(wrap=False)
    assert ((places >= 0) & (places < 1)).all()


@pytest.mark.parametrize("name", CRYSTALS)
@pytest.mark.parametrize("view", VIEWS)
def test_an_oriented_cell_is_orthogonal_and_as_dense(name: str, view: tuple[Direction, Direction]) -> None:
    unit = CRYSTALS[name]
    oriented = orient(unit, *view)
    assert np.allclose(oriented.cell.angles(), 90)
    assert len(oriented) / oriented.get_volume() == pytest.approx(len(unit.atoms) / unit.atoms.get_volume())
    in_columns = sum(sum(column.atoms_per_repeat) for column in columns(unit, oriented))
    assert in_columns == len(oriented)


def test_axes_are_right_handed() -> None:
    places = [(0, 0, 0), (0.1, 0.2, 0.3)]
    lopsided = Atoms("TiO", scaled_positions=places, cell=[4.0, 5.0, 6.0], pbc=True)
    unit = made_up("lopsided", lopsided)
    x, y, z = np.diff(orient(unit, (0, 0, 1), (0, 1, 0)).positions, axis=0)[0]
    assert (x, y, z) == pytest.approx((0.4, 1.0, 1.8))
    x, y, z = np.diff(orient(unit, (1, 0, 0), (0, 0, 1)).positions, axis=0)[0]
    assert (x, y, z) == pytest.approx((1.0, 1.8, 0.4))


def made_up(name: str, atoms: Atoms) -> Crystal:
    elements = set(atoms.get_chemical_symbols())
    return Crystal(name, atoms, {e: e for e in elements}, dict.fromkeys(elements, 0.08), "made up")


def test_germanium_dumbbells() -> None:
    found = columns(CRYSTALS["Ge"], orient(CRYSTALS["Ge"], (1, 1, 0), (0, 0, 1)))
    xy = np.array([(c.x_A, c.y_A) for c in found])
    assert sorted(np.round(np.linalg.norm(xy - xy[0], axis=1), 2))[1] == 1.41
    assert {c.site for c in found} == {"Ge"}


@pytest.mark.parametrize(
    ("view", "expected"),
    [(VIEWS[0], {"A": 1, "BO": 1, "O": 2}), (VIEWS[1], {"AO": 2, "B": 2, "O": 2})],
)
def test_perovskite_columns(view: tuple[Direction, Direction], expected: dict[str, int]) -> None:
    sites = [column.site for column in columns(CRYSTALS["SrTiO3"], orient(CRYSTALS["SrTiO3"], *view))]
    assert {site: sites.count(site) for site in sites} == expected


def test_an_octahedral_site_is_in_the_middle_of_its_neighbours() -> None:
    found = columns(CRYSTALS["SrTiO3"], orient(CRYSTALS["SrTiO3"], (1, 0, 0), (0, 0, 1)))
    at = {c.site: np.array([c.x_A, c.y_A]) for c in found}
    assert np.allclose(np.abs(at["A"] - at["BO"]), 3.905 / 2)


@pytest.mark.parametrize(
    ("site", "expected"),
    [("A", ("A",)), ("AO", ("A", "O")), ("BO", ("B", "O")), ("SiO", ("Si", "O")), ("CO", ("C", "O"))],
)
def test_sites_of_a_column(site: str, expected: tuple[str, ...]) -> None:
    assert sites_in(site) == expected


@given(st.lists(st.sampled_from(["A", "B", "O", "Sr", "Ti", "C", "Co", "N", "Nb", "Os"]), min_size=1, max_size=5))
def test_joined_sites_come_apart_again(sites: list[str]) -> None:
    assert list(sites_in("".join(sites))) == sites


def test_a_cif_comes_back(tmp_path: Path) -> None:
    write(tmp_path / "mine.cif", CRYSTALS["SrTiO3"].atoms)
    unit = crystal(str(tmp_path / "mine.cif"))
    assert unit.name == "mine"
    assert unit.sites == {"Sr": "Sr", "Ti": "Ti", "O": "O"}
    assert {c.site for c in columns(unit, orient(unit, (1, 0, 0), (0, 0, 1)))} == {"Sr", "OTi", "O"}


def test_bad_crystals(tmp_path: Path) -> None:
    (tmp_path / "bad.cif").write_text("nothing of the kind")
    with pytest.raises(InputError, match=r"unknown crystal 'Unobtainium'; known are SrTiO3"):
        crystal("Unobtainium")
    with pytest.raises(InputError, match=r"none.cif: no such file"):
        crystal(str(tmp_path / "none.cif"))
    with pytest.raises(InputError, match=r"bad.cif: not a readable CIF"):
        crystal(str(tmp_path / "bad.cif"))


def test_partly_occupied_sites_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "part.cif", CRYSTALS["SrTiO3"].atoms)
    lines = (tmp_path / "part.cif").read_text().splitlines()
    text = "\n".join(line.replace("1.0000", "0.5000") if line.strip().startswith("Sr ") else line for line in lines)
    (tmp_path / "part.cif").write_text(text)
    with pytest.raises(InputError, match="partly occupied; give the end member"):
        from_cif(tmp_path / "part.cif")


def test_directions_that_do_not_work() -> None:
    with pytest.raises(InputError, match="span no plane"):
        orient(CRYSTALS["Ge"], (1, 1, 0), (2, 2, 0))
    oblique = Atoms("Ge", cell=[[4, 0, 0], [1.1, 5, 0], [0.7, 0.9, 6]], pbc=True)
    with pytest.raises(InputError, match="no orthogonal cell"):
        orient(made_up("oblique", oblique), (0, 0, 1), (0, 1, 0))


def test_coinciding_atoms_are_refused() -> None:
    twice = Atoms("Ge2", positions=np.zeros((2, 3)), cell=[4, 5, 6], pbc=True)
    with pytest.raises(InputError, match="no primitive cell can be found"):
        orient(made_up("twice", twice), (0, 0, 1), (0, 1, 0))


def test_substitution() -> None:
    many = CRYSTALS["SrTiO3"].atoms * (12, 12, 12)
    doped = substitute(many, "Sr", "La", 0.2, np.random.default_rng(0))
    counts = {element: int((np.asarray(doped.symbols) == element).sum()) for element in ("Sr", "La", "Ti", "O")}
    assert counts["Sr"] + counts["La"] == counts["Ti"] == counts["O"] / 3 == 1728
    assert counts["La"] == pytest.approx(0.2 * 1728, abs=4 * np.sqrt(1728 * 0.16))
    assert "La" not in many.get_chemical_symbols()
    with pytest.raises(InputError, match=r"doped fraction of 1\.2"):
        substitute(many, "Sr", "La", 1.2, np.random.default_rng(0))
    with pytest.raises(InputError, match="no Ba to be replaced"):
        substitute(many, "Ba", "La", 0.2, np.random.default_rng(0))


@pytest.mark.parametrize("name", FILMS)
def test_films_are_as_dense_as_they_should_be(name: str) -> None:
    film, box_A = FILMS[name], (50.0, 40.0, 45.0)
    atoms = amorphous(film, box_A, np.random.default_rng(0))
    assert len(atoms) / np.prod(box_A) == pytest.approx(
        film.atoms_per_A3, rel=0.12 if film.grain_A else 1e-3
    )  # grains meet with gaps
    distances = KDTree(atoms.positions % box_A, boxsize=box_A).query(atoms.positions % box_A, k=2)[0][:, 1]
    assert distances.min() >= film.closest_A
    again = amorphous(film, box_A, np.random.default_rng(0))
    assert np.array_equal(again.positions, atoms.positions)

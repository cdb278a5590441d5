from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ase.io import write

from samiam.errors import InputError
from simulate.library.crystals import CRYSTALS, FILMS
from simulate.library.materials import MATERIALS, Dopant, Material, material


def test_every_material_is_made_of_what_is_known() -> None:
    for name, found in MATERIALS.items():
        assert material(name) is found
        assert found.host is None or found.host in CRYSTALS
        assert all(film in FILMS for film, _ in found.films)


def test_vegard() -> None:
    assert MATERIALS["La0.8Sr0.2FeO3"].lattice_A == pytest.approx(0.8 * 3.9306 + 0.2 * 3.850, abs=1e-4)


def test_an_unknown_material_is_named() -> None:
    with pytest.raises(InputError, match=r"unknown material 'STO'; did you mean 'SrTiO3'. Known are SrTiO3"):
        material("STO")


def test_a_cif_can_be_a_host(tmp_path: Path) -> None:
    write(tmp_path / "mine.cif", CRYSTALS["SrTiO3"].atoms)
    found = Material("mine", str(tmp_path / "mine.cif"), (Dopant("Ti", str(tmp_path / "mine.cif"), 0.1),))
    assert found.views["100"] == ((1, 0, 0), (0, 0, 1))
    with pytest.raises(InputError, match="no site 'B'; it has Sr, Ti, O"):
        Material("mine", str(tmp_path / "mine.cif"), (Dopant("B", "SrNbO3", 0.1),))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"host": "Kryptonite", "dopants": (Dopant("A", "LaFeO3", 0.1),)}, "host: unknown crystal 'Kryptonite'"),
        ({"host": "Kryptonite"}, "host: unknown crystal 'Kryptonite'"),
        ({"host": "SrTiO3", "dopants": (Dopant("A", "Kryptonite", 0.1),)}, "dopants: unknown crystal 'Kryptonite'"),
        (
            {"host": "SrTiO3", "dopants": (Dopant("X", "LaFeO3", 0.1),)},
            "dopants: SrTiO3 has no site 'X'; it has A, B",
        ),
        ({"host": "SrTiO3", "dopants": (Dopant("A", "WO3", 0.1),)}, "dopants: WO3 has no site 'A'; it has B, O"),
        ({"host": "SrTiO3", "dopants": (Dopant("A", "LaFeO3", 0.7),) * 2}, "dopants: those of mine take 1.4 of site A"),
        ({"dopants": (Dopant("A", "LaFeO3", 0.1),)}, "dopants: mine is not crystalline; it cannot be doped"),
        ({"films": (("amorphous Si", 1.0),)}, "films: mine has an unknown film 'amorphous Si'; known are amorphous C"),
        (
            {"films": (("amorphous C", 0.0),)},
            "films=(('amorphous C', 0.0),): give a list, each a list of",
        ),
        ({"films": (("amorphous C", 0.8), ("amorphous Ge", 0.4))}, "films: those of mine fill 1.2 of the volume"),
        (
            {"host": "Ge", "films": (("amorphous C", 0.8),)},
            "films: mine has a host; a layer is a crystal or films",
        ),
        ({"host": "Ge", "lattice_A": 0.0}, "lattice_A=0.0: give a number above 0"),
    ],
)
def test_impossible_materials(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        Material("mine", **given)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("fraction", [1.1, -0.1])
def test_impossible_fractions_of_dopants(fraction: float) -> None:
    with pytest.raises(InputError, match=f"fraction={fraction}: give a number from 0 to 1"):
        Dopant("A", "LaFeO3", fraction)

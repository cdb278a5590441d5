"""Crystals and films by name: unit cells, thermal vibrations, densities, each with its source. All lengths in Å.

Perovskites are described by their pseudo-cubic cell: octahedral tilts and Jahn–Teller distortions, which HAADF images
along <100> hardly show, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.build import bulk

from samiam.errors import InputError


@dataclass(frozen=True, eq=False)
class Crystal:
    """A crystal at room temperature.

    Attributes:
        name: as in `CRYSTALS`, or a CIF's name.
        atoms: one unit cell, periodic.
        sites: the crystallographic site of each element, for example {"Sr": "A", "Ti": "B", "O": "O"}; crystals with
            the same sites can mix.
        rms_A: root mean square thermal displacement of each element along one axis.
        source: where lattice parameters and displacements are from.
    """

    name: str
    atoms: Atoms
    sites: Mapping[str, str]
    rms_A: Mapping[str, float]
    source: str


@dataclass(frozen=True)
class Film:
    """An amorphous or nanocrystalline film.

    Attributes:
        name: as in `FILMS`.
        element: what it consists of.
        atoms_per_A3: number density.
        closest_A: smallest distance between atoms.
        grain_A: mean diameter of its crystals, None where it is amorphous.
        source: where the density is from.
    """

    name: str
    element: str
    atoms_per_A3: float
    closest_A: float
    grain_A: float | None
    source: str


_PEROVSKITE_RMS_A = {"A": 0.0887, "B": 0.0746, "O": 0.0963}  # source: the next line
_RMS_SOURCE = "displacements: SrTiO3's at the same site, Abramov et al., Acta Cryst. B 51, 942 (1995)"


def _perovskite(name: str, a_A: float, a_site: str | None, b_site: str, source: str) -> Crystal:
    positions = {
        a_site: [(0.0, 0.0, 0.0)],
        b_site: [(0.5, 0.5, 0.5)],
        "O": [(0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)],
    }
    symbols = [element for element, places in positions.items() if element for _ in places]
    scaled = [place for element, places in positions.items() if element for place in places]
    sites = {element: site for element, site in ((a_site, "A"), (b_site, "B"), ("O", "O")) if element}
    rms_A = {element: _PEROVSKITE_RMS_A[site] for element, site in sites.items()}
    atoms = Atoms(symbols, scaled_positions=scaled, cell=[a_A] * 3, pbc=True)
    return Crystal(name, atoms, sites, rms_A, f"{source}; {_RMS_SOURCE}")


def _elemental(name: str, structure: str, a_A: float, rms_A: float, source: str) -> Crystal:
    return Crystal(name, bulk(name, structure, a=a_A, cubic=True), {name: name}, {name: rms_A}, source)


def _pseudo_cubic_A(volume_A3: float, formula_units: int) -> float:
    return float(np.cbrt(volume_A3 / formula_units))


CRYSTALS: dict[str, Crystal] = {
    crystal.name: crystal
    for crystal in (
        _perovskite("SrTiO3", 3.905, "Sr", "Ti", "Okazaki & Kawaminami, Mater. Res. Bull. 8, 545 (1973)"),
        _perovskite(
            "LaFeO3",
            _pseudo_cubic_A(5.557 * 5.5652 * 7.8542, 4),
            "La",
            "Fe",
            "Pbnm cell of Marezio & Dernier, Mater. Res. Bull. 6, 23 (1971)",
        ),
        _perovskite(
            "LaMnO3",
            _pseudo_cubic_A(5.5367 * 5.7473 * 7.6929, 4),
            "La",
            "Mn",
            "Pbnm cell of Rodríguez-Carvajal et al., Phys. Rev. B 57, R3189 (1998)",
        ),
        _perovskite(
            "SrFeO3", 3.850, "Sr", "Fe", "cubic cell of MacChesney, Sherwood & Potter, J. Chem. Phys. 43, 1907 (1965)"
        ),
        _perovskite("SrNbO3", 4.024, "Sr", "Nb", "Ridgley & Ward, J. Am. Chem. Soc. 77, 6132 (1955)"),
        _perovskite(
            "WO3",
            _pseudo_cubic_A(7.306 * 7.540 * 7.692 * np.sin(np.deg2rad(90.881)), 8),
            None,
            "W",
            "monoclinic cell of Loopstra & Rietveld, Acta Cryst. B 25, 1420 (1969), as its pseudo-cubic ReO3 parent",
        ),
        _elemental(
            "Ge",
            "diamond",
            5.6579,
            0.0850,
            "Baker & Hart, Acta Cryst. A 31, 364 (1975); displacement from B = 0.57 Å² (Debye, 290 K), "
            "Batterman & Chipman, Phys. Rev. 127, 690 (1962)",
        ),
        _elemental(
            "Pt", "fcc", 3.9236, 0.0650, "Arblaster, Platinum Met. Rev. 41, 12 (1997); displacement: Debye, 230 K"
        ),
    )
}

FILMS: dict[str, Film] = {
    film.name: film
    for film in (
        Film(
            "amorphous C", "C", 0.100, 1.35, None, "evaporated carbon, 2.0 g/cm³: Robertson, Adv. Phys. 35, 317 (1986)"
        ),
        Film(
            "amorphous Ge",
            "Ge",
            0.0435,
            2.2,
            None,
            "98 % of the crystal's: Etherington et al., J. Non-Cryst. Solids 48, 265 (1982)",
        ),
        Film("nanocrystalline Pt", "Pt", 0.0662, 2.2, 35.0, "crystals of platinum, as in a beam-deposited Pt/C cap"),
    )
}


def substitute(atoms: Atoms, host: str, dopant: str, fraction: float, rng: np.random.Generator) -> Atoms:
    """A copy in which each atom of `host` has become `dopant` with probability `fraction`.

    Raises:
        InputError: if the fraction is not within 0 and 1 or there is no such atom.
    """
    if not 0 <= fraction <= 1:
        raise InputError(f"a doped fraction of {fraction} is impossible; give a number from 0 to 1.")
    is_host = np.asarray(atoms.symbols) == host
    if not is_host.any():
        raise InputError(
            f"there is no {host} to be replaced by {dopant}; the elements are {', '.join(set(atoms.symbols))}."
        )
    doped: Atoms = atoms.copy()
    doped.symbols[is_host & (rng.uniform(size=len(atoms)) < fraction)] = dopant
    return doped

"""What particles are made of. All lengths in Å."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.data import atomic_masses, atomic_numbers
from ase.neighborlist import neighbor_list
from ase.spacegroup import crystal as of_space_group
from numpy.typing import NDArray
from scipy import constants

from samiam.errors import InputError
from samiam.settings import did_you_mean
from simulate.library.crystals import crystal

Floats = NDArray[np.float64]
# The cubic axes in the frame of the planes: x along [1-10], y along [11-2], z along [111].
CUBIC = np.array([[1, -1, 0], [1, 1, -2], [1, 1, 1]]) / np.sqrt([[2], [6], [3]])


@dataclass(frozen=True, eq=False)
class Lattice:
    """Atoms of a crystal around the origin, larger than the particle that is cut from it.

    Attributes:
        numbers: atomic number of each.
        positions: (n, 3).
        labels: of each atom; with and without a fault, an atom of one plane and row has the same.
    """

    numbers: NDArray[np.int64]
    positions: Floats
    labels: NDArray[np.int64]

    def inside(self, is_inside: NDArray[np.bool_]) -> Lattice:
        """Some of the atoms."""
        return Lattice(self.numbers[is_inside], self.positions[is_inside], self.labels[is_inside])

    def at(self, positions: Floats) -> Lattice:
        """The atoms elsewhere."""
        return Lattice(self.numbers, positions, self.labels)

    def within(self, radius_A: float) -> Lattice:
        """The atoms within a radius around the origin."""
        return self.inside(np.einsum("nx,nx->n", self.positions, self.positions) < radius_A**2)


def labelled(numbers: NDArray[np.int64], positions: Floats) -> Lattice:
    """Atoms with labels in their order."""
    return Lattice(numbers, positions, np.arange(len(numbers)))


@dataclass(frozen=True, eq=False)
class ClosePacked:
    """A crystal of close-packed planes, in which each plane may go on to either of two hollows of the one below.

    Attributes:
        name: of the material.
        cubic_A: edge of the cubic cell where all planes go on alike.
        motif: the atoms at each point of a plane: element and height above it in distances between planes.
        rms_A: root mean square thermal displacement of each element along one axis.
        source: where the lattice and displacements are from.
    """

    name: str
    cubic_A: float
    motif: tuple[tuple[str, float], ...]
    rms_A: Mapping[str, float]
    source: str

    @property
    def spacing_A(self) -> float:
        """Distance between planes, that of {111}."""
        return float(self.cubic_A / np.sqrt(3))

    @property
    def atom_A3(self) -> float:
        """Volume for each atom."""
        return self.cubic_A**3 / (4 * len(self.motif))

    @property
    def neighbour_A(self) -> float:
        """Distance between nearest atoms."""
        return float(self.cubic_A * (np.sqrt(0.5) if len(self.motif) == 1 else np.sqrt(3) / 4))

    def lattice(self, radius_A: float, steps: NDArray[np.int8], origin: Floats) -> Lattice:
        """All atoms within a radius, in the frame of the planes (z is their normal, x along a close-packed row).

        Args:
            radius_A: around the origin.
            steps: to which hollow each plane but the first goes on, +1 or -1; one for each of 2 n planes, plane n
                passes near the origin.
            origin: (3,), where in the cell the origin lies, in Å.
        """
        row_A = self.cubic_A * np.sqrt(0.5)
        n = int(np.ceil(radius_A / (row_A * np.sqrt(0.75)))) + 2
        i, j = (index.ravel() for index in np.mgrid[-n : n + 1, -n : n + 1])
        plane = np.stack([row_A * (i + 0.5 * j), row_A * np.sqrt(0.75) * j], axis=1)
        hollows = np.cumsum([0, *steps])
        middle = len(steps) // 2
        hollows -= hollows[middle]
        layers = []
        for index, hollow in enumerate(hollows):
            # Modulo 3, the hollows A, B and C: otherwise the planes would walk away.
            shift = (hollow + 1) % 3 - 1
            height = np.full(len(plane), (index - middle) * self.spacing_A)
            layers.append(np.column_stack([plane + np.array([0, shift * row_A / np.sqrt(3)]), height]))
        points = np.concatenate(layers) - origin
        numbers = np.repeat([atomic_numbers[element] for element, _ in self.motif], len(points))
        above = np.array([[0, 0, height * self.spacing_A] for _, height in self.motif])
        return labelled(numbers, (above[:, None] + points).reshape(-1, 3)).within(radius_A)


@dataclass(frozen=True, eq=False)
class AnyCrystal:
    """A crystal by its cell; its planes are not stacked otherwise.

    Attributes:
        name: of the material.
        cell: (3, 3), vectors in rows.
        numbers: atomic number of each atom of the cell.
        positions: of each, (n, 3).
        rms_A: root mean square thermal displacement of each element along one axis.
    """

    name: str
    cell: Floats
    numbers: NDArray[np.int64]
    positions: Floats
    rms_A: Mapping[str, float]

    @cached_property
    def neighbour_A(self) -> float:
        """Distance between nearest atoms."""
        cell = Atoms(self.numbers, positions=self.positions, cell=self.cell, pbc=True)
        return float(neighbor_list("d", cell, 4.0).min(initial=4.0))  # no crystal's nearest atoms are further apart

    @property
    def atom_A3(self) -> float:
        """Volume for each atom."""
        return float(abs(np.linalg.det(self.cell)) / len(self.numbers))

    def lattice(self, radius_A: float, steps: NDArray[np.int8], origin: Floats) -> Lattice:
        """All atoms within a radius, in the frame of the cell; `steps` have no meaning here."""
        del steps
        # As many cells as the slabs between their faces need to reach the radius.
        heights = 1 / np.linalg.norm(np.linalg.inv(self.cell), axis=0)
        counts = np.ceil(radius_A / heights).astype(int) + 1
        cells = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in counts), indexing="ij"), axis=-1).reshape(-1, 3)
        positions = (cells @ self.cell)[:, None] + self.positions - origin
        return labelled(np.tile(self.numbers, len(cells)), positions.reshape(-1, 3)).within(radius_A)


Crystalline = ClosePacked | AnyCrystal


def _crystal(name: str, cell: Atoms, rms_A: Mapping[str, float]) -> AnyCrystal:
    return AnyCrystal(name, cell.cell[:], cell.numbers, cell.positions, rms_A)


def _metal(name: str, cubic_A: float, debye_K: float, source: str) -> ClosePacked:
    return ClosePacked(name, cubic_A, ((name, 0.0),), {name: _debye_rms_A(name, debye_K)}, source)


def _debye_rms_A(element: str, debye_K: float, temperature_K: float = 293.0) -> float:
    """Root mean square displacement along one axis, (3 ħ² T / M k Θ²)^½: Debye's model where T is above Θ."""
    mass = atomic_masses[atomic_numbers[element]] * constants.atomic_mass
    return float(1e10 * constants.hbar / debye_K * np.sqrt(3 * temperature_K / (mass * constants.k)))


def _pairs(name: str, cubic_A: float, rms_A: Mapping[str, float], source: str) -> ClosePacked:
    """Zinc blende, and diamond where there is but one element."""
    first, second = (*rms_A, *rms_A)[:2]
    return ClosePacked(name, cubic_A, ((first, 0.0), (second, 0.75)), rms_A, source)


_NBS = "Swanson & Tatge, NBS Circular 539 I (1953)"
_WYCKOFF = "Wyckoff, Crystal Structures, vol. 1 (1963)"

# Displacements of compounds are of B = 8π² u² as it is usually refined at room temperature: they smear, no more.
_CLOSE_PACKED = (
    _metal("Au", 4.0782, 165, "Maeland & Flanagan, Can. J. Phys. 42, 2364 (1964); Debye temperature 165 K"),
    _metal("Ag", 4.0857, 225, f"{_NBS}; Debye temperature 225 K"),
    _metal("Pt", 3.9236, 230, "Arblaster, Platinum Met. Rev. 41, 12 (1997); Debye temperature 230 K"),
    _metal("Pd", 3.8898, 275, f"{_NBS}; Debye temperature 275 K"),
    _metal("Cu", 3.6150, 315, f"{_NBS}; Debye temperature 315 K"),
    _metal("Ni", 3.5239, 385, f"{_WYCKOFF}; Debye temperature 385 K"),
    _metal("Al", 4.0496, 390, f"{_WYCKOFF}; Debye temperature 390 K"),
    _metal("Rh", 3.8031, 350, f"{_WYCKOFF}; Debye temperature 350 K"),
    _metal("Pb", 4.9505, 87, f"{_WYCKOFF}; Debye temperature 87 K"),
    _pairs("CdSe", 6.052, {"Cd": 0.11, "Se": 0.10}, "Samarth et al., Appl. Phys. Lett. 54, 2680 (1989)"),
    _pairs("CdTe", 6.480, {"Cd": 0.13, "Te": 0.12}, _WYCKOFF),
    _pairs("ZnS", 5.409, {"Zn": 0.10, "S": 0.10}, "Skinner, Am. Mineral. 46, 1399 (1961)"),
    _pairs("InP", 5.8688, {"In": 0.10, "P": 0.09}, _WYCKOFF),
    _pairs("GaAs", 5.6537, {"Ga": 0.09, "As": 0.09}, _WYCKOFF),
    _pairs("Si", 5.4307, {"Si": 0.08}, _WYCKOFF),
)
# The cells of PbS and CeO2 are of NBS Circular 539, I and II, all others of Wyckoff.
_OTHERS = (
    _crystal("PbS", bulk("PbS", "rocksalt", 5.936, cubic=True), {"Pb": 0.13, "S": 0.12}),
    _crystal("PbSe", bulk("PbSe", "rocksalt", 6.1243, cubic=True), {"Pb": 0.13, "Se": 0.12}),
    _crystal("MgO", bulk("MgO", "rocksalt", 4.2112, cubic=True), {"Mg": 0.06, "O": 0.06}),
    _crystal("NiO", bulk("NiO", "rocksalt", 4.1769, cubic=True), {"Ni": 0.07, "O": 0.07}),
    _crystal("CeO2", bulk("CeO2", "fluorite", 5.411, cubic=True), {"Ce": 0.06, "O": 0.07}),
    _crystal("ZrO2", bulk("ZrO2", "fluorite", 5.07, cubic=True), {"Zr": 0.07, "O": 0.09}),
    _crystal("Fe", bulk("Fe", "bcc", 2.8664, cubic=True), {"Fe": 0.07}),
    _crystal("Co", bulk("Co", "hcp", 2.507, c=4.069), {"Co": 0.07}),
    _crystal("ZnO", bulk("ZnO", "wurtzite", 3.2495, c=5.2069), {"Zn": 0.09, "O": 0.09}),
    _crystal(
        "TiO2",  # anatase
        of_space_group(
            ["Ti", "O"], [(0, 0, 0), (0, 0, 0.2066)], spacegroup=141, cellpar=[3.785, 3.785, 9.514, 90, 90, 90]
        ),
        {"Ti": 0.07, "O": 0.08},
    ),
    _crystal(
        "Fe3O4",
        of_space_group(
            ["Fe", "Fe", "O"],
            [(0.125, 0.125, 0.125), (0.5, 0.5, 0.5), (0.2549, 0.2549, 0.2549)],
            spacegroup=227,
            setting=2,
            cellpar=[8.394, 8.394, 8.394, 90, 90, 90],
        ),
        {"Fe": 0.08, "O": 0.09},
    ),
)
MATERIALS: dict[str, Crystalline] = {material.name: material for material in (*_CLOSE_PACKED, *_OTHERS)}


def material_of(name: str) -> Crystalline:
    """A material by name, or of a CIF where the name ends in .cif.

    Raises:
        InputError: if the name is unknown or the CIF cannot be read.
    """
    if name in MATERIALS:
        return MATERIALS[name]
    if not name.lower().endswith(".cif"):
        hint = did_you_mean(name, MATERIALS) or "."
        raise InputError(f"unknown material {name!r}{hint} Known are {', '.join(MATERIALS)}, and any CIF file.")
    read = crystal(name)
    return _crystal(read.name, read.atoms, read.rms_A)

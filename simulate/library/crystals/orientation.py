"""Crystals seen along a zone axis: the oriented cell and its columns of atoms. All lengths in Å."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import spglib
from ase import Atoms
from ase.build import make_supercell
from numpy.typing import NDArray
from scipy.spatial import KDTree

from samiam.errors import InputError
from simulate.library.crystals.table import Crystal

spglib.error.OLD_ERROR_HANDLING = False  # raise errors instead of returning None with a warning

Direction = tuple[int, int, int]

_SAME_COLUMN_A = 0.3  # atoms that project closer than this are one column
_LONGEST = 6  # lattice vectors are sought among sums of up to this many primitive ones
_STRAIN = 0.01  # how far a cell may be from orthogonal before it is refused


@dataclass(frozen=True)
class AtomicColumn:
    """A column of atoms along the beam, in an oriented cell.

    Attributes:
        site: the sites of its atoms, as "A", "BO", "O"; what a response is looked up by.
        elements: its elements, in the same order.
        x_A: position along the first axis, [0, a).
        y_A: position along the second axis, [0, b).
        atoms_per_repeat: atoms of each element in one repeat along the beam.
    """

    site: str
    elements: tuple[str, ...]
    x_A: float
    y_A: float
    atoms_per_repeat: tuple[int, ...]


def orient(crystal: Crystal, zone: Direction, growth: Direction) -> Atoms:
    """The smallest orthogonal cell with the beam along its third and the growth direction along its second axis.

    Args:
        crystal: what to look at.
        zone: direction [uvw] of the beam, in the crystal's own axes.
        growth: direction [uvw] of growth; what of it is along the beam does not count.

    Raises:
        InputError: if the directions are zero or parallel, or no nearly orthogonal cell exists.
    """
    to_cartesian = np.asarray(crystal.atoms.cell)
    beam, up = np.array(zone) @ to_cartesian, np.array(growth) @ to_cartesian
    lateral = np.cross(up, beam)
    if not np.linalg.norm(lateral) > 1e-6:
        raise InputError(f"{crystal.name}: a beam along {list(zone)} and growth along {list(growth)} span no plane.")
    up = np.cross(beam, lateral)
    smallest = primitive(crystal)
    rows = [_shortest_along(np.asarray(smallest.cell), direction) for direction in (lateral, up, beam)]
    if any(row is None for row in rows):
        raise InputError(
            f"{crystal.name}: no orthogonal cell with the beam along {list(zone)} and growth along {list(growth)}; "
            "choose axes at right angles."
        )
    oriented: Atoms = make_supercell(smallest, np.array(rows))
    oriented.set_cell(np.diag(oriented.cell.lengths()), scale_atoms=True)
    oriented.wrap(eps=1e-6)
    return oriented


def primitive(crystal: Crystal) -> Atoms:
    """The primitive cell.

    Raises:
        InputError: if the crystal's atoms have no symmetry that could be found, as where two coincide.
    """
    atoms = crystal.atoms
    places = atoms.get_scaled_positions()
    try:
        found: Any = spglib.find_primitive((atoms.cell[:], places, atoms.numbers))
    except spglib.SpglibError as error:
        message = f"{crystal.name}: no primitive cell can be found ({error}); see whether atoms coincide."
        raise InputError(message) from None
    cell, positions, numbers = found
    return Atoms(numbers, scaled_positions=positions, cell=cell, pbc=True)


def _shortest_along(cell: NDArray[np.float64], direction: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """Integer coefficients of the shortest lattice vector along a direction, None if there is none."""
    coefficients = np.array(list(product(range(-_LONGEST, _LONGEST + 1), repeat=3)))
    vectors = coefficients @ cell
    lengths = np.linalg.norm(vectors, axis=1)
    along = vectors @ direction / np.linalg.norm(direction)
    fits = (lengths > 0) & (along > np.cos(_STRAIN) * lengths)
    return coefficients[fits][np.argmin(lengths[fits])] if fits.any() else None


def columns(crystal: Crystal, oriented: Atoms) -> list[AtomicColumn]:
    """The atomic columns of an oriented cell, from its top left corner."""
    extent = oriented.cell.lengths()[:2]
    xy = np.round(oriented.positions[:, :2], 6) % np.round(extent, 6)
    groups = KDTree(xy, boxsize=extent).query_ball_point(xy, _SAME_COLUMN_A)
    found = []
    for members in sorted({tuple(sorted(group)) for group in groups}):
        symbols = [oriented.symbols[i] for i in members]
        elements = sorted(set(symbols), key=lambda element: crystal.sites[element])
        offsets = (xy[list(members)] - xy[members[0]] + extent / 2) % extent - extent / 2
        x, y = np.round(xy[members[0]] + offsets.mean(axis=0), 6) % np.round(extent, 6)
        site = "".join(crystal.sites[element] for element in elements)
        counts = tuple(symbols.count(element) for element in elements)
        found.append(AtomicColumn(site, tuple(elements), float(x), float(y), counts))
    return found


def sites_in(column_site: str) -> tuple[str, ...]:
    """The sites of a column's atoms: "BO" is ("B", "O"), and "SiO" of a CIF ("Si", "O")."""
    return tuple(re.findall("[A-Z][a-z]*", column_site))

"""Crystals from CIF files. All lengths in Å."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, chemical_symbols
from ase.io.cif import parse_cif
from ase.neighborlist import neighbor_list
from numpy.typing import NDArray

from samiam.errors import InputError
from simulate.library.crystals.symmetry import Operations, operations_of
from simulate.library.crystals.table import CRYSTALS, Crystal

_PLACES = ("_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z")
_LENGTHS = ("_cell_length_a", "_cell_length_b", "_cell_length_c")
_ANGLES = ("_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma")
_MERGED_A = 0.5  # images of one atom that are nearer than this are one, on a special place given with few digits
_SAME_A = 0.05  # places nearer than this are one, written twice
_CLOSEST_A = 0.7  # no two atoms are nearer; H–H, the shortest bond, has 0.74 Å
_MOST_ATOMS = 10_000  # far more than multislice of a cell could take
_FULL = 1e-3  # how far from 1 the occupancy of a full site may be


def crystal(name: str) -> Crystal:
    """A crystal by name, or read from a CIF where the name ends in .cif.

    Raises:
        InputError: if the name is unknown or the CIF cannot be read.
    """
    if name.lower().endswith(".cif"):
        return from_cif(name)
    if name not in CRYSTALS:
        raise InputError(f"unknown crystal {name!r}; known are {', '.join(CRYSTALS)}, and any CIF file.")
    return CRYSTALS[name]


def from_cif(path: str | Path, rms_A: float = 0.08) -> Crystal:
    """Read a crystal from a CIF. Each element is a site of its own.

    Images of an atom under the symmetry that come to lie within 0.5 Å are one atom, in their middle; `source` says how
    far it was moved.

    Args:
        path: the file, of one crystal; sites must be fully occupied, which is what `?` and `.` stand for.
        rms_A: thermal displacement of every element along one axis.

    Raises:
        InputError: if the file is missing or unreadable, has no crystal or several, a site is partly occupied or two
            atoms share one, or the symmetry is missing, unknown, contradictory or leaves open which crystal is meant.
    """
    path = Path(path)
    try:
        atoms, moved_A = _atoms_of(_block(path))
    except InputError as error:
        raise InputError(f"{path}: {error}.") from None
    elements = dict.fromkeys(atoms.get_chemical_symbols())
    moved = f", atoms moved by up to {moved_A:.2f} Å onto special places" if moved_A > _SAME_A / 10 else ""
    return Crystal(
        path.stem, atoms, {e: e for e in elements}, dict.fromkeys(elements, rms_A), f"CIF {path.name}{moved}"
    )


def _block(path: Path) -> Mapping[str, Any]:
    """The entries of the one block with atoms."""
    try:
        with warnings.catch_warnings(), open(path, "rb") as file:
            warnings.simplefilter("error")  # what ase warns of, it has guessed
            blocks = [block for block in parse_cif(file) if _PLACES[0] in block]
    except FileNotFoundError:
        raise InputError("no such file") from None
    except Exception as error:  # ase raises whatever its parser meets
        raise InputError(f"not a readable CIF ({' '.join(str(error).split())[:80]})") from None
    if len(blocks) > 1:
        names = ", ".join(block.name for block in blocks[:5])
        raise InputError(f"several crystals, {names}; keep one of them in the file")
    if not blocks:
        raise InputError("not a readable CIF of a crystal: no atom with fractional coordinates in it")
    return dict(blocks[0])


def _atoms_of(tags: Mapping[str, Any]) -> tuple[Atoms, float]:
    """One unit cell, and by how much at most an atom was moved onto a special place."""
    symbols, places = _sites(tags)
    cell = Atoms(cell=_cell(tags)).cell[:]
    possible = [_repeated(symbols, places, cell, operations) for operations in operations_of(tags, cell)]
    first, moved_A = possible[0]
    if not all(_are_one(first, other) for other, _ in possible[1:]):
        raise InputError("its space group leaves open which crystal is meant; list the symmetry operations in it")
    pairs = neighbor_list("ij", first, _CLOSEST_A)
    if len(pairs[0]):
        one, other = (first.symbols[index[0]] for index in pairs)
        raise InputError(
            f"{one} and {other} lie within {_CLOSEST_A} Å; if they share a site, give the end member, and mix end "
            "members in the scene"
        )
    return first, moved_A


def _sites(tags: Mapping[str, Any]) -> tuple[list[str], NDArray[np.float64]]:
    """Element and fractional coordinates of each listed atom."""
    places = np.array([_numbers(tags, name) for name in _PLACES]).T
    kinds = tags.get("_atom_site_type_symbol")
    labels = _several(tags.get("_atom_site_label") if kinds is None else kinds)
    if len(labels) != len(places):
        raise InputError("its atoms have no elements; give them as _atom_site_type_symbol")
    occupancies = _several(tags.get("_atom_site_occupancy", 1))
    for share in occupancies:
        if share not in ("?", ".") and not (isinstance(share, int | float) and abs(share - 1) <= _FULL):
            raise InputError("sites are partly occupied; give the end member, and mix end members in the scene")
    return [_element(str(label), is_label=kinds is None) for label in labels], places


def _numbers(tags: Mapping[str, Any], name: str) -> list[float]:
    found = _several(tags.get(name))
    if not all(isinstance(value, int | float) and np.isfinite(value) for value in found):
        raise InputError(f"{name} is missing or no number")
    return [float(value) for value in found]


def _several(value: object) -> list[Any]:
    """An entry of one atom or of many; mixed kinds stay as they are."""
    return value if isinstance(value, list) else [value]


def _element(label: str, *, is_label: bool) -> str:
    """The element of `Zn2+`, `ZN` or, as a label, `Zn1`."""
    letters = re.match(r"[A-Za-z]*", label).group()  # type: ignore[union-attr]
    wanted = [letters[:2].capitalize(), letters[:1].upper()]
    found = ["H" if symbol == "D" else symbol for symbol in wanted if symbol in {*chemical_symbols[1:], "D"}]
    if is_label and len(set(found)) > 1 and not letters[1:2].islower():
        raise InputError(f"{label!r} may be {found[0]} or {found[1]}; give elements as _atom_site_type_symbol")
    if not found or (not is_label and letters[:2].capitalize() != found[0] and found[0] != "H"):
        raise InputError(f"{label!r} is no element")
    return found[0]


def _cell(tags: Mapping[str, Any]) -> list[float]:
    """Lengths in Å and angles in degrees."""
    lengths, angles = ([_numbers(tags, name)[0] for name in names] for names in (_LENGTHS, _ANGLES))
    if not all(1 <= length <= 1000 for length in lengths) or not all(10 <= angle <= 170 for angle in angles):
        raise InputError(f"a cell of {lengths} Å and {angles}° is impossible")
    return lengths + angles


def _repeated(
    symbols: Sequence[str], places: NDArray[np.float64], cell: NDArray[np.float64], operations: Operations
) -> tuple[Atoms, float]:
    """All atoms of a unit cell, and by how much at most one was moved."""
    if len(places) * len(operations) > _MOST_ATOMS:
        raise InputError(f"more than {_MOST_ATOMS} atoms in a cell; give a smaller crystal")
    whole, moved_A = Atoms(cell=cell, pbc=True), 0.0
    for symbol, place in zip(symbols, places, strict=True):
        orbit, moved = _orbit(symbol, place, cell, operations)
        same = whole.get_scaled_positions()[whole.numbers == atomic_numbers[symbol]]
        if _distances_A(orbit[:1], same, cell).min(initial=np.inf) > _SAME_A:  # some CIFs list every atom
            whole += Atoms([symbol] * len(orbit), scaled_positions=orbit, cell=cell)
        moved_A = max(moved_A, moved)
    return whole, moved_A


def _orbit(
    symbol: str, place: NDArray[np.float64], cell: NDArray[np.float64], operations: Operations
) -> tuple[NDArray[np.float64], float]:
    """The fractional coordinates (n, 3) that an atom is repeated at, each once, and by how much it was moved."""
    offsets = operations.images(place) - place
    offsets -= np.round(offsets)
    near = np.linalg.norm(offsets @ cell, axis=1) < _MERGED_A
    shift = offsets[near].mean(axis=0)
    images = operations.images(place + shift) % 1
    distinct: list[NDArray[np.float64]] = []
    for image in images:
        if _distances_A(image[None], np.array(distinct).reshape(-1, 3), cell).min(initial=np.inf) > _SAME_A:
            distinct.append(image)
    if len(distinct) * near.sum() != len(operations):
        raise InputError(f"images of {symbol} at {np.round(place, 4).tolist()} nearly coincide; give more digits")
    return np.array(distinct), float(np.linalg.norm(shift @ cell))


def _distances_A(
    places: NDArray[np.float64], others: NDArray[np.float64], cell: NDArray[np.float64]
) -> NDArray[np.float64]:
    offsets = places[:, None] - others[None]
    return np.asarray(np.linalg.norm((offsets - np.round(offsets)) @ cell, axis=2))


def _are_one(first: Atoms, other: Atoms) -> bool:
    """Whether two lists of atoms in one cell are the same crystal, in any order."""
    if sorted(first.symbols) != sorted(other.symbols):
        return False
    places = other.get_scaled_positions()
    return all(
        _distances_A(place[None], places[other.numbers == number], first.cell[:]).min() < _SAME_A
        for number, place in zip(first.numbers, first.get_scaled_positions(), strict=True)
    )

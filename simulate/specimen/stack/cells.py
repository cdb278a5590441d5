"""The projected cell of a crystal, free or strained to the crystal that it grew on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulate.library.crystals import columns, crystal, orient
from simulate.library.entries import entry_name
from simulate.library.materials import Material, View
from simulate.specimen.layers import Specimen

_COHERENT_MISFIT = 0.06  # chosen by hand: with more between lateral periods, films are taken to be relaxed
_PERPENDICULAR = 0.64  # 2 c12/c11, how much a film strained in its plane changes across it: SrTiO3's, rounded
_SAME_GAP = 1e-4  # of a cell: gaps between planes that differ by less are equal

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PlaneCell:
    """The projected cell of a layer's crystal.

    Attributes:
        entry: its name in the library.
        a_A: lateral period.
        c_A: period along the growth direction.
        beam_A: period along the beam.
        simulated_A: that of the library's crystal, which was not strained.
        u: lateral position of each column in cells, counted from half-way between two planes.
        v: its height in cells, counted likewise.
        sites: the kind of each column.
        repeats: atoms of each of its elements that each column has in `beam_A`.
        steps: lowest steps of its surface in a cell: a step is c_A / steps high.
    """

    entry: str
    a_A: float
    c_A: float
    beam_A: float
    simulated_A: float
    u: Floats
    v: Floats
    sites: tuple[str, ...]
    repeats: tuple[int, ...]
    steps: int


@lru_cache(maxsize=64)
def _projected(host: str, zone: tuple[int, int, int], growth: tuple[int, int, int]) -> PlaneCell:
    unit = crystal(host)
    cell = orient(unit, zone, growth)
    a_A, c_A, beam_A = (float(length) for length in cell.cell.lengths())
    found = columns(unit, cell)
    u, v = (_from_mid_plane(places) for places in ([p.x_A / a_A for p in found], [p.y_A / c_A for p in found]))
    sites = tuple(column.site for column in found)
    repeats = tuple(max(column.atoms_per_repeat) for column in found)
    # A centred cell shows the same planes again half a cell higher.
    steps = 2 if _rounded(u, v, sites) == _rounded(u + 0.5, v + 0.5, sites) else 1
    return PlaneCell(entry_name(host, zone, growth), a_A, c_A, beam_A, beam_A, u, v, sites, repeats, steps)


def _from_mid_plane(places: list[float]) -> Floats:
    """Fractions of a cell counted from the middle of the widest gap between planes, the first of equal ones."""
    fractions = np.array(places)
    planes = np.unique(np.round(fractions % 1, 6) % 1)
    gaps = np.diff(np.append(planes, planes[0] + 1))
    widest = int(np.argmax(gaps > gaps.max() - _SAME_GAP))
    return np.asarray((fractions - planes[widest] - gaps[widest] / 2) % 1)


def _rounded(u: Floats, v: Floats, sites: tuple[str, ...]) -> set[tuple[float, float, str]]:
    return {(round(x % 1, 3) % 1, round(y % 1, 3) % 1, site) for x, y, site in zip(u, v, sites, strict=True)}


def plane_cell(material: Material, view: View) -> PlaneCell | None:
    """The projected cell of a material, None where it is not crystalline.

    Raises:
        InputError: if its crystal has no orthogonal cell in this view.
    """
    if material.host is None:
        return None
    cell = _projected(material.host, *material.views[view])
    if material.lattice_A is None:
        return cell
    scale = material.lattice_A / float(crystal(material.host).atoms.cell.lengths()[0])
    return replace(cell, a_A=scale * cell.a_A, c_A=scale * cell.c_A, beam_A=scale * cell.beam_A)


def cells_of(specimen: Specimen) -> tuple[PlaneCell | None, ...]:
    """The projected cell of each layer, strained to the next crystal below as far as the layer is not relaxed."""
    cells: list[PlaneCell | None] = []
    for layer in specimen.layers:
        cell, below = plane_cell(layer.made_of, specimen.view), topmost(cells)
        cells.append(_strained(cell, below.a_A, layer.relaxed) if cell and below else cell)
    return tuple(cells)


def topmost(cells: Iterable[PlaneCell | None]) -> PlaneCell | None:
    """The last that is crystalline, None where none is."""
    return next((cell for cell in reversed(list(cells)) if cell), None)


def _strained(cell: PlaneCell, below_A: float, relaxed: float) -> PlaneCell:
    """The cell with the lateral periods of what it grew on, and its height changed as elasticity has it."""
    misfit = (below_A - cell.a_A) / cell.a_A
    if abs(misfit) > _COHERENT_MISFIT:
        return cell
    strain = misfit * (1 - relaxed)
    in_plane, across = 1 + strain, 1 - _PERPENDICULAR * strain
    return replace(cell, a_A=cell.a_A * in_plane, c_A=cell.c_A * across, beam_A=cell.beam_A * in_plane)

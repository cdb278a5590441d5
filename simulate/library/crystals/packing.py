"""Boxes of atoms of films: random packings, Voronoi grains. All lengths in Å."""

from __future__ import annotations

from itertools import product

import numpy as np
from ase import Atoms
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from simulate.library.crystals.orientation import primitive
from simulate.library.crystals.table import CRYSTALS, Film


def amorphous(film: Film, box_A: tuple[float, float, float], rng: np.random.Generator) -> Atoms:
    """A periodic box of the film: random atoms no closer than allowed, or grains of random orientation.

    Args:
        film: an entry of `FILMS`.
        box_A: edges of the box.
        rng: source of the positions.
    """
    box = np.array(box_A)
    positions = _packed(film, box, rng) if film.grain_A is None else _grains(film, box, rng)
    return Atoms([film.element] * len(positions), positions=positions, cell=box, pbc=True)


def _packed(film: Film, box: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Random sequential addition."""
    wanted = round(film.atoms_per_A3 * float(np.prod(box)))
    placed = np.empty((0, 3))
    while len(placed) < wanted:
        new = rng.uniform(0, box, size=(wanted, 3))
        placed = _thinned(np.concatenate([placed, new]), box, film.closest_A)[:wanted]
    return placed


def _grains(film: Film, box: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Voronoi grains of the film's crystal, each turned at random."""
    assert film.grain_A is not None
    n = max(2, round(6 * float(np.prod(box)) / (np.pi * film.grain_A**3)))
    centres = rng.uniform(0, box, size=(n, 3))
    nearest = KDTree(centres, boxsize=box)
    cell = primitive(CRYSTALS[film.element]).cell[:]
    pieces = []
    for grain, centre in enumerate(centres):
        turned = cell @ Rotation.random(rng=rng).as_matrix()
        reach = float(nearest.query(centre, k=2)[0][1]) + 2 * film.grain_A
        n_cells = int(np.ceil(reach / np.abs(np.linalg.det(turned)) ** (1 / 3))) + 2
        offsets = np.array(list(product(range(-n_cells, n_cells + 1), repeat=3))) @ turned
        offsets = offsets[np.linalg.norm(offsets, axis=1) < reach]
        atoms = (centre + offsets[(np.abs(offsets) < box / 2).all(axis=1)]) % box
        pieces.append(atoms[nearest.query(atoms)[1] == grain])
    return _thinned(np.concatenate(pieces), box, film.closest_A)


def _thinned(positions: NDArray[np.float64], box: NDArray[np.float64], closest_A: float) -> NDArray[np.float64]:
    """Without the atoms that are too close to an earlier one."""
    positions = positions % box
    pairs = KDTree(positions, boxsize=box).query_pairs(closest_A, output_type="ndarray")
    is_kept = np.ones(len(positions), bool)
    for earlier, later in pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]:
        if is_kept[earlier]:
            is_kept[later] = False
    return positions[is_kept]

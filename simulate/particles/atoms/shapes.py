"""Outlines of particles, cut from a lattice. All lengths in Å."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from ase.cluster import Decahedron
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from simulate.particles.atoms.materials import CUBIC, ClosePacked, Lattice, labelled

Shape = Literal["sphere", "cuboctahedron", "decahedron"]
Floats = NDArray[np.float64]
Outline = Callable[[Floats], NDArray[np.bool_]]
"""Which of positions (n, 3) lie within."""

_111 = np.array([(x, y, z) for x in (1, -1) for y in (1, -1) for z in (1, -1)]) / np.sqrt(3)
_100 = np.concatenate([np.eye(3), -np.eye(3)])


def sphere(radius_A: float, rng: np.random.Generator) -> Outline:
    """An ellipsoid of the volume of a sphere, its axes within a tenth of each other, turned at random."""
    axes = np.exp(rng.uniform(-0.05, 0.05, 3))
    axes *= radius_A / np.cbrt(axes.prod())
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    return lambda positions: np.asarray((((positions @ turn) / axes) ** 2).sum(axis=1) < 1)


def cuboctahedron(radius_A: float, rng: np.random.Generator) -> Outline:
    """A polyhedron of {111} and {100} faces, with the volume of a sphere; no two faces are quite alike.

    In equilibrium {100} is 1.1 to 1.2 times as far from the centre as {111} (Wulff); grown particles differ.
    """
    faces = np.concatenate([_111, _100]) @ CUBIC.T
    distances = np.where(np.arange(len(faces)) < len(_111), 1.0, rng.uniform(0.9, 1.4))
    distances = distances * np.exp(rng.normal(0, 0.06, len(faces)))
    probes = rng.uniform(-2, 2, (20_000, 3))
    volume = 4.0**3 * np.mean((probes @ faces.T < distances).all(axis=1))
    distances *= radius_A / np.cbrt(volume * 3 / (4 * np.pi))
    return lambda positions: np.asarray((positions @ faces.T < distances).all(axis=1))


def decahedron(material: ClosePacked, diameter_A: float) -> Lattice:
    """Five twinned tetrahedra around an axis, which is z; nearest to a diameter of those that there are."""
    element = material.motif[0][0]
    best: tuple[float, Lattice] | None = None
    for edge in range(2, 3 + int(diameter_A / material.neighbour_A)):
        for marks in (0, 1):
            atoms = Decahedron(element, edge, max(1, edge // 2), marks, latticeconstant=material.cubic_A)
            miss = abs(np.cbrt(6 / np.pi * material.atom_A3 * len(atoms)) - diameter_A)
            if best is None or miss < best[0]:
                best = miss, labelled(atoms.numbers.copy(), atoms.positions - atoms.positions.mean(axis=0))
    assert best is not None
    return best[1]


def hull(positions: Floats, beyond_A: float) -> Outline:
    """Within the convex hull of atoms, or as far beyond as given."""
    length = np.linalg.norm(positions, axis=1, keepdims=True)
    outer = Delaunay(positions * (1 + beyond_A / np.maximum(length, beyond_A)))
    return lambda others: np.asarray(outer.find_simplex(others) >= 0)

"""One particle: its atoms as the beam sees them, and those of the same particle without its fault. Lengths in Å."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from samiam.records.particle_scene import Stacking
from simulate.particles.atoms import shapes
from simulate.particles.atoms.materials import CUBIC, ClosePacked, Crystalline, Lattice
from simulate.particles.atoms.shapes import Shape
from simulate.particles.atoms.stacking import stacking_steps

View = Literal["110", "zone", "random"]
"""Planes and faults edge-on, along a close-packed row; along another axis of the crystal; along any direction."""
_OTHER_ZONES = ((0, 0, 1), (1, 1, -2), (1, 1, 1), (1, 1, 0))  # in cubic axes; faults are edge-on along [11-2]
_MISTILT_DEG = 1.5  # standard deviation about each axis: nobody tilts single particles better; chosen by hand

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Body:
    """A particle around the origin, the beam along z.

    Attributes:
        material: what it is made of.
        shape: its outline.
        view: how it is turned.
        stacking: what interrupts the order of its planes.
        atoms: of the particle.
        fault_free: of the same particle without its fault; None where it has none.
        tilt_deg: the angle between the beam and the nearest fault plane, NaN where there is none.
    """

    material: Crystalline
    shape: Shape
    view: View
    stacking: Stacking
    atoms: Lattice
    fault_free: Lattice | None
    tilt_deg: float

    @property
    def diameter_A(self) -> float:
        """Of a sphere of its volume."""
        return float(np.cbrt(6 / np.pi * self.material.atom_A3 * len(self.atoms.numbers)))

    @property
    def radius_A(self) -> float:
        """Of the smallest sphere around the origin that holds all atoms."""
        return float(np.sqrt((self.atoms.positions**2).sum(axis=1).max()))


def body(
    material: Crystalline, diameter_A: float, shape: Shape, stacking: Stacking, view: View, rng: np.random.Generator
) -> Body:
    """A particle.

    Args:
        material: what it is made of.
        diameter_A: about that of a sphere of its volume; decahedra come in steps.
        shape: its outline; a decahedron is of several twins whatever the stacking.
        stacking: of its planes.
        view: how it is turned.
        rng: source of outline, origin, faults and turn.
    """
    fault_free: Lattice | None
    if shape == "decahedron" and isinstance(material, ClosePacked) and len(material.motif) == 1:
        atoms, fault_free, planes = _decahedron(material, diameter_A)
        stacking = "several"
    else:
        shape = "sphere" if shape == "decahedron" else shape
        atoms, fault_free = _cut(material, diameter_A, shape, stacking, rng)
        planes = np.array([[0.0, 0.0, 1.0]])
    turn = _turn(view, material, rng, axis=2 if shape == "decahedron" else 0)
    has_fault = fault_free is not None
    tilt = float(np.rad2deg(np.arcsin(np.clip(np.abs((planes @ turn.T)[:, 2]).min(), 0, 1)))) if has_fault else np.nan
    turned = _turned(fault_free, turn) if fault_free is not None else None
    return Body(material, shape, view, stacking, _turned(atoms, turn), turned, tilt)


def _turned(atoms: Lattice, turn: Floats) -> Lattice:
    return atoms.at(np.einsum("nx,yx->ny", atoms.positions, turn))


def _cut(
    material: Crystalline, diameter_A: float, shape: Shape, stacking: Stacking, rng: np.random.Generator
) -> tuple[Lattice, Lattice | None]:
    """A particle from a lattice with one stacking of planes, and with all alike."""
    radius_A = 0.5 * diameter_A
    outline = (shapes.sphere if shape == "sphere" else shapes.cuboctahedron)(radius_A, rng)
    reach_A = 1.6 * radius_A + 5.0  # faces may lie half as far again from the centre as a sphere's surface
    spacing_A = material.spacing_A if isinstance(material, ClosePacked) else reach_A
    n_planes = 2 * int(np.ceil(reach_A / spacing_A)) + 1
    origin = rng.uniform(0, 1, 3) * spacing_A
    steps = stacking_steps(stacking, n_planes, int(0.6 * radius_A / spacing_A), rng)
    cut = [
        (whole := material.lattice(reach_A, order, origin)).inside(outline(whole.positions))
        for order in (steps, np.ones_like(steps))
    ]
    return cut[0], None if stacking == "none" else cut[1]


def _decahedron(material: ClosePacked, diameter_A: float) -> tuple[Lattice, Lattice, Floats]:
    """A decahedron around z, a single crystal of the same outline, and the normals of the twin planes."""
    atoms = shapes.decahedron(material, diameter_A)
    within = shapes.hull(atoms.positions, 0.25 * material.neighbour_A)
    reach_A = float(np.sqrt((atoms.positions**2).sum(axis=1).max())) + material.neighbour_A
    n_planes = 2 * int(np.ceil(reach_A / material.spacing_A)) + 1
    crystal = material.lattice(reach_A, np.ones(n_planes - 1, np.int8), np.zeros(3))
    # The row of the planes becomes the axis, their normal that of the twin plane through the first corner, which is x.
    single = crystal.at(crystal.positions[:, [2, 1, 0]] * [1, -1, 1])
    angles = 2 * np.pi * np.arange(5) / 5
    normals = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(5)])
    return atoms, single.inside(within(single.positions)), normals


def _turn(view: View, material: Crystalline, rng: np.random.Generator, axis: int) -> Floats:
    """A rotation matrix that brings the view's direction near z."""
    if view == "random":
        return np.asarray(Rotation.random(rng=rng).as_matrix())
    if view == "110" and isinstance(material, ClosePacked):
        along = np.eye(3)[axis]
    else:
        zone = np.array(_OTHER_ZONES[rng.integers(len(_OTHER_ZONES))], float)
        along = CUBIC @ zone if isinstance(material, ClosePacked) else zone @ material.cell
    to_z = Rotation.align_vectors([[0.0, 0.0, 1.0]], [along])[0]
    around = Rotation.from_euler("z", rng.uniform(0, 360), degrees=True)
    mistilt = Rotation.from_rotvec([*np.deg2rad(_MISTILT_DEG) * rng.standard_normal(2), 0.0])
    return np.asarray((mistilt * around * to_z).as_matrix())

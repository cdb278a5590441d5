"""Specimens: particles on amorphous carbon, atom by atom. All lengths in Å, the beam along z."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from samiam.records.particle_scene import Stacking
from simulate.particles.atoms.bodies import Body, View, body
from simulate.particles.atoms.carbon import carbon_film
from simulate.particles.atoms.materials import ClosePacked, Crystalline, Lattice, labelled, material_of
from simulate.particles.atoms.shapes import Shape
from simulate.particles.multislice import Placement
from simulate.particles.settings import SpecimenRanges, WaveSettings

CARBON = 6
_VACUUM_A = 2.0  # above and below all atoms: their potential reaches no further
_CONTACT_A = 2.2  # between carbon and the atoms of a particle
_TRIALS = 50  # places that a particle is tried at before it is left out
_SHAPES: tuple[tuple[Shape, float], ...] = (("sphere", 0.35), ("cuboctahedron", 0.5), ("decahedron", 0.15))
_STACKINGS: tuple[tuple[Stacking, float], ...] = (("fault", 0.4), ("twin", 0.35), ("several", 0.25))

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Placed:
    """A particle and where it lies.

    Attributes:
        body: the particle, around the origin.
        centre_A: (3,), where its origin lies in the box.
    """

    body: Body
    centre_A: Floats


@dataclass(frozen=True, eq=False)
class Specimen:
    """Particles on a film, in a box that is periodic in x and y.

    Attributes:
        name: of the specimen.
        particles: those that lie in the box, at least in part.
        carbon_A: (n, 3), atoms of the film.
        box_A: sides of the box in x, y and z.
        carbon_nm: thickness of the film.
    """

    name: str
    particles: Sequence[Placed]
    carbon_A: Floats
    box_A: tuple[float, float, float]
    carbon_nm: float

    def placement(
        self, parts: Sequence[int], rms_A: Floats, seed: int | None, *, fault_free: bool = False
    ) -> Placement:
        """Atoms of some of the parts, at rest or at a moment of their vibrations.

        Args:
            parts: 0 for the film, 1 … n for the particles.
            rms_A: thermal displacement along one axis by atomic number.
            seed: of the displacements; None for atoms at rest. An atom that has the same label with and without a
                fault moves alike, so that the waves of both differ by nothing but the fault.
            fault_free: of the same particles without their faults.
        """
        film = labelled(np.full(len(self.carbon_A), CARBON), self.carbon_A)
        lattices = [self.lattice(part - 1, fault_free=fault_free) if part else film for part in parts]
        positions = [np.empty((0, 3))]
        for part, lattice in zip(parts, lattices, strict=True):
            positions.append(lattice.positions if seed is None else _moved(lattice, rms_A, [seed, part]))
        numbers = [np.empty(0, np.int64), *(lattice.numbers for lattice in lattices)]
        return Placement(np.concatenate(numbers), np.concatenate(positions))

    def lattice(self, index: int, *, fault_free: bool = False) -> Lattice:
        """The atoms of a particle in the box; what lies beyond its sides is left out, not wrapped."""
        placed = self.particles[index]
        chosen = placed.body.fault_free if fault_free and placed.body.fault_free is not None else placed.body.atoms
        positions = chosen.positions + placed.centre_A
        inside = ((positions[:, :2] > 0) & (positions[:, :2] < self.box_A[:2])).all(axis=1)
        return chosen.at(positions).inside(np.asarray(inside))


def _moved(lattice: Lattice, rms_A: Floats, seed: list[int]) -> Floats:
    """Positions of vibrating atoms at a moment."""
    units = np.random.default_rng(seed).standard_normal((int(lattice.labels.max(initial=-1)) + 1, 3))
    return lattice.positions + rms_A[lattice.numbers][:, None] * units[lattice.labels]


def specimen_rng(name: str, seed: int) -> np.random.Generator:
    """Random numbers of one specimen's own."""
    return np.random.default_rng([seed, *hashlib.sha256(name.encode()).digest()])


def draw_specimen(name: str, ranges: SpecimenRanges, waves: WaveSettings) -> Specimen:
    """A specimen.

    Args:
        name: by which, and the seed, it is drawn.
        ranges: what it is drawn from.
        waves: for the box and the seed.

    Raises:
        InputError: if a material is unknown or its CIF cannot be read.
    """
    rng = specimen_rng(name, waves.seed)
    side = 10 * waves.box_nm
    carbon_nm = rng.uniform(*ranges.carbon_nm)
    bodies = _bodies(ranges, rng)
    placed: list[Placed] = []
    for one in bodies:
        if (centre := _place(one, placed, side, 10 * carbon_nm, ranges.touching, rng)) is not None:
            placed.append(Placed(one, centre))
    seen = [p for p in placed if _reaches_into(p, side)]
    carbon = carbon_film(side, 10 * carbon_nm, rng)
    return _boxed(name, seen, carbon, side, carbon_nm)


def _bodies(ranges: SpecimenRanges, rng: np.random.Generator) -> list[Body]:
    material = material_of(str(rng.choice(ranges.materials)))
    low, high = np.log(ranges.diameter_nm)
    made = []
    for _ in range(rng.integers(ranges.n_particles[0], ranges.n_particles[1] + 1)):
        # The mean of two draws: sizes cluster about a middle, as they do.
        diameter = 10 * float(np.exp(rng.uniform(low, high, 2).mean()))
        is_faulted = isinstance(material, ClosePacked) and rng.random() < ranges.faulted
        stacking: Stacking = cast(Stacking, _one_of(_STACKINGS, rng)) if is_faulted else "none"
        shape = cast(Shape, _one_of(_SHAPES if stacking == "several" else _SHAPES[:2], rng))
        view: View = cast(View, _one_of(_views(ranges, material), rng))
        made.append(body(material, diameter, shape, stacking, view, rng))
    return made


def _views(ranges: SpecimenRanges, material: Crystalline) -> tuple[tuple[View, float], ...]:
    on_axis = ranges.edge_on + ranges.zone
    edge_on = ranges.edge_on if isinstance(material, ClosePacked) else 0.0
    return (("110", edge_on), ("zone", on_axis - edge_on), ("random", max(0.0, 1 - on_axis)))


def _one_of(choices: Sequence[tuple[str, float]], rng: np.random.Generator) -> str:
    shares = np.array([share for _, share in choices])
    return choices[int(rng.choice(len(choices), p=shares / shares.sum()))][0]


def _place(
    one: Body, placed: Sequence[Placed], side: float, thickness: float, touching: float, rng: np.random.Generator
) -> Floats | None:
    """Where a particle lies on either side of the film without lying in another; None where there is no room."""
    radius = 0.5 * one.diameter_A
    for _ in range(_TRIALS):
        is_above = rng.random() < 0.75  # the film is coated on one side, some particles come to lie on the other
        # A particle flattens against its support, or sinks in a little.
        height = float(rng.uniform(0.7, 1.0)) * radius
        z = thickness + height if is_above else -height
        if placed and rng.random() < touching:
            other = placed[int(rng.integers(len(placed)))]
            angle, gap = rng.uniform(0, 2 * np.pi), rng.uniform(0.85, 1.1)
            reach = gap * (radius + 0.5 * other.body.diameter_A)
            xy = other.centre_A[:2] + reach * np.array([np.cos(angle), np.sin(angle)])
        else:
            xy = rng.uniform(0, side, 2)
        centre = np.array([*xy, z])
        if all(_are_apart(one, centre, other) for other in placed):
            return centre
    return None


def _are_apart(one: Body, centre: Floats, other: Placed) -> bool:
    """Whether no two atoms of two particles share a place."""
    offset = other.centre_A - centre
    if np.linalg.norm(offset) > one.radius_A + other.body.radius_A + _CONTACT_A:
        return True
    distances, _ = KDTree(one.atoms.positions + centre).query(
        other.body.atoms.positions + other.centre_A, distance_upper_bound=_CONTACT_A
    )
    return bool(np.isinf(distances).all())


def _reaches_into(placed: Placed, side: float) -> bool:
    xy = placed.body.atoms.positions[:, :2] + placed.centre_A[:2]
    return bool(((xy > 0) & (xy < side)).all(axis=1).any())


def _boxed(name: str, particles: Sequence[Placed], carbon: Floats, side: float, carbon_nm: float) -> Specimen:
    """All atoms above the floor of a box that is as high as they need; carbon makes way for particles."""
    heights = [p.centre_A[2] + p.body.atoms.positions[:, 2] for p in particles]
    low = min([0.0, *(float(z.min()) for z in heights)]) - _VACUUM_A
    high = max([10 * carbon_nm, *(float(z.max()) for z in heights)]) + _VACUUM_A
    for p in particles:
        near, _ = KDTree(p.body.atoms.positions + p.centre_A).query(carbon, distance_upper_bound=_CONTACT_A)
        carbon = carbon[np.isinf(near)]
    lifted = [Placed(p.body, p.centre_A - [0, 0, low]) for p in particles]
    return Specimen(name, lifted, carbon - [0, 0, low], (side, side, high - low), carbon_nm)

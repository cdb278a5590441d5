"""A micrograph of particles, each of which is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from samiam.errors import InputError
from samiam.records.masks import Masks
from samiam.records.micrograph import Micrograph
from samiam.records.showing import counted

Stacking = Literal["none", "fault", "twin", "several"]
"""How the close-packed planes of a particle lie: in order, with one intrinsic fault, one twin boundary, or several."""


@dataclass(frozen=True)
class Particle:
    """What is known of one particle.

    Attributes:
        material: its name, as Au.
        stacking: what interrupts the order of its close-packed planes.
        fault_d_prime: how far its fault stands out of the noise: the distance between the noise-free picture and that
            of the same particle without its fault, after the best rigid shift, in standard deviations of the noise
            (the detectability index d′); 0 where there is no fault, NaN where nobody has measured it.
        fringe_d_prime: how far its lattice fringes stand out of the noise, likewise.
        tilt_deg: the angle between the beam and the nearest fault plane, NaN where there is none.
    """

    material: str
    stacking: Stacking
    fault_d_prime: float
    fringe_d_prime: float
    tilt_deg: float

    def __post_init__(self) -> None:
        if self.stacking not in get_args(Stacking):
            raise InputError(f"stacking={self.stacking!r} is none of {', '.join(get_args(Stacking))}.")


@dataclass(frozen=True, eq=False)
class ParticleScene:
    """A micrograph of particles with its truth.

    Attributes:
        micrograph: the image.
        masks: N masks, one for each particle, whole where they overlap; what the edge of the image cuts is left out.
        particles: what is known of each, in the order of the masks.
        specimen: the name of the specimen (one exit wave). Pictures of one specimen belong into one split.
        parameters: how the picture was made (JSON-serialisable).

    Raises:
        InputError: if shapes or numbers differ.

    Example:
        >>> masks = Masks.from_arrays(np.eye(3, dtype=bool)[None])
        >>> gold = Particle("Au", "twin", fault_d_prime=7.0, fringe_d_prime=30.0, tilt_deg=0.0)
        >>> ParticleScene(Micrograph(np.zeros((3, 3)), name="tiny"), masks, [gold], specimen="au-0001")
        ParticleScene(tiny, 1 particle of au-0001)
    """

    micrograph: Micrograph
    masks: Masks
    particles: Sequence[Particle]
    specimen: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name, shape = self.micrograph.name, self.micrograph.shape_hw
        if self.masks.shape_hw != shape:
            raise InputError(f"{name}: masks of {self.masks.shape_hw} do not fit a micrograph of {shape}.")
        if len(self.masks) != len(self.particles):
            raise InputError(f"{name}: {len(self.masks)} masks are not of {counted(len(self.particles), 'particle')}.")
        object.__setattr__(self, "particles", tuple(self.particles))

    def __repr__(self) -> str:
        return f"ParticleScene({self.micrograph.name}, {counted(len(self.particles), 'particle')} of {self.specimen})"

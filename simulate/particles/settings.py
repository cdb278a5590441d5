"""How specimens of particles are drawn, and how their exit waves are worked out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samiam.settings import Positive, Rising, Seed, settings
from simulate.imaging.stem.optics import Energy_kV

Whole = Annotated[int, Field(ge=0, le=64)]
_Box_nm = Annotated[float, Field(ge=4, le=60)]  # smaller leaves no room for a particle, larger no memory
_Diameter_nm = Annotated[float, Field(ge=1, le=30)]
_Thickness_nm = Annotated[float, Field(ge=1, le=50)]


@settings
class SpecimenRanges:
    """What particles on carbon are drawn from.

    Attributes:
        materials: names, or paths of CIFs; each specimen is of one of them.
        n_particles: how many lie over the box, from the first to the second number.
        diameter_nm: of a sphere of a particle's volume; the median lies in the middle of the logarithms.
        carbon_nm: thickness of the amorphous film.
        faulted: share of the particles whose planes are interrupted.
        edge_on: share that is seen along ⟨110⟩, along the planes of a fault.
        zone: share that is seen along another axis; the others are turned at random.
        touching: share that is laid against an earlier particle.
    """

    materials: Annotated[tuple[str, ...], Field(min_length=1)] = ("Au",)
    n_particles: Annotated[tuple[Whole, Whole], Rising] = (0, 6)
    diameter_nm: Annotated[tuple[_Diameter_nm, _Diameter_nm], Rising] = (2.0, 9.0)
    carbon_nm: Annotated[tuple[_Thickness_nm, _Thickness_nm], Rising] = (3.0, 8.0)
    faulted: Annotated[float, Field(ge=0, le=1)] = 0.5
    edge_on: Annotated[float, Field(ge=0, le=1)] = 0.5
    zone: Annotated[float, Field(ge=0, le=1)] = 0.15
    touching: Annotated[float, Field(ge=0, le=1)] = 0.3


@settings
class WaveSettings:
    """How exit waves are worked out.

    Attributes:
        energy_kV: of the beam.
        box_nm: side of the periodic box; pictures leave out a margin of 1.6 nm on every side.
        slice_A: thickness of a slice.
        pixel_A: of the multislice; it takes scattering up to a third of its inverse.
        phonons: configurations of vibrating atoms (frozen phonons); images are averaged. 0 for atoms at rest whose
            potential is smeared by their vibrations: without diffuse scattering, particles off axis lose no electrons
            to high angles and are too bright.
        seed: of everything that is drawn.
    """

    energy_kV: Energy_kV = 300.0
    box_nm: _Box_nm = 18.0
    slice_A: Positive = 2.0
    pixel_A: Annotated[float, Field(gt=0, le=0.27)] = 0.25
    phonons: Annotated[int, Field(ge=0, le=32)] = 1
    seed: Seed = 0

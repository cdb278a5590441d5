"""What a worker works out at a time: the exit wave of one specimen, with its truth."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

import numpy as np
from ase.data import atomic_numbers
from numpy.typing import NDArray

from samiam.storage.files import sha256_of
from simulate.particles.atoms.materials import material_of
from simulate.particles.multislice import STORED_PIXEL_A, Device, exit_waves
from simulate.particles.settings import SpecimenRanges, WaveSettings
from simulate.particles.specimens import CARBON, Specimen, draw_specimen, specimen_rng
from simulate.particles.truth import MASK_PIXEL_A, outline, reflections_per_A
from simulate.particles.waves import Difference, ExitWave, WaveParticle

_FAULT_REACH_A = 6.0  # beyond its particle's outline, in which a fault changes the exit wave (measured: 99.9 %)
_CARBON_RMS_A = 0.08  # amorphous carbon: as graphite's along c, halfway to within the layers; smears, no more


@dataclass(frozen=True)
class WaveTask:
    """One specimen.

    Attributes:
        split: which it is for; specimens of two splits are never alike.
        number: of the specimen in its split.
        ranges: what it is drawn from.
        settings: how its wave is worked out.
    """

    split: str
    number: int
    ranges: SpecimenRanges
    settings: WaveSettings

    @property
    def name(self) -> str:
        """Of the specimen."""
        return f"{self.split}-{self.settings.seed}-{self.number:05d}"

    @property
    def key(self) -> str:
        """Of the same parameters, and the same content of a CIF, and of no others."""
        contents = [sha256_of(name) for name in self.ranges.materials if name.lower().endswith(".cif")]
        parameters = json.dumps([asdict(self), contents], sort_keys=True)
        return f"{self.name}_{hashlib.sha256(parameters.encode()).hexdigest()[:12]}"


def simulate_wave(task: WaveTask, device: Device = "cpu") -> ExitWave:
    """Draw a specimen and work out its exit wave.

    Args:
        task: which.
        device: "gpu" needs CuPy.
    """
    specimen = draw_specimen(task.name, task.ranges, task.settings)
    waves, changes = _waves(specimen, task.settings, device)
    particles = [_truth(specimen, index) for index in range(len(specimen.particles))]
    differences = [_cut_out(changes, particle) for particle in particles if particle.stacking != "none"]
    parameters = {
        "carbon_nm": specimen.carbon_nm,
        "settings": asdict(task.settings),
        "ranges": asdict(task.ranges),
        "key": task.key,
    }
    extent_A = specimen.box_A[0]
    return ExitWave(task.name, task.split, task.settings.energy_kV, extent_A, waves, particles, differences, parameters)


def _waves(
    specimen: Specimen, settings: WaveSettings, device: Device
) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Waves of every configuration of the vibrating atoms, and what the faults change in them."""
    rms_A = _rms_A(specimen)
    faulted = [n for n, placed in enumerate(specimen.particles, 1) if placed.body.fault_free is not None]
    others = [n for n in range(len(specimen.particles) + 1) if n not in faulted]
    drawn = specimen_rng(f"{specimen.name} phonons", settings.seed).integers(2**32, size=settings.phonons)
    waves, changes = [], []
    for seed in drawn.tolist() or [None]:
        variants = [
            specimen.placement(faulted, rms_A, seed, fault_free=flag) for flag in (False, True)[: 1 + bool(faulted)]
        ]
        made = exit_waves(specimen.placement(others, rms_A, seed), variants, specimen.box_A, rms_A, settings, device)
        waves.append(made[0])
        changes.append(made[0] - made[-1])
    return np.stack(waves), np.stack(changes)


def _rms_A(specimen: Specimen) -> NDArray[np.float64]:
    """By atomic number."""
    rms_A = np.zeros(120)
    rms_A[CARBON] = _CARBON_RMS_A
    for placed in specimen.particles:
        for element, value in placed.body.material.rms_A.items():
            rms_A[atomic_numbers[element]] = value
    return rms_A


def _truth(specimen: Specimen, index: int) -> WaveParticle:
    body = specimen.particles[index].body
    positions = specimen.lattice(index).positions
    return WaveParticle(
        body.material.name,
        body.shape,
        body.view,
        body.stacking,
        body.tilt_deg,
        body.diameter_A / 10,
        reflections_per_A(body.atoms.positions),
        outline(positions, body.material.neighbour_A, specimen.box_A[0]),
    )


def _cut_out(changes: NDArray[np.complex64], particle: WaveParticle) -> Difference:
    """The part of the changes in and about a particle, which is taken from them: what two share is kept once."""
    share = MASK_PIXEL_A / STORED_PIXEL_A
    reach = int(np.ceil(_FAULT_REACH_A / STORED_PIXEL_A))
    n = changes.shape[-1]
    spans = [
        slice(max(0, int(first * share) - reach), min(n, int((first + side) * share) + reach))
        for first, side in zip(particle.outline.top_left_px, particle.outline.mask.shape, strict=True)
    ]
    part = changes[:, spans[0], spans[1]].copy()
    changes[:, spans[0], spans[1]] = 0
    return Difference((spans[0].start, spans[1].start), part)


def check_materials(ranges: SpecimenRanges) -> None:
    """Refuse materials that there are not, before anything is worked out.

    Raises:
        InputError: if a material is unknown or its CIF cannot be read.
    """
    for name in ranges.materials:
        material_of(name)

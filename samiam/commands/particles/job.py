"""How `samiam particles` answers for one image, and `samiam watch --particles` too."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from samiam.commands.particles.settings import ParticlesSettings
from samiam.formats.writers.exports.kinds import checked_exports
from samiam.particles import FaultClassifier, ParticleFinder, Particles
from samiam.particles.measured import MeasuredImage
from samiam.particles.reflections import reflections_of
from samiam.particles.writing.results import write_particles
from samiam.records import Micrograph
from samiam.settings import read_settings


@dataclass(frozen=True)
class ParticlesJob:
    """How particles are found in each file.

    Attributes:
        finder: finds them.
        classifier: tells faults; None where they do not matter.
        chosen: what was chosen, as other runs can take it up.
        overwrite: whether the results of one image may replace those of another.
    """

    finder: ParticleFinder
    classifier: FaultClassifier | None
    chosen: ParticlesSettings
    overwrite: bool = False

    @classmethod
    def of(cls, chosen: ParticlesSettings, *, overwrite: bool = False) -> ParticlesJob:
        """Make a job with what ships: the finder and, unless faults do not matter, the classifier.

        Raises:
            InputError: if the material or an export is not known, or weights cannot be had.
        """
        checked_exports(chosen.exports)
        if chosen.material is not None:
            reflections_of(chosen.material)
        from samiam.particles import build_fault_classifier, build_finder  # which import torch

        return cls(build_finder(), build_fault_classifier() if chosen.faults else None, chosen, overwrite)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process makes it again, once, instead of getting networks with each file."""
        return _made, (json.dumps(self.chosen.plain()), self.overwrite)

    @property
    def config(self) -> dict[str, Any]:
        """All settings, for provenance."""
        return {
            "material": self.chosen.material,
            "finder": {"name": self.finder.name, **self.finder.options},
            "faults": self.classifier and {"name": self.classifier.name, **self.classifier.options},
        }

    def find(self, micrograph: Micrograph) -> Particles:
        """The particles of an image."""
        from samiam.particles import find_particles

        chosen = self.chosen
        how: dict[str, Any] = {"finder": self.finder, "classifier": self.classifier}
        found = find_particles(micrograph, material=chosen.material, faults=chosen.faults, invert=chosen.invert, **how)
        return found if chosen.pixel_size_nm is None else replace(found, pixel_size_from="given")


@lru_cache(maxsize=1)
def _made(chosen: str, overwrite: bool) -> ParticlesJob:
    return ParticlesJob.of(read_settings(ParticlesSettings, "settings", json.loads(chosen)), overwrite=overwrite)


def found_in(micrograph: Micrograph, job: ParticlesJob) -> tuple[Particles, MeasuredImage, dict[str, float]]:
    """The particles of an image, in numbers too, and how long each step took."""
    started = time.perf_counter()
    particles = job.find(micrograph)
    found = time.perf_counter()
    measured = MeasuredImage.of(particles)
    return particles, measured, {"find": found - started, "measure": time.perf_counter() - found}


def write_found(
    place: Path, particles: Particles, measured: MeasuredImage, job: ParticlesJob, times_s: Mapping[str, float]
) -> list[Path]:
    """Write the results of an image into a folder; the files."""
    return write_particles(
        place,
        particles,
        measured,
        config=job.config,
        times_s=times_s,
        settings=job.chosen.plain(),
        exports=job.chosen.exports,
    )

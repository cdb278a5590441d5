"""`samiam particles`: files in; a folder of results for each, and the statistics of all, out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from samiam.commands.each import for_each
from samiam.commands.inputs import Reading, folder_names
from samiam.commands.particles_pooled import Pooling, check_statistics, write_pooled
from samiam.commands.places import check_place, writing_to
from samiam.errors import InputError
from samiam.formats import read_micrograph
from samiam.formats.writers.wording import notes
from samiam.particles import FaultDetection, Particles, StatisticsOptions
from samiam.particles.measured import MeasuredImage, identity_of
from samiam.particles.writing.results import KIND, write_particles
from samiam.records import Micrograph
from samiam.records.showing import counted
from samiam.storage.files import check_writable, sha256_of

Find = Callable[[Micrograph], Particles]


@dataclass(frozen=True)
class ParticlesJob:
    """How particles are found in each file and counted together.

    Attributes:
        find: finds the particles of an image.
        config: its settings, for provenance.
        reading: how files are read.
        pooling: how they are counted together.
        overwrite: whether the results of other images may be replaced.
        exports: what is written for other programs, of `samiam.formats.EXPORTS`.
    """

    find: Find
    config: Mapping[str, Any]
    reading: Reading
    pooling: Pooling
    overwrite: bool = False
    exports: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        *,
        material: str | None,
        faults: bool,
        reading: Reading,
        statistics: StatisticsOptions,
        detection: FaultDetection | None,
        overwrite: bool,
        command: str,
        exports: Sequence[str] = (),
    ) -> ParticlesJob:
        """Make a job with what ships: the finder and, unless faults do not matter, the classifier."""
        from samiam.particles import build_fault_classifier, build_finder, find_particles

        finder = build_finder()
        classifier = build_fault_classifier() if faults else None
        find = partial(find_particles, material=material, faults=faults, finder=finder, classifier=classifier)
        config = {
            "material": material,
            "finder": {"name": finder.name, **finder.options},
            "faults": classifier and {"name": classifier.name, **classifier.options},
        }
        return cls(find, config, reading, Pooling(statistics, detection, command), overwrite, exports)


@dataclass
class _Batch:
    """What has been found so far: by identity of the image its file, what was measured, and where that is."""

    paths: dict[str, Path] = field(default_factory=dict)
    images: list[MeasuredImage] = field(default_factory=list)
    places: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def find_in_files(paths: Sequence[Path], output: Path, job: ParticlesJob) -> int:
    """Find the particles of each file, into `output/<name>/`, and count them together, into `output/`.

    Returns:
        The exit code of `for_each`; 1 instead of 0 where nothing was found in any file.

    Raises:
        InputError: if `output` cannot be written to, or holds the statistics of other images.
    """
    check_writable(output)
    check_statistics(output, lambda: {sha256_of(path) for path in paths if path.is_file()}, overwrite=job.overwrite)
    places = [output / name for name in folder_names(paths)]
    batch = _Batch()
    code = for_each(paths, lambda index: _find_in_file(paths[index], places[index], job, batch))
    if batch.images:
        print(write_pooled(output, batch.images, batch.places, job.pooling, failures=batch.failures))
    if batch.images and not any(len(image.table) for image in batch.images):
        said = dict.fromkeys(image.remark for image in batch.images if image.remark)
        print(f"samiam: no particle was found{': ' if said else ''}{'; '.join(said)}.", file=sys.stderr)
        return max(code, 1)
    return code


def _find_in_file(path: Path, place: Path, job: ParticlesJob, batch: _Batch) -> str:
    """The report on one file; what comes of it is added to the batch."""
    try:
        particles, measured, times_s = _found(path, place, job, batch)
        with writing_to(place, path):
            written = write_particles(
                place, particles, measured, config=job.config, times_s=times_s, exports=job.exports
            )
    except InputError as error:
        batch.failures.append(str(error))
        raise
    batch.images.append(measured)
    batch.places.append(place)
    return _report(path, place, particles, measured, sum(times_s.values()), [file.name for file in written])


def _found(
    path: Path, place: Path, job: ParticlesJob, batch: _Batch
) -> tuple[Particles, MeasuredImage, dict[str, float]]:
    """The particles of a file, in numbers too, and how long each step took."""
    started = time.perf_counter()
    micrograph = read_micrograph(path, **job.reading.arguments)
    check_place(path, place, micrograph, KIND, overwrite=job.overwrite)
    twin = batch.paths.setdefault(identity_of(micrograph), path)
    if twin != path:
        raise InputError(f"{path}: is the same image as {twin}; it is counted once.")
    read_s = time.perf_counter() - started
    particles, measured, times_s = found_in(micrograph, job)
    return particles, measured, {"read": read_s, **times_s}


def found_in(micrograph: Micrograph, job: ParticlesJob) -> tuple[Particles, MeasuredImage, dict[str, float]]:
    """The particles of an image, in numbers too, and how long each step took."""
    started = time.perf_counter()
    particles = job.find(micrograph)
    if job.reading.pixel_size_nm is not None:
        particles = replace(particles, pixel_size_from="given")
    found = time.perf_counter()
    measured = MeasuredImage.of(particles)
    return particles, measured, {"find": found - started, "measure": time.perf_counter() - found}


def _report(
    path: Path, place: Path, particles: Particles, measured: MeasuredImage, seconds: float, written: Sequence[str]
) -> str:
    micrograph = particles.micrograph
    height, width = micrograph.shape_hw
    whole = measured.table[measured.table["left_out"].isna()]
    mean = f", mean diameter {whole['diameter_nm'].mean():.3g} nm" if len(whole) else ""
    classes = whole["class"].value_counts().to_dict()
    lines = [
        f"{path}: {width} × {height} px, {micrograph.scale} ({particles.pixel_size_from})",
        *notes(micrograph),
        f"{counted(len(measured.table), 'particle')}, {len(whole)} whole{mean}, in {seconds:.1f} s",
        *([", ".join(f"{name} {n}" for name, n in sorted(classes.items()))] if classes else []),
        *filter(None, [particles.remark]),
        f"wrote {place}/: {' '.join(written)}",
    ]
    return "\n  ".join(lines)
